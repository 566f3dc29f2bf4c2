/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_SCALING_H
#define INCLUDED_STFT_KERNEL_FRAMES_SCALING_H

#include <gnuradio/stft/api.h>
#include <complex>
#include <string>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief The factor on a spectrum X of the window w at sampling rate f_s.
 *
 * - none: 1
 * - magnitude: 1 / |sum w|; |X| is the amplitude of an on-bin cisoid
 * - psd: 1 / sqrt(f_s sum |w|^2); |X|^2 is a two-sided density in unit^2 / Hz
 * - ortho: 1 / sqrt(n_fft), the unitary DFT
 */
enum class scaling { none, magnitude, psd, ortho };

//! \throws std::invalid_argument unless name is "none", "magnitude", "psd" or "ortho"
STFT_API scaling scaling_named(const std::string& name);
//! "none", "magnitude", "psd" or "ortho"
STFT_API const char* name_of(scaling scale);

//! \throws std::invalid_argument unless samp_rate > 0 and finite; for magnitude, if the taps sum to zero
STFT_API double gain(scaling scale,
                     const std::vector<std::complex<double>>& taps,
                     std::size_t n_fft,
                     double samp_rate);

} // namespace gr::stft::kernel
#endif
