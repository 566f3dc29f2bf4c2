/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "rate_cost.h"
#include "kernel/log_gamma.h"
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double pi = 3.14159265358979323846;

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
        const double log_2 = 0.25 * (pi * pi / 6 - 1 + std::pow(0.42278433509846714, 2));
        const double ratio = log_root / root, both = 0.5 * 0.42278433509846714 - root * log_root;
        return ((1 + ratio) * (1 + ratio) * (1 - root * root) + log_2 - log_root * log_root -
                2 * (1 + ratio) * both) /
               (root * root);
    }
    }
}

//! Variance of the squared window as a distribution in time, of length 1.
double spread(const window_family& window)
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

//! 1 - 1 / sqrt(1 + k^2), to rounding where k is small, too.
double loss_of_correlation(double k)
{
    const double h = std::hypot(1, k);
    return k / h * (k / (1 + h));
}

} // namespace

rate_cost::rate_cost(const adaptive_settings& s, double bandwidth)
    : d_factor(s.chirp_prior), d_half_block(static_cast<double>(2 * s.block + 1) / 2)
{
    // the cells of a window are as many as independent ones of half an area of 1; a block of one frame has its length
    const double V = spread(s.window) * s.theta_max * s.theta_max;
    const double duration = std::hypot(2 * d_half_block * s.hop, std::sqrt(2 * pi * V));
    d_sigma = std::sqrt(variance_of_a_cell(s) / (2 * duration * bandwidth));
    d_per_rate = 2 * pi * V;
}

double rate_cost::at(double rate) const
{
    const double k = d_per_rate * std::abs(rate);
    return d_factor * d_sigma * std::sqrt(loss_of_correlation(k) * std::log1p(2 * k));
}

double rate_cost::slope(double rate) const
{
    const double k = d_per_rate * std::abs(rate);
    if (k < 1e-9) // where the cost grows as |rate|^1.5
        return 0;
    const double r = 1 / std::hypot(1, k), lost = loss_of_correlation(k);
    const double log_count = std::log1p(2 * k);
    const double by_k = k * r * r * r * log_count + lost * 2 / (1 + 2 * k);
    return std::copysign(d_factor * d_sigma * d_per_rate * by_k / (2 * std::sqrt(lost * log_count)),
                         rate);
}

} // namespace gr::stft::kernel
