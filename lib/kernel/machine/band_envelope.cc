/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "kernel/samp_rate.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/machine/band_envelope.h>
#include <algorithm>
#include <cmath>
#include <utility>

namespace gr::stft::kernel {

namespace {

constexpr int most_over_mean = 16;      // of a row that enters a mean, over this mean
constexpr double least_step = 1.0 / 64; // of the logarithm of the median

//! Ratios of a row to the means, which then follow it.
template <class R>
STFT_LOOP void follow(const R* row, std::size_t n, R weight, R* means, R* ratios)
{
    constexpr R most = most_over_mean;
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i) {
        const R mean = means[i] > 0 ? means[i] : row[i];
        const R bounded = row[i] < most * mean ? row[i] : most * mean;
        means[i] = (1 - weight) * mean + weight * bounded;
        ratios[i] = row[i] / (mean > 0 ? mean : R(1));
    }
}

template <class R>
STFT_LOOP R sum_of(const R* values, std::size_t n)
{
    R sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < n; ++i)
        sum += values[i];
    return sum;
}

template <class R>
STFT_LOOP void add_to(const R* row, std::size_t n, double* sums)
{
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i)
        sums[i] += static_cast<double>(row[i]);
}

} // namespace

void band_envelope_settings::check() const
{
    if (n_fft < 4 || n_fft > (std::size_t(1) << 24))
        refuse("n_fft", static_cast<std::int64_t>(n_fft), "must be 4 .. 2^24");
    check_samp_rate(samp_rate);
    if (!(f_min >= 0 && lower() < samp_rate / 2))
        refuse(
            "f_min", f_min, "must be below half of the sample rate, " + number_text(samp_rate / 2));
    if (f_max != 0 && !(f_max > lower() && f_max <= samp_rate / 2))
        refuse("f_max",
               f_max,
               "must be greater than f_min, at most half of the sample rate, " +
                   number_text(samp_rate / 2));
    if (count() < 2)
        refuse("f_min", lower(), "leaves fewer than 2 bins up to f_max");
    if (constant < 1 || constant > (std::size_t(1) << 40))
        refuse("constant", static_cast<std::int64_t>(constant), "must be 1 .. 2^40 rows");
    if (!(clip == 0 || (clip >= 1 && clip <= 1e30)))
        refuse("clip", clip, "must be 0, or 1 or more medians");
}

std::size_t band_envelope_settings::first() const
{
    return static_cast<std::size_t>(std::ceil(lower() / samp_rate * static_cast<double>(n_fft)));
}

std::size_t band_envelope_settings::count() const
{
    const auto upper = f_max > 0 ? f_max / samp_rate : 0.5;
    const auto last = std::min(
        bins() - 1, static_cast<std::size_t>(std::floor(upper * static_cast<double>(n_fft))));
    return last < first() ? 0 : last - first() + 1;
}

template <class R>
whitened_band<R>::whitened_band(const band_envelope_settings& s) : d_settings(s)
{
    s.check();
    d_first = s.first();
    d_means.assign(s.count(), 0);
    d_ratios.assign(s.count(), 0);
}

template <class R>
bool whitened_band<R>::holds_signal(const R* row)
{
    std::copy_n(row + d_first, d_ratios.size(), d_ratios.begin());
    const auto sum = simd::dispatch<sum_of<R>>(d_ratios.data(), d_ratios.size());
    return sum > 0 && std::isfinite(sum);
}

template <class R>
R whitened_band<R>::mean_ratio(const R* row, R weight)
{
    const auto n = d_means.size();
    simd::dispatch<follow<R>>(row + d_first, n, weight, d_means.data(), d_ratios.data());
    return simd::dispatch<sum_of<R>>(d_ratios.data(), n) / static_cast<R>(n);
}

template <class R>
band_envelope<R>::band_envelope(const band_envelope_settings& s) : d_band(s)
{}

template <class R>
void band_envelope<R>::add(const R* rows, std::size_t count, R* samples)
{
    const auto bins = design().bins();
    for (std::size_t p = 0; p < count; ++p)
        samples[p] = d_band.holds_signal(rows + p * bins) ? next(rows + p * bins) : 0;
}

template <class R>
R band_envelope<R>::next(const R* row)
{
    ++d_followed;
    const auto rows = std::min<std::uint64_t>(d_followed, design().constant);
    const auto e = d_band.mean_ratio(row, 1 / static_cast<R>(rows)) - 1;
    const auto magnitude = static_cast<double>(std::abs(e));
    if (!(d_median > 0))
        d_median = magnitude;
    const auto step = 1 + std::max(least_step, 1 / static_cast<double>(rows));
    d_median = magnitude > d_median ? d_median * step : d_median / step;
    if (design().clip == 0)
        return e;
    const auto bound = static_cast<R>(design().clip * d_median);
    return std::clamp(e, -bound, bound);
}

template <class R>
record_envelope<R>::record_envelope(const band_envelope_settings& s) : d_band(s), d_sums(s.count())
{}

template <class R>
void record_envelope<R>::learn(const R* rows, std::size_t count)
{
    for (std::size_t p = 0; p < count; ++p, rows += d_band.design().bins())
        if (d_band.holds_signal(rows)) {
            simd::dispatch<add_to<R>>(rows + d_band.first(), d_sums.size(), d_sums.data());
            ++d_learned;
        }
}

template <class R>
void record_envelope<R>::add(const R* rows, std::size_t count, R* samples)
{
    if (!std::exchange(d_known, true))
        for (std::size_t m = 0; m < d_sums.size(); ++m)
            d_band.means()[m] = static_cast<R>(
                d_sums[m] / static_cast<double>(std::max<std::uint64_t>(1, d_learned)));
    for (std::size_t p = 0; p < count; ++p, rows += d_band.design().bins())
        samples[p] = d_band.holds_signal(rows) ? d_band.mean_ratio(rows, 0) - 1 : 0;
}

template <class R>
void record_envelope<R>::limit(R* samples, std::size_t count) const
{
    const auto clip = d_band.design().clip;
    if (clip == 0)
        return;
    std::vector<R> magnitudes;
    magnitudes.reserve(count);
    for (std::size_t p = 0; p < count; ++p)
        if (samples[p] != 0) // rows without a signal have no say
            magnitudes.push_back(std::abs(samples[p]));
    if (magnitudes.empty())
        return;
    const auto middle = magnitudes.begin() + static_cast<std::ptrdiff_t>(magnitudes.size() / 2);
    std::nth_element(magnitudes.begin(), middle, magnitudes.end());
    const auto bound = static_cast<R>(clip * static_cast<double>(*middle));
    std::transform(
        samples, samples + count, samples, [bound](R e) { return std::clamp(e, -bound, bound); });
}

template class whitened_band<float>;
template class whitened_band<double>;
template class band_envelope<float>;
template class band_envelope<double>;
template class record_envelope<float>;
template class record_envelope<double>;

} // namespace gr::stft::kernel
