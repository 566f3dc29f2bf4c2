/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SIMD_POWER_H
#define INCLUDED_STFT_LIB_KERNEL_SIMD_POWER_H

#include "dispatch.h"
#include <cstddef>

/* Powers of a spectrum S, whose real and imaginary parts alternate. */
namespace gr::stft::kernel {

//! Computes power = |S|^2.
template <class R>
STFT_LOOP void power_of(const R* __restrict S, std::size_t bins, R* __restrict power)
{
    for (std::size_t m = 0; m < bins; ++m)
        power[m] = S[2 * m] * S[2 * m] + S[2 * m + 1] * S[2 * m + 1];
}

//! Computes q = W |S|^2.
template <class R>
STFT_LOOP void
whitened_power(const R* __restrict S, const R* __restrict W, std::size_t bins, R* __restrict q)
{
    for (std::size_t m = 0; m < bins; ++m)
        q[m] = W[m] * (S[2 * m] * S[2 * m] + S[2 * m + 1] * S[2 * m + 1]);
}

} // namespace gr::stft::kernel
#endif
