/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/path_balance.h"
#include "kernel/phase/phase_gradient.h"
#include <algorithm>

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
                         const R* levels,
                         const R* steps,
                         const R* phases,
                         std::size_t joints,
                         R scale,
                         R weight,
                         R* weights,
                         R* pulls)
{
    constexpr R lowest = std::numeric_limits<R>::lowest();
#pragma omp simd
    for (std::size_t k = 0; k < joints; ++k) {
        const R low = levels[k] < levels[k + 1] ? levels[k] : levels[k + 1];
        const R joins = low >= lowest ? weight : R(0);
        weights[k] = joins * weaker(here[k], here[k + 1], scale);
        pulls[k] = weights[k] * phase_loops::fraction_of(phases[k] + steps[k] - phases[k + 1]);
    }
}

//! The diagonal, and the right side: a joint, of which [k - 1] and [k] hold bin k, pulls its lower bin down and its
//! upper one up.
template <class R>
STFT_LOOP void pivots_of(const R* before,
                         const R* here,
                         const R* from_before,
                         const R* phases,
                         const R* weights,
                         const R* pulls,
                         std::size_t bins,
                         R scale,
                         R* pivots,
                         R* sums)
{
    constexpr R least = R(1e-12); // keeps cells without any weight from dividing by 0,
    constexpr R more = 1 + 8 * std::numeric_limits<R>::epsilon(); // and bins that no path begins in
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R begins = phases[k] == from_before[k] ? weaker(before[k], here[k], scale) : R(0);
        pivots[k] = begins + least + more * (weights[k - 1] + weights[k]);
        sums[k] = pulls[k - 1] - pulls[k];
    }
}

//! Expresses every second unknown of a ring: 2 i + 1 = own[i] + lower[i] times the one before + upper[i] times the
//! one after it.
template <class R>
STFT_LOOP void eliminate(const R* joints,
                         const R* pivots,
                         const R* sums,
                         std::size_t eliminated,
                         R* own,
                         R* lower,
                         R* upper,
                         R* joints_left)
{
#pragma omp simd
    for (std::size_t i = 0; i < eliminated; ++i) {
        const R inverse = 1 / pivots[2 * i + 1];
        own[i] = inverse * sums[2 * i + 1];
        lower[i] = inverse * joints[2 * i];
        upper[i] = inverse * joints[2 * i + 1];
        joints_left[i] = lower[i] * joints[2 * i + 1];
    }
}

//! The system of the others; the neighbours of the i-th of them are eliminated ones, [i - 1] and [i].
template <class R>
STFT_LOOP void leave(const R* joints,
                     const R* pivots,
                     const R* sums,
                     const R* own,
                     const R* lower,
                     const R* upper,
                     std::size_t left,
                     R* pivots_left,
                     R* sums_left)
{
#pragma omp simd
    for (std::size_t i = 0; i < left; ++i) {
        const R before = joints[2 * i - 1], after = joints[2 * i];
        pivots_left[i] = pivots[2 * i] - (before * upper[i - 1] + after * lower[i]);
        sums_left[i] = sums[2 * i] + (before * own[i - 1] + after * own[i]);
    }
}

