/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/machine/level_histogram.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/machine/baseline.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_cells = 1 << 16;
constexpr auto classes = level_histogram::classes;
constexpr std::uint64_t most_rows = std::uint64_t(1) << 62;
constexpr double largest_level = 1e4; // dB; no sensor has it, and a class is 1 dB
constexpr double prior_rows =
    30; // spread over a speed bin, in which levels do not depend on the speed; while it is learned
constexpr int iterations = 20; // of the expectation and maximisation that follow
constexpr double largest_pull =
    2; // dB by which one level's distance from its median can move the slope
constexpr double outlier = 10; // dB from which on it does not move it at all

bool is_level(double value) { return std::abs(value) <= largest_level; }

level_alarm_settings alarm_of(const baseline_settings& s)
{
    level_alarm_settings alarm;
    alarm.levels = s.levels;
    alarm.limits = { s.threshold };
    alarm.t_on = s.t_on;
    alarm.t_off = s.t_off;
    alarm.rate = s.rate;
    return alarm;
}

bool is_of_deviation(const level_event& e)
{
    return e.kind == level_event_kind::raise || e.kind == level_event_kind::clear;
}

//! Counts of a state, each at least 0.
std::vector<std::uint64_t>
counts_in(const state_section& state, const std::string& name, std::size_t length)
{
    const auto& values = state.integers(name, length);
    for (const auto value : values)
        if (value < 0)
            refuse("state", name + " " + std::to_string(value), "must not be negative");
    return { values.begin(), values.end() };
}

} // namespace

void baseline_settings::check() const
{
    if (!(threshold > 0 && std::isfinite(threshold)))
        refuse("threshold", threshold, "must be positive and finite");
    alarm_of(*this).check();
    if (!(f_min >= 0 && std::isfinite(f_min)))
        refuse("f_min", f_min, "must not be negative");
    if (!(f_max > f_min && std::isfinite(f_max)) && !(f_max == 0 && f_min == 0))
        refuse("f_max", f_max, "must exceed f_min, or be 0 as well");
    if (speed_bins < 1 || speed_bins > most_cells / levels)
        refuse("speed_bins",
               speed_bins,
               "must be at least 1, and the cells of all levels at most " +
                   std::to_string(most_cells));
    if (!(learn_time > 0 && learn_time * rate <= 1e15))
        refuse("learn_time", learn_time, "must be positive, at most 1e15 rows");
    if (!(floor > 0 && floor <= 100))
        refuse("floor", floor, "must be positive, at most 100 dB");
    if (least_count < 1 || least_count > 1000000000)
        refuse("least_count", least_count, "must be 1 .. 10^9");
    if (!(max_rate > 0))
        refuse("max_rate", max_rate, "must be positive");
}

baseline::baseline(const baseline_settings& s)
    : d_settings((s.check(), s)), d_histograms(s.levels * s.bins()), d_trends(s.levels * s.bins()),
      d_cells(s.levels * s.bins(), cell{ 0, unknown, unknown, 0 }), d_told(s.bins()),
      d_alarm(alarm_of(s)), d_usual(s.levels), d_z(s.levels), d_last(unknown)
{
    d_spreads.reserve(s.bins());
}

baseline::~baseline() = default;
baseline::baseline(baseline&&) noexcept = default;
baseline& baseline::operator=(baseline&&) noexcept = default;

double baseline::bin_width() const
{
    return (d_settings.f_max - d_settings.f_min) / static_cast<double>(d_settings.bins());
}

//! True if the next row's speed differs little from that of the row before.
bool baseline::is_steady(double speed)
{
    if (d_settings.f_max == 0)
        return true;
    const auto last = std::exchange(d_last, speed);
    const auto change = std::abs(speed - last) * d_settings.rate; // NaN without a row before
    return change <= d_settings.max_rate * speed;
}

//! Place of a speed, if it lies in a bin.
std::optional<baseline::place> baseline::place_of(double speed) const
{
    if (d_settings.f_max == 0)
        return place{ 0, 0 };
    if (!(speed >= d_settings.f_min && speed <= d_settings.f_max))
        return std::nullopt;
    const auto position = (speed - d_settings.f_min) / bin_width();
    const auto bin = std::min(std::floor(position), static_cast<double>(d_settings.bins() - 1));
    return place{ static_cast<std::size_t>(bin), (position - bin - 0.5) * bin_width() };
}

