/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_PHASE_TIME_STRETCH_H
#define INCLUDED_STFT_KERNEL_PHASE_TIME_STRETCH_H

#include <gnuradio/stft/kernel/phase/phase_vocoder.h>
#include <gnuradio/stft/kernel/stft/istft.h>
#include <gnuradio/stft/kernel/stft/stft.h>

namespace gr::stft::kernel {

/*!
 * \brief A sound at another speed: stft, phase_vocoder and istft frame by frame, so that no spectra but a few are kept.
 *
 * T, the type of the samples: float, double, or their complex types.
 */
template <class T>
class STFT_API time_stretch
{
public:
    /*!
     * \param p the STFT's parameters; frames are centred, phases count from their centres
     * \param rate of the phase vocoder
     * \throws std::invalid_argument as stft, istft and vocoder_settings::check()
     */
    time_stretch(const parameters& p, double rate);

    //! A signal of `length` samples, which must stay where it is -> one of length_out samples.
    void begin(const T* samples, std::int64_t length, std::int64_t length_out);

    //! The next samples, up to count of them. \return their number, less than count at the end only
    std::size_t read(T* samples, std::size_t count);

private:
    void add_frame();
    double frames_to_the_end() const;

    stft<T> d_forward;
    vocoder_settings d_settings;
    phase_vocoder<real_t<T>> d_vocoder;
    istft<T> d_inverse;
    std::vector<std::complex<real_t<T>>> d_spectrum;
    const T* d_samples = nullptr;
    std::int64_t d_length = 0, d_length_out = 0, d_written = 0;
    std::int64_t d_frame = 0, d_frames = 0; // of the input: the next one, and their number
    bool d_ended = false;                   // no frame will come
};

} // namespace gr::stft::kernel
#endif
