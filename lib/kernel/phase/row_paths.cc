/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/phase_rows.h"
#include <algorithm>

namespace gr::stft::kernel {

namespace {

//! Tells where a cell's phase comes from: the left, the right (1, else 0), the row before (neither), or nowhere (both).
//! \return the number of cells that are not silent and get none
template <class R>
STFT_LOOP R choose(const R* before,
                   const R* here,
                   const R* left,
                   const R* right,
                   std::size_t bins,
                   R* from_left,
                   R* from_right)
{
    constexpr R silent = -std::numeric_limits<R>::infinity();
    R unreached = 0;
#pragma omp simd reduction(+ : unreached)
    for (std::size_t k = 0; k < bins; ++k) {
        // numbers instead of conditions, which would be branches
        const R beside = left[k] < right[k] ? right[k] : left[k];
        const R widest = beside < before[k] ? before[k] : beside;
        const R narrowest = widest < here[k] ? widest : here[k];
        const R nowhere = narrowest > silent ? R(0) : R(1),
                aside = beside > before[k] ? R(1) : R(0);
        const R is_left = left[k] < right[k] ? R(0) : R(1);
        const R is_from_left = aside * is_left, is_from_right = aside * (1 - is_left);
        from_left[k] = is_from_left < nowhere ? nowhere : is_from_left;
        from_right[k] = is_from_right < nowhere ? nowhere : is_from_right;
        unreached += here[k] > silent ? nowhere : R(0);
    }
    return unreached;
}

//! Takes what a path adds to the phase of the cell that it comes from, or, where no path comes from there, the phase
//! that the row before gives.
template <class R>
STFT_LOOP void
added(const R* from_there, const R* steps, const R* from_before, std::size_t bins, R sign, R* sums)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        sums[k] = from_there[k] * (sign * steps[k]) + (1 - from_there[k]) * from_before[k];
}

//! Phases of the paths that reach the cells; others stay.
template <class R>
STFT_LOOP void take_phases(const R* right,
                           const R* left,
                           const R* from_left,
                           const R* from_right,
                           std::size_t bins,
                           R* phases)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R nowhere = from_left[k] * from_right[k];
        const R reached = from_right[k] > 0 ? left[k] : right[k];
        phases[k] = nowhere * phases[k] + (1 - nowhere) * reached;
    }
}

//! Width of the widest path that leaves a row, whose i-th bin from there is bin(i).
template <class R, class Bin>
R leaving(const R* before, const R* here, std::size_t bins, Bin bin)
{
    R widest = row_paths<R>::silent, narrowest = std::numeric_limits<R>::infinity();
    for (std::size_t i = 0; i < bins && narrowest > widest; ++i) {
        narrowest = std::min(narrowest, here[bin(i)]);
        widest = std::max(widest, std::min(narrowest, before[bin(i)]));
    }
    return widest;
}

} // namespace

template <class R>
row_paths<R>::row_paths(std::size_t bins, bool circular)
    : d_bins(bins), d_circular(circular && bins > 1), d_left(bins), d_right(bins),
      d_from_left(bins), d_from_right(bins)
{}

