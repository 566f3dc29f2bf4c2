/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/dispatch.h"
#include "spectral_whitener.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t lanes = 8; // partial sums; the same for every processor

template <class R>
STFT_LOOP double sum_of(const R* power, std::size_t count)
{
    double sum[lanes] = {};
    std::size_t m = 0;
    for (; m + lanes <= count; m += lanes)
        for (std::size_t l = 0; l < lanes; ++l)
            sum[l] += power[m + l];
    for (; m < count; ++m)
        sum[0] += power[m];
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

//! Moves the mean towards the power, and returns the sum of the mean.
template <class R>
STFT_LOOP double approach(R* __restrict mean, const R* __restrict power, std::size_t count, R share)
{
    for (std::size_t m = 0; m < count; ++m)
        mean[m] += share * (power[m] - mean[m]);
    return sum_of(mean, count);
}

template <class R>
STFT_LOOP void scale(const R* __restrict mean, std::size_t count, R factor, R* __restrict scaled)
{
    for (std::size_t m = 0; m < count; ++m)
        scaled[m] = factor * mean[m];
}

//! Computes box[m] = sums[m] + .. + sums[m + width - 1], m < count, from sums over powers of two, each of which is made of
//! two of half the length in the place of those.
template <class R>
STFT_LOOP void boxes(R* __restrict sums, std::size_t count, std::size_t width, R* __restrict box)
{
    std::fill_n(box, count, R(0));
    std::size_t begin = 0; // of what is missing in the boxes
    for (std::size_t length = 1; begin < width; length *= 2) {
        if (width & length) {
            for (std::size_t m = 0; m < count; ++m)
                box[m] += sums[begin + m];
            begin += length;
        }
        const auto needed = begin < width ? count + width - 2 * length : 0;
        for (std::size_t m = 0; m < needed; ++m)
            sums[m] += sums[m + length];
    }
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

//! Computes W from sums over boxes of a running mean whose own mean is 1.
template <class R>
STFT_LOOP void weigh(const R* __restrict box,
                     const R* __restrict per_bin,
                     std::size_t count,
                     R floor,
                     R* __restrict W)
{
    for (std::size_t m = 0; m < count; ++m)
        W[m] = 1 / (box[m] * per_bin[m] + floor);
}

} // namespace

template <class R>
spectral_whitener<R>::spectral_whitener(std::size_t n, bool one_sided, double floor)
    : d_n(n), d_bins(one_sided ? n / 2 + 1 : n),
      d_width(std::max(n / 32, std::min<std::size_t>(n / 8, 8))), d_one_sided(one_sided),
      d_floor(floor), d_mean(d_bins), d_weight(d_bins + 1), d_sums(d_bins + 2 * d_width),
      d_box(d_bins), d_per_bin(d_bins)
{
    for (std::size_t m = 0; m < d_bins; ++m) {
        const auto below = d_one_sided ? std::min(m, d_width) : d_width;
        const auto above = d_one_sided ? std::min(d_bins - 1 - m, d_width) : d_width;
        d_per_bin[m] = 1 / static_cast<R>(below + 1 + above);
    }
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
    if (!d_started)
        std::copy_n(power, d_bins, d_mean.begin());
    const double sum = simd::dispatch<approach<R>>(
        d_mean.data(), power, d_bins, static_cast<R>(d_started ? share : 0));
    d_started = true;

    // at the edges the box wraps around (two-sided) or is truncated (one-sided)
    const auto w = d_width;
    auto* const middle = d_sums.data() + w;
    const double most = std::numeric_limits<R>::max(); // of little power in many bins
    const double per_mean = std::min(static_cast<double>(d_bins) / sum, most);
    simd::dispatch<scale<R>>(d_mean.data(), d_bins, static_cast<R>(per_mean), middle);
    if (d_one_sided) {
        std::fill_n(d_sums.data(), w, R(0));
        std::fill_n(middle + d_bins, w, R(0));
    } else {
        std::copy_n(middle + d_bins - w, w, d_sums.data());
        std::copy_n(middle, w, middle + d_bins);
    }
    simd::dispatch<boxes<R>>(d_sums.data(), d_bins, 2 * w + 1, d_box.data());
    simd::dispatch<weigh<R>>(
        d_box.data(), d_per_bin.data(), d_bins, static_cast<R>(d_floor), d_weight.data());
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
