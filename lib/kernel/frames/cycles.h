/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_CYCLES_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_CYCLES_H

#include "quarter_cycles.h"
#include <cmath>
#include <complex>
#include <cstdint>

namespace gr::stft::kernel {

/*!
 * \brief Phase in units of 2^-128 cycles, modulo one cycle. A frequency times a sample's number is
 * exact to 2^-65 cycles at any sample, whether the frequency is a bin or between bins.
 */
using cycles = unsigned __int128;

//! bin / n_fft cycles, |bin| < 2^63.
inline cycles cycles_per_sample(double bin, std::size_t n_fft)
{
    const double whole = std::floor(std::abs(bin)), rest = std::abs(bin) - whole;
    const double high = std::floor(std::ldexp(rest, 64));
    const double low = std::ldexp(std::ldexp(rest, 64) - high, 64);
    // long division, the digits are 64 bits wide
    cycles remainder = static_cast<std::uint64_t>(whole) % n_fft, quotient = 0;
    for (const double digit : { high, low }) {
        remainder = (remainder << 64) + static_cast<std::uint64_t>(digit);
        quotient = (quotient << 64) + remainder / n_fft;
        remainder %= n_fft;
    }
    return bin < 0 ? -quotient : quotient;
}

//! Phase advance over `samples` samples.
inline cycles cycles_of(cycles per_sample, std::int64_t samples)
{
    return per_sample * static_cast<cycles>(samples);
}

//! exp(2j pi t)
inline std::complex<double> cisoid(cycles t)
{
    const auto high = static_cast<std::uint64_t>(t >> 64);
    const auto quarter = (high + (std::uint64_t(1) << 61)) >> 62; // the nearest, 4 wraps to 0
    const auto rest = static_cast<std::int64_t>(high - (quarter << 62));
    const double angle = std::ldexp(2 * M_PI * static_cast<double>(rest), -64);
    return cisoid_of(quarter, angle);
}

} // namespace gr::stft::kernel
#endif
