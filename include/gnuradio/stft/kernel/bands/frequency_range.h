/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_BANDS_FREQUENCY_RANGE_H
#define INCLUDED_STFT_KERNEL_BANDS_FREQUENCY_RANGE_H

#include <gnuradio/stft/api.h>
#include <string>
#include <vector>

namespace gr::stft::kernel {

//! A range of frequencies, Hz.
struct STFT_API frequency_range {
    double lower; //!< Hz
    double upper; //!< Hz
};

//! Ranges as users write them: "-2e5:-1e5,0:1.5e3" (lower:upper, Hz), none in "". \throws std::invalid_argument naming the
//! parameter, unless lower < upper
STFT_API std::vector<frequency_range> frequency_ranges_named(const std::string& text,
                                                             const char* parameter);

} // namespace gr::stft::kernel
#endif
