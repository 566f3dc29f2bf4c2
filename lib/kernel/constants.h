/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_CONSTANTS_H
#define INCLUDED_STFT_LIB_KERNEL_CONSTANTS_H

namespace gr::stft::kernel {

constexpr double pi = 3.14159265358979323846;

//! Mean of q ln q where q has an exponential distribution of mean 1: 1 - Euler's constant.
constexpr double mean_of_q_ln_q = 0.42278433509846714;

//! Standard deviation of a normal distribution over the median distance from its median: 1 / (quantile of 3/4).
constexpr double deviation_per_median_distance = 1.4826;

} // namespace gr::stft::kernel
#endif
