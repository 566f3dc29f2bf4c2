/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/event_reports.h"
#include "kernel/monitor/decibels.h"
#include <algorithm>
#include <cstdlib>

namespace gr::stft::kernel {

namespace {

// mean over noise below which an event as short as a step of the gain is taken for its trace
constexpr double strong_at_step = 50;
constexpr std::int64_t rows_before_step = 5; // into which what a step leaves may reach
constexpr std::size_t remembered_steps = 16;
// Mean of exponential cells that exceed a limit, over the limit, if their own mean is as great: skirts below the limit do
// not reach it.
constexpr double peaks_over_limit = 2;
constexpr double faded = 0.7;     // share of its power that an event may still have before it ends
constexpr double as_strong = 0.1; // share of the power over noise of the event that goes on
// rows from an event's first cell to its first report, if it lasts
constexpr std::int64_t rows_to_begin = 8;
constexpr std::int64_t rows_to_forget = 128; // after which an event that has ended has no skirts
constexpr std::int64_t alike = 3;            // rows between the ends of parts of one event

//! True for bins that are near enough to be parts of one signal, as its tones are.
bool parts_of_one(std::size_t a, std::size_t a_end, std::size_t b, std::size_t b_end)
{
    return 2 * bins_between(a, a_end, b, b_end) <=
           5 * static_cast<std::int64_t>((a_end - a) + (b_end - b));
}

//! True if m lies in the skirts of another event, which is open or has ended.
bool in_skirts(const measured_event& m, const measured_event& other, bool open)
{
    if (other.report.id == m.report.id || m.first_row + 2 < other.first_row ||
        (!open && m.last_row > other.last_row + 2))
        return false;
    const auto between = bins_between(m.first_bin, m.end_bin, other.first_bin, other.end_bin);
    const auto width = static_cast<std::int64_t>(other.end_bin - other.first_bin);
    const auto weaker = other.report.snr_db - m.report.snr_db;
    return (weaker >= 15 && between <= std::min<std::int64_t>(width, 8) + 8) ||
           (weaker >= 20 && (between <= width + 8 || m.report.cells <= 4));
}

//! True if b goes on with a, as the next sweep over a band does: it begins in the time of a and in its band, outlasts it,
//! and is about as strong.
bool goes_on(const tracked_event& a,
             const tracked_event& b,
             std::size_t gap_rows,
             std::size_t gap_bins)
{
    const auto gap = static_cast<std::int64_t>(gap_rows) + 1;
    if (a.carrier || b.carrier || b.first_row <= a.first_row || b.first_row > a.last_row + gap ||
        b.last_row <= a.last_row || b.first_bin + gap_bins < a.first_bin ||
        b.end_bin > a.end_bin + gap_bins)
        return false;
    const auto of_a = a.excess * static_cast<double>(b.cells);
    const auto of_b = b.excess * static_cast<double>(a.cells);
    return of_b >= as_strong * of_a && of_a >= as_strong * of_b;
}

//! True in the rows in which an event that has not been reported may be, if it lasts: 8, 16, 32 .. after its first cell.
bool may_begin(const tracked_event& e, std::int64_t now)
{
    const auto age = now - e.found_at;
    return e.announced_at < 0 && age >= rows_to_begin && (age & (age - 1)) == 0;
}

//! Adds b, a part of the same event, to a.
void add_part(measured_event& a, const measured_event& b)
{
    auto& r = a.report;
    const auto end =
        std::max(r.sample_start + r.sample_count, b.report.sample_start + b.report.sample_count);
    r.id = std::min(r.id, b.report.id);
    r.sample_start = std::min(r.sample_start, b.report.sample_start);
    r.sample_count = end - r.sample_start;
    if (b.report.power_db > r.power_db)
        r.freq_peak = b.report.freq_peak;
    r.freq_lower = std::min(r.freq_lower, b.report.freq_lower);
    r.freq_upper = std::max(r.freq_upper, b.report.freq_upper);
    r.power_db = decibels(from_decibels(r.power_db) + from_decibels(b.report.power_db));
    r.energy_db = decibels(from_decibels(r.energy_db) + from_decibels(b.report.energy_db));
    r.cells += b.report.cells;
    a.excess += b.excess;
    a.rows = std::max(a.rows, b.rows);
    a.bins += b.bins;
    r.snr_db = decibels(a.excess / (a.rows * a.bins));
    a.first_row = std::min(a.first_row, b.first_row);
    a.last_row = std::max(a.last_row, b.last_row);
    a.first_bin = std::min(a.first_bin, b.first_bin);
    a.end_bin = std::max(a.end_bin, b.end_bin);
    r.rows = static_cast<std::uint64_t>(a.last_row - a.first_row + 1);
}

} // namespace

event_reports::event_reports(const detector_settings& s, std::vector<event>& reports)
    : d_settings(s), d_reports(reports), d_interval(rows_between_updates(s))
{}

void event_reports::step(std::int64_t began, std::int64_t accepted)
{
    d_steps.push_back({ began, accepted });
    if (d_steps.size() > remembered_steps)
        d_steps.erase(d_steps.begin());
}

//! An event that has been reported is part of another one.
void event_reports::withdraw(const tracked_event& e, const stretch& rows, const noise_floor& floor)
{
    auto r = rows.measure(e, floor).report;
    r.id = e.id;
    r.cut = event_cut::withdrawn;
    d_reports.push_back(r);
}

void event_reports::report(stretch& rows, const noise_floor& floor)
{
    join_those_that_go_on(rows, false);
    for (const auto& e : rows.events().take_absorbed())
        withdraw(e, rows, floor);
    if (rows.events().open()) {
        close(rows, floor, std::nullopt);
        announce(rows, floor);
    }
    if (!d_ended.empty() || !d_recent.empty())
        release(rows, false);
}

void event_reports::end_all(stretch& rows, const noise_floor& floor, event_cut why)
{
    join_those_that_go_on(rows, true);
    for (const auto& e : rows.events().take_absorbed())
        withdraw(e, rows, floor);
    close(rows, floor, why);
    release(rows, true);
    d_recent.clear();
    d_steps.clear();
}

//! True once nothing can follow an event: neither cells of a box like those that hold it, nor of one that would show it
//! faded and begins after as many rows without one.
bool event_reports::ends(const tracked_event& e, const stretch& rows) const
{
    const auto to_show = rows.events().rows_to_show(e, faded);
    const auto box =
        std::min(std::max(e.longest_box, to_show + rows.wait_of(to_show)), rows.latency());
    const auto wait = std::max(d_settings.gap_rows + 1, box);
    return rows.rows() - 1 - e.last_row > static_cast<std::int64_t>(wait);
}

//! Before an event is reported for the first time, or ends, it becomes one with those that go on with it.
void event_reports::join_those_that_go_on(stretch& rows, bool all)
{
    if (rows.events().open() < 2)
        return;
    const auto now = rows.rows() - 1;
    const auto& events = rows.events();
    const auto due = [&](const tracked_event& e) {
        return all || may_begin(e, now) || ends(e, rows);
    };
    d_pairs.clear();
    events.for_each_open([&](const tracked_event& e) {
        if (due(e))
            events.for_each_open([&](const tracked_event& other) {
                if (goes_on(e, other, d_settings.gap_rows, d_settings.gap_bins) ||
                    goes_on(other, e, d_settings.gap_rows, d_settings.gap_bins))
                    d_pairs.emplace_back(e.id, other.id);
            });
    });
    for (const auto& [one, other] : d_pairs)
        rows.events().unite(one, other);
}

//! Ends the events that nothing can follow any more, or all of them, for a reason.
void event_reports::close(stretch& rows, const noise_floor& floor, std::optional<event_cut> all)
{
    const auto now = rows.rows() - 1;
    rows.events().close_if([&](tracked_event& e) {
        if (!all && !ends(e, rows))
            return false;
        if (e.carrier) { // reported as such
            if (e.announced_at >= 0 && *e.carrier != e.id)
                withdraw(e, rows, floor);
            return true;
        }
        auto m = rows.measure(e, floor);
        m.ended = now;
        if (all && e.last_row + static_cast<std::int64_t>(d_settings.gap_rows) + 1 > now)
            m.report.cut = *all;
        const auto counts = !near_stronger(m, rows, floor) && !is_a_step(e);
        if (e.announced_at >= 0) {
            if (!counts)
                m.report.cut = event_cut::withdrawn;
            d_reports.push_back(m.report);
        } else if (counts) {
            d_ended.push_back(m);
        }
        d_recent.push_back(std::move(m));
        return true;
    });
}

//! True for cells near a much stronger event, in its time, or below the dynamic range: they are its skirts, not a signal.
bool event_reports::near_stronger(const measured_event& m,
                                  const stretch& rows,
                                  const noise_floor& floor) const
{
    if (m.excess < peaks_over_limit * m.limit * m.rows * m.bins)
        return true;
    for (const auto& other : d_recent)
        if (in_skirts(m, other, false))
            return true;
    bool found = false;
    rows.events().for_each_open([&](const tracked_event& e) {
        if (found || e.id == m.report.id || m.first_row + 2 < e.first_row)
            return;
        const auto between = bins_between(m.first_bin, m.end_bin, e.first_bin, e.end_bin);
        if (between <= static_cast<std::int64_t>(e.end_bin - e.first_bin) + 8 ||
            m.report.cells <= 4)
            found = in_skirts(m, rows.measure(e, floor), true);
    });
    return found;
}

//! True for cells that a step of the gain within a frame leaves next to a carrier.
bool event_reports::is_a_step(const tracked_event& e) const
{
    return e.excess < strong_at_step * static_cast<double>(e.cells) &&
           std::any_of(d_steps.begin(), d_steps.end(), [&](const gain_step& s) {
               return e.first_row >= s.began - rows_before_step && e.last_row <= s.accepted;
           });
}

bool event_reports::reportable(const measured_event& m, const plane_axes& axes) const
{
    const auto& r = m.report;
    if (r.snr_db < d_settings.min_snr ||
        static_cast<double>(r.sample_count) < d_settings.min_duration * d_settings.samp_rate ||
        r.freq_upper - r.freq_lower < d_settings.min_bandwidth)
        return false;
    const auto has_offset = d_settings.sides != sides::onesided;
    return !(has_offset && m.first_bin + d_settings.dc_guard >= axes.zero_bin &&
             m.end_bin <= axes.zero_bin + d_settings.dc_guard + 1);
}

//! Tones of one signal begin and end together.
void event_reports::join_parts()
{
    for (std::size_t i = 0; i < d_ended.size(); ++i)
        for (std::size_t j = i + 1; j < d_ended.size();) {
            auto& a = d_ended[i];
            const auto& b = d_ended[j];
            if (std::abs(a.first_row - b.first_row) > alike ||
                std::abs(a.last_row - b.last_row) > alike ||
                !parts_of_one(a.first_bin, a.end_bin, b.first_bin, b.end_bin)) {
                ++j;
                continue;
            }
            add_part(a, b);
            d_ended.erase(d_ended.begin() + static_cast<std::ptrdiff_t>(j));
            j = i + 1;
        }
}

//! Reports what has ended, once nothing that is open may be a part of it.
void event_reports::release(const stretch& rows, bool all)
{
    const auto now = rows.rows() - 1;
    d_recent.erase(
        std::remove_if(d_recent.begin(),
                       d_recent.end(),
                       [&](const measured_event& m) { return now - m.ended > rows_to_forget; }),
        d_recent.end());
    join_parts();
    std::size_t left = 0;
    for (auto& m : d_ended) {
        bool waits = false;
        if (!all)
            rows.events().for_each_open([&](const tracked_event& e) {
                waits = waits ||
                        (std::abs(e.first_row - m.first_row) <= alike && now - e.last_row > 0 &&
                         parts_of_one(e.first_bin, e.end_bin, m.first_bin, m.end_bin));
            });
        if (waits)
            std::swap(d_ended[left++], m);
        else if (reportable(m, rows.axes()))
            d_reports.push_back(m.report);
    }
    d_ended.resize(left);
}

//! Reports events that last.
void event_reports::announce(stretch& rows, const noise_floor& floor)
{
    const auto now = rows.rows() - 1;
    rows.events().for_each_open([&](tracked_event& e) {
        if (e.carrier)
            return;
        const auto begins = e.announced_at < 0;
        if (begins) {
            if (!may_begin(e, now))
                return;
            if (now - e.last_row > static_cast<std::int64_t>(rows.wait_of(e.longest_box)))
                return;
        } else if (static_cast<double>(now - e.announced_at) < d_interval) {
            return;
        }
        auto m = rows.measure(e, floor);
        if (begins &&
            (!reportable(m, rows.axes()) || near_stronger(m, rows, floor) || is_a_step(e)))
            return;
        m.report.state = begins ? event_state::begin : event_state::update;
        d_reports.push_back(m.report);
        e.announced_at = now;
    });
}

} // namespace gr::stft::kernel
