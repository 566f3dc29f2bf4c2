/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_VITERBI_PATH_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_VITERBI_PATH_H

#include "restart.h"
#include <gnuradio/stft/api.h>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Frames of candidates and the cheapest path to each of the last frame's, resolved `lag` frames after a frame has been
 * added. Candidates stand in layers of the same values; a parabola finds the minimum between those of a layer.
 *
 * Derived classes know the costs of changes. A frame without a criterion keeps what the frame before it has.
 */
class STFT_API viterbi_path
{
public:
    //! State of the path in a frame.
    struct state {
        std::size_t layer;
        double value;
    };

    //! Starts a path at frame n, from the value `at` of layer 0 in the frame before. \param first held: frame n has this
    //! state, too
    void start(std::int64_t n, double at, first_frame first);

    //! Frame added last.
    std::int64_t front() const { return d_front; }

    //! Criterion at the state resolved last; NaN for a frame without one.
    double criterion() const { return d_criterion; }

protected:
    //! \param values of the candidates of each layer, equally spaced and ascending \param row numbers kept for a frame: the
    //! candidates of all layers, or more
    viterbi_path(std::vector<double> values, std::size_t layers, std::size_t row, std::int64_t lag);

    //! The next frame's origins: the best candidates of the frame before, one for each candidate.
    std::int64_t* origins() { return d_from.data() + slot(d_front + 1) * d_row; }

    //! Adds the frame whose origins() and d_least are set. \param J criterion of each candidate, layer 0 first, finite; null if
    //! the frame has none
    void add(const double* J);

    //! Returns the state of frame n, which follows the one resolved before and is not older than front() - lag.
    state resolved(std::int64_t n);

    std::size_t d_values_count, d_candidates, d_row;
    std::vector<double> d_values; // filled with zeros to d_row
    std::vector<double> d_cost,
        d_least; // of the cheapest path to a candidate, so far and to the next frame

private:
    std::size_t slot(std::int64_t n) const;

    std::int64_t d_front = -1;
    std::size_t d_slots;
    std::vector<double> d_J;          // [frame][candidate]
    std::vector<std::int64_t> d_from; // [frame][candidate] best candidate of the frame before
    std::vector<char> d_empty;        // [frame] true if it has no criterion
    std::size_t d_last = 0;           // candidate of the frame resolved last
    double d_value = 0, d_criterion = 0;
};

} // namespace gr::stft::kernel
#endif
