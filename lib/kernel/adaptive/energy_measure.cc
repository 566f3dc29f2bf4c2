/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "energy_measure.h"
#include <cmath>

namespace gr::stft::kernel {

std::vector<energy_measure> energy_measures(const adaptive_settings& s,
                                            const std::vector<double>& theta,
                                            const std::vector<std::int64_t>& every,
                                            double bandwidth,
                                            double part)
{
    const bool root = s.criterion == adaptive_criterion::l1l2;
    if (s.block == 0 || (!root && s.criterion != adaptive_criterion::entropy))
        return {};
    // of powers with an exponential distribution; l1l2 is the Renyi entropy of order 1/2, and to second order in the
    // energies as many times their entropy
    const double order = root ? 0.5 : 1;
    const double within = root ? std::log(pi / 4) : -mean_of_q_ln_q;
    const double sigma = deviation_of_cells(s, bandwidth);
    const double most = sigma * std::sqrt(2 * std::log1p(std::log(s.theta_max / s.theta_min)));
    std::vector<energy_measure> all;
    for (std::size_t k = 0; k < theta.size(); ++k) {
        const auto apart = static_cast<double>(every[k]) * s.hop;
        const auto frames = 2 * s.block / every[k] + 1;
        const auto found = energies_of_noise(s.window, theta[k], apart, frames, bandwidth);
        all.emplace_back(within + std::log(part),
                         energy_entropy{ order * found.mean, order * found.deviation },
                         sigma,
                         most);
    }
    return all;
}

} // namespace gr::stft::kernel
