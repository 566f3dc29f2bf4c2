/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_STFT_BINS_H
#define INCLUDED_STFT_STFT_BINS_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/frames/window.h>

namespace gr::stft {

/*!
 * \brief Samples in, chosen bins of their short-time Fourier transform out, at any hop, hop 1 included.
 *
 * Input: samples, float (stft_bins_fvc) or complex (stft_bins_cvc). Output: one item per frame, a complex number for each
 * of the bins, in their order. kernel::stft_bins tells how they are computed; a cost per sample that does not grow with the
 * window makes this the way to follow a few lines at full time resolution.
 *
 * Frames and tags as in stft; a further tag is stft_bins (f64 vector).
 *
 * Message port "cmd": a dict (or pair) of bins (as many as there are), hop, window, win_length, scaling, and optionally at,
 * the sample that the first changed frame starts at or after. The setters change the next frame.
 */
template <class T>
class STFT_API stft_bins : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<stft_bins<T>>; //!< type that make() returns

    /*!
     * \param bins frequencies in units of samp_rate / n_fft, whole or not, one or more: 0 .. n_fft / 2 (float), or from
     *        -n_fft / 2 on and below n_fft (complex samples)
     * \param hop samples from frame to frame, >= 1
     * \param window name with parameters, or taps
     * \param win_length samples under the window, <= n_fft; 0: the taps' number, else n_fft
     * \param n_fft DFT length that bins refer to, 1 .. 2^28; 0: win_length, or the taps' number
     * \param phase reference of the phase: "start", "centre" or "absolute"
     * \param placement "centred", "left" or "full"
     * \param scaling "none", "magnitude", "psd" or "ortho"
     * \param samp_rate Hz, for "psd" and rx_time; an rx_rate tag overrides it
     * \throws std::invalid_argument naming the parameter, its value and the rule; also if the stream's buffer
     *         would exceed 512 MiB
     */
    static sptr make(const std::vector<double>& bins,
                     std::int64_t hop,
                     const kernel::window& window = "hann",
                     std::int64_t win_length = 0,
                     std::int64_t n_fft = 0,
                     const std::string& phase = "centre",
                     const std::string& placement = "centred",
                     const std::string& scaling = "none",
                     double samp_rate = 1.0);

    //!@{
    //! Another value, as in make(), from the next frame on.
    //! \throws std::invalid_argument as make(), or for another number of bins; the running stream then goes on unchanged
    virtual void set_bins(const std::vector<double>& bins) = 0;
    virtual void set_hop(std::int64_t hop) = 0;
    virtual void set_window(const kernel::window& window) = 0;
    virtual void set_win_length(std::int64_t win_length) = 0; // 0: the taps' number, else n_fft
    virtual void set_scaling(const std::string& scaling) = 0;
    //!@}

    //!@{
    //! The value last asked for, which may still wait for its frame.
    virtual std::vector<double> bins() const = 0;
    virtual std::int64_t hop() const = 0;
    virtual std::int64_t win_length() const = 0;
    virtual std::string scaling() const = 0;
    //!@}

    //! Samples that follow a frame's centre before the frame leaves.
    virtual std::int64_t latency() const = 0;
};

using stft_bins_fvc = stft_bins<float>;
using stft_bins_cvc = stft_bins<gr_complex>;

} // namespace gr::stft
#endif
