/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/carriers.h"
#include "kernel/monitor/decibels.h"
#include <algorithm>

namespace gr::stft::kernel {

namespace {

constexpr std::int64_t rows_to_end = 128; // without a carrier, after which it has ended
constexpr double narrowest = 1.5;         // bins

} // namespace

carriers::carriers(const detector_settings& s, std::vector<event>& reports, std::uint64_t& next_id)
    : d_settings(s), d_reports(reports), d_next_id(next_id), d_interval(rows_between_updates(s))
{}

void carriers::follow(stretch& rows,
                      const noise_floor& floor,
                      const std::vector<std::uint8_t>& ignored,
                      float gain)
{
    const auto& steady = floor.steady();
    const auto bins = steady.size();
    for (auto& l : d_lines)
        l.there = false;
    for (std::size_t k = 0; k < bins;) {
        if (!steady[k] || ignored[k]) {
            ++k;
            continue;
        }
        const auto begin = k;
        auto end = k + 1;
        for (std::size_t gap = 0; k < bins && gap <= d_settings.gap_bins; ++k) {
            gap = steady[k] ? 0 : gap + 1;
            if (steady[k])
                end = k + 1;
        }
        see(rows, floor, begin, end);
    }
    std::size_t left = 0;
    for (auto& l : d_lines) {
        const auto ended = !l.there && rows.rows() - l.last_row > rows_to_end;
        if (l.there || ended)
            report(l, rows, floor, gain);
        if (!ended)
            d_lines[left++] = l;
    }
    d_lines.resize(left);
}

//! Reports a line that is there or has ended, if it is time.
void carriers::report(line& l, const stretch& rows, const noise_floor& floor, float gain)
{
    const auto now = rows.rows();
    const auto begins = l.reported_at < 0;
    if (l.there ? !begins && static_cast<double>(now - l.reported_at) < d_interval : begins)
        return;
    auto e = measure(l, rows.axes(), floor, gain);
    if (begins && !l.was_reported && e.snr_db < d_settings.min_snr)
        return;
    e.state = !l.there ? event_state::end : begins ? event_state::begin : event_state::update;
    d_reports.push_back(e);
    l.reported_at = now;
}

//! Steady bins are a line that is known, or a new one.
void carriers::see(stretch& rows, const noise_floor& floor, std::size_t begin, std::size_t end)
{
    const auto present = floor.present_rows(begin, end);
    const auto now = rows.rows();
    const auto last_row = now - 1 - static_cast<std::int64_t>(present.since);
    if (last_row < 0 || present.rows == 0) // not there since the cut, or not any more
        return;
    const auto known = std::find_if(d_lines.begin(), d_lines.end(), [&](const line& l) {
        return bins_between(l.first_bin, l.end_bin, begin, end) <= 1;
    });
    if (known != d_lines.end()) {
        known->there = true;
        known->first_bin = begin;
        known->end_bin = end;
        known->last_row = last_row;
        return;
    }
    const auto first_row = now - static_cast<std::int64_t>(present.rows);
    line l{ 0, std::max<std::int64_t>(0, first_row), last_row, begin, end, -1, true, false };
    adopt(l, rows);
    d_lines.push_back(l);
}

//! Events that have become a line give it their start, and the first of them its id: long ones, or those that were there
//! for half of a line that has been steady since before the cut.
void carriers::adopt(line& l, stretch& rows)
{
    const auto least =
        std::min(static_cast<std::int64_t>(d_settings.steady), l.last_row - l.first_row) / 2;
    bool taken = false;
    rows.events().for_each_open([&](tracked_event& e) {
        if (e.carrier || // of a line that has ended since
            bins_between(e.first_bin, e.end_bin, l.first_bin, l.end_bin) > 1 ||
            e.end_bin - e.first_bin > 2 * (l.end_bin - l.first_bin) + 6 ||
            e.last_row - e.first_row < least)
            return;
        if (!taken)
            l.id = e.id;
        l.first_row = std::min(l.first_row, e.first_row);
        l.was_reported = l.was_reported || e.announced_at >= 0;
        e.carrier = l.id;
        taken = true;
    });
    if (!taken)
        l.id = d_next_id++;
}

event carriers::measure(const line& l,
                        const plane_axes& axes,
                        const noise_floor& floor,
                        float gain) const
{
    const auto lower = l.first_bin - std::min(l.first_bin, edge_bins);
    const auto upper = std::min(l.end_bin + edge_bins, axes.bins);
    std::vector<float> profile;
    double excess = 0, power = 0, noise = 0, greatest = 0;
    std::size_t counted = 0;
    auto peak = l.first_bin;
    for (auto k = lower; k < upper; ++k) {
        const auto over = floor.line()[k] / floor.shape()[k] - 1;
        profile.push_back(over);
        if (k + 2 < l.first_bin || k >= l.end_bin + 2)
            continue;
        const auto of_noise = static_cast<double>(floor.shape()[k]) * static_cast<double>(gain);
        const auto value = static_cast<double>(over) * of_noise;
        excess += static_cast<double>(over);
        power += value;
        noise += of_noise;
        ++counted;
        if (value > greatest) {
            greatest = value;
            peak = k;
        }
    }
    const auto band = power_edges(profile.data(), profile.size(), 0);
    const auto rows = l.last_row - l.first_row + 1;
    event e;
    e.id = l.id;
    e.kind = event_kind::carrier;
    e.sample_start =
        std::max(axes.nearest_sample(static_cast<double>(l.first_row) - 0.5), axes.first_sample);
    e.sample_count = std::max<std::int64_t>(
        axes.nearest_sample(static_cast<double>(l.last_row) + 0.5) - e.sample_start, 1);
    e.freq_lower = axes.hz(static_cast<double>(lower) + band.lower);
    e.freq_upper = axes.hz(static_cast<double>(lower) + band.upper);
    e.freq_peak = axes.hz(static_cast<double>(peak));
    e.power_db = decibels(power * axes.samp_rate / static_cast<double>(axes.n_fft));
    e.noise_db = decibels(noise / static_cast<double>(counted));
    e.snr_db = decibels(excess / std::max(band.upper - band.lower, narrowest));
    e.energy_db = decibels(excess * static_cast<double>(rows) * static_cast<double>(axes.hop) /
                           static_cast<double>(axes.n_fft));
    e.rows = static_cast<std::uint64_t>(rows);
    e.cells = e.rows * (l.end_bin - l.first_bin);
    return e;
}

void carriers::end_all(const stretch& rows, const noise_floor& floor, float gain, event_cut why)
{
    for (const auto& l : d_lines)
        if (l.reported_at >= 0) {
            auto e = measure(l, rows.axes(), floor, gain);
            e.state = event_state::end;
            e.cut = why;
            d_reports.push_back(e);
        }
    d_lines.clear();
}

} // namespace gr::stft::kernel
