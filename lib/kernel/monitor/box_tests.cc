/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/box_tests.h"
#include "kernel/monitor/decibels.h"
#include <gnuradio/stft/kernel/monitor/box_statistics.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {

constexpr double margin = 1.05;          // on thresholds, for errors of the floor
constexpr double low_probability = 1e-2; // of a box that hangs together with a found one
constexpr double low_snr = 0.7;          // share of min_snr that it must reach

std::vector<box_size> default_scales(std::size_t bins)
{
    std::vector<box_size> sizes{ { 1, 1 },  { 1, 4 },  { 1, 16 },  { 4, 1 },  { 4, 4 }, { 4, 16 },
                                 { 16, 1 }, { 16, 4 }, { 16, 16 }, { 64, 1 }, { 64, 4 } };
    sizes.erase(std::remove_if(sizes.begin(),
                               sizes.end(),
                               [&](const box_size& s) { return s.bins * 4 > bins; }),
                sizes.end());
    return sizes;
}

} // namespace

std::vector<box_test> box_tests(const detector_settings& s)
{
    auto sizes = s.scales.empty() ? default_scales(s.bins()) : box_sizes_named(s.scales);
    std::sort(sizes.begin(), sizes.end(), [](const box_size& a, const box_size& b) {
        return std::pair(a.rows, a.bins) < std::pair(b.rows, b.bins);
    });
    box_size largest{ 1, 1 };
    for (const auto& size : sizes)
        largest = { std::max(largest.rows, size.rows), std::max(largest.bins, size.bins) };
    const cell_correlation correlation(
        s.stft_parameters().taps(), s.n_fft, s.hop, largest.rows, largest.bins);
    const auto cells =
        3.6e9 * static_cast<double>(s.n_fft) / static_cast<double>(s.hop); // for each hour and MHz
    const auto snr = from_decibels(s.min_snr);
    std::vector<box_test> tests;
    for (const auto& size : sizes) {
        const auto boxes = cells / static_cast<double>(std::max<std::size_t>(1, size.rows / 2) *
                                                       std::max<std::size_t>(1, size.bins / 2));
        const auto p_hit =
            std::min(s.false_alarms / (static_cast<double>(sizes.size()) * boxes), 0.5);
        const box_statistics mean(correlation, size.rows, size.bins);
        const auto hit = std::max(margin * mean.threshold(p_hit), 1 + snr);
        const auto low = std::max(margin * mean.threshold(low_probability), 1 + low_snr * snr);
        tests.push_back({ size, hit, std::min(low, hit) });
    }
    return tests;
}

} // namespace gr::stft::kernel
