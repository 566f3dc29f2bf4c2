/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "running_sums.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace gr::stft::kernel {

namespace {

//! The sums restart once samples that left the window exceed those in it by more than
//! 1 / tolerance, since the rounding errors of the former remain.
template <class R>
constexpr double tolerance = std::is_same_v<R, float> ? 1.0 / (1 << 20) : 1.0 / 8;

//! A window's phase is counted in turns over up to n_fft samples: its error grows with their number.
constexpr double most_turns = 128;

//! Largest useful step, in mean window lengths: for longer ones direct sums are as fast, at every
//! SIMD level. Direct sums have twice the lanes in single precision, running sums have not.
template <class R>
constexpr double longest_step = std::is_same_v<R, float> ? 0.03 : 0.07;

//! A shorter mean leaves nothing to gain.
constexpr double least_mean = 32;

template <class R>
R larger_part(R x)
{
    return std::abs(x);
}

template <class R>
R larger_part(const std::complex<R>& x)
{
    return std::max(std::abs(x.real()), std::abs(x.imag()));
}

template <class T>
bool is_fit(const T& x)
{
    constexpr double largest = std::numeric_limits<double>::max() / 1.8e19; // 2^64 > 2^7 n_fft^2
    if constexpr (is_real_v<T>)
        return std::abs(static_cast<double>(x)) <= largest;
    else
        return is_fit(x.real()) && is_fit(x.imag());
}

} // namespace

template <class T>
running_sums<T>::running_sums(std::size_t n_fft, norm n)
    : d_n_fft(n_fft), d_bins(bins<T>(n_fft)), d_shortest(n == norm::dcunit ? 2 : 0),
      d_blocks((d_bins + simd::block_lanes - 1) / simd::block_lanes), d_theta(d_bins),
      d_samples(4 * n_fft + 64), d_largest(n_fft / 2 + 2)
{
    for (std::size_t b = 0; b < d_blocks.size(); ++b) {
        auto& block = d_blocks[b];
        block.offset = static_cast<std::int64_t>(b * n_fft / d_blocks.size());
        for (std::size_t l = 0; l < simd::block_lanes; ++l) {
            const auto bin = std::min(b * simd::block_lanes + l, d_bins - 1);
            const auto turn = unit_root(bin, n_fft);
            block.bin[l] = static_cast<std::int64_t>(bin);
            block.turn_cosine[l] = turn.real();
            block.turn_sine[l] = turn.imag();
        }
    }
}

template <class T>
void running_sums<T>::set_theta(const double* theta)
{
    std::copy_n(theta, d_bins, d_theta.begin());
    const auto [shortest, longest] = std::minmax_element(theta, theta + d_bins);
    d_reach = *longest / 2;
    const double mean = std::accumulate(theta, theta + d_bins, 0.0) / static_cast<double>(d_bins);
    const bool gains = mean >= least_mean && *shortest >= d_shortest;
    d_longest_step = gains ? longest_step<real> * mean : -1;
    d_stale = true;
}

template <class T>
void running_sums<T>::set_blocks()
{
    d_core = std::numeric_limits<double>::infinity();
    for (auto& block : d_blocks) {
        double shortest = d_core;
        block.longest = 0;
        for (std::size_t l = 0; l < simd::block_lanes; ++l) {
            const double theta = d_theta[static_cast<std::size_t>(block.bin[l])];
            block.theta[l] = theta;
            block.per_theta[l] = 1 / theta;
            block.window_cosine[l] = std::cos(2 * M_PI / theta);
            block.window_sine[l] = std::sin(2 * M_PI / theta);
            block.longest = std::max(block.longest, theta);
            shortest = std::min(shortest, theta);
        }
        block.brief = shortest * most_turns < static_cast<double>(d_n_fft);
        d_core = block.brief ? d_core : shortest;
    }
    d_stale = false;
}

template <class T>
std::int64_t running_sums<T>::first_under(const position& t) const
{
    return t.sample + static_cast<std::int64_t>(std::floor(t.fraction - d_reach)) + 1;
}

template <class T>
std::int64_t running_sums<T>::end_under(const position& t) const
{
    return t.sample + static_cast<std::int64_t>(std::ceil(t.fraction + d_reach));
}

template <class T>
void running_sums<T>::append(const excerpt<T>& x, std::int64_t end)
{
    auto at = d_samples.begin() + static_cast<std::ptrdiff_t>(d_head);
    const auto held = d_end - d_first;
    if (d_head + static_cast<std::size_t>(end - d_first) >= d_samples.size()) {
        std::copy(at, at + held, d_samples.begin());
        d_head = 0;
        at = d_samples.begin();
    }
    for (at += held; d_end < end; ++d_end, ++at) {
        *at = d_end >= x.begin && d_end < x.end ? x.samples[d_end - x.begin] : T(0);
        if (!is_fit(*at))
            d_unfit = d_end;
    }
}

