/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_SHORTEST_PATH_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_SHORTEST_PATH_H

#include "restart.h"
#include <gnuradio/stft/api.h>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Viterbi's path through frames of candidates, at a price for each change, decided `lag` frames behind its
 * front; between candidates a parabola finds the minimum.
 *
 * Frames without a criterion keep the value that the frame before them had.
 */
class STFT_API shortest_path
{
public:
    //! \param places the candidates on the axis of the path, equally spaced, ascending; price of a unit of it
    shortest_path(std::vector<double> places, double price, std::int64_t lag);

    //! Starts a path at frame n, from the value `at` in the frame before. \param first held: frame n has this value too
    void start(std::int64_t n, double at, first_frame first);

    //! The newest frame.
    std::int64_t front() const { return d_front; }

    //! One frame on. \param J of each candidate, finite, or null
    void advance(const double* J);

    //! The value of the next frame after the last one that was asked for; a frame not older than front() - lag.
    double resolve(std::int64_t n);

    //! The criterion at the value that was resolved last; NaN for a frame without one.
    double criterion() const { return d_criterion; }

private:
    std::size_t slot(std::int64_t n) const;
    std::size_t nearest(double at) const;

    std::size_t d_candidates;
    std::vector<double> d_places; // behind the last candidate's zeros, to whole vectors
    double d_price;
    std::int64_t d_front = -1;
    std::size_t d_slots, d_row;
    std::vector<double> d_J;          // [frame][candidate]
    std::vector<std::int64_t> d_from; // the same: the candidate of the frame before
    std::vector<char> d_empty;        // [frame] whether it has no criterion
    std::vector<double> d_cost, d_least;
    std::size_t d_last = 0; // candidate of the frame resolved last, and its value
    double d_value = 0, d_criterion = 0;
};

} // namespace gr::stft::kernel
#endif
