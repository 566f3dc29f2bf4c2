/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Vectors of SIMD_BYTES bytes and the elementary functions that windows are made of. Included by sources that are
 * compiled once for each level, within namespace SIMD_LEVEL. */
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace gr::stft::kernel::simd::SIMD_LEVEL {

template <class R>
struct lanes;

template <>
struct lanes<float> {
    typedef float vector __attribute__((vector_size(SIMD_BYTES)));
    typedef std::int32_t integers __attribute__((vector_size(SIMD_BYTES)));
    static constexpr int mantissa = 23, bias = 127;
    static constexpr std::int32_t sign_mask = INT32_MIN;
    static constexpr float smallest_exponent = -126;
};

template <>
struct lanes<double> {
    typedef double vector __attribute__((vector_size(SIMD_BYTES)));
    typedef std::int64_t integers __attribute__((vector_size(SIMD_BYTES)));
    static constexpr int mantissa = 52, bias = 1023;
    static constexpr std::int64_t sign_mask = INT64_MIN;
    static constexpr double smallest_exponent = -1022;
};

template <class R>
using vector = typename lanes<R>::vector;
template <class R>
using integers = typename lanes<R>::integers;
template <class R>
constexpr std::size_t width = SIMD_BYTES / sizeof(R);

#define SIMD_INLINE inline __attribute__((always_inline))
#define SIMD_LAMBDA __attribute__((always_inline)) // stands after its parameters

template <class V, class R>
SIMD_INLINE V load_as(const R* from)
{
    V v;
    std::memcpy(&v, from, sizeof v);
    return v;
}

template <class R>
SIMD_INLINE vector<R> load(const R* from)
{
    return load_as<vector<R>>(from);
}

//! v as it is after rounding: where two products are added, it settles which of them an FMA takes in.
template <class V>
SIMD_INLINE V rounded(V v)
{
#if defined(__x86_64__) || defined(__i386__)
    asm("" : "+v"(v));
#elif defined(__aarch64__)
    asm("" : "+w"(v));
#endif
    return v;
}

//! An index whose value compilers take for any: of long rows of indices they would compute all before the first is used, and
//! keep them in memory.
template <class I>
SIMD_INLINE I as_it_is(I index)
{
#if defined(__GNUC__)
    asm("" : "+r"(index));
#endif
    return index;
}

//! The first n numbers, the other lanes 0.
template <class R>
SIMD_INLINE vector<R> load_some(const R* from, std::size_t n)
{
    vector<R> v{};
    for (std::size_t l = 0; l < width<R>; ++l) // unrolled, unlike a call of memcpy
        v[l] = l < n ? from[l] : R(0);
    return v;
}

template <class R>
SIMD_INLINE void store(R* to, vector<R> v)
{
    std::memcpy(to, &v, sizeof v);
}

template <class R>
SIMD_INLINE vector<R> all(R value)
{
    return value - vector<R>{};
}

template <class R>
SIMD_INLINE vector<R> iota()
{
    vector<R> v{};
    for (std::size_t l = 0; l < width<R>; ++l)
        v[l] = static_cast<R>(l);
    return v;
}

template <class R>
SIMD_INLINE double sum(vector<R> v)
{
    double total = 0;
    for (std::size_t l = 0; l < width<R>; ++l)
        total += v[l];
    return total;
}

template <class R>
SIMD_INLINE vector<R> magnitude(vector<R> v)
{
    return reinterpret_cast<vector<R>>(reinterpret_cast<integers<R>>(v) & ~lanes<R>::sign_mask);
}

//! v >= 0 with the sign of s
template <class R>
SIMD_INLINE vector<R> with_sign(vector<R> v, vector<R> s)
{
    return reinterpret_cast<vector<R>>(reinterpret_cast<integers<R>>(v) |
                                       (reinterpret_cast<integers<R>>(s) & lanes<R>::sign_mask));
}

//! sin(pi y), |y| <= 1/2: odd polynomials through Chebyshev points; errors 1e-8 and 1e-18 before rounding
SIMD_INLINE vector<float> sin_pi(vector<float> y)
{
    const auto z = y * y;
    auto p = z * 0.077655912276f - 0.598290411284f;
    p = p * z + 2.550077386529f;
    p = p * z - 5.167710076668f;
    p = p * z + 3.141592640077f;
    return p * y;
}

SIMD_INLINE vector<double> sin_pi(vector<double> y)
{
    const auto z = y * y;
    auto p = z * 7.6978267682241906454e-7 - 2.1903497074626017191e-5;
    p = p * z + 4.6629981618983938014e-4;
    p = p * z - 7.3704305059169434047e-3;
    p = p * z + 8.214588657310289502e-2;
    p = p * z - 0.59926452931894468132;
    p = p * z + 2.5501640398773004745;
    p = p * z - 5.1677127800499696077;
    p = p * z + 3.1415926535897932378;
    return p * y;
}

//! cos(pi y), |y| <= 1/2, exact at the ends
template <class R>
SIMD_INLINE vector<R> cos_pi(vector<R> y)
{
    return sin_pi(R(0.5) - magnitude<R>(y));
}

//! cos(2 pi f) and sin(2 pi f), |f| <= 1/2
template <class R>
SIMD_INLINE void circle_point(vector<R> f, vector<R>& cosine, vector<R>& sine)
{
    const auto s = sin_pi(f), c = cos_pi<R>(f);
    cosine = 1 - 2 * s * s;
    sine = 2 * s * c;
}

//! 2^f, |f| <= 1/2: errors 2e-9 and 4e-20 before rounding
SIMD_INLINE vector<float> exp2_fraction(vector<float> f)
{
    auto p = f * 1.5461444697e-4f + 1.3400428178e-3f;
    p = p * f + 9.6180566785e-3f;
    p = p * f + 5.5503272266703e-2f;
    p = p * f + 0.24022650922289f;
    p = p * f + 0.69314720670263f;
    return p * f + 1.0f;
}

SIMD_INLINE vector<double> exp2_fraction(vector<double> f)
{
    auto p = f * 2.5733568308756891235e-11 + 4.4566753410492058782e-10;
    p = p * f + 7.0548943863483480445e-9;
    p = p * f + 1.017805119296064896e-7;
    p = p * f + 1.3215486815999976975e-6;
    p = p * f + 1.5252733856293466416e-5;
    p = p * f + 1.5403530393362755291e-4;
    p = p * f + 1.3333558146390352775e-3;
    p = p * f + 9.6181291076284830543e-3;
    p = p * f + 5.5504108664821698992e-2;
    p = p * f + 0.24022650695910071228;
    p = p * f + 0.69314718055994530835;
    return p * f + 1.0;
}

//! exp(x) for x <= 0; what would be denormal is 0
template <class R>
SIMD_INLINE vector<R> exp_negative(vector<R> x)
{
    constexpr R to_base_2 = R(1.44269504088896340736);
    constexpr R round = R(3) * (std::int64_t(1) << (lanes<R>::mantissa - 1));
    const auto binary = x * to_base_2;
    const auto shifted = binary + round; // the low bits hold the integer nearest to `binary`
    const auto whole = shifted - round;
    const auto power = (reinterpret_cast<integers<R>>(shifted) -
                        reinterpret_cast<integers<R>>(all<R>(round)) + lanes<R>::bias)
                       << lanes<R>::mantissa;
    const auto result = exp2_fraction(binary - whole) * reinterpret_cast<vector<R>>(power);
    return binary > lanes<R>::smallest_exponent ? result : vector<R>{};
}

//! Numbers of R to as many lanes as a vector of doubles has.
template <class R>
struct narrowed {
    typedef R vector __attribute__((vector_size(width<double> * sizeof(R))));
};

//! Complex numbers from the lanes of re and im to a row that ends after `left` of them.
template <class R>
SIMD_INLINE void write_pairs(R* to, std::size_t left, vector<double> re, vector<double> im)
{
    using narrow = typename narrowed<R>::vector;
    const auto a = __builtin_convertvector(re, narrow), b = __builtin_convertvector(im, narrow);
    constexpr auto n = width<double>;
    narrow pairs[2];
#ifdef __clang__
    for (std::size_t l = 0; l < n; ++l) {
        pairs[2 * l / n][2 * l % n] = a[l];
        pairs[(2 * l + 1) / n][(2 * l + 1) % n] = b[l];
    }
#else
    typedef typename integer_of<R>::type order __attribute__((vector_size(n * sizeof(R))));
    order low{}, high{};
    for (std::size_t l = 0; l < n; ++l) {
        using index = typename integer_of<R>::type;
        low[l] = static_cast<index>(l / 2 + (l % 2) * n);
        high[l] = static_cast<index>((l + n) / 2 + (l % 2) * n);
    }
    pairs[0] = __builtin_shuffle(a, b, low);
    pairs[1] = __builtin_shuffle(a, b, high);
#endif
    if (left >= n)
        std::memcpy(to, pairs, sizeof pairs);
    else
        std::memcpy(to, pairs, 2 * left * sizeof(R));
}

//! v[order[l]] in lane l
template <class R>
SIMD_INLINE vector<R> shuffled(vector<R> v, integers<R> order)
{
#ifdef __clang__
    vector<R> w;
    for (std::size_t l = 0; l < width<R>; ++l)
        w[l] = v[order[l]];
    return w;
#else
    return __builtin_shuffle(v, order);
#endif
}

//! A choice made while compiling.
template <bool B>
struct flag {
    static constexpr bool value = B;
};
template <int N>
struct count {
    static constexpr int value = N;
};
constexpr flag<false> no{};
constexpr flag<true> yes{};

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
