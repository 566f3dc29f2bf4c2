/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "frame_matrix.h"
#include "frame_symbol.h"
#include "kernel/refuse.h"
#include <boost/math/special_functions/ellint_1.hpp>
#include <boost/math/special_functions/jacobi_elliptic.hpp>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t longest_side = std::size_t(1)
                                     << 20; // taps of a dual on either side of the window's
constexpr std::size_t most_values = std::size_t(1) << 26; // of a matrix
constexpr std::size_t longest_chain = std::size_t(1)
                                      << 12; // samples n_fft apart that a window joins
constexpr double negligible = 1e-17;         // of the largest tap

void check(const taps_t& window, std::size_t hop, std::size_t n_fft)
{
    if (n_fft < 1)
        refuse("n_fft", n_fft, "must be 1 or more");
    steady_coverage(window, 0, hop); // refuses no hop and no taps
    for (std::size_t m = 0; m < window.size(); ++m)
        if (!std::isfinite(window[m].real()) || !std::isfinite(window[m].imag()))
            refuse("window", "tap " + std::to_string(m), "must be finite");
}

[[noreturn]] void refuse_hop(std::size_t win_length, std::size_t hop, std::size_t n_fft)
{
    refuse("hop",
           hop,
           "leaves what the window of " + std::to_string(win_length) + " taps and n_fft = " +
               std::to_string(n_fft) + " do not determine, so there is no dual");
}

//! Refuses a window that joins too many samples, or whose matrix has too many values.
void check_size(std::size_t win_length, std::size_t n_fft, std::size_t rows)
{
    const auto width = reach(win_length, n_fft) + 1;
    if (width > longest_chain)
        refuse("n_fft",
               n_fft,
               "must be " + std::to_string(reach(win_length, longest_chain) + 1) +
                   " or more for a window of " + std::to_string(win_length) +
                   " taps, which joins no more than " + std::to_string(longest_chain) +
                   " samples n_fft apart");
    if (rows > most_values / width)
        refuse("n_fft",
               n_fft,
               "must be larger for a window of " + std::to_string(win_length) +
                   " taps: it would take " + std::to_string((rows * width >> 26) + 1) + " GiB");
}

struct node {
    double weight, shift;
};

//! x in (S / n_fft + shift) x = window, from `side` samples before the window to as many after it.
template <class V>
std::vector<V> solved(const std::vector<V>& window,
                      std::size_t hop,
                      std::size_t n_fft,
                      const std::vector<V>& rows,
                      double shift,
                      std::size_t side)
{
    const chain_factor<V> chains(n_fft, reach(window.size(), n_fft), 0);
    const auto width = chains.width(), length = window.size() + 2 * side;
    check_size(window.size(), n_fft, length);
    std::vector<V> factors(length * width), x(length), row(width);
    std::copy(window.begin(), window.end(), x.begin() + static_cast<std::ptrdiff_t>(side));
    auto residue = (hop - side % hop) % hop; // of a sample after a frame's start
    for (std::size_t n = 0; n < length; ++n) {
        std::copy_n(rows.data() + residue * width, width, row.data());
        row[0] += shift;
        chains.eliminate(row.data(), n, factors.data());
        chains.forward(factors.data(), n, x.data());
        residue = residue + 1 == hop ? 0 : residue + 1;
    }
    chains.backward(factors.data(), 0, length, x.data());
    return x;
}

//! Taps on each side of the window's that are not negligible; nothing if they reach the first ones or the last.
template <class V>
std::size_t needed_side(const std::vector<V>& x, std::size_t side, std::size_t margin)
{
    double most = 0;
    for (const auto& v : x)
        most = std::max(most, std::abs(v));
    std::size_t beyond = 0;
    while (beyond < side && std::abs(x[beyond]) <= negligible * most &&
           std::abs(x[x.size() - 1 - beyond]) <= negligible * most)
        ++beyond;
    return beyond < margin ? side + 1 : side - beyond;
}

//! Taps on either side of a window with which the search for its dual begins.
std::size_t first_side(std::size_t win_length, std::size_t n_fft)
{
    return 8 * n_fft * reach(win_length, n_fft);
}

