/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_ANGULAR_RESAMPLER_H
#define INCLUDED_STFT_ANGULAR_RESAMPLER_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/speed/angular_resampler.h>

namespace gr::stft {

/*!
 * \brief Samples at equal angles of a machine, from samples at equal times and its speed. T: float or gr_complex.
 *
 * Input 0: samples. Input 1: the speed (float, Hz), one for each hop samples. The block waits for the speed, which may come
 * any time after its sample: item p is the speed at sample p hop, unless tags of the speed say otherwise, which tacho_pulses_ff and
 * other blocks of stft write (stft_first, stft_win_length, stft_hop: the speed is that of the frame's centre). The last speed
 * holds if that input ends first. Output: samples_per_rev samples a revolution, those of kernel::angular_resampler, to the
 * bit, however the scheduler cuts the streams.
 *
 * Tags: the first sample of each revolution carries angle_turn (int64, revolutions before it) and angle_time (double, s after
 * sample 0). The first sample after a standstill begins a revolution and carries angle_gap too (double, s without output). A
 * tag of a sample goes to the first output at it or after it, rx_time moved; tags after the last output are lost. rx_rate
 * overrides samp_rate from its sample on, and ends here, since the output has no rate in time.
 *
 * samples_per_rev and f_min may change while it runs, by set_samples_per_rev(), set_f_min(), or a message to the port "cmd", a dict
 * (or pair) of them: from the first revolution on that begins reach() samples or more after those that have come. No
 * revolution is cut, and no sample lost. The first sample of a revolution that has another number of samples than the one
 * before carries angle_samples_per_rev (int64).
 */
template <class T>
class STFT_API angular_resampler : public changeable<kernel::angular_settings>
{
public:
    using sptr = std::shared_ptr<angular_resampler<T>>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::angular_settings& s);

    //!@{
    //! Another setting, from a later revolution on. \throws as make()
    void set_samples_per_rev(std::size_t samples_per_rev)
    {
        this->request({ "samples_per_rev", static_cast<std::int64_t>(samples_per_rev) });
    }
    void set_f_min(double f_min) { this->request({ "f_min", f_min }); }
    //!@}

    //! Samples after an instant that its output takes, at the lowest speed; the lag of the speed comes on top.
    virtual std::int64_t reach() const = 0;
};

using angular_resampler_ff = angular_resampler<float>;      //!< resampler of real samples
using angular_resampler_cc = angular_resampler<gr_complex>; //!< resampler of complex samples

} // namespace gr::stft
#endif
