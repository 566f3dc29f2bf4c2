/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_LAYERED_PATH_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_LAYERED_PATH_H

#include <gnuradio/stft/api.h>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Viterbi path through frames of candidates that stand in two layers of the same values, with a cost for each change
 * of the value and one for each change of the layer; resolved `lag` frames after a frame has been added.
 *
 * A parabola finds the minimum between the candidates of a layer. A frame without a criterion keeps what the frame before
 * it has.
 */
class STFT_API layered_path
{
public:
    //! State of the path in a frame.
    struct state {
        std::size_t layer; //!< 0 or 1
        double value;
    };

    //! \param values of the candidates of each layer, equally spaced and ascending \param price cost of a change by 1
    layered_path(std::vector<double> values, double price, std::int64_t lag);

    //! Starts a path at frame n, from the value `at` of layer 0 in the frame before. \param held true: frame n has this
    //! state, too
    void start(std::int64_t n, double at, bool held);

    //! Frame added last.
    std::int64_t front() const { return d_front; }

    //! Adds a frame. \param J criterion of each candidate, layer 0 first, finite; null if the frame has none
    //! \param layer_price cost of a change of the layer with this frame
    void advance(const double* J, double layer_price);

    //! Returns the state of frame n, which follows the one resolved before and is not older than front() - lag.
    state resolve(std::int64_t n);

    //! Criterion at the state resolved last; NaN for a frame without one.
    double criterion() const { return d_criterion; }

private:
    std::size_t slot(std::int64_t n) const;

    std::size_t d_values_count, d_candidates;
    std::vector<double> d_values, d_change; // d_change: [from][to]
    std::int64_t d_front = -1;
    std::size_t d_slots;
    std::vector<double> d_J;         // [frame][candidate]
    std::vector<std::size_t> d_from; // [frame][candidate] best candidate of the frame before
    std::vector<char> d_empty;       // [frame] true if it has no criterion
    std::vector<double> d_cost, d_least;
    std::size_t d_last = 0; // candidate of the frame resolved last
    double d_value = 0, d_criterion = 0;
};

} // namespace gr::stft::kernel
#endif
