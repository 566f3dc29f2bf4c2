/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_PHASE_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_PHASE_SUPPORT_H

#include "support.h"
#include <gnuradio/stft/kernel/phase/phase_from_magnitude.h>
#include <gnuradio/stft/kernel/stft/stft.h>

/* Signals, their magnitudes, and how alike spectra are. */
namespace qa::phases {

using namespace gr::stft::kernel;

//! The largest share of energy that two spectra have in common, up to a phase factor on one of them.
template <class R>
double likeness(const std::vector<std::complex<R>>& a, const std::vector<std::complex<R>>& b)
{
    CPPUNIT_ASSERT_EQUAL(a.size(), b.size());
    qa::value product = 0;
    double energy_a = 0, energy_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        product += qa::value(a[i]) * std::conj(qa::value(b[i]));
        energy_a += std::norm(qa::value(a[i]));
        energy_b += std::norm(qa::value(b[i]));
    }
    return std::abs(product) / std::sqrt(energy_a * energy_b);
}

template <class R>
std::vector<R> magnitudes_of(const std::vector<std::complex<R>>& spectra)
{
    std::vector<R> magnitudes;
    for (const auto& bin : spectra)
        magnitudes.push_back(std::abs(bin));
    return magnitudes;
}

inline phase_settings
made(std::size_t n_fft, std::size_t hop, const window& w, std::size_t win_length = 0)
{
    phase_settings s;
    s.n_fft = n_fft;
    s.hop = hop;
    s.window = w;
    s.win_length = win_length;
    return s;
}

//! exp(2j pi (f0 t + rate t^2 / 2)), t = n - before, or its real part.
template <class T>
std::vector<T> chirp(std::size_t length, double f0, double rate, std::size_t before = 0)
{
    std::vector<T> x(length);
    for (std::size_t n = 0; n < length; ++n) {
        const auto t = static_cast<double>(n) - static_cast<double>(before);
        const auto v = std::polar(1.0, 2 * qa::pi * (f0 * t + rate * t * t / 2));
        if constexpr (is_real_v<T>)
            x[n] = static_cast<T>(v.real());
        else
            x[n] = T(v);
    }
    return x;
}

template <class T>
std::vector<std::complex<real_t<T>>>
analysed(const phase_settings& s, const std::vector<T>& x, std::int64_t first, std::size_t frames)
{
    stft<T> forward(s.frames_of());
    std::vector<std::complex<real_t<T>>> X(frames * forward.bins());
    forward.analyse(x.data(), static_cast<std::int64_t>(x.size()), first, frames, X.data());
    return X;
}

} // namespace qa::phases
#endif
