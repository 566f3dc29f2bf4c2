/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "event_messages.h"
#include "kernel/refuse.h"
#include "stream_tags.h"
#include <cmath>

namespace gr::stft {

namespace {

struct as_pmt {
    pmt::pmt_t operator()(std::monostate) const { return pmt::PMT_NIL; }
    pmt::pmt_t operator()(std::int64_t value) const { return pmt::from_long(value); }
    pmt::pmt_t operator()(std::uint64_t value) const { return pmt::from_uint64(value); }
    pmt::pmt_t operator()(double value) const { return pmt::from_double(value); }
    pmt::pmt_t operator()(const std::string& value) const { return pmt::mp(value); }
};

kernel::event_value value_in(const std::string& key, const pmt::pmt_t& value)
{
    if (pmt::is_null(value))
        return {};
    if (pmt::is_symbol(value))
        return pmt::symbol_to_string(value);
    if (pmt::is_bool(value))
        return std::int64_t(pmt::to_bool(value));
    if (pmt::is_uint64(value))
        return pmt::to_uint64(value);
    if (pmt::is_integer(value))
        return std::int64_t(pmt::to_long(value));
    if (const auto number = real_number(value))
        return std::isfinite(*number) ? kernel::event_value(*number) : kernel::event_value();
    kernel::refuse(key, pmt::write_string(value), "must be a number, a name or nil");
}

} // namespace

const pmt::pmt_t events_port = pmt::mp("events");

pmt::pmt_t message_value(const kernel::event_value& value) { return std::visit(as_pmt(), value); }

pmt::pmt_t event_message(const kernel::event& e, const kernel::event_context& context)
{
    return dict_of(kernel::values_of(e, context));
}

pmt::pmt_t dict_of(const std::vector<std::pair<const char*, kernel::event_value>>& values)
{
    auto dict = pmt::make_dict();
    for (const auto& [key, value] : values)
        dict = pmt::dict_add(dict, pmt::mp(key), message_value(value));
    return dict;
}

std::map<std::string, kernel::event_value> values_in(const pmt::pmt_t& message)
{
    std::map<std::string, kernel::event_value> values;
    auto rest = message;
    for (; pmt::is_pair(rest) && pmt::is_pair(pmt::car(rest)); rest = pmt::cdr(rest)) {
        const auto key = pmt::caar(rest);
        if (!pmt::is_symbol(key))
            kernel::refuse("event", pmt::write_string(key), "must be a name");
        const auto name = pmt::symbol_to_string(key);
        values.emplace(name, value_in(name, pmt::cdar(rest)));
    }
    if (values.empty() || !pmt::is_null(rest))
        kernel::refuse("event", pmt::write_string(message), "must be a dict of names and values");
    return values;
}

std::pair<kernel::event, kernel::event_context> report_in(const pmt::pmt_t& message)
{
    return kernel::report_of(values_in(message));
}

std::optional<kernel::utc_time> time_in(const pmt::pmt_t& rx_time)
{
    constexpr std::uint64_t most = 100000000000000000;
    if (!pmt::is_tuple(rx_time) || pmt::length(rx_time) < 2)
        return {};
    const auto full = pmt::tuple_ref(rx_time, 0), fraction = pmt::tuple_ref(rx_time, 1);
    if (!pmt::is_uint64(full) || !pmt::is_real(fraction) || pmt::to_uint64(full) > most)
        return {};
    const auto part = pmt::to_double(fraction), whole = std::floor(part);
    if (!(std::abs(part) < 1e9))
        return {};
    return kernel::utc_time{ static_cast<std::int64_t>(pmt::to_uint64(full)) +
                                 static_cast<std::int64_t>(whole),
                             part - whole };
}

double seconds_between(const kernel::utc_time& from, const kernel::utc_time& to)
{
    return static_cast<double>(to.seconds - from.seconds) + (to.fraction - from.fraction);
}

} // namespace gr::stft
