/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_DSTFT_CASES_H
#define INCLUDED_STFT_LIB_QA_DSTFT_CASES_H

#include "qa/dstft_support.h"

/* Signals, window lengths and positions of DSTFTs. */
namespace qa {

using namespace gr::stft::kernel;

template <class T>
using complex_t = std::complex<real_t<T>>;
template <class T>
using spectrum_t = std::vector<complex_t<T>>;

//! Samples of T that are the same in single precision.
template <class T>
std::vector<T> signal(std::size_t length)
{
    std::vector<T> x;
    for (const auto& v : noise<std::complex<float>>(length, 5)) {
        if constexpr (is_real_v<T>)
            x.push_back(v.real());
        else
            x.push_back(T(v.real(), v.imag()));
    }
    return x;
}

//! Window lengths that the kernel's frame takes: one theta, or one per bin.
template <class T>
std::vector<double> for_kernel(const dstft<T>& transform, const std::vector<double>& theta)
{
    return { theta.begin(), theta.begin() + static_cast<std::ptrdiff_t>(transform.thetas()) };
}

//! No error may exceed this, relative to the largest value of all frames.
template <class T>
constexpr double dstft_limit = std::is_same_v<real_t<T>, float> ? 3e-6 : 4e-13;

template <class T>
std::vector<complex_t<T>> analysed(dstft<T>& transform,
                                   const gr::stft::kernel::excerpt<T>& x,
                                   const position& t,
                                   const std::vector<double>& theta)
{
    spectrum_t<T> spectrum(transform.bins());
    transform.analyse(x, t, theta.data(), spectrum.data());
    return spectrum;
}

} // namespace qa
#endif
