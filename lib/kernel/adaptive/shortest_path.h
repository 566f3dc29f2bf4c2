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
 * \brief Viterbi path through frames of candidates, with a cost for each change, resolved `lag`
 * frames after a frame has been added. A parabola finds the minimum between candidates.
 *
 * A frame without a criterion keeps the value of the frame before it.
 */
class STFT_API shortest_path
{
public:
    //! \param values values of the candidates, equally spaced and ascending \param price cost of a
    //! change by 1
    shortest_path(std::vector<double> values, double price, std::int64_t lag);

    //! Starts a path at frame n, from the value `at` in the frame before. \param first held: frame
    //! n has this value too
    void start(std::int64_t n, double at, first_frame first);

    //! Frame added last.
    std::int64_t front() const { return d_front; }

    //! Adds a frame. \param J criterion of each candidate, finite, or null if the frame has none
    void advance(const double* J);

    //! Returns the value of frame n, which follows the one resolved before and is not older than
    //! front() - lag.
    double resolve(std::int64_t n);

    //! Criterion at the value resolved last; NaN for a frame without one.
    double criterion() const { return d_criterion; }

private:
    std::size_t slot(std::int64_t n) const;
    std::size_t nearest(double at) const;

    std::size_t d_candidates;
    std::vector<double> d_values; // padded with zeros to whole vectors
    double d_price;
    std::int64_t d_front = -1;
    std::size_t d_slots, d_row;
    std::vector<double> d_J;          // [frame][candidate]
    std::vector<std::int64_t> d_from; // [frame][candidate] best candidate of the frame before
    std::vector<char> d_empty;        // [frame] true if it has no criterion
    std::vector<double> d_cost, d_least;
    std::size_t d_last = 0; // candidate of the frame resolved last
    double d_value = 0, d_criterion = 0;
};

} // namespace gr::stft::kernel
#endif
