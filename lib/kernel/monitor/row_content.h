/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_ROW_CONTENT_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_ROW_CONTENT_H

#include "kernel/simd/dispatch.h"
#include <cstddef>

namespace gr::stft::kernel {

//! Kind of a row, by its sum.
enum class row_content {
    usable,
    too_small, //!< all zero, or in mean below 1e-41, where single precision has few digits
    too_large  //!< NaN, infinity, or above 1e25 in sum, where products with a floor may overflow
};

STFT_LOOP float sum_of(const float* row, std::size_t bins)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < bins; ++i)
        sum += row[i];
    return sum;
}

inline row_content content_of(const float* row, std::size_t bins)
{
    const double sum = simd::dispatch<sum_of>(row, bins);
    if (!(sum <= 1e25))
        return row_content::too_large;
    return sum >= 1e-41 * static_cast<double>(bins) ? row_content::usable : row_content::too_small;
}

} // namespace gr::stft::kernel
#endif
