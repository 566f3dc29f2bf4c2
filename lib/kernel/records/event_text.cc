/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/names.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/framing.h>
#include <gnuradio/stft/kernel/records/event_text.h>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr name_table names_of_kind{ named_value{ "burst", event_kind::burst },
                                    named_value{ "carrier", event_kind::carrier },
                                    named_value{ "step", event_kind::step },
                                    named_value{ "gap", event_kind::gap },
                                    named_value{ "retune", event_kind::retune } };
constexpr name_table names_of_state{ named_value{ "begin", event_state::begin },
                                     named_value{ "update", event_state::update },
                                     named_value{ "end", event_state::end } };
constexpr name_table names_of_cut{ named_value{ "none", event_cut::none },
                                   named_value{ "retune", event_cut::retune },
                                   named_value{ "gap", event_cut::gap },
                                   named_value{ "stop", event_cut::stop },
                                   named_value{ "withdrawn", event_cut::withdrawn } };

//! The values of a report, each checked.
class report_values
{
public:
    explicit report_values(const std::map<std::string, event_value>& values) : d_values(values) {}

    //! A value of an enumeration, by its name.
    template <class Table>
    auto choice(const char* key, const Table& names) const
    {
        return names.value_of(key, text(key));
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
        return integer(key, -farthest_start, "must be an integer in -2^62 .. 2^62");
    }

    //! An integer in 0 .. 2^62.
    std::int64_t count(const std::string& key) const
    {
        return integer(key, 0, "must be an integer in 0 .. 2^62");
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
    std::int64_t integer(const std::string& key, std::int64_t least, const char* rule) const
    {
        const auto& value = needed(key);
        if (const auto whole = std::get_if<std::int64_t>(&value);
            whole && *whole >= least && *whole <= farthest_start)
            return *whole;
        if (const auto whole = std::get_if<std::uint64_t>(&value);
            whole && *whole <= static_cast<std::uint64_t>(farthest_start))
            return static_cast<std::int64_t>(*whole);
        refuse(key, json_value(value), rule);
    }

    const event_value& needed(const std::string& key) const
    {
        const auto found = d_values.find(key);
        if (found == d_values.end())
            refuse("event", "without " + key, "must be a report of detector_vxm");
        return found->second;
    }

    const std::map<std::string, event_value>& d_values;
};

} // namespace

const char* name_of(event_kind kind) { return names_of_kind.name_of(kind); }
const char* name_of(event_state state) { return names_of_state.name_of(state); }
const char* name_of(event_cut cut) { return names_of_cut.name_of(cut); }

void event_context::set_time(std::int64_t sample, const utc_time& known)
{
    time = known;
    time_sample = sample;
}

void event_context::change_rate(std::int64_t sample, double rate)
{
    if (const auto known = time_of(sample, *this))
        set_time(sample, *known);
    samp_rate = rate;
}

std::optional<utc_time> time_of(std::int64_t sample, const event_context& context)
{
    if (!context.time)
        return std::nullopt;
    // whole seconds and the rest apart, since a double holds no nanoseconds of this century
    const auto samples = static_cast<double>(static_cast<__int128>(sample) - context.time_sample);
    const auto whole = std::floor(samples / context.samp_rate);
    const auto rest =
        context.time->fraction + (samples - whole * context.samp_rate) / context.samp_rate;
    const auto carry = std::floor(rest);
    constexpr double most = 4e18; // seconds: two of them fit into 64 bits
    const auto passed = std::abs(whole) + std::abs(carry);
    if (!(passed < most && std::abs(static_cast<double>(context.time->seconds)) < most))
        return std::nullopt;
    return utc_time{ context.time->seconds + static_cast<std::int64_t>(whole) +
                         static_cast<std::int64_t>(carry),
                     rest - carry };
}

std::string json_value(const event_value& value)
{
    struct {
        std::string operator()(std::monostate) const { return "null"; }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(std::uint64_t number) const { return std::to_string(number); }
        std::string operator()(double number) const { return json_number(number); }
        std::string operator()(const std::string& text) const { return json_string(text); }
    } write;
    return std::visit(write, value);
}

