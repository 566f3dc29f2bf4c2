/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "slope_through.h"
#include "speed_curve.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double fastest = 0.5;        // revolutions per sample: order 1 at half the sample rate
constexpr std::size_t reach = 2;       // speeds on either side of one, in the polynomial through it
constexpr int most_iterations = 20;    // of Newton's method; 2 or 3 are usual
constexpr double exact_enough = 1e-13; // of a piece

} // namespace

void revolutions::add(double more)
{
    const auto whole = std::floor(more);
    number += static_cast<std::int64_t>(whole);
    fraction += more - whole;
    if (fraction >= 1) {
        fraction -= 1;
        ++number;
    }
}

speed_piece::speed_piece(const sample_instant& from,
                         double length,
                         const speed_end& a,
                         const speed_end& b)
    : d_from(from), d_length(length)
{
    const auto before = length * a.slope, after = length * b.slope;
    d_c[0] = a.speed;
    d_c[1] = before;
    d_c[2] = 3 * (b.speed - a.speed) - 2 * before - after;
    d_c[3] = 2 * (a.speed - b.speed) + before + after;
    d_total = revolutions_at(1);
    d_slowest = std::min(a.speed, b.speed);
}

speed_piece::speed_piece(const sample_instant& from, double speed, bool turns)
    : d_from(from), d_length(endless), d_total(HUGE_VAL), d_slowest(turns ? speed : 0)
{
    d_c[0] = speed;
}

speed_piece speed_piece::gap(const sample_instant& from, double length, double total)
{
    speed_piece piece;
    piece.d_from = from;
    piece.d_length = length;
    piece.d_total = total;
    return piece;
}

sample_instant speed_piece::find(double more, double& speed) const
{
    double samples;
    if (is_last()) {
        speed = d_c[0];
        samples = more / speed;
    } else {
        // exact if the speed rises in a straight line
        const auto a = d_c[0], rise = d_c[1] + d_c[2] + d_c[3], mean = more / d_length;
        double u = 2 * mean / (a + std::sqrt(std::max(0.0, a * a + 2 * rise * mean)));
        u = std::clamp(u, 0.0, 1.0);
        double low = 0, high = 1;
        for (int i = 0; i < most_iterations; ++i) {
            const auto off = revolutions_at(u) - more;
            (off > 0 ? high : low) = u;
            auto next = u - off / (d_length * speed_at(u));
            if (!(next >= low && next <= high))
                next = (low + high) / 2;
            const auto moved = std::abs(next - u);
            u = next;
            if (moved < exact_enough)
                break;
        }
        speed = speed_at(u);
        samples = u * d_length;
    }
    const auto whole = std::floor(samples);
    sample_instant at{ d_from.sample + static_cast<std::int64_t>(whole),
                       d_from.fraction + (samples - whole) };
    if (at.fraction >= 1) {
        at.fraction -= 1;
        ++at.sample;
    }
    return at;
}

bool speed_curve::add(const sample_instant& at, double speed)
{
    if (d_finished || (!d_knots.empty() && !(at.after(d_knots.back().at) > 0)))
        return false;
    d_knots.push_back({ at, speed > 0 && speed <= fastest ? speed : 0 });
    if (d_knots.size() > d_next + 1 + reach)
        make(d_next);
    return true;
}

//! Removes the front piece; memory is used again once half of it is free, so that nothing is allocated in the long run.
void speed_curve::pop()
{
    ++d_front;
    if (2 * d_front < d_pieces.size())
        return;
    d_pieces.erase(d_pieces.begin(), d_pieces.begin() + static_cast<std::ptrdiff_t>(d_front));
    d_front = 0;
}

void speed_curve::finish()
{
    if (d_finished)
        return;
    d_finished = true;
    while (d_next + 1 < d_knots.size())
        make(d_next);
    const auto none = d_knots.empty();
    const knot last = none ? knot{ d_first, 0 } : d_knots.back();
    const bool before = d_first.after(last.at) > 0;
    if (!d_started && !none && !before)
        make(d_next); // a single speed: what lies before it
    const auto from = before ? d_first : last.at;
    obey_changes(from.sample);
    d_pieces.emplace_back(from, last.speed, turns(last));
}

//! Speed and slope at a knot that turns.
speed_end speed_curve::end_at(std::size_t i) const
{
    double t[2 * reach], f[2 * reach], longest = 0;
    std::size_t points = 0;
    const auto& here = d_knots[i];
    const auto point = [&](std::size_t j) {
        t[points] = d_knots[j].at.after(here.at);
        f[points] = d_knots[j].speed - here.speed;
        ++points;
    };
    for (std::size_t j = i; j > 0 && i - (j - 1) <= reach && turns(d_knots[j - 1]); --j)
        point(j - 1);
    if (points)
        longest = -t[0];
    const auto before = points;
    for (std::size_t j = i + 1; j < d_knots.size() && j - i <= reach && turns(d_knots[j]); ++j)
        point(j);
    if (points > before)
        longest = std::max(longest, t[before]);
    if (points == 0)
        return { here.speed, 0 };
    // at the end of a run the nearest three speeds decide: a polynomial of higher order swings
    const auto used = before == 0 || before == points ? std::min<std::size_t>(points, 2) : points;
    // with half of the speed in Bernstein's coefficients, the cubic stays positive
    const auto limit = 1.5 * here.speed / longest;
    return { here.speed, std::clamp(slope_through(t, f, used), -limit, limit) };
}

//! Obeys the changes of pieces that begin at this sample.
void speed_curve::obey_changes(std::int64_t sample)
{
    while (!d_changes.empty() && d_changes.front().from <= sample) {
        d_lowest = d_changes.front().lowest;
        d_changes.erase(d_changes.begin());
    }
}

//! The piece from knot i to the next one, and what lies before the first knot.
void speed_curve::make(std::size_t i)
{
    const auto& a = d_knots[i];
    obey_changes(a.at.sample);
    if (!d_started) {
        d_started = true;
        const auto length = a.at.after(d_first);
        if (length > 0)
            put(turns(a) ? speed_piece(d_first, length, { a.speed, 0 }, { a.speed, 0 })
                         : speed_piece::gap(d_first, length, a.speed * length));
    }
    if (i + 1 >= d_knots.size())
        return;
    const auto& b = d_knots[i + 1];
    const auto length = b.at.after(a.at);
    put(turns(a) && turns(b) ? speed_piece(a.at, length, end_at(i), end_at(i + 1))
                             : speed_piece::gap(a.at, length, (a.speed + b.speed) / 2 * length));
    if (i == reach)
        d_knots.erase(d_knots.begin());
    else
        ++d_next;
}

//! Adds a piece unless it ends before the curve begins.
void speed_curve::put(const speed_piece& piece)
{
    const auto left_out = d_first.after(piece.from());
    if (left_out >= piece.length())
        return;
    if (left_out > 0)
        d_before_first = piece.is_gap() ? piece.total() * left_out / piece.length()
                                        : piece.revolutions_at(left_out / piece.length());
    d_pieces.push_back(piece);
}

} // namespace gr::stft::kernel