template <class T>
void running_sums<T>::keep(const excerpt<T>& x)
{
    d_head = 0;
    d_first = d_end = first_under(d_centre);
    d_unfit = d_first - 1;
    append(x, end_under(d_centre));
    d_kept = true;
    d_anchored = false;
}

template <class T>
bool running_sums<T>::extend(const excerpt<T>& x)
{
    const auto drop = first_under(d_previous) - d_first;
    d_head += static_cast<std::size_t>(drop);
    d_first += drop;
    const auto first = first_under(d_centre);
    const auto from = std::clamp(x.begin, first, d_end), to = std::clamp(x.end, from, d_end);
    const auto at = [&](std::int64_t k) {
        return d_samples.begin() + static_cast<std::ptrdiff_t>(d_head) + (k - d_first);
    };
    const auto is_zero = [](const T& v) { return v == T(0); };
    const bool same =
        std::all_of(at(first), at(from), is_zero) && std::all_of(at(to), at(d_end), is_zero) &&
        (from == to || std::memcmp(&*at(from),
                                   x.samples + (from - x.begin),
                                   static_cast<std::size_t>(to - from) * sizeof(T)) == 0);
    if (same)
        append(x, end_under(d_centre));
    return same;
}

template <class T>
bool running_sums<T>::follows(const excerpt<T>& x,
                              const position& t,
                              const double* theta,
                              bool moments)
{
    const double step =
        static_cast<double>(t.sample - d_centre.sample) + (t.fraction - d_centre.fraction);
    d_previous = d_centre;
    d_centre = t;
    if (!d_begun || std::memcmp(theta, d_theta.data(), d_bins * sizeof(double)) != 0) {
        set_theta(theta);
        d_begun = true;
        d_kept = false;
        return false;
    }
    if (step < 0 || step > d_longest_step) {
        d_kept = false;
        return false;
    }
    if (step == 0) // again, or the same frame of another signal
        d_kept = d_kept && extend(x);
    else if (!d_kept || !extend(x)) {
        keep(x);
        return false;
    }
    d_repeated = step == 0;
    d_anchored = d_anchored && d_kept && d_unfit < first_under(t);
    if (!d_kept || d_unfit >= first_under(t) || (d_repeated && !d_anchored))
        return false;
    if (!d_anchored || (moments && !d_moments)) {
        d_anchored = d_repeated = false;
        d_moments = moments;
    }
    return true;
}

template <class T>
const double* running_sums<T>::look_around()
{
    const auto centre = d_samples.data() + d_head + (d_centre.sample - d_first);
    const auto magnitude = [&](std::int64_t r) {
        return static_cast<double>(std::max(larger_part(centre[-r]), larger_part(centre[r])));
    };
    const double wanted = tolerance<real> * d_top;
    const auto within = [&](double theta) {
        return static_cast<std::int64_t>(std::ceil(theta / 2 - d_centre.fraction));
    };
    for (std::int64_t r = 0; r < within(std::min(d_core, 2 * d_reach)); ++r)
        if (magnitude(r) >= wanted)
            return nullptr;
    double largest = 0;
    for (std::int64_t r = 0; r < within(2 * d_reach); ++r)
        d_largest[static_cast<std::size_t>(r)] = largest = std::max(largest, magnitude(r));
    return d_largest.data();
}

template <class T>
void running_sums<T>::sum(const simd::running_results<real>& to)
{
    if (d_stale)
        set_blocks();
    const auto size = static_cast<std::int64_t>(d_n_fft);
    simd::running_frame<real> frame{};
    frame.samples = reinterpret_cast<const real*>(d_samples.data() + d_head);
    frame.begin = d_first - d_centre.sample;
    frame.sample = d_centre.sample;
    frame.previous_sample = d_previous.sample;
    frame.fraction = d_centre.fraction;
    frame.previous_fraction = d_previous.fraction;
    frame.n_fft = size;
    frame.place = static_cast<std::int64_t>(modulo(d_centre.sample, d_n_fft));
    frame.previous_stage = static_cast<std::int64_t>(modulo(d_previous.sample, d_n_fft));
    frame.per_n_fft = 1 / static_cast<double>(d_n_fft);
    frame.largest = d_anchored && !d_repeated ? look_around() : nullptr;
    frame.tolerance = tolerance<real>;
    frame.anchored = d_anchored;
    frame.repeated = d_repeated;
    d_top = simd::chosen<real>().run(frame, !is_real_v<T>, d_moments, d_blocks.data(), d_bins, to);
    d_anchored = true;
}

template class running_sums<float>;
template class running_sums<double>;
template class running_sums<std::complex<float>>;
template class running_sums<std::complex<double>>;

} // namespace gr::stft::kernel
