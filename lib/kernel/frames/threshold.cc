/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/threshold.h>

namespace gr::stft::kernel {

double checked_threshold(double threshold, double by_default)
{
    if (!(threshold < 1))
        refuse("threshold", threshold, "must be 0 <= threshold < 1");
    return threshold < 0 ? by_default : threshold;
}

} // namespace gr::stft::kernel
