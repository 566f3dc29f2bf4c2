/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_TACHO_PULSES_H
#define INCLUDED_STFT_TACHO_PULSES_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/speed/tacho_pulses.h>

namespace gr::stft {

/*!
 * \brief The speed of a machine from the pulses of its tacho.
 *
 * Input: samples of the tacho. Output: the speed in Hz at every hop-th sample, 0 in standstill; item p is that of sample
 * p hop. Pulses and speeds are those of kernel::tacho_pulses, to the bit, however the scheduler cuts the stream.
 *
 * Message port "pulses": a dict for each pulse, with number (int64, pulses since the first one, missing ones included),
 * revolutions, sample (int64) and fraction of its edge, time (s after sample 0), speed (Hz) and start (boolean: the revolutions since the pulse before
 * are not known).
 *
 * Message port "cmd": a dict (or pair) of f_max, f_min, levels, slew. What came before is finished, and all that is known of the pulses
 * begins again with the next sample.
 *
 * Tags: item 0 carries stft_first (0), stft_hop and stft_win_length (1), which tell the sample of each item. A tag of a
 * sample goes to the first item at it or after it, rx_time moved; rx_rate overrides samp_rate and is divided by hop. Where the
 * rate changes later, all that is known of the pulses begins again.
 */
class STFT_API tacho_pulses_ff : public changeable<kernel::tacho_settings>
{
public:
    using sptr = std::shared_ptr<tacho_pulses_ff>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::tacho_settings& s);

    //!@{
    //! Other settings from the next sample on, where all that is known of the pulses begins again. \throws as make()
    void set_f_max(double f_max) { this->request({ "f_max", f_max }); }
    void set_f_min(double f_min) { this->request({ "f_min", f_min }); }
    void set_levels(const std::vector<double>& levels) { this->request({ "levels", levels }); }
    void set_slew(double slew) { this->request({ "slew", slew }); }
    //!@}

    //! Pulses so far, missing ones included.
    virtual std::int64_t count() const = 0;

    //! Separation of the two levels of the signal, in spreads, where they were looked for last; below 6 there are no pulses.
    virtual double separation() const = 0;
};

} // namespace gr::stft
#endif
