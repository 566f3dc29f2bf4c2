/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DENOISE_DETAIL_LOOPS_H
#define INCLUDED_STFT_LIB_KERNEL_DENOISE_DETAIL_LOOPS_H

#include "kernel/denoise/gain_functions.h"
#include <cstddef>

/* Loops of spectral_gain, which divide the logarithm of a ratio of signal to noise into a trend over bins and its detail. */
namespace gr::stft::kernel {

// chosen on the files of examples/denoise/evaluate.py --chosen-on
inline constexpr float weight_of_trend =
    2; // the estimate exceeds trend and detail by this times what the trend is above that of noise ...
inline constexpr float trend_of_noise = -2.15f;       // -9.3 dB
inline constexpr float most_of_trend = 0.7f;          // ... at most by 3 dB
inline constexpr float least_of_detail = -2.3025851f; // what is 10 dB below the noise has no detail
inline constexpr float most_of_detail = 2.3025851f;   // what is 10 dB above it neither
inline constexpr std::ptrdiff_t half_of_trend = 16;

//! Logarithms of the ratios, where they count.
template <class R>
STFT_LOOP void logarithms_of(const R* x, std::size_t bins, R* bounded)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const float value = static_cast<float>(x[k]);
        const float log = logarithm_of(value > 1e-37f ? value : 1e-37f);
        const float above = log > least_of_detail ? log : least_of_detail;
        bounded[k] = above < most_of_detail ? above : most_of_detail;
    }
}

//! x becomes the ratio that follows from its trend over bins, `sum` of `count`, and its detail, smoothed over frames.
template <class R>
STFT_LOOP void smooth_detail(const R* mean,
                             R least_ratio,
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
        const R beyond = R(weight_of_trend) * (trend - R(trend_of_noise));
        const R more = beyond < R(most_of_trend) ? beyond : R(most_of_trend);
        const R log = trend + smooth + more;
        const R ratio = R(falling_exponential(static_cast<float>(-log)));
        const R gain = ratio / (1 + ratio);
        const R again = gain * gain * mean[k];
        x[k] = again > least_ratio ? again : least_ratio;
    }
}

} // namespace gr::stft::kernel
#endif
