/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_SPECTRAL_GAIN_H
#define INCLUDED_STFT_SPECTRAL_GAIN_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/denoise/gain_settings.h>

namespace gr::stft {

/*!
 * \brief Spectra in, the same spectra without their noise out.
 *
 * Input and output: items of n_fft / 2 + 1 (sides "onesided") or n_fft bins ("twosided", "centered"), one for one. The block stands
 * between stft_* and istft_*; kernel::spectral_gain says what the gains are. It adds no latency to theirs.
 *
 * Tags: all go on. Those of stft override hop, win_length and samp_rate (unless it is 1, which stands for an unknown rate) and give
 * the start of each frame; where window or scaling change, the noise that is known changes with them. rx_rate, in frames per second,
 * gives samp_rate, too.
 *
 * Message port "events": the messages of detector_vxm. The cells of an event that begins are kept or rejected (`events`) from the
 * sample on at which it begins, until it ends; frames that have passed by then stay as they were, so delay the samples where that matters.
 *
 * Message port "cmd": a dict (or pair) of method, tracking, gain_floor, oversubtraction, memory, smoothing, refine, detail_memory, learn,
 * noise, keep, reject, mask, events, reset (any value), and optionally at, the sample at or after which the first changed frame starts. With
 * learn, the noise is learned from that many frames.
 */
class STFT_API spectral_gain_vcvc : public changeable<kernel::gain_settings>
{
public:
    using sptr = std::shared_ptr<spectral_gain_vcvc>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::gain_settings& s);

    //!@{
    //! Another value from the next frame on. \throws as request()
    void set_method(const std::string& method) { this->request({ "method", method }); }
    void set_tracking(const std::string& tracking) { this->request({ "tracking", tracking }); }
    void set_gain_floor(double gain_floor) { this->request({ "gain_floor", gain_floor }); }
    void set_oversubtraction(double factor) { this->request({ "oversubtraction", factor }); }
    void set_memory(double memory) { this->request({ "memory", memory }); }
    void set_smoothing(std::int64_t bins) { this->request({ "smoothing", bins }); }
    void set_refine(bool refine) { this->request({ "refine", refine }); }
    void set_detail_memory(double memory) { this->request({ "detail_memory", memory }); }
    void set_keep(const std::string& bands) { this->request({ "keep", bands }); }
    void set_reject(const std::string& bands) { this->request({ "reject", bands }); }
    void set_events(const std::string& use) { this->request({ "events", use }); }
    //!@}

    //! Forgets the noise and all events; settings stay, and the noise is learned again if they say so.
    virtual void reset() = 0;

    //! The noise in each bin, |X|^2, after the last frame.
    virtual std::vector<double> present_noise() const = 0;

    //! Samples; 0.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
