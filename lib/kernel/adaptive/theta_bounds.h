/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_THETA_BOUNDS_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_THETA_BOUNDS_H

#include <gnuradio/stft/api.h>
#include <algorithm>
#include <cstddef>

namespace gr::stft::kernel {

constexpr double shortest_window =
    4; //!< least theta_min; a window shorter than 2 samples has no derivative

//! Least and greatest window length of a frame, and the sum over its bins.
struct theta_statistics {
    double least, greatest, sum;
};

//! Bounds of window lengths, within which lengths rounded to float stay as well.
class STFT_API theta_bounds
{
public:
    theta_bounds(double least, double greatest);

    //! Returns theta as a float, clipped to the bounds.
    float nearest(double theta) const
    {
        return std::max(std::min(static_cast<float>(theta), d_greatest), d_least);
    }

    //! Clips `count` window lengths. \return statistics of the clipped lengths
    theta_statistics clip(float* theta, std::size_t count) const;

private:
    float d_least, d_greatest; // the outermost floats within the bounds
};

} // namespace gr::stft::kernel
#endif
