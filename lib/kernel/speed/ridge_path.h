/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_PATH_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_PATH_H

#include "kernel/speed/order_score.h"
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief The path over (rate, frequency) of the highest sum of scores, less what its moves cost (Viterbi).
 *
 * With several rates, a state of rate a moves by f a hop and one cell more or less; another rate costs 0.5 for each rate
 * between, a cell 0.02. States whose rate exceeds max_slew are closed. With the rate 0 alone, a frequency may move within
 * max_slew, at the cost (df/dt)^2 / (2 (20 Hz/s)^2).
 */
class ridge_path
{
public:
    struct state {
        std::uint32_t rate, cell;
    };

    //! \param depth frames that trace() can go back from the newest
    ridge_path(const ridge_grid& grid,
               const std::vector<double>& rates,
               double hop_time,
               double max_slew,
               std::size_t depth);

    //! Takes the next frame. \param scores rates x frequencies \param low,high cells that are open
    void add(const float* scores, std::size_t low, std::size_t high);
    //! Subtracts `cost` from paths that were farther than `reach` cells from `cell`, `back` frames before the newest.
    void favour(std::size_t back, std::size_t cell, std::size_t reach, float cost);
    //! Frames so far.
    std::uint64_t frames() const { return d_frames; }
    //! The best state of the newest frame.
    state best() const { return d_best; }
    //! States from the newest frame back, count <= depth + 1 of them, as far as there are frames. \return how many
    std::size_t trace(std::size_t count, state* states) const;

private:
    void find_best();
    void from_rates();
    state before(std::uint64_t frame, state at) const;
    void from_frequencies(const float* scores, float* to);

    ridge_grid d_grid;
    std::size_t d_rates, d_stride, d_depth, d_reach = 0;
    bool d_plain;
    double d_cost = 0;                       // plain: of a cell, squared
    std::vector<std::int32_t> d_from;        // [rate][cell] cell one frame before
    std::vector<std::uint8_t> d_open;        // [rate][cell]
    std::vector<float> d_sums, d_best_rate;  // [rate][stride]
    std::vector<std::uint8_t> d_rate_before; // [rate][stride]
    std::vector<std::uint32_t> d_back;       // [frame][rate][cell]: rate << 24 | cell
    std::uint64_t d_frames = 0;
    state d_best{ 0, 0 };
};

} // namespace gr::stft::kernel
#endif
