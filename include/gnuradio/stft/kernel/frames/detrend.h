/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_DETREND_H
#define INCLUDED_STFT_KERNEL_FRAMES_DETREND_H

#include <gnuradio/stft/api.h>
#include <cstddef>
#include <string>

namespace gr::stft::kernel {

//! Trend that is subtracted from a frame before its window: none, mean, or least-squares line.
enum class detrending { none, constant, linear };

//! \throws std::invalid_argument unless name is "none", "constant" or "linear"
STFT_API detrending detrending_named(const std::string& name);

//! frame, length samples -> detrended (may be the same). T: float, double, or their complex types.
template <class T>
STFT_API void detrend(detrending kind, const T* frame, std::size_t length, T* detrended);

} // namespace gr::stft::kernel
#endif
