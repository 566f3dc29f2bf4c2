/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_REFUSE_H
#define INCLUDED_STFT_LIB_KERNEL_REFUSE_H

#include "kernel/number_text.h"
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace gr::stft::kernel {

//! Throws std::invalid_argument "name: value: rule", the form of every refusal in this library; real numbers with as few digits as give them back.
template <class Value>
[[noreturn]] void refuse(const std::string& name, const Value& value, const std::string& rule)
{
    std::ostringstream message;
    message << name << ": ";
    if constexpr (std::is_floating_point_v<Value>)
        message << number_text(value);
    else
        message << value;
    message << ": " << rule;
    throw std::invalid_argument(message.str());
}

} // namespace gr::stft::kernel
#endif