std::vector<std::pair<const char*, event_value>> values_of(const event& e,
                                                           const event_context& context)
{
    const auto text = [](const std::string& value) {
        return value.empty() ? event_value() : event_value(value);
    };
    const auto real = [](double value) {
        return std::isfinite(value) ? event_value(value == 0 ? 0.0 : value) : event_value();
    };
    const auto decibels = [&](double value) { return real(std::round(value * 1000) / 1000); };
    const auto hertz = [&](double value) { // without a rate, frequencies are fractions of 1
        return context.samp_rate >= 1000 ? real(std::round(value * 1000) / 1000) : real(value);
    };
    // of samples that were lost, another frequency or another level, nothing more is measured
    const bool measured = e.kind == event_kind::burst || e.kind == event_kind::carrier;
    const auto power = [&](double value) { return measured ? decibels(value) : event_value(); };
    const auto centre = context.freq_center.value_or(0);
    const auto time = time_of(e.sample_start, context);
    return {
        { "kind", text(name_of(e.kind)) },
        { "state", text(name_of(e.state)) },
        { "id", e.id },
        { "time", time ? text(iso8601(*time)) : event_value() },
        { "duration", real(static_cast<double>(e.sample_count) / context.samp_rate) },
        { "sample_start", e.sample_start },
        { "sample_count", e.sample_count },
        { "samp_rate", real(context.samp_rate) },
        { "freq_lower", hertz(centre + e.freq_lower) },
        { "freq_upper", hertz(centre + e.freq_upper) },
        { "freq_peak", hertz(centre + e.freq_peak) },
        { "freq_center", context.freq_center ? real(*context.freq_center) : event_value() },
        { "bandwidth", hertz(e.freq_upper - e.freq_lower) },
        { "power_db", power(e.power_db) },
        { "noise_db", power(e.noise_db) },
        { "snr_db", e.kind == event_kind::step ? decibels(e.snr_db) : power(e.snr_db) },
        { "energy_db", power(e.energy_db) },
        { "cells", e.cells },
        { "rows", e.rows },
        { "cut", e.cut == event_cut::none ? event_value() : text(name_of(e.cut)) },
        { "source", text(context.source) },
        { "n_fft", static_cast<std::uint64_t>(context.n_fft) },
        { "hop", static_cast<std::uint64_t>(context.hop) },
    };
}

std::pair<event, event_context> report_of(const std::map<std::string, event_value>& given)
{
    const report_values values(given);
    event e;
    e.kind = values.choice("kind", names_of_kind);
    e.state = values.choice("state", names_of_state);
    e.cut = values.text("cut").empty() ? event_cut::none : values.choice("cut", names_of_cut);
    e.id = static_cast<std::uint64_t>(values.count("id"));
    e.sample_start = values.integer("sample_start");
    e.sample_count = values.count("sample_count");
    if (e.sample_count > farthest_start - std::max<std::int64_t>(0, e.sample_start))
        refuse("sample_count", e.sample_count, "must end at sample 2^62 at most");
    event_context context;
    context.samp_rate = values.number("samp_rate").value_or(1);
    if (!(context.samp_rate > 0))
        refuse("samp_rate", context.samp_rate, "must be positive");
    context.freq_center = values.number("freq_center");
    context.time = time_from_iso8601(values.text("time"));
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

std::string to_json(const event& e, const event_context& context)
{
    json_object object("");
    for (const auto& [key, value] : values_of(e, context))
        object.add(key, json_value(value));
    return object.text();
}

std::string to_json(const std::map<std::string, event_value>& values)
{
    static const auto usual = values_of({}, {});
    json_object object("");
    auto others = values;
    for (const auto& [key, unused] : usual)
        if (const auto found = others.find(key); found != others.end()) {
            object.add(key, json_value(found->second));
            others.erase(found);
        }
    for (const auto& [key, value] : others)
        object.add(key, json_value(value));
    return object.text();
}

} // namespace gr::stft::kernel
