/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_LINE_SEARCH_H
#define INCLUDED_STFT_KERNEL_DSTFT_LINE_SEARCH_H

#include <gnuradio/stft/api.h>
#include <cstddef>
#include <functional>

namespace gr::stft::kernel {

/*!
 * \brief Finds the minimum of f in low .. high: the best of `grid` equal steps, refined by Brent's
 * method between its neighbours.
 *
 * The grid guards against the ripples that a loss has as a function of a window length. f is called at most once
 * for a point, and at most grid + 60 times; values that are not finite count as largest.
 * \param f the function
 * \param low, high bounds of the interval
 * \param grid number of steps
 * \param tolerance to which the result is determined, absolute, > 0
 * \throws std::invalid_argument unless low < high are finite, grid >= 3 and tolerance is positive
 */
STFT_API double grid_and_brent(const std::function<double(double)>& f,
                               double low,
                               double high,
                               std::size_t grid,
                               double tolerance);

} // namespace gr::stft::kernel
#endif
