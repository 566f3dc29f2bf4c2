/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/phase_rows.h"
#include <algorithm>

namespace gr::stft::kernel {

template <class R>
row_paths<R>::row_paths(std::size_t bins, bool circular)
    : d_bins(bins), d_circular(circular && bins > 1), d_left(bins), d_right(bins), d_source(bins)
{}

template <class R>
void row_paths<R>::scan(const std::vector<R>& before, const std::vector<R>& here)
{
    // the width of a path is its smallest cell's; that of the best path to the present cell goes on to the next one
    R width = silent;
    const auto step = [&](std::size_t k) { width = std::min(here[k], std::max(before[k], width)); };
    if (d_circular)
        for (std::size_t k = d_bins; k-- > 0;)
            step(k);
    for (std::size_t k = d_bins; k-- > 0;) {
        d_right[k] = width;
        step(k);
    }
    width = silent;
    if (d_circular)
        for (std::size_t k = 0; k < d_bins; ++k)
            step(k);
    for (std::size_t k = 0; k < d_bins; ++k) {
        d_left[k] = width;
        step(k);
    }
    for (std::size_t k = 0; k < d_bins; ++k) {
        const R straight = before[k], left = d_left[k], right = d_right[k];
        auto from = left >= right ? source::left : source::right;
        from = straight >= std::max(left, right) ? source::before : from;
        const bool reached = std::max(straight, std::max(left, right)) > silent && here[k] > silent;
        d_source[k] = reached ? from : source::none;
    }
}

//! Gives each stretch of cells that no path reaches a source in its largest cell, whose phase is that of the seeds. False if there is none.
template <class R>
bool row_paths<R>::seed(std::vector<R>& before,
                        const std::vector<R>& here,
                        std::vector<R>& from_before,
                        const R* seeds) const
{
    const auto unreached = [&](std::size_t k) {
        return d_source[k] == source::none && here[k] > silent;
    };
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
std::size_t row_paths<R>::first_not(source s) const
{
    std::size_t k = 0;
    while (k + 1 < d_bins && d_source[k] == s)
        ++k;
    return k;
}

template <class R>
void row_paths<R>::integrate(std::vector<R>& before,
                             const std::vector<R>& here,
                             std::vector<R>& from_before,
                             const R* seeds,
                             const R* steps,
                             R* phases)
{
    scan(before, here);
    if (seed(before, here, from_before, seeds))
        scan(before, here);
    const auto to_right = [&](std::size_t k, std::size_t left) {
        if (d_source[k] == source::left)
            phases[k] = phases[left] + steps[left];
        else if (d_source[k] == source::before)
            phases[k] = from_before[k];
    };
    const auto to_left = [&](std::size_t k, std::size_t right) {
        if (d_source[k] == source::right)
            phases[k] = phases[right] - steps[k];
    };
    // begin where a phase does not come from the left (right)
    const auto begin = d_circular ? first_not(source::left) : 0;
    to_right(begin, begin == 0 ? d_bins - 1 : begin - 1);
    for (std::size_t k = begin + 1; k < d_bins; ++k)
        to_right(k, k - 1);
    for (std::size_t k = 0; k < begin; ++k)
        to_right(k, k == 0 ? d_bins - 1 : k - 1);
    const auto last = d_circular ? first_not(source::right) : d_bins - 1;
    for (std::size_t k = last; k-- > 0;)
        to_left(k, k + 1);
    for (std::size_t k = d_bins; k-- > last + 1;)
        to_left(k, k + 1 == d_bins ? 0 : k + 1);
}

template class row_paths<float>;
template class row_paths<double>;

} // namespace gr::stft::kernel
