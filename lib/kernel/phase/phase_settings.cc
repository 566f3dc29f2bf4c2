/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/frames/unfolded.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/phase/phase_settings.h>

namespace gr::stft::kernel {

parameters phase_settings::frames_of() const
{
    parameters p{ n_fft, hop, window, win_length, where, phase };
    p.sides = sides;
    return p;
}

void phase_settings::check() const
{
    checked_n_fft(static_cast<std::int64_t>(n_fft));
    if (!window.is_real())
        refuse("window",
               "complex taps",
               "must be real: phases follow from magnitudes of even windows");
    const auto p = frames_of();
    check_unfolded(p);
    p.frames();
    p.taps();
    if (look_ahead > 1)
        refuse("look_ahead", look_ahead, "must be 0 or 1");
    if (iterations > 100)
        refuse("iterations", iterations, "must be 0 .. 100");
    if (!(tolerance >= 0 && tolerance <= 1))
        refuse("tolerance", tolerance, "must be 0 .. 1");
}

} // namespace gr::stft::kernel