//! A cell with its statistics as they were learned.
const baseline::cell& baseline::filled(std::size_t level, std::size_t speed_bin) const
{
    const auto index = level * d_settings.bins() + speed_bin;
    auto& known = d_cells[index];
    const auto& histogram = d_histograms[index];
    if (known.count != histogram.count()) {
        const auto result = histogram.result();
        known = { histogram.count(), result.median, result.spread, d_trends[index].slope };
    }
    return known;
}

double baseline::prior_weight() const { return prior_rows * bin_width() * bin_width() / 12; }

//! Squared distances of a cell's rows from their mean, Hz^2.
double baseline::weight_of(const trend& line) const
{
    return std::max(0.0, line.weight - prior_weight());
}

baseline::cell baseline::at(std::size_t level, std::size_t speed_bin) const
{
    auto result = filled(level, speed_bin);
    if (result.count > 0) {
        const auto line = line_of(level, speed_bin);
        result.median = line.middle;
        result.slope = line.slope;
    }
    return result;
}

//! The line that a level follows in a speed bin.
baseline::line baseline::line_of(std::size_t level, std::size_t speed_bin) const
{
    const auto& healthy = filled(level, speed_bin);
    const auto& learned = d_trends[level * d_settings.bins() + speed_bin];
    const auto scale = std::max(healthy.spread, usual(level).spread);
    const auto variance = usual(level).slope_variance;
    // the weight of a slope of 0, and with it that of all that is known of the slope
    const auto prior = variance > 0 ? scale * scale / variance : prior_weight();
    const auto weight = weight_of(learned) + prior;
    line found;
    found.slope = weight > 0 ? learned.slope * learned.weight / weight : 0;
    found.middle = healthy.median + (learned.slope - found.slope) * learned.mean;
    found.mean = learned.mean;
    found.weight = weight;
    found.scale = scale;
    return found;
}

//! Learns a level, and with it the line that levels of this speed bin follow; what is counted is the distance from that line.
void baseline::learn(std::size_t level, const place& at, double value)
{
    const auto& healthy = filled(level, at.bin);
    const auto index = level * d_settings.bins() + at.bin;
    auto& line = d_trends[index];
    if (healthy.count > 0) {
        const auto before = at.distance - line.mean;
        line.mean += before / static_cast<double>(healthy.count + 1);
        const auto after = at.distance - line.mean;
        line.weight += before * after;
        const auto error = value - healthy.median - line.slope * at.distance;
        if (line.weight > 0 && std::abs(error) < outlier)
            line.slope += after * std::clamp(error, -largest_pull, largest_pull) / line.weight;
    } else {
        line = { at.distance, 0, prior_weight() };
    }
    d_histograms[index].add(value - line.slope * at.distance);
    d_usual[level].known = false;
}

void baseline::add(const float* levels, double speed, float* z) { add_row(levels, speed, z); }
void baseline::add(const double* levels, double speed, double* z) { add_row(levels, speed, z); }

/*!
 * Statistics of a level over the speed bins that have a verdict: the median of its spreads, and the variance of its slopes by
 * expectation and maximisation, as if they were drawn from a normal distribution about 0.
 */
const baseline::level_usual& baseline::usual(std::size_t level) const
{
    auto& found = d_usual[level];
    if (std::exchange(found.known, true))
        return found;
    d_spreads.clear();
    double variance = 0;
    const auto bins = d_settings.bins();
    const auto for_known = [&](auto f) {
        for (std::size_t j = 0; j < bins; ++j)
            if (const auto& each = filled(level, j); each.count >= d_settings.least_count)
                f(each, d_trends[level * bins + j]);
    };
    for_known([&](const cell& each, const trend& line) {
        d_spreads.push_back(each.spread);
        variance += line.slope * line.slope;
    });
    found.spread = d_settings.floor;
    found.slope_variance = 0;
    if (d_spreads.empty())
        return found;
    const auto count = static_cast<double>(d_spreads.size());
    const auto middle = d_spreads.begin() + static_cast<std::ptrdiff_t>(d_spreads.size() / 2);
    std::nth_element(d_spreads.begin(), middle, d_spreads.end());
    found.spread = std::max(*middle, d_settings.floor);
    if (prior_weight() == 0)
        return found;
    variance = variance / count + found.spread * found.spread / prior_weight();
    for (int i = 0; i < iterations; ++i) {
        double sum = 0;
        for_known([&](const cell& each, const trend& line) {
            const auto scale = std::max(each.spread, found.spread);
            const auto weight = weight_of(line) + scale * scale / variance;
            const auto slope = line.slope * line.weight / weight;
            sum += slope * slope + scale * scale / weight;
        });
        variance = sum / count;
    }
    found.slope_variance = variance;
    return found;
}

