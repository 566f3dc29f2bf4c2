/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/machine/settled_mean.h"
#include "kernel/frames/unfolded.h"
#include "kernel/names.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/machine/spectral_kurtosis.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr name_table mean_kinds{ named_value{ "blocks", mean_kind::blocks },
                                 named_value{ "exponential", mean_kind::exponential } };

//! |E[X^2]| / E[|X|^2] of each bin of real white noise; 0 of complex one.
std::vector<double> impropriety_of(const spectral_kurtosis_settings& s)
{
    std::vector<double> q(s.bins());
    if (s.sides != sides::onesided)
        return q;
    const auto taps = s.taps();
    frame_analysis<std::complex<double>> dft(s.n_fft);
    std::fill_n(dft.buffer(), s.n_fft, 0);
    double energy = 0;
    for (std::size_t i = 0; i < taps.size(); ++i) {
        dft.buffer()[i] = taps[i] * taps[i];
        energy += std::norm(taps[i]);
    }
    std::vector<std::complex<double>> spectrum(s.n_fft);
    dft.transform(spectrum.data());
    for (std::size_t m = 0; m < q.size(); ++m)
        q[m] = std::min(1.0, std::abs(spectrum[2 * m % s.n_fft]) / energy);
    return q;
}

} // namespace

mean_kind mean_kind_named(const std::string& name) { return mean_kinds.value_of("mean", name); }
const char* name_of(mean_kind kind) { return mean_kinds.name_of(kind); }

std::vector<double> frame_correlation(const std::vector<std::complex<double>>& taps,
                                      std::size_t hop)
{
    std::vector<double> rho;
    double energy = 0;
    for (const auto& tap : taps)
        energy += std::norm(tap);
    for (auto distance = hop; distance < taps.size(); distance += hop) {
        std::complex<double> sum = 0;
        for (auto i = distance; i < taps.size(); ++i)
            sum += taps[i] * std::conj(taps[i - distance]);
        rho.push_back(std::min(1.0, std::abs(sum) / energy));
    }
    return rho;
}

independent_frames
independent_frames_of(const std::vector<double>& correlation, mean_kind kind, std::uint64_t frames)
{
    const auto given = static_cast<double>(frames);
    const bool blocks = kind == mean_kind::blocks;
    const auto k = blocks ? given : 2 * given - 1;
    double square = 1, fourth = 1;
    for (std::size_t i = 0; i < correlation.size(); ++i) {
        const auto l = static_cast<double>(i + 1);
        const auto weight = blocks ? 1 - l / k : std::pow(1 - 1 / given, l);
        if (!(weight > 0))
            break;
        const auto rho = correlation[i] * correlation[i];
        square += 2 * weight * rho;
        fourth += 2 * weight * rho * rho;
    }
    return { k / square, k / fourth };
}

std::vector<std::complex<double>> spectral_kurtosis_settings::taps() const
{
    parameters p{ n_fft, hop };
    p.window = window;
    p.win_length = win_length;
    check_unfolded(p);
    return p.checked_taps<std::complex<double>>();
}

void spectral_kurtosis_settings::check() const
{
    taps();
    if (frames < 2 || frames > (std::uint64_t(1) << 40))
        refuse("frames", frames, "must be 2 .. 2^40");
}

template <class R>
spectral_kurtosis<R>::spectral_kurtosis(const spectral_kurtosis_settings& s)
    : spectral_kurtosis((s.check(), frame_correlation(s.taps(), s.hop)),
                        impropriety_of(s),
                        s.mean,
                        s.frames)
{}

template <class R>
spectral_kurtosis<R>::spectral_kurtosis(std::vector<double> correlation,
                                        std::vector<double> impropriety,
                                        mean_kind mean,
                                        std::uint64_t frames)
    : d_impropriety(std::move(impropriety)), d_mean(mean), d_frames(frames)
{
    if (frames < 2 || frames > (std::uint64_t(1) << 40))
        refuse("frames", frames, "must be 2 .. 2^40");
    for (const auto rho : correlation)
        if (!(std::abs(rho) <= 1))
            refuse("correlation", rho, "must be -1 .. 1");
    d_independent = independent_frames_of(correlation, mean, frames);
    const auto k2 = d_independent.of_power, k4 = d_independent.of_square;
    for (const auto q : d_impropriety) {
        if (!(q >= 0 && q <= 1))
            refuse("impropriety", q, "must be 0 .. 1");
        // P = a x^2 + b y^2 with independent x, y of variance 1: a + b = 1, a - b = q
        const auto qq = q * q, a = (1 + q) / 2, b = (1 - q) / 2, ab = a * b;
        const auto moment = 2 + qq;                 // E[P^2]
        const auto bias = 2 + 7 * qq - 3 * qq * qq; // E[mean(P^2) / mean(P)^2] = moment - bias / K2
        const auto second = 4 * (4 * ab * q) * (4 * ab * q);
        const auto fourth = 24 * (a * a * a * a + b * b * b * b) + 16 * ab * ab;
        d_offset.push_back(moment);
        d_factor.push_back(1 + bias / moment / k2);
        d_spread.push_back(std::sqrt(second / k2 + fourth / k4));
    }
    d_power.resize(bins());
    d_square.resize(bins());
    if (mean == mean_kind::exponential)
        d_weight.resize(bins());
}

template <class R>
bool spectral_kurtosis<R>::add(const R* row, R* kurtosis)
{
    const auto value = [this](std::size_t m, double power, double square) {
        return static_cast<R>(d_factor[m] * square / (power * power) - d_offset[m]);
    };
    if (d_mean == mean_kind::blocks) {
        for (std::size_t m = 0; m < bins(); ++m) {
            const auto p = static_cast<double>(row[m]);
            d_power[m] += p;
            d_square[m] += p * p;
        }
        if (++d_count < d_frames)
            return false;
        const auto frames = static_cast<double>(d_count);
        for (std::size_t m = 0; m < bins(); ++m)
            kurtosis[m] = value(m, d_power[m] / frames, d_square[m] / frames);
        begin_block();
        return true;
    }
    const auto part = 1 / static_cast<double>(d_frames);
    for (std::size_t m = 0; m < bins(); ++m) {
        const auto p = static_cast<double>(row[m]);
        kurtosis[m] = std::numeric_limits<R>::quiet_NaN();
        if (!std::isfinite(p))
            continue;
        d_power[m] += part * (p - d_power[m]);
        d_square[m] += part * (p * p - d_square[m]);
        d_weight[m] += part * (1 - d_weight[m]);
        if (d_weight[m] >= settled)
            kurtosis[m] = value(m, d_power[m] / d_weight[m], d_square[m] / d_weight[m]);
    }
    return true;
}

template <class R>
void spectral_kurtosis<R>::begin_block()
{
    std::fill(d_power.begin(), d_power.end(), 0);
    std::fill(d_square.begin(), d_square.end(), 0);
    d_count = 0;
}

template class spectral_kurtosis<float>;
template class spectral_kurtosis<double>;

} // namespace gr::stft::kernel
