/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "frame_symbol.h"
#include "fft.h"
#include "frame_matrix.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <boost/math/tools/minima.hpp>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace gr::stft::kernel {

namespace {

//! Bounds of a search, in which a value is positive definite below the first of them and not above it, or the other way round.
template <class Test>
double bisected(double from, double to, const Test& is_low)
{
    for (int i = 0; i < 200; ++i) {
        const double middle = from + (to - from) / 2;
        if (middle <= std::min(from, to) || middle >= std::max(from, to))
            break;
        (is_low(middle) ? from : to) = middle;
    }
    return from + (to - from) / 2;
}

} // namespace

frame_symbol::frame_symbol(const taps_t& window, std::size_t hop, std::size_t n_fft)
    : d_hop(hop), d_n_fft(n_fft), d_width(reach(window.size(), n_fft) + 1),
      d_common(std::gcd(hop, n_fft)), d_size(hop / d_common),
      d_rows(steady_rows(window, hop, n_fft)), d_phases((d_width - 1) / d_size + 2)
{}

frame_symbol::chain frame_symbol::chain_of(std::size_t residue) const
{
    chain c{ {}, std::vector<double>(d_size), 0 };
    std::vector<double> sums(d_size); // of the moduli of second derivatives in a row
    for (std::size_t i = 0; i < d_size; ++i) {
        const auto* row = d_rows.data() + (residue + i * (d_n_fft % d_hop)) % d_hop * d_width;
        c.diagonal[i] = row[0].real();
        for (std::size_t j = 1; j < d_width; ++j) {
            if (row[j] == 0.0)
                continue;
            const auto turns = j > i ? (j - i - 1) / d_size + 1 : 0;
            const auto column = i + turns * d_size - j;
            c.entries.push_back({ i, column, turns, row[j] });
            // a factor for each sample, which changes no eigenvalue, spreads a turn's phase over the chain
            const double rate = 2 * pi * static_cast<double>(j) / static_cast<double>(d_size);
            sums[i] += rate * rate * std::abs(row[j]);
            sums[column] += rate * rate * std::abs(row[j]);
        }
    }
    c.curvature = *std::max_element(sums.begin(), sums.end());
    return c;
}

void frame_symbol::turn_to(double frequency)
{
    for (std::size_t i = 0; i < d_phases.size(); ++i)
        d_phases[i] = std::polar(1.0, -2 * pi * frequency * static_cast<double>(i));
}

//! Extreme eigenvalues with the present phases.
gabor_bounds frame_symbol::eigenvalues(const chain& c)
{
    if (d_size == 1) {
        double value = c.diagonal[0];
        for (const auto& e : c.entries)
            value += 2 * std::real(e.value * d_phases[e.turns]);
        return { value, value };
    }
    fill(c);
    double low = HUGE_VAL, high = 0; // by Gershgorin's theorem
    for (std::size_t i = 0; i < d_size; ++i) {
        low = std::min(low, c.diagonal[i] - d_radii[i]);
        high = std::max(high, c.diagonal[i] + d_radii[i]);
    }
    low = std::max(low, 0.0);
    return { bisected(low, high, [&](double x) { return is_definite(1, x); }),
             bisected(high, low, [&](double x) { return is_definite(-1, x); }) };
}

//! The matrix with the present phases, below its diagonal; rows begin at their first entry.
void frame_symbol::fill(const chain& c)
{
    const auto band = std::min(d_width - 1, d_size - 1);
    d_begins.resize(d_size);
    d_firsts.resize(d_size);
    std::size_t values = 0;
    for (std::size_t i = 0; i < d_size; ++i) { // the last rows also meet the first ones
        d_firsts[i] = i + band >= d_size || i < band ? 0 : i - band;
        d_begins[i] = values;
        values += i - d_firsts[i];
    }
    d_matrix.assign(values, 0);
    d_diagonal = c.diagonal;
    d_radii.assign(d_size, 0);
    for (const auto& e : c.entries) {
        const auto value = e.value * d_phases[e.turns];
        if (e.row == e.column) {
            d_diagonal[e.row] += 2 * value.real();
            d_radii[e.row] += 2 * std::abs(value);
            continue;
        }
        d_radii[e.row] += std::abs(value);
        d_radii[e.column] += std::abs(value);
        const bool below = e.row > e.column;
        const auto row = below ? e.row : e.column, column = below ? e.column : e.row;
        d_matrix[d_begins[row] + column - d_firsts[row]] += below ? value : std::conj(value);
    }
    d_factor.resize(values);
    d_inverses.resize(d_size);
}

