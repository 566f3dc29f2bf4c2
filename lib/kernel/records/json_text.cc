/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/number_text.h"
#include <gnuradio/stft/kernel/records/json_text.h>
#include <cmath>
#include <cstdio>

namespace gr::stft::kernel {

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
    return number_text(value);
}

json_object& json_object::add(const std::string& key, const std::string& value)
{
    if (!d_members.empty())
        d_members += "," + d_space;
    d_members += json_string(key) + ":" + d_space + value;
    return *this;
}

} // namespace gr::stft::kernel
