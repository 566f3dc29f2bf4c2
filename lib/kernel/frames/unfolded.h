/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_UNFOLDED_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_UNFOLDED_H

#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/parameters.h>

namespace gr::stft::kernel {

//! For kernels whose mathematics needs it. \throws std::invalid_argument unless win_length is at most n_fft
inline void check_unfolded(std::size_t win_length, std::size_t n_fft)
{
    if (win_length > n_fft)
        refuse("win_length", win_length, "must be 1 .. n_fft = " + std::to_string(n_fft));
}

inline void check_unfolded(const parameters& p) { check_unfolded(p.window_length(), p.n_fft); }

} // namespace gr::stft::kernel
#endif
