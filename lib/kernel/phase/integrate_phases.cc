/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "kernel/phase/phase_rows.h"
#include <gnuradio/stft/kernel/phase/phase_from_magnitude.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace gr::stft::kernel {

namespace {

/*!
 * \brief The cells of a signal, [frame][bin], which join to islands whose phases are known but for one number each.
 *
 * A cell joins the largest of its neighbours that is larger than itself, so that every local maximum has an island.
 * Then, from the largest cell to the smallest, islands join that a cell and a larger neighbour of it belong to: where
 * the way between them is widest. Of a real signal the bins 0 and n_fft / 2 are real, which tells the number: such a
 * cell anchors its island when it is reached, and where two anchored islands meet, what their anchors leave goes into
 * the step that joins them.
 */
template <class R>
class phase_field
{
public:
    phase_field(const phase_settings& s, const R* magnitudes, std::size_t frames)
        : d_gradient(s), d_bins(s.bins()), d_frames(frames), d_half_hop(static_cast<R>(s.hop) / 2),
          d_overlaps(s.hop <= s.frames_of().window_length()), d_cells(frames * d_bins),
          d_is_anchored(d_cells.size()), d_seed(s.seed)
    {
        advances(s, static_cast<std::int64_t>(s.hop), d_advances);
        d_largest = take_gradient(s, magnitudes);
        d_limit = d_largest + static_cast<R>(std::log(s.tolerance));
    }

    //! Joins all cells above the limit.
    void integrate()
    {
        for_every_cell([&](std::size_t i, std::size_t frame, std::size_t k) {
            if (d_cells[i].level > d_limit)
                climb_one(i, larger_than(i, frame, k));
            else
                d_cells[i].phase = random_phase<R>(d_seed, frame, k);
        });
        for (std::size_t i = 0; i < d_cells.size(); ++i)
            if (const auto root = climb(i).root; root != i)
                --d_cells[root].link;
        const auto order = in_order();
        constexpr std::size_t ahead = 8; // a cell is somewhere else in memory than the one before
        for (std::size_t n = 0; n < order.size(); ++n) {
            if (n + ahead < order.size()) {
                const auto soon = order[n + ahead];
                __builtin_prefetch(&d_cells[soon]);
                __builtin_prefetch(&d_cells[soon >= d_bins ? soon - d_bins : soon]);
                __builtin_prefetch(&d_cells[soon + d_bins < d_cells.size() ? soon + d_bins : soon]);
            }
            const auto i = order[n];
            if (is_real(i % d_bins))
                anchor(i);
            for (const auto& larger : larger_than(i))
                join(i, larger.cell, larger.rise);
        }
    }

    //! Phases of a frame, cycles.
    void read(std::size_t frame, R* phases)
    {
        for (std::size_t k = 0; k < d_bins; ++k) {
            const auto i = frame * d_bins + k;
            phases[k] = d_cells[i].phase;
            if (d_cells[i].link == closed)
                continue;
            const auto [root, rise] = climb(i);
            phases[k] = phase_loops::fraction_of(rise + anchor_phase(root));
        }
    }

private:
    static constexpr std::int64_t closed = std::numeric_limits<std::int64_t>::min();

    struct cell {
        R level, offset, slope;
        R phase; // beyond that of the cell that it is linked to
        std::int64_t
            link; // to another cell of its island; of a root, minus the number of its cells
    };

    struct neighbour {
        std::size_t cell;
        R level, rise; // rise: how far the phase is beyond the neighbour's
    };

    //! Neighbours, the largest first.
    class neighbours
    {
    public:
        void add(const neighbour& one)
        {
            auto at = d_count++;
            for (; at > 0 && d_all[at - 1].level < one.level; --at)
                d_all[at] = d_all[at - 1];
            d_all[at] = one;
        }
        const neighbour* begin() const { return d_all.data(); }
        const neighbour* end() const { return d_all.data() + d_count; }

    private:
        std::array<neighbour, 4> d_all;
        std::size_t d_count = 0;
    };

    //! The root of an island, and the phase of a cell of it beyond the root's.
    struct place {
        std::size_t root;
        R rise;
    };

