/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/event_measures.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

//! Twice the deviation, unless a profile would have nothing left without it; then 0.
float of_noise(const float* profile, std::size_t bins, double deviation)
{
    const auto twice = static_cast<float>(2 * deviation);
    const auto rests = [&](float value) { return value - twice > 0; };
    return std::any_of(profile, profile + bins, rests) ? twice : 0;
}

//! Takes the window's own width off what is narrow, about the same middle.
extent without_window(const extent& measured)
{
    constexpr double narrow = 6, width_of_hann = 2.4; // bins
    constexpr double narrowest = 0.1;                 // bins squared
    const auto width = measured.upper - measured.lower;
    if (!(width < narrow))
        return measured;
    const auto middle = (measured.lower + measured.upper) / 2;
    const auto half =
        std::sqrt(std::max(width * width - width_of_hann * width_of_hann, narrowest)) / 2;
    return { middle - half, middle + half };
}

} // namespace

extent power_edges(const float* profile, std::size_t bins, double deviation)
{
    constexpr double left_out = 0.005; // share of the power beyond either edge
    const auto noise = of_noise(profile, bins, deviation);
    const auto power = [&](std::size_t k) {
        return static_cast<double>(std::max(profile[k] - noise, 0.0f));
    };
    double total = 0;
    for (std::size_t k = 0; k < bins; ++k)
        total += power(k);
    if (!(total > 0))
        return { -0.5, static_cast<double>(bins) - 0.5 };
    std::size_t at = 0; // the next bin, and the sum of those before it
    double sum = 0;
    const auto position_of = [&](double wanted) {
        for (; at < bins; ++at) {
            const auto value = power(at);
            if (value > 0 && sum + value >= wanted)
                return static_cast<double>(at) - 0.5 + (wanted - sum) / value;
            sum += value;
        }
        return static_cast<double>(bins) - 0.5;
    };
    const auto lower = position_of(left_out * total);
    return without_window({ lower, position_of((1 - left_out) * total) });
}

extent half_power_crossings(const float* power, std::size_t rows, std::vector<float>& strong)
{
    const auto greatest = *std::max_element(power, power + rows);
    strong.clear();
    for (std::size_t p = 0; p < rows; ++p)
        if (power[p] > greatest / 4)
            strong.push_back(power[p]);
    const auto end = static_cast<double>(rows) - 0.5;
    if (strong.empty())
        return { -0.5, end };
    const auto middle = strong.begin() + static_cast<std::ptrdiff_t>(strong.size() / 2);
    std::nth_element(strong.begin(), middle, strong.end());
    const auto level = *middle / 2;
    std::size_t first = 0, last = rows - 1;
    while (power[first] < level)
        ++first;
    while (power[last] < level)
        --last;
    const auto before = [&](std::size_t at, std::size_t outside) { // share of a row beyond `at`
        return static_cast<double>((power[at] - level) / (power[at] - power[outside]));
    };
    return { first == 0 ? -0.5 : static_cast<double>(first) - before(first, first - 1),
             last + 1 == rows ? end : static_cast<double>(last) + before(last, last + 1) };
}

} // namespace gr::stft::kernel
