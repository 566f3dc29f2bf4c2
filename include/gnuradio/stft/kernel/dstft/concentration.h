/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_CONCENTRATION_H
#define INCLUDED_STFT_KERNEL_DSTFT_CONCENTRATION_H

#include <gnuradio/stft/api.h>
#include <complex>
#include <cstddef>

/*!
 * Losses of a spectrogram of magnitudes a = |S| >= 0, [frame][bin] in memory, bins of a frame together. Each
 * returns its value and writes dvalue/da, of a's size, where gradient is not null. R: float or double; sums are
 * in double, or of short runs in R.
 *
 * Silence has the value 0 and the gradient 0: magnitudes whose sum is below 1e-26 in single, 1e-296 in double
 * precision. The gradient is 0 too at an a = 0 where the derivative is infinite. A magnitude that is not finite
 * makes the value NaN. Sizes and parameters are refused with std::invalid_argument before anything is written.
 *
 * Leiber et al., "Learnable adaptive time-frequency representation via differentiable STFT", IEEE Trans. Signal
 * Process., 2025, whose equation numbers are given.
 */
namespace gr::stft::kernel {

//! a = |S|, count values. Squares are taken: exact to rounding for 1e-18 < a < 1e18 in single precision.
template <class R>
STFT_API void modulus(const std::complex<R>* spectra, std::size_t count, R* a);

//! G = dL/dRe S + j dL/dIm S = (dL/da) S / a from dL/da, count values; 0 where S is. a: as modulus() writes it
template <class R>
STFT_API void cotangent(const std::complex<R>* spectra,
                        const R* a,
                        const R* gradient,
                        std::size_t count,
                        std::complex<R>* G);

//! Shannon entropy -sum p ln p in nats of p = a / sum a, (26). count >= 1
template <class R>
STFT_API double entropy(const R* a, std::size_t count, R* gradient = nullptr);

/*!
 * \brief The entropy of the magnitudes of a plane whose spectra come row after row, and its cotangents: entropy() with
 * modulus() and cotangent(), while each row is in cache.
 */
template <class R>
class STFT_API plane_entropy
{
public:
    //! Joins a row; its magnitudes a and ln a, bins values each, are to be kept for its cotangent.
    void add(const std::complex<R>* spectrum, std::size_t bins, R* a, R* logs);

    //! Entropy of all rows joined so far.
    double value() const;

    //! G = dL/dRe S + j dL/dIm S of one row
    void cotangent(const std::complex<R>* spectrum,
                   std::size_t bins,
                   const R* a,
                   const R* logs,
                   std::complex<R>* G) const;

private:
    double d_a = 0, d_a_log_a = 0; // sums of a and a ln a
};

//! Mean over frames of the entropy of each frame alone; silent frames count 0. frames, bins >= 1
template <class R>
STFT_API double
frame_entropy(const R* a, std::size_t frames, std::size_t bins, R* gradient = nullptr);

/*!
 * Renyi entropy ln(sum p^order) / (1 - order) in nats, p = a^power / sum a^power.
 * \param a count magnitudes
 * \param count >= 1
 * \param order positive, not 1
 * \param power 1 or 2
 * \param gradient of a's size, or null
 */
template <class R>
STFT_API double
renyi(const R* a, std::size_t count, double order, int power, R* gradient = nullptr);

//! ||a||_p / ||a||_q, p and q positive and different. Falls with concentration for p < q.
template <class R>
STFT_API double lp_lq(const R* a, std::size_t count, double p, double q, R* gradient = nullptr);

/*!
 * Mean kurtosis of frames, (30): K = sum_n lambda_n kappa_n / sum lambda_n, kappa = E[a^4] / E[a^2]^2 over the
 * bins. To be maximised.
 *
 * lambda_0 = t_1 - t_0, lambda_(T-1) = t_(T-1) - t_(T-2), else (t_(n+1) - t_(n-1)) / 2; 1 for a single frame.
 * \param a [frame][bin]
 * \param frames, bins >= 1
 * \param t centres of the frames in samples, finite, such that the weights' sum is positive
 * \param gradient of a's size, or null
 * \param gradient_t dK/dt through the weights, frames values, or null
 * \param per_frame kappa, frames values (0 for silent ones), or null
 */
template <class R>
STFT_API double kurtosis(const R* a,
                         std::size_t frames,
                         std::size_t bins,
                         const double* t,
                         R* gradient = nullptr,
                         double* gradient_t = nullptr,
                         double* per_frame = nullptr);

/*!
 * Mean over frames of (f_hat - f_true)^2, (33) and (34), f_hat = sum_m f_m a / sum_m a, f_m = m samp_rate / n_fft.
 * Silent frames count 0.
 * \param a [frame][bin]
 * \param frames >= 1
 * \param bins n_fft / 2 + 1, or n_fft (the centroid of a real signal is then always samp_rate / 2)
 * \param f_true finite, frames values in the unit of samp_rate
 * \param n_fft DFT length
 * \param samp_rate of the signal, positive
 * \param gradient of a's size, or null
 * \param f_hat frames values (0 for silent frames), or null
 */
template <class R>
STFT_API double tracking_mse(const R* a,
                             std::size_t frames,
                             std::size_t bins,
                             const double* f_true,
                             std::size_t n_fft,
                             double samp_rate,
                             R* gradient = nullptr,
                             double* f_hat = nullptr);

} // namespace gr::stft::kernel
#endif
