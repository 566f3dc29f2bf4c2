/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SIMD_CLONES_H
#define INCLUDED_STFT_LIB_KERNEL_SIMD_CLONES_H

/* STFT_SIMD before a function whose loops decide the speed: it is compiled for several instruction sets, and
 * the loader takes the best that the processor has. Not under sanitizers, which are not there yet when the
 * loader asks. What such a function calls must be inline, or it stays at the lowest set. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) &&   \
    defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define STFT_SIMD __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define STFT_SIMD
#endif

//! What such a function calls more than once, and lambdas (behind their parameters): inline whatever its size.
#if defined(__GNUC__)
#define STFT_INLINE __attribute__((always_inline))
#else
#define STFT_INLINE
#endif

#endif
