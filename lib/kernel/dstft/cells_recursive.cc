/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "cells_recursive.h"
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

//! A window's phase is counted in cycles over up to n_fft samples: its error grows with their number.
constexpr double most_cycles = 128;

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
cells_recursive<T>::cells_recursive(std::size_t n_fft, norm n)
    : d_n_fft(n_fft), d_bins(bins<T>(n_fft)), d_shortest(n == norm::dcunit ? 2 : 0),
      d_theta(d_bins), d_samples(4 * n_fft + 64),
      d_blocks((d_bins + simd::block_lanes - 1) / simd::block_lanes), d_largest(n_fft / 2 + 2)
{
    for (std::size_t b = 0; b < d_blocks.size(); ++b) {
        auto& block = d_blocks[b];
        block.offset = static_cast<std::int64_t>(b * n_fft / d_blocks.size());
        for (std::size_t l = 0; l < simd::block_lanes; ++l) {
            const auto bin = std::min(b * simd::block_lanes + l, d_bins - 1);
            const auto twiddle = unit_root(bin, n_fft);
            block.bin[l] = static_cast<std::int64_t>(bin);
            block.twiddle_cosine[l] = twiddle.real();
            block.twiddle_sine[l] = twiddle.imag();
        }
    }
}

template <class T>
void cells_recursive<T>::set_theta(const double* theta)
{
    std::copy_n(theta, d_bins, d_theta.begin());
    const auto [shortest, longest] = std::minmax_element(theta, theta + d_bins);
    d_reach = *longest / 2;
    const double mean = std::accumulate(theta, theta + d_bins, 0.0) / static_cast<double>(d_bins);
    const bool gains = mean >= least_mean && *shortest >= d_shortest;
    d_longest_step = gains ? longest_step<real> * mean : -1;
    d_blocks_fit_theta = false;
}

template <class T>
void cells_recursive<T>::set_blocks()
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
        block.brief = shortest * most_cycles < static_cast<double>(d_n_fft);
        d_core = block.brief ? d_core : shortest;
    }
    d_blocks_fit_theta = true;
}

template <class T>
std::int64_t cells_recursive<T>::first_under(const position& t) const
{
    return t.sample + static_cast<std::int64_t>(std::floor(t.fraction - d_reach)) + 1;
}

template <class T>
std::int64_t cells_recursive<T>::end_under(const position& t) const
{
    return t.sample + static_cast<std::int64_t>(std::ceil(t.fraction + d_reach));
}

template <class T>
void cells_recursive<T>::append(const excerpt<T>& x, std::int64_t end)
{
    auto k = this->end();
    for (T* to = d_samples.append(static_cast<std::size_t>(end - k)); k < end; ++k, ++to) {
        *to = k >= x.begin && k < x.end ? x.samples[k - x.begin] : T(0);
        if (!is_fit(*to))
            d_unfit = k;
    }
}

template <class T>
void cells_recursive<T>::keep(const excerpt<T>& x)
{
    d_samples.clear();
    d_first = first_under(d_centre);
    d_unfit = d_first - 1;
    append(x, end_under(d_centre));
}

template <class T>
bool cells_recursive<T>::extend(const excerpt<T>& x)
{
    const auto drop = first_under(d_previous) - d_first;
    d_samples.drop(static_cast<std::size_t>(drop));
    d_first += drop;
    const auto first = first_under(d_centre);
    const auto from = std::clamp(x.begin, first, end()), to = std::clamp(x.end, from, end());
    const auto at = [&](std::int64_t k) { return d_samples.data() + (k - d_first); };
    const auto is_zero = [](const T& v) { return v == T(0); };
    const bool same =
        std::all_of(at(first), at(from), is_zero) && std::all_of(at(to), at(end()), is_zero) &&
        (from == to || std::memcmp(at(from),
                                   x.samples + (from - x.begin),
                                   static_cast<std::size_t>(to - from) * sizeof(T)) == 0);
    if (same)
        append(x, end_under(d_centre));
    return same;
}

template <class T>
auto cells_recursive<T>::go_to_frame(const excerpt<T>& x, const double* theta, moments wanted)
    -> std::optional<update>
{
    if (d_known == knowledge::none ||
        std::memcmp(theta, d_theta.data(), d_bins * sizeof(double)) != 0) {
        set_theta(theta);
        d_known = knowledge::lengths;
        return {};
    }
    const double step = static_cast<double>(d_centre.sample - d_previous.sample) +
                        (d_centre.fraction - d_previous.fraction);
    if (step < 0 || step > d_longest_step) {
        d_known = knowledge::lengths;
        return {};
    }
    const bool repeated = step == 0; // perhaps with another signal
    if (d_known >= knowledge::samples && !extend(x))
        d_known = knowledge::lengths;
    if (d_known < knowledge::samples) {
        if (!repeated) {
            keep(x);
            d_known = knowledge::samples;
        }
        return {};
    }
    if (holds_unfit_sample()) {
        d_known = knowledge::samples;
        return {};
    }
    if (d_known < knowledge::sums) {
        if (repeated)
            return {};
        d_moments = wanted;
        return update::restart;
    }
    if (wanted == moments::wanted && d_moments == moments::none) {
        d_moments = wanted;
        return update::restart;
    }
    return repeated ? update::repeat : update::move;
}

template <class T>
const double* cells_recursive<T>::look_around()
{
    const auto centre = d_samples.data() + (d_centre.sample - d_first);
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
bool cells_recursive<T>::analyse(const excerpt<T>& x,
                                 const position& t,
                                 const double* theta,
                                 cell_norms<real>& norms,
                                 complex* spectrum,
                                 complex* by_theta,
                                 complex* by_t)
{
    d_previous = d_centre;
    d_centre = t;
    const auto how = go_to_frame(x, theta, by_theta ? moments::wanted : moments::none);
    if (!how)
        return false;
    if (!d_blocks_fit_theta)
        set_blocks();
    simd::running_frame<real> frame{};
    frame.samples = reinterpret_cast<const real*>(d_samples.data());
    frame.begin = d_first - d_centre.sample;
    frame.sample = d_centre.sample;
    frame.previous_sample = d_previous.sample;
    frame.fraction = d_centre.fraction;
    frame.previous_fraction = d_previous.fraction;
    frame.n_fft = static_cast<std::int64_t>(d_n_fft);
    frame.offset = static_cast<std::int64_t>(modulo(d_centre.sample, d_n_fft));
    frame.previous_offset = static_cast<std::int64_t>(modulo(d_previous.sample, d_n_fft));
    frame.per_n_fft = 1 / static_cast<double>(d_n_fft);
    frame.largest = *how == update::move ? look_around() : nullptr;
    frame.tolerance = tolerance<real>;
    frame.update = *how;
    const auto& n = norms.of(t.fraction, theta);
    const auto row = [](complex* of) { return reinterpret_cast<real*>(of); };
    const simd::running_results<real> to{ n.value.data(), n.length_g.data(), n.position_g.data(),
                                          n.slope.data(), row(spectrum),     row(by_theta),
                                          row(by_t) };
    constexpr auto samples =
        is_real_v<T> ? simd::running_samples::real : simd::running_samples::complex;
    d_top = simd::chosen<real>().run(frame, samples, d_moments, d_blocks.data(), d_bins, to);
    d_known = knowledge::sums;
    return true;
}

template class cells_recursive<float>;
template class cells_recursive<double>;
template class cells_recursive<std::complex<float>>;
template class cells_recursive<std::complex<double>>;

} // namespace gr::stft::kernel
