/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/silence.h"
#include "kernel/log_gamma.h"
#include <gnuradio/stft/kernel/monitor/box_statistics.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double rows_to_err = 1e6; // of an event that lasts, in which it is said to be over once
constexpr double faded = 0.7;       // share of its power that it may still have
constexpr double steadiest = 2;     // a line may fluctuate as twice the cells of noise, no less
constexpr std::size_t rows_of_level = 64; // the last ones, whose mean and variance are the event's
constexpr std::size_t correlated_rows = 64; // at most
constexpr std::size_t correlated_bins = 16; // at most

//! Density of the sum of independent exponential cells.
struct gamma_density {
    double cells, mean, constant;

    gamma_density(double number, double mean_sum)
        : cells(number), mean(mean_sum),
          constant(number * std::log(number / mean_sum) - log_gamma(number))
    {}
    double log_at(double sum) const
    {
        return constant + (cells - 1) * std::log(sum) - cells / mean * sum;
    }
};

} // namespace

silence::silence(const detector_settings& s)
{
    const cell_correlation cells(s.stft_parameters().taps(),
                                 s.n_fft,
                                 s.hop,
                                 correlated_rows,
                                 std::min(correlated_bins, s.n_fft));
    double sum = 0;
    for (const auto a : cells.of_rows)
        sum += a * a;
    d_of_rows = 1 / (2 * sum - 1);
    for (const auto b : cells.of_bins)
        d_of_bins.push_back(b * b);
}

double silence::independent_cells(std::size_t bins) const
{
    const auto count = static_cast<double>(bins);
    double variance = count;
    for (std::size_t m = 1; m < std::min(bins, d_of_bins.size()); ++m)
        variance += 2 * (count - static_cast<double>(m)) * d_of_bins[m];
    return count * count / variance;
}

std::optional<std::size_t> silence::since(const float* power,
                                          std::size_t begin,
                                          std::size_t end,
                                          std::size_t rows,
                                          std::size_t bins) const
{
    begin = std::max(begin, end - std::min(end, rows_of_level));
    if (begin >= end)
        return std::nullopt;
    const auto count = static_cast<double>(end - begin);
    double mean = 0;
    for (auto r = begin; r < end; ++r)
        mean += static_cast<double>(power[r]) / count;
    if (!(mean > 0 && std::isfinite(mean)))
        return std::nullopt;
    const auto noise = static_cast<double>(bins);
    // as if one row more had been without power, which keeps few rows from promising too steady a level
    double variance = (noise + mean) * (noise + mean);
    for (auto r = begin; r < end; ++r) {
        const auto deviation = static_cast<double>(power[r]) - mean;
        variance += deviation * deviation;
    }
    variance /= count;
    const auto cells = independent_cells(bins);
    const gamma_density off(cells, noise);
    const gamma_density on(std::min(steadiest * cells, (noise + mean) * (noise + mean) / variance),
                           noise + faded * mean);
    std::size_t pause = 0, longest_pause = 0; // rows of less than half its power
    for (auto r = begin; r < end; ++r) {
        pause = static_cast<double>(power[r]) < mean / 2 ? pause + 1 : 0;
        longest_pause = std::max(longest_pause, pause);
    }
    if (rows - end <= 2 * longest_pause)
        return std::nullopt;
    const auto limit = std::log(rows_to_err);
    double sum = 0;
    auto first = end;
    for (auto r = end; r < rows; ++r) {
        const auto total =
            noise + std::max(0.0, static_cast<double>(power[r])); // less tells no more
        sum += d_of_rows * (off.log_at(total) - on.log_at(total));
        if (!(sum > 0)) {
            sum = 0;
            first = r + 1;
        }
    }
    return sum >= limit ? std::optional(first) : std::nullopt;
}

} // namespace gr::stft::kernel
