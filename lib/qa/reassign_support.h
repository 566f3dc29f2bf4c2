/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_REASSIGN_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_REASSIGN_SUPPORT_H

#include "qa/support.h"
#include <gnuradio/stft/kernel/reassign/synchrosqueeze.h>

/* Transforms whose cells move. */
namespace qa {

using namespace gr::stft::kernel;

inline reassignment_parameters shaped(const shape& s, int order = 1, const window& w = "hamming")
{
    reassignment_parameters p;
    p.n_fft = s.n_fft;
    p.hop = s.hop;
    p.window = w;
    p.win_length = s.win_length;
    p.order = order;
    p.threshold = 0;
    return p;
}

template <class T>
struct computed {
    std::vector<std::complex<real_t<T>>> spectrum;
    std::vector<double> frequencies, times;

    computed(reassignment<T>& transform, const std::vector<T>& x, std::int64_t start)
        : spectrum(transform.bins()), frequencies(transform.bins()), times(transform.bins())
    {
        transform.analyse(x.data(),
                          static_cast<std::int64_t>(x.size()),
                          start,
                          spectrum.data(),
                          frequencies.data(),
                          times.data());
    }
};

//! exp(2j pi (f n + rate n^2 / 2)) under a Gaussian of this standard deviation at the middle
inline std::vector<std::complex<double>>
chirp(std::size_t length, double f, double rate, double deviation = 1e9)
{
    std::vector<std::complex<double>> x;
    for (std::size_t i = 0; i < length; ++i) {
        const auto n = static_cast<double>(i);
        const double from_middle = (n - static_cast<double>(length) / 2) / deviation;
        x.push_back(std::polar(std::exp(-from_middle * from_middle / 2),
                               2 * pi * std::fmod(f * n + rate * n * n / 2, 1.0)));
    }
    return x;
}

//! Distance to the nearest integer: frequencies count modulo 1.
inline double wrapped(double f) { return f - std::round(f); }

} // namespace qa
#endif
