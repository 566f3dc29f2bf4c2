/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "analytic_signal.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/frames/window.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

//! z[i] of `run` samples x[i], with reach further ones on either side; taps are those at distances 1, 3 ..
template <class R, std::size_t run, std::size_t pairs>
STFT_LOOP void rotate(const R* __restrict x, const R* __restrict taps, R* __restrict z)
{
    R turned[run] = {};
    for (std::size_t j = 0; j < pairs; ++j) {
        const auto *before = x - (2 * j + 1), *after = x + (2 * j + 1);
        const R tap = taps[j];
        for (std::size_t i = 0; i < run; ++i)
            turned[i] += tap * (before[i] - after[i]);
    }
    for (std::size_t i = 0; i < run; ++i) {
        z[2 * i] = x[i];
        z[2 * i + 1] = turned[i];
    }
}

} // namespace

template <class R>
analytic_signal<R>::analytic_signal() : d_samples(4 * (most + 2 * reach)), d_part(2 * reach + run)
{
    constexpr double beta = 6;
    const auto bessel = [](double x) { return std::cyl_bessel_i(0.0, x); };
    for (std::size_t j = 0; j < d_taps.size(); ++j) {
        const double k = static_cast<double>(2 * j + 1), part = k / static_cast<double>(reach + 1);
        d_taps[j] =
            static_cast<R>(2 / (pi * k) * bessel(beta * std::sqrt(1 - part * part)) / bessel(beta));
    }
    restart();
}

template <class R>
void analytic_signal<R>::restart()
{
    d_samples.clear();
    d_samples.append_zeros(reach);
    d_pending = 0;
}

//! Computes the values whose later neighbours have come.
template <class R>
std::size_t analytic_signal<R>::filter(std::complex<R>* z)
{
    const auto count = d_pending > reach ? d_pending - reach : 0;
    constexpr auto pairs = (reach + 1) / 2;
    for (std::size_t i = 0; i < count; i += run) {
        const auto whole = std::min(run, count - i);
        const auto* x = d_samples.data() + i;
        std::complex<R> short_run[run];
        if (whole < run) { // the loop is one and the same for any count
            std::copy_n(x, whole + 2 * reach, d_part.data());
            std::fill(d_part.begin() + static_cast<std::ptrdiff_t>(whole + 2 * reach),
                      d_part.end(),
                      R(0));
            x = d_part.data();
        }
        auto* to = reinterpret_cast<R*>(whole < run ? short_run : z + i);
        simd::dispatch<rotate<R, run, pairs>>(x + reach, d_taps.data(), to);
        if (whole < run)
            std::copy_n(short_run, whole, z + i);
    }
    d_samples.drop(count);
    d_pending -= count;
    return count;
}

template <class R>
std::size_t analytic_signal<R>::push(const R* x, std::size_t count, std::complex<R>* z)
{
    d_samples.append(x, count);
    d_pending += count;
    return filter(z);
}

template <class R>
std::size_t analytic_signal<R>::finish(std::complex<R>* z)
{
    d_samples.append_zeros(reach);
    d_pending += reach;
    const auto count = filter(z);
    restart();
    return count;
}

template class analytic_signal<float>;
template class analytic_signal<double>;

} // namespace gr::stft::kernel