//! Solution of the others -> all.
template <class R>
STFT_LOOP void substitute(const R* left,
                          const R* own,
                          const R* lower,
                          const R* upper,
                          std::size_t eliminated,
                          R* all)
{
#pragma omp simd
    for (std::size_t i = 0; i < eliminated; ++i) {
        all[2 * i] = left[i];
        all[2 * i + 1] = own[i] + (lower[i] * left[i] + upper[i] * left[i + 1]);
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
path_balance<R>::ring::ring(std::size_t unknowns)
    : count(unknowns), joints(count), pivots(count), sums(count), own(count / 2 + 1),
      lower(count / 2 + 1), upper(count / 2 + 1)
{}

template <class R>
path_balance<R>::path_balance(std::size_t bins, bool circular) : d_circular(circular), d_pulls(bins)
{
    for (auto count = bins; count > 0; count = count > 1 ? (count + 1) / 2 : 0)
        d_rings.emplace_back(count);
}

//! Leaves every second unknown of a ring out.
template <class R>
void path_balance<R>::halve(ring& all, ring& half)
{
    const auto eliminated = all.count / 2, left = half.count;
    auto* const joints = all.joints.data();
    auto *const own = all.own.data(), *const lower = all.lower.data(),
                *const upper = all.upper.data();
    joints[-1] = joints[all.count - 1];
    simd::dispatch<eliminate<R>>(joints,
                                 all.pivots.data(),
                                 all.sums.data(),
                                 eliminated,
                                 own,
                                 lower,
                                 upper,
                                 half.joints.data());
    if (eliminated < left) { // nothing is eliminated between the last one and the first
        own[eliminated] = lower[eliminated] = upper[eliminated] = 0;
        half.joints.data()[eliminated] = joints[all.count - 1];
    }
    own[-1] = own[left - 1];
    upper[-1] = upper[left - 1];
    simd::dispatch<leave<R>>(joints,
                             all.pivots.data(),
                             all.sums.data(),
                             own,
                             lower,
                             upper,
                             left,
                             half.pivots.data(),
                             half.sums.data());
}

//! The unknowns of a ring from those that were left; unknowns are in the place of the sums.
template <class R>
void path_balance<R>::complete(ring& all, ring& half)
{
    auto *const solved = half.sums.data(), *const unknowns = all.sums.data();
    solved[half.count] = solved[0];
    simd::dispatch<substitute<R>>(
        solved, all.own.data(), all.lower.data(), all.upper.data(), all.count / 2, unknowns);
    if (all.count % 2)
        unknowns[all.count - 1] = solved[half.count - 1];
}

template <class R>
void path_balance<R>::balance(const R* before,
                              const R* here,
                              const R* levels,
                              const R* from_before,
                              const R* steps,
                              R largest,
                              R weight,
                              R* phases)
{
    constexpr std::size_t enough =
        64; // bins of a row whose halves are not joined where that is weakest
    if (d_rings.size() < 2 || !(largest > 0))
        return;
    auto& row = d_rings.front();
    const auto bins = row.count, last = bins - 1;
    const R scale = 1 / largest;
    auto *const joints = row.joints.data(), *const pulls = d_pulls.data();
    simd::dispatch<joints_of<R>>(here, levels, steps, phases, last, scale, weight, joints, pulls);
    joints[last] = pulls[last] = 0;
    if (d_circular) {
        const R ends[] = { here[last], here[0] }, of_ends[] = { phases[last], phases[0] };
        const R ends_levels[] = { levels[last], levels[0] };
        joints_of(ends,
                  ends_levels,
                  steps + last,
                  of_ends,
                  1,
                  scale,
                  weight,
                  joints + last,
                  pulls + last);
    }
    if (!d_circular && bins >= enough) {
        auto* const from = joints + (bins / 2 - bins / 8);
        const auto count = bins / 8 * 2;
        const R weakest = simd::dispatch<phase_loops::smallest_of<R>>(from, count);
        const auto k = std::find(from, from + count, weakest) - joints;
        joints[k] = pulls[k] = 0;
    }
    joints[-1] = joints[last];
    pulls[-1] = pulls[last];
    simd::dispatch<pivots_of<R>>(before,
                                 here,
                                 from_before,
                                 phases,
                                 joints,
                                 pulls,
                                 bins,
                                 scale,
                                 row.pivots.data(),
                                 row.sums.data());
    for (std::size_t i = 0; i + 1 < d_rings.size(); ++i)
        halve(d_rings[i], d_rings[i + 1]);
    auto& one = d_rings.back(); // which both ends of its joint hold
    *one.sums.data() /= *one.pivots.data() - 2 * *one.joints.data();
    for (auto i = d_rings.size() - 1; i-- > 0;)
        complete(d_rings[i], d_rings[i + 1]);
    simd::dispatch<add<R>>(row.sums.data(), bins, phases);
}

template class path_balance<float>;
template class path_balance<double>;

} // namespace gr::stft::kernel
