/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_LOG_GAMMA_H
#define INCLUDED_STFT_LIB_KERNEL_LOG_GAMMA_H

#include <math.h>

namespace gr::stft::kernel {

//! ln |Gamma(x)|. std::lgamma also writes a global variable, which other threads may write at the same time.
inline double log_gamma(double x)
{
    int sign = 0;
    return ::lgamma_r(x, &sign);
}

} // namespace gr::stft::kernel

#endif
