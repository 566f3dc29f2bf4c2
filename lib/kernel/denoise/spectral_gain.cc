/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/denoise/detail_loops.h"
#include "kernel/denoise/neighbours.h"
#include "kernel/denoise/noise_tracker.h"
#include "kernel/refuse.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/denoise/spectral_gain.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

//! Ratios beyond it have gain 1; sums and squares of them are numbers.
template <class R>
constexpr R most_ratio = R(1e12);

template <class R>
STFT_LOOP void powers_of(const R* parts, std::size_t bins, R* power)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        power[k] = parts[2 * k] * parts[2 * k] + parts[2 * k + 1] * parts[2 * k + 1];
}

//! True if no power is infinite or NaN.
template <class R>
STFT_LOOP bool all_finite(const R* power, std::size_t bins)
{
    int bad = 0;
#pragma omp simd reduction(+ : bad)
    for (std::size_t k = 0; k < bins; ++k)
        bad += !(power[k] <= std::numeric_limits<R>::max());
    return bad == 0;
}

template <class R>
STFT_LOOP void ratios_of(const R* power, const R* noise, std::size_t bins, R factor, R* ratio)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R r = power[k] / (noise[k] * factor);
        ratio[k] = r < most_ratio<R> ? r : most_ratio<R>;
    }
}

template <class R>
STFT_LOOP void divide(R* values, std::size_t bins, R by)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        values[k] /= by;
}

//! The arrays that a gain is made from: power, noise, P / N, its mean over bins, H^2 Q of the frame before.
template <class R>
struct cells_of {
    const R *power, *noise, *ratio, *smooth;
    R* before;
    R factor, memory, least; // oversubtraction, a, and the least gain
};

//! Ratio of signal to noise, before.
template <class R>
STFT_INLINE inline R prior(const cells_of<R>& c, std::size_t k, bool refine)
{
    const R surplus = c.smooth[k] - 1;
    const R before = c.before[k] / (c.noise[k] * c.factor);
    const R bounded = before < most_ratio<R> ? before : most_ratio<R>;
    const R least = c.least * c.least;
    R x = c.memory * bounded + (1 - c.memory) * (surplus > 0 ? surplus : 0);
    x = x > least ? x : least;
    if (refine) {
        const R gain = x / (1 + x);
        x = gain * gain * c.smooth[k];
        x = x > least ? x : least;
    }
    return x;
}

template <class R>
STFT_LOOP void priors(cells_of<R> c, std::size_t bins, bool refine, R* x)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        x[k] = prior(c, k, refine);
}

//! x becomes the ratio that the gain of the last estimate gives of the cell alone, without its neighbours.
template <class R>
STFT_LOOP void repeat_alone(const R* ratio, std::size_t bins, R least, R* x)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R gain = x[k] / (1 + x[k]);
        const R again = gain * gain * ratio[k];
        x[k] = again > least ? again : least;
    }
}

template <class R>
STFT_LOOP void wiener_gains(cells_of<R> c, std::size_t bins, const R* ratios, R* gain)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R x = ratios[k];
        const R g = x / (1 + x);
        c.before[k] = g * g * c.power[k];
        gain[k] = g > c.least ? g : c.least;
    }
}

//! The first half of log_mmse: the gain is x / (1 + x), and v is that times P / N.
template <class R>
STFT_LOOP void log_mmse_arguments(cells_of<R> c, std::size_t bins, const R* ratios, R* gain, R* v)
{
    constexpr R smallest = R(1e-6);
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R x = ratios[k];
        const R w = x / (1 + x);
        const R at = w * c.ratio[k];
        gain[k] = w;
        v[k] = at > smallest ? at : smallest;
    }
}

//! The second half: the gain is multiplied by exp(E1(v) / 2).
template <class R>
STFT_LOOP void log_mmse_gains(const R* power,
                              const R* v,
                              std::size_t bins,
                              log_mmse_correction<R> correction,
                              R least,
                              R* before,
                              R* gain)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R g = gain[k] * correction(v[k]);
        const R bounded = g < 1 ? g : 1;
        before[k] = bounded * bounded * power[k];
        gain[k] = bounded > least ? bounded : least;
    }
}

template <class R>
STFT_LOOP void subtraction_gains(cells_of<R> c, std::size_t bins, R* gain)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R plain = 1 - 1 / c.smooth[k]; // -inf where nothing is
        const R square = plain > c.least * c.least ? plain : c.least * c.least;
        c.before[k] = square * c.power[k];
        gain[k] = std::sqrt(square);
    }
}

