/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_GAIN_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_GAIN_SUPPORT_H

#include "support.h"
#include <gnuradio/stft/kernel/denoise/spectral_gain.h>

/* Spectra of noise, and gains that are applied to them. */
namespace qa::gains {

using namespace gr::stft::kernel;

using spectrum_t = std::vector<std::complex<double>>;

inline gain_settings made(std::size_t n_fft, std::size_t hop, sides which = sides::onesided)
{
    gain_settings s;
    s.n_fft = n_fft;
    s.hop = hop;
    s.sides = which;
    return s;
}

//! Spectra of complex noise of this power in each bin.
inline std::vector<spectrum_t>
noise_rows(std::size_t rows, std::size_t bins, double power = 1, unsigned seed = 1)
{
    std::mt19937 draw(seed);
    std::normal_distribution<> normal(0, std::sqrt(power / 2));
    std::vector<spectrum_t> all(rows, spectrum_t(bins));
    for (auto& row : all)
        for (auto& x : row)
            x = { normal(draw), normal(draw) };
    return all;
}

//! Noise in which some cells hold a signal, so that gains are of all sizes.
inline std::vector<spectrum_t> mixed_rows(std::size_t rows, std::size_t bins, unsigned seed = 1)
{
    auto all = noise_rows(rows, bins, 1, seed);
    for (std::size_t p = 0; p < rows; ++p)
        for (std::size_t k = 0; k < bins; ++k)
            if ((p / 6 + k / 3) % 4 == 3)
                all[p][k] *= 4.0;
    return all;
}

template <class R = double>
std::vector<std::vector<std::complex<R>>> through(spectral_gain<R>& gain,
                                                  const std::vector<spectrum_t>& rows)
{
    std::vector<std::vector<std::complex<R>>> results;
    for (const auto& row : rows) {
        std::vector<std::complex<R>> x(row.begin(), row.end()), y(row.size());
        gain.apply(x.data(), y.data());
        results.push_back(y);
    }
    return results;
}

//! The bin that stands for one beyond the ends.
inline std::size_t folded(std::ptrdiff_t bin, std::ptrdiff_t bins, bool circular)
{
    for (;;)
        if (bin < 0)
            bin = circular ? bin + bins : -bin;
        else if (bin >= bins)
            bin = circular ? bin - bins : 2 * (bins - 1) - bin;
        else
            return static_cast<std::size_t>(bin);
}

inline void assert_begins(const std::string& text, const std::string& begin)
{
    CPPUNIT_ASSERT_EQUAL(begin, text.substr(0, begin.size()));
}

inline double decibels(double ratio) { return 10 * std::log10(ratio); }

} // namespace qa::gains
#endif
