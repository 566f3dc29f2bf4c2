/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_IDSTFT_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_IDSTFT_SUPPORT_H

#include "dstft_support.h"
#include <gnuradio/stft/kernel/dstft/idstft.h>

/* Frames at real positions, and what their inverse makes of spectra. */
namespace qa::inverses {

using namespace gr::stft::kernel;

template <class T>
using complex_t = std::complex<real_t<T>>;

template <class T>
inline constexpr bool single_precision = std::is_same_v<real_t<T>, float>;

//! Frames of a signal of this many samples: where they lie and how long they are.
struct frames {
    std::size_t n_fft, length;
    std::vector<position> t;
    std::vector<double> theta;
};

//! Irregular real positions, and lengths from two hops to n_fft, under which every sample lies well.
inline frames covering(std::size_t n_fft, std::size_t length)
{
    frames f{ n_fft, length, {}, {} };
    const auto N = static_cast<double>(n_fft);
    const double hop = std::max(0.3, N / 5);
    std::size_t n = 0;
    for (double t = -0.37; t < static_cast<double>(length) + hop;
         t += hop * (0.7 + 0.1 * static_cast<double>(n % 4)), ++n) {
        f.t.push_back(position::at(t));
        f.theta.push_back(N * (1 - 0.13 * static_cast<double>(n % 3)));
    }
    return f;
}

//! The inverse in one piece, or drained after each frame in pieces of at most `piece` samples.
template <class T>
std::vector<T> inverted(idstft<T>& inverse,
                        const frames& f,
                        const std::vector<complex_t<T>>& S,
                        std::size_t piece = 0)
{
    std::vector<T> y;
    const auto drain = [&] {
        while (const auto ready = std::min(inverse.ready(), f.length - y.size())) {
            const auto count = piece ? std::min(piece, ready) : ready;
            y.resize(y.size() + count);
            inverse.read(y.data() + y.size() - count, count);
        }
    };
    for (std::size_t n = 0; n < f.t.size(); ++n) {
        inverse.add(S.data() + n * inverse.bins(), f.t[n], f.theta[n]);
        if (piece)
            drain();
    }
    inverse.finish(static_cast<std::int64_t>(f.length));
    drain();
    return y;
}

} // namespace qa::inverses
#endif
