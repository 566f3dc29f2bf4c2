/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/ridge_pairing.h"
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
constexpr std::size_t frequency = 0, slope = 1, confidence = 2, swap_possible = 3;
constexpr double least_trust = 0.4; // of the frames of a line

std::size_t frames_in(double time, double hop_time)
{
    return std::max<std::size_t>(2, static_cast<std::size_t>(std::llround(time / hop_time)));
}

} // namespace

ridge_pairing::ridge_pairing(std::size_t tracks, std::size_t width, double hop_time, double reach)
    : d_tracks(tracks), d_width(width), d_hop_time(hop_time), d_reach(reach),
      d_fit(frames_in(fit_time, hop_time)), d_bridge(frames_in(bridge_time, hop_time)),
      d_guard(frames_in(guard_time, hop_time)),
      d_hold(tracks > 1 ? d_bridge + 2 * d_guard + d_fit : 0),
      d_depth(d_hold + d_guard + d_fit + 2), d_ring(d_depth * tracks * width),
      d_incoming(tracks * width), d_names(tracks), d_encounters(tracks * tracks)
{
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

ridge_pairing::line ridge_pairing::fit(std::size_t track, std::uint64_t begin, std::uint64_t end)
{
    // frames count as far as they can be trusted
    double n = 0, x1 = 0, x2 = 0, y0 = 0, y1 = 0;
    for (auto p = begin; p < end; ++p) {
        const auto* values = slot(p, track);
        const auto trust = std::min(1.0, values[confidence]);
        const auto weight = trust * trust, x = static_cast<double>(p - begin),
                   y = values[frequency];
        n += weight, x1 += weight * x, x2 += weight * x * x;
        y0 += weight * y, y1 += weight * x * y;
    }
    line fitted;
    fitted.trust = n;
    const auto determinant = n * x2 - x1 * x1;
    if (!(determinant > 1e-9 * n * x2))
        return fitted;
    fitted.known = n >= least_trust * static_cast<double>(end - begin) && end - begin >= 3;
    fitted.slope = (n * y1 - x1 * y0) / determinant;
    fitted.value = (y0 - fitted.slope * x1) / n - fitted.slope * static_cast<double>(begin);
    return fitted;
}

//! Looks at the newest frame of two ridges.
void ridge_pairing::follow(std::size_t i, std::size_t j, encounter& e)
{
    const auto frame = d_added - 1;
    const auto distance = slot(frame, i)[frequency] - slot(frame, j)[frequency];
    const bool crossed = frame > 0 && (distance > 0) != (e.distance > 0);
    const bool near = std::abs(distance) < d_reach || crossed;
    if (e.waits && near && frame < e.end + d_guard + d_fit / 2) {
        e.waits = false; // this encounter goes on
        e.open = true;
    } else if (e.waits && (near || frame + 1 >= e.end + d_guard + d_fit)) {
        decide(i, j, e, near ? frame : frame + 1);
    }
    e.distance = slot(frame, i)[frequency] - slot(frame, j)[frequency]; // names may have changed
    if (near && !e.open) {
        e.open = true;
        e.begin = frame > d_guard ? frame - d_guard : 0;
        const auto first = e.begin > d_fit ? e.begin - d_fit : 0;
        e.before[0] = fit(i, first, e.begin);
        e.before[1] = fit(j, first, e.begin);
    } else if (!near && e.open) {
        e.open = false;
        e.waits = true;
        e.end = frame;
    }
    if (e.open && frame - e.begin >= d_bridge + d_guard) // too long to know which is which
        for (auto p = std::max(e.begin, d_left); p <= frame; ++p)
            slot(p, i)[swap_possible] = slot(p, j)[swap_possible] = 1;
}

//! Pairs the sides of an encounter; known: frame up to which the later side is known
void ridge_pairing::decide(std::size_t i, std::size_t j, encounter& e, std::uint64_t known)
{
    e.waits = false;
    const bool bridged = e.end - e.begin <= d_bridge + d_guard;
    const auto end = std::min(e.end + d_guard, known - 1); // later side begins
    const line after[2] = { fit(i, end, known), fit(j, end, known) };
    const auto middle = static_cast<double>(e.begin + end - 1) / 2;
    const auto cost = [&](std::size_t from, std::size_t to) {
        if (!e.before[from].known || !after[to].known)
            return unknown_cost;
        return std::abs(e.before[from].at(middle) - after[to].at(middle)) +
               slope_weight * std::abs(e.before[from].slope - after[to].slope) / d_hop_time;
    };
    const auto kept = cost(0, 0) + cost(1, 1), crossed = cost(0, 1) + cost(1, 0);
    if (crossed < kept) {
        for (auto p = std::max(end, d_left); p < d_added; ++p)
            std::swap_ranges(slot(p, i), slot(p, i) + d_width, slot(p, j));
        std::swap(d_names[i], d_names[j]);
    }
    const bool guess = std::abs(crossed - kept) < clear_margin;
    for (const auto track : { i, j }) {
        const auto& before = e.before[track == i ? 0 : 1];
        const auto from = before.at(static_cast<double>(e.begin) - 1);
        const auto to = slot(end, track)[frequency];
        const auto length = static_cast<double>(end - e.begin + 1);
        for (auto p = std::max(e.begin, d_left); p < end; ++p) {
            auto* values = slot(p, track);
            if (bridged && before.known) {
                values[frequency] =
                    from + (to - from) * static_cast<double>(p - e.begin + 1) / length;
                values[slope] = (to - from) / length / d_hop_time;
            }
            if (guess)
                values[swap_possible] = 1;
        }
    }
}

} // namespace gr::stft::kernel
