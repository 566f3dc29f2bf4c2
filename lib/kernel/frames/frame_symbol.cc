/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_symbol.h"
#include "frame_matrix.h"
#include <boost/math/tools/minima.hpp>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace gr::stft::kernel {

namespace {

constexpr double two_pi = 6.283185307179586;
constexpr std::size_t most_exact =
    100; // rows of a matrix whose eigenvalues are found without looking for convergence

//! Eigenvalues of a symmetric tridiagonal matrix that are below x.
std::size_t
eigenvalues_below(const std::vector<double>& diagonal, const std::vector<double>& beside, double x)
{
    std::size_t count = 0;
    double pivot = 1;
    for (std::size_t i = 0; i < diagonal.size(); ++i) {
        const double square = i == 0 ? 0 : beside[i - 1] * beside[i - 1];
        pivot = diagonal[i] - x - (square == 0 ? 0 : square / pivot);
        if (pivot == 0)
            pivot = -1e-300;
        count += pivot < 0;
    }
    return count;
}

//! The least eigenvalue and the largest of a symmetric tridiagonal matrix.
gabor_bounds tridiagonal_extremes(const std::vector<double>& diagonal,
                                  const std::vector<double>& beside)
{
    double low = diagonal[0], high = diagonal[0];
    for (std::size_t i = 0; i < diagonal.size(); ++i) { // by Gershgorin's theorem
        const double radius = (i > 0 ? std::abs(beside[i - 1]) : 0) +
                              (i + 1 < diagonal.size() ? std::abs(beside[i]) : 0);
        low = std::min(low, diagonal[i] - radius);
        high = std::max(high, diagonal[i] + radius);
    }
    const auto bisect =
        [&](std::size_t rank) { // the largest x with at most `rank` eigenvalues below it
            double from = low, to = high;
            for (int i = 0; i < 200; ++i) {
                const double middle = from + (to - from) / 2;
                if (middle <= from || middle >= to)
                    break;
                (eigenvalues_below(diagonal, beside, middle) > rank ? to : from) = middle;
            }
            return from + (to - from) / 2;
        };
    return { bisect(0), bisect(diagonal.size() - 1) };
}

std::complex<double> product(const taps_t& a, const taps_t& b)
{
    double re = 0, im = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        re += a[i].real() * b[i].real() + a[i].imag() * b[i].imag();
        im += a[i].real() * b[i].imag() - a[i].imag() * b[i].real();
    }
    return { re, im };
}

//! v -= factor a
void subtract(const std::complex<double>& factor, const taps_t& a, taps_t& v)
{
    const double re = factor.real(), im = factor.imag();
    for (std::size_t i = 0; i < a.size(); ++i)
        v[i] -= std::complex<double>(re * a[i].real() - im * a[i].imag(),
                                     re * a[i].imag() + im * a[i].real());
}

double norm_of(const taps_t& v) { return std::sqrt(std::real(product(v, v))); }

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
            const double rate = two_pi * static_cast<double>(j) / static_cast<double>(d_size);
            sums[i] += rate * rate * std::abs(row[j]);
            sums[column] += rate * rate * std::abs(row[j]);
        }
    }
    c.curvature = *std::max_element(sums.begin(), sums.end());
    return c;
}

void frame_symbol::multiply(const chain& c, const taps_t& x, taps_t& y) const
{
    for (std::size_t i = 0; i < d_size; ++i)
        y[i] = c.diagonal[i] * x[i];
    for (const auto& e : c.entries) {
        const auto value = e.value * d_phases[e.turns];
        y[e.row] += value * x[e.column];
        y[e.column] += std::conj(value) * x[e.row];
    }
}

gabor_bounds frame_symbol::eigenvalues(const chain& c, double frequency)
{
    for (std::size_t i = 0; i < d_phases.size(); ++i)
        d_phases[i] = std::polar(1.0, -two_pi * frequency * static_cast<double>(i));
    if (d_size > 1)
        return lanczos(c);
    double value = c.diagonal[0];
    for (const auto& e : c.entries)
        value += 2 * std::real(e.value * d_phases[e.turns]);
    return { value, value };
}

//! Extreme eigenvalues of the matrix with the present phases.
gabor_bounds frame_symbol::lanczos(const chain& c)
{
    std::minstd_rand random(1);
    const auto draw = [&] { return 2.0 * random() / std::minstd_rand::max() - 1; };
    d_next.resize(d_size);
    for (auto& v : d_next) {
        const double re = draw();
        v = { re, draw() };
    }
    std::vector<double> diagonal, beside;
    gabor_bounds found{ 0, 0 };
    double size = norm_of(d_next);
    for (std::size_t k = 0, calm = 0; k < d_size && calm < 2; ++k) {
        if (d_basis.size() == k)
            d_basis.emplace_back();
        d_basis[k] = d_next;
        for (auto& v : d_basis[k])
            v /= size;
        multiply(c, d_basis[k], d_next);
        diagonal.push_back(std::real(product(d_basis[k], d_next)));
        for (int twice = 0; twice < 2; ++twice) // once leaves rounding errors that grow
            for (std::size_t i = 0; i <= k; ++i)
                subtract(product(d_basis[i], d_next), d_basis[i], d_next);
        size = norm_of(d_next);
        const double scale = *std::max_element(c.diagonal.begin(), c.diagonal.end());
        const bool closed = size <= 1e-14 * scale || k + 1 == d_size;
        if (closed || (d_size > most_exact && k % 8 == 7)) {
            const auto now = tridiagonal_extremes(diagonal, beside);
            const bool still = std::abs(now.lower - found.lower) <= 1e-13 * scale &&
                               std::abs(now.upper - found.upper) <= 1e-13 * scale;
            calm = still ? calm + 1 : 0;
            found = now;
            if (closed)
                break;
        }
        beside.push_back(size);
    }
    return found;
}

gabor_bounds frame_symbol::extremes(std::size_t periods)
{
    const auto points =
        periods ? periods : (d_size > most_exact ? 3 : 8) * ((d_width - 1) / d_size + 1);
    const double spacing = 1 / static_cast<double>(points);
    struct candidate {
        double value, frequency, slack;
        std::size_t residue;
    };
    std::vector<candidate> least, most; // one for each chain
    for (std::size_t r = 0; r < d_common; ++r) {
        const auto c = chain_of(r);
        const double slack = periods ? 0 : c.curvature * spacing * spacing / 8;
        candidate low{ HUGE_VAL, 0, slack, r }, high{ HUGE_VAL, 0, slack, r };
        double lower_most = -HUGE_VAL, upper_least = HUGE_VAL;
        for (std::size_t i = 0; i < points; ++i) {
            const double f = static_cast<double>(i) * spacing;
            const auto [lower, upper] = eigenvalues(c, f);
            if (lower < low.value)
                low.value = lower, low.frequency = f;
            if (-upper < high.value)
                high.value = -upper, high.frequency = f;
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
        least.push_back(low);
        most.push_back(high);
    }
    // between the grid's points an eigenvalue passes that of the nearest one by no more than the slack
    const auto refined = [&](std::vector<candidate>& all, bool lower) {
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
                const auto found = eigenvalues(c, f);
                return lower ? found.lower : -found.upper;
            };
            const auto lowest = boost::math::tools::brent_find_minima(
                at, one.frequency - spacing, one.frequency + spacing, 30);
            best = std::min(best, lowest.second);
        }
        return best;
    };
    return { std::max(0.0, refined(least, true)), -refined(most, false) };
}

} // namespace gr::stft::kernel
