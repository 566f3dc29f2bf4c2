/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_DECIBELS_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_DECIBELS_H

#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

//! 10 lg of a power; -300 dB for what is less.
inline double decibels(double power) { return 10 * std::log10(std::max(power, 1e-30)); }

//! Power of `db` decibels.
inline double from_decibels(double db) { return std::pow(10, db / 10); }

} // namespace gr::stft::kernel
#endif
