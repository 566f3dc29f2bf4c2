/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_BASELINE_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_BASELINE_SUPPORT_H

#include "support.h"
#include <gnuradio/stft/kernel/machine/baseline.h>
#include <limits>

/* Baselines that are taught levels one by one. */
namespace qa::baselines {

using namespace gr::stft::kernel;

inline constexpr double none = std::numeric_limits<double>::quiet_NaN();

inline baseline_settings made(std::size_t levels = 1)
{
    baseline_settings s;
    s.levels = levels;
    s.f_min = 10;
    s.f_max = 30;
    s.speed_bins = 4; // of 5 Hz
    s.learn_time = 200;
    s.t_on = 5;
    s.t_off = 10;
    return s;
}

inline double deviation(baseline& b, double level, double speed)
{
    double z = 0;
    b.add(&level, speed, &z);
    return z;
}

//! Learns rows of one level and speed.
inline void teach(baseline& b, int rows, double speed, const std::function<double()>& level)
{
    for (int i = 0; i < rows; ++i)
        deviation(b, level(), speed);
}

inline void teach(baseline& b, int rows, double speed, double level)
{
    teach(b, rows, speed, [=] { return level; });
}

//! Median and 1.4826 MAD of numbers, by sorting.
inline std::pair<double, double> robust(std::vector<double> x)
{
    const auto median = [](std::vector<double>& v) {
        std::sort(v.begin(), v.end());
        return (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
    };
    const auto m = median(x);
    for (auto& each : x)
        each = std::abs(each - m);
    return { m, 1.4826 * median(x) };
}

} // namespace qa::baselines
#endif
