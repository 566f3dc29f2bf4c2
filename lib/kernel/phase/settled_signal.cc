/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/settled_signal.h"
#include "kernel/simd/dispatch.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

//! result = sums + weighted; result may be sums.
template <class T>
STFT_LOOP void add(const T* sums, const T* weighted, std::size_t count, T* result)
{
#pragma omp simd
    for (std::size_t m = 0; m < count; ++m)
        result[m] = sums[m] + weighted[m];
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
      d_backward(s.n_fft, s.sides == sides::centered), d_coverage(s.n_fft), d_settled(s.n_fft),
      d_signal(slots * s.n_fft)
{
    for (auto& weighted : d_weighted)
        weighted.resize(d_n_fft);
    change(s);
}

template <class T>
void settled_signal<T>::change(const phase_settings& s)
{
    d_taps.clear();
    for (const auto& w : s.frames_of().taps())
        d_taps.push_back(static_cast<real>(w.real()));
    d_coverage.change(d_taps.data(), d_taps.size());
    d_offset = phase_reference("centre").offset(0, d_taps.size(), d_n_fft);
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
    std::copy(d_settled.begin() + step, d_settled.end(), d_settled.begin());
    std::fill(d_settled.end() - step, d_settled.end(), T(0));
    d_coverage.advance(step);
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
void settled_signal<T>::settle(std::size_t slot)
{
    if (!simd::dispatch<are_finite<T>>(d_weighted[slot].data(), d_taps.size()))
        return;
    simd::dispatch<add<T>>(
        d_settled.data(), d_weighted[slot].data(), d_taps.size(), d_settled.data());
    d_coverage.settle();
}

template <class T>
bool settled_signal<T>::reaches(std::int64_t later) const
{
    return later >= 0 && later <= static_cast<std::int64_t>((slots - 1) * d_n_fft);
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
void settled_signal<T>::begin(const pending* frames, std::size_t count)
{
    const auto length = d_taps.size();
    d_starts.clear();
    std::int64_t latest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (frames[i].spectrum)
            take(frames[i].slot, frames[i].spectrum);
        if (reaches(frames[i].later)) {
            d_starts.push_back(frames[i].later);
            latest = std::max(latest, frames[i].later);
        }
    }
    const auto tail = static_cast<std::int64_t>(length); // what the first pending frame leaves
    auto* const signal = d_signal.data();
    std::fill_n(std::copy(d_settled.begin() + tail, d_settled.end(), signal + tail), latest, T(0));
    for (std::size_t i = 0; i < count; ++i)
        if (reaches(frames[i].later)) {
            auto* const sums = signal + frames[i].later;
            simd::dispatch<add<T>>(
                i > 0 ? sums : d_settled.data(), d_weighted[frames[i].slot].data(), length, sums);
        }
    d_inverse = d_coverage.inverse(d_starts, static_cast<std::size_t>(latest) + length);
}

template <class T>
void settled_signal<T>::replace(std::size_t slot, std::int64_t later, const complex* spectrum)
{
    synthesise(spectrum, [&](const T* frame, std::size_t from, std::size_t count) {
        simd::dispatch<weigh_again<T>>(frame,
                                       d_taps.data() + from,
                                       count,
                                       d_weighted[slot].data() + from,
                                       d_signal.data() + later + from);
    });
}

template <class T>
void settled_signal<T>::analyse(std::int64_t later, complex* spectrum)
{
    const auto length = d_taps.size(), before_wrap = std::min(length, d_n_fft - d_offset);
    auto* buffer = d_forward.buffer();
    const auto piece = [&](std::size_t from, std::size_t count, T* to) {
        simd::dispatch<divided<T>>(d_signal.data() + later + from,
                                   d_inverse + later + from,
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