//! z of a level; NaN without a verdict.
double baseline::deviation_at(const place& at, std::size_t level, double value) const
{
    const auto count = filled(level, at.bin).count;
    if (!is_level(value) || count < d_settings.least_count)
        return unknown;
    const auto healthy = line_of(level, at.bin);
    const auto off = at.distance - healthy.mean;
    auto variance = 1 + 1 / static_cast<double>(count);
    if (healthy.weight > 0)
        variance += off * off / healthy.weight;
    return (value - healthy.at(at.distance)) / (healthy.scale * std::sqrt(variance));
}

void baseline::deviation(const double* levels, double speed, double* deviations) const
{
    const auto here = place_of(speed);
    for (std::size_t i = 0; i < d_settings.levels; ++i)
        deviations[i] = here ? deviation_at(*here, i, levels[i]) : unknown;
}

void baseline::skip(std::uint64_t rows)
{
    if (rows == 0)
        return;
    d_last = unknown;
    if (d_frozen) {
        d_alarm.skip(rows);
        d_alarm.take(); // "no data" is no event of a baseline
    }
    d_rows += std::min(rows, most_rows - std::min(most_rows, d_rows));
}

template <class R>
void baseline::add_row(const R* levels, double speed, R* deviations)
{
    const auto here = is_steady(speed) ? place_of(speed) : std::nullopt;
    for (std::size_t i = 0; i < d_settings.levels; ++i) {
        const auto value = static_cast<double>(levels[i]);
        d_z[i] = here ? deviation_at(*here, i, value) : unknown;
        deviations[i] = static_cast<R>(d_z[i]);
    }
    if (d_frozen) {
        if (here)
            tell(here->bin, speed);
        d_alarm.add(d_z.data(), d_settings.f_max > 0 ? std::optional(speed) : std::nullopt);
        for (auto& e : d_alarm.take())
            if (is_of_deviation(e)) {
                const auto before = d_rows - e.row; // rows that the alarm has not seen
                e.start += before;
                e.excess_row += before;
                e.peak_row += before;
                e.row = d_rows;
                e.measured = static_cast<double>(levels[e.level]);
                e.expected = line_of(e.level, here->bin).at(here->distance);
                d_events.push_back(e);
            }
    } else if (here && !d_held) {
        bool any = false;
        for (std::size_t i = 0; i < d_settings.levels; ++i)
            if (const auto value = static_cast<double>(levels[i]); is_level(value)) {
                learn(i, *here, value);
                any = true;
            }
        d_learned += any;
        if (d_learned >= rows_of(d_settings.learn_time, d_settings.rate))
            end_learning();
    }
    ++d_rows;
}

//! Reports, once, that a level has no baseline in this speed bin.
void baseline::tell(std::size_t speed_bin, double speed)
{
    if (d_told[speed_bin])
        return;
    for (std::size_t i = 0; i < d_settings.levels; ++i) {
        const auto count = filled(i, speed_bin).count;
        if (count >= d_settings.least_count)
            continue;
        level_event e;
        e.kind = level_event_kind::not_learned;
        e.level = i;
        e.row = e.start = d_rows;
        e.rows = count;
        e.speed = d_settings.f_max > 0 ? speed : unknown;
        d_events.push_back(e);
        break;
    }
    d_told[speed_bin] = 1;
}

void baseline::end_learning()
{
    d_frozen = true;
    level_event e;
    e.kind = level_event_kind::learned;
    e.row = d_rows;
    e.rows = d_learned;
    d_events.push_back(e);
}

void baseline::freeze()
{
    if (!d_frozen)
        end_learning();
}

void baseline::relearn()
{
    for (std::size_t i = 0; i < d_settings.levels; ++i)
        if (d_alarm.zone(i)) {
            level_event e;
            e.kind = level_event_kind::clear;
            e.level = i;
            e.zone_before = 1;
            e.row = e.start = d_rows;
            d_events.push_back(e);
        }
    d_alarm.reset();
    d_histograms.assign(d_histograms.size(), level_histogram());
    d_trends.assign(d_trends.size(), trend());
    d_cells.assign(d_cells.size(), cell{ 0, unknown, unknown, 0 });
    d_told.assign(d_told.size(), 0);
    forget_usual();
    d_learned = 0;
    d_frozen = false;
}

