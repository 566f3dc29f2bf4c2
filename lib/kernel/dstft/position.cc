/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/dstft/position.h>
#include <cmath>

namespace gr::stft::kernel {

namespace {
constexpr double farthest_position = 4503599627370496; // 2^52: beyond, doubles hold no fraction
}

position position::at(double t)
{
    if (!(std::abs(t) <= farthest_position))
        refuse("t", t, "must be finite and within +-2^52");
    return position{ 0, 0 } + t;
}

position position::operator+(double distance) const
{
    const double sum = fraction + distance, whole = std::floor(sum);
    const auto reached = sample + static_cast<std::int64_t>(whole);
    const double rest = sum - whole;
    // the rest of a tiny negative sum rounds up to 1
    return rest < 1 ? position{ reached, rest } : position{ reached + 1, 0 };
}

} // namespace gr::stft::kernel
