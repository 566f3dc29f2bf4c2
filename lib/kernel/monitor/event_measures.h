/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_EVENT_MEASURES_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_EVENT_MEASURES_H

#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

//! A beginning and an end, in rows or bins and fractions of them.
struct extent {
    double lower, upper;
};

/*!
 * \brief The edges of 99 % of a sum over bins. Bin k reaches from k - 1/2 to k + 1/2.
 *
 * Twice the deviation that noise has in a bin is taken off first, and what is negative then counts as 0.
 *
 * What is narrower than 6 bins is made narrower by the window's own 99 % width, 2.4 bins of a Hann window.
 */
extent power_edges(const float* profile, std::size_t bins, double deviation);

/*!
 * \brief The rows in which a power that rises and falls crosses half of its level, the median of the rows above a quarter of the
 * greatest: the first and the last crossing, linear between the rows.
 *
 * \param strong workspace
 */
extent half_power_crossings(const float* power, std::size_t rows, std::vector<float>& strong);

} // namespace gr::stft::kernel
#endif
