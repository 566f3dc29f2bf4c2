/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "kernel/simd/multiply.h"
#include <gnuradio/stft/kernel/frames/taper.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

template <class T>
void taper<T>::assign(const std::vector<std::complex<double>>& values)
{
    const auto fits = [](double v) { return std::isfinite(static_cast<real>(v)); };
    const bool complex =
        std::any_of(values.begin(), values.end(), [](auto w) { return w.imag() != 0; });
    if (complex && is_real_v<T>)
        refuse("window", "complex taps", "need complex samples");
    d_length = values.size();
    d_reals.clear();
    d_values.clear();
    d_reals.reserve(complex ? 0 : d_length);
    d_values.reserve(complex ? d_length : 0);
    for (const auto& w : values) {
        if (!fits(w.real()) || !fits(w.imag()))
            refuse("window", std::abs(w), "overflows the samples' precision once scaled");
        if constexpr (!is_real_v<T>) {
            if (complex) {
                d_values.push_back(T(w));
                continue;
            }
        }
        d_reals.push_back(static_cast<real>(w.real()));
    }
}

template <class T>
void taper<T>::multiply(const T* samples, std::size_t from, std::size_t count, T* product) const
{
    if (count == 0)
        return;
    if (d_values.empty())
        kernel::multiply(samples, d_reals.data() + from, product, count);
    else
        kernel::multiply(samples, d_values.data() + from, product, count);
}

template <class T>
void taper<T>::multiply_add(const T* samples, std::size_t from, std::size_t count, T* sum) const
{
    if (count == 0)
        return;
    if (d_values.empty())
        kernel::multiply_add(samples, d_reals.data() + from, sum, count);
    else
        kernel::multiply_add(samples, d_values.data() + from, sum, count);
}

template <class T>
void taper<T>::overlap_add(const T* samples,
                           std::size_t begin,
                           std::size_t end,
                           std::size_t hop,
                           T* sum,
                           const real* weights,
                           T* result) const
{
    if (d_values.empty()) {
        const auto reals = [](T* numbers) { return reinterpret_cast<real*>(numbers); };
        kernel::overlap_add<real>(
            { d_reals.data(), weights, d_length, hop, reals(sum), reals(result) },
            samples,
            begin,
            end);
        return;
    }
    const auto finished = std::clamp(hop, begin, end);
    const auto added = std::clamp(d_length - hop, finished, end);
    multiply_add(samples, begin, added - begin, sum + begin);
    kernel::multiply(sum + begin, weights + begin, result + begin, finished - begin);
    std::copy(sum + finished, sum + added, sum + finished - hop);
    multiply(samples + (added - begin), added, end - added, sum + added - hop);
}

template class taper<float>;
template class taper<double>;
template class taper<std::complex<float>>;
template class taper<std::complex<double>>;

} // namespace gr::stft::kernel
