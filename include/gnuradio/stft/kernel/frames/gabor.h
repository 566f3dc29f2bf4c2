/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_GABOR_H
#define INCLUDED_STFT_KERNEL_FRAMES_GABOR_H

#include <gnuradio/stft/kernel/frames/dual.h>

/*!
 * The frame operator S of a window w, a hop and n_fft on endless signals,
 *
 *     (S x)[n] = n_fft sum_j x[n - j n_fft] sum_p w[n - p hop] conj(w[n - j n_fft - p hop]),
 *
 * which is analysis with w, then synthesis with w. It is n_fft times the coverage D where the window is not longer than n_fft. Where
 * it is longer, S joins samples n_fft apart, and repeats after lcm(hop, n_fft) samples.
 */
namespace gr::stft::kernel {

//! A and B in A sum |x|^2 <= sum |X|^2 <= B sum |x|^2, for two-sided X without scaling.
struct gabor_bounds {
    double lower; //!< A, 0 if no inverse exists
    double upper; //!< B
};

/*!
 * \brief The best bounds: the least and the largest spectral value of S.
 *
 * For a window longer than n_fft they are the extremes, over frequency, of the eigenvalues of a matrix of hop / gcd(hop, n_fft) rows.
 *
 * \param window taps, finite, not empty
 * \param hop samples from frame to frame, >= 1
 * \param n_fft DFT length, >= 1
 * \param period samples after which the signals repeat, a multiple of hop and n_fft; 0: any signal
 * \throws std::invalid_argument naming the parameter, its value and the rule
 */
STFT_API gabor_bounds frame_bounds(const taps_t& window,
                                   std::size_t hop,
                                   std::size_t n_fft,
                                   std::size_t period = 0);

/*!
 * \brief The canonical dual n_fft S^-1 w of a window of any length.
 *
 * dual_window(window, hop) unless the window is longer than n_fft. Then the dual has no end but decays exponentially: the result has as
 * many taps on both sides of the window's as exceed 1e-17 of the largest, and its centre, tap length / 2, is the window's.
 *
 * \param window, hop, n_fft as in frame_bounds()
 * \param tolerance A must exceed tolerance times B
 * \throws std::invalid_argument as frame_bounds(); if there is no dual, or one that decays within 2^20 samples
 */
STFT_API taps_t canonical_dual(const taps_t& window,
                               std::size_t hop,
                               std::size_t n_fft,
                               double tolerance = 1e-10);

/*!
 * \brief The tight window sqrt(n_fft) S^-1/2 w, which is its own canonical dual and the nearest such one.
 *
 * tight_window(window, hop) unless the window is longer than n_fft; then it has taps on both sides, as canonical_dual().
 *
 * Hale, Higham and Trefethen, "Computing A^alpha, log(A), and related matrix functions by contour integrals", SIAM J. Numer. Anal.
 * 46, 2008.
 * \throws std::invalid_argument as canonical_dual()
 */
STFT_API taps_t canonical_tight(const taps_t& window,
                                std::size_t hop,
                                std::size_t n_fft,
                                double tolerance = 1e-10);

} // namespace gr::stft::kernel
#endif
