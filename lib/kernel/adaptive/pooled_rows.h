/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_POOLED_ROWS_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_POOLED_ROWS_H

#include "block_criterion.h"
#include "energy_measure.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief The two sums of each candidate in the last frames, and the criterion of their means over a block.
 *
 * A block is the frames n - half .. n + half that have been added since the restart. A candidate that was not measured in
 * some of them has the mean over the others.
 *
 * The entropy of the power in a block is that of the frames' energies plus the mean of the entropies within frames, and it
 * is the latter that noise scatters. With measures of the energies the criterion is therefore the lower one of two: the
 * entropy of all cells, and that of the energies plus what white noise has within a frame. A weak click stands out in the
 * second one, as it fills its frame.
 */
template <class R>
class pooled_rows
{
public:
    //! \param ahead frames that may be added after the last one of a block \param energies a measure of each candidate, or
    //! none if the cells alone count
    pooled_rows(std::size_t candidates,
                std::int64_t half,
                std::int64_t ahead,
                const adaptive_settings& s,
                std::vector<energy_measure> energies = {})
        : d_candidates(candidates), d_half(half), d_criterion(s), d_energies(std::move(energies)),
          d_slots(static_cast<std::size_t>(2 * half + ahead + 2)), d_row(4 * candidates),
          d_rows(d_slots * d_row), d_block(d_row), d_J(candidates)
    {}

    std::int64_t half() const { return d_half; }
    const block_criterion<R>& criterion() const { return d_criterion; }

    //! The next frame added is p.
    void restart(std::int64_t p) { d_begin = d_end = p; }
    //! Frame added last.
    std::int64_t last() const { return d_end - 1; }
    //! Adds the next frame, without sums.
    void add() { std::fill_n(row(d_end++), d_row, 0.0); }

    //! Sets the sums of a candidate in the last frame; sums that are not finite are left out.
    void set(std::size_t k, const criterion_sums& sums)
    {
        if (!std::isfinite(sums.first) || !std::isfinite(sums.second))
            return;
        auto* to = row(d_end - 1);
        to[k] = sums.first;
        to[d_candidates + k] = sums.second;
        to[2 * d_candidates + k] = 1;
        if (!d_energies.empty())
            to[3 * d_candidates + k] = d_criterion.term(sums.second);
    }
    //! Gives a candidate the sums of another one in the last frame.
    void repeat(std::size_t k, std::size_t of)
    {
        auto* to = row(d_end - 1);
        for (std::size_t i = 0; i < 4; ++i)
            to[i * d_candidates + k] = to[i * d_candidates + of];
    }

    //! Returns the criterion of each candidate over block n; null if one of them has no sums, or silence.
    const double* J(std::int64_t n)
    {
        std::fill(d_block.begin(), d_block.end(), 0.0);
        const auto end = std::min(n + d_half + 1, d_end);
        for (auto p = std::max(n - d_half, d_begin); p < end; ++p) {
            const auto* from = row(p);
            for (std::size_t i = 0; i < d_row; ++i)
                d_block[i] += from[i];
        }
        bool defined = true;
        for (std::size_t k = 0; k < d_candidates; ++k) {
            const double count = d_block[2 * d_candidates + k];
            const auto mean = criterion_sums{ d_block[k], d_block[d_candidates + k] } * (1 / count);
            defined = defined && count > 0 && block_criterion<R>::usable(mean);
            d_block[k] = mean.first;
            d_block[d_candidates + k] = mean.second;
            d_block[3 * d_candidates + k] *= 1 / count;
        }
        if (!defined)
            return nullptr;
        d_criterion.values(d_block.data(), d_block.data() + d_candidates, d_candidates, d_J.data());
        for (std::size_t k = 0; k < d_energies.size(); ++k) {
            const criterion_sums energies{ d_block[3 * d_candidates + k],
                                           d_block[d_candidates + k] };
            d_J[k] = std::min(d_J[k], d_energies[k].value(d_criterion.value(energies)));
        }
        return d_J.data();
    }

    //! Frames of block n.
    std::int64_t frames_in(std::int64_t n) const
    {
        return std::min(n + d_half + 1, d_end) - std::max(n - d_half, d_begin);
    }

    //! Returns the mean sums of a candidate over block n; silence without any.
    criterion_sums mean(std::int64_t n, std::size_t k)
    {
        criterion_sums total;
        double count = 0;
        for (auto p = std::max(n - d_half, d_begin); p < std::min(n + d_half + 1, d_end); ++p) {
            const auto* from = row(p);
            total += { from[k], from[d_candidates + k] };
            count += from[2 * d_candidates + k];
        }
        return count > 0 ? total * (1 / count) : criterion_sums{};
    }

private:
    double* row(std::int64_t p) { return d_rows.data() + modulo(p, d_slots) * d_row; }

    std::size_t d_candidates;
    std::int64_t d_half;
    block_criterion<R> d_criterion;
    std::vector<energy_measure> d_energies;
    std::size_t d_slots, d_row;
    // a row: first sums, second sums, counts, and terms of the energies
    std::vector<double> d_rows, d_block, d_J;
    std::int64_t d_begin = 0, d_end = 0; // frames added since the restart
};

} // namespace gr::stft::kernel
#endif
