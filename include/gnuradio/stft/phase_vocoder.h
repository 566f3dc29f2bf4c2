/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_PHASE_VOCODER_H
#define INCLUDED_STFT_PHASE_VOCODER_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/phase/phase_vocoder.h>

namespace gr::stft {

/*!
 * \brief Spectra in, those of the same sound at another speed out; the pitch stays.
 *
 * Input and output: items of n_fft / 2 + 1 (sides "onesided") or n_fft bins ("twosided", "centered"). The block stands between stft_* and
 * istft_*; for `rate` items that come in, one goes out. kernel::phase_vocoder says how. With rate 1 items leave as they came, at once.
 *
 * Tags of stft override hop, win_length and phase; where they change, the block starts again. Tags go to the first item that shows
 * their frame or a later one, stft_first with the start of that item's frame, stft_length with the length of the output.
 *
 * Message port "cmd": a dict (or pair) of rate and optionally at, the sample of the input from whose frame on the rate is another.
 */
class STFT_API phase_vocoder_vcvc : public changeable<kernel::vocoder_settings>
{
public:
    using sptr = std::shared_ptr<phase_vocoder_vcvc>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::vocoder_settings& s);

    //! Another speed from the next frame on. \throws as request()
    void set_rate(double rate) { this->request({ "rate", rate }); }

    //! Samples of the input that a frame waits for: the hop, or 0 as long as the rate is 1.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