//! sum over nodes of weight (S / n_fft + shift)^-1 window, as far as it reaches.
template <class V>
taps_t combined(const std::vector<V>& window,
                std::size_t hop,
                std::size_t n_fft,
                const std::vector<node>& nodes)
{
    const auto slowest = std::min_element(
        nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.shift < b.shift; });
    const auto rows = steady_rows(window, hop, n_fft);
    const auto margin = n_fft * reach(window.size(), n_fft); // what decides all that lies beyond
    for (auto side = first_side(window.size(), n_fft);; side *= 2) {
        if (side > 2 * longest_side)
            refuse_hop(window.size(), hop, n_fft);
        if (nodes.size() > 1 &&
            needed_side(solved(window, hop, n_fft, rows, slowest->shift, side), side, margin) >
                side)
            continue; // it decays the slowest
        std::vector<V> sum(window.size() + 2 * side);
        for (const auto& [weight, shift] : nodes) {
            const auto x = solved(window, hop, n_fft, rows, shift, side);
            for (std::size_t n = 0; n < x.size(); ++n)
                sum[n] += weight * x[n];
        }
        const auto needed = needed_side(sum, side, margin);
        if (needed > side)
            continue;
        if (needed > longest_side)
            refuse_hop(window.size(), hop, n_fft);
        const auto begin = sum.begin() + static_cast<std::ptrdiff_t>(side - needed);
        return { begin, begin + static_cast<std::ptrdiff_t>(window.size() + 2 * needed) };
    }
}

taps_t combined_by_type(const taps_t& window,
                        std::size_t hop,
                        std::size_t n_fft,
                        const std::vector<node>& nodes)
{
    if (std::any_of(window.begin(), window.end(), [](const auto& w) { return w.imag() != 0; }))
        return combined(window, hop, n_fft, nodes);
    std::vector<double> real;
    for (const auto& w : window)
        real.push_back(w.real());
    return combined(real, hop, n_fft, nodes);
}

gabor_bounds
invertible_bounds(const taps_t& window, std::size_t hop, std::size_t n_fft, double tolerance)
{
    if (hop > n_fft)
        refuse_hop(window.size(), hop, n_fft);
    check_size(window.size(), n_fft, window.size() + 2 * first_side(window.size(), n_fft));
    const auto bounds = frame_bounds(window, hop, n_fft);
    if (!(bounds.lower > tolerance * bounds.upper))
        refuse_hop(window.size(), hop, n_fft);
    return bounds;
}

} // namespace

gabor_bounds
frame_bounds(const taps_t& window, std::size_t hop, std::size_t n_fft, std::size_t period)
{
    check(window, hop, n_fft);
    if (period > 0) {
        const auto common = std::lcm(hop, n_fft);
        if (period % common != 0)
            refuse("period",
                   period,
                   "must be a multiple of hop and n_fft, that is of " + std::to_string(common));
        period /= common;
    }
    const auto n = static_cast<double>(n_fft);
    if (window.size() > n_fft) {
        check_size(window.size(), n_fft, hop);
        const auto found = frame_symbol(window, hop, n_fft).extremes(period);
        constexpr double rounding = 1e-13; // of the largest eigenvalue, in the least one
        const bool determines = hop <= n_fft && found.lower > rounding * found.upper;
        return { determines ? n * found.lower : 0, n * found.upper };
    }
    const auto most = std::min(hop, window.size());
    const auto coverage = steady_coverage(window, most, hop);
    const auto [least, largest] = std::minmax_element(coverage.begin(), coverage.end());
    return { hop > window.size() ? 0 : n * *least, n * *largest };
}

taps_t canonical_dual(const taps_t& window, std::size_t hop, std::size_t n_fft, double tolerance)
{
    check(window, hop, n_fft);
    if (window.size() <= n_fft)
        return dual_window(window, hop, tolerance);
    invertible_bounds(window, hop, n_fft, tolerance);
    return combined_by_type(window, hop, n_fft, { { 1, 0 } });
}

taps_t canonical_tight(const taps_t& window, std::size_t hop, std::size_t n_fft, double tolerance)
{
    check(window, hop, n_fft);
    if (window.size() <= n_fft)
        return tight_window(window, hop, tolerance);
    const auto bounds = invertible_bounds(window, hop, n_fft, tolerance);
    const auto n = static_cast<double>(n_fft);
    // s^-1/2 = 2 / pi times the integral of 1 / (s + t^2) over t = 0 .. infinity; with t = sqrt(low) sc(u) the midpoint rule converges
    // geometrically for s = low .. high
    const double low = bounds.lower / n, high = bounds.upper / n;
    const double modulus = std::sqrt(1 - std::min(low / high, 1 - 1e-6));
    const double quarter = boost::math::ellint_1(modulus);
    const auto count = static_cast<int>(std::ceil(1.9 * (std::log(high / low) + 3) + 4));
    std::vector<node> nodes;
    for (int i = 0; i < count; ++i) {
        double cn, dn;
        const double u = (i + 0.5) * quarter / count;
        const double sn = boost::math::jacobi_elliptic(modulus, u, &cn, &dn);
        const double t = std::sqrt(low) * sn / cn;
        nodes.push_back({ 2 * quarter * std::sqrt(low) * dn / (pi * count * cn * cn), t * t });
    }
    return combined_by_type(window, hop, n_fft, nodes);
}

} // namespace gr::stft::kernel
