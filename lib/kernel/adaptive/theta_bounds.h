/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_THETA_BOUNDS_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_THETA_BOUNDS_H

#include <gnuradio/stft/api.h>
#include <algorithm>
#include <cstddef>

namespace gr::stft::kernel {

constexpr double shortest_window =
    4; //!< theta_min of learning; below 2 samples a window has no derivative

//! Of the window lengths of a frame.
struct theta_statistics {
    double least, greatest, sum;
};

//! Bounds of window lengths, which floats do not pass by their rounding either.
class STFT_API theta_bounds
{
public:
    theta_bounds(double least, double greatest);

    //! The float nearest to theta that lies within the bounds.
    float nearest(double theta) const
    {
        return std::max(std::min(static_cast<float>(theta), d_greatest), d_least);
    }

    //! Clips, and tells what is left.
    theta_statistics clip(float* theta, std::size_t count) const;

private:
    float d_least, d_greatest; // the outermost floats within
};

} // namespace gr::stft::kernel
#endif
