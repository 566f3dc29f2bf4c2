/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/dual.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double rounding = 1e-15; // of a sum, relative to its largest terms

void check(const taps_t& window, std::size_t hop)
{
    if (hop < 1)
        refuse("hop", hop, "must be 1 or more");
    if (window.empty())
        refuse("window", "0 taps", "must have one or more");
}

//! sum_i conj(a[r + i hop]) b[r + i hop], r = 0 .. min(hop, length) - 1
taps_t residue_products(const taps_t& a, const taps_t& b, std::size_t hop)
{
    taps_t sums(std::min(hop, a.size()));
    for (std::size_t m = 0; m < a.size(); ++m)
        sums[m % hop] += std::conj(a[m]) * b[m];
    return sums;
}

double energy_of(const taps_t& taps)
{
    double sum = 0;
    for (const auto& w : taps)
        sum += std::norm(w);
    return sum;
}

//! \throws std::invalid_argument unless all taps are finite
void check_finite(const char* name, const taps_t& taps)
{
    for (std::size_t m = 0; m < taps.size(); ++m)
        if (!std::isfinite(taps[m].real()) || !std::isfinite(taps[m].imag()))
            refuse(name, "tap " + std::to_string(m), "must be finite");
}

//! steady_coverage() of a window and hop that are NOLA; refuses others.
std::vector<double> invertible_coverage(const taps_t& window, std::size_t hop, double tolerance)
{
    check_finite("window", window);
    if (!check_nola(window, hop, tolerance))
        refuse("hop",
               hop,
               "leaves samples uncovered by the window of " + std::to_string(window.size()) +
                   " taps, which has no dual (NOLA)");
    return steady_coverage(window, hop, hop);
}

} // namespace

std::vector<double> steady_coverage(const taps_t& window, std::size_t count, std::size_t hop)
{
    check(window, hop);
    std::vector<double> coverage(count);
    auto residue = window.size() % hop;
    for (auto m = window.size();
         m-- > 0;) { // the oldest frame first, as frames are added one by one
        residue = (residue ? residue : hop) - 1; // m % hop
        if (residue < count)
            coverage[residue] += std::norm(window[m]);
    }
    return coverage;
}

bool check_nola(const taps_t& window, std::size_t hop, double tolerance)
{
    check(window, hop);
    if (hop > window.size())
        return false;
    const auto coverage = steady_coverage(window, hop, hop);
    const auto [least, most] = std::minmax_element(coverage.begin(), coverage.end());
    return *least > tolerance * *most;
}

bool check_cola(const taps_t& window, std::size_t hop, double tolerance)
{
    check(window, hop);
    if (hop > window.size())
        return false;
    taps_t sums(hop);
    for (std::size_t m = 0; m < window.size(); ++m)
        sums[m % hop] += window[m];
    std::complex<double> mean = 0;
    double largest = 0, deviation = 0;
    for (const auto& s : sums) {
        mean += s / static_cast<double>(hop);
        largest = std::max(largest, std::abs(s));
    }
    for (const auto& s : sums)
        deviation = std::max(deviation, std::abs(s - mean));
    return deviation <= tolerance * largest && std::abs(mean) > tolerance * largest;
}

taps_t dual_window(const taps_t& window, std::size_t hop, double tolerance)
{
    const auto coverage = invertible_coverage(window, hop, tolerance);
    auto dual = window;
    for (std::size_t m = 0; m < dual.size(); ++m)
        dual[m] /= coverage[m % hop];
    return dual;
}

taps_t tight_window(const taps_t& window, std::size_t hop, double tolerance)
{
    const auto coverage = invertible_coverage(window, hop, tolerance);
    auto tight = window;
    for (std::size_t m = 0; m < tight.size(); ++m)
        tight[m] /= std::sqrt(coverage[m % hop]);
    return tight;
}

taps_t closest_dual_window(const taps_t& window,
                           std::size_t hop,
                           const taps_t& desired,
                           bool scaled,
                           std::complex<double>* alpha,
                           double tolerance)
{
    const auto canonical = dual_window(window, hop, tolerance);
    const auto target = desired.empty() ? taps_t(window.size(), 1) : desired;
    if (target.size() != window.size())
        refuse("desired",
               std::to_string(target.size()) + " taps",
               "must have as many as the window, " + std::to_string(window.size()));
    check_finite("desired", target);

    // every dual is canonical + v - P v, with P the projection on what the canonical dual spans
    auto projected = canonical;
    const auto products = residue_products(window, target, hop);
    for (std::size_t m = 0; m < projected.size(); ++m)
        projected[m] *= products[m % hop];

    std::complex<double> factor = 1;
    if (scaled) {
        std::complex<double> along = 0;
        double energy = 0, terms = 0;
        for (std::size_t m = 0; m < canonical.size(); ++m) {
            along += std::conj(projected[m]) * canonical[m];
            energy += std::norm(projected[m]);
            terms += std::norm(window[m] * target[m]);
        }
        // the rounding error left by terms that cancel has no direction
        if (!(energy > rounding * rounding * terms * energy_of(canonical)))
            refuse("desired", "this window", "is orthogonal to every dual; give scaled=False");
        factor = along / energy;
    }
    auto closest = canonical;
    for (std::size_t m = 0; m < closest.size(); ++m)
        closest[m] += factor * (target[m] - projected[m]);
    if (alpha)
        *alpha = factor;
    return closest;
}

} // namespace gr::stft::kernel
