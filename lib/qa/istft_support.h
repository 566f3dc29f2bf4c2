/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_ISTFT_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_ISTFT_SUPPORT_H

#include "qa/support.h"
#include <gnuradio/stft/kernel/stft/istft.h>
#include <gnuradio/stft/kernel/stft/stft.h>

/* STFTs of signals, and signals from them. */
namespace qa {

using namespace gr::stft::kernel;

constexpr placement placements[]{ placement::centred, placement::left, placement::full };

template <class T>
using spectra_of = std::vector<std::complex<real_t<T>>>;

inline std::vector<std::int64_t> starts_of(const parameters& p, std::size_t length)
{
    const auto f = p.frames();
    return regular(f.first(), p.hop, f.frames(static_cast<std::int64_t>(length)));
}

template <class T>
spectra_of<T>
forward(const parameters& p, const std::vector<T>& x, std::int64_t first, std::size_t frames)
{
    stft<T> transform(p);
    spectra_of<T> spectra(frames * transform.bins());
    transform.analyse(x.data(), static_cast<std::int64_t>(x.size()), first, frames, spectra.data());
    return spectra;
}

template <class T>
spectra_of<T> forward(const parameters& p, const std::vector<T>& x)
{
    const auto starts = starts_of(p, x.size());
    return forward(p, x, starts.front(), starts.size());
}

template <class T>
std::vector<T> inverted(istft<T> inverse, const spectra_of<T>& spectra, std::size_t length)
{
    std::vector<T> y(length, T(-99));
    inverse.invert(spectra.data(),
                   spectra.size() / inverse.bins(),
                   y.data(),
                   static_cast<std::int64_t>(length));
    return y;
}

} // namespace qa
#endif
