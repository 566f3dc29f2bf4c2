/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_STFT_H
#define INCLUDED_STFT_KERNEL_STFT_H

#include <gnuradio/stft/kernel/frames/detrend.h>
#include <gnuradio/stft/kernel/frames/frame_dft.h>

namespace gr::stft::kernel {

/*!
 * \brief The short-time Fourier transform
 *
 *     X[k, p] = g sum_m x[s_p + m] conj(w[m]) exp(-2j pi k (m - r) / n_fft),    s_p = s_0 + p hop
 *
 * of real (k = 0 .. n_fft / 2) or complex samples (k = 0 .. n_fft - 1), with the factor g of its scaling and
 * the r of its phase reference; the window may be longer than n_fft. T: float, double, or their complex types.
 *
 * Not thread-safe: an object has its own scratch. Objects share FFT plans, so they agree to the bit.
 */
template <class T>
class STFT_API stft
{
public:
    using complex = std::complex<real_t<T>>; //!< a bin

    //! \throws std::invalid_argument as parameters::check()
    explicit stft(const parameters& p, detrending detrend = detrending::none);

    //! The parameters it was made from.
    const parameters& design() const { return d_parameters; }
    //! True if take() can switch to p, since frames keep their spectra.
    bool takes(const parameters& p) const { return d_parameters.same_spectra(p); }
    //! Another hop, placement or rate. For parameters that it takes().
    void take(const parameters& p) { d_parameters = p; }
    //! Bins of a spectrum.
    std::size_t bins() const { return kernel::bins<T>(d_parameters.n_fft); }
    //! Samples under the window.
    std::size_t win_length() const { return d_taper.length(); }

    //! One frame of win_length() samples, the first of them at start -> bins() bins.
    void analyse(const T* frame, std::int64_t start, complex* spectrum);

    //! Frames of whole samples, hop apart, the first of them at start -> spectra [frame][bin].
    void analyse_run(const T* samples, std::int64_t start, std::size_t frames, complex* spectra);

    /*!
     * Frames first + p hop, p = 0 .. frames - 1, of the signal x of length samples, zero outside
     * -> spectra [frame][bin].
     */
    void analyse(const T* x,
                 std::int64_t length,
                 std::int64_t first,
                 std::size_t frames,
                 complex* spectra);

private:
    parameters d_parameters;
    taper<T> d_taper;
    detrending d_detrend;
    frame_analysis<T> d_dft;
    std::vector<T> d_detrended, d_border;
};

} // namespace gr::stft::kernel
#endif
