/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_DUAL_H
#define INCLUDED_STFT_KERNEL_FRAMES_DUAL_H

#include <gnuradio/stft/api.h>
#include <complex>
#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

//! The values of a window.
using taps_t = std::vector<std::complex<double>>;

/*!
 * \brief D[r] = sum_i |window[r + i hop]|^2, r = 0 .. count - 1: what frames of a long signal add up to.
 *
 * It repeats after hop samples; count is hop unless fewer are wanted.
 * \throws std::invalid_argument if hop is 0
 */
STFT_API std::vector<double>
steady_coverage(const taps_t& window, std::size_t count, std::size_t hop);

/*!
 * \brief The canonical dual window, window / D: the one of least energy among all d with
 * sum_i conj(window[r + i hop]) d[r + i hop] = 1 for every r.
 * \param window taps, not empty
 * \param hop samples from frame to frame, >= 1
 * \param tolerance the least D must exceed tolerance times the largest
 * \throws std::invalid_argument if hop is 0 or window and hop are not NOLA
 */
STFT_API taps_t dual_window(const taps_t& window, std::size_t hop, double tolerance = 1e-10);

/*!
 * \brief The window nearest to this one that is its own canonical dual, window / sqrt(D). Divided by sqrt(n_fft) it
 * makes the two-sided STFT an isometry.
 * \throws std::invalid_argument as dual_window()
 */
STFT_API taps_t tight_window(const taps_t& window, std::size_t hop, double tolerance = 1e-10);

/*!
 * \brief The dual of window that is nearest to desired.
 *
 * \param window taps, not empty
 * \param hop samples from frame to frame, >= 1
 * \param desired as long as window; empty: all ones
 * \param scaled nearest to alpha desired, with the best factor alpha
 * \param alpha where the factor goes, or null; 1 unless scaled
 * \param tolerance as in dual_window()
 * \throws std::invalid_argument as dual_window(); if desired has another length; if scaled and desired is
 *         orthogonal to every dual
 */
STFT_API taps_t closest_dual_window(const taps_t& window,
                                    std::size_t hop,
                                    const taps_t& desired,
                                    bool scaled,
                                    std::complex<double>* alpha = nullptr,
                                    double tolerance = 1e-10);

//! True if sum_i window[r + i hop] is equal for all r, within tolerance times its largest modulus,
//! and not 0 (COLA).
STFT_API bool check_cola(const taps_t& window, std::size_t hop, double tolerance);

//! True if min D > tolerance max D, so that the STFT with this hop can be inverted (NOLA).
STFT_API bool check_nola(const taps_t& window, std::size_t hop, double tolerance);

} // namespace gr::stft::kernel
#endif
