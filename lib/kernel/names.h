/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_NAMES_H
#define INCLUDED_STFT_LIB_KERNEL_NAMES_H

#include "refuse.h"
#include <cstddef>

namespace gr::stft::kernel {

//! A name as a message can show it: what() ends at a NUL, which is therefore written as \x00.
inline std::string printable(const std::string& name)
{
    std::string text;
    for (const char c : name)
        text += c ? std::string(1, c) : "\\x00";
    return text;
}

//! A name that users give to a value of an enumeration.
template <class Enum>
struct named_value {
    const char* name;
    Enum value;
};

template <class Enum>
named_value(const char*, Enum) -> named_value<Enum>;

/*!
 * \brief The names of an enumeration. Where a value stands more than once, the first name is its own, and the others
 * are taken, too, but not offered in messages.
 */
template <class Enum, std::size_t count>
struct name_table {
    named_value<Enum> entries[count];

    //! \throws std::invalid_argument "parameter: name: must be a, b or c"
    Enum value_of(const char* parameter, const std::string& name) const
    {
        for (const auto& entry : entries)
            if (name == entry.name)
                return entry.value;
        refuse(parameter, printable(name), rule());
    }

    const char* name_of(Enum value) const
    {
        for (const auto& entry : entries)
            if (entry.value == value)
                return entry.name;
        return "";
    }

private:
    std::string rule() const
    {
        std::string text, last;
        for (const auto& entry : entries) {
            if (entry.name != name_of(entry.value))
                continue;
            text += (text.empty() ? "" : ", ") + last;
            last = entry.name;
        }
        return "must be " + (text.empty() ? "" : text + " or ") + last;
    }
};

template <class Enum, class... More>
name_table(named_value<Enum>, More...) -> name_table<Enum, 1 + sizeof...(More)>;

} // namespace gr::stft::kernel
#endif
