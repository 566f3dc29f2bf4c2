/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_PHASE_FROM_MAGNITUDE_H
#define INCLUDED_STFT_PHASE_FROM_MAGNITUDE_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/phase/phase_settings.h>

namespace gr::stft {

/*!
 * \brief Magnitudes in, spectra with these magnitudes out, whose phases fit to each other: what istft_* turns into samples.
 *
 * Input: rows of n_fft / 2 + 1 (sides "onesided") or n_fft magnitudes ("twosided", "centered"); output: as many bins, one row for one.
 * kernel::phase_from_magnitude says where phases come from. With look_ahead, a row waits for the next one.
 *
 * Tags: all go on, each with its row. Those of stft override hop, window, win_length and phase, and give the start of each frame.
 *
 * Message port "cmd": a dict (or pair) of tolerance and optionally at, the sample at or after which the first changed frame starts.
 */
class STFT_API phase_from_magnitude_vfvc : public changeable<kernel::phase_settings>
{
public:
    using sptr = std::shared_ptr<phase_from_magnitude_vfvc>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::phase_settings& s);

    //! Another tolerance from the next frame on. \throws as request()
    void set_tolerance(double tolerance) { this->request({ "tolerance", tolerance }); }

    //! Samples; look_ahead times the hop.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
