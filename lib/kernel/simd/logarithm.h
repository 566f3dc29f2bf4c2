/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SIMD_LOGARITHM_H
#define INCLUDED_STFT_LIB_KERNEL_SIMD_LOGARITHM_H

#include <cstdint>
#include <cstring>

/* Natural logarithm without branches, tables or calls, so that a loop over it is vectorised, which a loop over
 * std::log is not. Its relative error is below 3e-16 in double precision; in single precision 1.3e-7, absolute
 * between 1/2 and 2. Zero gives the finite -88.0 or -709.1 (so that 0 ln 0 = 0) and denormal numbers something
 * near; infinity and NaN give finite numbers too: the factor before the logarithm has to tell them. */
namespace gr::stft::kernel {

//! ln x, x >= 0.
inline float natural_log(float x)
{
    constexpr std::uint32_t root_half = 0x3f3504f3;
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    bits -= root_half;
    const auto exponent = static_cast<float>(static_cast<std::int32_t>(bits) >> 23);
    bits = (bits & 0x007fffff) + root_half; // x / 2^exponent, sqrt(1/2) .. sqrt(2)
    float m;
    std::memcpy(&m, &bits, sizeof m);
    // ln m = 2 artanh s; the series in s^2 with coefficients of least relative error, 8e-10
    const float s = (m - 1) / (m + 1);
    const float z = s * s;
    float p = 0.29871728f;
    p = p * z + 0.39977542f;
    p = p * z + 0.66666776f;
    return exponent * 0.69314718f + (2 * s + s * z * p);
}

//! ln x, x >= 0. The polynomial is that of Sun's fdlibm, e_log.c.
inline double natural_log(double x)
{
    constexpr std::uint64_t root_half = 0x3fe6a09e667f3bcd;
    constexpr std::uint64_t one = 0x3ff0000000000000, two_52 = 0x4330000000000000;
    std::uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    bits += one - root_half;
    // SSE2 neither shifts signed 64-bit integers nor converts them
    const std::uint64_t biased = (bits >> 52) | two_52;
    double exponent;
    std::memcpy(&exponent, &biased, sizeof exponent);
    exponent -= 4503599627370496.0 + 1023.0;
    bits = (bits & 0x000fffffffffffff) + root_half; // x / 2^exponent, sqrt(1/2) .. sqrt(2)
    double f;
    std::memcpy(&f, &bits, sizeof f);
    f -= 1;
    const double s = f / (2 + f);
    const double z = s * s;
    double p = 1.479819860511658591e-01;
    p = p * z + 1.531383769920937332e-01;
    p = p * z + 1.818357216161805012e-01;
    p = p * z + 2.222219843214978396e-01;
    p = p * z + 2.857142874366239149e-01;
    p = p * z + 3.999999999940941908e-01;
    p = p * z + 6.666666666666735130e-01;
    const double half_square = 0.5 * f * f;
    const double small = s * (half_square + p * z) + exponent * 1.90821492927058770002e-10;
    return exponent * 6.93147180369123816490e-01 - ((half_square - small) - f);
}

} // namespace gr::stft::kernel
#endif
