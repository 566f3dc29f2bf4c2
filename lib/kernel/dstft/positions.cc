/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/dstft/positions.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double units = 18446744073709551616.0;                 // 2^64, in one sample
constexpr double least_hop = 1e-3, greatest_hop = 1099511627776; // 2^40
constexpr double least_alpha = 1e-3, greatest_alpha = 1e3;

} // namespace

exact_position::exact_position(const position& start)
    : d_sample(start.sample), d_fraction(static_cast<std::uint64_t>(start.fraction * units))
{}

exact_position& exact_position::move(double step, std::int64_t count)
{
    using wide = unsigned __int128;
    const double whole = std::floor(step);
    const auto in_units = (static_cast<wide>(whole) << 64) +
                          static_cast<std::uint64_t>(std::nearbyint((step - whole) * units));
    const auto sum = (static_cast<wide>(static_cast<std::uint64_t>(d_sample)) << 64) + d_fraction +
                     in_units * static_cast<wide>(count);
    d_sample = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum >> 64));
    d_fraction = static_cast<std::uint64_t>(sum);
    return *this;
}

position exact_position::rounded() const
{
    const double fraction = static_cast<double>(d_fraction) / units;
    return fraction < 1 ? position{ d_sample, fraction } : position{ d_sample + 1, 0 };
}

pacing::pacing(double hop, double alpha, sharing share) : d_hop(hop), d_alpha(alpha)
{
    if (alpha != 0 && !(alpha >= least_alpha && alpha <= greatest_alpha))
        refuse("alpha", alpha, "must be 0 (a fixed hop) or in 0.001 .. 1000");
    if (alpha == 0 && !(hop >= least_hop && hop <= greatest_hop))
        refuse("hop", hop, "must be in 0.001 .. 2^40 samples");
    if (alpha != 0 && per_bin(share))
        refuse(
            "alpha", alpha, "needs one window length per frame: share must be constant or frame");
}

bool pacing::has_frame(const position& t, double theta, std::int64_t length) const
{
    if (length <= 0)
        return false;
    if (!fixed_overlap())
        return t.sample < length || (t.sample == length && t.fraction == 0);
    // integers and fractions apart: a double holds no fraction of a sample far out
    const double half = theta / 2, whole = std::floor(half);
    const auto beyond = t.sample - (length - 1) - static_cast<std::int64_t>(whole);
    return static_cast<double>(beyond) < (half - whole) - t.fraction;
}

std::int64_t pacing::certain_at(const position& t) const
{
    const auto not_before = t.sample + (t.fraction > 0);
    return fixed_overlap() ? not_before + 1 : std::max<std::int64_t>(1, not_before);
}

} // namespace gr::stft::kernel
