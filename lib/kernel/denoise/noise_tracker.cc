/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/denoise/noise_tracker.h"
#include "kernel/denoise/least_noise.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t rows_of_first_floor = 64;

} // namespace

template <class R>
noise_tracker<R>::noise_tracker(const gain_settings& s)
    : d_settings(s), d_tracking(s.tracking_used()),
      d_first_rows(std::max<std::size_t>(1, 2 * s.window_length() / s.hop)),
      d_noise(s.bins(), least_noise<R>), d_presence(s)
{
    if (d_tracking == noise_tracking::floor) {
        d_floor.emplace_back(
            s.bins(), s.sides != sides::onesided, std::nullopt, noise_floor_settings());
        d_row.resize(s.bins());
        d_kept.resize(rows_of_first_floor * s.bins());
    }
    if (!s.noise.empty())
        set(s.noise);
    learn(s.learn);
}

template <class R>
void noise_tracker<R>::set(const std::vector<double>& noise)
{
    for (std::size_t k = 0; k < noise.size(); ++k)
        d_noise[k] =
            std::max(static_cast<R>(std::min(noise[k], double(std::numeric_limits<R>::max()))),
                     least_noise<R>);
    d_given = true;
    d_to_learn = 0;
    d_presence.begin(presence_follower<R>::many_rows);
}

template <class R>
void noise_tracker<R>::learn(std::size_t rows)
{
    d_to_learn = rows;
    d_learned = 0;
}

template <class R>
void noise_tracker<R>::change(const gain_settings& s, double factor)
{
    const auto before = d_tracking;
    d_settings = s;
    d_tracking = s.tracking_used();
    d_presence.change(s);
    d_first_rows = std::max<std::size_t>(1, 2 * s.window_length() / s.hop);
    if (factor != 1) {
        for (auto& n : d_noise)
            n = std::max(n * static_cast<R>(factor), least_noise<R>);
        d_presence.scale(static_cast<R>(factor));
    }
    if (d_tracking != noise_tracking::floor) {
        d_floor.clear();
    } else if (before != noise_tracking::floor || factor != 1) {
        d_floor.clear();
        d_floor.emplace_back(
            s.bins(), s.sides != sides::onesided, std::nullopt, noise_floor_settings());
        d_row.resize(s.bins());
        d_kept.resize(rows_of_first_floor * s.bins());
        d_kept_rows = 0;
    }
}

//! The noise is the mean of some rows, of which this is number `count`, from 0 on.
template <class R>
void noise_tracker<R>::add_to_mean(const R* row, std::size_t count)
{
    d_presence.begin(count + 1);
    const auto weight = 1 / static_cast<R>(count + 1);
    for (std::size_t k = 0; k < d_noise.size(); ++k)
        d_noise[k] =
            std::max(count ? d_noise[k] + weight * (row[k] - d_noise[k]) : row[k], least_noise<R>);
}

template <class R>
void noise_tracker<R>::follow(const R* row, bool whole)
{
    const auto bins = d_noise.size();
    if (std::all_of(row, row + bins, [](R power) { return power == 0; }))
        return;
    if (d_tracking == noise_tracking::floor) {
        follow_floor(row);
        return;
    }
    if (d_to_learn > 0) {
        if (!whole && d_learned > 0)
            return;
        add_to_mean(row, d_learned);
        if (!whole) // until one is whole
            return;
        ++d_learned;
        --d_to_learn;
        d_given = true;
        return;
    }
    if (!d_given && d_rows < d_first_rows) {
        if (whole || d_rows == 0)
            add_to_mean(row, d_rows);
        d_rows += whole;
        return;
    }
    if (d_tracking == noise_tracking::presence)
        d_presence.follow(row, d_noise.data());
}

//! The floor is estimated from 1, 2, 4 .. 64 rows, and followed from then on.
template <class R>
void noise_tracker<R>::follow_floor(const R* row)
{
    const auto bins = d_noise.size();
    auto& floor = d_floor.front();
    constexpr double most = 1e37; // in single precision
    for (std::size_t k = 0; k < bins; ++k)
        d_row[k] = static_cast<float>(std::min<double>(row[k], most));
    if (std::all_of(d_row.begin(), d_row.end(), [](float power) { return power == 0; }))
        return;
    if (d_kept_rows < rows_of_first_floor) {
        std::copy(d_row.begin(),
                  d_row.end(),
                  d_kept.begin() + static_cast<std::ptrdiff_t>(d_kept_rows * bins));
        ++d_kept_rows;
        if ((d_kept_rows & (d_kept_rows - 1)) == 0)
            floor.begin(d_kept.data(), d_kept_rows);
    }
    d_presence.begin(presence_follower<R>::many_rows);
    const auto gain = floor.follow(d_row.data()).gain;
    for (std::size_t k = 0; k < bins; ++k)
        d_noise[k] = std::max(static_cast<R>(floor.shape()[k] * gain), least_noise<R>);
}

template class noise_tracker<float>;
template class noise_tracker<double>;

} // namespace gr::stft::kernel
