/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MACHINE_SETTLED_MEAN_H
#define INCLUDED_STFT_LIB_KERNEL_MACHINE_SETTLED_MEAN_H

namespace gr::stft::kernel {

//! Weight of the frames that an exponential mean has seen, from which on it is given out: 1 - exp(-4), after 4 time constants.
constexpr double settled = 0.981684361;

} // namespace gr::stft::kernel
#endif
