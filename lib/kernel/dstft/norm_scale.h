/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_NORM_SCALE_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_NORM_SCALE_H

#include <gnuradio/stft/kernel/frames/window_family.h>

namespace gr::stft::kernel {

//! The window is factor g(x / theta), and factor goes with theta^-power; for dcunit factor is 1.
struct norm_factor {
    double factor, power;
};
norm_factor norm_scale(norm n, const window_family& window, std::size_t n_fft, double theta);

} // namespace gr::stft::kernel
#endif
