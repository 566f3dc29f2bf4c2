/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_RETUNE_H
#define INCLUDED_STFT_LIB_STREAM_RETUNE_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/frames/window.h>
#include <functional>
#include <vector>

namespace gr::stft {

//! An integer of a message. \throws std::invalid_argument naming the key if it is none
std::int64_t integer_in(const std::string& key, const pmt::pmt_t& value);

//! A real number. \throws std::invalid_argument naming the key if it is none
double real_in(const std::string& key, const pmt::pmt_t& value);

//! A real number, or those of a vector. \throws std::invalid_argument naming the key if it is neither
std::vector<double> numbers_in(const std::string& key, const pmt::pmt_t& value);

//! A name. \throws std::invalid_argument naming the key if it is none
std::string name_in(const std::string& key, const pmt::pmt_t& value);

//! A boolean. \throws std::invalid_argument naming the key if it is none
bool boolean_in(const std::string& key, const pmt::pmt_t& value);

//! A window: its name or number, a tuple of it and parameters, or taps. \throws std::invalid_argument if it is none
kernel::window window_in(const std::string& key, const pmt::pmt_t& value);

//! A value of a message, as a field takes it. \throws std::invalid_argument "key: value: rule"
template <class Given>
Given given_in(const std::string& key, const pmt::pmt_t& value)
{
    if constexpr (std::is_same_v<Given, bool>)
        return boolean_in(key, value);
    else if constexpr (std::is_same_v<Given, std::int64_t>)
        return integer_in(key, value);
    else if constexpr (std::is_same_v<Given, double>)
        return real_in(key, value);
    else if constexpr (std::is_same_v<Given, std::string>)
        return name_in(key, value);
    else if constexpr (std::is_same_v<Given, std::vector<double>>)
        return numbers_in(key, value);
    else {
        static_assert(std::is_same_v<Given, kernel::window>, "no message holds such a value");
        return window_in(key, value);
    }
}

/*!
 * \brief Calls read(key, value) for the items of a dict, or of a single pair, of a message port.
 * \param read returns false for a key that the block does not understand
 * \throws std::invalid_argument naming such a key, and as read()
 */
void for_items(const pmt::pmt_t& message,
               const std::function<bool(const std::string&, const pmt::pmt_t&)>& read);

/*!
 * \brief Reads one item of a message: a parameter that may change, or `at`.
 * \return false for any other key
 * \throws std::invalid_argument "key: value: rule"
 */
template <class Settings>
bool read(kernel::change<Settings>& requested, const std::string& key, const pmt::pmt_t& value)
{
    bool known = key == "at";
    if (known)
        requested.at = integer_in(key, value);
    requested.for_each([&](const auto& field, auto& wanted) {
        using given_type = typename std::decay_t<decltype(field)>::given_type;
        if constexpr (std::decay_t<decltype(field)>::may_change)
            if (key == field.name) {
                wanted = field.value_of(given_in<given_type>(key, value));
                known = true;
            }
    });
    return known;
}

/*!
 * \brief The change that a dict, or a single pair, of a message port requests.
 * \param resets whether the block understands "reset", with any value
 * \throws std::invalid_argument naming the key
 */
template <class Settings>
kernel::change<Settings> change_from(const pmt::pmt_t& message, bool resets = false)
{
    kernel::change<Settings> requested;
    for_items(message, [&](const std::string& key, const pmt::pmt_t& value) {
        requested.reset = requested.reset || (resets && key == "reset");
        return read(requested, key, value) || (resets && key == "reset");
    });
    return requested;
}

//! Gives the block a message port "cmd". What obey() throws goes to the logger, a member of the block, and nothing else
//! happens.
void listen(gr::block& block,
            const gr::logger_ptr& logger,
            const std::function<void(const pmt::pmt_t&)>& obey);

} // namespace gr::stft
#endif
