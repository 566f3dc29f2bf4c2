/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_FUZZ_NAMES_H
#define INCLUDED_STFT_FUZZ_NAMES_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/records/event_text.h>
#include <string>
#include <vector>

namespace gr::stft::fuzz {

using names = std::vector<std::string>;

//! Adds those parameters of settings that messages change.
template <class Settings>
void add_changeable(names& known)
{
    kernel::for_each_field<Settings>([&](const auto& field) {
        if constexpr (std::decay_t<decltype(field)>::may_change)
            known.push_back(field.name);
    });
}

//! Adds the tags that hold a parameter.
template <class Settings>
void add_tags(names& known)
{
    kernel::for_each_field<Settings>([&](const auto& field) {
        if constexpr (std::decay_t<decltype(field)>::has_tag)
            known.push_back(field.tag);
    });
}

//! Adds the keys of a report of an event.
inline void add_keys_of_events(names& known)
{
    for (const auto& [key, unused] : kernel::values_of({}, {}))
        known.push_back(key);
}

} // namespace gr::stft::fuzz

#endif
