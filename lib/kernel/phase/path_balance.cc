/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/path_balance.h"
#include "kernel/phase/phase_gradient.h"

namespace gr::stft::kernel {

namespace {

//! Energy of the weaker of two cells, 0 if one is not finite.
template <class R>
STFT_INLINE inline R weaker(R a, R b, R scale)
{
    const R x = scale * a, y = scale * b, least = x < y ? x : y;
    const R usable = x + y <= R(2.001) ? least : R(0); // 2 but for rounding
    return usable * usable;
}

//! Weights of the joints between bins, and what these add to the sums on the right.
template <class R>
STFT_LOOP void joints_of(const R* here,
                         const R* steps,
                         const R* phases,
                         std::size_t joints,
                         R scale,
                         R* weights,
                         R* pulls)
{
    constexpr R weight = R(0.5); // of a step along the row
#pragma omp simd
    for (std::size_t k = 0; k < joints; ++k) {
        weights[k] = weight * weaker(here[k], here[k + 1], scale);
        pulls[k] = weights[k] * phase_loops::fraction_of(phases[k] + steps[k] - phases[k + 1]);
    }
}

//! The diagonal.
template <class R>
STFT_LOOP void pivots_of(const R* before,
                         const R* here,
                         const R* from_before,
                         const R* phases,
                         const R* weights,
                         std::size_t bins,
                         R scale,
                         R* pivots)
{
    constexpr R least = R(1e-12); // keeps cells without any weight from dividing by 0,
    constexpr R more = 1 + 8 * std::numeric_limits<R>::epsilon(); // and bins that no path begins in
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R begins = phases[k] == from_before[k] ? weaker(before[k], here[k], scale) : R(0);
        pivots[k] = begins + least + more * (weights[k] + weights[k + 1]);
    }
}

template <class R>
STFT_LOOP void add(const R* corrections, std::size_t bins, R* phases)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        phases[k] += corrections[k];
}

} // namespace

template <class R>
path_balance<R>::path_balance(std::size_t bins)
    : d_joints(bins + 1), d_pivots(bins), d_sums(bins + 1)
{}

template <class R>
void path_balance<R>::balance(const R* before,
                              const R* here,
                              const R* from_before,
                              const R* steps,
                              R largest,
                              R* phases)
{
    const auto bins = d_pivots.size();
    if (bins < 2 || !(largest > 0))
        return;
    const R scale = 1 / largest;
    auto* const b =
        d_joints.data() +
        1; // b[k] joins bins k and k + 1; none is before the first one or after the last
    auto* const sums = d_sums.data();
    simd::dispatch<joints_of<R>>(here, steps, phases, bins - 1, scale, b, sums);
    d_joints[0] = b[bins - 1] = 0;
    simd::dispatch<pivots_of<R>>(
        before, here, from_before, phases, d_joints.data(), bins, scale, d_pivots.data());
    sums[bins - 1] = 0;
    for (auto k = bins - 1; k > 0; --k) // a joint pulls its lower bin down and its upper one up
        sums[k] = sums[k - 1] - sums[k];
    sums[0] = -sums[0];
    // towards the middle from both ends, two chains that do not wait for each other
    const auto middle = bins / 2;
    auto* const inverse = d_pivots.data();
    inverse[0] = 1 / inverse[0];
    if (middle + 1 < bins)
        inverse[bins - 1] = 1 / inverse[bins - 1];
    const auto up = [&](std::size_t k) STFT_INLINE {
        sums[k] += b[k - 1] * sums[k - 1]; // which is divided by its pivot
        return inverse[k] - b[k - 1] * b[k - 1] * inverse[k - 1];
    };
    const auto down = [&](std::size_t k) STFT_INLINE {
        sums[k] += b[k] * sums[k + 1];
        return inverse[k] - b[k] * b[k] * inverse[k + 1];
    };
    sums[0] *= inverse[0];
    if (middle + 1 < bins)
        sums[bins - 1] *= inverse[bins - 1];
    for (std::size_t i = 1; i < middle; ++i) {
        const auto k = bins - 1 - i;
        inverse[i] = 1 / up(i);
        sums[i] *= inverse[i];
        if (k > middle) {
            inverse[k] = 1 / down(k);
            sums[k] *= inverse[k];
        }
    }
    if (middle + 1 < bins)
        inverse[middle] = down(middle);
    inverse[middle] = 1 / up(middle);
    sums[middle] *= inverse[middle];
    R low = sums[middle], high = low;
    for (std::size_t i = 1; i <= middle; ++i) {
        const auto k = middle - i, other = middle + i;
        low = sums[k] + b[k] * inverse[k] * low;
        sums[k] = low;
        if (other < bins) {
            high = sums[other] + b[other - 1] * inverse[other] * high;
            sums[other] = high;
        }
    }
    simd::dispatch<add<R>>(sums, bins, phases);
}

template class path_balance<float>;
template class path_balance<double>;

} // namespace gr::stft::kernel
