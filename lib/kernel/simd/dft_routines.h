/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SIMD_DFT_ROUTINES_H
#define INCLUDED_STFT_LIB_KERNEL_SIMD_DFT_ROUTINES_H

#include <cstddef>

/* The passes before and after FFTs of parts of a frame, compiled once for each instruction set like the loops of routines.h.
 * Complex numbers are interleaved, at any alignment. */
namespace gr::stft::kernel::simd {

template <class R>
struct dft_routines {
    //! Bins that fold() writes: the lower ones, their mirror images, or both.
    enum class side { low, high, both };

    //! For k = first .. last, within 1 .. h / 2, with z the complex numbers of `in` and `out`, interleaved, at any alignment:
    //! s = in[k] + conj(in[h - k]), d = T[k] (in[k] - conj(in[h - k])), out[k] = c s + d,
    //! out[h - k] = conj(c s - d). T[k] comes as Re T Re T .. and -Im T Im T .. `out` and `in` are apart.
    void (*fold)(const R* in,
                 std::size_t h,
                 std::size_t first,
                 std::size_t last,
                 side which,
                 R c,
                 const R* re_twice,
                 const R* im_signed,
                 R* out);

    //! Four parts of 4 m complex numbers, m a multiple of padding, whose DFTs of m points are every
    //! fourth bin of the whole: for k < m and part r, out[r stride + k] = U[r][k] sum_s in[k + s m]
    //! (-+j)^(r s), forward with -j. U[r] is the r-th row of `twiddles`, r = 1 .. 3, and 1 for r = 0.
    void (*part)(const R* in,
                 std::size_t m,
                 bool forward,
                 const R* twiddles,
                 std::size_t stride,
                 R* out);

    //! out[4 k + r] = in[r stride + k], k < m, r = 0 .. 3
    void (*join)(const R* in, std::size_t stride, std::size_t m, R* out);
};

//! Table for the instruction set of chosen<R>().
template <class R>
const dft_routines<R>& chosen_for_dft();

} // namespace gr::stft::kernel::simd
#endif
