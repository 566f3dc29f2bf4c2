/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/stretch.h"
#include "kernel/monitor/decibels.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr std::int64_t at_once = 16; // rows that go into profiles
constexpr std::size_t edge_rows = 3; // about an event, in which its ends may lie
constexpr double narrowest = 1.5;    // bins; no line is narrower than the window
constexpr double shortest = 0.5;     // rows
// A signal whose amplitude falls through zero, as that of two paths does, falls from half of its power for as many rows as
// half of those that it then is too weak to be found.
constexpr double below_the_noise = 2;
constexpr double of_an_edge =
    2; // rows in which the power of a signal that ends falls from a half, at most
constexpr double longest_fade = 64; // rows

struct bins_about {
    std::size_t first, end;
};

//! Bins of an event, and those in which its edges may lie.
bins_about with_edges(const tracked_event& e, std::size_t bins)
{
    return { e.first_bin - std::min(e.first_bin, edge_bins),
             std::min(e.end_bin + edge_bins, bins) };
}

//! The first row of the gap after an event whose power falls below a half in row `end`, and of which something is left up to
//! row `last`. If that is no longer than a frame's window takes to leave it, the last row only touches it, and belongs to the
//! gap.
std::size_t gap_begins(std::size_t end, std::size_t last)
{
    return end + 1 < last ? last + 1 : std::max(end, last);
}

constexpr std::int64_t rows_at_once = 8; // whose sums do not wait for one another

//! Power over noise in an event's bins of some rows, each row's summed in the order of its bins.
template <std::int64_t Rows>
void sum_of_rows(const row_history<float>& z,
                 std::int64_t first,
                 const tracked_event& e,
                 std::vector<float>& sums)
{
    const float* row[Rows];
    float sum[Rows] = {};
    for (std::int64_t r = 0; r < Rows; ++r)
        row[r] = z.row(first + r);
    for (auto k = e.first_bin; k < e.end_bin; ++k)
        for (std::int64_t r = 0; r < Rows; ++r)
            sum[r] += row[r][k] - 1;
    sums.insert(sums.end(), sum, sum + Rows);
}

} // namespace

stretch::stretch(const detector_settings& s,
                 const std::vector<box_test>& tests,
                 std::int64_t first_sample,
                 std::int64_t earliest,
                 std::uint64_t& next_id)
    : d_axes(s, first_sample), d_earliest(earliest), d_pyramid(d_axes.bins, tests),
      d_tracker(d_axes.bins,
                d_pyramid.reach(),
                s.gap_rows,
                s.gap_bins,
                s.max_events,
                next_id,
                tests),
      d_z(d_axes.bins, d_pyramid.reach() + edge_rows + at_once + s.gap_rows),
      d_levels(1, d_pyramid.reach() + edge_rows + at_once + s.gap_rows), d_gap_rows(s.gap_rows)
{}

void stretch::begin_at(std::int64_t first_sample)
{
    d_axes.first_sample = d_earliest = first_sample;
}

void stretch::add(const float* z, row_level level, coming_row coming)
{
    d_coming = coming;
    std::copy_n(z, d_axes.bins, d_z.add());
    *d_levels.add() = level;
    d_tracker.add_row();
    d_pyramid.add(z);
    for (const auto& each : d_pyramid.found())
        d_tracker.add(each);
    sum_profiles();
}

void stretch::finish()
{
    d_coming = {};
    d_pyramid.finish();
    for (const auto& each : d_pyramid.found())
        d_tracker.add(each);
}

//! Rows that are about to be forgotten go into the profiles of events that are older.
void stretch::sum_profiles()
{
    const auto keep = static_cast<std::int64_t>(d_pyramid.reach() + edge_rows);
    if (rows() - keep - d_summed < at_once)
        return;
    const auto to = d_summed + at_once;
    d_tracker.for_each_open([&](tracked_event& e) {
        if (e.first_row < to)
            sum_profile(e, to);
    });
    d_summed = to;
}

void stretch::sum_profile(tracked_event& e, std::int64_t to) const
{
    if (!e.start) {
        const auto from =
            std::max(d_z.oldest(), e.first_row - static_cast<std::int64_t>(edge_rows));
        e.start = time_of(e, from, rows()).lower;
    }
    const auto [lower, upper] = with_edges(e, d_axes.bins);
    if (e.profile.empty()) {
        e.profile_bin = lower;
        e.profile.assign(upper - lower, 0);
    }
    if (lower < e.profile_bin) {
        e.profile.insert(e.profile.begin(), e.profile_bin - lower, 0.0f);
        e.profile_bin = lower;
    }
    if (upper > e.profile_bin + e.profile.size())
        e.profile.resize(upper - e.profile_bin);
    for (auto r = std::max(d_summed, e.first_row - 1); r < to; ++r) {
        const auto row = d_z.row(r) + e.profile_bin;
        for (std::size_t i = 0; i < e.profile.size(); ++i)
            e.profile[i] += row[i] - 1;
    }
}

