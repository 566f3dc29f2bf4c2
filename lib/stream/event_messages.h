/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_EVENT_MESSAGES_H
#define INCLUDED_STFT_LIB_STREAM_EVENT_MESSAGES_H

#include <gnuradio/stft/kernel/records/event_text.h>
#include <pmt/pmt.h>
#include <map>
#include <string>
#include <utility>

namespace gr::stft {

extern const pmt::pmt_t events_port; //!< "events"

//! A value of a message; nil if it is unknown.
pmt::pmt_t message_value(const kernel::event_value& value);

//! A report as a dict with the keys of kernel::values_of(); nil for what is unknown.
pmt::pmt_t event_message(const kernel::event& e, const kernel::event_context& context);

//! Values as a dict; nil for what is unknown.
pmt::pmt_t dict_of(const std::vector<std::pair<const char*, kernel::event_value>>& values);

//! The values of a dict by their keys. \throws std::invalid_argument unless all keys are names, all values numbers, names,
//! booleans (as integers) or nil, and there is one at least
std::map<std::string, kernel::event_value> values_in(const pmt::pmt_t& message);

//! A report, from a message of event_message(). \throws std::invalid_argument for what is none
std::pair<kernel::event, kernel::event_context> report_in(const pmt::pmt_t& message);

//! An rx_time: full seconds, below 10^17, and a fraction. Nothing if it is none.
std::optional<kernel::utc_time> time_in(const pmt::pmt_t& rx_time);

//! Seconds from one time to another.
double seconds_between(const kernel::utc_time& from, const kernel::utc_time& to);

} // namespace gr::stft
#endif
