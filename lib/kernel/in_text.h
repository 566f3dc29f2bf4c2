/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_IN_TEXT_H
#define INCLUDED_STFT_LIB_KERNEL_IN_TEXT_H

#include <sstream>
#include <string>
#include <vector>

namespace gr::stft::kernel {

//! A number as refuse() writes it, for a rule that names another value.
inline std::string in_text(double value)
{
    std::ostringstream text;
    text << value;
    return text.str();
}

//! Numbers likewise: "(1, 2.5)".
inline std::string in_text(const std::vector<double>& values)
{
    std::string text;
    for (const auto value : values)
        text += (text.empty() ? "" : ", ") + in_text(value);
    return "(" + text + ")";
}

} // namespace gr::stft::kernel
#endif
