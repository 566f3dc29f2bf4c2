/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/dispatch.h"
#include "spectral_whitener.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

template <class R>
STFT_LOOP void approach(R* __restrict mean, const R* __restrict power, std::size_t count, R share)
{
    for (std::size_t m = 0; m < count; ++m)
        mean[m] += share * (power[m] - mean[m]);
}

template <class R>
STFT_LOOP double sum_of(const R* power, std::size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t m = 0; m < count; ++m)
        sum += power[m];
    return sum;
}

//! interpolate() with ratio 2, whose values are written in order.
template <class R>
STFT_LOOP void halve(const R* __restrict weight, std::size_t count, R* __restrict W)
{
    for (std::size_t m = 0; m < count; ++m) {
        W[2 * m] = weight[m];
        W[2 * m + 1] = weight[m] + R(0.5) * (weight[m + 1] - weight[m]);
    }
}

//! Interpolates linearly: every ratio-th value of W is one of the weights.
template <class R>
STFT_LOOP void
interpolate(const R* __restrict weight, std::size_t count, std::size_t ratio, R* __restrict W)
{
    for (std::size_t j = 0; j < ratio; ++j) {
        const R part = static_cast<R>(j) / static_cast<R>(ratio);
        for (std::size_t m = 0; m < count; ++m)
            W[m * ratio + j] = weight[m] + part * (weight[m + 1] - weight[m]);
    }
}

//! Computes W. The envelope of a bin is the difference of two cumulative sums, times per_bin.
template <class R>
STFT_LOOP void weigh(const double* __restrict upper,
                     const double* __restrict lower,
                     std::size_t count,
                     double per_bin,
                     double floor,
                     double mean,
                     R* __restrict W)
{
    for (std::size_t m = 0; m < count; ++m)
        W[m] = static_cast<R>(mean / ((upper[m] - lower[m]) * per_bin + floor));
}

} // namespace

template <class R>
spectral_whitener<R>::spectral_whitener(std::size_t n, bool one_sided, double floor)
    : d_n(n), d_bins(one_sided ? n / 2 + 1 : n),
      d_width(std::max(n / 32, std::min<std::size_t>(n / 8, 8))), d_one_sided(one_sided),
      d_floor(floor), d_mean(d_bins), d_weight(d_bins + 1), d_running(d_bins + 2 * d_width + 2)
{
    reset();
}

template <class R>
void spectral_whitener<R>::reset()
{
    d_started = false;
    std::fill(d_weight.begin(), d_weight.end(), R(1));
    ++d_version;
}

template <class R>
void spectral_whitener<R>::update(const R* power, double share)
{
    if (d_floor == 0)
        return;
    const double total = simd::dispatch<sum_of<R>>(power, d_bins);
    if (!(total > std::numeric_limits<R>::min() * 1e6) || !std::isfinite(total))
        return;
    if (d_started)
        simd::dispatch<approach<R>>(d_mean.data(), power, d_bins, static_cast<R>(share));
    else
        std::copy_n(power, d_bins, d_mean.begin());
    d_started = true;

    // at the edges the box wraps around (two-sided) or is truncated (one-sided)
    const auto w = d_width;
    double sum = 0;
    d_running[0] = 0;
    const auto add = [&](std::size_t i, double value) { d_running[i + 1] = sum += value; };
    for (std::size_t i = 0; i < w; ++i)
        add(i, d_one_sided ? 0 : d_mean[d_bins - w + i]);
    const double before = sum;
    for (std::size_t m = 0; m < d_bins; ++m)
        add(w + m, d_mean[m]);
    const double mean = (sum - before) / static_cast<double>(d_bins);
    for (std::size_t i = 0; i < w; ++i)
        add(w + d_bins + i, d_one_sided ? 0 : d_mean[i]);
    const double box = static_cast<double>(2 * w + 1);
    simd::dispatch<weigh<R>>(d_running.data() + 2 * w + 1,
                             d_running.data(),
                             d_bins,
                             1 / box,
                             d_floor * mean,
                             mean,
                             d_weight.data());
    for (std::size_t m = 0; d_one_sided && m < std::min(w, d_bins); ++m)
        for (const auto bin : { m, d_bins - 1 - m }) {
            const auto last = std::min(bin + w, d_bins - 1), first = bin < w ? 0 : bin - w;
            const double present = static_cast<double>(last - first + 1);
            const double envelope = (d_running[bin + 2 * w + 1] - d_running[bin]) / present;
            d_weight[bin] = static_cast<R>(mean / (envelope + d_floor * mean));
        }
    d_weight[d_bins] = d_one_sided ? d_weight[d_bins - 1] : d_weight[0];
    ++d_version;
}

template <class R>
void spectral_whitener<R>::weights(std::size_t n, R* W) const
{
    const auto count = d_one_sided ? n / 2 + 1 : n;
    if (d_n == n) {
        std::copy_n(d_weight.data(), count, W);
        return;
    }
    if (d_n % n == 0) {
        const auto step = d_n / n;
        for (std::size_t m = 0; m < count; ++m)
            W[m] = d_weight[m * step];
        return;
    }
    if (n % d_n == 0) {
        const auto whole = d_one_sided ? d_n / 2 : d_n; // steps between bins
        if (n == 2 * d_n)
            simd::dispatch<halve<R>>(d_weight.data(), whole, W);
        else
            simd::dispatch<interpolate<R>>(d_weight.data(), whole, n / d_n, W);
        if (d_one_sided)
            W[count - 1] = d_weight[d_bins - 1];
        return;
    }
    for (std::size_t m = 0; m < count; ++m) {
        const auto scaled = m * d_n, below = scaled / n;
        const R part = static_cast<R>(scaled % n) / static_cast<R>(n);
        W[m] = d_weight[below] + part * (d_weight[below + 1] - d_weight[below]);
    }
}

template class spectral_whitener<float>;
template class spectral_whitener<double>;

} // namespace gr::stft::kernel
