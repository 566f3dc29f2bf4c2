/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/records/durable_file.h"
#include "kernel/records/json_tree.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/records/event_text.h>
#include <gnuradio/stft/kernel/records/monitor_state.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <system_error>

namespace gr::stft::kernel {

namespace {

using boost::property_tree::ptree;

constexpr const char* format_name = "gr_stft monitor state";
constexpr std::chrono::seconds patience(10); // with others that write the file

std::string json_of(std::int64_t value) { return std::to_string(value); }
std::string json_of(double value) { return json_number(value); }
std::string json_of(const std::string& value) { return json_string(value); }
std::string json_of(const state_section& section);

template <class Value>
std::string json_of(const std::vector<Value>& values)
{
    std::string text = "[";
    for (const auto& value : values)
        text += (text.size() > 1 ? "," : "") + json_of(value);
    return text + "]";
}

template <class Value>
std::string json_of(const std::map<std::string, Value>& values)
{
    std::string text = "{";
    for (const auto& [name, value] : values)
        text += (text.size() > 1 ? ",\n" : "\n") + json_string(name) + ": " + json_of(value);
    return text + "}";
}

std::string json_of(const state_section& section)
{
    return "{\"parameters\": " + json_of(section.parameters) +
           ",\n\"counts\": " + json_of(section.counts) +
           ",\n\"numbers\": " + json_of(section.numbers) + "}";
}

//! The child of a name, which may hold any character.
const ptree& child(const ptree& tree, const std::string& name)
{
    const auto found = tree.find(name);
    if (found == tree.not_found())
        refuse("state", "without " + name, "must be that of a monitor");
    return found->second;
}

template <class Value>
Value number_in(const std::string& text)
{
    if constexpr (std::is_floating_point_v<Value>)
        if (text == "null")
            return std::numeric_limits<Value>::quiet_NaN();
    Value value{};
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end)
        refuse("state", "'" + text + "'", "must be a number");
    return value;
}

template <class Value>
std::map<std::string, std::vector<Value>> arrays_in(const ptree& tree)
{
    std::map<std::string, std::vector<Value>> arrays;
    for (const auto& [name, values] : tree) {
        auto& array = arrays[name];
        for (const auto& [unused, value] : values)
            array.push_back(number_in<Value>(value.data()));
    }
    return arrays;
}

template <class Value>
const std::vector<Value>& array_of(const std::map<std::string, std::vector<Value>>& arrays,
                                   const std::string& name,
                                   std::size_t length)
{
    const auto found = arrays.find(name);
    if (found == arrays.end())
        refuse("state", "without " + name, "must hold it");
    if (found->second.size() != length)
        refuse("state",
               name + " of " + std::to_string(found->second.size()) + " values",
               "must have " + std::to_string(length));
    return found->second;
}

} // namespace

void state_section::require(const std::map<std::string, std::string>& others,
                            const std::vector<std::string>& may_differ) const
{
    std::string names;
    const auto differs = [&](const std::string& name,
                             const std::string& was,
                             const std::string& is) {
        if (std::find(may_differ.begin(), may_differ.end(), name) == may_differ.end())
            names += (names.empty() ? "" : ", ") + name + " (" + was + " there, " + is + " here)";
    };
    for (const auto& [name, value] : others) {
        const auto found = parameters.find(name);
        if (found == parameters.end())
            differs(name, "none", value);
        else if (found->second != value)
            differs(name, found->second, value);
    }
    for (const auto& [name, value] : parameters)
        if (others.find(name) == others.end())
            differs(name, value, "none");
    if (!names.empty())
        refuse("state", names, "must be the same, or the state does not apply");
}

const std::vector<std::int64_t>& state_section::integers(const std::string& name,
                                                         std::size_t length) const
{
    return array_of(counts, name, length);
}

const std::vector<double>& state_section::reals(const std::string& name, std::size_t length) const
{
    return array_of(numbers, name, length);
}

std::string text_of_value(double value)
{
    return std::isfinite(value) ? json_number(value)
           : std::isnan(value)  ? "nan"
           : value > 0          ? "inf"
                                : "-inf";
}

std::string text_of(const monitor_state& state)
{
    return "{\"format\": " + json_string(format_name) +
           ", \"version\": " + std::to_string(state_version) + ", \"sections\": " + json_of(state) +
           "}\n";
}

monitor_state monitor_state_from(const std::string& text)
{
    const auto tree = json_tree_of("state", text);
    if (child(tree, "format").data() != format_name)
        refuse(
            "state", "format '" + child(tree, "format").data() + "'", "must be that of a monitor");
    if (const auto version = number_in<std::int64_t>(child(tree, "version").data());
        version != state_version)
        refuse("state",
               "version " + std::to_string(version),
               "must be " + std::to_string(state_version));
    monitor_state state;
    for (const auto& [name, content] : child(tree, "sections")) {
        auto& section = state[name];
        for (const auto& [key, value] : child(content, "parameters"))
            section.parameters[key] = value.data();
        section.counts = arrays_in<std::int64_t>(child(content, "counts"));
        section.numbers = arrays_in<double>(child(content, "numbers"));
    }
    return state;
}

void write_state(const std::string& path, const monitor_state& state)
{
    rewrite_durably(
        path, [&state] { return text_of(state); }, patience);
}

void add_to_state(const std::string& path, const monitor_state& sections)
{
    const auto merged = [&] {
        auto all = sections;
        if (auto there = read_state(path))
            all.merge(*there); // which leaves alone what is in both
        return text_of(all);
    };
    rewrite_durably(path, merged, patience);
}

std::optional<monitor_state> read_state(const std::string& path)
{
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    const auto error = errno;
    if (!file && error == ENOENT)
        return std::nullopt;
    std::ostringstream
        text; // whose reading of a folder sets a flag, where an iterator's would throw without the path
    if (file.is_open() && file.peek() != std::ifstream::traits_type::eof())
        text << file.rdbuf();
    const auto cause = error ? error : errno;
    if (!file.is_open() || file.bad())
        throw std::runtime_error("path: " + path + ": cannot be read" +
                                 (cause ? ": " + std::generic_category().message(cause) : ""));
    return monitor_state_from(text.str());
}

} // namespace gr::stft::kernel
