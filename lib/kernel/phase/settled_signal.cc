/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/settled_signal.h"
#include "kernel/simd/dispatch.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

//! sums += taps frame, coverage += squares
template <class T>
STFT_LOOP void add_weighted(const T* frame,
                            const real_t<T>* taps,
                            const real_t<T>* squares,
                            std::size_t count,
                            T* sums,
                            real_t<T>* coverage)
{
#pragma omp simd
    for (std::size_t m = 0; m < count; ++m) {
        sums[m] += frame[m] * taps[m];
        coverage[m] += squares[m];
    }
}

//! taps sums / coverage; next to nothing where the coverage is not above `least`.
template <class T>
STFT_LOOP void divided(const T* sums,
                       const real_t<T>* coverage,
                       const real_t<T>* taps,
                       std::size_t count,
                       real_t<T> least,
                       T* frame)
{
    using R = real_t<T>;
#pragma omp simd
    for (std::size_t m = 0; m < count; ++m)
        frame[m] = sums[m] * (taps[m] / (coverage[m] > least ? coverage[m] : R(1)));
}

//! False if a sum of the samples' squares is not finite.
template <class T>
STFT_LOOP bool are_finite(const T* frame, std::size_t count)
{
    using R = real_t<T>;
    const auto* parts = reinterpret_cast<const R*>(frame);
    R sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t m = 0; m < count * (sizeof(T) / sizeof(R)); ++m)
        sum += parts[m] * 0; // NaN for what is not finite
    return sum == 0;
}

} // namespace

template <class T>
settled_signal<T>::settled_signal(const phase_settings& s)
    : d_n_fft(s.n_fft), d_forward(s.n_fft, s.sides == sides::centered),
      d_backward(s.n_fft, s.sides == sides::centered), d_frame(s.n_fft)
{
    for (auto* all : { &d_settled, &d_signal }) {
        all->weighted.resize(2 * d_n_fft);
        all->coverage.resize(2 * d_n_fft);
    }
    change(s);
}

template <class T>
void settled_signal<T>::change(const phase_settings& s)
{
    const auto taps = s.frames_of().taps();
    d_taps.clear();
    d_squares.clear();
    double energy = 0;
    for (const auto& w : taps) {
        d_taps.push_back(static_cast<real>(w.real()));
        d_squares.push_back(static_cast<real>(w.real() * w.real()));
        energy += w.real() * w.real();
    }
    d_least = static_cast<real>(energy * std::numeric_limits<real>::epsilon() * 1e-6);
    d_offset = phase_reference("centre").offset(0, taps.size(), d_n_fft);
    std::fill_n(d_forward.buffer(), d_n_fft, T(0));
}

template <class T>
void settled_signal<T>::advance(std::int64_t step)
{
    if (step == 0)
        return;
    const auto reach = static_cast<std::int64_t>(d_n_fft); // of settled frames
    if (step < 0 || step > reach)
        step = reach;
    const auto shift = [&](auto& values) {
        const auto end = values.begin() + reach;
        std::copy(values.begin() + step, end, values.begin());
        std::fill(end - step, end, 0);
    };
    shift(d_settled.weighted);
    shift(d_settled.coverage);
}

//! A frame of samples, win_length of them.
template <class T>
const T* settled_signal<T>::synthesise(const complex* spectrum)
{
    const T* period = d_backward.synthesise(spectrum);
    const auto length = d_taps.size(), before_wrap = std::min(length, d_n_fft - d_offset);
    std::copy_n(period + d_offset, before_wrap, d_frame.data());
    std::copy_n(period, length - before_wrap, d_frame.data() + before_wrap);
    return d_frame.data();
}

template <class T>
void settled_signal<T>::add_to(sums& all, std::size_t later)
{
    simd::dispatch<add_weighted<T>>(d_frame.data(),
                                    d_taps.data(),
                                    d_squares.data(),
                                    d_taps.size(),
                                    all.weighted.data() + later,
                                    all.coverage.data() + later);
}

template <class T>
void settled_signal<T>::settle(const complex* spectrum)
{
    synthesise(spectrum);
    if (simd::dispatch<are_finite<T>>(d_frame.data(), d_taps.size()))
        add_to(d_settled, 0);
}

template <class T>
void settled_signal<T>::begin(std::size_t latest)
{
    const auto count = latest + d_taps.size();
    std::copy_n(d_settled.weighted.begin(), count, d_signal.weighted.begin());
    std::copy_n(d_settled.coverage.begin(), count, d_signal.coverage.begin());
}

template <class T>
void settled_signal<T>::add(const complex* spectrum, std::size_t later)
{
    synthesise(spectrum);
    add_to(d_signal, later);
}

template <class T>
void settled_signal<T>::analyse(std::size_t later, complex* spectrum)
{
    const auto length = d_taps.size(), before_wrap = std::min(length, d_n_fft - d_offset);
    auto* buffer = d_forward.buffer();
    const auto piece = [&](std::size_t from, std::size_t count, T* to) {
        simd::dispatch<divided<T>>(d_signal.weighted.data() + later + from,
                                   d_signal.coverage.data() + later + from,
                                   d_taps.data() + from,
                                   count,
                                   d_least,
                                   to);
    };
    piece(0, before_wrap, buffer + d_offset);
    piece(before_wrap, length - before_wrap, buffer);
    d_forward.transform(spectrum);
}

template class settled_signal<float>;
template class settled_signal<double>;
template class settled_signal<std::complex<float>>;
template class settled_signal<std::complex<double>>;

} // namespace gr::stft::kernel
