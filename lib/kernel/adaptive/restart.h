/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_RESTART_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_RESTART_H

namespace gr::stft::kernel {

//! Window length of the first frame after a restart: found from the signal, or that of the frame
//! before it.
enum class first_frame { free, held };

//! Sums over all frames before a restart, and the spectral envelope: kept, or cleared.
enum class history { kept, cleared };

} // namespace gr::stft::kernel
#endif
