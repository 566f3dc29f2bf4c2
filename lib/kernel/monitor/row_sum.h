/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_ROW_SUM_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_ROW_SUM_H

#include "kernel/simd/dispatch.h"
#include <cstddef>

namespace gr::stft::kernel {

//! Greatest sum of a row that is searched, far from what products with a floor cannot hold in single precision.
constexpr float greatest_sum = 1e25f;

STFT_LOOP float sum_of(const float* row, std::size_t n)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < n; ++i)
        sum += row[i];
    return sum;
}

} // namespace gr::stft::kernel
#endif
