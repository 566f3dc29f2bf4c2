/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/records/json_tree.h"
#include "kernel/refuse.h"
#define BOOST_BIND_GLOBAL_PLACEHOLDERS // the JSON parser of Boost below 1.83 uses them
#include <boost/property_tree/json_parser.hpp>
#include <algorithm>
#include <sstream>

namespace gr::stft::kernel {

namespace {

//! A state has 5, an annotation 1; the parser calls itself at each.
constexpr std::size_t deepest = 16;

//! Brackets that are open at once, at most.
std::size_t depth_of(const std::string& text)
{
    std::size_t depth = 0, most = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = text[i];
        if (quoted && c == '\\')
            ++i;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '[' || c == '{'))
            most = std::max(most, ++depth);
        else if (!quoted && (c == ']' || c == '}') && depth > 0)
            --depth;
    }
    return most;
}

} // namespace

boost::property_tree::ptree json_tree_of(const char* name, const std::string& text)
{
    if (depth_of(text) > deepest)
        refuse(name, "brackets within brackets", "must be at most " + std::to_string(deepest));
    boost::property_tree::ptree tree;
    try {
        std::istringstream stream(text);
        boost::property_tree::read_json(stream, tree);
    } catch (const boost::property_tree::json_parser_error& e) {
        refuse(name, "line " + std::to_string(e.line()), "is no JSON: " + e.message());
    }
    return tree;
}

} // namespace gr::stft::kernel
