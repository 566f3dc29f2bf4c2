/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Spectra of real patches from those of half as many complex columns, and back. Included after lanes.h. */
namespace gr::stft::kernel::simd::SIMD_LEVEL {

//! Complex numbers, interleaved, as many as a vector holds.
template <class R>
struct complex_lanes {
    static constexpr std::size_t count = width<R> / 2;
    integers<R> swapped{}, backwards{};
    vector<R> conjugate{};

    SIMD_INLINE complex_lanes()
    {
        using index = typename integer_of<R>::type;
        for (std::size_t l = 0; l < width<R>; ++l) {
            swapped[l] = static_cast<index>(l ^ 1);
            backwards[l] = static_cast<index>((width<R> - 2 - (l & ~std::size_t(1))) | (l & 1));
            conjugate[l] = l & 1 ? R(-1) : R(1);
        }
    }

    SIMD_INLINE vector<R> reversed_conjugate(vector<R> z) const
    {
        return conjugate * shuffled<R>(z, backwards);
    }

    SIMD_INLINE vector<R> product(const R* re_twice, const R* im_signed, vector<R> z) const
    {
        return load<R>(re_twice) * z + load<R>(im_signed) * shuffled<R>(z, swapped);
    }
};

//! out[k], out[k + h] for one k of unfold_patch(); mirror = -k modulo h
template <class R>
SIMD_INLINE void unfold_one(const R* a,
                            const R* b,
                            std::size_t k,
                            std::size_t mirror,
                            const R* re_twice,
                            const R* im_signed,
                            R* low,
                            R* high)
{
    const R *x = a + 2 * k, *y = b + 2 * mirror;
    const R sr = x[0] + y[0], si = x[1] - y[1];
    const R dr = x[0] - y[0], di = x[1] + y[1];
    const R tr = re_twice[2 * k] * dr + im_signed[2 * k] * di;
    const R ti = re_twice[2 * k] * di + im_signed[2 * k + 1] * dr;
    low[2 * k] = sr + tr;
    low[2 * k + 1] = si + ti;
    high[2 * k] = sr - tr;
    high[2 * k + 1] = si - ti;
}

template <class R>
void unfold_patch(const R* v,
                  std::size_t stride,
                  std::size_t n,
                  std::size_t h,
                  const R* re_twice,
                  const R* im_signed,
                  R* out)
{
    const complex_lanes<R> lanes;
    for (std::size_t i = 0; i <= n / 2; ++i) {
        const R *a = v + 2 * stride * i, *b = v + 2 * stride * (i ? n - i : 0);
        R *low = out + 4 * h * i, *high = low + 2 * h;
        std::size_t k = 0;
        for (; k + lanes.count <= h; k += lanes.count) { // k = 0 meets b[h] here
            const auto x = load<R>(a + 2 * k);
            const auto y = lanes.reversed_conjugate(load<R>(b + 2 * (h - k - lanes.count + 1)));
            const auto s = x + y;
            const auto t = lanes.product(re_twice + 2 * k, im_signed + 2 * k, x - y);
            store<R>(low + 2 * k, s + t);
            store<R>(high + 2 * k, s - t);
        }
        for (; k < h; ++k)
            unfold_one(a, b, k, h - k, re_twice, im_signed, low, high);
        unfold_one(a, b, 0, 0, re_twice, im_signed, low, high);
    }
}

/*!
 * ahead[k] = s + t, back[-k] = conj(s - t), or added to what is there: one of them, in two calls, where both are the
 * same row.
 */
template <class R, bool Ahead, bool Back, bool Add>
SIMD_INLINE void fold_row(const complex_lanes<R>& lanes,
                          const R* low,
                          const R* high,
                          std::size_t h,
                          const R* re_twice,
                          const R* im_signed,
                          R* ahead,
                          R* back)
{
    const auto one = [&](std::size_t k, std::size_t mirror) {
        const R *x = low + 2 * k, *y = high + 2 * k;
        const R sr = x[0] + y[0], si = x[1] + y[1];
        const R dr = x[0] - y[0], di = x[1] - y[1];
        const R tr = re_twice[2 * k] * dr - im_signed[2 * k] * di;
        const R ti = re_twice[2 * k] * di - im_signed[2 * k + 1] * dr;
        if (Ahead) {
            ahead[2 * k] = sr + tr;
            ahead[2 * k + 1] = si + ti;
        }
        if (Back) {
            R* to = back + 2 * mirror;
            to[0] = (Add ? to[0] : R(0)) + (sr - tr);
            to[1] = (Add ? to[1] : R(0)) - (si - ti);
        }
    };
    if (Add)
        back[2 * h] = back[2 * h + 1] = 0;
    std::size_t k = 0;
    for (; k + lanes.count <= h; k += lanes.count) { // k = 0 goes to back[h] here
        const auto x = load<R>(low + 2 * k), y = load<R>(high + 2 * k);
        const auto s = x + y, d = x - y;
        const auto t = load<R>(re_twice + 2 * k) * d -
                       load<R>(im_signed + 2 * k) * shuffled<R>(d, lanes.swapped);
        if (Ahead)
            store<R>(ahead + 2 * k, s + t);
        if (Back) {
            R* to = back + 2 * (h - k - lanes.count + 1);
            const auto z = lanes.reversed_conjugate(s - t);
            store<R>(to, Add ? load<R>(to) + z : z);
        }
    }
    for (; k < h; ++k)
        one(k, h - k);
    one(0, 0);
}

template <class R>
void fold_patch(const R* in,
                std::size_t n,
                std::size_t h,
                const R* re_twice,
                const R* im_signed,
                R edge,
                R* v,
                std::size_t stride)
{
    const complex_lanes<R> lanes;
    for (std::size_t i = 0; i <= n / 2; ++i) {
        const R *low = in + 4 * h * i, *high = low + 2 * h;
        R* ahead = v + 2 * stride * i;
        if (i > 0 && 2 * i < n) {
            R* back = v + 2 * stride * (n - i);
            fold_row<R, true, true, false>(lanes, low, high, h, re_twice, im_signed, ahead, back);
            continue;
        }
        fold_row<R, true, false, false>(lanes, low, high, h, re_twice, im_signed, ahead, ahead);
        fold_row<R, false, true, true>(lanes, low, high, h, re_twice, im_signed, ahead, ahead);
        for (std::size_t k = 0; k < 2 * h; ++k)
            ahead[k] *= edge;
    }
}

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
