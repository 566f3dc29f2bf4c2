/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiled once for each level, as routines.cc is. */
#include "dft_routines.h"
#include "routines.h"
#include "lanes.h"

namespace gr::stft::kernel::simd::SIMD_LEVEL {

namespace {

template <class R, bool Low, bool High>
void fold_sides(const R* in,
                std::size_t h,
                std::size_t first,
                std::size_t last,
                R c,
                const R* re_twice,
                const R* im_signed,
                R* out)
{
    constexpr std::size_t pairs = width<R> / 2; // complex numbers in a vector
    integers<R> swapped{}, backwards{};
    vector<R> conjugate{};
    for (std::size_t l = 0; l < width<R>; ++l) {
        using index = typename integer_of<R>::type;
        swapped[l] = static_cast<index>(l ^ 1);
        backwards[l] = static_cast<index>((width<R> - 2 - (l & ~std::size_t(1))) | (l & 1));
        conjugate[l] = l & 1 ? R(-1) : R(1);
    }
    const auto several = [&](std::size_t k) __attribute__((always_inline))
    {
        const auto mirror = 2 * (h - k - pairs + 1);
        const auto a = load<R>(in + 2 * k);
        const auto b = conjugate * shuffled<R>(load<R>(in + mirror), backwards);
        const auto s = c * (a + b), d = a - b;
        const auto t =
            load<R>(re_twice + 2 * k) * d + load<R>(im_signed + 2 * k) * shuffled<R>(d, swapped);
        if (Low)
            store<R>(out + 2 * k, s + t);
        if (High)
            store<R>(out + mirror, shuffled<R>(conjugate * (s - t), backwards));
    };
    const auto whole_end = first + (last + 1 - first) / pairs * pairs;
    for (auto k = first; k != whole_end; k += pairs)
        several(k);
    auto k = whole_end;
    if (k <= last && k > first) { // the rest, with some once more
        several(last - pairs + 1);
        return;
    }
    for (; k <= last; ++k) {
        const R *x = in + 2 * k, *y = in + 2 * (h - k);
        const R sr = c * (x[0] + y[0]), si = c * (x[1] - y[1]);
        const R dr = x[0] - y[0], di = x[1] + y[1];
        const R tr = re_twice[2 * k] * dr + im_signed[2 * k] * di;
        const R ti = re_twice[2 * k] * di + im_signed[2 * k + 1] * dr;
        if (Low) {
            out[2 * k] = sr + tr;
            out[2 * k + 1] = si + ti;
        }
        if (High) {
            out[2 * (h - k)] = sr - tr;
            out[2 * (h - k) + 1] = ti - si;
        }
    }
}

template <class R>
void fold(const R* in,
          std::size_t h,
          std::size_t first,
          std::size_t last,
          typename dft_routines<R>::side which,
          R c,
          const R* re_twice,
          const R* im_signed,
          R* out)
{
    using side = typename dft_routines<R>::side;
    const auto of_sides = which == side::low    ? fold_sides<R, true, false>
                          : which == side::high ? fold_sides<R, false, true>
                                                : fold_sides<R, true, true>;
    of_sides(in, h, first, last, c, re_twice, im_signed, out);
}

//! Lanes of a, followed by those of b, in the given order.
template <class R>
SIMD_INLINE vector<R> merged(vector<R> a, vector<R> b, integers<R> order)
{
#ifdef __clang__
    vector<R> w;
    for (std::size_t l = 0; l < width<R>; ++l) {
        const auto lane = static_cast<std::size_t>(order[l]);
        w[l] = lane < width<R> ? a[lane] : b[lane - width<R>];
    }
    return w;
#else
    return __builtin_shuffle(a, b, order);
#endif
}

//! |s + T d|^2 and |s - T d|^2 with s = (a + conj(b)) / 2 and d = a - conj(b), of numbers or of vectors.
template <class V>
SIMD_INLINE void powers_of_pair(V a_re, V a_im, V b_re, V b_im, V re, V im, V half, V& low, V& high)
{
    const V s_re = half * (a_re + b_re), s_im = half * (a_im - b_im);
    const V d_re = a_re - b_re, d_im = a_im + b_im;
    const V t_re = re * d_re - im * d_im, t_im = re * d_im + im * d_re;
    low = (s_re + t_re) * (s_re + t_re) + (s_im + t_im) * (s_im + t_im);
    high = (s_re - t_re) * (s_re - t_re) + (s_im - t_im) * (s_im - t_im);
}

template <class R>
void fold_powers(const R* in, std::size_t h, const R* re, const R* im, R* power)
{
    integers<R> even{}, odd{}, even_back{}, odd_back{}, back{};
    for (std::size_t l = 0; l < width<R>; ++l) {
        using index = typename integer_of<R>::type;
        even[l] = static_cast<index>(2 * l);
        odd[l] = static_cast<index>(2 * l + 1);
        back[l] = static_cast<index>(width<R> - 1 - l);
        even_back[l] = 2 * back[l];
        odd_back[l] = 2 * back[l] + 1;
    }
    const auto several = [&](std::size_t k) __attribute__((always_inline))
    {
        const auto *x = in + 2 * k, *y = in + 2 * (h - k - width<R> + 1);
        const auto a = load<R>(x), next_a = load<R>(x + width<R>);
        const auto b = load<R>(y), next_b = load<R>(y + width<R>);
        vector<R> low, high;
        powers_of_pair<vector<R>>(merged<R>(a, next_a, even),
                                  merged<R>(a, next_a, odd),
                                  merged<R>(b, next_b, even_back),
                                  merged<R>(b, next_b, odd_back),
                                  load<R>(re + k),
                                  load<R>(im + k),
                                  all<R>(R(0.5)),
                                  low,
                                  high);
        store<R>(power + k, low);
        store<R>(power + h - k - width<R> + 1, shuffled<R>(high, back));
    };
    const auto last = h / 2;
    std::size_t k = 1;
    for (; k + width<R> <= last + 1; k += width<R>)
        several(k);
    if (k <= last && k > 1) { // the rest, with some once more
        several(last - width<R> + 1);
        return;
    }
    for (; k <= last; ++k) {
        const R *a = in + 2 * k, *b = in + 2 * (h - k);
        R low, high;
        powers_of_pair<R>(a[0], a[1], b[0], b[1], re[k], im[k], R(0.5), low, high);
        power[k] = low;
        power[h - k] = high;
    }
}

//! Lanes 2 l and 2 l + 1: of complex numbers the real and the imaginary parts twice, or swapped; -1 and 1.
template <class R>
struct complex_orders {
    integers<R> re{}, im{}, swapped{};
    vector<R> minus_plus{};

