/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/speed/ridge_pairing.h"
#include <gnuradio/stft/kernel/speed/ridge_tracker.h>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace gr::stft::kernel {

namespace {

constexpr double fit_time = 1, bridge_time = 2; // s
constexpr double guard_time =
    0.25; // s on either side of an encounter, where ridges disturb each other
constexpr double slope_weight = 0.5; // s
constexpr double clear_margin = 0.5; // Hz between the costs of two pairings
constexpr double unknown_cost = 3;   // Hz of a side where a ridge was lost
constexpr double least_trust = 0.4;  // of the frames of a line
// of ln A: a side's variance, and that of p in the law A ~ f^p
constexpr double level_variance = 0.2 * 0.2, law_variance = 3 * 3;
constexpr double most_distant = 8;      // of an order, so that none decides alone
constexpr double level_weight = 4;      // Hz
constexpr std::size_t least_levels = 3; // frames that an amplitude is the mean of

std::size_t frames_in(double time, double hop_time)
{
    return std::max<std::size_t>(2, static_cast<std::size_t>(std::llround(time / hop_time)));
}

} // namespace

ridge_pairing::ridge_pairing(std::size_t tracks,
                             const std::vector<double>& orders,
                             double hop_time,
                             double reach,
                             double apart)
    : d_tracks(tracks), d_width(ridge_amplitudes + orders.size()), d_orders(orders),
      d_hop_time(hop_time), d_reach(reach), d_apart(apart), d_fit(frames_in(fit_time, hop_time)),
      d_bridge(frames_in(bridge_time, hop_time)), d_guard(frames_in(guard_time, hop_time)),
      d_hold(tracks > 1 ? d_bridge + 2 * d_guard + d_fit : 0),
      d_depth(d_hold + d_guard + d_fit + 2), d_ring(d_depth * tracks * d_width),
      d_incoming(tracks * d_width), d_names(tracks), d_encounters(tracks * tracks)
{
    for (auto& e : d_encounters)
        for (auto& side : e.before)
            side.levels.resize(orders.size());
    for (auto& side : d_after)
        side.levels.resize(orders.size());
    std::iota(d_names.begin(), d_names.end(), std::size_t(0));
}

double* ridge_pairing::add() { return d_incoming.data(); }

void ridge_pairing::added()
{
    for (std::size_t i = 0; i < d_tracks; ++i)
        std::copy_n(d_incoming.data() + d_names[i] * d_width, d_width, slot(d_added, i));
    ++d_added;
    for (std::size_t i = 0; i < d_tracks; ++i)
        for (std::size_t j = i + 1; j < d_tracks; ++j)
            follow(i, j, d_encounters[i * d_tracks + j]);
}

const double* ridge_pairing::frame(bool ended)
{
    if (d_left == d_added || (!ended && d_left + d_hold >= d_added))
        return nullptr;
    if (ended)
        for (std::size_t i = 0; i < d_tracks; ++i)
            for (std::size_t j = i + 1; j < d_tracks; ++j)
                if (auto& e = d_encounters[i * d_tracks + j]; e.waits)
                    decide(i, j, e, d_added);
    return slot(d_left, 0);
}

//! The line through a ridge, in which frames count as far as they can be trusted.
void ridge_pairing::fit(std::size_t track, std::uint64_t begin, std::uint64_t end, side& to)
{
    double n = 0, x1 = 0, x2 = 0, y0 = 0, y1 = 0;
    for (auto p = begin; p < end; ++p) {
        const auto* values = slot(p, track);
        const auto trust = std::min(1.0, values[ridge_confidence]);
        const auto weight = trust * trust, x = static_cast<double>(p - begin),
                   y = values[ridge_frequency];
        n += weight, x1 += weight * x, x2 += weight * x * x;
        y0 += weight * y, y1 += weight * x * y;
    }
    to.known = false;
    const auto determinant = n * x2 - x1 * x1;
    if (!(determinant > 1e-9 * n * x2))
        return;
    to.known = n >= least_trust * static_cast<double>(end - begin) && end - begin >= 3;
    to.slope = (n * y1 - x1 * y0) / determinant;
    to.value = (y0 - to.slope * x1) / n - to.slope * static_cast<double>(begin);
}

//! True if no line of the other ridge is near.
bool ridge_pairing::is_clear(double line, double other) const
{
    return std::all_of(d_orders.begin(), d_orders.end(), [&](double k) {
        return std::abs(line - k * other) >= d_apart;
    });
}

void ridge_pairing::measure(std::size_t track,
                            std::size_t other,
                            std::uint64_t begin,
                            std::uint64_t end,
                            side& to)
{
    fit(track, begin, end, to);
    double pitch = 0;
    for (auto p = begin; p < end; ++p)
        pitch += std::log(slot(p, track)[ridge_frequency]);
    to.pitch = pitch / static_cast<double>(end - begin);
    for (std::size_t k = 0; k < d_orders.size(); ++k) {
        double sum = 0;
        std::size_t count = 0;
        for (auto p = begin; p < end; ++p) {
            const auto* values = slot(p, track);
            const auto a = values[ridge_amplitudes + k];
            if (!(a > 0 &&
                  is_clear(d_orders[k] * values[ridge_frequency], slot(p, other)[ridge_frequency])))
                continue;
            sum += std::log(a);
            ++count;
        }
        to.levels[k] = count >= least_levels ? sum / static_cast<double>(count) : NAN;
    }
}

