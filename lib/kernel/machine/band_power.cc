/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/number_text.h"
#include "kernel/refuse.h"
#include "kernel/samp_rate.h"
#include <gnuradio/stft/kernel/bands/band_weights.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/kernel/machine/band_power.h>
#include <boost/math/constants/constants.hpp>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr double fewest_periods = 5;

std::string text_of(const frequency_range& band)
{
    return number_text(band.lower) + ":" + number_text(band.upper);
}

} // namespace

double band_power_settings::periods() const
{
    if (integrate == 0)
        return std::numeric_limits<double>::infinity();
    double lowest = std::numeric_limits<double>::infinity();
    for (const auto& band : frequency_ranges_named(bands, "bands"))
        lowest = std::min(lowest, band.lower);
    return lowest * static_cast<double>(window_length()) / samp_rate;
}

void band_power_settings::check() const
{
    checked_n_fft(static_cast<std::int64_t>(n_fft));
    if (n_fft < 2)
        refuse("n_fft", n_fft, "must be at least 2");
    check_samp_rate(samp_rate);
    if (win_length > n_fft)
        refuse("win_length", win_length, "must be at most n_fft, " + std::to_string(n_fft));
    if (integrate > 2)
        refuse("integrate", integrate, "must be 0, 1 or 2");
    if (!(factor > 0 && factor <= 1e30))
        refuse("factor", factor, "must be positive, at most 1e30");
    if (average < 1 || average > (std::size_t(1) << 40))
        refuse("average", average, "must be 1 .. 2^40");
    const auto all = frequency_ranges_named(bands, "bands");
    if (all.empty())
        refuse("bands", "''", "must be at least one, such as 10:1000");
    for (const auto& band : all) {
        if (!(band.lower >= 0))
            refuse("bands", text_of(band), "must not begin below 0 Hz");
        if (!(band.upper <= samp_rate / 2))
            refuse("bands", text_of(band), "must end at half the sample rate or below");
        const auto periods = band.lower * static_cast<double>(window_length()) / samp_rate;
        if (integrate > 0 && !(periods >= fewest_periods))
            refuse(
                "bands",
                text_of(band),
                "must begin at " +
                    number_text(fewest_periods * samp_rate / static_cast<double>(window_length())) +
                    " Hz or above, where the window holds 5 periods, to be integrated");
    }
}

template <class R>
band_power<R>::band_power(const band_power_settings& s) : d_settings((s.check(), s))
{
    change(s);
    d_sum.resize(d_bands.size());
}

template <class R>
void band_power<R>::change(const band_power_settings& s)
{
    s.check();
    std::vector<weighted_bins> bands;
    for (const auto& band : frequency_ranges_named(s.bands, "bands"))
        bands.push_back(weights_of(band, s));
    if (s.n_fft != d_settings.n_fft)
        refuse("n_fft", s.n_fft, "must stay " + std::to_string(d_settings.n_fft));
    if (!d_sum.empty() && bands.size() != d_bands.size())
        refuse("bands", s.bands, "must stay " + std::to_string(d_bands.size()) + " bands");
    d_bands = std::move(bands);
    d_settings = s;
}

template <class R>
typename band_power<R>::weighted_bins band_power<R>::weights_of(const frequency_range& band,
                                                                const band_power_settings& s)
{
    const auto step = s.samp_rate / static_cast<double>(s.n_fft);
    const auto cells = cells_between(band.lower, band.upper, s.n_fft, s.samp_rate);
    weighted_bins bins{ cells.first, {} };
    for (std::size_t i = 0; i < cells.shares.size(); ++i) {
        const auto m = static_cast<double>(cells.first + i), width = cells.shares[i] * step;
        const auto divisor = std::pow(boost::math::double_constants::two_pi * m * step,
                                      2 * static_cast<double>(s.integrate));
        bins.weights.push_back(s.integrate > 0 && m == 0 ? 0
                                                         : s.factor * s.factor * width / divisor);
    }
    return bins;
}

template <class R>
bool band_power<R>::add(const R* row, R* levels)
{
    for (std::size_t b = 0; b < d_bands.size(); ++b) {
        const auto& weights = d_bands[b].weights;
        const auto* values = row + d_bands[b].first;
        double sum = 0;
        for (std::size_t m = 0; m < weights.size(); ++m)
            sum += weights[m] * static_cast<double>(values[m]);
        d_sum[b] += sum;
    }
    return ++d_count >= d_settings.average && flush(levels);
}

template <class R>
bool band_power<R>::flush(R* levels)
{
    if (d_count == 0)
        return false;
    for (std::size_t b = 0; b < d_bands.size(); ++b) {
        const auto square = d_sum[b] / static_cast<double>(d_count);
        levels[b] = static_cast<R>(d_settings.db ? 10 * std::log10(square) : std::sqrt(square));
        d_sum[b] = 0;
    }
    d_count = 0;
    return true;
}

template class band_power<float>;
template class band_power<double>;

} // namespace gr::stft::kernel
