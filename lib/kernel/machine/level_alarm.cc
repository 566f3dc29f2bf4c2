/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/machine/level_alarm.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t most_levels = 65536;
constexpr double longest_hold = 1e15; // rows
constexpr std::uint64_t most_rows = std::uint64_t(1) << 62;

void check_hold(const char* name, double seconds, double rate)
{
    if (!(seconds >= 0 && seconds * rate <= longest_hold))
        refuse(name, seconds, "must be 0 s or more, at most 1e15 rows");
}

} // namespace

std::uint64_t rows_of(double seconds, double rate)
{
    const auto rows = seconds * rate;
    const auto nearest =
        std::round(rows); // 0.3 s of 10 Hz are 3 rows, whatever the product's last bit is
    const auto whole =
        std::abs(rows - nearest) < 1e-9 * std::max(1.0, rows) ? nearest : std::ceil(rows);
    return static_cast<std::uint64_t>(std::clamp(whole, 1.0, 0x1p63));
}

void level_alarm_settings::check() const
{
    if (levels < 1 || levels > most_levels)
        refuse("levels", levels, "must be 1 .. 65536");
    if (limits.empty())
        refuse("limits", "none", "must be at least one");
    const auto count = zone_count();
    if (limits.size() != count && limits.size() != levels * count)
        refuse("limits",
               std::to_string(limits.size()) + " values",
               "must be as many as zones, " + std::to_string(count) + ", or as levels and zones, " +
                   std::to_string(levels * count));
    for (std::size_t i = 0; i < limits.size(); ++i) {
        if (!(limits[i] > 0 && std::isfinite(limits[i])))
            refuse("limits", limits[i], "must be positive and finite");
        if (i % count > 0 && !(limits[i] > limits[i - 1]))
            refuse("limits", limits[i], "must rise from zone to zone");
    }
    if (!(hysteresis >= 0 && hysteresis < 1))
        refuse("hysteresis", hysteresis, "must be at least 0 and less than 1");
    if (!(rate >= 1e-9 && rate <= 1e9))
        refuse("rate", rate, "must be 1e-9 .. 1e9 rows per second");
    check_hold("t_on", t_on, rate);
    check_hold("t_off", t_off, rate);
}

level_alarm::level_alarm(const level_alarm_settings& s)
    : d_settings((s.check(), s)), d_zones(s.zone_count()), d_machines(s.levels * d_zones),
      d_levels(s.levels)
{
    derive();
}

void level_alarm::derive()
{
    d_on = rows_of(d_settings.t_on, d_settings.rate);
    d_off = rows_of(d_settings.t_off, d_settings.rate);
}

void level_alarm::change(const level_alarm_settings& s)
{
    s.check();
    if (s.levels != d_settings.levels)
        refuse("levels", s.levels, "must stay " + std::to_string(d_settings.levels));
    if (s.zone_count() != d_zones)
        refuse("limits",
               std::to_string(s.zone_count()) + " zones",
               "must stay " + std::to_string(d_zones));
    d_settings = s;
    derive();
}

void level_alarm::reset()
{
    std::fill(d_machines.begin(), d_machines.end(), machine());
    std::fill(d_levels.begin(), d_levels.end(), level_record());
}

double level_alarm::limit(std::size_t level, std::size_t zone) const
{
    const auto& all = d_settings.limits;
    return all[all.size() == d_zones ? zone : level * d_zones + zone];
}

std::size_t level_alarm::zone(std::size_t level) const
{
    const auto first = d_machines.begin() + static_cast<std::ptrdiff_t>(level * d_zones);
    return static_cast<std::size_t>(std::count_if(first,
                                                  first + static_cast<std::ptrdiff_t>(d_zones),
                                                  [](const machine& m) { return m.on(); }));
}

bool level_alarm::raised() const
{
    return std::any_of(
        d_machines.begin(), d_machines.end(), [](const machine& m) { return m.on(); });
}

std::vector<level_event> level_alarm::take() { return std::exchange(d_events, {}); }

void level_alarm::add(const float* levels, std::optional<double> speed, bool needs_speed)
{
    add_row(levels, speed, needs_speed);
}

void level_alarm::add(const double* levels, std::optional<double> speed, bool needs_speed)
{
    add_row(levels, speed, needs_speed);
}

