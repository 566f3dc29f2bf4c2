/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_IMAGE_STFT2D_ADJOINT_H
#define INCLUDED_STFT_KERNEL_IMAGE_STFT2D_ADJOINT_H

#include <gnuradio/stft/kernel/image/parameters2d.h>
#include <complex>

/* Vector-Jacobian products of stft2d and istft2d. L is a real loss; by a complex Z its gradient is dL/dRe Z + j dL/dIm Z.
 * Images are [height][width], spectra [m][n][kh][kw] with all frames of the image. Windows are those that analysis and
 * synthesis use, after win_sqrt. R: float or double. All of them throw std::invalid_argument as stft2d and istft2d do. */
namespace gr::stft::kernel {

/*!
 * \brief dL/dx of X = stft2d(x): overlap-add without normalisation, what stands outside of the image added back to its
 * sources.
 * \param p of the transform
 * \param G dL/dX, [m][n][kh][kw]
 * \param height, width of the image, in samples
 * \param gradient dL/dx, [height][width]; overwritten
 */
template <class R>
STFT_API void stft2d_vjp(const parameters2d& p,
                         const std::complex<R>* G,
                         std::size_t height,
                         std::size_t width,
                         R* gradient);

/*!
 * \brief dL/dX of y = istft2d(X): the transform of g / D with zeros outside, where rows that stand for two count twice.
 * \param p of the transform
 * \param g dL/dy, [height][width]
 * \param height, width of the image, in samples
 * \param threshold as in istft2d
 * \param gradient dL/dX, [m][n][kh][kw]; overwritten
 */
template <class R>
STFT_API void istft2d_vjp(const parameters2d& p,
                          const R* g,
                          std::size_t height,
                          std::size_t width,
                          double threshold,
                          std::complex<R>* gradient);

/*!
 * \brief dL/dwh and dL/dww of X = stft2d(x).
 * \param p of the transform
 * \param x the image, [height][width]
 * \param G dL/dX, [m][n][kh][kw]
 * \param height, width of the image, in samples
 * \param by_height, by_width dL/dwh and dL/dww, win_length numbers of the axis each; overwritten
 */
template <class R>
STFT_API void stft2d_window_vjp(const parameters2d& p,
                                const R* x,
                                const std::complex<R>* G,
                                std::size_t height,
                                std::size_t width,
                                double* by_height,
                                double* by_width);

/*!
 * \brief dL/dwh and dL/dww of y = istft2d(X), the windows in D included.
 * \param p of the transform
 * \param X the spectra, [m][n][kh][kw]
 * \param g dL/dy, [height][width]
 * \param height, width of the image, in samples
 * \param threshold as in istft2d
 * \param by_height, by_width as in stft2d_window_vjp
 */
template <class R>
STFT_API void istft2d_window_vjp(const parameters2d& p,
                                 const std::complex<R>* X,
                                 const R* g,
                                 std::size_t height,
                                 std::size_t width,
                                 double threshold,
                                 double* by_height,
                                 double* by_width);

} // namespace gr::stft::kernel
#endif
