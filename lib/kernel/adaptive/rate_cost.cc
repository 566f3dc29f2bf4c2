/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "rate_cost.h"
#include "noise_scatter.h"
#include <cmath>

namespace gr::stft::kernel {

namespace {

//! 1 - 1 / sqrt(1 + k^2), to rounding where k is small, too.
double loss_of_correlation(double k)
{
    const double h = std::hypot(1, k);
    return k / h * (k / (1 + h));
}

} // namespace

rate_cost::rate_cost(const adaptive_settings& s, double bandwidth)
    : d_sigma(deviation_of_cells(s, bandwidth)), d_factor(s.chirp_prior),
      d_half_block(static_cast<double>(2 * s.block + 1) / 2)
{
    d_per_rate = 2 * pi * variance_in_time(s.window) * s.theta_max * s.theta_max;
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
