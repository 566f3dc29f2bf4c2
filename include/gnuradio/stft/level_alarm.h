/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LEVEL_ALARM_H
#define INCLUDED_STFT_LEVEL_ALARM_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/machine/level_alarm.h>
#include <string>

namespace gr::stft {

//! Settings of level_alarm.
struct STFT_API level_alarm_block_settings : kernel::level_alarm_settings {
    std::string names;          //!< "axial,radial": names of the levels; a value of each message
    std::string source;         //!< origin of the levels; a value of each message
    std::string state;          //!< file in which the state survives; "": none
    double save_interval = 600; //!< s of rows from one writing of that file to the next, > 0
    //! False: the speed is only reported, and a row has data without one, too: levels of bands.
    bool needs_speed = true;

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

namespace kernel {
//! Parameters of level_alarm_block_settings.
template <>
inline constexpr auto fields<level_alarm_block_settings> =
    std::tuple(field("levels", &level_alarm_settings::levels).required(),
               field("limits", &level_alarm_settings::limits).required().changeable(),
               field("hysteresis", &level_alarm_settings::hysteresis).changeable(),
               field("t_on", &level_alarm_settings::t_on).changeable(),
               field("t_off", &level_alarm_settings::t_off).changeable(),
               field("rate", &level_alarm_settings::rate),
               field("zones", &level_alarm_settings::zones).automatic(),
               field("names", &level_alarm_block_settings::names),
               field("source", &level_alarm_block_settings::source),
               field("state", &level_alarm_block_settings::state),
               field("save_interval", &level_alarm_block_settings::save_interval),
               field("needs_speed", &level_alarm_block_settings::needs_speed));
} // namespace kernel

/*!
 * \brief Alarms of levels, with hysteresis and hold times: a message for each change.
 *
 * Input 0: a vector of `levels` floats, positive and not in decibels, such as band_power_vff gives. Input 1, which may be left out:
 * the speed in Hz of each vector, which messages give at the peak. One that is not finite says that the vector has no data, as
 * levels of orders have none without a speed, or, with needs_speed false, nothing: levels of bands are as they are at any speed.
 * Output: the zone of each level, 0 without an alarm. kernel::level_alarm says when it changes.
 *
 * Message port "events": a dict for each change, with the keys and units of kernel::values_of(): kind ("raise", "zone", "clear",
 * "no data", "data"), level, name, zone, zone_before, time, row, start, duration, value, limit, excess_row, excess_time, peak,
 * peak_row, speed, nearly, source; measured and expected are nil.
 *
 * Tags: rx_rate overrides rate, rx_time gives the time of events; they pass through. Where rx_time jumps forward by more than half
 * a row, the rows between count as rows without data. Message port "cmd": a dict (or pair) of
 * limits, hysteresis, t_on, t_off, reset (any value; clears all alarms without a message) and save (any value; writes the file).
 *
 * The file of `state` is written after every save_interval of rows and when the flowgraph stops, under a name with .part at its
 * end, and then takes the place of the one before. When the flowgraph starts, the block goes on from it: an alarm that was raised is
 * not raised again. It may be the file of several blocks, of several processes too, that differ in kind or source. One that cannot be written later on is logged.
 */
class STFT_API level_alarm : public changeable<level_alarm_block_settings>
{
public:
    using sptr = std::shared_ptr<level_alarm>; //!< type that make() returns

    /*!
     * \param s levels and limits at least
     * \throws std::invalid_argument naming the parameter, its value and the rule; for a file of state with other parameters, their names
     * \throws std::runtime_error if the file cannot be read
     */
    static sptr make(const level_alarm_block_settings& s);

    //!@{
    //! Sets a parameter, from the next row on. \throws as request()
    void set_limits(const std::vector<double>& limits) { this->request({ "limits", limits }); }
    void set_hysteresis(double hysteresis) { this->request({ "hysteresis", hysteresis }); }
    void set_t_on(double t_on) { this->request({ "t_on", t_on }); }
    void set_t_off(double t_off) { this->request({ "t_off", t_off }); }
    //!@}

    //! Clears all alarms without a message.
    virtual void reset() = 0;

    //! Zone of a level, 0 without an alarm. \throws std::invalid_argument unless level < levels
    virtual std::int64_t zone(std::int64_t level) const = 0;

    //! Times at which a level exceeded its lowest limit, and not for t_on. \throws std::invalid_argument unless level < levels
    virtual std::int64_t nearly(std::int64_t level) const = 0;
};

} // namespace gr::stft
#endif
