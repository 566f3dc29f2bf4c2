/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include <gnuradio/stft/kernel/phase/gaussian_fit.h>
#include <boost/math/tools/minima.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace gr::stft::kernel {

gaussian_fit fit_gaussian(const std::vector<std::complex<double>>& taps)
{
    constexpr std::size_t enough = 4096; // taps; longer windows are thinned out
    const auto step = std::max<std::size_t>(1, taps.size() / enough);
    const auto length = static_cast<double>(taps.size());
    const auto centre = static_cast<double>(taps.size() / 2);
    double moment = 0, energy = 0;
    for (std::size_t m = 0; m < taps.size(); m += step) {
        moment += std::norm(taps[m]) * (static_cast<double>(m) - centre);
        energy += std::norm(taps[m]);
    }
    const double shift = moment / energy;
    const auto unlike = [&](double logarithm) { // minus the inner product
        const double gamma = std::exp(logarithm);
        double product = 0;
        for (std::size_t m = 0; m < taps.size(); m += step) {
            const double x = static_cast<double>(m) - centre - shift;
            product += std::exp(-pi * x * x / gamma) * std::abs(taps[m]);
        }
        return -product / std::sqrt(std::sqrt(gamma)); // the norm is that of all of the Gaussian
    };
    const double least = std::log(0.25), most = std::log(16 * length * length);
    const auto best = boost::math::tools::brent_find_minima(unlike, least, most, 40);
    return { std::exp(best.first), shift };
}

} // namespace gr::stft::kernel
