/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_PHASE_GRADIENT_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_PHASE_GRADIENT_H

#include "kernel/constants.h"
#include "kernel/simd/dispatch.h"
#include "kernel/simd/logarithm.h"
#include <gnuradio/stft/kernel/phase/gaussian_fit.h>
#include <gnuradio/stft/kernel/phase/phase_settings.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>

/* Loops over a row of magnitudes. A row of logarithms has one value more on either side, that of the bin's neighbour:
 * the mirrored bin of a one-sided spectrum, the bin at the other end of a circular one. */
namespace gr::stft::kernel {

//! Factors that turn differences of logarithms into derivatives of the phase.
template <class R>
struct phase_gradient {
    R per_bin; //!< factor on ds / dk that gives the distance of the signal in frequency, cycles per sample
    R most;      //!< greatest such distance, where the window's reach ends
    R per_frame; //!< factor on ds / d frame that gives the distance in time, in units of n_fft samples
    R reach;     //!< greatest such distance
    R shift;     //!< distance of the window's centroid from its centre, in the same unit
    std::size_t bins;
    std::int64_t length; //!< samples under the window
    bool circular, even; //!< even: n_fft is

    phase_gradient() = default;
    explicit phase_gradient(const phase_settings& s)
    {
        const auto taps = s.frames_of().taps();
        const auto fit = fit_gaussian(taps);
        const auto n = static_cast<double>(s.n_fft), hop = static_cast<double>(s.hop);
        const auto half = static_cast<double>(taps.size()) / 2;
        per_bin = static_cast<R>(n / (2 * pi * fit.gamma));
        most = static_cast<R>(half / fit.gamma);
        per_frame = static_cast<R>(fit.gamma / (2 * pi * hop * n));
        reach = static_cast<R>(half / n);
        shift = static_cast<R>(fit.shift / n);
        bins = s.bins();
        length = static_cast<std::int64_t>(taps.size());
        circular = s.is_circular();
        even = s.n_fft % 2 == 0;
    }
};

//! Cells at or below it, relative to the largest one, tell nothing of their neighbours' phases.
template <class R>
R silence_of(const phase_settings& s)
{
    return static_cast<R>(std::log(std::max(s.tolerance, 1e-10)));
}

//! Rows of logarithms in the order of time, of which ds / d frame is taken in the second or, looking back, in the
//! last one.
template <class R>
struct three_rows {
    const R *first, *second, *third;
    bool looks_back;
    R limit; //!< levels at or below it are left out
    //! The magnitudes of all three, for differences of squares; null: differences of logarithms only.
    std::array<const R*, 3> magnitudes{};
};

namespace phase_loops {

//! Logarithms of magnitudes; that of the least number for what is 0, negative or not finite.
template <class R>
STFT_LOOP void logarithms(const R* magnitudes, std::size_t bins, R* s)
{
    constexpr R least = std::numeric_limits<R>::min(), most = std::numeric_limits<R>::max();
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        s[k] = magnitudes[k] > least ? magnitudes[k] : least;
#pragma omp simd // all in one loop there would be branches
    for (std::size_t k = 0; k < bins; ++k)
        s[k] = s[k] <= most ? s[k] : least;
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        s[k] = natural_log(s[k]);
}

template <class R>
STFT_LOOP R largest_of(const R* s, std::size_t bins)
{
    R largest = s[0];
#pragma omp simd reduction(max : largest)
    for (std::size_t k = 0; k < bins; ++k)
        largest = s[k] > largest ? s[k] : largest;
    return largest;
}

template <class R>
STFT_LOOP R smallest_of(const R* s, std::size_t bins)
{
    R smallest = s[0];
#pragma omp simd reduction(min : smallest)
    for (std::size_t k = 0; k < bins; ++k)
        smallest = s[k] < smallest ? s[k] : smallest;
    return smallest;
}

template <class R>
STFT_INLINE inline R within(R value, R most)
{
    const R lower = value > -most ? value : -most; // of what is no number, too
    return lower > most ? most : lower;
}

//! A derivative from the differences on either side; from one of them if the cell on the other side is silent.
template <class R>
STFT_INLINE inline R central(R before, R after, bool has_before, bool has_after)
{
    const R one = has_before ? before : after;
    return has_before == has_after ? (before + after) / 2 : one;
}

//! s has a neighbour on either side -> how far the phase advances in a sample beyond the bin's frequency, cycles.
template <class R>
STFT_LOOP void
frequency_offsets(const R* s, std::size_t bins, R factor, R most, R limit, R* offsets)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        offsets[k] = within(
            factor * central(s[k] - s[k - 1], s[k + 1] - s[k], s[k - 1] > limit, s[k + 1] > limit),
            most);
}

//! How far the phase advances from a bin to the next, cycles.
template <class R>
STFT_LOOP void
phase_slopes(three_rows<R> rows, std::size_t bins, R factor, R reach, R shift, R* slopes)
{
    if (rows.looks_back) {
#pragma omp simd
        for (std::size_t k = 0; k < bins; ++k) {
            const R last = rows.third[k] - rows.second[k];
            const R bend = (last - (rows.second[k] - rows.first[k])) / 2;
            slopes[k] =
                -shift - within(factor * (last + (rows.first[k] > rows.limit ? bend : 0)), reach);
        }
        return;
    }
    if (!rows.magnitudes[0]) {
#pragma omp simd
        for (std::size_t k = 0; k < bins; ++k)
            slopes[k] = -shift - within(factor * central(rows.second[k] - rows.first[k],
                                                         rows.third[k] - rows.second[k],
                                                         rows.first[k] > rows.limit,
                                                         rows.third[k] > rows.limit),
                                        reach);
        return;
    }
    const R *first = rows.magnitudes[0], *second = rows.magnitudes[1], *third = rows.magnitudes[2];
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R before = rows.second[k] - rows.first[k], after = rows.third[k] - rows.second[k];
        const R has_before = rows.first[k] > rows.limit ? R(1) : R(0);
        const R has_after = rows.third[k] > rows.limit ? R(1) : R(0);
        // near a zero of the STFT |X|^2 is a parabola, and the logarithm is not: where it bends upwards
        const R bends = after > before ? has_before * has_after : R(0);
        const R inverse = 1 / second[k];
        const R a = inverse * first[k], b = inverse * third[k];
        const R squares = (b - a) * (b + a) / 4;
        const R share = has_before == has_after ? R(0.5) : has_before;
        const R logarithms = share * before + (1 - share) * after;
        slopes[k] = -shift - within(factor * (bends > 0 ? squares : logarithms), reach);
    }
}

