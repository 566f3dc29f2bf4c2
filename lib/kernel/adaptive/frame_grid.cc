/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_grid.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

double samples_between(const position& from, const position& to)
{
    return static_cast<double>(to.sample - from.sample) + (to.fraction - from.fraction);
}

} // namespace

frame_grid::frame_grid(const adaptive_settings& s)
    : d_hop(s.hop), d_pace(s.hop, s.alpha, s.share), d_grid_pace(s.hop, 0, sharing::frame),
      d_follower(at(1))
{}

std::int64_t frame_grid::nearest_to_centre(const signal_length& length) const
{
    const double away = samples_between(d_origin_centre, d_centre);
    auto p = std::max(d_origin, d_origin + static_cast<std::int64_t>(away / d_hop));
    auto centre = exact_position(d_origin_at).move(d_hop, p - d_origin);
    const double before = samples_between(centre.rounded(), d_centre);
    const double after = samples_between(centre.move(d_hop).rounded(), d_centre);
    if (std::abs(after) < std::abs(before))
        ++p;
    while (length.finished && p > d_origin && !exists(p, length.samples))
        --p;
    return p;
}

void frame_grid::set_hop(const adaptive_settings& s, const signal_length& length)
{
    const auto next = source(length);
    d_origin_at.move(d_hop, next - d_origin);
    d_origin = next;
    d_origin_centre = d_origin_at.rounded();
    d_hop = s.hop;
    d_pace = { s.hop, s.alpha, s.share };
    d_grid_pace = { s.hop, 0, sharing::frame };
    d_follower = at(next + 1);
}

} // namespace gr::stft::kernel