template <class R>
void level_alarm::add_row(const R* levels, std::optional<double> speed, bool needs_speed)
{
    const bool still = needs_speed && speed && !std::isfinite(*speed);
    for (std::size_t i = 0; i < d_settings.levels; ++i) {
        const auto value = static_cast<double>(levels[i]);
        if (still || !std::isfinite(value) || value == 0)
            miss(i, 1);
        else
            follow(i, value, speed.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    ++d_rows;
}

void level_alarm::skip(std::uint64_t rows)
{
    rows = std::min(rows, most_rows - std::min(most_rows, d_rows));
    const auto before = d_events.size();
    for (std::size_t i = 0; rows > 0 && i < d_settings.levels; ++i)
        miss(i, rows);
    std::stable_sort(d_events.begin() + static_cast<std::ptrdiff_t>(before),
                     d_events.end(),
                     [](const level_event& a, const level_event& b) { return a.row < b.row; });
    d_rows += rows;
}

//! Counts rows without data, from the present one on; reports that there is none once they last t_off.
void level_alarm::miss(std::size_t level, std::uint64_t rows)
{
    auto& record = d_levels[level];
    const auto before = record.missing;
    record.missing += rows;
    if (record.missing < d_off || record.silent)
        return;
    record.silent = true;
    level_event e;
    e.kind = level_event_kind::no_data;
    e.level = level;
    e.zone = e.zone_before = zone(level);
    e.rows = std::max(before + 1, d_off); // more than that after another t_off
    e.start = d_rows - before;
    e.row = e.start + e.rows - 1;
    e.nearly = record.nearly;
    d_events.push_back(e);
}

//! True if the machine has just given up rising.
bool level_alarm::step(machine& m, double value, double limit)
{
    const bool above = value > limit, below = value < limit * (1 - d_settings.hysteresis);
    bool gave_up = false;
    switch (m.now) {
    case phase::clear:
        if (above) {
            m = { phase::rising, 1, d_rows, 0 };
        }
        break;
    case phase::rising:
        if (above)
            ++m.count;
        else {
            m.now = phase::clear;
            gave_up = true;
        }
        break;
    case phase::raised:
        if (below) {
            m.now = phase::falling;
            m.count = 1;
            m.fall = d_rows;
        }
        break;
    case phase::falling:
        if (below)
            ++m.count;
        else
            m.now = phase::raised;
        break;
    }
    if (m.now == phase::rising && m.count >= d_on)
        m.now = phase::raised;
    else if (m.now == phase::falling && m.count >= d_off)
        m.now = phase::clear;
    return gave_up;
}

void level_alarm::follow(std::size_t level, double value, double speed)
{
    auto& record = d_levels[level];
    auto* const machines = d_machines.data() + level * d_zones;
    const auto before = zone(level);
    level_event e;
    e.level = level;
    e.zone = e.zone_before = before;
    e.row = d_rows;
    e.value = value;
    if (record.silent) {
        e.kind = level_event_kind::data;
        e.rows = record.missing;
        e.start = d_rows - record.missing;
        e.nearly = record.nearly;
        d_events.push_back(e);
    }
    record.silent = false;
    record.missing = 0;

    const bool was_clear = machines[0].now == phase::clear;
    for (std::size_t z = 0; z < d_zones; ++z)
        if (step(machines[z], value, limit(level, z)) && z == 0)
            ++record.nearly;
    if (was_clear || value > record.peak) {
        record.peak = value;
        record.peak_row = d_rows;
        record.speed = speed;
    }
    const auto after = zone(level);
    if (after == before)
        return;
    e.kind = before == 0  ? level_event_kind::raise
             : after == 0 ? level_event_kind::clear
                          : level_event_kind::zone;
    e.zone = after;
    e.start = machines[0].start;
    e.rows = (after == 0 ? machines[0].fall : d_rows + 1) - e.start;
    const auto upper = std::max(before, after) - 1;
    e.limit = limit(level, upper);
    e.excess_row = machines[upper].start;
    e.peak = record.peak;
    e.peak_row = record.peak_row;
    e.speed = record.speed;
    e.nearly = record.nearly;
    d_events.push_back(e);
}

state_section level_alarm::state() const
{
    state_section s;
    s.parameters = text_of_parameters(d_settings);
    const auto integer = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    s.counts["rows"] = { integer(d_rows) };
    for (const auto& m : d_machines) {
        s.counts["phase"].push_back(static_cast<std::int64_t>(m.now));
        s.counts["count"].push_back(integer(m.count));
        s.counts["start"].push_back(integer(m.start));
        s.counts["fall"].push_back(integer(m.fall));
    }
    for (const auto& l : d_levels) {
        s.numbers["peak"].push_back(l.peak);
        s.numbers["peak_speed"].push_back(l.speed);
        s.counts["peak_row"].push_back(integer(l.peak_row));
        s.counts["nearly"].push_back(integer(l.nearly));
        s.counts["missing"].push_back(integer(l.missing));
        s.counts["silent"].push_back(l.silent);
    }
    return s;
}

void level_alarm::restore(const state_section& state, const std::vector<std::string>& may_differ)
{
    state.require(text_of_parameters(d_settings), may_differ);
    const auto n = d_machines.size(), levels = d_levels.size();
    const auto& phases = state.integers("phase", n);
    for (const auto value : phases)
        if (value < 0 || value > 3)
            refuse("state", "phase " + std::to_string(value), "must be 0 .. 3");
    const auto counted = [&state](const char* name, std::size_t length) {
        auto values = state.integers(name, length);
        for (const auto value : values)
            if (value < 0)
                refuse("state", name + (" " + std::to_string(value)), "must not be negative");
        return std::vector<std::uint64_t>(values.begin(), values.end());
    };
    const auto count = counted("count", n), start = counted("start", n), fall = counted("fall", n);
    const auto& peak = state.reals("peak", levels);
    const auto& speed = state.reals("peak_speed", levels);
    const auto peak_row = counted("peak_row", levels), nearly = counted("nearly", levels),
               missing = counted("missing", levels), silent = counted("silent", levels);
    d_rows = counted("rows", 1)[0];
    for (std::size_t i = 0; i < n; ++i)
        d_machines[i] = { static_cast<phase>(phases[i]), count[i], start[i], fall[i] };
    for (std::size_t i = 0; i < levels; ++i)
        d_levels[i] = { peak[i], speed[i], peak_row[i], nearly[i], missing[i], silent[i] != 0 };
    d_events.clear();
}

} // namespace gr::stft::kernel
