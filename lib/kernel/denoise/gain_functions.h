/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DENOISE_GAIN_FUNCTIONS_H
#define INCLUDED_STFT_LIB_KERNEL_DENOISE_GAIN_FUNCTIONS_H

#include "kernel/simd/dispatch.h"
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

/* The functions of gains that the standard library has no quick form of, without branches, tables or calls, so that loops over them
 * are vectorised. (Loops that look values up in a table are slow on processors whose gathers are mitigated.) */
namespace gr::stft::kernel {

//! exp(-0.5772...), Euler's constant.
constexpr double euler_factor = 0.56145948356688516982;

/*!
 * \brief exp(E1(v) / 2) of the log-MMSE gain, E1 the exponential integral. Its relative error is below 2e-5.
 *
 *     exp(E1(v) / 2) = c(v / (2 + v)) sqrt((v + e) / v),    e = euler_factor
 *
 * where c is smooth from v = 0 to infinity and near 1: a polynomial through its values at Chebyshev's nodes, from Boost.Math.
 */
template <class R>
struct log_mmse_correction {
    std::array<R, 11>
        coefficients; //!< factors of the powers of 2 v / (2 + v) - 1, the highest first

    //! The polynomial, made by the first call.
    static const log_mmse_correction& get();

    //! exp(E1(v) / 2), v > 0.
    STFT_INLINE inline R operator()(R v) const
    {
        const R s = 2 * v / (2 + v) - 1;
        R c = coefficients[0];
        c = c * s + coefficients[1];
        c = c * s + coefficients[2];
        c = c * s + coefficients[3];
        c = c * s + coefficients[4];
        c = c * s + coefficients[5];
        c = c * s + coefficients[6];
        c = c * s + coefficients[7];
        c = c * s + coefficients[8];
        c = c * s + coefficients[9];
        c = c * s + coefficients[10];
        return c * std::sqrt((v + R(euler_factor)) / v);
    }
};

//! exp(-x), -80 <= x <= 80. Its relative error is below 3e-7, and the rounding of x.
STFT_INLINE inline float falling_exponential(float x)
{
    constexpr float shift = 12582912; // 1.5 2^23: a sum with it is rounded to an integer
    const float z = x * -1.44269504f;
    const float n = (z + shift) - shift, f = z - n;
    float p = 1.5403530e-4f; // Taylor's series of 2^f, -1/2 <= f <= 1/2
    p = p * f + 1.3333558e-3f;
    p = p * f + 9.6181291e-3f;
    p = p * f + 5.5504109e-2f;
    p = p * f + 2.4022651e-1f;
    p = p * f + 6.9314718e-1f;
    p = p * f + 1;
    const std::int32_t bits = (static_cast<std::int32_t>(n) + 127) * (1 << 23);
    float power;
    std::memcpy(&power, &bits, sizeof power);
    return p * power;
}

//! Natural logarithm of a positive number that is not denormal. Its error is below 3e-7, and as much of the logarithm.
STFT_INLINE inline float logarithm_of(float x)
{
    std::int32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    constexpr std::int32_t root_of_half = 0x3f3504f3;
    const std::int32_t exponent = (bits - root_of_half) >> 23;
    bits -= exponent * (1 << 23); // sqrt(1/2) <= m < sqrt(2)
    float m;
    std::memcpy(&m, &bits, sizeof m);
    const float s = (m - 1) / (m + 1), z = s * s; // log m = 2 artanh s
    float p = 1.0f / 9;
    p = p * z + 1.0f / 7;
    p = p * z + 1.0f / 5;
    p = p * z + 1.0f / 3;
    p = p * z + 1;
    return static_cast<float>(exponent) * 0.69314718f + 2 * s * p;
}

/*!
 * \brief Probability that a cell holds a signal, given the ratio g of its power to that of the noise, if half of the cells
 * hold one, 15 dB over the noise.
 *
 *     1 / (1 + (1 + s) exp(-g s / (1 + s))),    s = 10^1.5,    0 <= g <= 80
 *
 * (Compilers turn a bound in it into a branch, and no longer vectorise a loop around it.)
 */
STFT_INLINE inline float presence_of_signal(float g)
{
    constexpr float s = 31.6227766f, slope = s / (1 + s);
    return 1 / (1 + (1 + s) * falling_exponential(g * slope));
}

} // namespace gr::stft::kernel
#endif
