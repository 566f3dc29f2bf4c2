/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/event_reports.h"
#include "kernel/monitor/decibels.h"
#include <algorithm>
#include <cstdlib>

namespace gr::stft::kernel {

namespace {

// mean over noise below which an event as short as a step of the gain is taken for its trace
constexpr double strong_at_step = 50;
constexpr std::size_t wide_at_step = 4;      // parts of the band, of which such an event fills one
constexpr std::int64_t rows_before_step = 5; // into which what a step leaves may reach
constexpr std::size_t remembered_steps = 16;
// Mean of exponential cells that exceed a limit, over the limit, if their own mean is as great: skirts below the limit do
// not reach it.
constexpr double peaks_over_limit = 2;
constexpr double faded = 0.7;     // share of its power that an event may still have before it ends
constexpr double as_strong = 0.1; // share of the power over noise of the event that goes on
// rows from an event's first cell to its first report, if it lasts
constexpr std::int64_t rows_to_begin = 8;
constexpr std::int64_t alike = 3; // rows between the ends of parts of one event

//! True for bins that are near enough to be parts of one signal, as its tones are.
bool parts_of_one(std::size_t a, std::size_t a_end, std::size_t b, std::size_t b_end)
{
    return 2 * bins_between(a, a_end, b, b_end) <=
           5 * static_cast<std::int64_t>((a_end - a) + (b_end - b));
}

//! Bins in which other parts of an event's signal may lie, as far as its own width tells.
bin_range with_parts(const measured_event& m)
{
    return bin_range::about(m.first_bin, m.end_bin, 3 * (m.end_bin - m.first_bin));
}

//! True for events that begin and end together.
bool alike_in_time(const measured_event& a, const measured_event& b)
{
    return std::abs(a.first_row - b.first_row) <= alike &&
           std::abs(a.last_row - b.last_row) <= alike;
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
    : d_settings(s), d_reports(reports), d_interval(rows_between_updates(s)), d_silence(s),
      d_skirts(s.gap_bins), d_open(s.bins()), d_parts(s.bins())
{}

void event_reports::step(std::int64_t began, std::int64_t accepted, std::int64_t unsure)
{
    d_steps.push_back({ began, accepted, unsure });
    if (d_steps.size() > remembered_steps)
        d_steps.erase(d_steps.begin());
}

//! An event that has been reported is part of another one.
void event_reports::withdraw(tracked_event& e, const stretch& rows, const noise_floor& floor)
{
    auto r = rows.measure(e, floor).report;
    r.id = e.id;
    r.cut = event_cut::withdrawn;
    d_reports.push_back(r);
}

void event_reports::report(stretch& rows, const noise_floor& floor)
{
    d_open_known = false;
    d_skirts.forget(rows.rows() - 1);
    join_those_that_go_on(rows, false);
    for (auto& e : rows.events().take_absorbed())
        withdraw(e, rows, floor);
    if (rows.events().open()) {
        close(rows, floor, std::nullopt);
        announce(rows, floor);
    }
    if (!d_ended.empty())
        release(rows, false);
}

void event_reports::end_all(stretch& rows, const noise_floor& floor, event_cut why)
{
    d_open_known = false;
    join_those_that_go_on(rows, true);
    for (auto& e : rows.events().take_absorbed())
        withdraw(e, rows, floor);
    close(rows, floor, why);
    release(rows, true);
    d_skirts.clear();
    d_steps.clear();
}

//! The events that are open in this row.
const open_events& event_reports::open_in(stretch& rows)
{
    if (!d_open_known) {
        d_open.fill(rows.events());
        d_skirts.renew();
        d_open_known = true;
    }
    return d_open;
}

//! The last row in which cells may come that belong to an event: those of a box like the ones that hold it, or of one
//! that would show it faded and begins after as many rows without one. Before that it is over if its bins are silent.
void event_reports::find_end_of(tracked_event& e, const stretch& rows) const
{
    auto& found = e.found;
    if (found.ends_after >= 0)
        return;
    const auto to_show = rows.events().rows_to_show(e);
    const auto to_show_faded = rows.events().rows_to_show(e, faded);
    const auto gap = d_settings.gap_rows + 1;
    const auto box = std::min(std::max(e.longest_box, to_show_faded + rows.wait_of(to_show_faded)),
                              rows.latency());
    const auto shown = e.last_of.upto(to_show);
    found.ends_after = e.last_row + static_cast<std::int64_t>(std::max(gap, box));
    found.rows_to_show = to_show;
    found.shown_until = shown < 0 ? e.last_row : shown;
    // of a strong one the row that only touches it, and the coming one, may belong to the gap; the next box that would show
    // a weaker one must have found nothing
    found.may_end_at =
        found.shown_until +
        static_cast<std::int64_t>(to_show == 1 ? std::max<std::size_t>(gap, 3) - 2
                                               : std::max(gap, rows.wait_for_next(to_show)));
}

bool event_reports::is_silent(tracked_event& e, const stretch& rows) const
{
    const auto now = rows.rows() - 1;
    auto& found = e.found;
    if (now < found.may_end_at && !(found.rows_to_show == 1 && rows.may_be_silent(e)))
        return false;
    if (found.tested_at != now) {
        found.tested_at = now;
        found.silent = rows.is_silent(e, d_silence);
    }
    return found.silent;
}

bool event_reports::ends(tracked_event& e, const stretch& rows) const
{
    const auto now = rows.rows() - 1;
    find_end_of(e, rows);
    auto& found = e.found;
    if (now <= found.ends_after && !is_silent(e, rows))
        return false;
    if (found.rows_to_show == 1 && found.may_return_until < 0)
        found.may_return_until = rows.may_return_until(e);
    return now >= found.may_return_until;
}

//! Before an event is reported for the first time, or ends, it becomes one with those that go on with it.
void event_reports::join_those_that_go_on(stretch& rows, bool all)
{
    auto& events = rows.events();
    if (events.open() < 2)
        return;
    const auto now = rows.rows() - 1;
    const auto gap = d_settings.gap_bins;
    d_pairs.clear();
    events.for_each_open([&](tracked_event& e) {
        if (!all && !may_begin(e, now) && !ends(e, rows))
            return;
        d_others.clear();
        open_in(rows).any_near(bin_range::about(e.first_bin, e.end_bin, gap),
                               [&](const tracked_event& other) {
                                   if (goes_on(e, other, d_settings.gap_rows, gap) ||
                                       goes_on(other, e, d_settings.gap_rows, gap))
                                       d_others.push_back(&other);
                                   return false;
                               });
        std::sort(d_others.begin(), d_others.end(), [](auto* a, auto* b) { return a->id < b->id; });
        d_others.erase(std::unique(d_others.begin(), d_others.end()), d_others.end());
        for (const auto* other : d_others)
            d_pairs.emplace_back(e.id, other->id);
    });
    for (const auto& [one, other] : d_pairs)
        events.unite(one, other);
    if (!d_pairs.empty())
        d_open_known = false;
}

//! Ends the events that nothing can follow any more, or all of them, for a reason.
void event_reports::close(stretch& rows, const noise_floor& floor, std::optional<event_cut> all)
{
    const auto now = rows.rows() - 1;
    rows.events().close_if([&](tracked_event& e) {
        find_end_of(e, rows);
        if (!all && !ends(e, rows))
            return false;
        if (e.carrier) { // reported as such
            if (e.announced_at >= 0 && *e.carrier != e.id)
                withdraw(e, rows, floor);
            return true;
        }
        auto m = rows.measure(e, floor);
        m.ended = now;
        m.ends_after = e.found.ends_after;
        m.rows_to_show = e.found.rows_to_show;
        if (all && e.last_row + static_cast<std::int64_t>(d_settings.gap_rows) + 1 > now)
            m.report.cut = *all;
        const auto counts = e.hit && !in_skirts(m, rows) && !is_a_step(e);
        d_skirts.add(m);
        if (e.announced_at >= 0) {
            if (!counts)
                m.report.cut = event_cut::withdrawn;
            d_reports.push_back(m.report);
        } else if (counts) {
            d_ended.push_back(m);
        }
        return true;
    });
}

//! True for cells near a much stronger event, in its time, or below the dynamic range: they are its skirts, not a signal, as
//! what is found of an event that is over is none.
bool event_reports::in_skirts(const measured_event& m, stretch& rows)
{
    return m.excess < peaks_over_limit * m.limit * m.rows * m.bins ||
           d_skirts.hold(m, open_in(rows), rows) || d_skirts.hold_rest(m);
}

//! True for cells that a step of the gain within a frame leaves next to a carrier, or in much of the band until the new level
//! is followed: boxes that hold some of these rows may reach as far again beyond them.
bool event_reports::is_a_step(const tracked_event& e) const
{
    const bool wide = wide_at_step * (e.end_bin - e.first_bin) >= d_settings.bins();
    return e.excess < strong_at_step * static_cast<double>(e.cells) &&
           std::any_of(d_steps.begin(), d_steps.end(), [&](const gain_step& s) {
               const auto box = static_cast<std::int64_t>(e.longest_box);
               const auto beyond = wide ? std::max(box / 2, s.unsure) : std::min(box - 1, s.unsure);
               return e.first_row + beyond >= s.began - rows_before_step &&
                      e.last_row - beyond <= s.accepted;
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

//! The first event after another one, of those that have ended, that is part of the same signal; none: their number.
std::size_t event_reports::part_of(std::size_t one, bool has_grown) const
{
    const auto& a = d_ended[one];
    auto first = d_ended.size();
    const auto see = [&](std::size_t i) {
        const auto& b = d_ended[i];
        if (i > one && i < first && !b.joined && alike_in_time(a, b) &&
            parts_of_one(a.first_bin, a.end_bin, b.first_bin, b.end_bin))
            first = i;
        return false;
    };
    if (!has_grown) // events that were compared before are none
        d_parts.any_near(with_parts(a), [&](std::size_t i) { return see(d_compared + i); });
    for (auto i = one + 1; has_grown && i < first; ++i)
        see(i);
    return first;
}

//! Tones of one signal begin and end together.
void event_reports::join_parts()
{
    if (d_compared == d_ended.size())
        return;
    bool some = false;
    d_parts.fill(d_ended.size() - d_compared,
                 [&](std::size_t i) { return with_parts(d_ended[d_compared + i]); });
    for (std::size_t i = 0; i < d_ended.size(); ++i) {
        if (d_ended[i].joined)
            continue;
        for (auto part = part_of(i, false); part < d_ended.size(); part = part_of(i, true)) {
            add_part(d_ended[i], d_ended[part]);
            d_ended[part].joined = true;
            some = true;
        }
    }
    d_ended.erase(std::remove_if(d_ended.begin(),
                                 d_ended.end(),
                                 [](const measured_event& m) { return m.joined; }),
                  d_ended.end());
    d_compared =
        some ? 0
             : d_ended
                   .size(); // events before one that has grown are compared with it in the next row
}

//! Reports what has ended, once nothing that is open may be a part of it.
void event_reports::release(stretch& rows, bool all)
{
    const auto now = rows.rows() - 1;
    join_parts();
    const auto waits = [&](const measured_event& m) {
        return open_in(rows).any_near(with_parts(m), [&](const tracked_event& e) {
            return !e.over && std::abs(e.first_row - m.first_row) <= alike && now > e.last_row &&
                   parts_of_one(e.first_bin, e.end_bin, m.first_bin, m.end_bin);
        });
    };
    std::size_t left = 0;
    for (auto& m : d_ended) {
        if (!all && waits(m))
            std::swap(d_ended[left++], m);
        else if (reportable(m, rows.axes()))
            d_reports.push_back(m.report);
    }
    d_ended.resize(left);
    d_compared = std::min(d_compared, left);
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
        if (begins && (!e.hit || !reportable(m, rows.axes()) || in_skirts(m, rows) || is_a_step(e)))
            return;
        m.report.state = begins ? event_state::begin : event_state::update;
        d_reports.push_back(m.report);
        e.announced_at = now;
    });
}

} // namespace gr::stft::kernel
