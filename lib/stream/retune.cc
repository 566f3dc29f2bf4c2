/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "retune.h"
#include "stream_tags.h"

namespace gr::stft {

namespace {

//! Window by its name or by GNU Radio's number: window.WIN_HANN has no other form in a message.
kernel::window
called(const std::string& key, const pmt::pmt_t& name, const std::vector<double>& parameters = {})
{
    if (pmt::is_integer(name) || pmt::is_uint64(name))
        return kernel::window::of_type(integer_in(key, name), parameters);
    return kernel::window(pmt::symbol_to_string(name), parameters);
}

//! "at, hop, window"
std::string keys_of(const item_readers& readers)
{
    std::string keys;
    for (const auto& [key, unused] : readers)
        keys += (keys.empty() ? "" : ", ") + key;
    return keys;
}

} // namespace

std::int64_t integer_in(const std::string& key, const pmt::pmt_t& value)
{
    if (pmt::is_uint64(value) && pmt::to_uint64(value) <= std::uint64_t(INT64_MAX))
        return static_cast<std::int64_t>(pmt::to_uint64(value));
    if (pmt::is_integer(value))
        return pmt::to_long(value);
    kernel::refuse(key, pmt::write_string(value), "must be an integer of at most 2^63 - 1");
}

double real_in(const std::string& key, const pmt::pmt_t& value)
{
    const auto number = real_number(value);
    if (!number)
        kernel::refuse(key, pmt::write_string(value), "must be a number");
    return *number;
}

std::vector<double> numbers_in(const std::string& key, const pmt::pmt_t& value)
{
    if (const auto number = real_number(value))
        return { *number };
    if (pmt::is_f32vector(value)) {
        const auto elements = pmt::f32vector_elements(value);
        return { elements.begin(), elements.end() };
    }
    if (pmt::is_f64vector(value))
        return pmt::f64vector_elements(value);
    kernel::refuse(key, pmt::write_string(value), "must be a number or a vector of numbers");
}

std::string name_in(const std::string& key, const pmt::pmt_t& value)
{
    if (!pmt::is_symbol(value))
        kernel::refuse(key, pmt::write_string(value), "must be a name");
    return pmt::symbol_to_string(value);
}

bool boolean_in(const std::string& key, const pmt::pmt_t& value)
{
    if (!pmt::is_bool(value))
        kernel::refuse(key, pmt::write_string(value), "must be a boolean");
    return pmt::to_bool(value);
}

kernel::window window_in(const std::string& key, const pmt::pmt_t& value)
{
    if (pmt::is_symbol(value) || pmt::is_integer(value) || pmt::is_uint64(value))
        return called(key, value);
    if (pmt::is_tuple(value) && pmt::length(value) > 0) {
        std::vector<double> parameters;
        for (std::size_t i = 1; i < pmt::length(value); ++i)
            parameters.push_back(real_in(key, pmt::tuple_ref(value, i)));
        return called(key, pmt::tuple_ref(value, 0), parameters);
    }
    if (pmt::is_f32vector(value)) {
        const auto taps = pmt::f32vector_elements(value);
        return kernel::window(std::vector<double>(taps.begin(), taps.end()));
    }
    if (pmt::is_f64vector(value))
        return kernel::window(pmt::f64vector_elements(value));
    if (pmt::is_c32vector(value)) {
        const auto taps = pmt::c32vector_elements(value);
        return kernel::window(std::vector<std::complex<double>>(taps.begin(), taps.end()));
    }
    if (pmt::is_c64vector(value))
        return kernel::window(pmt::c64vector_elements(value));
    kernel::refuse(key,
                   pmt::write_string(value),
                   "must be a name, a tuple of a name and parameters, or a vector of taps");
}

void for_items(const pmt::pmt_t& message, const item_readers& readers)
{
    pmt::pmt_t items = pmt::PMT_NIL;
    if (pmt::is_pair(message) && pmt::is_symbol(pmt::car(message)))
        items = pmt::list1(message);
    else if (pmt::is_dict(message))
        items = pmt::dict_items(message);
    else
        kernel::refuse("cmd", pmt::write_string(message), "must be a dict or a pair");

    for (; pmt::is_pair(items); items = pmt::cdr(items)) {
        const auto key = pmt::symbol_to_string(pmt::caar(items));
        const auto reader = readers.find(key);
        if (reader == readers.end())
            kernel::refuse(
                "cmd", key, "is not a key of this block, which takes " + keys_of(readers));
        reader->second(key, pmt::cdar(items));
    }
}

void listen(gr::block& block,
            const gr::logger_ptr& logger,
            const std::function<void(const pmt::pmt_t&)>& obey)
{
    const auto port = pmt::mp("cmd");
    block.message_port_register_in(port);
    block.set_msg_handler(port, [&logger, obey](const pmt::pmt_t& message) {
        try {
            obey(message);
        } catch (const std::exception& e) { // leaving the handler, it would end the thread
            logger->warn("message ignored: {}", e.what());
        }
    });
}

} // namespace gr::stft