template <class R>
STFT_LOOP void mask_gains(const float* mask, std::size_t bins, R* gain)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        const R factor = mask[k] > 1 ? R(0) : static_cast<R>(mask[k]);
        const R kept = mask[k] > 1 ? R(1) : R(0);
        gain[k] = gain[k] * factor + kept;
    }
}

template <class R>
STFT_LOOP void multiply_parts(const R* parts, const R* gain, std::size_t bins, R* result)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k) {
        result[2 * k] = parts[2 * k] * gain[k];
        result[2 * k + 1] = parts[2 * k + 1] * gain[k];
    }
}

gain_settings checked(const gain_settings& s)
{
    s.check();
    return s;
}

} // namespace

template <class R>
spectral_gain<R>::spectral_gain(const gain_settings& s)
    : d_settings(checked(s)), d_noise(std::make_unique<noise_tracker<R>>(s)), d_mask(s),
      d_start(s.frames().first()), d_power(s.bins()), d_ratio(s.bins() + 2 * most_neighbours),
      d_smooth(s.bins()), d_before(s.bins(), 0), d_gain(s.bins(), 1), d_argument(s.bins()),
      d_prior(s.bins()), d_bounded(s.bins() + 2 * most_neighbours),
      d_sum(s.bins() + 2 * most_neighbours), d_detail(s.bins(), 0)
{
    update_rates();
}

template <class R>
spectral_gain<R>::~spectral_gain() = default;
template <class R>
spectral_gain<R>::spectral_gain(spectral_gain&&) noexcept = default;
template <class R>
spectral_gain<R>& spectral_gain<R>::operator=(spectral_gain&&) noexcept = default;

template <class R>
spectral_gain<R>::spectral_gain(const spectral_gain& other)
    : d_settings(other.d_settings), d_noise(std::make_unique<noise_tracker<R>>(*other.d_noise)),
      d_mask(other.d_mask), d_start(other.d_start), d_memory(other.d_memory),
      d_keep_detail(other.d_keep_detail), d_least(other.d_least), d_power(other.d_power),
      d_ratio(other.d_ratio), d_smooth(other.d_smooth), d_before(other.d_before),
      d_gain(other.d_gain), d_argument(other.d_argument), d_prior(other.d_prior),
      d_bounded(other.d_bounded), d_sum(other.d_sum), d_detail(other.d_detail),
      d_has_detail(other.d_has_detail)
{}

template <class R>
spectral_gain<R>& spectral_gain<R>::operator=(const spectral_gain& other)
{
    return *this = spectral_gain(other);
}

template <class R>
void spectral_gain<R>::update_rates()
{
    const auto frames =
        4 * static_cast<double>(d_settings.hop) / static_cast<double>(d_settings.window_length());
    d_memory = static_cast<R>(std::pow(d_settings.memory, frames));
    d_keep_detail = static_cast<R>(std::pow(d_settings.detail_memory, frames));
    d_least = static_cast<R>(std::pow(10, d_settings.gain_floor / 20));
}

template <class R>
const std::vector<R>& spectral_gain<R>::noise() const
{
    return d_noise->noise();
}

template <class R>
std::size_t spectral_gain<R>::to_learn() const
{
    return d_noise->to_learn();
}

template <class R>
void spectral_gain<R>::change(const gain_settings& s, bool given)
{
    s.check();
    if (s.n_fft != d_settings.n_fft || s.sides != d_settings.sides)
        refuse("n_fft",
               s.n_fft,
               "must stay " + std::to_string(d_settings.n_fft) + ", with the same sides");
    d_settings = s;
    d_noise->change(s);
    if (given) {
        if (!s.noise.empty())
            d_noise->set(s.noise);
        d_noise->learn(s.learn);
    }
    d_mask.change(s);
    update_rates();
}

template <class R>
void spectral_gain<R>::scale_noise(double factor)
{
    d_noise->change(d_settings, factor);
    for (auto& before : d_before)
        before *= static_cast<R>(factor);
}

template <class R>
void spectral_gain<R>::reset()
{
    *d_noise = noise_tracker<R>(d_settings);
    std::fill(d_before.begin(), d_before.end(), R(0));
    d_has_detail = false;
}

