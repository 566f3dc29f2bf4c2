/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/names.h"
#include <gnuradio/stft/kernel/machine/level_event.h>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr name_table kinds{ named_value{ "raise", level_event_kind::raise },
                            named_value{ "zone", level_event_kind::zone },
                            named_value{ "clear", level_event_kind::clear },
                            named_value{ "no data", level_event_kind::no_data },
                            named_value{ "data", level_event_kind::data },
                            named_value{ "learned", level_event_kind::learned },
                            named_value{ "not learned", level_event_kind::not_learned } };

event_value real(double value) { return std::isfinite(value) ? event_value(value) : event_value(); }

event_value text(const std::string& value)
{
    return value.empty() ? event_value() : event_value(value);
}

} // namespace

const char* name_of(level_event_kind kind) { return kinds.name_of(kind); }

std::vector<std::pair<const char*, event_value>> values_of(const level_event& e,
                                                           const level_context& context)
{
    event_context clock;
    clock.samp_rate = context.rate;
    clock.time = context.time;
    clock.time_sample = context.time_row;
    const auto time_text = [&clock](std::uint64_t row) {
        const auto time = time_of(static_cast<std::int64_t>(row), clock);
        return time ? text(iso8601(*time)) : event_value();
    };
    const bool has_limit = std::isfinite(e.limit), has_peak = std::isfinite(e.peak);
    return {
        { "kind", text(name_of(e.kind)) },
        { "level", static_cast<std::uint64_t>(e.level) },
        { "name", e.level < context.names.size() ? text(context.names[e.level]) : event_value() },
        { "zone", static_cast<std::uint64_t>(e.zone) },
        { "zone_before", static_cast<std::uint64_t>(e.zone_before) },
        { "time", time_text(e.row) },
        { "row", e.row },
        { "start", e.start },
        { "duration", real(static_cast<double>(e.rows) / context.rate) },
        { "value", real(e.value) },
        { "limit", real(e.limit) },
        { "excess_row", has_limit ? event_value(e.excess_row) : event_value() },
        { "excess_time", has_limit ? time_text(e.excess_row) : event_value() },
        { "measured", real(e.measured) },
        { "expected", real(e.expected) },
        { "peak", real(e.peak) },
        { "peak_row", has_peak ? event_value(e.peak_row) : event_value() },
        { "speed", real(e.speed) },
        { "nearly", e.nearly },
        { "source", text(context.source) },
    };
}

std::vector<std::string> names_in(const std::string& text, const char* parameter)
{
    std::vector<std::string> names;
    std::istringstream list(text);
    for (std::string name; std::getline(list, name, ',');) {
        const auto first = name.find_first_not_of(' '), last = name.find_last_not_of(' ');
        if (first == std::string::npos)
            refuse(parameter, "'" + text + "'", "must be names separated by commas");
        names.push_back(name.substr(first, last - first + 1));
    }
    if (!text.empty() && text.back() == ',')
        refuse(parameter, "'" + text + "'", "must be names separated by commas");
    return names;
}

} // namespace gr::stft::kernel
