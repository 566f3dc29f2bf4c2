/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/machine/bearing_geometry.h>
#include <cmath>
#include <cstdint>

namespace gr::stft::kernel {

const char* name_of(bearing_fault fault)
{
    switch (fault) {
    case bearing_fault::ftf:
        return "FTF";
    case bearing_fault::bpfo:
        return "BPFO";
    case bearing_fault::bpfi:
        return "BPFI";
    default:
        return "BSF";
    }
}

void bearing_geometry::check() const
{
    if (balls < 3 || balls > 1000)
        refuse("balls", static_cast<std::int64_t>(balls), "must be 3 .. 1000 rolling elements");
    if (!(ball_diameter > 0 && ball_diameter <= 1e9))
        refuse("ball_diameter", ball_diameter, "must be positive, at most 1e9");
    if (!(pitch_diameter > ball_diameter && pitch_diameter <= 1e9))
        refuse("pitch_diameter",
               pitch_diameter,
               "must be greater than the diameter of a rolling element, at most 1e9");
    if (!(static_cast<double>(balls) * std::asin(ball_diameter / pitch_diameter) <= M_PI))
        refuse("balls",
               static_cast<std::int64_t>(balls),
               "so many rolling elements have no room on this pitch diameter");
    if (!(contact_angle >= 0 && contact_angle < 90))
        refuse("contact_angle", contact_angle, "must be at least 0, below 90 degrees");
}

double bearing_geometry::order(bearing_fault fault) const
{
    const auto c = ball_diameter / pitch_diameter * std::cos(contact_angle * M_PI / 180);
    const auto n = static_cast<double>(balls);
    switch (fault) {
    case bearing_fault::ftf:
        return (1 - c) / 2;
    case bearing_fault::bpfo:
        return n * (1 - c) / 2;
    case bearing_fault::bpfi:
        return n * (1 + c) / 2;
    default:
        return pitch_diameter / ball_diameter * (1 - c * c) / 2;
    }
}

} // namespace gr::stft::kernel
