/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/monitor/line_presence.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t longest_hole = 64;          // rows
constexpr std::uint32_t longest_run = 2000000000; // rows; what is longer counts as this
constexpr double line_level = 1.8;     // mean over the shape from which a candidate counts as there
constexpr float share_of_group = 0.1f; // of the newest group in the mean

STFT_LOOP void accumulate(const float* row, float factor, std::size_t n, float* sum)
{
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i)
        sum[i] += row[i] * factor;
}

} // namespace

line_presence::line_presence(std::size_t bins)
    : d_sum(bins), d_last_mean(bins), d_mean(bins), d_run(bins), d_hole(bins)
{}

void line_presence::add(const float* row, float gain)
{
    simd::dispatch<accumulate>(row, 1 / gain, d_sum.size(), d_sum.data());
}

void line_presence::end_group(const std::vector<std::uint8_t>& candidate,
                              const std::vector<float>& shape)
{
    const auto level = static_cast<float>(line_level * rows_of_group);
    for (std::size_t k = 0; k < d_sum.size(); ++k) {
        if (!candidate[k]) {
            d_run[k] = d_hole[k] = 0;
        } else if (d_sum[k] > level * shape[k]) {
            d_run[k] = std::min<std::uint32_t>(d_run[k] + d_hole[k] + rows_of_group, longest_run);
            d_hole[k] = 0;
        } else if (d_run[k]) {
            d_hole[k] += rows_of_group;
            if (d_hole[k] > longest_hole)
                d_run[k] = d_hole[k] = 0;
        }
        d_last_mean[k] = d_sum[k] / rows_of_group;
        if (d_run[k] == rows_of_group) // it has come
            d_mean[k] = d_last_mean[k];
        else if (d_hole[k] == 0)
            d_mean[k] += share_of_group * (d_last_mean[k] - d_mean[k]);
        d_sum[k] = 0;
    }
}

void line_presence::lengthen(std::size_t rows, std::size_t more)
{
    for (auto& run : d_run)
        if (run >= rows)
            run = static_cast<std::uint32_t>(more);
}

line_presence::presence line_presence::of(std::size_t first_bin, std::size_t end_bin) const
{
    presence found{ 0, longest_hole };
    for (auto k = first_bin; k < end_bin; ++k) {
        found.rows = std::max<std::uint64_t>(found.rows, d_run[k] + d_hole[k]);
        if (d_run[k])
            found.since = std::min<std::uint64_t>(found.since, d_hole[k]);
    }
    return found;
}

} // namespace gr::stft::kernel
