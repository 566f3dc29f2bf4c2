/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnuradio/stft/kernel/records/utc_time.h>
#include <boost/date_time/gregorian/gregorian_types.hpp>
#include <cmath>
#include <cstdio>

namespace gr::stft::kernel {

std::string iso8601(const utc_time& time)
{
    auto seconds = time.seconds;
    auto nanoseconds = std::llround(time.fraction * 1e9);
    if (nanoseconds >= 1000000000) {
        nanoseconds -= 1000000000;
        ++seconds;
    }
    constexpr std::int64_t day = 86400;
    auto days = seconds / day;
    auto of_day = seconds % day;
    if (of_day < 0) {
        of_day += day;
        --days;
    }
    constexpr std::int64_t earliest = -207000, latest = 2932896; // 1403-04-02 .. 9999-12-31
    if (days < earliest || days > latest)
        return "";
    const auto date = boost::gregorian::date(1970, 1, 1) + boost::gregorian::days(days);
    char text[40];
    std::snprintf(text,
                  sizeof text,
                  "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ",
                  static_cast<int>(date.year()),
                  static_cast<int>(date.month()),
                  static_cast<int>(date.day()),
                  static_cast<int>(of_day / 3600),
                  static_cast<int>(of_day / 60 % 60),
                  static_cast<int>(of_day % 60),
                  static_cast<int>(nanoseconds));
    return text;
}

std::optional<utc_time> time_from_iso8601(const std::string& text)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, nanoseconds = 0, end = 0;
    if (std::sscanf(text.c_str(),
                    "%4d-%2d-%2dT%2d:%2d:%2d.%9dZ%n",
                    &year,
                    &month,
                    &day,
                    &hour,
                    &minute,
                    &second,
                    &nanoseconds,
                    &end) != 7 ||
        static_cast<std::size_t>(end) != text.size())
        return {};
    try {
        const auto days = boost::gregorian::date(static_cast<unsigned short>(year),
                                                 static_cast<unsigned short>(month),
                                                 static_cast<unsigned short>(day)) -
                          boost::gregorian::date(1970, 1, 1);
        const utc_time read{ std::int64_t(days.days()) * 86400 + hour * 3600 + minute * 60 + second,
                             nanoseconds / 1e9 };
        // sscanf() takes signs, blanks, fewer digits and a 61st minute, too
        if (nanoseconds >= 0 && iso8601(read) == text)
            return read;
        return {};
    } catch (const std::out_of_range&) { // there is no such day
        return {};
    }
}

} // namespace gr::stft::kernel
