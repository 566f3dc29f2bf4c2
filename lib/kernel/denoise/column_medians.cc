/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/denoise/column_medians.h"
#include "kernel/simd/dispatch.h"
#include <algorithm>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t bins_at_once = 256; // whose ranks stay in the nearest cache

/*!
 * One rank of some bins. Without the value that leaves, rank r holds t[r] = s[r] below it, else s[r + 1]; with the one that enters,
 * min(t[r], max(entering, t[r - 1])).
 */
template <class R>
STFT_LOOP void move_rank(R* __restrict rank,
                         const R* __restrict above,
                         R* __restrict before,
                         const R* __restrict leaves,
                         const R* __restrict enters,
                         std::size_t bins)
{
    for (std::size_t b = 0; b < bins; ++b) {
        const R kept = rank[b] < leaves[b] ? rank[b] : above[b];
        const R larger = enters[b] > before[b] ? enters[b] : before[b];
        rank[b] = kept < larger ? kept : larger;
        before[b] = kept;
    }
}

//! The highest rank, above which there is none.
template <class R>
STFT_LOOP void move_last(R* __restrict rank,
                         const R* __restrict before,
                         const R* __restrict enters,
                         std::size_t bins)
{
    for (std::size_t b = 0; b < bins; ++b)
        rank[b] = enters[b] > before[b] ? enters[b] : before[b];
}

template <class R>
STFT_LOOP void move_all(R* ranks,
                        std::size_t stride,
                        std::size_t rows,
                        R* before,
                        const R* leaves,
                        const R* enters,
                        std::size_t bins)
{
    for (std::size_t r = 0; r + 1 < rows; ++r)
        move_rank(ranks + r * stride, ranks + (r + 1) * stride, before, leaves, enters, bins);
    move_last(ranks + (rows - 1) * stride, before, enters, bins);
}

} // namespace

template <class R>
column_medians<R>::column_medians(std::size_t bins, std::size_t rows)
    : d_bins(bins), d_rows(rows), d_ranks(bins * rows),
      d_empty(bins, std::numeric_limits<R>::infinity()), d_before(std::min(bins, bins_at_once))
{
    clear();
}

template <class R>
void column_medians<R>::clear()
{
    std::fill(d_ranks.begin(), d_ranks.end(), std::numeric_limits<R>::infinity());
}

template <class R>
void column_medians<R>::replace(const R* leaves, const R* enters)
{
    leaves = leaves ? leaves : d_empty.data();
    for (std::size_t first = 0; first < d_bins; first += bins_at_once) {
        const auto count = std::min(bins_at_once, d_bins - first);
        std::fill_n(d_before.begin(), count, -std::numeric_limits<R>::infinity());
        simd::dispatch<move_all<R>>(d_ranks.data() + first,
                                    d_bins,
                                    d_rows,
                                    d_before.data(),
                                    leaves + first,
                                    enters + first,
                                    count);
    }
}

template class column_medians<float>;
template class column_medians<double>;

} // namespace gr::stft::kernel