void baseline::forget_usual() { d_usual.assign(d_usual.size(), level_usual()); }

std::vector<level_event> baseline::take() { return std::exchange(d_events, {}); }

void baseline::change(const baseline_settings& s)
{
    s.check();
    if (s.levels != d_settings.levels)
        refuse("levels", s.levels, "must stay " + std::to_string(d_settings.levels));
    if (s.speed_bins != d_settings.speed_bins)
        refuse("speed_bins", s.speed_bins, "must stay " + std::to_string(d_settings.speed_bins));
    if (s.f_min != d_settings.f_min || s.f_max != d_settings.f_max)
        refuse("f_max", s.f_max, "must stay, and so must f_min");
    d_alarm.change(alarm_of(s));
    d_settings = s;
    forget_usual();
}

state_section baseline::state() const
{
    auto s = d_alarm.state(); // names of its arrays are not used below
    s.parameters = text_of_parameters(d_settings);
    s.counts["baseline_rows"] = { static_cast<std::int64_t>(d_rows) };
    s.counts["learned"] = { static_cast<std::int64_t>(d_learned) };
    s.counts["frozen"] = { d_frozen };
    s.counts["told"].assign(d_told.begin(), d_told.end());
    auto& counts = s.counts["histograms"];
    s.numbers["last_speed"] = { d_last };
    auto &origins = s.numbers["origins"], &sums = s.numbers["sums"],
         &squares = s.numbers["squares"];
    for (const auto& line : d_trends) {
        s.numbers["trend_mean"].push_back(line.mean);
        s.numbers["trend_slope"].push_back(line.slope);
        s.numbers["trend_weight"].push_back(line.weight);
    }
    for (const auto& histogram : d_histograms) {
        origins.push_back(histogram.origin());
        counts.insert(counts.end(), histogram.counts().begin(), histogram.counts().end());
        sums.insert(sums.end(), histogram.sums().begin(), histogram.sums().end());
        squares.insert(squares.end(), histogram.squares().begin(), histogram.squares().end());
    }
    return s;
}

void baseline::restore(const state_section& state, const std::vector<std::string>& may_differ)
{
    auto names = may_differ;
    for (const auto fixed : { "levels", "f_min", "f_max", "speed_bins" })
        names.erase(std::remove(names.begin(), names.end(), fixed), names.end());
    state.require(text_of_parameters(d_settings), names);
    const auto n = d_histograms.size();
    const auto counts = counts_in(state, "histograms", n * classes);
    const auto &origins = state.reals("origins", n), &sums = state.reals("sums", n * classes),
               &squares = state.reals("squares", n * classes);
    const auto &mean = state.reals("trend_mean", n), &slope = state.reals("trend_slope", n),
               &weight = state.reals("trend_weight", n);
    const auto last = state.reals("last_speed", 1)[0];
    const auto told = counts_in(state, "told", d_told.size());
    const auto rows = counts_in(state, "baseline_rows", 1)[0],
               learned = counts_in(state, "learned", 1)[0],
               frozen = counts_in(state, "frozen", 1)[0];
    auto alarm = level_alarm(alarm_of(d_settings));
    auto watched = state;
    watched.parameters = text_of_parameters(alarm.design());
    alarm.restore(watched);

    d_alarm = std::move(alarm);
    for (std::size_t i = 0; i < n; ++i) {
        const auto part = [i](const auto& all) {
            std::array<std::decay_t<decltype(all[0])>, classes> one;
            std::copy_n(
                all.begin() + static_cast<std::ptrdiff_t>(i * classes), classes, one.begin());
            return one;
        };
        d_trends[i] = { mean[i], slope[i], weight[i] };
        d_histograms[i].restore(origins[i], part(counts), part(sums), part(squares));
    }
    d_cells.assign(n, cell{ 0, unknown, unknown, 0 });
    forget_usual();
    std::transform(told.begin(), told.end(), d_told.begin(), [](auto t) { return t != 0; });
    d_rows = rows;
    d_learned = learned;
    d_frozen = frozen != 0;
    d_last = last;
    d_events.clear();
}

} // namespace gr::stft::kernel
