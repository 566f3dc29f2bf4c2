/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Products with real windows. Included after lanes.h. A product and a sum are one FMA, or two roundings, alike in vectors
 * and in what is left over, so a result does not depend on where its run starts. */
#include <algorithm>

namespace gr::stft::kernel::simd::SIMD_LEVEL {

//! Writes to[i] = sum[i] + x[i] w[i]; `to` may be `sum`, or lie before it.
template <class R>
SIMD_INLINE void add_product(const R* x, const R* w, const R* sum, std::size_t n, R* to)
{
    std::size_t i = 0;
    for (; i + width<R> <= n; i += width<R>)
        store<R>(to + i, load<R>(sum + i) + load<R>(x + i) * load<R>(w + i));
    for (; i < n; ++i)
        to[i] = sum[i] + x[i] * w[i];
}

template <class R>
void multiply_add(const R* x, const R* w, std::size_t n, R* sum)
{
    add_product(x, w, sum, n, sum);
}

template <class R>
SIMD_INLINE void
add_and_weigh(const R* x, const R* w, const R* sum, const R* weights, std::size_t n, R* out)
{
    std::size_t i = 0;
    for (; i + width<R> <= n; i += width<R>)
        store<R>(out + i,
                 (load<R>(sum + i) + load<R>(x + i) * load<R>(w + i)) * load<R>(weights + i));
    for (; i < n; ++i)
        out[i] = (sum[i] + x[i] * w[i]) * weights[i];
}

//! Calls f(at, taps ..) for vector after vector of complex numbers: where its reals start, and the taps of each of them.
template <class R, class F, class... Taps>
SIMD_INLINE std::size_t for_taps(std::size_t n, F f, const Taps*... taps)
{
    integers<R> low{}, high{};
    for (std::size_t l = 0; l < width<R>; ++l) {
        using index = typename integer_of<R>::type;
        low[l] = static_cast<index>(l / 2);
        high[l] = static_cast<index>((width<R> + l) / 2);
    }
    std::size_t i = 0;
    for (; i + width<R> <= n; i += width<R>)
        [&](auto... loaded) __attribute__((always_inline))
        {
            f(2 * i, shuffled<R>(loaded, low)...);
            f(2 * i + width<R>, shuffled<R>(loaded, high)...);
        }
    (load<R>(taps + i)...);
    return i;
}

template <class R>
void scale(const R* x, const R* w, std::size_t n, R* out)
{
    auto i = for_taps<R>(
        n,
        [&](std::size_t at, vector<R> taps)
            __attribute__((always_inline)) { store<R>(out + at, load<R>(x + at) * taps); },
        w);
    for (; i < n; ++i) {
        out[2 * i] = x[2 * i] * w[i];
        out[2 * i + 1] = x[2 * i + 1] * w[i];
    }
}

//! Does what add_product() does, of complex x and sums.
template <class R>
SIMD_INLINE void scale_and_add(const R* x, const R* w, const R* sum, std::size_t n, R* to)
{
    auto i = for_taps<R>(
        n,
        [&](std::size_t at, vector<R> taps) __attribute__((always_inline)) {
            store<R>(to + at, load<R>(sum + at) + load<R>(x + at) * taps);
        },
        w);
    for (; i < n; ++i) {
        to[2 * i] = sum[2 * i] + x[2 * i] * w[i];
        to[2 * i + 1] = sum[2 * i + 1] + x[2 * i + 1] * w[i];
    }
}

template <class R>
void scale_add(const R* x, const R* w, std::size_t n, R* sum)
{
    scale_and_add(x, w, sum, n, sum);
}

template <class R>
SIMD_INLINE void
scale_add_and_weigh(const R* x, const R* w, const R* sum, const R* weights, std::size_t n, R* out)
{
    auto i = for_taps<R>(
        n,
        [&](std::size_t at, vector<R> taps, vector<R> weight) __attribute__((always_inline)) {
            store<R>(out + at, (load<R>(sum + at) + load<R>(x + at) * taps) * weight);
        },
        w,
        weights);
    for (; i < n; ++i) {
        out[2 * i] = (sum[2 * i] + x[2 * i] * w[i]) * weights[i];
        out[2 * i + 1] = (sum[2 * i + 1] + x[2 * i + 1] * w[i]) * weights[i];
    }
}

//! Ends of the samples that are finished and of those that are added to, within begin .. end.
struct overlap_parts {
    std::size_t finished, added;

    overlap_parts(std::size_t hop, std::size_t length, std::size_t begin, std::size_t end)
        : finished(std::clamp(hop, begin, end)), added(std::clamp(length - hop, finished, end))
    {}
};

template <class R>
void overlap_add(const typename routines<R>::steady_overlap& o,
                 const R* x,
                 std::size_t begin,
                 std::size_t end)
{
    const overlap_parts part(o.hop, o.length, begin, end);
    const auto f = part.finished, a = part.added;
    add_and_weigh(x, o.w + begin, o.sum + begin, o.weights + begin, f - begin, o.out + begin);
    add_product(x + (f - begin), o.w + f, o.sum + f, a - f, o.sum + f - o.hop);
    for (auto i = a; i < end; ++i)
        o.sum[i - o.hop] = x[i - begin] * o.w[i];
}

template <class R>
void scale_overlap_add(const typename routines<R>::steady_overlap& o,
                       const R* x,
                       std::size_t begin,
                       std::size_t end)
{
    const overlap_parts part(o.hop, o.length, begin, end);
    const auto f = part.finished, a = part.added;
    scale_add_and_weigh(
        x, o.w + begin, o.sum + 2 * begin, o.weights + begin, f - begin, o.out + 2 * begin);
    scale_and_add(x + 2 * (f - begin), o.w + f, o.sum + 2 * f, a - f, o.sum + 2 * f - 2 * o.hop);
    scale(x + 2 * (a - begin), o.w + a, end - a, o.sum + 2 * a - 2 * o.hop);
}

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
