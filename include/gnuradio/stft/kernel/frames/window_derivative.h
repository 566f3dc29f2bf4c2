/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_WINDOW_DERIVATIVE_H
#define INCLUDED_STFT_KERNEL_FRAMES_WINDOW_DERIVATIVE_H

#include <gnuradio/stft/api.h>
#include <complex>
#include <cstddef>

namespace gr::stft::kernel {

//! Values by which a window's derivative exceeds the window at either end.
constexpr std::size_t derivative_reach = 8;

/*!
 * \brief The derivative per sample of a window by its values, named or given, zero around them:
 *
 *     w'[m] = sum_j c[j] (w[m + j] - w[m - j]),    j = 1 .. J = derivative_reach,
 *     c[j] = (-1)^(j + 1) J!^2 / (j (J - j)! (J + j)!)
 *
 * for m = -J .. size - 1 + J. That is the flattest differentiator of its length: the derivative's spectrum is the
 * window's times j rho(nu), 0 <= nu - rho(nu) <= J!^2 / (2 J + 1)! nu^(2 J + 1) = 4.6e-6 nu^17 for 0 <= nu <= 2, nu in radians
 * per sample. Summed with a signal it is minus the window summed with the signal's derivative. So what a frequency is
 * measured with fits its window whatever that is: steps at the edges, kinks and complex values included, where the
 * derivative of the window's formula, sampled, would leave out the steps and alias. Fornberg, "Generation of finite
 * difference formulas on arbitrarily spaced grids", Math. Comp. 51, 1988.
 *
 * \param w the window's values
 * \param size how many
 * \param derivative size + 2 derivative_reach values
 */
STFT_API void
differentiate(const std::complex<double>* w, std::size_t size, std::complex<double>* derivative);

} // namespace gr::stft::kernel
#endif
