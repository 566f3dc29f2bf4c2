/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/path_balance.h"
#include "kernel/phase/phase_gradient.h"
#include <algorithm>
#include <array>

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
                         R weight,
                         R* weights,
                         R* pulls)
{
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

//! A symmetric system of three diagonals, whose off-diagonal numbers are -joints.
template <class R>
struct three_diagonals {
    const R* joints; // [k] joins k and k + 1
    R* pivots;       // the diagonal; later what a number takes of its neighbour's
    R* sums;         // the right side; later the solution
};

//! Elimination of a stretch of it that nothing joins to others, from its ends to its middle, and back.
template <class R>
class stretch
{
public:
    stretch(const three_diagonals<R>& all, std::size_t from, std::size_t end)
        : d_all(all), d_from(from), d_end(end), d_middle(from + (end - from) / 2)
    {}

    //! Numbers on the side of the middle that has fewer.
    std::size_t shorter() const { return d_end - 1 - d_middle; }

    //! The i-th number from either end, i < shorter(); each chain waits for itself only.
    STFT_INLINE void eliminate(std::size_t i)
    {
        eliminate_low(i);
        const auto k = d_end - 1 - i;
        step(k, d_all.joints[k], d_all.joints[k - 1], d_high);
    }

    //! The others, from the i-th on, and the middle.
    void eliminate_rest(std::size_t i)
    {
        for (; i < shorter(); ++i)
            eliminate(i);
        if (longer() > shorter())
            eliminate_low(longer() - 1);
        const auto k = d_middle;
        const R low = d_all.joints[k - 1], high = d_all.joints[k];
        const R pivot = d_all.pivots[k] - low * low * d_low.inverse - high * high * d_high.inverse;
        const R sum = d_all.sums[k] + low * d_low.sum + high * d_high.sum;
        d_all.sums[k] = d_low.sum = d_high.sum = sum / pivot;
    }

    //! The i-th number from the middle, 1 .. shorter(), on either side.
    STFT_INLINE void substitute(std::size_t i)
    {
        substitute_one(d_middle - i, d_low);
        substitute_one(d_middle + i, d_high);
    }

    //! The others, from the i-th on.
    void substitute_rest(std::size_t i)
    {
        for (; i <= shorter(); ++i)
            substitute(i);
        if (longer() > shorter())
            substitute_one(d_middle - longer(), d_low);
    }

private:
    struct chain {
        R inverse = 0, sum = 0;
    };

    std::size_t longer() const { return d_middle - d_from; }

    STFT_INLINE void eliminate_low(std::size_t i)
    {
        const auto k = d_from + i;
        step(k, d_all.joints[k - 1], d_all.joints[k], d_low);
    }

    STFT_INLINE void step(std::size_t k, R joint, R next, chain& c)
    {
        const R square = joint * joint, sum = d_all.sums[k] + joint * c.sum;
        c.inverse = 1 / (d_all.pivots[k] - square * c.inverse);
        c.sum = sum * c.inverse;
        d_all.sums[k] = c.sum;
        d_all.pivots[k] = next * c.inverse;
    }

    STFT_INLINE void substitute_one(std::size_t k, chain& c)
    {
        c.sum = d_all.sums[k] + d_all.pivots[k] * c.sum;
        d_all.sums[k] = c.sum;
    }

    three_diagonals<R> d_all;
    std::size_t d_from, d_end, d_middle;
    chain d_low, d_high;
};

//! Solves stretches at once: none of their chains waits for another.
template <class... Stretches>
void solve(Stretches... each)
{
    const auto together = std::min({ each.shorter()... });
    for (std::size_t i = 0; i < together; ++i)
        (each.eliminate(i), ...);
    (each.eliminate_rest(together), ...);
    for (std::size_t i = 1; i <= together; ++i)
        (each.substitute(i), ...);
    (each.substitute_rest(together + 1), ...);
}

template <class R>
std::size_t weakest(const R* joints, std::size_t from, std::size_t end)
{
    return static_cast<std::size_t>(std::min_element(joints + from, joints + end) - joints);
}

} // namespace

template <class R>
path_balance<R>::path_balance(std::size_t bins, bool circular)
    : d_circular(circular), d_joints(bins + 1), d_pivots(bins), d_sums(bins)
{}

template <class R>
void path_balance<R>::balance(const R* before,
                              const R* here,
                              const R* from_before,
                              const R* steps,
                              R largest,
                              R weight,
                              R* phases)
{
    constexpr std::size_t enough = 64; // bins of a row that is solved in two stretches
    const auto bins = d_pivots.size();
    if (bins < 2 || !(largest > 0))
        return;
    const R scale = 1 / largest;
    auto* const joints =
        d_joints.data() + 1; // [k] joins k and k + 1; [-1] the last bin and the first
    auto* const sums = d_sums.data();
    simd::dispatch<joints_of<R>>(here, steps, phases, bins - 1, scale, weight, joints, sums);
    sums[bins - 1] = joints[bins - 1] = 0;
    if (d_circular) {
        const R ends[] = { here[bins - 1], here[0] }, of_ends[] = { phases[bins - 1], phases[0] };
        joints_of(
            ends, steps + bins - 1, of_ends, 1, scale, weight, joints + bins - 1, sums + bins - 1);
    }
    // the weakest joint is left out where a row has no end, and one about the middle of a long row
    std::size_t first = 0, cut = bins - 1;
    const bool is_long = bins >= enough;
    const auto leave_out = [&](std::size_t k) { joints[k] = sums[k] = 0; };
    if (d_circular) {
        const auto k = weakest(joints, 0, is_long ? bins / 4 : bins);
        leave_out(k);
        first = (k + 1) % bins;
    }
    if (is_long) {
        cut = d_circular ? weakest(joints, bins / 2, bins / 2 + bins / 4)
                         : weakest(joints, bins / 2 - bins / 8, bins / 2 + bins / 8);
        leave_out(cut);
    }
    joints[-1] = joints[bins - 1];
    simd::dispatch<pivots_of<R>>(
        before, here, from_before, phases, d_joints.data(), bins, scale, d_pivots.data());
    const R of_last = sums[bins - 1];
    for (auto k = bins - 1; k > 0; --k) // a joint pulls its lower bin down and its upper one up
        sums[k] = sums[k - 1] - sums[k];
    sums[0] = of_last - sums[0];
    if (first > 0)
        for (auto* row : { joints, d_pivots.data(), sums })
            std::rotate(row, row + first, row + bins);
    joints[-1] = 0;
    const three_diagonals<R> all{ joints, d_pivots.data(), sums };
    const auto middle = cut + 1 - first;
    if (is_long)
        solve(stretch<R>(all, 0, middle), stretch<R>(all, middle, bins));
    else
        solve(stretch<R>(all, 0, bins));
    if (first > 0)
        std::rotate(sums, sums + (bins - first), sums + bins);
    simd::dispatch<add<R>>(sums, bins, phases);
}

template class path_balance<float>;
template class path_balance<double>;

} // namespace gr::stft::kernel
