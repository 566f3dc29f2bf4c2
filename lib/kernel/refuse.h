/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_REFUSE_H
#define INCLUDED_STFT_LIB_KERNEL_REFUSE_H

#include <sstream>
#include <stdexcept>
#include <string>

namespace gr::stft::kernel {

//! Throws std::invalid_argument "name: value: rule", the form of every refusal in this library.
template <class Value>
[[noreturn]] void refuse(const std::string& name, const Value& value, const std::string& rule)
{
    std::ostringstream message;
    message << name << ": " << value << ": " << rule;
    throw std::invalid_argument(message.str());
}

} // namespace gr::stft::kernel
#endif
