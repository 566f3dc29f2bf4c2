/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "energy_measure.h"
#include <cmath>
#include <vector>

namespace gr::stft::kernel {

namespace {

//! Integral of w^2(u) w^2(u + away), of a window of length 1.
double overlap(const window_family& window, double away)
{
    constexpr int count = 500;
    double sum = 0;
    for (int i = 0; away < 1 && i < count; ++i) {
        const double u = (i + 0.5) / count - 0.5;
        const double w = window.evaluate(u, 1) * window.evaluate(u + away, 1);
        sum += w * w;
    }
    return sum / count;
}

} // namespace

energy_entropy energies_of_noise(const window_family& window,
                                 double theta,
                                 double apart,
                                 std::int64_t frames,
                                 double bandwidth)
{
    const auto n = static_cast<std::size_t>(frames);
    const double alone = overlap(window, 0), all = static_cast<double>(n);
    // sums[m]: of the correlations of a frame with the m after it; squares: of all correlations
    std::vector<double> sums(n);
    double squares = all;
    for (std::size_t m = 1; m < n; ++m) {
        const double r = overlap(window, static_cast<double>(m) * apart / theta) / alone;
        sums[m] = sums[m - 1] + r;
        squares += 2 * static_cast<double>(n - m) * r * r;
    }
    // of the correlation matrix R: the sum of its rows, and of their squares
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

double offered_by_lengths(const adaptive_settings& s, double sigma)
{
    return sigma * std::sqrt(2 * std::log1p(std::log(s.theta_max / s.theta_min)));
}

} // namespace gr::stft::kernel
