/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DENOISE_GAIN_TABLES_H
#define INCLUDED_STFT_LIB_KERNEL_DENOISE_GAIN_TABLES_H

#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Values of a smooth function at equal distances, interpolated linearly between them. R: float or double.
 *
 * Beyond the last one it stays.
 */
template <class R>
struct even_table {
    std::vector<R> values; //!< one more than there are intervals, and a copy of the last one
    R per_unit;            //!< intervals for each unit of the argument

    //! A table of f on 0 .. end.
    template <class F>
    even_table(F f, double end, std::size_t intervals)
        : per_unit(static_cast<R>(static_cast<double>(intervals) / end))
    {
        for (std::size_t i = 0; i <= intervals; ++i)
            values.push_back(
                static_cast<R>(f(end * static_cast<double>(i) / static_cast<double>(intervals))));
        values.push_back(values.back());
    }
};

/*!
 * \brief The two functions of gains that no loop should compute. Their errors are below 2e-5.
 *
 * correction(t): what the gain of log_mmse differs by from a root,
 *     exp(E1(v) / 2) = correction(v / (1 + v)) sqrt((v + e) / v),    e = exp(-0.5772...), t = v / (1 + v)
 * which is smooth from v = 0 to infinity, and near 1.
 *
 * presence(g): probability that a cell holds a signal, given the ratio g of its power to that of the noise, if half of the cells
 * hold one, 15 dB over the noise,
 *     1 / (1 + (1 + s) exp(-g s / (1 + s))),    s = 10^1.5
 */
template <class R>
struct gain_tables {
    even_table<R> correction, presence;

    //! The tables, made by the first call.
    static const gain_tables& get();
};

//! exp(-0.5772...), Euler's constant.
constexpr double euler_factor = 0.56145948356688516982;

} // namespace gr::stft::kernel
#endif
