/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "band_plan.h"
#include "kernel/simd/dispatch.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

//! The first bin from `at` on whose window length is not `theta`, or count.
STFT_LOOP std::size_t end_of_band(const double* values, std::size_t at, std::size_t count)
{
    constexpr std::size_t step = 32;
    const double theta = values[at];
    while (at + step <= count) {
        std::size_t others = 0;
        for (std::size_t l = 0; l < step; ++l)
            others += values[at + l] != theta;
        if (others > 0)
            break;
        at += step;
    }
    while (at < count && values[at] == theta)
        ++at;
    return at;
}

} // namespace

void band_plan::clear() { d_bands = d_ffts = d_outer = 0; }

void band_plan::keep_if_cheaper_than(double sums, std::size_t n_fft)
{
    // the longest window first: a shorter one leaves most of the zeros around it
    std::sort(d_band.begin(),
              d_band.begin() + static_cast<std::ptrdiff_t>(d_bands),
              [](const band& a, const band& b) {
                  return a.theta != b.theta ? a.theta > b.theta : a.begin < b.begin;
              });
    d_ffts = 1;
    for (std::size_t i = 1; i < d_bands; ++i)
        d_ffts += d_band[i].theta != d_band[i - 1].theta;
    // a pair of bins costs about as much per sample of its window as an FFT per point and halving
    const auto size = static_cast<double>(n_fft);
    if (!(sums > static_cast<double>(d_ffts) * 1.5 * size * std::log2(size)))
        clear();
}

band_plan band_plan::of_all_bins(const double* theta, std::size_t bins, std::size_t n_fft)
{
    band_plan plan;
    double sums = 0;
    for (std::size_t begin = 0, end = 0; begin < bins; begin = end) {
        if (plan.d_bands == most_bands) {
            plan.clear();
            return plan;
        }
        end = simd::dispatch<end_of_band>(theta, begin, bins);
        plan.add({ begin, end, theta[begin] });
        sums += static_cast<double>(end - begin) * theta[begin];
    }
    plan.keep_if_cheaper_than(sums, n_fft);
    return plan;
}

band_plan band_plan::of_outer_bins(const double* theta,
                                   std::size_t bins,
                                   std::size_t n_fft,
                                   std::size_t granule)
{
    band_plan plan;
    const auto low = simd::dispatch<end_of_band>(theta, 0, bins);
    const double first = theta[0], last = theta[bins - 1];
    std::size_t high = 1;
    while (high < bins && theta[bins - 1 - high] == last)
        ++high;
    plan.d_outer = std::min(low, high) / granule * granule;
    plan.add({ 0, plan.d_outer, first });
    plan.add({ bins - plan.d_outer, bins, last });
    plan.keep_if_cheaper_than(static_cast<double>(plan.d_outer) * std::max(first, last), n_fft);
    return plan;
}

} // namespace gr::stft::kernel
