/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "pulse_train.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

// Tolerances that lie between the jitter of regular pulses and what bounces and missing pulses do; none of them is derived.
constexpr double too_soon = 0.6;   // intervals: an edge that comes sooner is a bounce
constexpr double standstill = 4.5; // intervals without an edge, at the last speed and slope
constexpr int most_in_one = 4;     // intervals from one edge to the next: less than `standstill`
constexpr double slowest_ahead = 0.25; // of the last speed: the slowest that a slope may lead to
constexpr double agreement = 0.3; // of an interval: difference of intervals of a steady machine
constexpr std::size_t most_candidates = 16; // edges that are kept while the machine stands still
constexpr std::size_t edges_of_start = 4;   // edges at steady intervals that begin a train
constexpr int most_bridged = 16;            // intervals without a pulse that are counted
constexpr double bridge_tolerance = 0.2;    // of an interval: distance from a whole number of them

} // namespace

pulse_train::pulse_train(const tacho_settings& s, std::int64_t number)
    : d_rate(s.samp_rate), d_slew(s.slew * static_cast<double>(s.ppr)),
      d_shortest(too_soon / (s.highest() * static_cast<double>(s.ppr))),
      d_longest(1 / (s.lowest() * static_cast<double>(s.ppr))), d_first(number), d_next(number)
{
    d_candidates.reserve(most_candidates + 1);
}

double pulse_train::clipped(double slope) const { return std::clamp(slope, -d_slew, d_slew); }

//! Number of pulses after which an edge comes, if the one before it was counted: 1 unless some are missing.
int pulse_train::missed(double interval, double speed) const
{
    int best = 1;
    for (int k = 2; k <= most_in_one; ++k)
        if (std::abs(k / interval - speed) < std::abs(best / interval - speed))
            best = k;
    return best;
}

//! Takes the speed of the last interval, and from it how long to wait for the next edge.
void pulse_train::set_pace(double speed, double interval)
{
    d_speed = speed;
    d_interval = interval;
    // the first d with d (a + b d) = standstill, unless the slope leads below the slowest prediction before
    const auto a = speed + d_slope * interval / 2, b = d_slope / 2;
    const auto least = slowest_ahead * speed;
    const auto square = a * a + 4 * b * standstill;
    d_patience = standstill / least;
    if (square >= 0 && a + std::sqrt(square) > 0) {
        const auto wait = 2 * standstill / (a + std::sqrt(square));
        if (a + b * wait >= least)
            d_patience = wait;
    }
    d_patience = std::min(d_patience, d_longest);
}

//! False if the edge comes after a standstill.
bool pulse_train::follow(const sample_instant& edge, std::vector<counted_pulse>& pulses)
{
    const auto interval = seconds(d_last, edge);
    if (interval > d_patience)
        return false;
    if (interval < d_shortest || interval < too_soon / (d_speed + d_slew * interval))
        return true;
    const auto expected =
        std::max(d_speed + d_slope * (interval + d_interval) / 2, slowest_ahead * d_speed);
    const auto k = missed(interval, expected);
    const auto speed = k / interval;
    d_slope = clipped((speed - d_speed) / ((interval + d_interval) / 2));
    set_pace(speed, interval);
    d_last = edge;
    d_next += k;
    pulses.push_back({ edge, d_next - 1, false });
    return true;
}

void pulse_train::add(const sample_instant& edge, std::vector<counted_pulse>& pulses)
{
    if (d_turns && follow(edge, pulses))
        return;
    pass(edge);
    d_turns = false;
    if (d_candidates.size() == most_candidates)
        d_candidates.erase(d_candidates.begin());
    d_candidates.push_back(edge);
    if (regular())
        start(pulses);
}

bool pulse_train::pass(const sample_instant& now)
{
    if (d_turns)
        d_turns = seconds(d_last, now) <= d_patience;
    if (!d_candidates.empty() && seconds(d_candidates.back(), now) > d_longest)
        d_candidates.clear();
    return !d_turns;
}