    //! Levels, offsets and slopes. \return the largest level
    R take_gradient(const phase_settings& s, const R* magnitudes)
    {
        if (d_frames == 0)
            return 0;
        const auto width = d_bins + 2; // a row of levels, with its neighbours
        std::vector<R> rows(3 * width), offsets(d_bins), slopes(d_bins);
        const auto row = [&](std::size_t frame) { return rows.data() + frame % 3 * width + 1; };
        const auto take = [&](std::size_t frame) {
            simd::dispatch<phase_loops::logarithms<R>>(
                magnitudes + frame * d_bins, d_bins, row(frame));
            fill_neighbours(row(frame), d_gradient);
        };
        R largest = row_paths<R>::silent;
        for (std::size_t frame = 0; frame < d_frames; ++frame) {
            take(frame);
            largest =
                std::max(largest, simd::dispatch<phase_loops::largest_of<R>>(row(frame), d_bins));
        }
        const R limit = largest + silence_of<R>(s);
        take(0);
        for (std::size_t frame = 0; frame < d_frames; ++frame) {
            const bool is_first = frame == 0, is_last = frame + 1 == d_frames;
            if (!is_last)
                take(frame + 1);
            const R* now = row(frame);
            const R* before =
                is_first ? now : row(frame + 2); // of three rows, the third is the last
            const R* after = is_last ? now : row(frame + 1);
            simd::dispatch<phase_loops::frequency_offsets<R>>(
                now, d_bins, d_gradient.per_bin, d_gradient.most, limit, offsets.data());
            three_rows<R> rows{ before, now, after, is_first || is_last, limit };
            const auto* magnitudes_now = magnitudes + frame * d_bins;
            if (is_first || is_last) // two frames have no bend
                rows = {
                    before, is_first ? now : before, after, true, std::numeric_limits<R>::infinity()
                };
            else
                rows.magnitudes = { magnitudes_now - d_bins,
                                    magnitudes_now,
                                    magnitudes_now + d_bins };
            simd::dispatch<phase_loops::phase_slopes<R>>(rows,
                                                         d_bins,
                                                         d_gradient.per_frame,
                                                         d_gradient.reach,
                                                         d_gradient.shift,
                                                         slopes.data());
            for (std::size_t k = 0; k < d_bins; ++k)
                d_cells[frame * d_bins + k] = { now[k], offsets[k], slopes[k], 0, closed };
        }
        return largest;
    }

    bool is_real(std::size_t k) const
    {
        return !d_gradient.circular && (k == 0 || (d_gradient.even && k + 1 == d_bins));
    }

    //! f(cell, frame, bin) for all cells.
    template <class F>
    void for_every_cell(F f) const
    {
        for (std::size_t frame = 0, i = 0; frame < d_frames; ++frame)
            for (std::size_t k = 0; k < d_bins; ++k, ++i)
                f(i, frame, k);
    }

    //! True if cell j is open and larger than cell i; of equal ones the first is.
    bool is_larger(std::size_t j, std::size_t i) const
    {
        const R level = d_cells[j].level, here = d_cells[i].level;
        return level > d_limit && (level > here || (level == here && j < i));
    }

    //! Open neighbours of a cell that are larger.
    neighbours larger_than(std::size_t i) const { return larger_than(i, i / d_bins, i % d_bins); }
    neighbours larger_than(std::size_t i, std::size_t frame, std::size_t k) const
    {
        const auto& here = d_cells[i];
        neighbours found;
        const auto at_frame = [&](std::size_t j, R sign) {
            if (is_larger(j, i))
                found.add(
                    { j,
                      d_cells[j].level,
                      sign * (d_advances[k] + d_half_hop * (here.offset + d_cells[j].offset)) });
        };
        const auto at_bin = [&](std::size_t j, R sign) {
            if (is_larger(j, i))
                found.add({ j, d_cells[j].level, sign * (here.slope + d_cells[j].slope) / 2 });
        };
        if (d_overlaps && frame + 1 < d_frames)
            at_frame(i + d_bins, -1);
        if (d_overlaps && frame > 0)
            at_frame(i - d_bins, 1);
        if (k + 1 < d_bins)
            at_bin(i + 1, -1);
        else if (d_gradient.circular)
            at_bin(i - k, -1);
        if (k > 0)
            at_bin(i - 1, 1);
        else if (d_gradient.circular)
            at_bin(i + d_bins - 1, 1);
        return found;
    }

    //! Links a cell to its largest neighbour.
    void climb_one(std::size_t i, const neighbours& larger)
    {
        auto& here = d_cells[i];
        const bool is_root = larger.begin() == larger.end();
        here.link = is_root ? -1 : static_cast<std::int64_t>(larger.begin()->cell);
        here.phase = is_root ? R(0) : phase_loops::fraction_of(larger.begin()->rise);
    }

    //! Lets a real cell tell its island's phase.
    void anchor(std::size_t i)
    {
        const auto [root, rise] = climb(i);
        d_is_anchored[root] = true;
        d_anchors[root] += std::polar(
            std::exp(2 * static_cast<double>(d_cells[i].level - d_largest)), 4 * pi * rise);
    }

    //! Cells that anchor or join islands, the largest first; levels are rounded to one of 2^16.
    std::vector<std::size_t> in_order()
    {
        constexpr std::size_t levels = 1 << 16;
        const double least = std::log(std::numeric_limits<R>::min()) - 1.0;
        const double lowest = std::max(static_cast<double>(d_limit), least);
        const double scale = (levels - 1) / std::max(d_largest - lowest, 1e-9);
        const auto level_of = [&](std::size_t i) {
            const double below = (d_largest - static_cast<double>(d_cells[i].level)) * scale;
            return static_cast<std::size_t>(std::clamp(below, 0.0, levels - 1.0));
        };
        std::vector<std::size_t> begins(levels + 1), cells;
        for_every_cell([&](std::size_t i, std::size_t frame, std::size_t k) {
            if (d_cells[i].link != closed && (is_real(k) || is_on_a_border(i, frame, k))) {
                cells.push_back(i);
                ++begins[level_of(i) + 1];
            }
        });
        std::partial_sum(begins.begin(), begins.end(), begins.begin());
        std::vector<std::size_t> order(cells.size());
        for (const auto i : cells)
            order[begins[level_of(i)]++] = i;
        return order;
    }

