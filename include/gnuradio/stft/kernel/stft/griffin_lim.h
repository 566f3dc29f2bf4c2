/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_STFT_GRIFFIN_LIM_H
#define INCLUDED_STFT_KERNEL_STFT_GRIFFIN_LIM_H

#include <gnuradio/stft/kernel/stft/istft.h>
#include <gnuradio/stft/kernel/stft/stft.h>

namespace gr::stft::kernel {

/*!
 * \brief A signal whose STFT has given magnitudes A, found by alternating projections:
 *
 *     R_i = STFT(ISTFT(X_i)),    X_(i+1) = A V / |V|,    V = R_i - a / (1 + a) R_(i-1),    R_(-1) = 0
 *
 * with the momentum a. Where V = 0, X keeps its phase. With a = 0 the distance | |R_i| - A | never grows: Griffin and Lim,
 * "Signal estimation from modified short-time Fourier transform", IEEE Trans. ASSP 32, 1984; with momentum it falls
 * faster, and may grow at times: Perraudin, Balazs and Sondergaard, "A fast Griffin-Lim algorithm", WASPAA 2013.
 *
 * T, the type of the samples: float, double, or their complex types.
 */
template <class T>
class STFT_API griffin_lim
{
public:
    using real = real_t<T>;             //!< a magnitude
    using complex = std::complex<real>; //!< a bin

    /*!
     * \param p the STFT's parameters
     * \param first sample under frame 0
     * \param frames there are
     * \param length of the signal, samples
     * \param momentum a, 0 <= a <= 10
     * \param threshold,strict as in istft
     * \throws std::invalid_argument as istft; unless the momentum is in its range
     */
    griffin_lim(const parameters& p,
                std::int64_t first,
                std::size_t frames,
                std::int64_t length,
                double momentum,
                double threshold = -1,
                bool strict = true);

    //! Bins of a spectrum.
    std::size_t bins() const { return d_stft.bins(); }

    /*!
     * \brief Magnitudes [frame][bin], and spectra [frame][bin] of which the phases are taken, 0 where a value is 0.
     *
     * Neither is copied: both must stay where they are, and X is kept in the spectra.
     */
    void begin(const real* magnitudes, complex* spectra);

    //! One step -> | |R| - A | / |A| of the signal before it, in the norm of the two-sided spectra.
    double iterate();

    //! ISTFT(X) -> length samples.
    void finish(T* samples);

private:
    stft<T> d_stft;
    istft<T> d_istft;
    std::int64_t d_first;
    std::size_t d_frames;
    real d_pull;       // a / (1 + a)
    double d_unit = 1; // power of two that makes the largest magnitude about 1 before squares
    std::vector<T> d_samples;
    const real* d_magnitudes = nullptr;
    complex* d_spectra = nullptr; // X
    std::vector<complex> d_rebuilt,
        d_row; // R of the last step if there is momentum; a frame of the new R
};

} // namespace gr::stft::kernel
#endif
