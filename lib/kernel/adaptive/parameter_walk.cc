/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "parameter_walk.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {
constexpr double widening = 2.725; // c theta^2, bins by which a line is wider
} // namespace

double adam::step(double gradient)
{
    d_mean = d_beta[0] * d_mean + (1 - d_beta[0]) * gradient;
    d_square = d_beta[1] * d_square + (1 - d_beta[1]) * gradient * gradient;
    d_power[0] *= d_beta[0];
    d_power[1] *= d_beta[1];
    if (!(d_square > 0))
        return 0;
    return d_mean / (1 - d_power[0]) / std::sqrt(d_square / (1 - d_power[1]));
}

bool descent_point::usable() const
{
    return defined && std::isfinite(by_log_theta) && std::isfinite(by_rate);
}

double unit_of_rate(double theta) { return widening / (theta * theta); }

parameter_walk::parameter_walk(const adaptive_settings& s, const adam& decay)
    : d_chirps(learns_chirp(s.learn)), d_prior(s.prior), d_least(std::log(s.theta_min)),
      d_greatest(std::log(s.theta_max)), d_chirp_max(s.chirp_max), d_cost(s, 1), d_length(decay),
      d_rate(decay)
{}

void parameter_walk::reset()
{
    d_length.reset();
    d_rate.reset();
}

void parameter_walk::step(const descent_point& here,
                          double weight,
                          double learning_rate,
                          frame_window& at)
{
    if (d_chirps) {
        const double unit = unit_of_rate(std::exp(at.log_theta));
        const double pull = d_cost.slope(at.rate);
        at.rate -= learning_rate * unit * d_rate.step(unit * (weight * here.by_rate + pull));
        at.rate = std::clamp(at.rate, -d_chirp_max, d_chirp_max);
    }
    const double middle = (d_least + d_greatest) / 2;
    at.log_theta -= learning_rate *
                    d_length.step(weight * here.by_log_theta + d_prior * (at.log_theta - middle));
    at.log_theta = std::clamp(at.log_theta, d_least, d_greatest);
}

} // namespace gr::stft::kernel
