/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_RETUNE_H
#define INCLUDED_STFT_LIB_STREAM_RETUNE_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/frames/window.h>
#include <functional>
#include <map>
#include <string>
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

//! Readers of the values of a message, by their keys, which they get, too.
using item_readers =
    std::map<std::string, std::function<void(const std::string& key, const pmt::pmt_t& value)>>;

/*!
 * \brief Calls the reader of each item of a dict, or of a single pair, of a message port.
 * \throws std::invalid_argument naming a key that has no reader, and those that have one; and as the readers
 */
void for_items(const pmt::pmt_t& message, const item_readers& readers);

//! Keys of messages that are no parameters: the sample of a change, and, with any value, a reset.
enum class also { at, reset };

/*!
 * \brief Readers of the parameters that may change, and of what else the block takes.
 * \param requested what they write into; they throw std::invalid_argument "key: value: rule"
 */
template <class Settings>
item_readers readers_of(kernel::change<Settings>& requested, const std::vector<also>& more = {})
{
    item_readers readers;
    requested.for_each([&readers](const auto& field, auto& wanted) {
        using given_type = typename std::decay_t<decltype(field)>::given_type;
        if constexpr (std::decay_t<decltype(field)>::may_change)
            readers[field.name] = [&](const std::string& key, const pmt::pmt_t& value) {
                wanted = field.value_of(given_in<given_type>(key, value));
            };
    });
    for (const auto each : more)
        if (each == also::at)
            readers["at"] = [&](const std::string& key, const pmt::pmt_t& value) {
                requested.at = integer_in(key, value);
            };
        else
            readers["reset"] = [&](const std::string&, const pmt::pmt_t&) {
                requested.reset = true;
            };
    return readers;
}

/*!
 * \brief The change that a dict, or a single pair, of a message port requests.
 * \param more what the block takes that is no parameter
 * \throws std::invalid_argument as for_items()
 */
template <class Settings>
kernel::change<Settings> change_from(const pmt::pmt_t& message, const std::vector<also>& more = {})
{
    kernel::change<Settings> requested;
    for_items(message, readers_of(requested, more));
    return requested;
}

//! Gives the block a message port "cmd". What obey() throws goes to the logger, a member of the block, and nothing else
//! happens.
void listen(gr::block& block,
            const gr::logger_ptr& logger,
            const std::function<void(const pmt::pmt_t&)>& obey);

} // namespace gr::stft
#endif