//! Adds the power of rows from .. to - 1 in an event's bins to d_power.
void stretch::sum_rows(const tracked_event& e, std::int64_t from, std::int64_t to) const
{
    auto r = from;
    for (; r + rows_at_once <= to; r += rows_at_once)
        sum_of_rows<rows_at_once>(d_z, r, e, d_power);
    for (; r < to; ++r)
        sum_of_rows<1>(d_z, r, e, d_power);
}

//! Rows at which an event's power rises and falls, within rows from .. to - 1.
extent stretch::time_of(const tracked_event& e, std::int64_t from, std::int64_t to) const
{
    d_power.clear();
    sum_rows(e, from, to);
    auto found = half_power_crossings(d_power.data(), d_power.size(), d_strong);
    found.lower += static_cast<double>(from);
    found.upper += static_cast<double>(from);
    return found;
}

//! Rows at which an event's power rises and falls. Of a long one, the rise was found when its rows were about to be
//! forgotten.
extent stretch::whole_time_of(const tracked_event& e, std::int64_t end) const
{
    const auto edge = static_cast<std::int64_t>(edge_rows);
    auto time =
        time_of(e, std::max(e.first_row - edge, d_z.oldest()), std::min(end + edge, rows()));
    if (e.start)
        time.lower = *e.start;
    return time;
}

//! Power over noise of the coming row in an event's bins.
float stretch::coming_power(const tracked_event& e) const
{
    float sum = 0;
    for (auto k = e.first_bin; k < e.end_bin; ++k) {
        const auto z = d_coming.z[k];
        sum += (z < d_coming.limit && z > 1 ? 1 : z) - 1;
    }
    return sum;
}

//! The kept rows of an event, up to the last ones in which its end may lie.
stretch::row_range stretch::rows_about(const tracked_event& e) const
{
    const auto edge = static_cast<std::int64_t>(edge_rows);
    return { std::max(e.first_row - edge, d_z.oldest()),
             std::min(e.found.shown_until + 1 + edge, rows()) };
}

std::int64_t stretch::may_return_until(const tracked_event& e) const
{
    const auto [from, to] = rows_about(e);
    if (from >= to)
        return 0;
    const auto faded = static_cast<double>(e.found.shown_until) - time_of(e, from, to).upper;
    if (!(faded > of_an_edge && std::isfinite(faded)))
        return 0;
    const auto wait = static_cast<double>(d_gap_rows + 1) + below_the_noise * faded;
    return e.found.shown_until + static_cast<std::int64_t>(std::min(wait, longest_fade));
}

bool stretch::may_be_silent(const tracked_event& e) const
{
    return d_coming.z && static_cast<double>(coming_power(e)) <
                             static_cast<double>(e.end_bin - e.first_bin) / 2 +
                                 e.excess / (4 * static_cast<double>(e.last_row - e.first_row + 1));
}

bool stretch::is_silent(const tracked_event& e, const silence& test) const
{
    const auto [from, to] = rows_about(e);
    if (from >= to)
        return false;
    const auto on = time_of(e, from, to);
    if (!std::isfinite(on.lower) || !std::isfinite(on.upper)) // of power without bounds
        return false;
    const auto first = static_cast<std::size_t>(std::ceil(on.lower - static_cast<double>(from)));
    const auto end = static_cast<std::size_t>(std::floor(on.upper - static_cast<double>(from))) + 1;
    sum_rows(e, to, rows());
    if (d_coming.z)
        d_power.push_back(coming_power(e));
    const auto since =
        test.since(d_power.data(), first, end, d_power.size(), e.end_bin - e.first_bin);
    if (!since)
        return false;
    const auto last = e.found.rows_to_show == 1
                          ? *since - 1
                          : static_cast<std::size_t>(e.found.shown_until - from);
    return d_power.size() > gap_begins(end, last) + d_gap_rows;
}

//! The event's rows, whether they are still kept or not.
stretch::profile stretch::profile_of(const tracked_event& e) const
{
    const bool begun = !e.profile.empty();
    const auto around = with_edges(e, d_axes.bins);
    const auto lower = begun ? std::min(around.first, e.profile_bin) : around.first;
    const auto upper = begun ? std::max(around.end, e.profile_bin + e.profile.size()) : around.end;
    d_excess.assign(upper - lower, 0);
    if (begun)
        std::copy(e.profile.begin(),
                  e.profile.end(),
                  d_excess.begin() + static_cast<std::ptrdiff_t>(e.profile_bin - lower));
    double gain = 0;
    const auto from = std::max({ e.first_row - 1, begun ? d_summed : 0, d_z.oldest() });
    const auto to = std::min(std::min(e.last_row + 1, rows()) + 1, rows());
    for (auto r = from; r < to; ++r) {
        const auto row = d_z.row(r) + lower;
        for (std::size_t i = 0; i < d_excess.size(); ++i)
            d_excess[i] += row[i] - 1;
        gain += static_cast<double>(d_levels.row(r)->gain);
    }
    return { lower, gain / static_cast<double>(std::max<std::int64_t>(1, to - from)) };
}

