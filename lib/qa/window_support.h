/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_WINDOW_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_WINDOW_SUPPORT_H

#include "qa/support.h"

/* Windows by their names. */
namespace qa {

using namespace gr::stft::kernel;

inline std::vector<double> real(const std::vector<std::complex<double>>& taps)
{
    std::vector<double> w;
    for (auto tap : taps) {
        const context in_tap("tap", tap);
        CPPUNIT_ASSERT_EQUAL(0.0, tap.imag());
        w.push_back(tap.real());
    }
    return w;
}

inline std::vector<double>
symmetric(const std::string& name, const std::vector<double>& parameters, std::size_t length)
{
    return real(window(name, parameters).sample(length, true));
}

inline std::vector<double>
periodic(const std::string& name, const std::vector<double>& parameters, std::size_t length)
{
    return real(window(name, parameters).sample(length));
}

} // namespace qa
#endif
