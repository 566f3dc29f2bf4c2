/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_POOLED_H
#define INCLUDED_STFT_KERNEL_DSTFT_POOLED_H

#include <gnuradio/stft/api.h>
#include <complex>
#include <cstddef>

namespace gr::stft::kernel {

/*!
 * \brief Measures of the concentration of a block of frames; all are minimised.
 *
 * With the whitened power q = W |S|^2 and the sums over the block A of c sqrt(q), B of c q:
 * - l1l2: 2 ln A - ln B
 * - entropy: of q as a distribution, in nats: ln B - (sum of c q ln q) / B
 * - renyi: (ln(sum of c q^order) - order ln B) / (1 - order)
 */
enum class pooled_criterion { l1l2, entropy, renyi };

//! Block of frames that concentration is pooled over, and the criterion.
struct STFT_API pooled_parameters {
    std::size_t n_fft;      //!< DFT length of the spectra, >= 1
    std::size_t half_block; //!< h: block n holds the frames n - h .. n + h, as far as they exist
    pooled_criterion criterion = pooled_criterion::l1l2; //!< measure to be minimised
    double order = 2;                                    //!< Renyi order: 0 < order <= 8, not 1
    //! Bins 0 .. n_fft / 2 of real samples; DC and Nyquist then have c = 1/2.
    bool one_sided = true;

    //! Bins of a spectrum.
    std::size_t bins() const { return one_sided ? n_fft / 2 + 1 : n_fft; }

    //! \throws std::invalid_argument if n_fft < 1, or the order of renyi is none of these
    void check() const;
};

/*!
 * \brief Concentration of spectra, measured jointly over blocks of neighbouring frames: the mean over n of the
 * criterion J_n of the block around frame n.
 *
 * Sums are pooled before they are normalised, so that concentration in time counts as well as in frequency; a
 * criterion of single frames cannot see it. Frames - 1 or more for half_block make one block of all. The cost
 * does not depend on half_block.
 *
 * \param spectra [frame][bin], p.bins() each. R: float or double
 * \param frames >= 1
 * \param p block, criterion and sides
 * \param whitening W, p.bins() weights >= 0, constants to the gradient, or null: 1
 * \param G dL/dRe S + j dL/dIm S, of the spectra's size, or null
 *
 * A block of silence has J = 0 and no gradient: one whose power B is 300 dB below that of the strongest value, or
 * whose sqrt(B) is below 1e-26 in single, 1e-296 in double precision. Bins that are 0 have none either.
 * \throws std::invalid_argument for other sizes, weights or parameters
 */
template <class R>
STFT_API double pooled(const std::complex<R>* spectra,
                       std::size_t frames,
                       const pooled_parameters& p,
                       const R* whitening = nullptr,
                       std::complex<R>* G = nullptr);

/*!
 * \brief Weights that flatten a recording's spectrum, so that no steady line (DC, hum) decides alone.
 *
 * W = mean(V) / (V + floor mean(V)), V the mean over the bins m - width .. m + width that there are of the mean
 * of |S|^2 over frames. 1 for silence.
 * \param spectra [frame][bin]
 * \param frames, bins >= 1
 * \param width bins on either side that the envelope is averaged over
 * \param floor positive
 * \param W bins values
 * \throws std::invalid_argument for other sizes or floor
 */
template <class R>
STFT_API void whitener(const std::complex<R>* spectra,
                       std::size_t frames,
                       std::size_t bins,
                       std::size_t width,
                       double floor,
                       R* W);

} // namespace gr::stft::kernel
#endif
