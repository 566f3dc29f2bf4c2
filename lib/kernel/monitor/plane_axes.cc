/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/plane_axes.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

plane_axes::plane_axes(const detector_settings& s, std::int64_t first)
    : samp_rate(s.samp_rate), n_fft(s.n_fft), hop(s.hop), bins(s.bins()),
      zero_bin(s.sides == sides::onesided ? 0 : s.n_fft / 2), first_sample(first)
{}

double plane_axes::hz(double bin) const
{
    return (bin - static_cast<double>(zero_bin)) * samp_rate / static_cast<double>(n_fft);
}

std::int64_t plane_axes::nearest_sample(double row) const
{
    const auto from_first = row * static_cast<double>(hop) + static_cast<double>(n_fft / 2);
    return first_sample + static_cast<std::int64_t>(std::llround(from_first));
}

double rows_between_updates(const detector_settings& s)
{
    return std::max(s.update_interval * s.samp_rate / static_cast<double>(s.hop), 16.0);
}

std::int64_t bins_between(std::size_t a, std::size_t a_end, std::size_t b, std::size_t b_end)
{
    return static_cast<std::int64_t>(std::max(a, b)) -
           static_cast<std::int64_t>(std::min(a_end, b_end));
}

} // namespace gr::stft::kernel
