/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "complex_dft.h"
#include "kernel/simd/power.h"
#include "kernel/simd/routines.h"
#include "real_dft.h"
#include "reals.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {

// Longer spectra are copied first: an FFT jumps through its input, which had better be in the nearest cache.
constexpr std::size_t longest_direct = 4096;

//! Adds up the tapered samples of a frame that are n_fft apart, the first of them at index `offset`.
template <class T>
void fold(const T* frame, const taper<T>& taper, std::size_t offset, std::size_t n_fft, T* sums)
{
    std::fill_n(sums, n_fft, T(0));
    for (std::size_t m = 0, at = offset; m < taper.length(); at = 0) {
        const auto count = std::min(taper.length() - m, n_fft - at);
        taper.multiply_add(frame + m, m, count, sums + at);
        m += count;
    }
}

} // namespace

template <class T>
frame_analysis<T>::frame_analysis(std::size_t n_fft, bool shifted)
    : d_n_fft(n_fft), d_shifted(shifted), d_buffer(n_fft, T(0))
{
    if constexpr (is_real_v<T>) {
        d_real = std::make_shared<const real_dft<T>>(real_dft<T>::direction::forward, n_fft);
        d_scratch.resize(d_real->scratch_size());
    } else {
        d_complex = complex_dft<real_t<T>>::get(dft_kind::forward, n_fft);
        d_scratch.resize(d_complex->scratch_size());
        d_spectrum.resize(n_fft);
    }
}

template <class T>
void frame_analysis<T>::analyse(const T* frame,
                                const taper<T>& taper,
                                std::size_t offset,
                                complex* spectrum)
{
    const auto length = taper.length();
    if ((d_foreign || offset != d_offset || length != d_length) && length < d_n_fft)
        std::fill(d_buffer.begin(), d_buffer.end(), T(0));
    d_foreign = false;
    d_offset = offset;
    d_length = length;
    if (length > d_n_fft) {
        fold(frame, taper, offset, d_n_fft, d_buffer.data());
        transform(spectrum);
        return;
    }
    const auto before_wrap = std::min(length, d_n_fft - offset);
    taper.multiply(frame, 0, before_wrap, d_buffer.data() + offset);
    taper.multiply(frame + before_wrap, before_wrap, length - before_wrap, d_buffer.data());
    transform(spectrum);
}

template <class T>
T* frame_analysis<T>::buffer()
{
    d_foreign = true;
    return d_buffer.data();
}

template <class T>
void frame_analysis<T>::transform(complex* spectrum)
{
    if constexpr (is_real_v<T>) {
        d_real->forward(d_buffer.data(), spectrum, d_scratch.data());
    } else {
        if (!d_shifted &&
            (d_complex->takes_any_address() || dft_plan<real_t<T>>::aligned(spectrum))) {
            d_complex->execute(d_buffer.data(), spectrum, d_scratch.data());
            return;
        }
        d_complex->execute(d_buffer.data(), d_spectrum.data(), d_scratch.data());
        const auto negative = d_shifted ? d_spectrum.end() - d_n_fft / 2 : d_spectrum.end();
        std::rotate_copy(d_spectrum.begin(), negative, d_spectrum.end(), spectrum);
    }
}

template <class T>
void frame_analysis<T>::powers(real_t<T>* power)
{
    if constexpr (is_real_v<T>) {
        d_real->powers(d_buffer.data(), power, d_scratch.data());
    } else {
        d_complex->execute(d_buffer.data(), d_spectrum.data(), d_scratch.data());
        simd::dispatch<power_of<real_t<T>>>(reals(d_spectrum.data()), d_n_fft, power);
    }
}

template <class T>
void frame_analysis<T>::transform()
{
    if constexpr (is_real_v<T>)
        d_real->transform(d_buffer.data(), d_scratch.data());
    else
        d_complex->execute(d_buffer.data(), d_spectrum.data(), d_scratch.data());
}

template <class T>
void frame_analysis<T>::take(std::size_t begin, std::size_t end, complex* spectrum) const
{
    if constexpr (is_real_v<T>)
        d_real->take(d_scratch.data(), begin, end, spectrum);
    else
        std::copy(d_spectrum.data() + begin, d_spectrum.data() + end, spectrum + begin);
}

template <class T>
frame_synthesis<T>::frame_synthesis(std::size_t n_fft, bool shifted)
    : d_n_fft(n_fft), d_shifted(shifted), d_spectrum(bins<T>(n_fft)),
      d_buffer(n_fft + simd::padding)
{
    if constexpr (is_real_v<T>) {
        d_real = std::make_shared<const real_dft<T>>(real_dft<T>::direction::backward, n_fft);
        d_scratch.resize(d_real->scratch_size());
    } else {
        d_complex = complex_dft<real_t<T>>::get(dft_kind::backward, n_fft);
        d_scratch.resize(d_complex->scratch_size());
    }
}

template <class T>
const T* frame_synthesis<T>::synthesise(const complex* spectrum)
{
    if constexpr (is_real_v<T>) {
        d_real->backward(spectrum, d_buffer.data(), d_scratch.data());
        return d_buffer.data();
    } else {
        const bool short_and_aligned =
            d_n_fft <= longest_direct && dft_plan<real_t<T>>::aligned(spectrum);
        if (!d_shifted && (d_complex->takes_any_address() || short_and_aligned)) {
            d_complex->execute(spectrum, d_buffer.data(), d_scratch.data());
            return d_buffer.data();
        }
        const auto zero = d_shifted ? spectrum + d_n_fft / 2 : spectrum;
        std::rotate_copy(spectrum, zero, spectrum + d_n_fft, d_spectrum.begin());
        return transform();
    }
}

template <class T>
const T* frame_synthesis<T>::transform()
{
    if constexpr (is_real_v<T>)
        synthesise(d_spectrum.data());
    else
        d_complex->execute(d_spectrum.data(), d_buffer.data(), d_scratch.data());
    for (std::size_t k = 0; k < simd::padding; ++k)
        d_buffer[d_n_fft + k] = d_buffer[k];
    return d_buffer.data();
}

template class frame_analysis<float>;
template class frame_analysis<double>;
template class frame_analysis<std::complex<float>>;
template class frame_analysis<std::complex<double>>;
template class frame_synthesis<float>;
template class frame_synthesis<double>;
template class frame_synthesis<std::complex<float>>;
template class frame_synthesis<std::complex<double>>;

} // namespace gr::stft::kernel
