/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/denoise/cell_mask.h>
#include <gnuradio/stft/kernel/bands/frequency_range.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t most_events = 1 << 16;

//! Place of an event, or where it would be.
template <class Events>
auto place_of(Events& events, std::uint64_t id)
{
    return std::lower_bound(
        events.begin(), events.end(), id, [](const event_cells& cells, std::uint64_t other) {
            return cells.id < other;
        });
}

} // namespace

cell_mask::cell_mask(const gain_settings& s) { change(s); }

//! Calls f(bin) for the bins whose cells, a bin wide, a range of frequencies touches.
template <class F>
void cell_mask::for_bins(double lower, double upper, F f) const
{
    const auto n = static_cast<double>(d_settings.n_fft), width = d_settings.samp_rate / n;
    const auto least = d_settings.sides == sides::onesided ? 0 : -std::floor(n / 2);
    const auto most = least + static_cast<double>(d_settings.bins()) - 1;
    const auto from = std::max(std::floor(lower / width - 0.5) + 1, least);
    const auto to = std::min(std::ceil(upper / width + 0.5) - 1, most);
    for (auto k = from; k <= to; ++k) {
        auto bin = k;
        if (d_settings.sides == sides::centered)
            bin = k - least;
        else if (k < 0)
            bin = k + n;
        f(static_cast<std::size_t>(bin));
    }
}

void cell_mask::change(const gain_settings& s)
{
    d_settings = s;
    d_bins.assign(s.bins(), 1);
    d_row.resize(s.bins());
    for (std::size_t k = 0; k < s.mask.size(); ++k)
        d_bins[k] = static_cast<float>(s.mask[k]);
    for (const auto& band : frequency_ranges_named(s.keep, "keep"))
        for_bins(band.lower, band.upper, [&](std::size_t k) { d_bins[k] = kept; });
    for (const auto& band : frequency_ranges_named(s.reject, "reject"))
        for_bins(band.lower, band.upper, [&](std::size_t k) { d_bins[k] = 0; });
    d_plain = std::all_of(d_bins.begin(), d_bins.end(), [](float factor) { return factor == 1; });
}

void cell_mask::add(const event_cells& cells)
{
    const auto at = place_of(d_events, cells.id);
    if (at != d_events.end() && at->id == cells.id)
        *at = cells;
    else if (d_events.size() < most_events)
        d_events.insert(at, cells);
    else
        refuse("event", cells.id, "must be one of 65536 at most that are not over");
}

void cell_mask::take(const event& report)
{
    if (report.kind != event_kind::burst && report.kind != event_kind::carrier)
        return;
    if (!(std::isfinite(report.freq_lower) && std::isfinite(report.freq_upper)))
        refuse("event", report.id, "must have freq_lower and freq_upper");
    const bool ends = report.state == event_state::end;
    if (ends && report.cut == event_cut::withdrawn)
        remove(report.id);
    else
        add({ report.id,
              report.sample_start,
              ends ? report.sample_start + report.sample_count : event_cells().end,
              report.freq_lower,
              report.freq_upper });
}

void cell_mask::end(std::uint64_t id, std::int64_t end)
{
    if (const auto at = place_of(d_events, id); at != d_events.end() && at->id == id)
        at->end = end;
}

void cell_mask::remove(std::uint64_t id)
{
    if (const auto at = place_of(d_events, id); at != d_events.end() && at->id == id)
        d_events.erase(at);
}

const float* cell_mask::row(std::int64_t centre)
{
    d_events.erase(std::remove_if(d_events.begin(),
                                  d_events.end(),
                                  [centre](const auto& cells) { return cells.end <= centre; }),
                   d_events.end());
    const auto only = d_settings.events == event_use::only;
    const auto here = std::any_of(d_events.begin(), d_events.end(), [centre](const auto& cells) {
        return cells.first <= centre;
    });
    if (!here && !only)
        return d_plain ? nullptr : d_bins.data();
    if (only)
        std::fill(d_row.begin(), d_row.end(), 0.0f);
    else
        d_row = d_bins;
    for (const auto& cells : d_events)
        if (cells.first <= centre)
            for_bins(cells.lower, cells.upper, [&](std::size_t k) {
                if (only)
                    d_row[k] = d_bins[k];
                else if (d_settings.events == event_use::reject)
                    d_row[k] = 0;
                else if (d_bins[k] != 0)
                    d_row[k] = kept;
            });
    return d_row.data();
}

} // namespace gr::stft::kernel
