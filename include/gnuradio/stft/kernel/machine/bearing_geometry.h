/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MACHINE_BEARING_GEOMETRY_H
#define INCLUDED_STFT_KERNEL_MACHINE_BEARING_GEOMETRY_H

#include <gnuradio/stft/api.h>
#include <array>
#include <cstddef>

namespace gr::stft::kernel {

//! Faults of a rolling bearing, by their line: cage, outer race, inner race, rolling element.
enum class bearing_fault { ftf, bpfo, bpfi, bsf };

constexpr std::size_t bearing_faults = 4; //!< number of them

//! "FTF", "BPFO", "BPFI" or "BSF"
STFT_API const char* name_of(bearing_fault fault);

/*!
 * \brief Geometry of a rolling bearing whose outer ring stands still.
 *
 * The orders of its lines, per revolution of the inner ring, with c = (ball / pitch) cos(contact angle):
 *
 *     FTF = (1 - c) / 2,   BPFO = balls (1 - c) / 2,   BPFI = balls (1 + c) / 2,   BSF = (pitch / ball) (1 - c^2) / 2
 */
struct STFT_API bearing_geometry {
    std::size_t balls = 8;     //!< rolling elements of a row, 3 .. 1000
    double ball_diameter = 1;  //!< diameter of a rolling element, > 0
    double pitch_diameter = 5; //!< distance of the centres of opposite elements, in the same unit
    double contact_angle = 0;  //!< degrees, 0 <= angle < 90

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;

    //! The order of a line.
    double order(bearing_fault fault) const;

    //! Order at which a fault knocks: that of its line, but twice BSF, since an element hits both rings.
    double knocks(bearing_fault fault) const
    {
        return fault == bearing_fault::bsf ? 2 * order(fault) : order(fault);
    }
};

} // namespace gr::stft::kernel
#endif
