/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_SLOPE_THROUGH_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_SLOPE_THROUGH_H

#include <cstddef>

namespace gr::stft::kernel {

/*!
 * \brief Slope at 0 of the polynomial through (0, 0) and some other points.
 * \param x,y the other points: different x, none of them 0 \param points their number
 */
inline double slope_through(const double* x, const double* y, std::size_t points)
{
    double slope = 0;
    for (std::size_t j = 0; j < points; ++j) {
        double term = y[j] / x[j];
        for (std::size_t k = 0; k < points; ++k)
            if (k != j)
                term *= x[k] / (x[k] - x[j]);
        slope += term;
    }
    return slope;
}

} // namespace gr::stft::kernel
#endif
