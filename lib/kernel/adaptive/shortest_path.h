/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_SHORTEST_PATH_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_SHORTEST_PATH_H

#include "viterbi_path.h"

namespace gr::stft::kernel {

//! Viterbi path through frames of candidates in one layer, with a cost for each change.
class STFT_API shortest_path : public viterbi_path
{
public:
    //! \param values values of the candidates, equally spaced and ascending \param price cost of a
    //! change by 1
    shortest_path(std::vector<double> values, double price, std::int64_t lag);

    //! Adds a frame. \param J criterion of each candidate, finite, or null if the frame has none
    void advance(const double* J);

    //! Returns the value of frame n, which follows the one resolved before and is not older than
    //! front() - lag.
    double resolve(std::int64_t n) { return resolved(n).value; }

private:
    double d_price;
};

} // namespace gr::stft::kernel
#endif
