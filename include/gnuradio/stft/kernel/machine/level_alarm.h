/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MACHINE_LEVEL_ALARM_H
#define INCLUDED_STFT_KERNEL_MACHINE_LEVEL_ALARM_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/machine/level_event.h>
#include <gnuradio/stft/kernel/records/monitor_state.h>
#include <optional>
#include <vector>

namespace gr::stft::kernel {

//! Parameters of level_alarm.
struct STFT_API level_alarm_settings {
    std::size_t levels = 1; //!< levels of a row, >= 1
    //! Upper ends of the zones, rising, > 0: the same for all levels, or those of level 0, 1 ..
    std::vector<double> limits;
    std::size_t zones = 0;   //!< limits of one level; 0: all that are given
    double hysteresis = 0.1; //!< an alarm falls below limit (1 - hysteresis), 0 <= hysteresis < 1
    double t_on = 10;        //!< s above the limit until an alarm is raised
    double t_off = 60; //!< s below it until it is cleared, and without data until that is reported
    double rate = 1;   //!< rows per second

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! zones with its default filled in.
    std::size_t zone_count() const { return zones ? zones : limits.size(); }
};

//! Parameters of level_alarm_settings.
template <>
inline constexpr auto fields<level_alarm_settings> =
    std::tuple(field("levels", &level_alarm_settings::levels).required(),
               field("limits", &level_alarm_settings::limits).required(),
               field("hysteresis", &level_alarm_settings::hysteresis),
               field("t_on", &level_alarm_settings::t_on),
               field("t_off", &level_alarm_settings::t_off),
               field("rate", &level_alarm_settings::rate),
               field("zones", &level_alarm_settings::zones).automatic());

//! Rows of a duration in seconds, rounded up, one at least.
STFT_API std::uint64_t rows_of(double seconds, double rate);

/*!
 * \brief Alarms that do not chatter: hysteresis, and hold times in both directions.
 *
 * Each limit of each level is a machine of four states:
 *
 *     clear     v > limit: rising
 *     rising    v > limit for t_on: raised; else clear again, counted as `nearly`
 *     raised    v < limit (1 - hysteresis): falling
 *     falling   v < limit (1 - hysteresis) for t_off: clear; else raised again
 *
 * A level's zone is the number of its limits that are raised or falling, and one event tells each change of it. A duration is
 * held when as many rows have come as last that long, the first one included.
 *
 * A level that is not finite, or exactly 0 (a sensor that is dead), or comes without a speed where there is one, moves nothing. When
 * that has lasted for t_off, an event tells "no data", and another one when data come again.
 *
 * t_on must exceed the time in which the level itself fluctuates.
 */
class STFT_API level_alarm
{
public:
    //! \throws std::invalid_argument as level_alarm_settings::check()
    explicit level_alarm(const level_alarm_settings& s);

    //!@{
    /*!
     * \brief The next row.
     * \param levels as many as the settings say
     * \param speed Hz, reported with the peak; if it is given and not finite, the row has no data
     * \param needs_speed false: a speed is only reported, and a row without one has data, too
     */
    void
    add(const float* levels, std::optional<double> speed = std::nullopt, bool needs_speed = true);
    void
    add(const double* levels, std::optional<double> speed = std::nullopt, bool needs_speed = true);
    //!@}

    //! Rows were lost: they count as rows without data.
    void skip(std::uint64_t rows);

    //! Events since the last call, oldest first.
    std::vector<level_event> take();
    //! True if events wait.
    bool waiting() const { return !d_events.empty(); }

    //! Zone of a level: 0 unless an alarm is raised.
    std::size_t zone(std::size_t level) const;
    //! True if any level has an alarm.
    bool raised() const;
    //! Times at which a level exceeded its lowest limit, and not for t_on.
    std::uint64_t nearly(std::size_t level) const { return d_levels[level].nearly; }
    //! Rows so far, those before a restart included.
    std::uint64_t rows() const { return d_rows; }
    //! The parameters in force.
    const level_alarm_settings& design() const { return d_settings; }

    /*!
     * \brief Other limits, hysteresis, times or rate, from the next row on; the machines stay in their states.
     * \throws std::invalid_argument as check(), or if the number of levels or zones differs
     */
    void change(const level_alarm_settings& s);

    //! All machines are clear, without an event.
    void reset();

    //! Arrays from which restore() goes on.
    state_section state() const;
    /*!
     * \brief Goes on from a state: alarms that were raised are, and are not raised again.
     * \param state of another level_alarm
     * \param may_differ parameters that may have other values: hysteresis, limits, t_on, t_off, rate
     * \throws std::invalid_argument naming parameters that differ, or what is missing
     */
    void restore(const state_section& state, const std::vector<std::string>& may_differ = {});

private:
    enum class phase : std::uint8_t { clear, rising, raised, falling };
    struct machine {
        phase now = phase::clear;
        std::uint64_t count = 0; // rows of rising or falling
        std::uint64_t start = 0; // row in which rising began
        std::uint64_t fall = 0;  // row in which falling began
        bool on() const { return now == phase::raised || now == phase::falling; }
    };
    struct level_record {
        double peak = 0, speed = 0;
        std::uint64_t peak_row = 0, nearly = 0, missing = 0;
        bool silent = false; // "no data" is reported
    };

    template <class R>
    void add_row(const R* levels, std::optional<double> speed, bool needs_speed);
    void miss(std::size_t level, std::uint64_t rows);
    void follow(std::size_t level, double value, double speed);
    bool step(machine& m, double value, double limit);
    double limit(std::size_t level, std::size_t zone) const;
    void derive();

    level_alarm_settings d_settings;
    std::size_t d_zones;
    std::uint64_t d_on = 1, d_off = 1; // rows
    std::uint64_t d_rows = 0;
    std::vector<machine> d_machines; // [level][zone]
    std::vector<level_record> d_levels;
    std::vector<level_event> d_events;
};

} // namespace gr::stft::kernel
#endif
