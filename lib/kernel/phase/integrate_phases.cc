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
          d_levels(frames * d_bins), d_offsets(frames * d_bins), d_slopes(frames * d_bins),
          d_phases(frames * d_bins), d_state(frames * d_bins, state::silent)
    {
        advances(s, static_cast<std::int64_t>(s.hop), d_advances);
        const R largest = take_gradient(s, magnitudes);
        const R limit = largest + static_cast<R>(std::log(s.tolerance));
        const double least =
            std::max(static_cast<double>(limit), std::log(std::numeric_limits<R>::min()) - 1.0);
        d_queue.emplace(d_levels.size(), least, static_cast<double>(largest));
        for (std::size_t i = 0; i < d_levels.size(); ++i)
            if (d_levels[i] > limit)
                d_state[i] = state::open;
            else
                d_phases[i] = random_phase<R>(s.seed, i / d_bins, i % d_bins);
    }

    //! Spreads phases from the largest cell on, and again from the largest one that was not reached.
    void integrate()
    {
        const auto cells = d_levels.size();
        std::size_t largest = cells;
        for (std::size_t i = 0; i < cells; ++i)
            if (d_state[i] == state::open && (largest == cells || d_levels[i] > d_levels[largest]))
                largest = i;
        if (largest < cells)
            spread(largest);
        std::vector<std::size_t> left;
        for (std::size_t i = 0; i < cells; ++i)
            if (d_state[i] == state::open)
                left.push_back(i);
        std::sort(left.begin(), left.end(), [&](std::size_t a, std::size_t b) {
            return d_levels[a] > d_levels[b] || (d_levels[a] == d_levels[b] && a < b);
        });
        for (const auto i : left)
            if (d_state[i] == state::open)
                spread(i);
    }

    R* phases(std::size_t frame) { return d_phases.data() + frame * d_bins; }

private:
    enum class state : unsigned char { silent, open, known };
    //! Levels, offsets and slopes. \return the largest level
    R take_gradient(const phase_settings& s, const R* magnitudes)
    {
        if (d_frames == 0)
            return 0;
        std::vector<R> row(d_bins + 2);
        simd::dispatch<phase_loops::logarithms<R>>(magnitudes, d_levels.size(), d_levels.data());
        const R largest =
            simd::dispatch<phase_loops::largest_of<R>>(d_levels.data(), d_levels.size());
        const R limit = largest + silence_of<R>(s);
        for (std::size_t frame = 0; frame < d_frames; ++frame) {
            const auto* levels = d_levels.data() + frame * d_bins;
            std::copy_n(levels, d_bins, row.data() + 1);
            fill_neighbours(row.data() + 1, d_gradient);
            simd::dispatch<phase_loops::frequency_offsets<R>>(row.data() + 1,
                                                              d_bins,
                                                              d_gradient.per_bin,
                                                              d_gradient.most,
                                                              limit,
                                                              d_offsets.data() + frame * d_bins);
            const bool is_first = frame == 0, is_last = frame + 1 == d_frames;
            simd::dispatch<phase_loops::phase_slopes<R>>(
                three_rows<R>{ is_first ? levels : levels - d_bins,
                               levels,
                               is_last ? levels : levels + d_bins,
                               false,
                               limit },
                d_bins,
                d_gradient.per_frame,
                d_gradient.reach,
                d_gradient.shift,
                d_slopes.data() + frame * d_bins);
        }
        return largest;
    }

    void reach(std::size_t cell, R phase)
    {
        if (d_state[cell] != state::open)
            return;
        d_state[cell] = state::known;
        d_phases[cell] = phase - std::rint(phase);
        d_queue->push(cell, static_cast<double>(d_levels[cell]));
    }

    void spread(std::size_t from)
    {
        reach(from, 0);
        while (!d_queue->empty()) {
            const auto i = d_queue->pop();
            const auto frame = i / d_bins, k = i - frame * d_bins;
            const R phase = d_phases[i];
            const auto next_to = [&](std::size_t j, R sign) {
                reach(j, phase + sign * (d_slopes[i] + d_slopes[j]) / 2);
            };
            const auto at = [&](std::size_t j, R sign) {
                const R advance = d_advances[k] + d_half_hop * (d_offsets[i] + d_offsets[j]);
                reach(j, phase + sign * advance);
            };
            if (frame + 1 < d_frames)
                at(i + d_bins, 1);
            if (frame > 0)
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
    std::vector<R> d_advances, d_levels, d_offsets, d_slopes, d_phases;
    std::vector<state> d_state;
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
    for (std::size_t frame = 0; frame < frames; ++frame)
        writer.write(magnitudes + frame * s.bins(),
                     field.phases(frame),
                     first + static_cast<std::int64_t>(frame * s.hop),
                     spectra + frame * s.bins());
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
