/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_MACHINE_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_MACHINE_SUPPORT_H

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <set>
#include <vector>

/* Machines whose speed is known: laws of the speed, the angle, orders, and the signal of a tacho. */
namespace qa {

constexpr double two_pi = 6.283185307179586476925286766559;

//! The speed (Hz) at a time (s).
using speed_law = std::function<double(double)>;

//! A run-up from 15 to 70 Hz in 20 s, with a swing of 0.4 Hz.
inline double run_up(double t)
{
    return 15 + 55 * std::pow(t / 20, 1.3) + 0.4 * std::sin(two_pi * 0.3 * t);
}
//! A speed that swings by 20 % twice a second.
inline double swing(double t) { return 30 * (1 + 0.2 * std::sin(two_pi * 0.5 * t)); }
//! Rest, 45 Hz from 3 s to 7 s, and rest again from 12 s on.
inline double start_and_stop(double t)
{
    const auto smooth = [](double u) {
        u = std::clamp(u, 0.0, 1.0);
        return u * u * (3 - 2 * u);
    };
    return 45 * smooth((t - 1) / 6) * (1 - smooth((t - 12) / 5));
}

//! A machine that has turned for some time.
struct machine {
    double samp_rate;
    std::vector<double> speed, angle; // Hz, revolutions, of each sample

    machine(const speed_law& law, double rate, double seconds)
        : samp_rate(rate), speed(static_cast<std::size_t>(rate * seconds)), angle(speed.size())
    {
        for (std::size_t i = 0; i < speed.size(); ++i) {
            const auto t = static_cast<double>(i) / rate;
            speed[i] = law(t);
            if (i) // Simpson's rule
                angle[i] =
                    angle[i - 1] + (speed[i - 1] + 4 * law(t - 0.5 / rate) + speed[i]) / (6 * rate);
        }
    }

    //! The value of speed or angle at a time.
    double at(const std::vector<double>& values, double sample) const
    {
        const auto i = std::min(static_cast<std::size_t>(sample), values.size() - 2);
        const auto u = sample - static_cast<double>(i);
        return values[i] + u * (values[i + 1] - values[i]);
    }
};

//! Faults of a tacho.
struct tacho_faults {
    double missing = 0, bounced = 0; // fractions of the pulses
    double noise = 0.02;             // of a pulse of 5
    unsigned seed = 1;
    double width = 0.1;         // of the interval
    std::set<int> lost = {};    // pulses that are missing
    std::set<int> bounces = {}; // pulses that bounce
};

//! The signal of a tacho: pulses from 0 to 5, whose edges take two samples. A bounce is a dip within a pulse.
template <class T>
std::vector<T> tacho_signal(const machine& m, int ppr, const tacho_faults& faults)
{
    std::mt19937_64 random(faults.seed);
    std::uniform_real_distribution<double> uniform;
    std::normal_distribution<double> normal;
    const auto pulses = static_cast<std::size_t>(m.angle.back() * ppr) + 2;
    std::vector<bool> lost(pulses), bounces(pulses);
    for (std::size_t i = 0; i < pulses; ++i) {
        lost[i] = uniform(random) < faults.missing || faults.lost.count(static_cast<int>(i));
        bounces[i] = uniform(random) < faults.bounced || faults.bounces.count(static_cast<int>(i));
    }
    std::vector<T> y(m.angle.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
        const auto angle = m.angle[i] * ppr, edge = 2 * m.speed[i] * ppr / m.samp_rate;
        const auto k = static_cast<std::size_t>(angle);
        const auto u = angle - static_cast<double>(k), w = faults.width;
        double level = u < w ? std::min(1.0, u / std::max(edge, 1e-9))
                             : std::max(0.0, 1 - (u - w) / std::max(edge, 1e-9));
        if (bounces[k] && u > 0.3 * w && u < 0.5 * w)
            level -= 0.9;
        y[i] = static_cast<T>(5 * (lost[k] ? 0 : level) + faults.noise * normal(random));
    }
    return y;
}

} // namespace qa
#endif
