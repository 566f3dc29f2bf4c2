/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/row_normaliser.h"
#include "kernel/simd/dispatch.h"
#include <algorithm>

namespace gr::stft::kernel {

namespace {

constexpr float greatest_value = 1e30f; // sums of such values are finite; a floor may be almost 0

//! z = row scale factor + offset -> the greatest value of counted bins.
STFT_LOOP float normalise(const float* row,
                          const float* scale,
                          const float* offset,
                          const float* counts,
                          float factor,
                          std::size_t n,
                          float* z)
{
    float greatest = 0;
#pragma omp simd reduction(max : greatest)
    for (std::size_t i = 0; i < n; ++i) {
        const auto over = row[i] * factor * scale[i] + offset[i];
        z[i] = over < greatest_value ? over : greatest_value;
        const auto counted = z[i] * counts[i];
        greatest = counted > greatest ? counted : greatest;
    }
    return greatest;
}

//! Values below the limit become 1 at most.
STFT_LOOP void lower_to_noise(float* z, std::size_t n, float limit)
{
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i)
        z[i] = z[i] < limit && z[i] > 1 ? 1 : z[i];
}

} // namespace

row_normaliser::row_normaliser(const std::vector<std::uint8_t>& ignored, double least)
    : d_ignored(ignored), d_least(static_cast<float>(least)), d_scale(ignored.size()),
      d_offset(ignored.size()), d_counts(ignored.size())
{
    d_ready.z.assign(ignored.size(), 1);
    d_last.z.assign(ignored.size(), 1);
}

void row_normaliser::refresh(const noise_floor& floor)
{
    for (std::size_t k = 0; k < d_scale.size(); ++k) {
        d_scale[k] = d_ignored[k] ? 0 : 1 / floor.burst_floor()[k];
        d_offset[k] = d_ignored[k];
        d_counts[k] = !d_ignored[k] && !floor.steady()[k];
    }
}

bool row_normaliser::add(const float* row, float gain)
{
    std::swap(d_ready, d_last);
    auto& z = d_last.z;
    d_last.gain = gain;
    d_last.greatest = row ? simd::dispatch<normalise>(row,
                                                      d_scale.data(),
                                                      d_offset.data(),
                                                      d_counts.data(),
                                                      1 / gain,
                                                      z.size(),
                                                      z.data())
                          : 0;
    if (!row)
        std::fill(z.begin(), z.end(), 1.0f);
    d_last.there = true;
    apply_limit(d_last.greatest);
    return d_ready.there;
}

bool row_normaliser::finish()
{
    std::swap(d_ready, d_last);
    d_last.there = false;
    d_last.greatest = 0;
    apply_limit(0);
    return d_ready.there;
}

void row_normaliser::apply_limit(float greatest_after)
{
    d_limit = d_least * std::max({ d_greatest_before, d_ready.greatest, greatest_after });
    if (d_ready.there && d_limit > 1)
        simd::dispatch<lower_to_noise>(d_ready.z.data(), d_ready.z.size(), d_limit);
    d_greatest_before = d_ready.greatest;
}

} // namespace gr::stft::kernel