//! Means of the ratios over bins.
template <class R>
void spectral_gain<R>::smooth()
{
    const auto n = static_cast<std::ptrdiff_t>(bins());
    const auto half = static_cast<std::ptrdiff_t>(d_settings.smoothing / 2);
    auto* ratio = d_ratio.data() + most_neighbours;
    extend_row(ratio, bins(), half, is_circular());
    std::copy_n(ratio - half, n, d_smooth.begin());
    for (auto j = 1 - half; j <= half; ++j)
        simd::dispatch<add_row<R>>(ratio + j, bins(), d_smooth.data());
    if (half > 0)
        simd::dispatch<divide<R>>(d_smooth.data(), bins(), static_cast<R>(d_settings.smoothing));
}

//! Ratios of signal to noise in d_prior.
template <class R>
void spectral_gain<R>::estimate(const R* noise, R factor)
{
    const auto n = bins();
    const cells_of<R> cells{ d_power.data(),  noise,           d_ratio.data() + most_neighbours,
                             d_smooth.data(), d_before.data(), factor,
                             d_memory,        d_least };
    auto* x = d_prior.data();
    simd::dispatch<priors<R>>(cells, n, d_settings.refine, x);
    if (!d_settings.refine)
        return;
    if (d_settings.detail_memory != 0)
        smooth_details(x);
    simd::dispatch<repeat_alone<R>>(d_ratio.data() + most_neighbours, n, d_least * d_least, x);
}

//! The third estimate, which has its detail smoothed over frames.
template <class R>
void spectral_gain<R>::smooth_details(R* x)
{
    const auto n = bins();
    auto* bounded = d_bounded.data() + most_neighbours;
    simd::dispatch<logarithms_of<R>>(x, n, bounded);
    sum_around(bounded, n, half_of_trend, is_circular(), d_sum.data());
    constexpr R width = 2 * half_of_trend + 1;
    if (!d_has_detail)
        for (std::size_t k = 0; k < n; ++k)
            d_detail[k] = bounded[k] - d_sum[k] / width;
    d_has_detail = true;
    simd::dispatch<smooth_detail<R>>(d_smooth.data(),
                                     d_least * d_least,
                                     bounded,
                                     d_sum.data(),
                                     width,
                                     d_keep_detail,
                                     n,
                                     d_detail.data(),
                                     x);
}

template <class R>
void spectral_gain<R>::apply(const complex* spectrum, complex* result)
{
    const auto n = bins();
    const auto* parts = reinterpret_cast<const R*>(spectrum);
    const auto start = d_start;
    d_start += static_cast<std::int64_t>(d_settings.hop);
    simd::dispatch<powers_of<R>>(parts, n, d_power.data());
    if (simd::dispatch<all_finite<R>>(d_power.data(), n)) {
        d_noise->follow(d_power.data(), start >= 0);
        const auto* noise = d_noise->noise().data();
        const auto factor = static_cast<R>(d_settings.oversubtraction);
        auto* ratio = d_ratio.data() + most_neighbours;
        simd::dispatch<ratios_of<R>>(d_power.data(), noise, n, factor, ratio);
        smooth();
        if (d_settings.method != gain_method::subtraction)
            estimate(noise, factor);
        const cells_of<R> cells{ d_power.data(),  noise,  ratio,    d_smooth.data(),
                                 d_before.data(), factor, d_memory, d_least };
        if (d_settings.method == gain_method::wiener) {
            simd::dispatch<wiener_gains<R>>(cells, n, d_prior.data(), d_gain.data());
        } else if (d_settings.method == gain_method::log_mmse) {
            simd::dispatch<log_mmse_arguments<R>>(
                cells, n, d_prior.data(), d_gain.data(), d_argument.data());
            simd::dispatch<log_mmse_gains<R>>(d_power.data(),
                                              d_argument.data(),
                                              n,
                                              log_mmse_correction<R>::get(),
                                              d_least,
                                              d_before.data(),
                                              d_gain.data());
        } else {
            simd::dispatch<subtraction_gains<R>>(cells, n, d_gain.data());
        }
    } else {
        std::fill(d_gain.begin(), d_gain.end(), d_least);
    }
    const auto centre = start + static_cast<std::int64_t>(d_settings.window_length() / 2);
    if (const auto* mask = d_mask.row(centre))
        simd::dispatch<mask_gains<R>>(mask, n, d_gain.data());
    simd::dispatch<multiply_parts<R>>(parts, d_gain.data(), n, reinterpret_cast<R*>(result));
}

template class spectral_gain<float>;
template class spectral_gain<double>;

} // namespace gr::stft::kernel
