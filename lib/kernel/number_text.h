/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_NUMBER_TEXT_H
#define INCLUDED_STFT_LIB_KERNEL_NUMBER_TEXT_H

#include <charconv>
#include <cmath>
#include <string>
#include <vector>

namespace gr::stft::kernel {

//! A float or double by as few digits as give it back; from 1e-5 to below 1e16 without an exponent.
template <class R>
std::string number_text(R value)
{
    const auto magnitude = std::abs(value);
    const bool plain = value == 0 || (magnitude >= R(1e-5) && magnitude < R(1e16));
    char text[32];
    const auto written =
        plain ? std::to_chars(text, text + sizeof text, value, std::chars_format::fixed)
              : std::to_chars(text, text + sizeof text, value);
    return { text, written.ptr };
}

//! "(1, 2.5)"
inline std::string number_text(const std::vector<double>& values)
{
    std::string text;
    for (const auto value : values)
        text += (text.empty() ? "" : ", ") + number_text(value);
    return "(" + text + ")";
}

} // namespace gr::stft::kernel
#endif
