/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DENOISE_DENOISER_H
#define INCLUDED_STFT_KERNEL_DENOISE_DENOISER_H

#include <gnuradio/stft/kernel/denoise/spectral_gain.h>
#include <gnuradio/stft/kernel/stft/round_trip.h>

namespace gr::stft::kernel {

/*!
 * \brief Samples in, samples without their noise out: STFT, spectral_gain, inverse STFT, in a stream of any length.
 *
 * Any split of the input gives the same bits, which are those of the three one after the other. As many samples leave as came in.
 * T: float, double, or their complex types.
 */
template <class T>
class STFT_API denoiser
{
public:
    //! \param p of the STFT \param s of the gains; n_fft, hop, win_length, placement, sides and samp_rate are those of p
    //! \throws std::invalid_argument as parameters::check(), istft and gain_settings::check()
    denoiser(const parameters& p, const gain_settings& s);

    //! Takes samples, and appends the samples that are ready to the output.
    void push(const T* samples, std::size_t count, std::vector<T>& output);
    //! The signal has ended: appends the rest. To be called once.
    void finish(std::vector<T>& output);

    //! The gains, for changes from the next frame on.
    spectral_gain<real_t<T>>& gain() { return d_gain; }
    //! Samples taken so far.
    std::int64_t received() const { return d_round_trip.received(); }

    //! The settings with what p gives.
    static gain_settings settings_for(const parameters& p, gain_settings s);

private:
    using complex = std::complex<real_t<T>>;
    void apply(complex* spectra, std::size_t count);

    spectral_gain<real_t<T>> d_gain;
    round_trip<T> d_round_trip;
};

/*!
 * \brief Mean power of each bin of the frames that lie wholly in a signal, hop apart: the noise as gain_settings has it.
 * \throws std::invalid_argument as parameters::check(), or if the signal is shorter than the window
 */
template <class T>
STFT_API std::vector<double>
noise_power(const parameters& p, const T* samples, std::int64_t length);

} // namespace gr::stft::kernel
#endif
