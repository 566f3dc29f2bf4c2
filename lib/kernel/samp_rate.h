/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SAMP_RATE_H
#define INCLUDED_STFT_LIB_KERNEL_SAMP_RATE_H

#include "kernel/refuse.h"

namespace gr::stft::kernel {

//! \throws std::invalid_argument unless a sample rate and its square, and their reciprocals, are numbers
inline void check_samp_rate(double samp_rate)
{
    if (!(samp_rate >= 1e-30 && samp_rate <= 1e30))
        refuse("samp_rate", samp_rate, "must be 1e-30 .. 1e30 Hz");
}

} // namespace gr::stft::kernel
#endif
