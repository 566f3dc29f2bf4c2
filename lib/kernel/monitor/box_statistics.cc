/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnuradio/stft/kernel/monitor/box_statistics.h>
#include <boost/math/constants/constants.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace gr::stft::kernel {

namespace {

//! Eigenvalues of the symmetric Toeplitz matrix of n rows, the first of which begins so, by Jacobi's rotations.
std::vector<double> toeplitz_eigenvalues(const std::vector<double>& first_row, std::size_t n)
{
    std::vector<double> a(n * n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            a[i * n + j] = first_row[i > j ? i - j : j - i];
    for (int sweep = 0; sweep < 60; ++sweep) {
        double off = 0;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = i + 1; j < n; ++j)
                off += a[i * n + j] * a[i * n + j];
        if (off < 1e-24 * static_cast<double>(n))
            break;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = i + 1; j < n; ++j) {
                const auto b = a[i * n + j];
                if (b == 0)
                    continue;
                const auto half = (a[j * n + j] - a[i * n + i]) / (2 * b);
                const auto t = std::copysign(1, half) / (std::abs(half) + std::hypot(half, 1));
                const auto c = 1 / std::hypot(t, 1), s = t * c;
                for (std::size_t k = 0; k < n; ++k) {
                    const auto x = a[i * n + k], y = a[j * n + k];
                    a[i * n + k] = c * x - s * y;
                    a[j * n + k] = s * x + c * y;
                }
                for (std::size_t k = 0; k < n; ++k) {
                    const auto x = a[k * n + i], y = a[k * n + j];
                    a[k * n + i] = c * x - s * y;
                    a[k * n + j] = s * x + c * y;
                }
            }
    }
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i)
        values[i] = std::max(a[i * n + i],
                             0.0); // a correlation matrix has no negative ones but by rounding
    return values;
}

std::vector<double>
row_correlation(const std::vector<std::complex<double>>& taps, std::size_t hop, std::size_t rows)
{
    std::vector<double> a(rows);
    for (std::size_t m = 0; m < rows && m <= (taps.size() - 1) / hop; ++m) {
        std::complex<double> sum = 0;
        for (auto i = m * hop; i < taps.size(); ++i)
            sum += taps[i] * std::conj(taps[i - m * hop]);
        a[m] = std::abs(sum);
    }
    for (std::size_t m = rows; m-- > 0;)
        a[m] /= a[0];
    return a;
}

std::vector<double>
bin_correlation(const std::vector<std::complex<double>>& taps, std::size_t n_fft, std::size_t bins)
{
    std::vector<double> b(bins);
    std::vector<std::complex<double>> turned(bins > 1 ? n_fft : 1);
    for (std::size_t i = 0; i < turned.size(); ++i)
        turned[i] = std::polar(1.0,
                               -boost::math::double_constants::two_pi * static_cast<double>(i) /
                                   static_cast<double>(n_fft));
    for (std::size_t m = 0; m < bins; ++m) {
        std::complex<double> sum = 0;
        for (std::size_t i = 0, at = 0; i < taps.size(); ++i) { // at = m i modulo n_fft
            sum += std::norm(taps[i]) * turned[at];
            at += m;
            if (at >= n_fft)
                at -= n_fft;
        }
        b[m] = std::abs(sum);
    }
    for (std::size_t m = bins; m-- > 0;)
        b[m] /= b[0];
    return b;
}

} // namespace

cell_correlation::cell_correlation(const std::vector<std::complex<double>>& taps,
                                   std::size_t n_fft,
                                   std::size_t hop,
                                   std::size_t rows,
                                   std::size_t bins)
    : of_rows(row_correlation(taps, hop, rows)), of_bins(bin_correlation(taps, n_fft, bins))
{}

box_statistics::box_statistics(const cell_correlation& cells, std::size_t rows, std::size_t bins)
{
    const auto of_rows = toeplitz_eigenvalues(cells.of_rows, rows);
    const auto of_bins = toeplitz_eigenvalues(cells.of_bins, bins);
    for (const auto r : of_rows)
        for (const auto b : of_bins)
            d_weights.push_back(r * b);
    const auto sum = std::accumulate(d_weights.begin(), d_weights.end(), 0.0);
    for (auto& l : d_weights)
        l /= sum;
    std::sort(d_weights.begin(), d_weights.end(), std::greater<>());
}

double box_statistics::independent_cells() const
{
    return 1 / std::inner_product(d_weights.begin(), d_weights.end(), d_weights.begin(), 0.0);
}

double box_statistics::exceedance(double t) const
{
    if (!(t > 1))
        return 1;
    const auto largest = d_weights.front();
    if (largest > 1 - 1e-12) // one cell
        return std::exp(-t);
    const auto slope = [&](double s) {
        double sum = 0;
        for (const auto l : d_weights)
            sum += l / (1 - l * s);
        return sum;
    };
    double low = 0, high = (1 - 1e-15) / largest;
    for (int i = 0; i < 200 && high - low > 1e-14 * high; ++i) {
        const auto s = (low + high) / 2;
        (slope(s) < t ? low : high) = s;
    }
    const auto s = (low + high) / 2;
    double k = 0, curvature = 0;
    for (const auto l : d_weights) {
        k -= std::log1p(-l * s);
        curvature += l * l / ((1 - l * s) * (1 - l * s));
    }
    const auto a = std::sqrt(2 * std::max(s * t - k, 0.0)), b = s * std::sqrt(curvature);
    if (a < 1e-4) // the mean itself, where the two terms of the formula cancel
        return 0.5;
    using boost::math::double_constants::one_div_root_two;
    using boost::math::double_constants::one_div_root_two_pi;
    const auto density = one_div_root_two_pi * std::exp(-a * a / 2);
    return std::clamp(std::erfc(a * one_div_root_two) / 2 + density * (1 / b - 1 / a), 0.0, 1.0);
}

double box_statistics::threshold(double p) const
{
    double low = 1, high = 2;
    while (exceedance(high) > p && high < 1e6)
        high *= 2;
    for (int i = 0; i < 100 && high - low > 1e-12 * high; ++i) {
        const auto t = (low + high) / 2;
        (exceedance(t) > p ? low : high) = t;
    }
    return high;
}

} // namespace gr::stft::kernel
