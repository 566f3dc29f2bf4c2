/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_QUARTER_CYCLES_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_QUARTER_CYCLES_H

#include <cmath>
#include <complex>
#include <cstdint>

namespace gr::stft::kernel {

//! exp(j (quarters pi / 2 + angle)), exact in the quarters.
inline std::complex<double> cisoid_of(std::uint64_t quarters, double angle)
{
    const double c = std::cos(angle), s = std::sin(angle);
    switch (quarters % 4) {
    case 0:
        return { c, s };
    case 1:
        return { -s, c };
    case 2:
        return { -c, -s };
    default:
        return { s, -c };
    }
}

} // namespace gr::stft::kernel
#endif
