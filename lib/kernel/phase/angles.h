/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_ANGLES_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_ANGLES_H

#include "kernel/simd/dispatch.h"
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

/* Angles of complex numbers, without branches or calls, so that loops over them are vectorised. Complex numbers are real and imaginary
 * parts in turn. */
namespace gr::stft::kernel::phase_loops {

//! arctan t for |t| <= sqrt(2) - 1: relative error 2e-7. The polynomial is that of Moshier's Cephes, atanf.c.
STFT_INLINE inline float small_arctangent(float t)
{
    const float z = t * t;
    float p = 8.05374449538e-2f;
    p = p * z - 1.38776856032e-1f;
    p = p * z + 1.99777106478e-1f;
    p = p * z - 3.33329491539e-1f;
    return t + t * z * p;
}

//! arctan t for |t| <= sqrt(2) - 1: relative error 3e-16. The polynomial is that of Sun's fdlibm, s_atan.c.
STFT_INLINE inline double small_arctangent(double t)
{
    const double z = t * t;
    double p = 1.62858201153657823623e-02;
    p = p * z - 3.65315727442169155270e-02;
    p = p * z + 4.97687799461593236017e-02;
    p = p * z - 5.83357013379057348645e-02;
    p = p * z + 6.66107313738753120669e-02;
    p = p * z - 7.69187620504482999495e-02;
    p = p * z + 9.09088713343650656196e-02;
    p = p * z - 1.11111104054623557880e-01;
    p = p * z + 1.42857142725034663711e-01;
    p = p * z - 1.99999999998764832476e-01;
    p = p * z + 3.33333333333329318027e-01;
    return t - t * z * p;
}

//! Angle of re + j im in cycles, -1/2 .. 1/2.
template <class R>
STFT_INLINE inline R cycles_of(R re, R im)
{
    constexpr R cycle = R(0.15915494309189533577), tangent = R(0.41421356237309504880);
    constexpr R least = std::numeric_limits<R>::min();
    const R x = std::abs(re), y = std::abs(im);
    const R low = x < y ? x : y, high = x < y ? y : x;
    // 1 near the diagonal, where the angle to it is taken, else 0
    const R diagonal = R(0.5) + std::copysign(R(0.5), low - tangent * high);
    const R below = low - diagonal * high, above = high + diagonal * low;
    const R octant =
        cycle * small_arctangent(below / (above < least ? least : above)) + diagonal / 8;
    const R quadrant = R(0.125) - std::copysign(R(0.125) - octant, x - y);
    const R half = R(0.25) - std::copysign(R(0.25) - quadrant, re);
    return std::copysign(half, im);
}

//! Numbers -> their angles in cycles.
template <class R>
STFT_LOOP void angles(const R* numbers, std::size_t count, R* cycles)
{
#pragma omp simd
    for (std::size_t k = 0; k < count; ++k)
        cycles[k] = cycles_of(numbers[2 * k], numbers[2 * k + 1]);
}

//! 1 / sqrt(x) for normal x, relative error 8e-7: two steps of Newton's iteration, from an estimate that halves the exponent, without a division. Its
//! three constants are those of least error.
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
STFT_LOOP void bounded(const R* magnitudes, std::size_t count, R most, R* result)
{
    constexpr R largest = std::numeric_limits<R>::max();
#pragma omp simd
    for (std::size_t k = 0; k < count; ++k) {
        const R loud = magnitudes[k] <= largest ? most : R(0);
        const R some = magnitudes[k] <= most ? magnitudes[k] : loud;
        result[k] = some >= 0 ? some : R(0);
    }
}

//! A row of bounded magnitudes and `numbers`, finite, that it had become `scale` times -> a row of these magnitudes with the phases of the numbers,
//! moved `beyond` times as far again; a number whose square is no normal number leaves what is there.
template <class R>
STFT_LOOP void
directions(const R* numbers, const R* magnitudes, std::size_t count, R scale, R beyond, R* row)
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
STFT_LOOP void unbounded(const R* row, const R* magnitudes, std::size_t count, R most, R* result)
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
