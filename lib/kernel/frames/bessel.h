/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_BESSEL_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_BESSEL_H

namespace gr::stft::kernel {

//! Modified Bessel function I0(z), z >= 0.
double bessel_i0(double z);
//! exp(-z) I0(z), also where I0 overflows.
double scaled_bessel(double z);

} // namespace gr::stft::kernel
#endif
