/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MULTIPLY_H
#define INCLUDED_STFT_LIB_KERNEL_MULTIPLY_H

#include <volk/volk.h>
#include <complex>
#include <cstddef>

/* Element-wise products. A real window on complex samples is a product of reals, each tap doubled:
 * volk_32fc_32f_multiply_32fc leaves the caller's thread flushing denormals where data is unaligned. Every
 * result is rounded once, so it does not depend on alignment or on where a run starts. */
namespace gr::stft::kernel {

inline void multiply(const float* a, const float* b, float* out, std::size_t n)
{
    volk_32f_x2_multiply_32f(out, a, b, static_cast<unsigned>(n));
}

inline void multiply(const double* a, const double* b, double* out, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i)
        out[i] = a[i] * b[i];
}

template <class R>
void multiply(const std::complex<R>* a,
              const std::complex<R>* b,
              std::complex<R>* out,
              std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i)
        out[i] = a[i] * b[i];
}

template <class T>
void multiply_add(const T* a, const T* b, T* sum, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i)
        sum[i] += a[i] * b[i];
}

} // namespace gr::stft::kernel
#endif
