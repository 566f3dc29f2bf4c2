/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_STFT_H
#define INCLUDED_STFT_STFT_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/frames/window.h>

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
class STFT_API stft : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<stft<T>>; //!< type that make() returns

    /*!
     * \param n_fft DFT length, 1 .. 2^28
     * \param hop samples from frame to frame, >= 1
     * \param window name with parameters, or taps
     * \param win_length samples under the window, <= n_fft; 0: the taps' number, else n_fft
     * \param placement "centred", "left" or "full"
     * \param phase reference of the phase: "start", "centre" or "absolute"
     * \param scaling "none", "magnitude", "psd" or "ortho"
     * \param samp_rate Hz, for "psd" and rx_time; an rx_rate tag overrides it
     * \param shifted bins in the order -n_fft/2 .. (n_fft-1)/2; complex samples only
     * \throws std::invalid_argument naming the parameter, its value and the rule; also if the stream's buffer
     *         would exceed 512 MiB
     */
    static sptr make(std::int64_t n_fft,
                     std::int64_t hop,
                     const kernel::window& window = "hann",
                     std::int64_t win_length = 0,
                     const std::string& placement = "centred",
                     const std::string& phase = "centre",
                     const std::string& scaling = "none",
                     double samp_rate = 1.0,
                     bool shifted = false);

    //!@{
    //! Another value, as in make(), from the next frame on.
    //! \throws std::invalid_argument as make(); the running stream then goes on unchanged
    virtual void set_hop(std::int64_t hop) = 0;
    virtual void set_window(const kernel::window& window) = 0;
    virtual void set_win_length(std::int64_t win_length) = 0; // 0 as in make()
    virtual void set_scaling(const std::string& scaling) = 0;
    //!@}

    //!@{
    //! The value last asked for, which may still wait for its frame.
    virtual std::int64_t hop() const = 0;
    virtual std::int64_t win_length() const = 0;
    virtual std::string scaling() const = 0;
    //!@}

    //! Samples that follow a frame's centre before the frame leaves.
    virtual std::int64_t latency() const = 0;
};

using stft_fvc = stft<float>;
using stft_cvc = stft<gr_complex>;

} // namespace gr::stft
#endif