double ridge_pairing::move_cost(const side& before, const side& after, double middle) const
{
    if (!before.known || !after.known)
        return unknown_cost;
    return std::abs(before.at(middle) - after.at(middle)) +
           slope_weight * std::abs(before.slope - after.slope) / d_hop_time;
}

/*!
 * Cost of before[0] becoming `after`, and before[1] `other`: for each order, r' (2 level_variance + law_variance q q')^-1 r
 * with the changes r of ln A and q of ln f, and of that the logarithm.
 */
double ridge_pairing::level_cost(const side* before, const side& after, const side& other) const
{
    const auto q0 = after.pitch - before[0].pitch, q1 = other.pitch - before[1].pitch;
    constexpr auto v = 2 * level_variance;
    double sum = 0, count = 0;
    for (std::size_t k = 0; k < d_orders.size(); ++k) {
        const auto r0 = after.levels[k] - before[0].levels[k],
                   r1 = other.levels[k] - before[1].levels[k], along = q0 * r0 + q1 * r1;
        const auto distance =
            (r0 * r0 + r1 * r1 -
             law_variance * along * along / (v + law_variance * (q0 * q0 + q1 * q1))) /
            v;
        if (std::isfinite(distance)) {
            sum += std::log1p(std::clamp(distance, 0.0, most_distant));
            ++count;
        }
    }
    return count > 0 ? level_weight * sum / count : 0;
}

//! Looks at the newest frame of two ridges.
void ridge_pairing::follow(std::size_t i, std::size_t j, encounter& e)
{
    const auto frame = d_added - 1;
    const auto distance = slot(frame, i)[ridge_frequency] - slot(frame, j)[ridge_frequency];
    const bool crossed = frame > 0 && (distance > 0) != (e.distance > 0);
    const bool near = std::abs(distance) < d_reach || crossed;
    if (e.waits && near && frame < e.end + d_guard + d_fit / 2) {
        e.waits = false; // this encounter goes on
        e.open = true;
    } else if (e.waits && (near || frame + 1 >= e.end + d_guard + d_fit)) {
        decide(i, j, e, near ? frame : frame + 1);
    }
    e.distance =
        slot(frame, i)[ridge_frequency] - slot(frame, j)[ridge_frequency]; // names may have changed
    if (near && !e.open) {
        e.open = true;
        e.begin = frame > d_guard ? frame - d_guard : 0;
        const auto first = e.begin > d_fit ? e.begin - d_fit : 0;
        measure(i, j, first, e.begin, e.before[0]);
        measure(j, i, first, e.begin, e.before[1]);
    } else if (!near && e.open) {
        e.open = false;
        e.waits = true;
        e.end = frame;
    }
    if (e.open && frame - e.begin >= d_bridge + d_guard) // too long to know which is which
        for (auto p = std::max(e.begin, d_left); p <= frame; ++p)
            slot(p, i)[ridge_swap_possible] = slot(p, j)[ridge_swap_possible] = 1;
}

//! Pairs the sides of an encounter; known: frame up to which the later side is known
void ridge_pairing::decide(std::size_t i, std::size_t j, encounter& e, std::uint64_t known)
{
    e.waits = false;
    const bool bridged = e.end - e.begin <= d_bridge + d_guard;
    const auto end = std::min(e.end + d_guard, known - 1); // later side begins
    measure(i, j, end, known, d_after[0]);
    measure(j, i, end, known, d_after[1]);
    const auto middle = static_cast<double>(e.begin + end - 1) / 2;
    const auto cost = [&](std::size_t first, std::size_t second) {
        return move_cost(e.before[0], d_after[first], middle) +
               move_cost(e.before[1], d_after[second], middle) +
               level_cost(e.before, d_after[first], d_after[second]);
    };
    const auto kept = cost(0, 1), crossed = cost(1, 0);
    if (crossed < kept) {
        for (auto p = std::max(end, d_left); p < d_added; ++p)
            std::swap_ranges(slot(p, i), slot(p, i) + d_width, slot(p, j));
        std::swap(d_names[i], d_names[j]);
    }
    const bool guess = std::abs(crossed - kept) < clear_margin;
    for (const auto track : { i, j }) {
        const auto& before = e.before[track == i ? 0 : 1];
        const auto from = before.at(static_cast<double>(e.begin) - 1);
        const auto to = slot(end, track)[ridge_frequency];
        const auto length = static_cast<double>(end - e.begin + 1);
        for (auto p = std::max(e.begin, d_left); p < end; ++p) {
            auto* values = slot(p, track);
            if (bridged && before.known) {
                values[ridge_frequency] =
                    from + (to - from) * static_cast<double>(p - e.begin + 1) / length;
                values[ridge_slope] = (to - from) / length / d_hop_time;
            }
            if (guess)
                values[ridge_swap_possible] = 1;
        }
    }
}

} // namespace gr::stft::kernel