//! True if the last candidates are edges of a machine that turns.
bool pulse_train::regular() const
{
    if (d_candidates.size() < edges_of_start)
        return false;
    double least = d_longest, greatest = d_shortest;
    for (auto edge = d_candidates.end() - (edges_of_start - 1); edge != d_candidates.end();
         ++edge) {
        const auto interval = seconds(edge[-1], edge[0]);
        if (interval < d_shortest || interval > d_longest)
            return false;
        least = std::min(least, interval);
        greatest = std::max(greatest, interval);
    }
    return greatest - least <= agreement * greatest;
}

/*!
 * Number of intervals from the last pulse to the first one of a start, if the cubic through the speeds and slopes on both
 * sides makes that an integer: pulses were missing, and the machine did not stand still. Else 0.
 */
int pulse_train::bridged(const sample_instant& edge, double speed, double slope) const
{
    if (!d_has_turned)
        return 0;
    const auto gap = seconds(d_last, edge), before = d_speed + d_slope * d_interval / 2;
    const auto pulses = gap * (before + speed) / 2 + gap * gap * (d_slope - slope) / 12;
    const auto nearest = std::round(pulses);
    const bool agrees = std::abs(before - speed) <= agreement * std::max(before, speed) &&
                        std::abs(pulses - nearest) <= bridge_tolerance;
    return gap <= d_longest && agrees && nearest >= 1 && nearest <= most_bridged
               ? static_cast<int>(nearest)
               : 0;
}

//! The candidate before candidate i that is a pulse: the nearest number of intervals away, as the speed after it expects.
//! Nothing if there is none.
std::optional<pulse_train::earlier_pulse> pulse_train::pulse_before(std::size_t i,
                                                                    const pace& after) const
{
    std::optional<earlier_pulse> best;
    double best_off = agreement;
    for (std::size_t j = i; j-- > 0;) {
        const auto interval = seconds(d_candidates[j], d_candidates[i]);
        const auto expected = std::max(after.speed - after.slope * (interval + after.interval) / 2,
                                       slowest_ahead * after.speed);
        const auto k = missed(interval, expected);
        const auto off = std::abs(interval * expected - k);
        if (interval > d_longest || (best && k > best->intervals))
            break;
        if (interval < d_shortest || !(off < best_off))
            continue;
        best = earlier_pulse{ j, k, interval };
        best_off = off;
    }
    return best;
}

double
pulse_train::slope_between(double speed, double interval, double next, double next_interval) const
{
    return clipped((next - speed) / ((interval + next_interval) / 2));
}

/*!
 * The first of the four edges may be a bounce, and edges before it may be pulses of a machine that gathers speed. So the last
 * three edges are pulses, and those before them are searched backwards.
 */
void pulse_train::start(std::vector<counted_pulse>& pulses)
{
    struct found {
        sample_instant at;
        int intervals; // to the next one
    };
    std::vector<found> all; // backwards
    const auto last = d_candidates.size() - 1;
    for (std::size_t i = 0; i < edges_of_start - 1; ++i)
        all.push_back({ d_candidates[last - i], i > 0 });
    const auto interval = seconds(d_candidates[last - 1], d_candidates[last]),
               before = seconds(d_candidates[last - 2], d_candidates[last - 1]);
    const auto slope = slope_between(1 / before, before, 1 / interval, interval);
    pace earliest{ 1 / before, slope, before };
    for (auto i = last - (edges_of_start - 2); i > 0;) {
        const auto pulse = pulse_before(i, earliest);
        if (!pulse)
            break;
        const auto speed = pulse->intervals / pulse->interval;
        earliest = { speed,
                     slope_between(speed, pulse->interval, earliest.speed, earliest.interval),
                     pulse->interval };
        all.push_back({ d_candidates[pulse->candidate], pulse->intervals });
        i = pulse->candidate;
    }
    const auto missing = bridged(
        all.back().at, earliest.speed - earliest.slope * earliest.interval / 2, earliest.slope);
    d_next += std::max(0, missing - 1);
    for (std::size_t i = all.size(); i-- > 0;) {
        const bool first = i + 1 == all.size();
        pulses.push_back({ all[i].at, d_next, first && !missing });
        d_next += i > 0 ? all[i].intervals : 1;
    }
    d_slope = slope;
    set_pace(1 / interval, interval);
    d_last = d_candidates[last];
    d_turns = d_has_turned = true;
    d_candidates.clear();
}

} // namespace gr::stft::kernel
