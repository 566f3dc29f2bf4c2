/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/framing.h>
#include <gnuradio/stft/kernel/monitor/event_text.h>
#include <boost/date_time/gregorian/gregorian_types.hpp>
#include <cmath>
#include <cstdio>

namespace gr::stft::kernel {

namespace {

//! The values of a report, each checked.
class report_values
{
public:
    explicit report_values(const std::map<std::string, event_value>& values) : d_values(values) {}

    //! One of the first `count` values of Enum, by its name.
    template <class Enum>
    Enum choice(const std::string& key, int count) const
    {
        for (int i = 0; i < count; ++i)
            if (const auto each = static_cast<Enum>(i); text(key) == name_of(each))
                return each;
        refuse(key, text(key), "is none that a report has");
    }

    //! "" if it is unknown.
    std::string text(const std::string& key) const
    {
        const auto found = d_values.find(key);
        if (found == d_values.end() || std::holds_alternative<std::monostate>(found->second))
            return "";
        if (const auto value = std::get_if<std::string>(&found->second))
            return *value;
        refuse(key, json_value(found->second), "must be a name or nil");
    }

    //! An integer in -2^62 .. 2^62.
    std::int64_t integer(const std::string& key) const
    {
        constexpr auto most = farthest_start;
        const auto& value = needed(key);
        if (const auto whole = std::get_if<std::int64_t>(&value);
            whole && *whole >= -most && *whole <= most)
            return *whole;
        if (const auto whole = std::get_if<std::uint64_t>(&value);
            whole && *whole <= static_cast<std::uint64_t>(most))
            return static_cast<std::int64_t>(*whole);
        refuse(key, json_value(value), "must be an integer in -2^62 .. 2^62");
    }

    //! Nothing if it is unknown.
    std::optional<double> number(const std::string& key) const
    {
        const auto found = d_values.find(key);
        if (found == d_values.end() || std::holds_alternative<std::monostate>(found->second))
            return {};
        if (const auto value = std::get_if<double>(&found->second))
            return *value;
        if (const auto text = std::get_if<std::string>(&found->second))
            refuse(key, json_string(*text), "must be a number or nil");
        return static_cast<double>(integer(key));
    }

private:
    const event_value& needed(const std::string& key) const
    {
        const auto found = d_values.find(key);
        if (found == d_values.end())
            refuse("event", "without " + key, "must be a report of detector_vxm");
        return found->second;
    }

    const std::map<std::string, event_value>& d_values;
};

//! The time that iso8601() has written; nothing for other text.
std::optional<utc_time> time_from(const std::string& text)
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
        return utc_time{ std::int64_t(days.days()) * 86400 + hour * 3600 + minute * 60 + second,
                         nanoseconds / 1e9 };
    } catch (const std::out_of_range&) { // there is no such day
        return {};
    }
}

} // namespace

std::pair<event, event_context> report_of(const std::map<std::string, event_value>& given)
{
    const report_values values(given);
    event e;
    e.kind = values.choice<event_kind>("kind", 5);
    e.state = values.choice<event_state>("state", 3);
    e.cut = values.text("cut").empty() ? event_cut::none : values.choice<event_cut>("cut", 5);
    e.id = static_cast<std::uint64_t>(values.integer("id"));
    e.sample_start = values.integer("sample_start");
    e.sample_count = values.integer("sample_count");
    event_context context;
    context.samp_rate = values.number("samp_rate").value_or(1);
    if (!(context.samp_rate > 0))
        refuse("samp_rate", context.samp_rate, "must be positive");
    context.freq_center = values.number("freq_center");
    context.time = time_from(values.text("time"));
    context.time_sample = e.sample_start;
    context.source = values.text("source");
    const auto centre = context.freq_center.value_or(0);
    e.freq_lower = values.number("freq_lower").value_or(NAN) - centre;
    e.freq_upper = values.number("freq_upper").value_or(NAN) - centre;
    e.freq_peak = values.number("freq_peak").value_or(NAN) - centre;
    e.power_db = values.number("power_db").value_or(NAN);
    e.noise_db = values.number("noise_db").value_or(NAN);
    e.snr_db = values.number("snr_db").value_or(NAN);
    e.energy_db = values.number("energy_db").value_or(NAN);
    return { e, context };
}

} // namespace gr::stft::kernel
