/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BASELINE_H
#define INCLUDED_STFT_BASELINE_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/machine/baseline.h>
#include <string>

namespace gr::stft {

//! Settings of baseline.
struct STFT_API baseline_block_settings : kernel::baseline_settings {
    std::string names;          //!< "axial,radial": names of the levels; a value of each message
    std::string source;         //!< origin of the levels; a value of each message
    std::string state;          //!< file in which the state survives; "": none
    double save_interval = 600; //!< s of rows from one writing of that file to the next, > 0

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

namespace kernel {
//! Parameters of baseline_block_settings.
template <>
inline constexpr auto fields<baseline_block_settings> =
    std::tuple(field("levels", &baseline_settings::levels).required(),
               field("f_min", &baseline_settings::f_min),
               field("f_max", &baseline_settings::f_max),
               field("speed_bins", &baseline_settings::speed_bins),
               field("learn_time", &baseline_settings::learn_time).changeable(),
               field("rate", &baseline_settings::rate),
               field("floor", &baseline_settings::floor).changeable(),
               field("least_count", &baseline_settings::least_count),
               field("max_rate", &baseline_settings::max_rate),
               field("threshold", &baseline_settings::threshold).changeable(),
               field("t_on", &baseline_settings::t_on).changeable(),
               field("t_off", &baseline_settings::t_off).changeable(),
               field("names", &baseline_block_settings::names),
               field("source", &baseline_block_settings::source),
               field("state", &baseline_block_settings::state),
               field("save_interval", &baseline_block_settings::save_interval));
} // namespace kernel

/*!
 * \brief Deviations of levels from those of the healthy machine at the same speed, and a message when they last.
 *
 * Input 0: a vector of `levels` floats in dB. Input 1, which may be left out where f_min and f_max are 0: the speed in Hz of each
 * vector; NaN where it is unknown. Input 2, which may be left out: the zones of level_alarm; while one of them is not 0, nothing is
 * learned. Output: z of each level, NaN without a verdict. kernel::baseline says how it is learned.
 *
 * Message port "events": a dict for each change, with the keys of kernel::values_of(); kind is "learned", "not learned", "raise" or
 * "clear", the last two of z, with the level and the expected one in dB as `measured` and `expected`.
 *
 * Tags: rx_rate overrides rate, rx_time gives the time of events; they pass through. Where rx_time jumps forward by more than half
 * a row, the rows between count as rows without data. Message port "cmd": a dict (or pair) of
 * learn_time, floor, threshold, t_on, t_off, hold (a boolean: nothing is learned), and of freeze, relearn and save (any value).
 *
 * The file of `state` is that of level_alarm.
 */
class STFT_API baseline : public changeable<baseline_block_settings>
{
public:
    using sptr = std::shared_ptr<baseline>; //!< type that make() returns

    /*!
     * \param s levels at least
     * \throws std::invalid_argument naming the parameter, its value and the rule; for a file of state with other parameters, their names
     * \throws std::runtime_error if the file cannot be read
     */
    static sptr make(const baseline_block_settings& s);

    //!@{
    //! Sets a parameter, from the next row on. \throws as request()
    void set_learn_time(double learn_time) { this->request({ "learn_time", learn_time }); }
    void set_floor(double floor) { this->request({ "floor", floor }); }
    void set_threshold(double threshold) { this->request({ "threshold", threshold }); }
    void set_t_on(double t_on) { this->request({ "t_on", t_on }); }
    void set_t_off(double t_off) { this->request({ "t_off", t_off }); }
    //!@}

    //! Learning ends.
    virtual void freeze() = 0;
    //! Everything is forgotten and learned again.
    virtual void relearn() = 0;
    //! True once learning has ended.
    virtual bool frozen() const = 0;
    //! Rows that were learned.
    virtual std::int64_t learned() const = 0;
};

} // namespace gr::stft
#endif