//! Power over noise of an event in its own bins, and two on either side.
double stretch::excess_of(const profile& summed, const tracked_event& e) const
{
    double sum = 0;
    for (std::size_t i = 0; i < d_excess.size(); ++i) {
        const auto k = summed.first_bin + i;
        if (k + 2 >= e.first_bin && k < e.end_bin + 2)
            sum += static_cast<double>(d_excess[i]);
    }
    return sum;
}

//! Strength of an event in its own bins, and two on either side.
stretch::strength
stretch::strength_of(const profile& summed, const tracked_event& e, const noise_floor& floor) const
{
    strength s{ 0, 0, e.first_bin };
    double greatest = 0;
    for (std::size_t i = 0; i < d_excess.size(); ++i) {
        const auto k = summed.first_bin + i;
        if (k + 2 < e.first_bin || k >= e.end_bin + 2)
            continue;
        const auto excess = static_cast<double>(d_excess[i]);
        const auto value = excess * (static_cast<double>(floor.burst_floor()[k]) * summed.gain);
        // a line or an offset in this bin may be below its floor for long, which tells nothing of the event
        s.power += floor.burst_floor()[k] > floor.shape()[k] ? std::max(value, 0.0) : value;
        if (k >= e.first_bin && k < e.end_bin) {
            s.noise += static_cast<double>(floor.shape()[k]) * summed.gain;
            if (value > greatest) {
                greatest = value;
                s.peak = k;
            }
        }
    }
    s.noise /= static_cast<double>(e.end_bin - e.first_bin);
    return s;
}

double stretch::outline::snr_db() const { return decibels(excess / (rows * bins)); }

//! Finds an event's place, and remembers its SNR.
stretch::outline stretch::outline_of(tracked_event& e) const
{
    const auto end = std::min(e.last_row + 1, rows());
    outline o{};
    o.time = whole_time_of(e, end);
    o.summed = profile_of(e);
    const auto deviation = std::sqrt(static_cast<double>(end - e.first_row + 2));
    o.band = power_edges(d_excess.data(), d_excess.size(), deviation);
    o.band.lower += static_cast<double>(o.summed.first_bin);
    o.band.upper += static_cast<double>(o.summed.first_bin);
    o.excess = excess_of(o.summed, e);
    o.rows = std::max(o.time.upper - o.time.lower, shortest);
    o.bins = std::max(o.band.upper - o.band.lower, narrowest);
    e.found.measured_at = rows();
    e.found.snr_db = o.snr_db();
    return o;
}

//! True if an event was measured and would be measured alike now: it has not changed, and all rows of its edges were there
//! and still are.
bool stretch::remembers(const tracked_event& e) const
{
    constexpr auto edge = static_cast<std::int64_t>(edge_rows);
    const auto& found = e.found;
    return found.measured_at == rows() || (found.measured_at > e.last_row + edge && !e.start &&
                                           e.first_row - edge >= d_z.oldest());
}

double stretch::snr_db(tracked_event& e) const
{
    return remembers(e) ? e.found.snr_db : outline_of(e).snr_db();
}

measured_event stretch::measure(tracked_event& e, const noise_floor& floor) const
{
    const auto end = std::min(e.last_row + 1, rows());
    const auto place = outline_of(e);
    const auto& time = place.time;
    const auto& band = place.band;
    const auto strength = strength_of(place.summed, e, floor);

    measured_event m{};
    m.limit = 0;
    if (e.first_row >= d_levels.oldest() && e.first_row < end) {
        m.limit = static_cast<double>(d_levels.row(e.first_row)->limit);
        for (auto r = e.first_row; r < end; ++r)
            m.limit = std::min(m.limit, static_cast<double>(d_levels.row(r)->limit));
    }
    m.found_at = e.found_at;
    m.finest_box = e.last_of.finest();
    m.first_row = e.first_row;
    m.last_row = e.last_row;
    m.first_bin = e.first_bin;
    m.end_bin = e.end_bin;
    m.excess = place.excess;
    m.rows = place.rows;
    m.bins = place.bins;

    auto& r = m.report;
    r.id = e.carrier ? *e.carrier : e.id;
    r.kind = event_kind::burst;
    r.sample_start = std::max(d_axes.nearest_sample(time.lower), d_earliest);
    r.sample_count = std::max<std::int64_t>(d_axes.nearest_sample(time.upper) - r.sample_start, 1);
    r.freq_lower = d_axes.hz(std::max(band.lower, -0.5));
    r.freq_upper = d_axes.hz(std::min(band.upper, static_cast<double>(d_axes.bins) - 0.5));
    r.freq_peak = d_axes.hz(static_cast<double>(strength.peak));
    const auto bin_width = d_axes.samp_rate / static_cast<double>(d_axes.n_fft);
    r.power_db = decibels(strength.power / m.rows * bin_width);
    r.noise_db = decibels(strength.noise);
    r.snr_db = place.snr_db();
    r.energy_db =
        decibels(m.excess * static_cast<double>(d_axes.hop) / static_cast<double>(d_axes.n_fft));
    r.cells = e.cells;
    r.rows = static_cast<std::uint64_t>(e.last_row - e.first_row + 1);
    return m;
}

} // namespace gr::stft::kernel
