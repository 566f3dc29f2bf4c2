/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/level_queue.h"
#include "kernel/phase/phase_rows.h"
#include <gnuradio/stft/kernel/phase/phase_from_magnitude.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

//! The cells of a signal, [frame][bin]; phases spread from one to the next.
template <class R>
class phase_field
{
public:
    phase_field(const phase_settings& s, const R* magnitudes, std::size_t frames)
        : d_gradient(s), d_bins(s.bins()), d_frames(frames), d_half_hop(static_cast<R>(s.hop) / 2),
          d_overlaps(s.hop <= s.frames_of().window_length()), d_cells(frames * d_bins)
    {
        advances(s, static_cast<std::int64_t>(s.hop), d_advances);
        const R largest = take_gradient(s, magnitudes);
        const R limit = largest + static_cast<R>(std::log(s.tolerance));
        const double least = std::log(std::numeric_limits<R>::min()) - 1.0;
        d_queue.emplace(d_cells.size(),
                        std::max(static_cast<double>(limit), least),
                        static_cast<double>(largest));
        for (std::size_t i = 0; i < d_cells.size(); ++i)
            if (!(d_cells[i].level > limit)) {
                d_cells[i].level = closed;
                d_cells[i].phase = random_phase<R>(s.seed, i / d_bins, i % d_bins);
            }
    }

    //! Spreads phases from the largest cell on, and again from the largest one that was not reached.
    void integrate()
    {
        const auto larger = [&](std::size_t a, std::size_t b) {
            return d_cells[a].level > d_cells[b].level ||
                   (d_cells[a].level == d_cells[b].level && a < b);
        };
        std::size_t largest = 0;
        for (std::size_t i = 1; i < d_cells.size(); ++i)
            if (larger(i, largest))
                largest = i;
        if (!d_cells.empty())
            spread(largest);
        std::vector<std::size_t> left;
        for (std::size_t i = 0; i < d_cells.size(); ++i)
            if (d_cells[i].level > closed)
                left.push_back(i);
        std::sort(left.begin(), left.end(), larger);
        for (const auto i : left)
            spread(i);
    }

    //! Phases of a frame, cycles.
    void read(std::size_t frame, R* phases) const
    {
        for (std::size_t k = 0; k < d_bins; ++k)
            phases[k] = d_cells[frame * d_bins + k].phase;
    }

private:
    static constexpr R closed = row_paths<R>::silent;

    struct cell {
        R level; // closed: it has its phase
        R offset, slope, phase;
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
        R largest = closed;
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
            simd::dispatch<phase_loops::phase_slopes<R>>(
                three_rows<R>{ before, now, after, false, limit },
                d_bins,
                d_gradient.per_frame,
                d_gradient.reach,
                d_gradient.shift,
                slopes.data());
            for (std::size_t k = 0; k < d_bins; ++k)
                d_cells[frame * d_bins + k] = { now[k], offsets[k], slopes[k], 0 };
        }
        return largest;
    }

    void reach(cell& at, std::size_t index, R phase)
    {
        d_queue->push(index, static_cast<double>(at.level));
        at.level = closed;
        at.phase = phase_loops::fraction_of(phase);
    }

    void spread(std::size_t from)
    {
        if (!(d_cells[from].level > closed))
            return;
        reach(d_cells[from], from, 0);
        while (!d_queue->empty()) {
            const auto i = d_queue->pop();
            const auto frame = i / d_bins, k = i - frame * d_bins;
            const auto here = d_cells[i];
            const auto next_to = [&](std::size_t j, R sign) {
                if (auto& there = d_cells[j]; there.level > closed)
                    reach(there, j, here.phase + sign * (here.slope + there.slope) / 2);
            };
            const auto at = [&](std::size_t j, R sign) {
                if (auto& there = d_cells[j]; there.level > closed) {
                    const R advance = d_advances[k] + d_half_hop * (here.offset + there.offset);
                    reach(there, j, here.phase + sign * advance);
                }
            };
            if (d_overlaps && frame + 1 < d_frames)
                at(i + d_bins, 1);
            if (d_overlaps && frame > 0)
                at(i - d_bins, -1);
            if (k + 1 < d_bins)
                next_to(i + 1, 1);
            else if (d_gradient.circular)
                next_to(i - k, 1);
            if (k > 0)
                next_to(i - 1, -1);
            else if (d_gradient.circular)
                next_to(i + d_bins - 1, -1);
        }
    }

    phase_gradient<R> d_gradient;
    std::size_t d_bins, d_frames;
    R d_half_hop;
    bool d_overlaps; // a frame overlaps with the next one
    std::vector<R> d_advances;
    std::vector<cell> d_cells;
    std::optional<level_queue> d_queue;
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
