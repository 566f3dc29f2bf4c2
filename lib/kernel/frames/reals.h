/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_REALS_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_REALS_H

#include <complex>

namespace gr::stft::kernel {

//!@{
//! Complex numbers as their real and imaginary parts in turn.
template <class R>
const R* reals(const std::complex<R>* z)
{
    return reinterpret_cast<const R*>(z);
}
template <class R>
R* reals(std::complex<R>* z)
{
    return reinterpret_cast<R*>(z);
}
//!@}

} // namespace gr::stft::kernel
#endif
