/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "kernel/log_gamma.h"
#include "noise_scatter.h"
#include <cmath>

namespace gr::stft::kernel {

namespace {

//! Variance of a criterion in one cell of noise, whose power has an exponential distribution: that of its influence
//! function, J(q) = J + mean of it over the cells.
double variance_of_a_cell(const adaptive_settings& s)
{
    const auto renyi = [](double order) {
        const double ratio = std::exp(log_gamma(1 + 2 * order) - 2 * log_gamma(1 + order));
        return (ratio - 1 - order * order) / ((1 - order) * (1 - order));
    };
    switch (s.criterion) {
    case adaptive_criterion::l1l2:
        return renyi(0.5);
    case adaptive_criterion::entropy: // the limit of renyi() at 1
        return pi * pi / 3 - 3;
    case adaptive_criterion::renyi:
        return renyi(s.order);
    default: { // entropy of magnitudes, by the moments of a and a ln a
        const double root = std::sqrt(pi) / 2, log_root = 0.5 * root * 0.03648997397857652;
        const double log_2 = 0.25 * (pi * pi / 6 - 1 + std::pow(mean_of_q_ln_q, 2));
        const double ratio = log_root / root, both = 0.5 * mean_of_q_ln_q - root * log_root;
        return ((1 + ratio) * (1 + ratio) * (1 - root * root) + log_2 - log_root * log_root -
                2 * (1 + ratio) * both) /
               (root * root);
    }
    }
}

//! Integral of w^2(u) w^2(u + away), of a window of length 1.
double overlap(const window_family& window, double away)
{
    constexpr int count = 64;
    double sum = 0;
    for (int i = 0; away < 1 && i < count; ++i) {
        const double u = (i + 0.5) / count - 0.5;
        const double w = window.evaluate(u, 1) * window.evaluate(u + away, 1);
        sum += w * w;
    }
    return sum / count;
}

} // namespace

double variance_in_time(const window_family& window)
{
    constexpr int count = 2000;
    double sum = 0, moment = 0;
    for (int i = 0; i < count; ++i) {
        const double u = (i + 0.5) / count - 0.5, w = window.evaluate(u, 1);
        sum += w * w;
        moment += w * w * u * u;
    }
    return moment / sum;
}

double deviation_of_cells(const adaptive_settings& s, double bandwidth)
{
    // the cells of a window are as many as independent ones of half an area of 1; a block of one frame has its length
    const double V = variance_in_time(s.window) * s.theta_max * s.theta_max;
    const double frames = static_cast<double>(2 * s.block + 1);
    const double duration = std::hypot(frames * s.hop, std::sqrt(2 * pi * V));
    return std::sqrt(variance_of_a_cell(s) / (2 * duration * bandwidth));
}

energy_entropy energies_of_noise(const window_family& window,
                                 double theta,
                                 double apart,
                                 std::int64_t frames,
                                 double bandwidth)
{
    const auto n = static_cast<std::size_t>(frames);
    const double alone = overlap(window, 0), all = static_cast<double>(n);
    // sums[m] adds up the correlations of a frame with the m after it, squares those of every two frames, squared
    std::vector<double> sums(n);
    double squares = all;
    for (std::size_t m = 1; m < n; ++m) {
        const double r = overlap(window, static_cast<double>(m) * apart / theta) / alone;
        sums[m] = sums[m - 1] + r;
        squares += 2 * static_cast<double>(n - m) * r * r;
    }
    // total is the sum of the rows of the correlation matrix R, of_rows that of their squares
    double total = 0, of_rows = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double row = 1 + sums[i] + sums[n - 1 - i];
        total += row;
        of_rows += row * row;
    }
    // energies less their mean have the covariance P R P, P = 1 - 1/n: its trace, and the sum of its squares
    const double trace = all - total / all;
    const double norm = squares - 2 * of_rows / all + total * total / (all * all);
    const double variance = alone / (std::pow(window.energy(), 2) * theta * bandwidth);
    return { -variance * trace / (2 * all), variance * std::sqrt(std::max(norm, 0.0) / 2) / all };
}

} // namespace gr::stft::kernel
