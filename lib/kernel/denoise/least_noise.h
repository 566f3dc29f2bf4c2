/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DENOISE_LEAST_NOISE_H
#define INCLUDED_STFT_LIB_KERNEL_DENOISE_LEAST_NOISE_H

#include <limits>

namespace gr::stft::kernel {

//! The least noise: its inverse is a number, and so is that times any power.
template <class R>
constexpr R least_noise = std::numeric_limits<R>::min() * 16;

} // namespace gr::stft::kernel
#endif
