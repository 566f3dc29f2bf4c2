/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "kernel/speed/band_decimator.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/frames/window.h>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double highest = 1e18; // a power of it is still finite
constexpr std::size_t lanes = 16;

//! Sum of products, in an order that does not depend on where the numbers lie. count: a multiple of lanes
template <class R>
STFT_LOOP R inner_product(const R* a, const R* b, std::size_t count)
{
    R sums[lanes] = {};
    for (std::size_t i = 0; i < count; i += lanes)
        for (std::size_t l = 0; l < lanes; ++l)
            sums[l] += a[i + l] * b[i + l];
    for (auto half = lanes / 2; half; half /= 2)
        for (std::size_t l = 0; l < half; ++l)
            sums[l] += sums[l + half];
    return sums[0];
}

//! Samples on either side: a Kaiser window of 70 dB whose transition lies between 0.39 and 0.61 of the lower rate, or, where
//! the rate stays, between 0.46 and 0.54. Then 2 reach + 2 taps are a multiple of lanes.
std::size_t reach_of(std::size_t factor)
{
    const auto transition = factor == 1 ? 0.08 : 0.22 / static_cast<double>(factor);
    const auto reach = static_cast<std::size_t>(std::ceil((70 - 7.95) / (14.36 * transition) / 2));
    return reach / (lanes / 2) * (lanes / 2) + lanes / 2 - 1;
}

} // namespace

template <class R>
band_decimator<R>::band_decimator(std::size_t factor)
    : d_factor(factor), d_reach(reach_of(factor)), d_samples(4 * (2 * d_reach + 2) + 16384)
{
    // tap j of quarter r belongs to the sample at j - reach - r / 4 from the value
    const auto width = 2 * d_reach + 2, quarters = oversampling * width;
    const auto taper = window("kaiser", { 6.755 }).sample(quarters + 1, true);
    for (std::size_t r = 0; r < oversampling; ++r) {
        std::vector<double> exact(width);
        double sum = 0;
        for (std::size_t j = 0; j < width; ++j) {
            const auto at = oversampling * (j + 1) - r; // quarters from the taper's start
            const auto x = (static_cast<double>(at) - static_cast<double>(quarters) / 2) /
                           oversampling / static_cast<double>(factor);
            if (at < quarters)
                exact[j] = (x == 0 ? 1 : std::sin(pi * x) / (pi * x)) * taper[at].real();
            sum += exact[j];
        }
        for (const auto tap : exact)
            d_taps[r].push_back(static_cast<R>(tap / sum));
    }
    d_samples.append_zeros(d_reach);
}

template <class R>
void band_decimator<R>::damage(std::int64_t sample)
{
    const auto near = static_cast<std::int64_t>(d_reach);
    if (!d_damaged.empty() && sample - d_damaged.back().end <= near)
        d_damaged.back().end = sample + 1;
    else
        d_damaged.push_back({ sample, sample + 1 });
}

template <class R>
bool band_decimator<R>::damaged(std::int64_t begin, std::int64_t end) const
{
    for (const auto& each : d_damaged)
        if (each.begin < end && begin < each.end)
            return true;
    return false;
}

template <class R>
void band_decimator<R>::forget_damage(std::int64_t begin)
{
    while (!d_damaged.empty() && d_damaged.front().end <= begin)
        d_damaged.pop_front();
}

template <class R>
std::size_t band_decimator<R>::take(const R* samples, std::size_t count)
{
    const auto taken = std::min(count, d_samples.room());
    auto* to = d_samples.append(taken);
    for (std::size_t i = 0; i < taken; ++i) {
        if (samples && std::abs(samples[i]) <= static_cast<R>(highest))
            d_last = samples[i];
        else
            damage(d_received + static_cast<std::int64_t>(i));
        to[i] = d_last;
    }
    d_received += static_cast<std::int64_t>(taken);
    d_end += static_cast<std::int64_t>(taken);
    return taken;
}

template <class R>
bool band_decimator<R>::next(R& value)
{
    const auto quarter = static_cast<std::uint64_t>(d_next) * d_factor; // of a sample
    const auto whole = static_cast<std::int64_t>(quarter / oversampling);
    const auto& taps = d_taps[quarter % oversampling];
    if (whole >= d_ends)
        return false;
    const auto held = static_cast<std::int64_t>(d_samples.size());
    const auto at = whole - static_cast<std::int64_t>(d_reach) - (d_end - held);
    if (at + static_cast<std::int64_t>(taps.size()) > held)
        return false;
    d_samples.drop(static_cast<std::size_t>(at));
    value = simd::dispatch<inner_product<R>>(d_samples.data(), taps.data(), taps.size());
    ++d_next;
    return true;
}

template class band_decimator<float>;
template class band_decimator<double>;

} // namespace gr::stft::kernel
