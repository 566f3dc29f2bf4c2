/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_MAGNITUDE_PROJECTION_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_MAGNITUDE_PROJECTION_H

#include "kernel/simd/dispatch.h"
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

/* The step of Griffin and Lim's iteration that gives a spectrum its magnitudes back, without branches or calls, so
 * that loops are vectorised. Complex numbers are real and imaginary parts in turn. */
namespace gr::stft::kernel::phase_loops {

//! 1 / sqrt(x) for normal x, relative error 8e-7: two steps of Newton's iteration, from an estimate that halves the
//! exponent, without a division. Its three constants are those of least error.
STFT_INLINE inline float inverse_root(float x)
{
    std::int32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    bits = 0x5f376880 - (bits >> 1);
    float y;
    std::memcpy(&y, &bits, sizeof y);
    const float half = 0.5f * x;
    y = y * (1.50088f - half * y * y);
    return y * (1.5000006f - half * y * y);
}

STFT_INLINE inline double inverse_root(double x) { return 1 / std::sqrt(x); }

//! Magnitudes of which sums are finite: at most `most`, and 0 instead of what is not finite or negative.
template <class R>
STFT_LOOP void bounded_magnitudes(const R* magnitudes, std::size_t count, R most, R* result)
{
    constexpr R largest = std::numeric_limits<R>::max();
#pragma omp simd
    for (std::size_t k = 0; k < count; ++k) {
        const R loud = magnitudes[k] <= largest ? most : R(0);
        const R some = magnitudes[k] <= most ? magnitudes[k] : loud;
        result[k] = some >= 0 ? some : R(0);
    }
}

/*!
 * A row of bounded magnitudes, and `numbers`, finite, which are `scale` times what the row has become -> a row of
 * these magnitudes with the phases of the numbers, moved `beyond` times as far again. A number whose square is no
 * normal number leaves what is there.
 */
template <class R>
STFT_LOOP void
project(const R* numbers, const R* magnitudes, std::size_t count, R scale, R beyond, R* row)
{
    constexpr R least = std::numeric_limits<R>::min(), largest = std::numeric_limits<R>::max();
    const R own = beyond * scale, all = 1 + beyond;
#pragma omp simd
    for (std::size_t k = 0; k < count; ++k) {
        const R was_re = row[2 * k], was_im = row[2 * k + 1];
        const R re = all * numbers[2 * k] - own * was_re;
        const R im = all * numbers[2 * k + 1] - own * was_im;
        const R square = re * re + im * im;
        const R factor = magnitudes[k] * inverse_root(square);
        const bool moves = square >= least && square <= largest;
        const R x = factor * re, y = factor * im;
        row[2 * k] = moves ? x : was_re;
        row[2 * k + 1] = moves ? y : was_im;
    }
}

//! A row of bounded magnitudes -> one of the magnitudes themselves.
template <class R>
STFT_LOOP void
restore_magnitudes(const R* row, const R* magnitudes, std::size_t count, R most, R* result)
{
    const R per_most = 1 / most;
#pragma omp simd
    for (std::size_t k = 0; k < count; ++k) {
        const R factor = std::abs(magnitudes[k]) <= most ? R(1) : magnitudes[k] * per_most;
        result[2 * k] = factor * row[2 * k];
        result[2 * k + 1] = factor * row[2 * k + 1];
    }
}

} // namespace gr::stft::kernel::phase_loops
#endif
