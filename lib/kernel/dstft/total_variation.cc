/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/dstft/total_variation.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace gr::stft::kernel {

template <class R>
double total_variation(const R* theta,
                       std::size_t frames,
                       std::size_t bins,
                       neighbourhood neighbours,
                       double eps,
                       double gamma,
                       R* gradient)
{
    if (bins < 1)
        refuse("bins", bins, "must be 1 or more");
    if (frames < 1)
        refuse("frames", frames, "must be 1 or more");
    if (!(eps > 0) || !std::isfinite(eps))
        refuse("eps", eps, "must be positive and finite");
    if (!(gamma >= 0) || !std::isfinite(gamma))
        refuse("gamma", gamma, "must not be negative, and finite");

    const bool forward = neighbours == neighbourhood::forward;
    const auto cell_frames = forward && frames > 1 ? frames - 1 : frames;
    const auto cell_bins = forward && bins > 1 ? bins - 1 : bins;
    std::vector<double> slope(gradient ? frames * bins : 0);
    double sum = 0;
    for (std::size_t n = 0; n < cell_frames; ++n)
        for (std::size_t m = 0; m < cell_bins; ++m) {
            const auto cell = n * bins + m;
            std::array<std::size_t, 4> around;
            std::size_t count = 0;
            if (n + 1 < frames)
                around[count++] = cell + bins;
            if (m + 1 < bins)
                around[count++] = cell + 1;
            if (!forward && n > 0)
                around[count++] = cell - bins;
            if (!forward && m > 0)
                around[count++] = cell - 1;

            std::array<double, 4> difference;
            double squares = 0;
            for (std::size_t i = 0; i < count; ++i) {
                difference[i] =
                    static_cast<double>(theta[cell]) - static_cast<double>(theta[around[i]]);
                squares += difference[i] * difference[i];
            }
            const double root = std::sqrt(eps + gamma * squares);
            sum += root;
            for (std::size_t i = 0; gradient && i < count; ++i) {
                const double share = gamma * difference[i] / root;
                slope[cell] += share;
                slope[around[i]] -= share;
            }
        }
    if (gradient)
        std::transform(
            slope.begin(), slope.end(), gradient, [](double v) { return static_cast<R>(v); });
    return sum;
}

template double
total_variation(const float*, std::size_t, std::size_t, neighbourhood, double, double, float*);
template double
total_variation(const double*, std::size_t, std::size_t, neighbourhood, double, double, double*);

} // namespace gr::stft::kernel
