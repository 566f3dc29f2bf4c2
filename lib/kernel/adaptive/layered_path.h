/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_LAYERED_PATH_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_LAYERED_PATH_H

#include "viterbi_path.h"

namespace gr::stft::kernel {

//! Viterbi path through frames of candidates that stand in two layers of the same values, with a cost for each change of the
//! value and one for each change of the layer.
class STFT_API layered_path : public viterbi_path
{
public:
    //! \param values of the candidates of each layer, equally spaced and ascending \param price cost of a change by 1
    layered_path(std::vector<double> values, double price, std::int64_t lag);

    //! Adds a frame. \param J criterion of each candidate, layer 0 first, finite; null if the frame has none
    //! \param layer_price cost of a change of the layer with this frame
    void advance(const double* J, double layer_price);

    //! Returns the state of frame n, which follows the one resolved before and is not older than front() - lag.
    state resolve(std::int64_t n) { return resolved(n); }

private:
    std::vector<double> d_change; // cost of a change of the value, [from][to]
};

} // namespace gr::stft::kernel
#endif
