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

//! Lanes 2 l and 2 l + 1: of complex numbers the real and the imaginary parts twice, or swapped.
template <class R>
struct complex_orders {
    integers<R> re{}, im{}, swapped{};

    complex_orders()
    {
        for (std::size_t l = 0; l < width<R>; ++l) {
            using index = typename integer_of<R>::type;
            re[l] = static_cast<index>(l & ~std::size_t(1));
            im[l] = static_cast<index>(l | 1);
            swapped[l] = static_cast<index>(l ^ 1);
        }
    }
};

template <class R>
void part(const R* in, std::size_t m, bool forward, const R* twiddles, std::size_t stride, R* out)
{
    const complex_orders<R> order;
    vector<R> minus_plus{};
    for (std::size_t l = 0; l < width<R>; ++l)
        minus_plus[l] = l & 1 ? R(1) : R(-1);
    const auto quarter = forward ? -minus_plus : minus_plus; // -+j z = (+-Im z, -+Re z)
    const auto product = [&](vector<R> z, vector<R> u) __attribute__((always_inline))
    {
        return shuffled<R>(u, order.re) * z +
               minus_plus * shuffled<R>(u, order.im) * shuffled<R>(z, order.swapped);
    };
    const auto several = [&](std::size_t k) __attribute__((always_inline))
    {
        const auto a = load<R>(in + k), b = load<R>(in + k + 2 * m);
        const auto c = load<R>(in + k + 4 * m), d = load<R>(in + k + 6 * m);
        const auto even = a + c, odd = a - c, other = b + d;
        const auto rotated = quarter * shuffled<R>(b - d, order.swapped);
        store<R>(out + k, even + other);
        store<R>(out + k + 2 * stride, product(odd + rotated, load<R>(twiddles + k)));
        store<R>(out + k + 4 * stride, product(even - other, load<R>(twiddles + k + 2 * m)));
        store<R>(out + k + 6 * stride, product(odd - rotated, load<R>(twiddles + k + 4 * m)));
    };
    for (std::size_t k = 0; k < 2 * m; k += width<R>)
        several(k);
}

//! Runs of `run` numbers of a and b alternately: the first half of them, or the second.
template <class R, std::size_t run, bool second>
SIMD_INLINE vector<R> alternate(vector<R> a, vector<R> b)
{
    integers<R> order{};
    for (std::size_t l = 0; l < width<R>; ++l) {
        const auto index = l + (second ? width<R> : 0), piece = index / run;
        const auto at = piece / 2 * run + index % run;
        order[l] = static_cast<typename integer_of<R>::type>(piece % 2 ? at + width<R> : at);
    }
#ifdef __clang__
    vector<R> w;
    for (std::size_t l = 0; l < width<R>; ++l)
        w[l] = order[l] < static_cast<typename integer_of<R>::type>(width<R>)
                   ? a[order[l]]
                   : b[order[l] - width<R>];
    return w;
#else
    return __builtin_shuffle(a, b, order);
#endif
}

template <class R>
void join(const R* in, std::size_t stride, std::size_t m, R* out)
{
    std::size_t k = 0;
    if constexpr (width<R> >= 4)
        for (; k < 2 * m; k += width<R>) {
            const auto a = load<R>(in + k), b = load<R>(in + k + 2 * stride);
            const auto c = load<R>(in + k + 4 * stride), d = load<R>(in + k + 6 * stride);
            const auto ab = alternate<R, 2, false>(a, b), ab_2 = alternate<R, 2, true>(a, b);
            const auto cd = alternate<R, 2, false>(c, d), cd_2 = alternate<R, 2, true>(c, d);
            R* to = out + 4 * k;
            store<R>(to, alternate<R, 4, false>(ab, cd));
            store<R>(to + width<R>, alternate<R, 4, true>(ab, cd));
            store<R>(to + 2 * width<R>, alternate<R, 4, false>(ab_2, cd_2));
            store<R>(to + 3 * width<R>, alternate<R, 4, true>(ab_2, cd_2));
        }
    for (; k < 2 * m; k += 2)
        for (std::size_t r = 0; r < 4; ++r)
            std::memcpy(out + 4 * k + 2 * r, in + 2 * r * stride + k, 2 * sizeof(R));
}

template <class R>
constexpr dft_routines<R> table{ fold<R>, part<R>, join<R> };

} // namespace

const dft_routines<float>& dft_in_single_precision() { return table<float>; }
const dft_routines<double>& dft_in_double_precision() { return table<double>; }

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
