/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/machine/settled_mean.h"
#include "kernel/names.h"
#include "kernel/refuse.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/machine/cross_spectrum.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr name_table estimators{ named_value{ "h1", transfer_estimator::h1 },
                                 named_value{ "h2", transfer_estimator::h2 } };
constexpr std::size_t most_channels = 64;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

//! sums += |x|^2
template <class R>
STFT_LOOP void add_power(const R* x, std::size_t n, double* sums)
{
    for (std::size_t i = 0; i < n; ++i) {
        const auto re = static_cast<double>(x[2 * i]), im = static_cast<double>(x[2 * i + 1]);
        sums[i] += re * re + im * im;
    }
}

//! sums += conj(x) y
template <class R>
STFT_LOOP void add_cross(const R* x, const R* y, std::size_t n, double* sums)
{
    for (std::size_t i = 0; i < n; ++i) {
        const auto xr = static_cast<double>(x[2 * i]), xi = static_cast<double>(x[2 * i + 1]);
        const auto yr = static_cast<double>(y[2 * i]), yi = static_cast<double>(y[2 * i + 1]);
        sums[2 * i] += xr * yr + xi * yi;
        sums[2 * i + 1] += xr * yi - xi * yr;
    }
}

template <class R>
const R* parts(const std::complex<R>* z)
{
    return reinterpret_cast<const R*>(z);
}

} // namespace

transfer_estimator transfer_estimator_named(const std::string& name)
{
    return estimators.value_of("estimator", name);
}
const char* name_of(transfer_estimator estimator) { return estimators.name_of(estimator); }

void cross_spectrum_settings::check() const
{
    if (channels < 2 || channels > most_channels)
        refuse("channels", channels, "must be 2 .. " + std::to_string(most_channels));
    taps();
    if (frames < 1 || frames > (std::uint64_t(1) << 40))
        refuse("frames", frames, "must be 1 .. 2^40");
}

template <class R>
cross_spectrum<R>::cross_spectrum(const cross_spectrum_settings& s)
    : d_settings((s.check(), s)), d_bins(s.bins()),
      d_independent(
          independent_frames_of(frame_correlation(s.taps(), s.hop), s.mean, s.frames).of_power),
      d_sums(s.channels * d_bins), d_cross_sums(2 * pairs() * d_bins),
      d_power(d_sums.size(), not_a_number), d_cross(d_cross_sums.size(), not_a_number),
      d_settled(d_bins, s.mean == mean_kind::blocks)
{
    if (s.mean == mean_kind::exponential)
        d_weight.resize(d_bins);
}

template <class R>
void cross_spectrum<R>::reset()
{
    for (auto* sums : { &d_sums, &d_cross_sums, &d_weight })
        std::fill(sums->begin(), sums->end(), 0);
    d_count = 0;
}

template <class R>
bool cross_spectrum<R>::add(const std::complex<R>* const* spectra)
{
    if (d_settings.mean == mean_kind::exponential) {
        add_to_means(spectra);
        return true;
    }
    add_to_block(spectra);
    if (++d_count < d_settings.frames)
        return false;
    finish_block();
    return true;
}

template <class R>
void cross_spectrum<R>::add_to_block(const std::complex<R>* const* spectra)
{
    for (std::size_t c = 0; c < d_settings.channels; ++c)
        simd::dispatch<add_power<R>>(parts(spectra[c]), d_bins, d_sums.data() + c * d_bins);
    for (std::size_t c = 0; c < pairs(); ++c)
        simd::dispatch<add_cross<R>>(
            parts(spectra[0]), parts(spectra[c + 1]), d_bins, d_cross_sums.data() + 2 * c * d_bins);
}

template <class R>
void cross_spectrum<R>::finish_block()
{
    const auto frames = static_cast<double>(d_count);
    for (std::size_t c = 0; c < d_settings.channels; ++c)
        for (std::size_t m = 0; m < d_bins; ++m)
            d_power[c * d_bins + m] = doubled(m) * d_sums[c * d_bins + m] / frames;
    for (std::size_t c = 0; c < pairs(); ++c)
        for (std::size_t i = 0; i < 2 * d_bins; ++i)
            d_cross[2 * c * d_bins + i] =
                doubled(i / 2) * d_cross_sums[2 * c * d_bins + i] / frames;
    for (std::size_t m = 0; m < d_bins;
         ++m) { // a bin that is not finite in one channel is so in all
        double sum = 0;
        for (std::size_t c = 0; c < d_settings.channels; ++c)
            sum += d_power[c * d_bins + m];
        if (std::isfinite(sum))
            continue;
        for (std::size_t c = 0; c < d_settings.channels; ++c)
            d_power[c * d_bins + m] = not_a_number;
        for (std::size_t c = 0; c < pairs(); ++c)
            d_cross[2 * (c * d_bins + m)] = d_cross[2 * (c * d_bins + m) + 1] = not_a_number;
    }
    reset();
}

