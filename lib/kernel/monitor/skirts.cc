/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/skirts.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr std::int64_t rows_to_forget = 128; // after which an event that has ended has no skirts
constexpr double least_weaker = 15;          // dB; what is less below another event is a signal
constexpr double much_weaker = 20;           // dB
constexpr std::uint64_t few_cells = 4;       // that a strong event leaves anywhere in the band
constexpr std::int64_t early = 2;            // rows in which skirts may begin before their event

} // namespace

void skirts::add(const measured_event& m)
{
    if (d_rows.empty() || d_rows.back().row != m.ended)
        d_rows.push_back({ m.ended, 0, -HUGE_VAL });
    auto& row = d_rows.back();
    ++row.count;
    row.strongest = std::max(row.strongest, m.report.snr_db);
    d_ended.push_back(
        { m.report.id, m.first_row, m.last_row, m.first_bin, m.end_bin, m.report.snr_db });
    if (m.ended < m.ends_after)
        d_early.push_back(m);
}

void skirts::forget(std::int64_t now)
{
    while (!d_early.empty() && now - d_early.front().ends_after > rows_to_forget)
        d_early.pop_front();
    for (; !d_rows.empty() && now - d_rows.front().row > rows_to_forget; d_rows.pop_front())
        d_ended.erase(d_ended.begin(),
                      d_ended.begin() + static_cast<std::ptrdiff_t>(d_rows.front().count));
}

void skirts::clear()
{
    d_early.clear();
    d_ended.clear();
    d_rows.clear();
    renew();
}

//! True if m lies in the skirts of another event, in whose time it began.
bool skirts::in_skirts(const measured_event& m, const strong& other)
{
    if (other.id == m.report.id || m.first_row + early < other.first_row)
        return false;
    const auto between = bins_between(m.first_bin, m.end_bin, other.first_bin, other.end_bin);
    const auto width = static_cast<std::int64_t>(other.end_bin - other.first_bin);
    const auto weaker = other.snr_db - m.report.snr_db;
    return (weaker >= least_weaker && between <= std::min<std::int64_t>(width, 8) + 8) ||
           (weaker >= much_weaker && (between <= width + 8 || m.report.cells <= few_cells));
}

//! Skirts of events that have ended, within which m has ended, too.
bool skirts::of_ended(const measured_event& m) const
{
    auto next = d_ended.rbegin();
    for (auto row = d_rows.rbegin(); row != d_rows.rend() && row->row + early >= m.last_row;
         ++row) {
        const auto end = next + static_cast<std::ptrdiff_t>(row->count);
        if (row->strongest - m.report.snr_db >= least_weaker &&
            std::any_of(next, end, [&](const strong& other) {
                return m.last_row <= other.last_row + early && in_skirts(m, other);
            }))
            return true;
        next = end;
    }
    return false;
}

//! SNR of the strongest open event that began in this row or before; none if it is too long ago to be known.
std::optional<double>
skirts::strongest_since(std::int64_t row, const open_events& open, const stretch& rows)
{
    constexpr std::int64_t longest = 256;
    const auto now = rows.rows() - 1;
    const auto age = [&](std::int64_t of) {
        return static_cast<std::size_t>(std::clamp<std::int64_t>(now - of, 0, longest));
    };
    if (now - row > longest)
        return std::nullopt;
    if (d_strongest.empty()) {
        d_strongest.assign(longest + 1, -HUGE_VAL);
        open.for_each([&](tracked_event& e) {
            auto& greatest = d_strongest[age(e.first_row)];
            greatest = std::max(greatest, rows.snr_db(e));
        });
        for (std::size_t i = longest; i-- > 0;)
            d_strongest[i] = std::max(d_strongest[i], d_strongest[i + 1]);
    }
    return d_strongest[age(row)];
}

bool skirts::of_open(const measured_event& m, const open_events& open, const stretch& rows)
{
    const bool few = m.report.cells <= few_cells;
    const auto hides = [&](tracked_event& e) {
        const auto between = bins_between(m.first_bin, m.end_bin, e.first_bin, e.end_bin);
        const auto width = static_cast<std::int64_t>(e.end_bin - e.first_bin);
        return !e.over && e.id != m.report.id && m.first_row + early >= e.first_row &&
               (few || between <= width + 8) &&
               in_skirts(m,
                         { e.carrier.value_or(e.id),
                           e.first_row,
                           e.last_row,
                           e.first_bin,
                           e.end_bin,
                           rows.snr_db(e) });
    };
    if (few) {
        const auto strongest = strongest_since(m.first_row + early, open, rows);
        if (!strongest || *strongest - m.report.snr_db >= much_weaker)
            return open.any(hides);
    }
    return open.any_near({ m.first_bin, m.end_bin }, hides);
}

bool skirts::hold_rest(const measured_event& m) const
{
    const auto end_of = [](const event& e) { return e.sample_start + e.sample_count; };
    return std::any_of(d_early.rbegin(), d_early.rend(), [&](const measured_event& other) {
        if (m.found_at > other.ends_after ||
            m.finest_box < std::max<std::size_t>(other.rows_to_show, 2))
            return false;
        const auto between = bins_between(m.first_bin, m.end_bin, other.first_bin, other.end_bin);
        const auto common = std::min(end_of(m.report), end_of(other.report)) -
                            std::max(m.report.sample_start, other.report.sample_start);
        return between <= static_cast<std::int64_t>(d_gap_bins) &&
               2 * common >= m.report.sample_count;
    });
}

bool skirts::hold(const measured_event& m, const open_events& open, const stretch& rows)
{
    return of_ended(m) || of_open(m, open, rows);
}

} // namespace gr::stft::kernel
