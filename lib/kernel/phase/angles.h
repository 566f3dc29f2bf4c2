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

//! 1 / sqrt(x) for normal x: Newton's iteration from an estimate that halves the exponent, without a division.
STFT_INLINE inline float inverse_root(float x)
{
    std::int32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    bits = 0x5f3759df - (bits >> 1);
    float y;
    std::memcpy(&y, &bits, sizeof y);
    for (int i = 0; i < 3; ++i)
        y = y * (1.5f - 0.5f * x * y * y);
    return y;
}

STFT_INLINE inline double inverse_root(double x) { return 1 / std::sqrt(x); }

//! Finite numbers, of units that had these magnitudes times `scale` -> units of their phase, moved `beyond` times as far again; one whose square is
//! no normal number leaves what is there. Magnitudes above `most` count as 0. Numbers become magnitudes times units.
template <class R>
STFT_LOOP void
directions(R* numbers, const R* magnitudes, std::size_t count, R most, R scale, R beyond, R* units)
{
    constexpr R least = std::numeric_limits<R>::min(), largest = std::numeric_limits<R>::max();
    const R own = beyond * scale, all = 1 + beyond;
#pragma omp simd
    for (std::size_t k = 0; k < count; ++k) {
        const R magnitude = magnitudes[k] <= most ? magnitudes[k] : R(0);
        const R was = own * magnitude;
        const R re = all * numbers[2 * k] - was * units[2 * k];
        const R im = all * numbers[2 * k + 1] - was * units[2 * k + 1];
        const R square = re * re + im * im;
        const R factor = inverse_root(square);
        const bool moves = square >= least && square <= largest;
        const R x = moves ? factor * re : units[2 * k];
        const R y = moves ? factor * im : units[2 * k + 1];
        units[2 * k] = x;
        units[2 * k + 1] = y;
        numbers[2 * k] = magnitude * x;
        numbers[2 * k + 1] = magnitude * y;
    }
}

//! factors times units, where a factor within its bounds; else 0.
template <class R>
STFT_LOOP void
scale_finite(const R* factors, const R* units, std::size_t count, R most, R* products)
{
#pragma omp simd
    for (std::size_t k = 0; k < count; ++k) {
        const R factor = factors[k] <= most ? factors[k] : R(0);
        products[2 * k] = factor * units[2 * k];
        products[2 * k + 1] = factor * units[2 * k + 1];
    }
}

//! factors times units.
template <class R>
STFT_LOOP void scale_all(const R* factors, const R* units, std::size_t count, R* products)
{
#pragma omp simd
    for (std::size_t k = 0; k < count; ++k) {
        products[2 * k] = factors[k] * units[2 * k];
        products[2 * k + 1] = factors[k] * units[2 * k + 1];
    }
}

} // namespace gr::stft::kernel::phase_loops
#endif