    complex_orders()
    {
        for (std::size_t l = 0; l < width<R>; ++l) {
            minus_plus[l] = l & 1 ? R(1) : R(-1);
            using index = typename integer_of<R>::type;
            re[l] = static_cast<index>(l & ~std::size_t(1));
            im[l] = static_cast<index>(l | 1);
            swapped[l] = static_cast<index>(l ^ 1);
        }
    }
};

//! Complex numbers in a vector.
template <class R>
constexpr std::size_t numbers = width<R> / 2;

//! z u, complex number by complex number
template <class R>
SIMD_INLINE vector<R> product(vector<R> z, vector<R> u, const complex_orders<R>& order)
{
    return shuffled<R>(u, order.re) * z +
           order.minus_plus * shuffled<R>(u, order.im) * shuffled<R>(z, order.swapped);
}

#include "column_pass.h"

//! Rows a and b with their blocks of `block` lanes exchanged, b's even ones for a's odd ones: what becomes of a, or of b.
template <std::size_t block, bool of_b>
SIMD_INLINE vector<double> exchanged(vector<double> a, vector<double> b)
{
    integers<double> order{};
    for (std::size_t l = 0; l < width<double>; ++l) {
        const bool odd = l / block % 2;
        const auto lane = odd == of_b ? l : of_b ? l + block : l - block;
        order[l] = static_cast<std::int64_t>(odd ? lane + width<double> : lane);
    }
    return merged<double>(a, b, order);
}

//! Transposes the squares of `block` x `block` complex numbers within squares of twice as many, one row in each vector, and
//! then those that are larger.
template <class R, std::size_t block = 1>
SIMD_INLINE void turn(vector<R> (&rows)[numbers<R>])
{
    if constexpr (block < numbers<R>) {
        constexpr auto lanes = block * 2 * sizeof(R) / sizeof(double);
        for (std::size_t i = 0; i < numbers<R>; ++i)
            if (!(i & block)) {
                const auto a = reinterpret_cast<vector<double>>(rows[i]);
                const auto b = reinterpret_cast<vector<double>>(rows[i + block]);
                rows[i] = reinterpret_cast<vector<R>>(exchanged<lanes, false>(a, b));
                rows[i + block] = reinterpret_cast<vector<R>>(exchanged<lanes, true>(a, b));
            }
        turn<R, 2 * block>(rows);
    }
}

template <class R>
void turn_columns(const R* in,
                  std::size_t points,
                  std::size_t columns,
                  const R* re_twice,
                  const R* im_signed,
                  R* out,
                  std::size_t stride)
{
    constexpr auto n = numbers<R>;
    const complex_orders<R> order;
    const auto squares = [&](std::size_t k) __attribute__((always_inline))
    {
        for (std::size_t column = 0; column < columns; column += n) {
            vector<R> square[n];
            for (std::size_t i = 0; i < n; ++i) {
                const auto at = 2 * ((k + i) * columns + column);
                const auto z = load<R>(in + at);
                square[i] = load<R>(re_twice + at) * z +
                            load<R>(im_signed + at) * shuffled<R>(z, order.swapped);
            }
            turn<R>(square);
            for (std::size_t i = 0; i < n; ++i)
                store<R>(out + 2 * ((column + i) * stride + k), square[i]);
        }
    };
    std::size_t k = 0;
    for (; k + n <= points; k += n)
        squares(k);
    if (k != points) // the rest, with some once more
        squares(points - n);
}

//! Pointers to r rows, `apart` numbers from one to the next. As four of them follow from one pointer, addresses take few registers
//! and no instructions.
template <class R, std::size_t r>
class equal_rows
{
public:
    SIMD_INLINE equal_rows(const R* first, std::size_t apart)
        : d_apart(apart), d_thrice(as_it_is(3 * apart))
    {
        for (std::size_t i = 0, at = 0; i < count; ++i, at = as_it_is(at + 4 * apart))
            d_fourth[i] = first + at;
    }
    SIMD_INLINE const R* operator[](std::size_t t) const
    {
        const auto first = d_fourth[t / 4];
        return t % 4 == 3 ? first + d_thrice : first + t % 4 * d_apart;
    }
    SIMD_INLINE void advance(std::ptrdiff_t by)
    {
        for (std::size_t i = 0; i < count; ++i)
            d_fourth[i] = as_it_is(d_fourth[i] + by);
    }

private:
    static constexpr std::size_t count = (r + 3) / 4;
    std::size_t d_apart, d_thrice;
    const R* d_fourth[count];
};

template <class R, std::size_t r>
void row_pass_of(const R* in, std::size_t m, bool forward, const R* twiddles, R* out)
{
    constexpr auto n = numbers<R>;
    constexpr std::size_t line = 64 / sizeof(R);
    const complex_orders<R> order;
    const quarter_turn<R> turned{ forward ? -order.minus_plus : order.minus_plus, order.swapped };
    equal_rows<R, r> points(in, 2 * m);
    for (std::size_t left = 2 * m; left > 0; twiddles += 2 * (r - 1) * line) {
        if (left < line) { // the rest, with some once more
            const auto back = static_cast<std::ptrdiff_t>(line - left);
            points.advance(-back);
            out -= back * static_cast<std::ptrdiff_t>(r);
            left = line;
        }
        left -= line;
        for (std::size_t part = 0; part < line; part += width<R>) {
            vector<R> a[r];
            for (std::size_t t = 0; t < r; ++t)
                a[t] = load<R>(points[t]);
            points.advance(width<R>);
            butterfly<R>(a, turned, nullptr, nullptr);
            for (std::size_t u = 1; u < r; ++u) {
                const auto* const factors = twiddles + 2 * (u - 1) * line + part;
                a[u] = load<R>(factors) * a[u] +
                       load<R>(factors + line) * shuffled<R>(a[u], order.swapped);
            }
            for (std::size_t u = 0; u < r; u += n) {
                vector<R> square[n];
                for (std::size_t i = 0; i < n; ++i)
                    square[i] = a[u + i];
                turn<R>(square);
                for (std::size_t i = 0; i < n; ++i)
                    store<R>(out + 2 * (i * r + u), square[i]);
            }
            out += 2 * n * r;
        }
    }
}

template <class R>
void row_pass(std::size_t radix,
              const R* in,
              std::size_t m,
              bool forward,
              const R* twiddles,
              R* out)
{
    const auto pass = radix == 16 ? row_pass_of<R, 16> : row_pass_of<R, 8>;
    pass(in, m, forward, twiddles, out);
}

template <class R>
void split(const R* in, std::size_t m, bool forward, const R* twiddles, std::size_t stride, R* out)
{
    const complex_orders<R> order;
    const quarter_turn<R> turned{ forward ? -order.minus_plus : order.minus_plus, order.swapped };
    for (std::size_t k = 0; k < 2 * m; k += width<R>) {
        vector<R> a[8];
        for (std::size_t t = 0; t < 8; ++t)
            a[t] = load<R>(in + k + 2 * t * m);
        butterfly<R>(a, turned, nullptr, nullptr);
        store<R>(out + k, a[0]);
        for (std::size_t u = 1; u < 8; ++u) {
            const auto at = 2 * u * stride + k;
            store<R>(out + at, product<R>(a[u], load<R>(twiddles + at), order));
        }
    }
}

template <class R>
void join(const R* in, std::size_t m, std::size_t stride, R* out)
{
    constexpr auto n = numbers<R>;
    for (std::size_t k = 0; k < m; k += n)
        for (std::size_t row = 0; row < 8; row += n) {
            vector<R> square[n];
            for (std::size_t i = 0; i < n; ++i)
                square[i] = load<R>(in + 2 * ((row + i) * stride + k));
            turn<R>(square);
            for (std::size_t i = 0; i < n; ++i)
                store<R>(out + 2 * ((k + i) * 8 + row), square[i]);
        }
}

template <class R>
void multiply(const R* in, const R* factors, std::size_t n, bool conjugated, R* out)
{
    const complex_orders<R> order;
    const auto sign = conjugated ? -order.minus_plus : all<R>(R(1));
    std::size_t k = 0;
    for (; k + width<R> <= 2 * n; k += width<R>)
        store<R>(out + k, sign * product<R>(load<R>(in + k), load<R>(factors + k), order));
    for (; k < 2 * n; k += 2) {
        const R re = in[k] * factors[k] - in[k + 1] * factors[k + 1];
        const R im = in[k] * factors[k + 1] + in[k + 1] * factors[k];
        out[k] = re;
        out[k + 1] = conjugated ? -im : im;
    }
}

template <class R>
constexpr dft_routines<R> table{ fold<R>,     fold_powers<R>, column_pass<R>, turn_columns<R>,
                                 row_pass<R>, split<R>,       join<R>,        multiply<R> };

} // namespace

const dft_routines<float>& dft_in_single_precision() { return table<float>; }
const dft_routines<double>& dft_in_double_precision() { return table<double>; }

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
