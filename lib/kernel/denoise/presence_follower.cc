/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/denoise/presence_follower.h"
#include "kernel/denoise/gain_functions.h"
#include "kernel/denoise/least_noise.h"
#include "kernel/denoise/neighbours.h"
#include <cmath>

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

//! State of a follower.
template <class R>
struct followed {
    R keep_fast, keep_slow;
    R *fast, *slow, *count;
};

//! The ratios that probabilities follow from, in their place.
template <class R>
STFT_LOOP void arguments_of(R* ratio, const R* sum, std::size_t bins)
{
    constexpr R share = R(weight_of_neighbours / width), most = R(80);
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R around = sum[k] * share, alone = ratio[k];
        const R argument = alone > around ? alone : around;
        ratio[k] = argument < most ? argument : most;
    }
}

//! Probabilities of a signal, in the place of the ratios; where one seems to be there all the time, the noise has grown.
template <class R>
STFT_LOOP void probabilities(R* ratio, R keep, std::size_t bins, R* presence)
{
    constexpr R most = R(0.99);
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R p = static_cast<R>(presence_of_signal(static_cast<float>(ratio[k])));
        const R smooth = keep * presence[k] + (1 - keep) * p;
        presence[k] = smooth;
        const R bounded = p < most ? p : most;
        ratio[k] = smooth > most ? bounded : p;
    }
}

//! F and S follow a row where a signal is improbable.
template <class R>
STFT_LOOP void follow_row(const R* row, const R* p, std::size_t bins, followed<R> f)
{
    const R least_taken = 1 - f.keep_slow, least = least_noise<R>;
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R absent = 1 - p[k], seen = f.count[k] + absent, mean = 1 / (1 + seen);
        f.count[k] = seen;
        const R quickly = (1 - f.keep_fast) * absent;
        const R slowly = (least_taken > mean ? least_taken : mean) * absent;
        const R fast = f.fast[k] * (1 - quickly) + quickly * R(bias) * row[k];
        const R slow = f.slow[k] * (1 - slowly) + slowly * R(bias) * row[k];
        f.fast[k] = fast > least ? fast : least;
        f.slow[k] = slow > least ? slow : least;
    }
}

//! e, and its square.
template <class R>
STFT_LOOP void departures(const R* fast, const R* slow, std::size_t bins, R* e, R* square)
{
    constexpr R bound = R(1e-34); // of F / S, and its inverse
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R ratio = (fast[k] + bound * slow[k]) / (slow[k] + bound * fast[k]);
        const R log = static_cast<R>(logarithm_of(static_cast<float>(ratio)));
        e[k] = log;
        square[k] = log * log;
    }
}

//! steady: the sum of e^2 below which N is S.
template <class R>
STFT_LOOP void depart(const R* slow, const R* e, const R* sum, R steady, std::size_t bins, R* noise)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R beyond = 1 - steady / sum[k]; // -inf where nothing varies
        const R w = beyond > 0 ? beyond : R(0);
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
    simd::dispatch<arguments_of<R>>(values, d_sum.data(), d_bins);
    simd::dispatch<probabilities<R>>(values, d_keep_presence, d_bins, d_presence.data());
    simd::dispatch<follow_row<R>>(
        row,
        values,
        d_bins,
        followed<R>{ d_keep_fast, d_keep_slow, d_fast.data(), d_slow.data(), d_count.data() });
    simd::dispatch<departures<R>>(d_fast.data(), d_slow.data(), d_bins, d_log.data(), values);
    sum_around(values, d_bins, half, d_circular, d_sum.data());
    simd::dispatch<depart<R>>(d_slow.data(), d_log.data(), d_sum.data(), d_steady, d_bins, noise);
}

template class presence_follower<float>;
template class presence_follower<double>;

} // namespace gr::stft::kernel
