/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/settled_signal.h"
#include "kernel/simd/dispatch.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

//! sums += weighted, coverage += squares
template <class T>
STFT_LOOP void add_weighted(const T* weighted,
                            const real_t<T>* squares,
                            std::size_t count,
                            T* sums,
                            real_t<T>* coverage)
{
#pragma omp simd
    for (std::size_t m = 0; m < count; ++m) {
        sums[m] += weighted[m];
        coverage[m] += squares[m];
    }
}

//! weighted = taps frame
template <class T>
STFT_LOOP void weigh(const T* frame, const real_t<T>* taps, std::size_t count, T* weighted)
{
#pragma omp simd
    for (std::size_t m = 0; m < count; ++m)
        weighted[m] = frame[m] * taps[m];
}

//! weigh(), and sums += what that changes
template <class T>
STFT_LOOP void
weigh_again(const T* frame, const real_t<T>* taps, std::size_t count, T* weighted, T* sums)
{
#pragma omp simd
    for (std::size_t m = 0; m < count; ++m) {
        const T now = frame[m] * taps[m];
        sums[m] += now - weighted[m];
        weighted[m] = now;
    }
}

//! 1 / coverage, 1 where that is not above `least`
template <class R>
STFT_LOOP void inverse(const R* coverage, std::size_t count, R least, R* result)
{
#pragma omp simd
    for (std::size_t m = 0; m < count; ++m)
        result[m] = 1 / (coverage[m] > least ? coverage[m] : R(1));
}

//! taps sums / coverage; next to nothing where there is no coverage.
template <class T>
STFT_LOOP void divided(const T* sums,
                       const real_t<T>* per_coverage,
                       const real_t<T>* taps,
                       std::size_t count,
                       T* frame)
{
#pragma omp simd
    for (std::size_t m = 0; m < count; ++m)
        frame[m] = sums[m] * (taps[m] * per_coverage[m]);
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
      d_backward(s.n_fft, s.sides == sides::centered)
{
    for (auto* all : { &d_settled, &d_signal }) {
        all->weighted.resize(slots * d_n_fft);
        all->coverage.resize(slots * d_n_fft);
    }
    for (auto& weighted : d_weighted)
        weighted.resize(d_n_fft);
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

//! Calls f(samples, from, count) for the two pieces of a frame, whose samples from .. from + count - 1 these are.
template <class T>
template <class F>
void settled_signal<T>::synthesise(const complex* spectrum, F f)
{
    const T* period = d_backward.synthesise(spectrum);
    const auto length = d_taps.size(), before_wrap = std::min(length, d_n_fft - d_offset);
    f(period + d_offset, 0, before_wrap);
    f(period, before_wrap, length - before_wrap);
}

template <class T>
void settled_signal<T>::take(std::size_t slot, const complex* spectrum)
{
    synthesise(spectrum, [&](const T* frame, std::size_t from, std::size_t count) {
        simd::dispatch<weigh<T>>(
            frame, d_taps.data() + from, count, d_weighted[slot].data() + from);
    });
}

template <class T>
void settled_signal<T>::replace(std::size_t slot, std::size_t later, const complex* spectrum)
{
    synthesise(spectrum, [&](const T* frame, std::size_t from, std::size_t count) {
        simd::dispatch<weigh_again<T>>(frame,
                                       d_taps.data() + from,
                                       count,
                                       d_weighted[slot].data() + from,
                                       d_signal.weighted.data() + later + from);
    });
}

template <class T>
void settled_signal<T>::add_to(sums& all, std::size_t slot, std::size_t later)
{
    simd::dispatch<add_weighted<T>>(d_weighted[slot].data(),
                                    d_squares.data(),
                                    d_taps.size(),
                                    all.weighted.data() + later,
                                    all.coverage.data() + later);
}

template <class T>
void settled_signal<T>::settle(std::size_t slot)
{
    if (simd::dispatch<are_finite<T>>(d_weighted[slot].data(), d_taps.size()))
        add_to(d_settled, slot, 0);
}

template <class T>
void settled_signal<T>::begin(std::size_t latest)
{
    const auto count = latest + d_taps.size();
    std::copy_n(d_settled.weighted.begin(), count, d_signal.weighted.begin());
    std::copy_n(d_settled.coverage.begin(), count, d_signal.coverage.begin());
    d_length = count;
}

template <class T>
void settled_signal<T>::add(std::size_t slot, std::size_t later)
{
    add_to(d_signal, slot, later);
}

template <class T>
void settled_signal<T>::complete()
{
    simd::dispatch<inverse<real>>(
        d_signal.coverage.data(), d_length, d_least, d_signal.coverage.data());
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
