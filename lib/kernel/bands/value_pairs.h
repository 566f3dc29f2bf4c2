/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_BANDS_VALUE_PAIRS_H
#define INCLUDED_STFT_LIB_KERNEL_BANDS_VALUE_PAIRS_H

#include <locale>
#include <sstream>
#include <string>

namespace gr::stft::kernel {

//! Calls f(first, second) for each "first<between>second" of a list with commas; false if one of them is malformed.
template <class Value, class F>
bool for_each_pair(const std::string& text, char between, F f)
{
    std::istringstream list(text);
    for (std::string word; std::getline(list, word, ',');) {
        std::istringstream pair(word);
        pair.imbue(std::locale::classic());
        Value first{}, second{};
        char found = 0;
        std::string rest;
        if (!(pair >> first >> found >> second) || found != between || (pair >> rest) ||
            !f(first, second))
            return false;
    }
    return text.empty() || text.back() != ',';
}

} // namespace gr::stft::kernel
#endif
