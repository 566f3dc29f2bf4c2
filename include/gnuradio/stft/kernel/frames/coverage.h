/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_COVERAGE_H
#define INCLUDED_STFT_KERNEL_FRAMES_COVERAGE_H

#include <gnuradio/stft/api.h>
#include <cstddef>

/*!
 * How much of a signal, 0 .. length in samples, lies under windows of lengths theta (positive) centred at t
 * (finite), frames values each (>= 1). Kept high, it stops learned windows from leaving gaps; penalise
 * 1 - coverage. Derivatives by t and theta, frames values each, are written where not null; at the kinks,
 * where edges meet, they are one-sided. Other arguments are refused with std::invalid_argument.
 *
 * Leiber et al., "Learnable adaptive time-frequency representation via differentiable STFT", IEEE Trans. Signal
 * Process., 2025, (31) and (32).
 */
namespace gr::stft::kernel {

//! Fraction of the signal that is under at least one window, 0 .. 1.
STFT_API double coverage_union(const double* t,
                               const double* theta,
                               std::size_t frames,
                               double length,
                               double* gradient_t = nullptr,
                               double* gradient_theta = nullptr);

/*!
 * sum_n min(theta_n, u_(n+1) - u_n) / length with u the windows' starts, as the papers have it (the last frame:
 * theta). Exceeds 1 where windows reach beyond the signal, and takes t as ascending.
 */
STFT_API double coverage_min(const double* t,
                             const double* theta,
                             std::size_t frames,
                             double length,
                             double* gradient_t = nullptr,
                             double* gradient_theta = nullptr);

} // namespace gr::stft::kernel
#endif