//! Slopes in the bins -> the phase's steps from each bin to the next one, from the last to the first.
template <class R>
STFT_LOOP void between_bins(const R* slopes, std::size_t bins, R* steps)
{
    const auto last = bins - 1;
#pragma omp simd
    for (std::size_t k = 0; k < last; ++k)
        steps[k] = (slopes[k] + slopes[k + 1]) / 2;
    steps[last] = (slopes[last] + slopes[0]) / 2;
}

//! x minus the nearest integer, for |x| below 2^22 (float) or 2^51 (double).
template <class R>
STFT_INLINE inline R fraction_of(R x)
{
    constexpr R magic =
        sizeof(R) == 4 ? R(12582912.0) : R(6755399441055744.0); // 1.5 2^(digits - 1)
    return x - ((x + magic) - magic);
}

//! s where it is above the limit, else -inf.
template <class R>
STFT_LOOP void where_above(const R* s, std::size_t bins, R limit, R* above)
{
    constexpr R nothing = -std::numeric_limits<R>::infinity();
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        above[k] = s[k] > limit ? s[k] : nothing;
}

//! Phases of the row before -> those of this row.
template <class R>
STFT_LOOP void advance(const R* phases,
                       const R* advances,
                       const R* offsets_before,
                       const R* offsets,
                       std::size_t bins,
                       R half_step,
                       R* advanced)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        advanced[k] = phases[k] + advances[k] + half_step * (offsets_before[k] + offsets[k]);
}

template <class R>
STFT_LOOP void wrap(R* cycles, std::size_t bins)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        cycles[k] = fraction_of(cycles[k]);
}

//! sin(pi y) for |y| <= 1/2, error 1e-8 before rounding: the polynomial of simd/lanes.h.
STFT_INLINE inline float sine(float y)
{
    const float z = y * y;
    float p = z * 0.077655912276f - 0.598290411284f;
    p = p * z + 2.550077386529f;
    p = p * z - 5.167710076668f;
    p = p * z + 3.141592640077f;
    return p * y;
}

//! The sum over j = n, n + 2 .. last of (-1)^((j - n) / 2) n! / j! z^((j - n) / 2), a piece of Taylor's series.
template <int n, int last>
STFT_INLINE inline double series(double z)
{
    if constexpr (n + 2 > last)
        return 1;
    else
        return 1 - z * (1. / ((n + 1) * (n + 2))) * series<n + 2, last>(z);
}

//! sin(pi y) for |y| <= 1/2, to rounding.
STFT_INLINE inline double sine(double y)
{
    const double x = pi * y;
    return x * series<1, 25>(x * x);
}

//! magnitude exp(2j pi cycles), cycles in -1/2 .. 1/2 -> real and imaginary parts in turn. Negative magnitudes count
//! as 0.
template <class R>
STFT_LOOP void phasors(const R* magnitudes, const R* cycles, std::size_t bins, R* parts)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R s = sine(cycles[k]), c = sine(R(0.5) - std::abs(cycles[k])); // of half the angle
        const R counts = magnitudes[k] < 0 ? R(0) : R(1);
        const R magnitude = counts * magnitudes[k]; // not finite if that is not
        parts[2 * k] = magnitude * (1 - 2 * s * s);
        parts[2 * k + 1] = magnitude * (2 * s * c);
    }
}

} // namespace phase_loops
} // namespace gr::stft::kernel
#endif
