/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_SPEED_TACHO_PULSES_H
#define INCLUDED_STFT_KERNEL_SPEED_TACHO_PULSES_H

#include <gnuradio/stft/api.h>
#include <gnuradio/stft/kernel/fields.h>
#include <memory>
#include <vector>

namespace gr::stft::kernel {

//! An instant: a sample of a stream, and a fraction of a sample after it.
struct STFT_API sample_instant {
    std::int64_t sample = 0; //!< number of the sample
    double fraction = 0;     //!< 0 .. 1, without 1

    //! Samples from the other instant to this one.
    double after(const sample_instant& other) const
    {
        return static_cast<double>(sample - other.sample) + (fraction - other.fraction);
    }
};

//! Parameters of tacho_pulses.
struct STFT_API tacho_settings {
    double samp_rate = 1;       //!< Hz, > 0
    std::size_t ppr = 1;        //!< pulses per revolution, 1 .. 10^6
    double f_max = 0;           //!< Hz, highest speed; 0: samp_rate / (8 ppr)
    double f_min = 0;           //!< Hz, slower is standstill; 0: 0.5, at most f_max / 10
    std::vector<double> levels; //!< base and top of the pulses; the base above the top: pulses
                                //!< that fall; none: found in the signal
    double slew = 60;           //!< Hz/s, how fast the speed may change
    std::size_t hop = 256;      //!< samples from one speed to the next, >= 1
    double level_time = 2;      //!< s of signal in which base and top are found

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! f_max, Hz.
    double highest() const;
    //! f_min, Hz.
    double lowest() const;
};

//! Parameters of tacho_settings.
template <>
inline constexpr auto fields<tacho_settings> =
    std::tuple(field("samp_rate", &tacho_settings::samp_rate),
               field("ppr", &tacho_settings::ppr),
               field("f_max", &tacho_settings::f_max).automatic().changeable(),
               field("f_min", &tacho_settings::f_min).automatic().changeable(),
               field("levels", &tacho_settings::levels).automatic().changeable(),
               field("slew", &tacho_settings::slew).changeable(),
               field("hop", &tacho_settings::hop),
               field("level_time", &tacho_settings::level_time));

//! A pulse of a tacho.
struct STFT_API tacho_pulse {
    sample_instant at;   //!< instant at which its edge passes half of its height
    std::int64_t number; //!< pulses since the first one, missing ones included
    double speed;        //!< Hz of the revolution
    bool start;          //!< true: what passed since the pulse before is unknown
};

/*!
 * \brief Speed from the pulses of a tacho.
 *
 * An edge fires a Schmitt trigger at 35 % and 65 % of the pulses' height; its instant is where the line between two samples
 * passes 50 %. Base and top of the pulses are the 1 % and 99.5 % quantiles of each level_time of signal; where the signal
 * does not have two levels (the distance of their means is less than 6 times the spread about them) the levels found before
 * stay, and before any are found there are no pulses.
 *
 * An edge that comes too soon is a bounce and is dropped. One that comes too late is counted as the second, third or
 * fourth, whichever agrees best with the speed and its slope. After 4.5 expected intervals, or 1 / (f_min ppr), the
 * machine stands still, unless it turns again within 1 / (f_min ppr), and speeds and slopes before and after make up an
 * integer of at most 16 intervals. It turns from the first edge that three intervals follow which agree within 30 %, and from
 * edges before it that agree with these.
 *
 * The speed at a pulse is the slope of the polynomial through it and pulses one and two revolutions from it. The speed at
 * sample p hop lies between those of the pulses about it; with one pulse per revolution its integral from pulse to pulse
 * is one revolution. Up to 1.5 intervals before the first pulse and after the last one, the speed stays; else it is 0.
 *
 * Samples may come in chunks of any size, with the same pulses and speeds. Samples that are not finite hold no edge.
 * Memory: level_time of samples, unless levels are given. T: float or double.
 */
template <class T>
class STFT_API tacho_pulses
{
public:
    /*!
     * \param s parameters \param first number of the first sample, >= 0 \param number of the first pulse
     * \throws std::invalid_argument as tacho_settings::check()
     */
    explicit tacho_pulses(const tacho_settings& s, std::int64_t first = 0, std::int64_t number = 0);
    ~tacho_pulses();
    //!@{
    //! Takes another one's state, which can only be destroyed or assigned to from then on.
    tacho_pulses(tacho_pulses&&) noexcept;
    tacho_pulses& operator=(tacho_pulses&&) noexcept;
    //!@}

    //! The next samples.
    void add(const T* samples, std::size_t count);

    //! No more samples.
    void finish();

    //! Pulses since the last call, oldest first.
    std::vector<tacho_pulse> take();

    //! Speeds that wait, Hz: of the samples whose numbers are multiples of the hop, one by one.
    std::size_t ready() const;

    //! Reads up to `room` speeds and returns their number.
    std::size_t read(float* speeds, std::size_t room);

    //! Pulses that have a number; missing ones are among them, those in standstills are not.
    std::int64_t count() const;
    //! Separation of the two levels in the last level_time, in spreads; 0 before any, and if levels are given.
    double separation() const;
    //! The parameters.
    const tacho_settings& design() const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

} // namespace gr::stft::kernel
#endif
