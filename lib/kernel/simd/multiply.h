/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SIMD_MULTIPLY_H
#define INCLUDED_STFT_LIB_KERNEL_SIMD_MULTIPLY_H

#include "routines.h"
#include <volk/volk.h>
#include <complex>
#include <cstddef>

/* Element-wise products. A result does not depend on alignment or on where a run starts. A real window on complex
 * samples is ours: volk_32fc_32f_multiply_32fc leaves the caller's thread flushing denormals where data is unaligned. */
namespace gr::stft::kernel {

inline void multiply(const float* x, const float* w, float* out, std::size_t n)
{
    volk_32f_x2_multiply_32f(out, x, w, static_cast<unsigned>(n));
}

inline void multiply(const double* x, const double* w, double* out, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i)
        out[i] = x[i] * w[i];
}

template <class R>
void multiply(const std::complex<R>* x, const R* w, std::complex<R>* out, std::size_t n)
{
    simd::chosen<R>().scale(reinterpret_cast<const R*>(x), w, n, reinterpret_cast<R*>(out));
}

//! Real samples under a complex window.
template <class R>
void multiply(const R* x, const std::complex<R>* w, std::complex<R>* out, std::size_t n)
{
    multiply(w, x, out, n);
}

template <class R>
void multiply(const std::complex<R>* x,
              const std::complex<R>* w,
              std::complex<R>* out,
              std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i)
        out[i] = x[i] * w[i];
}

template <class R>
void multiply_add(const R* x, const R* w, R* sum, std::size_t n)
{
    simd::chosen<R>().multiply_add(x, w, n, sum);
}

template <class R>
void multiply_add(const std::complex<R>* x, const R* w, std::complex<R>* sum, std::size_t n)
{
    simd::chosen<R>().scale_add(reinterpret_cast<const R*>(x), w, n, reinterpret_cast<R*>(sum));
}

template <class R>
void multiply_add(const std::complex<R>* x,
                  const std::complex<R>* w,
                  std::complex<R>* sum,
                  std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i)
        sum[i] += x[i] * w[i];
}

//! A frame's overlap-add, to the bit what multiply_add() and multiply() give.
template <class R>
void overlap_add(const typename simd::routines<R>::steady_overlap& o,
                 const R* x,
                 std::size_t begin,
                 std::size_t end)
{
    simd::chosen<R>().overlap_add(o, x, begin, end);
}

template <class R>
void overlap_add(const typename simd::routines<R>::steady_overlap& o,
                 const std::complex<R>* x,
                 std::size_t begin,
                 std::size_t end)
{
    simd::chosen<R>().scale_overlap_add(o, reinterpret_cast<const R*>(x), begin, end);
}

} // namespace gr::stft::kernel
#endif
