/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/bands/value_pairs.h"
#include "kernel/frames/unfolded.h"
#include "kernel/monitor/plane_axes.h"
#include "kernel/refuse.h"
#include "kernel/samp_rate.h"
#include <gnuradio/stft/kernel/monitor/detector_settings.h>
#include <algorithm>
#include <cmath>
#include <sstream>

namespace gr::stft::kernel {

namespace {

bool power_of_two(std::size_t n) { return n && (n & (n - 1)) == 0; }

constexpr double most_bytes = 2.0 * (1 << 30);
//! Estimates the bytes that a detector keeps for each bin: the rows in which boxes are searched, and as many as the warm-up
//! has, which become rows of events one by one.
double bytes_for_each_bin(const detector_settings& s, std::size_t warm_up)
{
    constexpr double others = 410; // spectra, floors, sums of boxes
    constexpr double of_value = 4, of_label = 2;
    std::size_t longest = s.scales.empty() ? 64 : 1;
    for (const auto& size : box_sizes_named(s.scales))
        longest = std::max(longest, size.rows);
    const auto searched = static_cast<double>(longest) + 10; // rows
    const auto of_events = 2 * searched + static_cast<double>(s.gap_rows);
    return others + of_value * searched + of_label * of_events +
           of_value * std::max(of_events, static_cast<double>(warm_up));
}

std::string gibibytes(double bytes)
{
    std::ostringstream text;
    text.precision(2);
    text << bytes / (1 << 30) << " GiB";
    return text.str();
}

//! Refuses settings whose detector would take more memory than a receiver's computer has to spare.
void check_memory(const detector_settings& s)
{
    const auto bins = static_cast<double>(s.bins());
    const auto bytes = bins * bytes_for_each_bin(s, s.warm_up);
    const auto rule =
        "must be less: a detector would take " + gibibytes(bytes) + " of memory, more than 2 GiB";
    if (bytes > most_bytes && bytes > 2 * bins * bytes_for_each_bin(s, 0))
        refuse("warm_up", s.warm_up, rule);
    if (bytes > most_bytes)
        refuse("n_fft", s.n_fft, rule);
}

//! True if a bin is left that no range of frequencies to ignore touches.
bool leaves_a_bin(const detector_settings& s)
{
    const plane_axes axes(s, 0);
    auto ranges = frequency_ranges_named(s.ignore, "ignore");
    std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) {
        return a.lower < b.lower;
    });
    auto next = ranges.cbegin();
    auto end = -HUGE_VAL; // of the ranges that begin below the bin's upper edge
    for (std::size_t k = 0; k < axes.bins; ++k) {
        const auto edge = static_cast<double>(k) - 0.5;
        for (; next != ranges.cend() && next->lower < axes.hz(edge + 1); ++next)
            end = std::max(end, next->upper);
        if (!(end > axes.hz(edge)))
            return true;
    }
    return false;
}

} // namespace

std::vector<box_size> box_sizes_named(const std::string& text)
{
    std::vector<box_size> sizes;
    if (!for_each_pair<long>(text, 'x', [&](long rows, long bins) {
            sizes.push_back({ static_cast<std::size_t>(rows), static_cast<std::size_t>(bins) });
            return rows >= 1 && bins >= 1;
        }))
        refuse("scales", "'" + text + "'", "must be sizes of boxes, rows x bins, such as 1x1,4x4");
    return sizes;
}

parameters detector_settings::stft_parameters() const
{
    parameters p{ n_fft, hop };
    p.window = window;
    p.win_length = win_length;
    return p;
}

void detector_settings::check() const
{
    if (n_fft < 16 || n_fft > (std::size_t(1) << 24))
        refuse("n_fft", n_fft, "must be 16 .. 2^24");
    check_samp_rate(samp_rate);
    check_unfolded(stft_parameters());
    stft_parameters().check<std::complex<float>>();
    if (!(false_alarms > 0 && false_alarms <= 1e12))
        refuse("false_alarms", false_alarms, "must be positive, at most 1e12 per hour and MHz");
    if (!(min_snr >= -100 && min_snr <= 300))
        refuse("min_snr", min_snr, "must be -100 .. 300 dB");
    if (!(dynamic_range > 0 && dynamic_range <= 400))
        refuse("dynamic_range", dynamic_range, "must be positive, at most 400 dB");
    if (!(min_duration >= 0))
        refuse("min_duration", min_duration, "must not be negative");
    if (!(min_bandwidth >= 0))
        refuse("min_bandwidth", min_bandwidth, "must not be negative");
    if (gap_rows > 1000)
        refuse("gap_rows", gap_rows, "must be 0 .. 1000");
    if (gap_bins >= bins())
        refuse(
            "gap_bins", gap_bins, "must be less than the bins of a row, " + std::to_string(bins()));
    if (dc_guard >= bins())
        refuse(
            "dc_guard", dc_guard, "must be less than the bins of a row, " + std::to_string(bins()));
    for (const auto& size : box_sizes_named(scales)) {
        for (const auto each : { size.rows, size.bins })
            if (!power_of_two(each) || each > 256)
                refuse(
                    "scales", "'" + scales + "'", "rows and bins must be powers of two, 1 .. 256");
        if (size.bins > bins())
            refuse("scales", "'" + scales + "'", "a box must not have more bins than a row");
    }
    if (!leaves_a_bin(*this))
        refuse("ignore", "'" + ignore + "'", "leaves no whole bin in which events could be found");
    if (!(update_interval > 0))
        refuse("update_interval", update_interval, "must be positive");
    if (max_events < 1 || max_events > 65535)
        refuse("max_events", max_events, "must be 1 .. 65535");
    noise_floor_settings::check();
    check_memory(*this);
}

} // namespace gr::stft::kernel
