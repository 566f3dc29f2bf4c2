/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/settled_signal.h"
#include "kernel/simd/dispatch.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

//! result = sums + weighted; result may be sums.
template <class R>
STFT_LOOP void add(const R* sums, const R* weighted, std::size_t count, R* result)
{
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i)
        result[i] = sums[i] + weighted[i];
}

//! weighted = taps frame
template <class R>
STFT_LOOP void weigh(const R* frame, const R* taps, std::size_t count, R* weighted)
{
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i)
        weighted[i] = frame[i] * taps[i];
}

//! weigh(), and sums += what that changes
template <class R>
STFT_LOOP void weigh_again(const R* frame, const R* taps, std::size_t count, R* weighted, R* sums)
{
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i) {
        const R now = frame[i] * taps[i];
        sums[i] += now - weighted[i];
        weighted[i] = now;
    }
}

//! taps sums / coverage; next to nothing where there is no coverage. A sample is P numbers, of which the coverage is
//! one.
template <class R, std::size_t P>
STFT_LOOP void
divided(const R* sums, const R* per_coverage, const R* taps, std::size_t samples, R* frame)
{
#pragma omp simd
    for (std::size_t m = 0; m < samples; ++m)
        if constexpr (P == 1) {
            frame[m] = sums[m] * (taps[m] * per_coverage[m]);
        } else {
            const R factor = taps[2 * m] * per_coverage[m];
            frame[2 * m] = sums[2 * m] * factor;
            frame[2 * m + 1] = sums[2 * m + 1] * factor;
        }
}

//! False if a number is not finite.
template <class R>
STFT_LOOP bool are_finite(const R* numbers, std::size_t count)
{
    R sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < count; ++i)
        sum += numbers[i] * 0; // NaN for what is not finite
    return sum == 0;
}

} // namespace

template <class T>
settled_signal<T>::settled_signal(const phase_settings& s)
    : d_n_fft(s.n_fft), d_forward(s.n_fft, s.sides == sides::centered),
      d_backward(s.n_fft, s.sides == sides::centered), d_coverage(s.n_fft),
      d_settled(parts * s.n_fft), d_signal(parts * slots * s.n_fft)
{
    for (auto& weighted : d_weighted)
        weighted.resize(parts * d_n_fft);
    change(s);
}

template <class T>
void settled_signal<T>::change(const phase_settings& s)
{
    const auto taps = s.frames_of().taps();
    d_length = taps.size();
    d_taps.clear();
    volk::vector<real> once;
    for (const auto& w : taps) {
        once.push_back(static_cast<real>(w.real()));
        d_taps.insert(d_taps.end(), parts, once.back());
    }
    d_coverage.change(once.data(), d_length);
    d_offset = phase_reference("centre").offset(0, d_length, d_n_fft);
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
    const auto numbers = static_cast<std::int64_t>(parts) * step;
    std::copy(d_settled.begin() + numbers, d_settled.end(), d_settled.begin());
    std::fill(d_settled.end() - numbers, d_settled.end(), real(0));
    d_coverage.advance(step);
}

//! Calls f(numbers, from, count) for the two pieces of a frame, whose numbers from .. from + count - 1 these are.
template <class T>
template <class F>
void settled_signal<T>::synthesise(const complex* spectrum, F f)
{
    const auto* const period = reinterpret_cast<const real*>(d_backward.synthesise(spectrum));
    const auto before_wrap = parts * std::min(d_length, d_n_fft - d_offset);
    f(period + parts * d_offset, 0, before_wrap);
    f(period, before_wrap, parts * d_length - before_wrap);
}

template <class T>
void settled_signal<T>::settle(std::size_t slot)
{
    const auto& weighted = d_weighted[slot];
    if (!simd::dispatch<are_finite<real>>(weighted.data(), d_taps.size()))
        return;
    simd::dispatch<add<real>>(d_settled.data(), weighted.data(), d_taps.size(), d_settled.data());
    d_coverage.settle();
}

template <class T>
bool settled_signal<T>::reaches(std::int64_t start) const
{
    return start >= 0 && start <= static_cast<std::int64_t>((slots - 1) * d_n_fft);
}

template <class T>
void settled_signal<T>::take(std::size_t slot, const complex* spectrum)
{
    synthesise(spectrum, [&](const real* frame, std::size_t from, std::size_t count) {
        simd::dispatch<weigh<real>>(
            frame, d_taps.data() + from, count, d_weighted[slot].data() + from);
    });
}

template <class T>
void settled_signal<T>::begin(const pending* frames, std::size_t count)
{
    d_starts.clear();
    std::int64_t latest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (frames[i].spectrum)
            take(frames[i].slot, frames[i].spectrum);
        if (reaches(frames[i].start)) {
            d_starts.push_back(frames[i].start);
            latest = std::max(latest, frames[i].start);
        }
    }
    const auto tail =
        static_cast<std::int64_t>(d_taps.size()); // what the first pending frame leaves
    auto* const left = std::copy(d_settled.begin() + tail, d_settled.end(), d_signal.data() + tail);
    std::fill_n(left, static_cast<std::int64_t>(parts) * latest, real(0));
    for (std::size_t i = 0; i < count; ++i)
        if (reaches(frames[i].start)) {
            auto* const sums = sums_from(frames[i].start);
            simd::dispatch<add<real>>(i > 0 ? sums : d_settled.data(),
                                      d_weighted[frames[i].slot].data(),
                                      d_taps.size(),
                                      sums);
        }
    d_inverse = d_coverage.inverse(d_starts, static_cast<std::size_t>(latest) + d_length);
}

template <class T>
void settled_signal<T>::replace(std::size_t slot, std::int64_t start, const complex* spectrum)
{
    synthesise(spectrum, [&](const real* frame, std::size_t from, std::size_t count) {
        simd::dispatch<weigh_again<real>>(frame,
                                          d_taps.data() + from,
                                          count,
                                          d_weighted[slot].data() + from,
                                          sums_from(start) + from);
    });
}

template <class T>
void settled_signal<T>::analyse(std::int64_t start, complex* spectrum)
{
    const auto before_wrap = std::min(d_length, d_n_fft - d_offset);
    auto* const buffer = d_forward.buffer();
    const auto piece = [&](std::size_t from, std::size_t samples, T* to) {
        simd::dispatch<divided<real, parts>>(sums_from(start) + parts * from,
                                             d_inverse + start + from,
                                             d_taps.data() + parts * from,
                                             samples,
                                             reinterpret_cast<real*>(to));
    };
    piece(0, before_wrap, buffer + d_offset);
    piece(before_wrap, d_length - before_wrap, buffer);
    d_forward.transform(spectrum);
}

template class settled_signal<float>;
template class settled_signal<double>;
template class settled_signal<std::complex<float>>;
template class settled_signal<std::complex<double>>;

} // namespace gr::stft::kernel
