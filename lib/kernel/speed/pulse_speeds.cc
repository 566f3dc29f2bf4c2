/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "pulse_speeds.h"
#include "slope_through.h"
#include <algorithm>
#include <array>

namespace gr::stft::kernel {

namespace {

constexpr double held_intervals = 1.5; // before the first pulse of a run, and after the last one
constexpr std::size_t reach =
    2; // revolutions before and after a pulse, in the polynomial through it

} // namespace

pulse_speeds::pulse_speeds(const tacho_settings& s, std::int64_t first)
    : d_rate(s.samp_rate), d_ppr(static_cast<double>(s.ppr)),
      d_longest(s.samp_rate / (s.lowest() * d_ppr)), d_step(s.ppr),
      d_hop(static_cast<std::int64_t>(s.hop)), d_next((first + d_hop - 1) / d_hop * d_hop)
{}

void pulse_speeds::add(const counted_pulse& pulse)
{
    if (pulse.start) {
        stop();
        d_run.clear();
        d_waiting = 0;
    }
    d_turns = true;
    d_run.push_back(pulse);
    settle();
}

void pulse_speeds::stop()
{
    d_turns = false;
    settle();
}

//! Hz: slope of the polynomial through a pulse and those one and two revolutions from it.
double pulse_speeds::speed_of(std::size_t i) const
{
    const auto n = d_run.size();
    const auto step = std::min(d_step, std::max<std::size_t>(1, (n - 1) / reach));
    std::array<double, 2 * reach> t, y; // samples and pulses from this one
    std::size_t points = 0;
    double fastest = 0;
    const auto point = [&](std::size_t j) {
        t[points] = d_run[j].at.after(d_run[i].at);
        y[points] = static_cast<double>(d_run[j].number - d_run[i].number);
        fastest = std::max(fastest, y[points] / t[points]);
        ++points;
    };
    for (std::size_t j = 1; j <= reach; ++j) {
        if (j * step <= i)
            point(i - j * step);
        if (i + j * step < n)
            point(i + j * step);
    }
    const auto slope = slope_through(t.data(), y.data(), points);
    return std::clamp(slope, 0.0, 2 * fastest) * d_rate / d_ppr;
}

void pulse_speeds::settle()
{
    for (; d_waiting < d_run.size() && (!d_turns || d_waiting + reach * d_step < d_run.size());
         ++d_waiting) {
        const auto& p = d_run[d_waiting];
        const tacho_pulse pulse{ p.at, p.number, speed_of(d_waiting), p.start };
        d_settled.push_back(pulse);
        d_done.push_back(pulse);
    }
    if (!d_turns) {
        d_run.clear();
        d_waiting = 0;
    }
    for (; d_waiting > reach * d_step; --d_waiting)
        d_run.pop_front();
}

//! True if the machine is known to have no pulse within the longest interval after this instant.
bool pulse_speeds::is_free(const sample_instant& at, const sample_instant& before) const
{
    return (d_turns ? d_run.front().at : before).after(at) > d_longest;
}

//! True if the speed at the first or last pulse of a run holds this many samples before or after it.
bool pulse_speeds::holds(const tacho_pulse& pulse, double samples) const
{
    return samples * pulse.speed * d_ppr <= held_intervals * d_rate && samples <= d_longest;
}

//! Hz, this many samples after pulse a and before b, the next one.
double pulse_speeds::between(const tacho_pulse& a, const tacho_pulse& b, double after_a) const
{
    const auto interval = b.at.after(a.at), u = after_a / interval;
    auto speed = a.speed + (b.speed - a.speed) * u;
    if (d_step == 1) { // more teeth need not lie at equal angles
        const auto mean = static_cast<double>(b.number - a.number) * d_rate / interval;
        speed += 6 * u * (1 - u) * (mean - (a.speed + b.speed) / 2);
    }
    return std::max(speed, 0.0);
}

//! False if the speed is not certain yet.
bool pulse_speeds::speed_at(const sample_instant& at,
                            const sample_instant& before,
                            double& speed) const
{
    speed = 0;
    if (d_settled.empty())
        return is_free(at, before);
    const auto& a = d_settled[0];
    const auto after_a = at.after(a.at);
    if (after_a < 0) {
        if (holds(a, -after_a))
            speed = a.speed;
        return true;
    }
    if (d_settled.size() == 1 && d_turns && d_waiting > 0)
        return false;
    if (d_settled.size() > 1 && !d_settled[1].start) {
        speed = between(a, d_settled[1], after_a);
        return true;
    }
    // a start within the longest interval may continue the run
    const bool follows = d_settled.size() > 1;
    if (!follows && (d_turns ? !d_run.front().start : !is_free(a.at, before)))
        return false;
    if (holds(a, after_a)) {
        speed = a.speed;
        return true;
    }
    if (!follows)
        return is_free(at, before);
    if (holds(d_settled[1], d_settled[1].at.after(at)))
        speed = d_settled[1].speed;
    return true;
}

void pulse_speeds::advance(std::int64_t end,
                           const sample_instant& before,
                           std::vector<float>& speeds)
{
    for (; d_next < end; d_next += d_hop) {
        const sample_instant at{ d_next, 0 };
        while (d_settled.size() > 1 && at.after(d_settled[1].at) >= 0)
            d_settled.pop_front();
        double speed = 0;
        if (!speed_at(at, before, speed))
            return;
        speeds.push_back(static_cast<float>(speed));
    }
}

} // namespace gr::stft::kernel
