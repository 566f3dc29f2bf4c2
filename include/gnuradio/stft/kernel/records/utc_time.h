/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_RECORDS_UTC_TIME_H
#define INCLUDED_STFT_KERNEL_RECORDS_UTC_TIME_H

#include <gnuradio/stft/api.h>
#include <cstdint>
#include <optional>
#include <string>

namespace gr::stft::kernel {

//! A time in UTC, as GNU Radio's rx_time has it.
struct STFT_API utc_time {
    std::int64_t seconds = 0; //!< whole seconds since 1970-01-01
    double fraction = 0;      //!< part of a second, 0 <= fraction < 1
};

//! "2026-11-29T03:15:00.123456789Z", to the nanosecond. For the years 1404 .. 9999; others are "".
STFT_API std::string iso8601(const utc_time& time);

//! The time that iso8601() has written; nothing for other text.
STFT_API std::optional<utc_time> time_from_iso8601(const std::string& text);

} // namespace gr::stft::kernel
#endif
