/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_VERTEX_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_VERTEX_H

#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

//! Lowest point of a parabola within half a step of its middle value.
struct vertex {
    double offset; //!< steps from the middle value
    double change; //!< addition to the middle value of the criterion

    //! \param J the middle one of three values of the criterion
    explicit vertex(const double* J)
    {
        const double bend = J[-1] - 2 * J[0] + J[1], slope = (J[1] - J[-1]) / 2;
        offset = bend > 0     ? std::clamp(-slope / bend, -0.5, 0.5)
                 : slope == 0 ? 0
                              : std::copysign(0.5, -slope);
        change = bend > 0 ? offset * (slope + offset * bend / 2) : offset * slope;
    }
};

} // namespace gr::stft::kernel

#endif
