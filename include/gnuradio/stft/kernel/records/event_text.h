/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_RECORDS_EVENT_TEXT_H
#define INCLUDED_STFT_KERNEL_RECORDS_EVENT_TEXT_H

#include <gnuradio/stft/api.h>
#include <gnuradio/stft/kernel/records/event.h>
#include <gnuradio/stft/kernel/records/json_text.h>
#include <gnuradio/stft/kernel/records/utc_time.h>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gr::stft::kernel {

//! Facts that an event does not hold itself.
struct STFT_API event_context {
    double samp_rate = 1;                             //!< Hz
    std::optional<double> freq_center = std::nullopt; //!< Hz, of the rows' 0 Hz; none: unknown
    //! Time of the sample `time_sample`; none: unknown.
    std::optional<utc_time> time = std::nullopt;
    std::int64_t time_sample = 0; //!< a sample whose time is known
    std::string source;           //!< origin of the samples
    std::size_t n_fft = 0;        //!< DFT length of the rows
    std::size_t hop = 0;          //!< samples between rows

    //! Sets the time of a sample.
    void set_time(std::int64_t sample, const utc_time& known);

    //! Changes the rate from a sample on, whose time follows from the rate before.
    void change_rate(std::int64_t sample, double rate);
};

//! Time of a sample, if that of another one is known and they are not 4e18 seconds apart.
STFT_API std::optional<utc_time> time_of(std::int64_t sample, const event_context& context);

//! A value of a report: unknown, an integer, a real number that is finite, or text.
using event_value = std::variant<std::monostate, std::int64_t, std::uint64_t, double, std::string>;

//! A value as JSON has it; null if it is unknown.
STFT_API std::string json_value(const event_value& value);

//! All values of a report, with the keys of to_json() in their order, levels rounded to thousandths of a decibel.
STFT_API std::vector<std::pair<const char*, event_value>> values_of(const event& e,
                                                                    const event_context& context);

//! The report that has these values, by the keys of values_of(). \throws std::invalid_argument for what is none
STFT_API std::pair<event, event_context>
report_of(const std::map<std::string, event_value>& values);

/*!
 * \brief An event as one flat JSON object without a line end. All objects have the same keys, numbers are in SI units,
 * and what is unknown is null.
 *
 * kind, state, id, time, duration (s), sample_start, sample_count, samp_rate (Hz), freq_lower, freq_upper, freq_peak (Hz:
 * absolute if freq_center is known, else relative to the centre), freq_center (Hz), bandwidth (Hz), power_db, noise_db,
 * snr_db, energy_db, cells, rows, cut, source, n_fft, hop.
 */
STFT_API std::string to_json(const event& e, const event_context& context);

//! Values that a report has, and others after them, as such an object.
STFT_API std::string to_json(const std::map<std::string, event_value>& values);

} // namespace gr::stft::kernel
#endif