template <class R>
void row_paths<R>::scan(const R* before, const R* here)
{
    // the width of a path is its smallest cell's; that of the best path to the present cell goes on to the next one
    R to_left = silent, to_right = silent;
    const auto step = [&](R& width, std::size_t k) {
        width = std::min(here[k], std::max(before[k], width));
    };
    if (d_circular) {
        to_right = leaving(before, here, d_bins, [&](std::size_t i) { return d_bins - 1 - i; });
        to_left = leaving(before, here, d_bins, [](std::size_t i) { return i; });
    }
    // four chains that do not wait for each other: those of the second halves begin with no path
    const auto half = d_bins / 2;
    R on_right = silent, on_left = silent;
    for (std::size_t i = 0; i < half; ++i) {
        const auto low = i, high = half + i, from_high = d_bins - 1 - i, from_low = half - 1 - i;
        d_left[low] = to_right;
        d_left[high] = on_right;
        d_right[from_high] = to_left;
        d_right[from_low] = on_left;
        step(to_right, low);
        step(on_right, high);
        step(to_left, from_high);
        step(on_left, from_low);
    }
    if (d_bins % 2) {
        d_left[d_bins - 1] = on_right;
        d_right[half] = to_left;
        step(to_left, half);
    }
    // the paths of the first halves go on as far as they are wider
    for (auto k = half; k < d_bins && to_right > d_left[k]; ++k)
        to_right = std::min(here[k], d_left[k] = to_right);
    for (auto k = half; k-- > 0 && to_left > d_right[k];)
        to_left = std::min(here[k], d_right[k] = to_left);
    d_unreached = simd::dispatch<choose<R>>(before,
                                            here,
                                            d_left.data(),
                                            d_right.data(),
                                            d_bins,
                                            d_from_left.data(),
                                            d_from_right.data());
}
//! Gives each stretch of cells that no path reaches a source in its largest cell, whose phase is that of the seeds.
//! False if there is none.
template <class R>
bool row_paths<R>::seed(R* before, const R* here, R* from_before, const R* seeds) const
{
    const auto unreached = [&](std::size_t k) {
        return d_from_left[k] + d_from_right[k] > 1 && here[k] > silent;
    };
    if (d_unreached == 0)
        return false;
    std::size_t from = 0; // no stretch crosses the border before it, unless it is all bins
    if (d_circular)
        while (from < d_bins && unreached(from))
            ++from;
    bool any = false;
    std::size_t largest = d_bins;
    const auto plant = [&] {
        if (largest < d_bins) {
            before[largest] = here[largest];
            from_before[largest] = seeds ? seeds[largest] : R(0);
            any = true;
        }
        largest = d_bins;
    };
    for (std::size_t i = 0; i < d_bins; ++i) {
        const auto k = from + i < d_bins ? from + i : (from + i) % d_bins;
        if (!unreached(k))
            plant();
        else if (largest == d_bins || here[k] > here[largest])
            largest = k;
    }
    plant();
    return any;
}

template <class R>
void row_paths<R>::integrate(R* before,
                             const R* here,
                             R* from_before,
                             const R* seeds,
                             const R* steps,
                             R* phases)
{
    scan(before, here);
    if (seed(before, here, from_before, seeds))
        scan(before, here);
    // a path to the left never meets one to the right, so that both are followed at once; where a cell's phase comes
    // from elsewhere, the row before gives the one that leads on, or none is asked for. Factors 0 and 1 instead of
    // branches, which nothing could predict
    auto* const right = d_left.data(); // phases of paths that lead to the right, and to the left
    auto* const left = d_right.data();
    const auto* const from_left = d_from_left.data();
    const auto* const from_right = d_from_right.data();
    right[0] = from_left[0] * steps[d_bins - 1] + (1 - from_left[0]) * from_before[0];
    simd::dispatch<added<R>>(from_left + 1, steps, from_before + 1, d_bins - 1, R(1), right + 1);
    simd::dispatch<added<R>>(from_right, steps, from_before, d_bins, R(-1), left);
    R to_right = 0, to_left = 0;
    if (d_circular) { // what the ends begin with comes from the other end, and begins where a path does
        auto k = d_bins - 1;
        while (k > 0 && from_left[k] > 0)
            --k;
        for (; k < d_bins; ++k)
            to_right = from_left[k] * to_right + right[k];
        k = 0;
        while (k + 1 < d_bins && from_right[k] > 0)
            ++k;
        for (++k; k-- > 0;)
            to_left = from_right[k] * to_left + left[k];
    }
    const auto half = d_bins / 2;
    R on_right = 0,
      on_left = 0; // of the second halves, which what comes from the first ones is added to
    for (std::size_t i = 0; i < half; ++i) {
        const auto low = i, high = half + i, from_high = d_bins - 1 - i, from_low = half - 1 - i;
        right[low] = to_right = from_left[low] * to_right + right[low];
        right[high] = on_right = from_left[high] * on_right + right[high];
        left[from_high] = to_left = from_right[from_high] * to_left + left[from_high];
        left[from_low] = on_left = from_right[from_low] * on_left + left[from_low];
    }
    if (d_bins % 2) {
        const auto last = d_bins - 1;
        right[last] = from_left[last] * on_right + right[last];
        left[half] = to_left = from_right[half] * to_left + left[half];
    }
    for (auto k = half; k < d_bins && from_left[k] > 0; ++k)
        right[k] += to_right;
    for (auto k = half; k-- > 0 && from_right[k] > 0;)
        left[k] += to_left;
    simd::dispatch<take_phases<R>>(
        right, left, d_from_left.data(), d_from_right.data(), d_bins, phases);
}

template class row_paths<float>;
template class row_paths<double>;

} // namespace gr::stft::kernel
