/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_RECORDS_JSON_TEXT_H
#define INCLUDED_STFT_KERNEL_RECORDS_JSON_TEXT_H

#include <gnuradio/stft/api.h>
#include <string>

namespace gr::stft::kernel {

//! Text as JSON has it, with its quotes; bytes that are no UTF-8 become U+FFFD.
STFT_API std::string json_string(const std::string& text);

//! A number as JSON has it, in the shortest form that reads back the same; null unless it is finite.
STFT_API std::string json_number(double value);

//! A JSON object, written key by key.
class STFT_API json_object
{
public:
    //! \param space after colons and commas
    explicit json_object(const char* space = " ") : d_space(space) {}

    //! Adds a value that is JSON already.
    json_object& add(const std::string& key, const std::string& value);

    //! The object with its braces.
    std::string text() const { return "{" + d_members + "}"; }

private:
    std::string d_space, d_members;
};

} // namespace gr::stft::kernel
#endif
