/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_WARPED_LENGTH_PATH_H
#define INCLUDED_STFT_LIB_KERNEL_WARPED_LENGTH_PATH_H

#include "kernel/adaptive/viterbi_path.h"
#include <algorithm>
#include <limits>

namespace gr::stft::kernel {

//! The cheapest path through a few choices in a row, with a price for each step to a neighbour.
class length_path : public viterbi_path
{
public:
    length_path(std::size_t choices, double price, std::int64_t lag)
        : viterbi_path({ 0.0 }, choices, choices, lag), d_price(price)
    {}

    //! Starts at frame n, from choice k in the frame before.
    void begin(std::int64_t n, std::size_t k)
    {
        start(n, 0, first_frame::free);
        std::swap(d_cost[0], d_cost[k]);
    }

    //! Adds a frame. \param J of each choice, finite
    void advance(const double* J)
    {
        auto* from = origins();
        for (std::size_t k = 0; k < d_candidates; ++k) {
            d_least[k] = d_cost[k]; // of equal costs no change wins
            from[k] = static_cast<std::int64_t>(k);
            for (std::size_t i = 0; i < d_candidates; ++i) {
                const double one = d_cost[i] + d_price * static_cast<double>(i < k ? k - i : i - k);
                if (one < d_least[k]) {
                    d_least[k] = one;
                    from[k] = static_cast<std::int64_t>(i);
                }
            }
        }
        add(J);
    }

    //! Returns the choice of frame n, which follows the one resolved before and is not older than front() - lag.
    std::size_t resolve(std::int64_t n) { return resolved(n).layer; }

private:
    double d_price;
};

} // namespace gr::stft::kernel
#endif
