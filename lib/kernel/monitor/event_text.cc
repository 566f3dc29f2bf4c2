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
    const auto end = plain ? std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr
                           : std::to_chars(text, text + sizeof text, value).ptr;
    return { text, end };
}

std::string to_json(const event& e, const event_context& context)
{
    const auto centre = context.freq_center.value_or(0);
    const auto time = time_of(e.sample_start, context);
    const auto when = time ? iso8601(*time) : "";
    const auto thousandths = [](double value) {
        return json_number(std::isfinite(value) ? std::round(value * 1000) / 1000 : value);
    };
    const auto decibel = thousandths;
    const auto hertz = [&](double value) { // without a rate, bandwidths are fractions of 1
        return context.samp_rate >= 1000 ? thousandths(value) : json_number(value);
    };
    std::string text = "{";
    const auto add = [&](const char* key, const std::string& value) {
        text += (text.size() > 1 ? ",\"" : "\"") + std::string(key) + "\":" + value;
    };
    add("kind", json_string(name_of(e.kind)));
    add("state", json_string(name_of(e.state)));
    add("id", std::to_string(e.id));
    add("time", when.empty() ? "null" : json_string(when));
    add("duration", json_number(static_cast<double>(e.sample_count) / context.samp_rate));
    add("sample_start", std::to_string(e.sample_start));
    add("sample_count", std::to_string(e.sample_count));
    add("samp_rate", json_number(context.samp_rate));
    add("freq_lower", hertz(centre + e.freq_lower));
    add("freq_upper", hertz(centre + e.freq_upper));
    add("freq_peak", hertz(centre + e.freq_peak));
    add("freq_center", context.freq_center ? json_number(*context.freq_center) : "null");
    add("bandwidth", hertz(e.freq_upper - e.freq_lower));
    add("power_db", decibel(e.power_db));
    add("noise_db", decibel(e.noise_db));
    add("snr_db", decibel(e.snr_db));
    add("energy_db", decibel(e.energy_db));
    add("cells", std::to_string(e.cells));
    add("rows", std::to_string(e.rows));
    add("cut", e.cut == event_cut::none ? "null" : json_string(name_of(e.cut)));
    add("source", context.source.empty() ? "null" : json_string(context.source));
    add("n_fft", std::to_string(context.n_fft));
    add("hop", std::to_string(context.hop));
    return text + "}";
}

} // namespace gr::stft::kernel
