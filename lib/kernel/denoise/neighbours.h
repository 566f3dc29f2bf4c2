/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DENOISE_NEIGHBOURS_H
#define INCLUDED_STFT_LIB_KERNEL_DENOISE_NEIGHBOURS_H

#include "kernel/simd/dispatch.h"
#include <algorithm>
#include <cstddef>

/* Sums over the neighbours of each bin of a row, which has room for values before and after its bins. R: float or double. */
namespace gr::stft::kernel {

inline constexpr std::ptrdiff_t most_neighbours = 32; //!< values before a row, and after it

//! Adds a row to another one.
template <class R>
STFT_LOOP void add_row(const R* from, std::size_t bins, R* sum)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        sum[k] += from[k];
}

//! Each value becomes the sum of it and that `distance` after it.
template <class R>
STFT_LOOP void add_later(R* values, std::size_t count, std::size_t distance)
{
#pragma omp simd
    for (std::size_t k = 0; k < count; ++k)
        values[k] += values[k + distance];
}

//! Fills in `half` values before a row and after it: of its other end where it is circular, else its mirror image.
template <class R>
void extend_row(R* row, std::size_t bins, std::ptrdiff_t half, bool circular)
{
    const auto n = static_cast<std::ptrdiff_t>(bins);
    const auto other = [&](std::ptrdiff_t bin) { // that stands for one beyond the ends
        if (circular)
            return ((bin % n) + n) % n;
        const auto period = std::max<std::ptrdiff_t>(1, 2 * (n - 1));
        const auto in_period = ((bin % period) + period) % period;
        return in_period < n ? in_period : period - in_period;
    };
    for (std::ptrdiff_t j = 1; j <= half; ++j) {
        row[-j] = row[other(-j)];
        row[n - 1 + j] = row[other(n - 1 + j)];
    }
}

/*!
 * \brief Sums of each bin of a row and `half` ones on either side.
 * \param half a power of two, at most most_neighbours; the values beyond the ends are filled in
 * \param sum room for bins + 2 half values, of which the first `bins` are the sums
 */
template <class R>
void sum_around(R* row, std::size_t bins, std::ptrdiff_t half, bool circular, R* sum)
{
    extend_row(row, bins, half, circular);
    const auto width = static_cast<std::size_t>(2 * half);
    std::copy_n(row - half, bins + width, sum);
    for (std::size_t distance = 1; distance < width; distance *= 2) // sums of 2, 4 .. width
        simd::dispatch<add_later<R>>(sum, bins + width - 2 * distance + 1, distance);
    simd::dispatch<add_row<R>>(row + half, bins, sum);
}

} // namespace gr::stft::kernel
#endif
