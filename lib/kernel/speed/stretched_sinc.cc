/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/dispatch.h"
#include "stretched_sinc.h"
#include <gnuradio/stft/kernel/frames/window.h>
#include <boost/math/constants/constants.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

namespace gr::stft::kernel {

namespace {

constexpr double half_width = 16, beta = 9; // samples, of the Kaiser window
constexpr double cut_off = 0.92;            // of the Nyquist frequency
constexpr double rows_unstretched = 512;    // for a sample

//! The sum of x[i] (a[i] + weight (b[i] - a[i])).
template <class R>
STFT_LOOP R weighted_sum(const R* x, const R* a, const R* b, R weight, std::size_t count)
{
    R sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < count; ++i)
        sum += x[i] * (a[i] + weight * (b[i] - a[i]));
    return sum;
}

template <class R>
STFT_LOOP std::complex<R>
weighted_sum_of_complex(const R* x, const R* a, const R* b, R weight, std::size_t count)
{
    R re = 0, im = 0;
#pragma omp simd reduction(+ : re, im)
    for (std::size_t i = 0; i < count; ++i) {
        const auto tap = a[i] + weight * (b[i] - a[i]);
        re += x[2 * i] * tap;
        im += x[2 * i + 1] * tap;
    }
    return { re, im };
}

} // namespace

template <class T>
const stretched_sinc<T>& stretched_sinc<T>::of(double stretch)
{
    static std::mutex mutex;
    // never destroyed: a flowgraph may still run when static objects end
    static auto& all = *new std::map<double, stretched_sinc>;
    const std::lock_guard<std::mutex> lock(mutex);
    return all.try_emplace(stretch, stretch).first->second;
}

template <class T>
stretched_sinc<T>::stretched_sinc(double stretch)
    : d_stretch(stretch), d_reach(static_cast<std::size_t>(std::ceil(half_width * stretch))),
      d_rows(static_cast<std::size_t>(std::max(2.0, std::ceil(rows_unstretched / stretch)))),
      d_taps((d_rows + 1) * 2 * d_reach)
{
    const auto shape = window("kaiser", { beta }).sample(2 * d_reach * d_rows + 1, true);
    std::vector<double> row(2 * d_reach);
    for (std::size_t p = 0; p <= d_rows; ++p) {
        double sum = 0;
        for (std::size_t i = 0; i < row.size(); ++i) { // sample i + 1 - reach
            const auto at = (i + 1) * d_rows - p;      // rows from the window's beginning
            const auto u = static_cast<double>(at) / static_cast<double>(d_rows) -
                           static_cast<double>(d_reach);
            const auto angle = boost::math::double_constants::pi * cut_off * u / stretch;
            row[i] = (u == 0 ? 1 : std::sin(angle) / angle) * shape[at].real();
            sum += row[i];
        }
        std::transform(row.begin(),
                       row.end(),
                       d_taps.begin() + static_cast<std::ptrdiff_t>(p * row.size()),
                       [sum](double tap) { return static_cast<real>(tap / sum); });
    }
}

template <class T>
T stretched_sinc<T>::at(const T* samples, double fraction) const
{
    const auto position = fraction * static_cast<double>(d_rows);
    const auto row = std::min(static_cast<std::size_t>(position), d_rows - 1);
    const auto weight = static_cast<real>(position - static_cast<double>(row));
    const auto count = 2 * d_reach;
    const auto* a = d_taps.data() + row * count;
    const auto* x = reinterpret_cast<const real*>(samples - (d_reach - 1));
    if constexpr (is_real_v<T>)
        return simd::dispatch<weighted_sum<real>>(x, a, a + count, weight, count);
    else
        return simd::dispatch<weighted_sum_of_complex<real>>(x, a, a + count, weight, count);
}

template class stretched_sinc<float>;
template class stretched_sinc<double>;
template class stretched_sinc<std::complex<float>>;

} // namespace gr::stft::kernel
