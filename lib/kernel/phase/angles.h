/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_ANGLES_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_ANGLES_H

#include "kernel/simd/dispatch.h"
#include <cmath>
#include <cstddef>
#include <limits>

/* Angles of complex numbers, without branches or calls, so that loops over them are vectorised. Complex numbers are
 * real and imaginary parts in turn. */
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

} // namespace gr::stft::kernel::phase_loops
#endif
