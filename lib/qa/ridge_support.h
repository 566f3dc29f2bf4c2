/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_RIDGE_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_RIDGE_SUPPORT_H

#include "support.h"
#include <gnuradio/stft/kernel/speed/ridge_tracker.h>
#include <limits>

/* Shafts of known speeds, and the ridges that a tracker finds of them. */
namespace qa::shafts {

using namespace gr::stft::kernel;

inline constexpr double fs = 2048;
inline constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
inline const std::vector<double> orders{ 1, 2, 3, 4 };
inline const std::vector<double> levels{ 1, 0.6, 0.5, 0.35 };

inline ridge_tracker_settings usual(const std::function<void(ridge_tracker_settings&)>& change = {})
{
    ridge_tracker_settings s;
    s.samp_rate = fs;
    s.f_min = 6;
    s.f_max = 60;
    s.orders = orders;
    if (change)
        change(s);
    return s;
}

//! Settings for rows of 2048 points, of frames half as long.
inline row_ridge_tracker_settings of_rows()
{
    row_ridge_tracker_settings s;
    s.samp_rate = fs;
    s.n_fft = 2048;
    s.win_length = 1024;
    s.hop = 128;
    s.f_min = 6;
    s.f_max = 60;
    s.orders = orders;
    return s;
}

using law = std::function<double(double t)>;

inline double run_up(double t) { return 14 + 3 * t + 0.4 * std::sin(2 * qa::pi * 0.3 * t); }

//! Orders of a shaft of this speed.
inline std::vector<double>
machine(double seconds, const law& f, const std::vector<double>& at = orders)
{
    std::vector<double> x(static_cast<std::size_t>(seconds * fs));
    double turns = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        for (std::size_t k = 0; k < at.size(); ++k)
            x[i] += levels[k] *
                    std::cos(2 * qa::pi * (at[k] * turns + 0.3 * static_cast<double>(k * k)));
        turns += f((static_cast<double>(i) + 0.5) / fs) / fs;
    }
    return x;
}

inline std::vector<double> with_noise(std::vector<double> x, double level, unsigned seed = 1)
{
    std::minstd_rand random(seed);
    std::normal_distribution<double> normal(0, level);
    for (auto& each : x)
        each += normal(random);
    return x;
}

template <class R>
std::vector<R> as(const std::vector<double>& x)
{
    std::vector<R> y;
    for (const auto v : x)
        y.push_back(static_cast<R>(v));
    return y;
}

struct ridges {
    std::vector<double> time;
    std::vector<std::int64_t> numbers;
    std::vector<std::vector<double>> values; // [frame][tracks x width]
    std::vector<double> weights;
};

template <class R>
void take(ridge_tracker<R>& tracker, ridges& all)
{
    for (; const auto* v = tracker.values(); tracker.advance()) {
        all.values.emplace_back(v, v + tracker.design().tracks * tracker.width());
        all.numbers.push_back(tracker.frame());
        all.time.push_back(static_cast<double>(tracker.frame()) *
                           static_cast<double>(tracker.hop()) / fs);
    }
}

template <class R>
ridges track(const ridge_tracker_settings& s,
             const std::vector<R>& x,
             std::size_t chunk = SIZE_MAX,
             std::int64_t first = 0)
{
    ridge_tracker<R> tracker(s, first);
    ridges all;
    for (std::size_t i = 0; i < x.size();) {
        i += tracker.push(x.data() + i, std::min(chunk, x.size() - i));
        take(tracker, all);
    }
    tracker.finish();
    take(tracker, all);
    all.weights = tracker.weights();
    return all;
}

//! Share of frames off by more than 3 % and 0.5 Hz, and rms of the others in Hz.
struct errors {
    double gross = 0, rms = 0;
    errors(const ridges& r, const law& truth, std::size_t column = 0, double from = 0)
    {
        double good = 0, all = 0;
        for (std::size_t p = 0; p < r.time.size(); ++p) {
            if (r.time[p] < from)
                continue;
            const auto f = truth(r.time[p]), off = std::abs(r.values[p][column] - f);
            const bool far = off > std::max(0.5, 0.03 * f);
            ++all;
            good += !far;
            rms += far ? 0 : off * off;
        }
        gross = 1 - good / all;
        rms = std::sqrt(rms / good);
    }
};

inline double share_of_trust(const ridges& r)
{
    double trusted = 0;
    for (const auto& v : r.values)
        trusted += v[ridge_confidence] > 1;
    return trusted / static_cast<double>(r.values.size());
}

} // namespace qa::shafts
#endif
