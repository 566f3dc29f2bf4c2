/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_STFT_H
#define INCLUDED_STFT_STFT_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/frames/parameters.h>

namespace gr::stft {

/*!
 * \brief Samples in, spectra out: the short-time Fourier transform of a stream.
 *
 * Input: samples, float (stft_fvc) or complex (stft_cvc). Output: one item per frame, n_fft / 2 + 1 bins for
 * float, n_fft bins for complex samples; kernel::stft has the formula. The last frames are padded with zeros
 * so that every sample is used; kernel::placement says where frames lie.
 *
 * Tags: those of the input travel on the first frame that contains their sample. rx_time becomes the time of
 * the frame's first sample, rx_rate is divided by the hop. Frame 0 and every change carry stft_first,
 * stft_hop, stft_n_fft, stft_win_length, stft_phase, stft_scaling, stft_window (taps) and stft_samp_rate; the
 * last frame carries stft_length, the number of samples in the stream.
 *
 * Message port "cmd": a dict (or pair) of hop, window, win_length, scaling, and optionally at, the sample
 * that the first changed frame starts at or after. The setters change the next frame. The frame that sees a
 * change starts where the old hop put it.
 */
template <class T>
class STFT_API stft : public changeable<kernel::parameters>
{
public:
    using sptr = std::shared_ptr<stft<T>>; //!< type that make() returns

    /*!
     * \param p n_fft and hop at least: `{ 1024, 256 }`. samp_rate matters for scaling::psd and for rx_time; an rx_rate
     *        tag overrides it
     * \throws std::invalid_argument naming the parameter, its value and the rule; also if the stream's buffer
     *         would exceed 512 MiB
     */
    static sptr make(const kernel::parameters& p);

    //!@{
    //! Requests another value, from the next frame on. \throws as request()
    void set_hop(std::int64_t hop) { this->request({ "hop", hop }); }
    void set_window(const kernel::window& window) { this->request({ "window", window }); }
    void set_win_length(std::int64_t win_length) { this->request({ "win_length", win_length }); }
    void set_scaling(const std::string& scaling) { this->request({ "scaling", scaling }); }
    //!@}

    //! Samples that follow a frame's centre before the frame leaves.
    virtual std::int64_t latency() const = 0;
};

using stft_fvc = stft<float>;
using stft_cvc = stft<gr_complex>;

} // namespace gr::stft
#endif
