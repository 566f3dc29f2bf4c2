/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MACHINE_LEVEL_EVENT_H
#define INCLUDED_STFT_KERNEL_MACHINE_LEVEL_EVENT_H

#include <gnuradio/stft/kernel/records/event_text.h>
#include <limits>

namespace gr::stft::kernel {

//! Kind of an event: a level's alarm is raised, changes its zone or is cleared; its values are missing or come again; a
//! baseline has been learned, or has none at the present speed.
enum class level_event_kind { raise, zone, clear, no_data, data, learned, not_learned };

//! "raise", "zone", "clear", "no data", "data", "learned" or "not learned"
STFT_API const char* name_of(level_event_kind kind);

//! One change of a level's state. Rows are counted from the first one of the monitor, over restarts.
struct STFT_API level_event {
    level_event_kind kind = level_event_kind::raise; //!< the change
    std::size_t level = 0;                           //!< number of the level, from 0
    std::size_t zone = 0;        //!< zone from now on: limits that are exceeded; 0: none
    std::size_t zone_before = 0; //!< zone until now
    std::uint64_t row = 0;       //!< row that brought the change
    std::uint64_t start = 0;     //!< first row of what the event is about
    std::uint64_t rows = 0;      //!< rows of it, so far
    double value = std::numeric_limits<double>::quiet_NaN(); //!< the level in this row
    //! Limit of the higher one of both zones.
    double limit = std::numeric_limits<double>::quiet_NaN();
    //! First row of the excess over this limit, if there is a limit.
    std::uint64_t excess_row = 0;
    //! Level whose deviation from `expected` the value is; dB, of a baseline.
    double measured = std::numeric_limits<double>::quiet_NaN();
    //! Level of the healthy machine at this speed; dB, of a baseline.
    double expected = std::numeric_limits<double>::quiet_NaN();
    double peak = std::numeric_limits<double>::quiet_NaN(); //!< largest level since the start
    std::uint64_t peak_row = 0;                             //!< row of the peak
    //! Speed at the peak, or of a baseline; Hz.
    double speed = std::numeric_limits<double>::quiet_NaN();
    //! Times at which the lowest limit was exceeded, and not for long enough.
    std::uint64_t nearly = 0;
};

//! Facts that an event does not hold itself.
struct STFT_API level_context {
    double rate = 1;                //!< rows per second
    std::vector<std::string> names; //!< names of the levels; a level beyond them has none
    std::optional<utc_time> time = std::nullopt; //!< time of the row `time_row`; none: unknown
    std::int64_t time_row = 0;                   //!< a row whose time is known
    std::string source;                          //!< origin of the levels
};

/*!
 * \brief All values of an event, in this order: kind, level, name, zone, zone_before, time (ISO 8601, of the row of the
 * change), row, start, duration (s, from the start on), value, limit, excess_row, excess_time (ISO 8601, of that row), measured,
 * expected, peak, peak_row, speed, nearly, source.
 */
STFT_API std::vector<std::pair<const char*, event_value>> values_of(const level_event& e,
                                                                    const level_context& context);

//! Names as users write them: "axial,radial". \throws std::invalid_argument naming the parameter if one is empty
STFT_API std::vector<std::string> names_in(const std::string& text,
                                           const char* parameter = "names");

} // namespace gr::stft::kernel
#endif
