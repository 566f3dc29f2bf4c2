/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_RECORDS_JSON_TREE_H
#define INCLUDED_STFT_LIB_KERNEL_RECORDS_JSON_TREE_H

#include <boost/property_tree/ptree.hpp>
#include <string>

namespace gr::stft::kernel {

//! The tree of a JSON text that has 16 brackets within brackets at most. \throws std::invalid_argument "name: what: why" for others
boost::property_tree::ptree json_tree_of(const char* name, const std::string& text);

} // namespace gr::stft::kernel

#endif
