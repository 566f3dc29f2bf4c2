/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_UNFOLDED_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_UNFOLDED_H

#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/parameters.h>

namespace gr::stft::kernel {

//! For kernels whose mathematics needs it. \throws std::invalid_argument unless win_length is in 1 .. n_fft
inline void check_unfolded(const parameters& p)
{
    if (p.window_length() > p.n_fft)
        refuse("win_length", p.window_length(), "must be 1 .. n_fft = " + std::to_string(p.n_fft));
}

} // namespace gr::stft::kernel
#endif