    //! True if a larger neighbour is of another island. Every cell has been climbed from, so its link leads to the
    //! root.
    bool is_on_a_border(std::size_t i, std::size_t frame, std::size_t k) const
    {
        const auto root_of = [&](std::size_t j) {
            const auto link = d_cells[j].link;
            return link < 0 ? j : static_cast<std::size_t>(link);
        };
        const auto root = root_of(i);
        const auto is_abroad = [&](std::size_t j) { return root_of(j) != root && is_larger(j, i); };
        if (k + 1 < d_bins ? is_abroad(i + 1) : d_gradient.circular && is_abroad(i - k))
            return true;
        if (k > 0 ? is_abroad(i - 1) : d_gradient.circular && is_abroad(i + d_bins - 1))
            return true;
        return d_overlaps && ((frame + 1 < d_frames && is_abroad(i + d_bins)) ||
                              (frame > 0 && is_abroad(i - d_bins)));
    }

    place climb(std::size_t i)
    {
        R rise = 0;
        auto root = i;
        for (; d_cells[root].link >= 0; root = static_cast<std::size_t>(d_cells[root].link))
            rise += d_cells[root].phase;
        rise = phase_loops::fraction_of(rise);
        R rest = rise; // the next time it is one step from every cell on the way
        for (auto at = i; at != root;) {
            auto& here = d_cells[at];
            at = static_cast<std::size_t>(here.link);
            here.link = static_cast<std::int64_t>(root);
            rest = phase_loops::fraction_of(rest - std::exchange(here.phase, rest));
        }
        return { root, rise };
    }

    //! The root's phase with which the real cells of its island are nearest to real, modulo 1/2.
    R anchor_phase(std::size_t root) const
    {
        return d_is_anchored[root] ? static_cast<R>(-std::arg(d_anchors.at(root)) / (4 * pi)) : 0;
    }

    //! Joins the islands of cell i and of j, its neighbour, which it is `rise` cycles beyond.
    void join(std::size_t i, std::size_t j, R rise)
    {
        const auto here = climb(i), there = climb(j);
        if (here.root == there.root)
            return;
        R beyond = there.rise + rise - here.rise; // phase of the root here beyond that there
        const bool both = d_is_anchored[here.root] && d_is_anchored[there.root];
        if (both) {
            const R real = anchor_phase(here.root) - anchor_phase(there.root);
            beyond = real + std::round(2 * (beyond - real)) / 2;
        }
        bool stays = d_cells[here.root].link < d_cells[there.root].link; // the larger island's root
        if (d_is_anchored[here.root] != d_is_anchored[there.root])
            stays = d_is_anchored[here.root];
        const auto root = stays ? here.root : there.root, child = stays ? there.root : here.root;
        const R step = phase_loops::fraction_of(stays ? -beyond : beyond);
        d_cells[root].link += d_cells[child].link;
        d_cells[child].link = static_cast<std::int64_t>(root);
        d_cells[child].phase = step;
        if (!both)
            return;
        d_anchors[root] += d_anchors[child] * std::polar(1.0, 4 * pi * static_cast<double>(step));
        d_anchors.erase(child);
    }

    phase_gradient<R> d_gradient;
    std::size_t d_bins, d_frames;
    R d_half_hop, d_largest, d_limit;
    bool d_overlaps; // a frame overlaps with the next one
    std::vector<R> d_advances;
    std::vector<cell> d_cells;
    std::vector<unsigned char> d_is_anchored; // of a root: its island holds real cells
    std::uint64_t d_seed;                     // of what is at or below the limit
    std::unordered_map<std::size_t, std::complex<double>>
        d_anchors; // by roots: the sum over real cells of A^2 exp(4j pi rise)
};

} // namespace

template <class R>
void integrate_phases(const phase_settings& s,
                      const R* magnitudes,
                      std::size_t frames,
                      std::int64_t first,
                      std::complex<R>* spectra)
{
    s.check();
    phase_field<R> field(s, magnitudes, frames);
    field.integrate();
    const phase_writer<R> writer(s);
    std::vector<R> phases(s.bins());
    for (std::size_t frame = 0; frame < frames; ++frame) {
        field.read(frame, phases.data());
        writer.write(magnitudes + frame * s.bins(),
                     phases.data(),
                     first + static_cast<std::int64_t>(frame * s.hop),
                     spectra + frame * s.bins());
    }
}

template STFT_API void integrate_phases(const phase_settings&,
                                        const float*,
                                        std::size_t,
                                        std::int64_t,
                                        std::complex<float>*);
template STFT_API void integrate_phases(const phase_settings&,
                                        const double*,
                                        std::size_t,
                                        std::int64_t,
                                        std::complex<double>*);

} // namespace gr::stft::kernel
