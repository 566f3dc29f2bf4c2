/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "refuse.h"
#include <gnuradio/stft/kernel/power.h>
#include <volk/volk.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double floor_power = 1e-20; // -200 dB

void squared_modulus(const std::complex<float>* z, float* out, std::size_t n)
{
    volk_32fc_magnitude_squared_32f(out, z, static_cast<unsigned>(n));
}

void squared_modulus(const std::complex<double>* z, double* out, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i)
        out[i] = std::norm(z[i]);
}

void log2(const float* in, float* out, std::size_t n)
{
    volk_32f_log2_32f(out, in, static_cast<unsigned>(n));
}

void log2(const double* in, double* out, std::size_t n)
{
    std::transform(in, in + n, out, [](double v) { return std::log2(v); });
}

} // namespace

power_kind power_kind_named(const std::string& name)
{
    if (name == "psd")
        return power_kind::psd;
    if (name == "power")
        return power_kind::power;
    if (name == "magnitude")
        return power_kind::magnitude;
    refuse("kind", name, "must be psd, power or magnitude");
}

scaling spectrum_scaling(power_kind kind)
{
    return kind == power_kind::psd ? scaling::psd : scaling::magnitude;
}

void power_parameters::check() const
{
    if (average < 1 || average > std::uint64_t(1) << 62)
        refuse("average", static_cast<std::int64_t>(average), "must be 1 or more spectra");
    if (!(factor > 0) || !std::isfinite(factor))
        refuse("factor", factor, "must be positive and finite");
}

template <class R>
power<R>::power(std::size_t n_fft, std::size_t bins, const power_parameters& p)
    : d_n_fft(n_fft), d_bins(bins), d_parameters(p), d_row(bins), d_decibel(bins), d_sum(bins)
{
    p.check();
    if (bins != n_fft && bins != n_fft / 2 + 1)
        refuse("bins", bins, "must be n_fft or n_fft / 2 + 1 for n_fft = " + std::to_string(n_fft));
}

template <class R>
void power<R>::set_average(std::uint64_t average)
{
    auto changed = d_parameters;
    changed.average = average;
    changed.check();
    d_parameters = changed;
}

template <class R>
void power<R>::set_factor(double factor)
{
    auto changed = d_parameters;
    changed.factor = factor;
    changed.check();
    d_parameters = changed;
}

template <class R>
bool power<R>::add(const std::complex<R>* spectrum, R* row)
{
    // from aligned memory and always a whole row: the last bit of VOLK's results depends on both
    squared_modulus(spectrum, d_row.data(), d_bins);
    if (d_parameters.factor != 1) {
        const auto factor = static_cast<R>(d_parameters.factor);
        for (auto& p : d_row)
            p *= factor;
    }
    if (d_parameters.doubled) {
        const R twice = d_parameters.kind == power_kind::magnitude ? 4 : 2;
        const auto inner_end = d_n_fft % 2 ? d_bins : d_bins - 1;
        for (std::size_t k = 1; k < inner_end; ++k)
            d_row[k] *= twice;
    }
    ++d_count;
    if (d_parameters.average > 1 || d_count > 1) {
        for (std::size_t k = 0; k < d_bins; ++k)
            d_sum[k] += static_cast<double>(d_row[k]);
        if (d_count < d_parameters.average)
            return false;
        take_mean();
    }
    finish(row);
    return true;
}

template <class R>
bool power<R>::flush(R* row)
{
    if (d_count == 0)
        return false;
    take_mean();
    finish(row);
    return true;
}

template <class R>
void power<R>::take_mean()
{
    for (std::size_t k = 0; k < d_bins; ++k) {
        d_row[k] = static_cast<R>(d_sum[k] / static_cast<double>(d_count));
        d_sum[k] = 0;
    }
}

template <class R>
void power<R>::finish(R* row)
{
    d_count = 0;
    if (d_parameters.max_hold) {
        if (d_held.empty())
            d_held.assign(d_bins, 0);
        for (std::size_t k = 0; k < d_bins; ++k) // NaN is not held
            d_row[k] = d_held[k] = d_row[k] > d_held[k] ? d_row[k] : d_held[k];
    }
    if (d_parameters.db) {
        for (auto& v : d_row)
            v = v < R(floor_power) ? R(floor_power) : v;
        log2(d_row.data(), d_decibel.data(), d_bins);
        constexpr R per_octave = 3.01029995663981195; // 10 log10(2)
        for (std::size_t k = 0; k < d_bins; ++k)      // NaN and infinity stay what they are
            row[k] = std::isfinite(d_row[k]) ? per_octave * d_decibel[k] : d_row[k];
    } else if (d_parameters.kind == power_kind::magnitude) {
        std::transform(d_row.begin(), d_row.end(), row, [](R p) { return std::sqrt(p); });
    } else {
        std::copy(d_row.begin(), d_row.end(), row);
    }
}

template class power<float>;
template class power<double>;

} // namespace gr::stft::kernel
