/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_THRESHOLD_H
#define INCLUDED_STFT_KERNEL_FRAMES_THRESHOLD_H

#include <gnuradio/stft/api.h>
#include <type_traits>

/* Relative thresholds: values at or below a threshold times the largest value are not divided by. */
namespace gr::stft::kernel {

//! Default for the sum of squared windows at a sample, which an inverse divides by. R: float or double
template <class R>
constexpr double coverage_threshold = std::is_same_v<R, float> ? 1e-6 : 1e-10;

//! Default for the same of an image, in either precision: far below what any window leaves at an image's border, so that
//! borders come back, with the rounding errors that their small weight enlarges.
constexpr double image_threshold = 1e-10;

//! Default for the magnitude of a bin, which reassignment divides by. R: float or double
template <class R>
constexpr double magnitude_threshold = std::is_same_v<R, float> ? 1e-5 : 1e-10;

//! The threshold, or the default if it is negative. \throws std::invalid_argument unless threshold < 1
STFT_API double checked_threshold(double threshold, double by_default);

} // namespace gr::stft::kernel
#endif
