/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/bands/value_pairs.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/bands/frequency_range.h>

namespace gr::stft::kernel {

std::vector<frequency_range> frequency_ranges_named(const std::string& text, const char* parameter)
{
    std::vector<frequency_range> ranges;
    if (!for_each_pair<double>(text, ':', [&](double lower, double upper) {
            ranges.push_back({ lower, upper });
            return lower < upper;
        }))
        refuse(parameter,
               "'" + text + "'",
               "must be ranges lower:upper in Hz, lower < upper, such as -2e5:-1e5,0:1500");
    return ranges;
}

} // namespace gr::stft::kernel
