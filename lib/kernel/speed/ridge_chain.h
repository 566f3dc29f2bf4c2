/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_CHAIN_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_CHAIN_H

#include "kernel/speed/ridge_path.h"
#include <gnuradio/stft/kernel/speed/ridge_settings.h>
#include <functional>

namespace gr::stft::kernel {

constexpr double reject_reach = 2; //!< 1 / duration on either side of a line of the mains

//! One frame of a ridge.
struct ridge_point {
    std::size_t track;
    std::uint64_t frame; //!< counted from the first row
    double frequency;    //!< Hz
    double slope;        //!< Hz/s
    double bend;         //!< Hz/s^2
    float confidence;    //!< > 1: to be trusted
    const float*
        row; //!< the row of the path's rate, without the orders of the tracks before; till the next call
};

/*!
 * \brief Ridges in rows that come one by one: scores, path, confidence, weights that learn. The rows of a track's path lose
 * its orders before the next track sees them.
 */
class ridge_chain
{
public:
    using sink = std::function<void(const ridge_point&)>;

    /*!
     * \param s parameters, checked \param rates of the rows \param duration s of a frame
     * \param hop_time s from row to row \param start s from the signal's start to the centre of the first row
     * \param axis of the rows
     * \param found is called for each frame of each track, `lag` after it for the first track, twice that for the second ..
     */
    ridge_chain(const ridge_settings& s,
                const std::vector<double>& rates,
                double duration,
                double hop_time,
                double start,
                const row_axis& axis,
                sink found);

    //! Takes the next frame, rates x bins values, whitened. \param damaged true: nothing in it is to be trusted
    void add(const float* rows, bool damaged);
    //! Gives one more frame of each track after the last row; false if none is left.
    bool give_one();

    //! Frames by which the last track lags.
    std::size_t latency() const { return d_lag * d_tracks.size(); }
    //! Weights of the orders.
    const std::vector<float>& weights() const { return d_weights; }

private:
    struct track {
        track(const ridge_chain& chain, double hop_time, double max_slew);
        ridge_path path;
        std::vector<float> rows, scores;   // rings of d_depth frames
        std::vector<std::uint8_t> damaged; // ring
        std::uint64_t given = 0;           // frames
        double last = 0;                   // Hz of the frame that was given last
    };

    void add(std::size_t track, const float* rows, bool damaged);
    void give(std::size_t track);
    std::pair<float, float> centre_and_spread();
    float confidence(const float* scores, float at, const float* row);
    void shape(const track& t, std::size_t back, std::size_t traced, ridge_point& point) const;
    double frequency(const track& t, std::uint64_t frame, ridge_path::state at) const;
    void learn(const float* row, double f, double constant);

    ridge_settings d_settings;
    std::vector<double> d_rates;
    double d_duration, d_hop_time, d_start;
    row_axis d_axis;
    ridge_grid d_grid;
    order_score d_score;
    std::size_t d_lag, d_wing, d_depth; // frames: d_wing on either side give the slope
    std::vector<float> d_weights, d_means;
    std::vector<ridge_path::state> d_trace;
    std::vector<float> d_sorted, d_row;
    std::vector<track> d_tracks;
    sink d_found;
};

} // namespace gr::stft::kernel
#endif
