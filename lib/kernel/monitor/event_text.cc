/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnuradio/stft/kernel/monitor/event_text.h>
#include <boost/date_time/gregorian/gregorian_types.hpp>
#include <charconv>
#include <cmath>

namespace gr::stft::kernel {

const char* name_of(event_kind kind)
{
    switch (kind) {
    case event_kind::burst:
        return "burst";
    case event_kind::carrier:
        return "carrier";
    case event_kind::step:
        return "step";
    case event_kind::gap:
        return "gap";
    default:
        return "retune";
    }
}

const char* name_of(event_state state)
{
    switch (state) {
    case event_state::begin:
        return "begin";
    case event_state::update:
        return "update";
    default:
        return "end";
    }
}

const char* name_of(event_cut cut)
{
    switch (cut) {
    case event_cut::none:
        return "none";
    case event_cut::retune:
        return "retune";
    case event_cut::gap:
        return "gap";
    case event_cut::stop:
        return "stop";
    default:
        return "withdrawn";
    }
}

std::optional<utc_time> time_of(std::int64_t sample, const event_context& context)
{
    if (!context.time)
        return std::nullopt;
    // whole seconds and the rest apart, since a double holds no nanoseconds of this century
    const auto samples = static_cast<double>(sample - context.time_sample);
    const auto whole = std::floor(samples / context.samp_rate);
    const auto rest =
        context.time->fraction + (samples - whole * context.samp_rate) / context.samp_rate;
    const auto carry = std::floor(rest);
    return utc_time{ context.time->seconds + static_cast<std::int64_t>(whole) +
                         static_cast<std::int64_t>(carry),
                     rest - carry };
}

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

namespace {

//! Length of the UTF-8 sequence at the text's beginning; 0 if there is none.
std::size_t utf8_length(const char* text, std::size_t size)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto first = byte(0);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xc2 && first < 0xe0 ? 2
                               : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xf0 && first < 0xf5 ? 4
                                                               : 0;
    if (length == 0 || length > size)
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
    if (length > 2) { // overlong forms, surrogates, beyond U+10FFFF
        const auto second = byte(1);
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
            (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90))
            return 0;
    }
    return length;
}

} // namespace

std::string json_string(const std::string& text)
{
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size();) {
        const auto length = utf8_length(text.data() + i, text.size() - i);
        const auto c = static_cast<unsigned char>(text[i]);
        if (length == 0) {
            out += "\xef\xbf\xbd";
            ++i;
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += text[i++];
        } else if (c < 0x20 || c == 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", c);
            out += escape;
            ++i;
        } else {
            out.append(text, i, length);
            i += length;
        }
    }
    return out + '"';
}

std::string json_number(double value)
{
    if (!std::isfinite(value))
        return "null";
    if (value == 0)
        return "0"; // also for -0
    const auto magnitude = std::abs(value);
    const bool plain = magnitude >= 1e-5 && magnitude < 1e16;
    char text[64];
    const auto end =
        plain ? std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr
              : std::to_chars(text, text + sizeof text, value).ptr;
    return { text, end };
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

std::string to_json(const event& e, const event_context& context)
{
    std::string text = "{";
    for (const auto& [key, value] : values_of(e, context))
        text += (text.size() > 1 ? ",\"" : "\"") + std::string(key) + "\":" + json_value(value);
    return text + "}";
}

} // namespace gr::stft::kernel
