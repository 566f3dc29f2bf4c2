/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "kernel/denoise/gain_functions.h"
#include <boost/math/special_functions/expint.hpp>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t terms =
    std::tuple_size_v<decltype(log_mmse_correction<double>::coefficients)>;

double correction_at(double v)
{
    return std::exp(boost::math::expint(1, v) / 2) * std::sqrt(v / (v + euler_factor));
}

//! Coefficients of the powers of s, the lowest first, of the polynomial through the values at Chebyshev's nodes.
std::array<double, terms> through_nodes()
{
    std::array<double, terms> chebyshev{}, sum{}, before{}, present{};
    for (std::size_t i = 0; i < terms; ++i) {
        const auto angle = pi * (static_cast<double>(i) + 0.5) / terms;
        const auto t = (std::cos(angle) + 1) / 2;
        const auto value = correction_at(2 * t / (1 - t));
        for (std::size_t j = 0; j < terms; ++j)
            chebyshev[j] +=
                (j ? 2.0 : 1.0) / terms * value * std::cos(angle * static_cast<double>(j));
    }
    before[0] = 1;  // T_0
    present[1] = 1; // T_1
    for (std::size_t k = 0; k < terms; ++k)
        sum[k] = chebyshev[0] * before[k] + chebyshev[1] * present[k];
    for (std::size_t j = 2; j < terms; ++j) {
        std::array<double, terms> next{}; // T_j = 2 s T_(j-1) - T_(j-2)
        for (std::size_t k = 0; k < terms; ++k)
            next[k] = (k ? 2 * present[k - 1] : 0) - before[k];
        before = present;
        present = next;
        for (std::size_t k = 0; k < terms; ++k)
            sum[k] += chebyshev[j] * present[k];
    }
    return sum;
}

} // namespace

template <class R>
const log_mmse_correction<R>& log_mmse_correction<R>::get()
{
    static const log_mmse_correction made = [] {
        const auto powers = through_nodes();
        log_mmse_correction c{};
        for (std::size_t k = 0; k < terms; ++k)
            c.coefficients[k] = static_cast<R>(powers[terms - 1 - k]);
        return c;
    }();
    return made;
}

template struct log_mmse_correction<float>;
template struct log_mmse_correction<double>;

} // namespace gr::stft::kernel
