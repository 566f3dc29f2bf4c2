/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DENOISE_DETAIL_LOOPS_H
#define INCLUDED_STFT_LIB_KERNEL_DENOISE_DETAIL_LOOPS_H

#include "kernel/denoise/gain_functions.h"
#include <cstddef>

/* Loops of spectral_gain, which divide the logarithm of a ratio of signal to noise into a trend over bins and its detail. */
namespace gr::stft::kernel {

// chosen on the files of examples/denoise/evaluate.py --chosen-on, in white noise and that of five machines
inline constexpr double weight_of_detail =
    0.7; // of the smoothed logarithm against that of the cell
inline constexpr float offset_of_detail =
    0.5f; // the mean of a logarithm is below the logarithm of the mean
inline constexpr float least_of_detail = -2.30258f; // what is 10 dB below the noise has no detail
inline constexpr std::ptrdiff_t half_of_trend = 16;

//! Logarithms of the ratios, and the same where they count.
template <class R>
STFT_LOOP void logarithms_of(const R* x, std::size_t bins, R* plain, R* bounded)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const float value = static_cast<float>(x[k]);
        const float log = logarithm_of(value > 1e-37f ? value : 1e-37f);
        plain[k] = log;
        bounded[k] = log > least_of_detail ? log : least_of_detail;
    }
}

//! x becomes the ratio that follows from its trend over bins, `sum` of `count`, and its detail, smoothed over frames.
template <class R>
STFT_LOOP void smooth_detail(const R* mean,
                             R least_ratio,
                             const R* plain,
                             const R* bounded,
                             const R* sum,
                             R count,
                             R keep,
                             std::size_t bins,
                             R* detail,
                             R* x)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R trend = sum[k] / count;
        const R smooth = keep * detail[k] + (1 - keep) * (bounded[k] - trend);
        detail[k] = smooth;
        const R log = R(weight_of_detail) * (R(offset_of_detail) + trend + smooth) +
                      R(1 - weight_of_detail) * plain[k];
        const R ratio = R(falling_exponential(static_cast<float>(-log)));
        const R gain = ratio / (1 + ratio);
        const R again = gain * gain * mean[k];
        x[k] = again > least_ratio ? again : least_ratio;
    }
}

} // namespace gr::stft::kernel
#endif