template <class R>
void cross_spectrum<R>::add_to_means(const std::complex<R>* const* spectra)
{
    const auto part = 1 / static_cast<double>(d_settings.frames);
    for (std::size_t m = 0; m < d_bins; ++m) {
        double sum = 0;
        for (std::size_t c = 0; c < d_settings.channels; ++c)
            sum += static_cast<double>(std::abs(spectra[c][m].real())) +
                   static_cast<double>(std::abs(spectra[c][m].imag()));
        const bool good = std::isfinite(sum);
        if (good)
            d_weight[m] += part * (1 - d_weight[m]);
        const auto factor = good ? doubled(m) / d_weight[m] : not_a_number;
        const std::complex<double> x = good ? std::complex<double>(spectra[0][m]) : 0.0;
        for (std::size_t c = 0; c < d_settings.channels; ++c) {
            const std::complex<double> y = good ? std::complex<double>(spectra[c][m]) : 0.0;
            auto& power = d_sums[c * d_bins + m];
            if (good)
                power += part * (y.real() * y.real() + y.imag() * y.imag() - power);
            d_power[c * d_bins + m] = factor * power;
            if (c == 0)
                continue;
            auto* cross = d_cross_sums.data() + 2 * ((c - 1) * d_bins + m);
            if (good) {
                cross[0] += part * (x.real() * y.real() + x.imag() * y.imag() - cross[0]);
                cross[1] += part * (x.real() * y.imag() - x.imag() * y.real() - cross[1]);
            }
            d_cross[2 * ((c - 1) * d_bins + m)] = factor * cross[0];
            d_cross[2 * ((c - 1) * d_bins + m) + 1] = factor * cross[1];
        }
        d_settled[m] = d_weight[m] >= settled;
    }
}

//! 2 for inner bins of real signals, whose negative frequencies are left out.
template <class R>
double cross_spectrum<R>::doubled(std::size_t bin) const
{
    return d_settings.sides == sides::onesided && bin > 0 && 2 * bin != d_settings.n_fft ? 2 : 1;
}

//! Calls f(index of the output, power of the reference, power of the channel, cross power) for each bin of each pair.
template <class R>
template <class F>
void cross_spectrum<R>::for_each_bin(F f) const
{
    for (std::size_t c = 0; c < pairs(); ++c)
        for (std::size_t m = 0; m < d_bins; ++m) {
            const auto i = c * d_bins + m;
            f(i,
              d_power[m],
              d_power[i + d_bins],
              std::complex<double>(d_cross[2 * i], d_cross[2 * i + 1]));
        }
}

template <class R>
void cross_spectrum<R>::power(R* rows) const
{
    std::transform(
        d_power.begin(), d_power.end(), rows, [](double p) { return static_cast<R>(p); });
}

template <class R>
void cross_spectrum<R>::cross(std::complex<R>* rows) const
{
    for_each_bin([&](std::size_t i, double, double, std::complex<double> p) {
        rows[i] = std::complex<R>(p);
    });
}

template <class R>
void cross_spectrum<R>::coherence(R* rows) const
{
    for_each_bin([&](std::size_t i, double x, double y, std::complex<double> p) {
        const auto squared = std::norm(p / std::sqrt(x) / std::sqrt(y));
        rows[i] = static_cast<R>(d_settled[i % d_bins] ? std::min(squared, 1.0) : not_a_number);
        if (std::isnan(squared))
            rows[i] = std::numeric_limits<R>::quiet_NaN();
    });
}

template <class R>
void cross_spectrum<R>::phase(R* rows) const
{
    for_each_bin([&](std::size_t i, double, double, std::complex<double> p) {
        rows[i] = static_cast<R>(std::arg(p));
    });
}

template <class R>
void cross_spectrum<R>::transfer(std::complex<R>* rows) const
{
    const bool h1 = d_settings.estimator == transfer_estimator::h1;
    for_each_bin([&](std::size_t i, double x, double y, std::complex<double> p) {
        rows[i] = std::complex<R>(h1      ? p / x
                                  : x > 0 ? p / std::abs(p) * (y / std::abs(p))
                                          : std::complex<double>(not_a_number, not_a_number));
    });
}

template <class R>
double cross_spectrum<R>::threshold(double fraction) const
{
    if (!(fraction > 0 && fraction < 1))
        refuse("fraction", fraction, "must be between 0 and 1");
    // the coherence of K frames of noise is larger than g with probability (1 - g)^(K - 1)
    return d_independent > 1 ? 1 - std::pow(fraction, 1 / (d_independent - 1)) : 1;
}

template class cross_spectrum<float>;
template class cross_spectrum<double>;

} // namespace gr::stft::kernel
