/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/denoise/presence_follower.h"
#include "kernel/denoise/gain_functions.h"
#include "kernel/denoise/least_noise.h"
#include "kernel/denoise/neighbours.h"
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

// at four frames for each window
constexpr double memory_of_fast = 0.8, memory_of_slow = 0.98, memory_of_presence = 0.9;
constexpr std::ptrdiff_t half = 8; // of the bins over which means are taken
constexpr int width = 2 * half + 1;
constexpr double weight_of_neighbours = 1.5;
// half of the variance of log F in steady white noise, Hann windows; where they overlap more, F wanders as much
constexpr double steady_variance = 0.048;
// mean of 1 - p(g) over that of (1 - p(g)) g, g exponential: where strong cells count less, the noise would come out weaker by it.
// With the neighbours of windows that are not padded it is 1.14 .. 1.18
constexpr double bias = 1.1578070267;

template <class R>
STFT_LOOP void bounded_ratios(const R* row, const R* noise, std::size_t bins, R* ratio)
{
    constexpr R most = R(1e12);
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R r = row[k] / noise[k];
        ratio[k] = r < most ? r : most;
    }
}

//! State of a follower; ratio: g, sum: that over its neighbours.
template <class R>
struct followed {
    R keep_fast, keep_slow, keep_presence;
    R *presence, *fast, *slow, *count;
};

//! F and S follow a row where a signal is improbable; where one seems to be there all the time, the noise has grown.
template <class R>
STFT_LOOP void
follow_row(const R* row, const R* ratio, const R* sum, std::size_t bins, followed<R> f)
{
    constexpr R most = R(0.99), most_power = std::numeric_limits<R>::max() / 4;
    constexpr R share = R(weight_of_neighbours / width);
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R around = sum[k] * share;
        const R argument = ratio[k] > around ? ratio[k] : around;
        R p = static_cast<R>(presence_of_signal(static_cast<float>(argument)));
        const R smooth = f.keep_presence * f.presence[k] + (1 - f.keep_presence) * p;
        f.presence[k] = smooth;
        const R bounded = p < most ? p : most;
        p = smooth > most ? bounded : p;
        const R power = (row[k] < most_power ? row[k] : most_power) * R(bias);
        const R fast = f.fast[k] + (1 - f.keep_fast) * (1 - p) * (power - f.fast[k]);
        f.fast[k] = fast > least_noise<R> ? fast : least_noise<R>;
        const R seen = f.count[k] + (1 - p), mean = 1 / (1 + seen);
        f.count[k] = seen;
        const R taken = (1 - f.keep_slow > mean ? 1 - f.keep_slow : mean) * (1 - p);
        const R slow = f.slow[k] + taken * (power - f.slow[k]);
        f.slow[k] = slow > least_noise<R> ? slow : least_noise<R>;
    }
}

//! e, and its square.
template <class R>
STFT_LOOP void departures(const R* fast, const R* slow, std::size_t bins, R* e, R* square)
{
    constexpr float least = 1e-34f, most = 1e34f;
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const float ratio = static_cast<float>(fast[k] / slow[k]);
        const float above = ratio > least ? ratio : least;
        e[k] = static_cast<R>(logarithm_of(above < most ? above : most));
        square[k] = e[k] * e[k];
    }
}

//! steady: the sum of e^2 below which N is S.
template <class R>
STFT_LOOP void depart(const R* slow, const R* e, const R* sum, R steady, std::size_t bins, R* noise)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R w = sum[k] > steady ? 1 - steady / sum[k] : R(0);
        const R next = slow[k] * static_cast<R>(falling_exponential(static_cast<float>(-w * e[k])));
        noise[k] = next > least_noise<R> ? next : least_noise<R>;
    }
}

} // namespace

template <class R>
presence_follower<R>::presence_follower(const gain_settings& s)
    : d_bins(s.bins()), d_circular(s.sides != sides::onesided), d_presence(d_bins, 0),
      d_fast(d_bins), d_slow(d_bins), d_count(d_bins), d_values(d_bins + 2 * most_neighbours),
      d_sum(d_bins + 2 * half), d_log(d_bins)
{
    change(s);
}

template <class R>
void presence_follower<R>::change(const gain_settings& s)
{
    const auto frames = 4 * static_cast<double>(s.hop) / static_cast<double>(s.window_length());
    d_keep_fast = static_cast<R>(std::pow(memory_of_fast, frames));
    d_keep_slow = static_cast<R>(std::pow(memory_of_slow, frames));
    d_keep_presence = static_cast<R>(std::pow(memory_of_presence, frames));
    const auto variance_of = [](double keep) { return (1 - keep) / (1 + keep); };
    const auto times =
        variance_of(std::pow(memory_of_fast, std::max(1.0, frames))) / variance_of(memory_of_fast);
    d_steady = static_cast<R>(steady_variance * times * width);
}

template <class R>
void presence_follower<R>::scale(R factor)
{
    for (auto* power : { &d_fast, &d_slow })
        for (auto& value : *power)
            value = std::max(value * factor, least_noise<R>);
}

template <class R>
void presence_follower<R>::begin(std::size_t rows)
{
    d_begun = false;
    d_rows = static_cast<double>(rows);
}

template <class R>
void presence_follower<R>::follow(const R* row, R* noise)
{
    if (!d_begun) {
        std::copy_n(noise, d_bins, d_fast.begin());
        std::copy_n(noise, d_bins, d_slow.begin());
        std::fill(d_count.begin(), d_count.end(), static_cast<R>(d_rows));
        d_begun = true;
    }
    auto* values = d_values.data() + most_neighbours;
    simd::dispatch<bounded_ratios<R>>(row, noise, d_bins, values);
    sum_around(values, d_bins, half, d_circular, d_sum.data());
    simd::dispatch<follow_row<R>>(row,
                                  values,
                                  d_sum.data(),
                                  d_bins,
                                  followed<R>{ d_keep_fast,
                                               d_keep_slow,
                                               d_keep_presence,
                                               d_presence.data(),
                                               d_fast.data(),
                                               d_slow.data(),
                                               d_count.data() });
    simd::dispatch<departures<R>>(d_fast.data(), d_slow.data(), d_bins, d_log.data(), values);
    sum_around(values, d_bins, half, d_circular, d_sum.data());
    simd::dispatch<depart<R>>(d_slow.data(), d_log.data(), d_sum.data(), d_steady, d_bins, noise);
}

template class presence_follower<float>;
template class presence_follower<double>;

} // namespace gr::stft::kernel