//! True if sign (matrix - x) is positive definite, that is if Cholesky's factors L D L^H of it have a positive D.
bool frame_symbol::is_definite(double sign, double x)
{
    for (std::size_t i = 0; i < d_size; ++i) {
        auto* const own = d_factor.data() + d_begins[i];
        const auto* given = d_matrix.data() + d_begins[i];
        double pivot = sign * (d_diagonal[i] - x);
        for (auto j = d_firsts[i]; j < i; ++j) { // L D
            const auto from = std::max(d_firsts[i], d_firsts[j]);
            const auto* a = own + (from - d_firsts[i]);
            const auto* b = d_factor.data() + d_begins[j] + (from - d_firsts[j]);
            double re = sign * given[j - d_firsts[i]].real(),
                   im = sign * given[j - d_firsts[i]].imag();
            for (auto k = from; k < j; ++k, ++a, ++b) {
                re -= a->real() * b->real() + a->imag() * b->imag();
                im -= a->imag() * b->real() - a->real() * b->imag();
            }
            own[j - d_firsts[i]] = { re, im };
        }
        for (auto j = d_firsts[i]; j < i; ++j) { // L
            auto& v = own[j - d_firsts[i]];
            pivot -= std::norm(v) * d_inverses[j];
            v *= d_inverses[j];
        }
        if (!(pivot > 0))
            return false;
        d_inverses[i] = 1 / pivot;
    }
    return true;
}

//! The eigenvalue of a matrix of one row at the frequencies i / points.
std::vector<double> frame_symbol::values_of(const chain& c, std::size_t points) const
{
    taps_t sums(points);
    for (const auto& e : c.entries)
        sums[e.turns % points] += 2.0 * e.value;
    std::vector<double> real;
    real.reserve(points);
    for (const auto& value : dft_once(sums))
        real.push_back(c.diagonal[0] + value.real());
    return real;
}

//! The least and the greatest eigenvalue of a chain, the greatest with the opposite sign, at the frequencies i / points.
//! \param roots exp(-2j pi i / points); none: the chain has one row, of which a DFT takes all
std::pair<frame_symbol::extreme, frame_symbol::extreme>
frame_symbol::on_grid(const chain& c, std::size_t points, const taps_t& roots)
{
    const double spacing = 1 / static_cast<double>(points);
    extreme low{ HUGE_VAL, 0, c.curvature * spacing * spacing / 8 }, high = low;
    double lower_most = -HUGE_VAL, upper_least = HUGE_VAL;
    const auto single = roots.empty() ? values_of(c, points) : std::vector<double>();
    for (std::size_t i = 0; i < points; ++i) {
        gabor_bounds both{};
        if (roots.empty()) {
            both = { single[i], single[i] };
        } else {
            for (std::size_t j = 0; j < d_phases.size(); ++j)
                d_phases[j] = roots[i * j % points];
            both = eigenvalues(c);
        }
        const auto [lower, upper] = both;
        const double f = static_cast<double>(i) * spacing;
        if (lower < low.value) {
            low.value = lower;
            low.frequency = f;
        }
        if (-upper < high.value) {
            high.value = -upper;
            high.frequency = f;
        }
        lower_most = std::max(lower_most, lower);
        upper_least = std::min(upper_least, upper);
        if (c.curvature == 0)
            break;
    }
    const double even = -1e-13 * high.value; // in a long chain eigenvalues hardly depend on f
    if (lower_most - low.value <= even)
        low.slack = 0;
    if (-high.value - upper_least <= even)
        high.slack = 0;
    return { low, high };
}

//! The least of the chains' extremes. Between the grid's points an eigenvalue passes that of the nearest one by no more than
//! the slack, so that few chains have to be searched. \param lower false: of the greatest eigenvalues, the signs of which are opposite
double frame_symbol::refined(std::vector<extreme>& all, bool lower, double spacing)
{
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.value - a.slack < b.value - b.slack;
    });
    double best = HUGE_VAL;
    for (const auto& one : all)
        best = std::min(best, one.value);
    for (const auto& one : all) {
        if (one.slack == 0 || one.value - one.slack >= best)
            continue;
        const auto c = chain_of(one.residue);
        const auto at = [&](double f) {
            turn_to(f);
            const auto found = eigenvalues(c);
            return lower ? found.lower : -found.upper;
        };
        const auto lowest = boost::math::tools::brent_find_minima(
            at, one.frequency - spacing, one.frequency + spacing, 30);
        best = std::min(best, lowest.second);
    }
    return best;
}

gabor_bounds frame_symbol::extremes(std::size_t periods)
{
    const auto points = periods ? periods : (d_size > 100 ? 3 : 8) * ((d_width - 1) / d_size + 1);
    constexpr std::size_t many = 32; // from this width on a DFT takes less time than sums
    const bool by_dft = d_size == 1 && d_width >= many && points <= 1 << 28;
    taps_t roots(by_dft ? 0 : points);
    for (std::size_t i = 0; i < roots.size(); ++i)
        roots[i] = std::conj(unit_root(i, points));
    std::vector<extreme> least, most; // one for each chain
    for (std::size_t r = 0; r < d_common; ++r) {
        auto [low, high] = on_grid(chain_of(r), points, roots);
        for (auto* one : { &low, &high }) {
            one->residue = r;
            one->slack = periods ? 0 : one->slack;
        }
        least.push_back(low);
        most.push_back(high);
    }
    const double spacing = 1 / static_cast<double>(points);
    return { std::max(0.0, refined(least, true, spacing)), -refined(most, false, spacing) };
}

} // namespace gr::stft::kernel
