/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "event_messages.h"
#include "kernel/refuse.h"
#include "stream_tags.h"
#include <gnuradio/stft/kernel/frames/framing.h>
#include <boost/date_time/gregorian/gregorian_types.hpp>
#include <cmath>
#include <cstdio>

namespace gr::stft {

namespace {

struct as_pmt {
    pmt::pmt_t operator()(std::monostate) const { return pmt::PMT_NIL; }
    pmt::pmt_t operator()(std::int64_t value) const { return pmt::from_long(value); }
    pmt::pmt_t operator()(std::uint64_t value) const { return pmt::from_uint64(value); }
    pmt::pmt_t operator()(double value) const { return pmt::from_double(value); }
    pmt::pmt_t operator()(const std::string& value) const { return pmt::mp(value); }
};

kernel::event_value value_in(const std::string& key, const pmt::pmt_t& value)
{
    if (pmt::is_null(value))
        return {};
    if (pmt::is_symbol(value))
        return pmt::symbol_to_string(value);
    if (pmt::is_bool(value))
        return std::int64_t(pmt::to_bool(value));
    if (pmt::is_uint64(value))
        return pmt::to_uint64(value);
    if (pmt::is_integer(value))
        return std::int64_t(pmt::to_long(value));
    if (const auto number = real_number(value))
        return std::isfinite(*number) ? kernel::event_value(*number) : kernel::event_value();
    kernel::refuse(key, pmt::write_string(value), "must be a number, a name or nil");
}

//! The values of a report, each checked.
class report_values
{
public:
    explicit report_values(const pmt::pmt_t& message) : d_values(values_in(message)) {}

    //! One of the first `count` values of Enum, by its name.
    template <class Enum>
    Enum choice(const std::string& key, int count) const
    {
        for (int i = 0; i < count; ++i)
            if (const auto each = static_cast<Enum>(i); text(key) == name_of(each))
                return each;
        kernel::refuse(key, text(key), "is none that a report has");
    }

    //! "" if it is unknown.
    std::string text(const std::string& key) const
    {
        const auto found = d_values.find(key);
        if (found == d_values.end() || std::holds_alternative<std::monostate>(found->second))
            return "";
        if (const auto value = std::get_if<std::string>(&found->second))
            return *value;
        kernel::refuse(key, kernel::json_value(found->second), "must be a name or nil");
    }

    //! An integer in -2^62 .. 2^62.
    std::int64_t integer(const std::string& key) const
    {
        constexpr auto most = kernel::farthest_start;
        const auto& value = needed(key);
        if (const auto whole = std::get_if<std::int64_t>(&value);
            whole && *whole >= -most && *whole <= most)
            return *whole;
        if (const auto whole = std::get_if<std::uint64_t>(&value);
            whole && *whole <= static_cast<std::uint64_t>(most))
            return static_cast<std::int64_t>(*whole);
        kernel::refuse(key, kernel::json_value(value), "must be an integer in -2^62 .. 2^62");
    }

    //! Nothing if it is unknown.
    std::optional<double> number(const std::string& key) const
    {
        const auto found = d_values.find(key);
        if (found == d_values.end() || std::holds_alternative<std::monostate>(found->second))
            return {};
        if (const auto value = std::get_if<double>(&found->second))
            return *value;
        return static_cast<double>(integer(key));
    }

private:
    const kernel::event_value& needed(const std::string& key) const
    {
        const auto found = d_values.find(key);
        if (found == d_values.end())
            kernel::refuse("event", "without " + key, "must be a report of detector_vxm");
        return found->second;
    }

    std::map<std::string, kernel::event_value> d_values;
};

//! The time that kernel::iso8601() has written; nothing for other text.
std::optional<kernel::utc_time> time_from(const std::string& text)
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
        return kernel::utc_time{ std::int64_t(days.days()) * 86400 + hour * 3600 + minute * 60 +
                                     second,
                                 nanoseconds / 1e9 };
    } catch (const std::out_of_range&) { // there is no such day
        return {};
    }
}

} // namespace

const pmt::pmt_t events_port = pmt::mp("events");

pmt::pmt_t event_message(const kernel::event& e, const kernel::event_context& context)
{
    return dict_of(kernel::values_of(e, context));
}

pmt::pmt_t dict_of(const std::vector<std::pair<const char*, kernel::event_value>>& values)
{
    auto dict = pmt::make_dict();
    for (const auto& [key, value] : values)
        dict = pmt::dict_add(dict, pmt::mp(key), std::visit(as_pmt(), value));
    return dict;
}

std::map<std::string, kernel::event_value> values_in(const pmt::pmt_t& message)
{
    std::map<std::string, kernel::event_value> values;
    auto rest = message;
    for (; pmt::is_pair(rest) && pmt::is_pair(pmt::car(rest)); rest = pmt::cdr(rest)) {
        const auto key = pmt::caar(rest);
        if (!pmt::is_symbol(key))
            kernel::refuse("event", pmt::write_string(key), "must be a name");
        const auto name = pmt::symbol_to_string(key);
        values.emplace(name, value_in(name, pmt::cdar(rest)));
    }
    if (values.empty() || !pmt::is_null(rest))
        kernel::refuse("event", pmt::write_string(message), "must be a dict of names and values");
    return values;
}

std::string json_of(const std::map<std::string, kernel::event_value>& values)
{
    static const auto usual = kernel::values_of({}, {});
    std::string text = "{";
    const auto add = [&](const std::string& key, const kernel::event_value& value) {
        text += (text.size() > 1 ? "," : "") + kernel::json_string(key) + ":" +
                kernel::json_value(value);
    };
    auto others = values;
    for (const auto& [key, unused] : usual)
        if (const auto found = others.find(key); found != others.end()) {
            add(key, found->second);
            others.erase(found);
        }
    for (const auto& [key, value] : others)
        add(key, value);
    return text + "}";
}

std::pair<kernel::event, kernel::event_context> report_in(const pmt::pmt_t& message)
{
    const report_values values(message);
    kernel::event e;
    e.kind = values.choice<kernel::event_kind>("kind", 5);
    e.state = values.choice<kernel::event_state>("state", 3);
    e.cut = values.text("cut").empty() ? kernel::event_cut::none
                                       : values.choice<kernel::event_cut>("cut", 5);
    e.id = static_cast<std::uint64_t>(values.integer("id"));
    e.sample_start = values.integer("sample_start");
    e.sample_count = values.integer("sample_count");
    kernel::event_context context;
    context.samp_rate = values.number("samp_rate").value_or(1);
    if (!(context.samp_rate > 0))
        kernel::refuse("samp_rate", context.samp_rate, "must be positive");
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

std::optional<kernel::utc_time> time_in(const pmt::pmt_t& rx_time)
{
    constexpr std::uint64_t most = 100000000000000000;
    if (!pmt::is_tuple(rx_time) || pmt::length(rx_time) < 2)
        return {};
    const auto full = pmt::tuple_ref(rx_time, 0), fraction = pmt::tuple_ref(rx_time, 1);
    if (!pmt::is_uint64(full) || !pmt::is_real(fraction) || pmt::to_uint64(full) > most)
        return {};
    const auto part = pmt::to_double(fraction), whole = std::floor(part);
    if (!(std::abs(part) < 1e9))
        return {};
    return kernel::utc_time{ static_cast<std::int64_t>(pmt::to_uint64(full)) +
                                 static_cast<std::int64_t>(whole),
                             part - whole };
}

double seconds_between(const kernel::utc_time& from, const kernel::utc_time& to)
{
    return static_cast<double>(to.seconds - from.seconds) + (to.fraction - from.fraction);
}

} // namespace gr::stft
