/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_HPSS_H
#define INCLUDED_STFT_HPSS_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/denoise/hpss.h>

namespace gr::stft {

/*!
 * \brief Spectra in; out comes what lasts in time, and what is spread over frequency.
 *
 * Input: spectra of stft_fvc or stft_cvc. Outputs: the harmonic and the percussive part of each, or their masks; the second one may be
 * left out. kernel::hpss says what they are. Each spectrum has its result, which leaves delay() frames later; the last ones leave when the
 * stream ends. Those of the first and last frames see mirror images of the stream.
 *
 * All tags stay on their frames. Message port "cmd": a dict (or pair) of power, margin_harmonic, margin_percussive.
 */
class STFT_API hpss_vcvc : public changeable<kernel::hpss_settings>
{
public:
    using sptr = std::shared_ptr<hpss_vcvc>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::hpss_settings& s);

    //! Power of the medians in the masks. \throws as request()
    void set_power(double power) { this->request({ "power", power }); }
    //! Margin of what is harmonic. \throws as request()
    void set_margin_harmonic(double margin) { this->request({ "margin_harmonic", margin }); }
    //! Margin of what is percussive. \throws as request()
    void set_margin_percussive(double margin) { this->request({ "margin_percussive", margin }); }

    //! Frames by which results come later than their spectra: time_kernel / 2.
    virtual std::size_t delay() const = 0;

    //! Samples: delay() times the hop, which a tag stft_hop or the settings give; 0 without.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
