/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/dispatch.h"
#include "theta_bounds.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr float most = std::numeric_limits<float>::max();

STFT_LOOP theta_statistics clipped(float* __restrict theta,
                                   std::size_t count,
                                   float least,
                                   float greatest)
{
    float low = most, high = -most;
    double sum = 0;
#pragma omp simd reduction(min : low) reduction(max : high) reduction(+ : sum)
    for (std::size_t m = 0; m < count; ++m) {
        auto value = theta[m];
        value = value < least ? least : value;
        value = value > greatest ? greatest : value;
        theta[m] = value;
        low = value < low ? value : low;
        high = value > high ? value : high;
        sum += value;
    }
    return { low, high, sum };
}

} // namespace

theta_bounds::theta_bounds(double least, double greatest)
    : d_least(static_cast<float>(least)), d_greatest(static_cast<float>(greatest))
{
    if (d_least < least)
        d_least = std::nextafterf(d_least, most);
    if (d_greatest > greatest)
        d_greatest = std::nextafterf(d_greatest, 0);
}

theta_statistics theta_bounds::clip(float* theta, std::size_t count) const
{
    return simd::dispatch<clipped>(theta, count, d_least, d_greatest);
}

} // namespace gr::stft::kernel
