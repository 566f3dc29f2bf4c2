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

    //! power[k] = |out[k]|^2 and power[h - k] = |out[h - k]|^2 of fold() with c = 1 / 2, k = 1 .. h / 2. T[k] comes as re[k]
    //! and im[k].
    void (*fold_powers)(const R* in, std::size_t h, const R* re, const R* im, R* power);

    /*!
     * \brief A pass of DFTs along columns that lie side by side; T. G. Stockham's passes sort the bins as they go.
     *
     * A column has radix m s points. For p < m, q < s and u < radix,
     * y[q + s (radix p + u)] = U[p][u] sum_t W^(t u) x[q + s (p + m t)], W = exp(-+2j pi / radix), forward with -j.
     * U[p] is radix - 1 numbers, those of u = 1 .. radix - 1, and 1 for u = 0.
     */
    struct column_pass_shape {
        std::size_t radix; //!< 2, 3, 4, 5, 7, 8, 11, 13 or 16
        std::size_t m, s;
        bool forward;
        const R* twiddles;        //!< U, or null if all of it is 1
        const R *cosines, *sines; //!< functions of 2 pi k / radix, k < radix
    };

    //! Point i of all columns is at in[i in_stride], .. and, of what comes out, at out[i out_stride], strides in complex
    //! numbers. `columns` is a multiple of the complex numbers in a line of the cache.
    void (*column_pass)(const column_pass_shape& shape,
                        std::size_t columns,
                        const R* in,
                        std::size_t in_stride,
                        R* out,
                        std::size_t out_stride);

    //! Multiplies and transposes: out[c stride + k] = T[k columns + c] in[k columns + c], k < points, c < columns.
    //! T comes as Re T Re T .. and -Im T Im T ..; points is at least the complex numbers in a line of the cache.
    void (*turn_columns)(const R* in,
                         std::size_t points,
                         std::size_t columns,
                         const R* re_twice,
                         const R* im_signed,
                         R* out,
                         std::size_t stride);

    /*!
     * \brief The first pass of a DFT of radix m points, whose bins are then those of DFTs along columns, `radix` of them.
     *
     * out[p radix + u] = T[p][u] sum_t W^(t u) in[p + m t], p < m, u < radix, W as above; T is 1 for u = 0. m is at least the
     * complex numbers in a line of the cache. T comes in lines of Re T Re T .. and -Im T Im T .., both of u = 1, 2 .. for as
     * many p as are in a line, and then those of the next p; the last line has the last p.
     */
    void (*row_pass)(std::size_t radix, //!< 8 or 16
                     const R* in,
                     std::size_t m,
                     bool forward,
                     const R* twiddles,
                     R* out);

    //! Eight rows of m complex numbers, a multiple of those in a line of the cache, whose DFTs are every eighth bin of that
    //! of 8 m: out[u stride + k] = U[u stride + k] sum_t W^(t u) in[k + m t], W = exp(-+2j pi / 8), forward with -j, U = 1 for
    //! u = 0.
    void (*split)(const R* in,
                  std::size_t m,
                  bool forward,
                  const R* twiddles,
                  std::size_t stride,
                  R* out);

    //! out[8 k + u] = in[u stride + k], k < m, u < 8; m as above
    void (*join)(const R* in, std::size_t m, std::size_t stride, R* out);

    //! out[k] = in[k] factors[k], k < n; conjugated: the conjugate of that.
    void (*multiply)(const R* in, const R* factors, std::size_t n, bool conjugated, R* out);
};

//! Table for the instruction set of chosen<R>().
template <class R>
const dft_routines<R>& chosen_for_dft();

} // namespace gr::stft::kernel::simd
#endif
