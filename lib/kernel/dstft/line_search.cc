/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/dstft/line_search.h>
#include <boost/math/tools/minima.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace gr::stft::kernel {

namespace {
constexpr std::uintmax_t most_steps = 60;
}

double grid_and_brent(const std::function<double(double)>& f,
                      double low,
                      double high,
                      std::size_t grid,
                      double tolerance)
{
    if (!(low < high) || !std::isfinite(high - low))
        refuse("low, high", low, "must be finite and less than high");
    if (grid < 3)
        refuse("grid", grid, "must be 3 or more");
    if (!(tolerance > 0) || !std::isfinite(tolerance))
        refuse("tolerance", tolerance, "must be positive and finite");

    std::map<double, double> known; // Brent's method begins at an end of its bracket
    const auto value = [&](double x) {
        const auto found = known.find(x);
        if (found != known.end())
            return found->second;
        const double v = f(x);
        return known[x] = std::isfinite(v) ? v : std::numeric_limits<double>::max();
    };
    std::map<double, double>::const_iterator best;
    for (std::size_t i = 0; i < grid; ++i)
        value(low + (high - low) * static_cast<double>(i) / static_cast<double>(grid - 1));
    const auto lower = [](const auto& a, const auto& b) { return a.second < b.second; };
    best = std::min_element(known.begin(), known.end(), lower);
    const double left = best == known.begin() ? best->first : std::prev(best)->first;
    const double right = std::next(best) == known.end() ? best->first : std::next(best)->first;

    // Boost's tolerance is relative to the point found: 2^(1 - bits)
    const double scale = std::max({ std::abs(left), std::abs(right), tolerance });
    const int bits =
        std::clamp(static_cast<int>(std::ceil(1 - std::log2(tolerance / scale))), 4, 26);
    auto steps = most_steps;
    boost::math::tools::brent_find_minima(value, left, right, bits, steps);
    return std::min_element(known.begin(), known.end(), lower)->first;
}

} // namespace gr::stft::kernel
