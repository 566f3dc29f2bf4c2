/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "candidate_bank.h"
#include "chirp_bank.h"
#include "kernel/simd/dispatch.h"
#include "kernel/simd/power.h"
#include <algorithm>
#include <cmath>
#include <numeric>

namespace gr::stft::kernel {

namespace {

// of c theta^2, steps that no maximum slips through: a rate that is off by s / theta^2 widens a line by s bins
constexpr double coarse_step = 2.625, fine_step = 2.725;
constexpr int fine_steps = 2; // on either side of the coarse rate

//! y[i] = taps[i] x[i stride]; complex numbers as pairs
template <class R>
STFT_LOOP void gather(const R* __restrict x,
                      const R* __restrict taps,
                      std::size_t count,
                      std::size_t stride,
                      R* __restrict y)
{
    if (stride == 1)
        for (std::size_t i = 0; i < count; ++i) {
            y[2 * i] = taps[i] * x[2 * i];
            y[2 * i + 1] = taps[i] * x[2 * i + 1];
        }
    else
        for (std::size_t i = 0; i < count; ++i) {
            y[2 * i] = taps[i] * x[4 * i];
            y[2 * i + 1] = taps[i] * x[4 * i + 1];
        }
}

//! y = a b of complex numbers as pairs
template <class R>
STFT_LOOP void
product(const R* __restrict a, const R* __restrict b, std::size_t count, R* __restrict y)
{
    for (std::size_t i = 0; i < count; ++i) {
        y[2 * i] = a[2 * i] * b[2 * i] - a[2 * i + 1] * b[2 * i + 1];
        y[2 * i + 1] = a[2 * i] * b[2 * i + 1] + a[2 * i + 1] * b[2 * i];
    }
}

//! Returns NaN if a value is not finite, else zero.
template <class R>
STFT_LOOP R spoilt(const R* x, std::size_t count)
{
    R sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < count; ++i)
        sum += x[i] * R(0);
    return sum;
}

template <class V>
auto* parts_of(V* values)
{
    using real = std::conditional_t<std::is_const_v<V>,
                                    const typename std::remove_const_t<V>::value_type,
                                    typename V::value_type>;
    return reinterpret_cast<real*>(values);
}

} // namespace

chirp_grid::chirp_grid(const adaptive_settings& s)
    : coarse_theta(std::max(s.theta_max / 2, s.theta_min)), fine_theta(s.theta_max)
{
    const double step = coarse_step / (coarse_theta * coarse_theta);
    const auto most = static_cast<int>(std::ceil(s.chirp_max / step - 1e-3));
    for (int j = -most; j <= most; ++j)
        rates.push_back(j * step);
    for (int j = -fine_steps; j <= fine_steps; ++j)
        offsets.push_back(j * fine_step / (fine_theta * fine_theta));
}

template <class R>
chirp_bank<R>::chirp_bank(const adaptive_settings& s,
                          const std::vector<double>& theta,
                          std::size_t stride)
    : d_grid(s), d_stride(stride), d_half(s.block),
      d_whitener(dft_length_for(d_grid.coarse_theta / static_cast<double>(stride)), false, s.whiten)
{
    for (double one : theta)
        d_lengths.push_back(member_of(s, one));
    for (double one : { d_grid.coarse_theta, d_grid.fine_theta })
        d_stages.push_back(member_of(s, one));
    std::size_t side = 0, n = 0;
    for (const auto* all : { &d_lengths, &d_stages })
        for (const auto& m : *all) {
            side = std::max(side, m.side);
            n = std::max(n, m.n);
        }
    d_reach = static_cast<std::int64_t>(side * stride);
    for (auto* each : { &d_turns, &d_product, &d_turned })
        each->resize(2 * side + 1);
    d_spectrum.resize(n);
    d_power.resize(n);
    d_q.resize(n);
    // the whitener's own average, n / 32, suits the usual rates
    const double beyond = s.chirp_max * s.theta_max * s.theta_max / chirp_grid::usual - 1;
    const auto points = d_stages[0].n;
    if (beyond > 0)
        d_spread = std::min(
            points / 2 - 1,
            static_cast<std::size_t>(std::ceil(beyond * static_cast<double>(points) / 32 - 1e-6)));
    d_running.resize(points + 2 * d_spread + 1);
    const auto tables = [&](const std::vector<double>& rates, const member& m, auto& to) {
        for (double c : rates) {
            to.emplace_back(2 * m.side + 1);
            tabulate(c, m.side, parts_of(to.back().data()));
        }
    };
    tables(d_grid.rates, d_stages[0], d_rates);
    tables(d_grid.offsets, d_stages[1], d_offsets);
}

template <class R>
auto chirp_bank<R>::member_of(const adaptive_settings& s, double theta) -> member
{
    const auto step = static_cast<double>(d_stride);
    const auto n = dft_length_for(theta / step);
    const auto every =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(theta / (4 * s.hop)), 1, s.block + 1);
    const auto side = static_cast<std::int64_t>(std::ceil(theta / (2 * step))) - 1;
    const double scale = std::sqrt(step / (s.window.energy() * theta));
    volk::vector<R> taps;
    for (auto i = -side; i <= side; ++i)
        taps.push_back(
            static_cast<R>(scale * s.window.evaluate(static_cast<double>(i) * step, theta)));
    const auto known = std::find_if(
        d_weights.begin(), d_weights.end(), [&](const weight_set& w) { return w.n == n; });
    const auto weights = static_cast<std::size_t>(known - d_weights.begin());
    if (known == d_weights.end())
        d_weights.push_back({ n, volk::vector<R>(n) });
    frame_analysis<complex> analysis(n);
    std::fill_n(analysis.buffer(), n, complex(0));
    return { theta, n, every, static_cast<std::size_t>(side), taps, std::move(analysis), weights };
}

//! Writes exp(-i pi rate u^2), u = -side .. side strides.
template <class R>
void chirp_bank<R>::tabulate(double rate, std::size_t side, R* turns) const
{
    const auto step = static_cast<double>(d_stride);
    // (i + 1)^2 - i^2 = 2 i + 1: each factor is the last one, turned further by a constant angle
    const double angle = -pi * rate * step * step;
    double re = 1, im = 0, by_re = std::cos(angle), by_im = std::sin(angle);
    const double more_re = std::cos(2 * angle), more_im = std::sin(2 * angle);
    for (std::size_t i = 0; i <= side; ++i) {
        for (const auto at : { side - i, side + i }) {
            turns[2 * at] = static_cast<R>(re);
            turns[2 * at + 1] = static_cast<R>(im);
        }
        const double next = re * by_re - im * by_im;
        im = re * by_im + im * by_re;
        re = next;
        const double turned = by_re * more_re - by_im * more_im;
        by_im = by_re * more_im + by_im * more_re;
        by_re = turned;
    }
}

template <class R>
bool chirp_bank<R>::finite(const excerpt<complex>& x, std::int64_t centre) const
{
    const auto length = std::min(2 * d_reach + 1, x.end - x.begin);
    if (length <= 0)
        return false;
    const auto begin = std::clamp(centre - d_reach, x.begin, x.end - length);
    const auto* around = parts_of(x.samples + (begin - x.begin));
    return !std::isnan(simd::dispatch<spoilt<R>>(around, 2 * static_cast<std::size_t>(length)));
}

//! Writes the windowed samples to d_product.
template <class R>
void chirp_bank<R>::take(const member& m, const excerpt<complex>& x, std::int64_t centre)
{
    const auto reach = static_cast<std::int64_t>(m.side * d_stride);
    const auto nearest = std::clamp(centre, x.begin + reach, x.end - 1 - reach);
    simd::dispatch<gather<R>>(parts_of(x.samples + (nearest - reach - x.begin)),
                              m.taps.data(),
                              m.taps.size(),
                              d_stride,
                              parts_of(d_product.data()));
}

//! Averages d_power over d_spread bins on either side, modulo n. A window that turns moves energy aside; where it left its
//! own envelope it would count a hundred times as much, and the greatest rates would look best.
template <class R>
void chirp_bank<R>::spread_power(std::size_t n)
{
    const auto w = d_spread;
    double sum = 0;
    d_running[0] = 0;
    for (std::size_t i = 0; i < n + 2 * w; ++i)
        d_running[i + 1] = sum += static_cast<double>(d_power[(i + n - w) % n]);
    const double per_bin = 1 / static_cast<double>(2 * w + 1);
    for (std::size_t m = 0; m < n; ++m)
        d_power[m] = static_cast<R>((d_running[m + 2 * w + 1] - d_running[m]) * per_bin);
}

//! Updates the whitener by d_power. It starts from a flat spectrum, which counts as one frame: one frame alone would be
//! divided by itself, and the rates that smear it would look best.
template <class R>
void chirp_bank<R>::whiten(const member& m)
{
    const double sum =
        std::accumulate(d_power.begin(), d_power.begin() + static_cast<std::ptrdiff_t>(m.n), 0.0);
    if (!(sum > block_criterion<R>::least_sum) || !std::isfinite(sum))
        return;
    if (d_spread > 0)
        spread_power(m.n);
    if (d_whitened == 0) {
        std::fill_n(d_q.data(), m.n, static_cast<R>(sum / static_cast<double>(m.n)));
        d_whitener.update(d_q.data(), 1);
    }
    d_whitened = std::min(d_whitened + 1, static_cast<std::int64_t>(envelope_frames));
    const double share = static_cast<double>(m.every) / envelope_frames;
    d_whitener.update(d_power.data(), std::max(share, 1 / static_cast<double>(d_whitened + 1)));
}

//! Returns the spectrum of what its DFT's buffer holds.
template <class R>
const R* chirp_bank<R>::transform(member& m, bool whitens)
{
    ++d_evaluations;
    m.analysis.transform(d_spectrum.data());
    const auto* S = parts_of(d_spectrum.data());
    if (whitens) {
        simd::dispatch<power_of<R>>(S, m.n, d_power.data());
        whiten(m);
    }
    return S;
}

//! Sums of that spectrum.
template <class R>
criterion_sums chirp_bank<R>::sums(member& m, const block_criterion<R>& criterion, bool whitens)
{
    const auto* S = transform(m, whitens);
    auto& W = d_weights[m.weights];
    if (W.version != d_whitener.version()) {
        d_whitener.weights(m.n, W.values.data());
        W.version = d_whitener.version();
    }
    simd::dispatch<whitened_power<R>>(S, W.values.data(), m.n, d_q.data());
    return criterion.sums(d_q.data(), band_of(m.n, false, 0, 1)) * (1 / static_cast<double>(m.n));
}

template <class R>
void chirp_bank<R>::measure_envelope(std::int64_t p, const excerpt<complex>& x, std::int64_t centre)
{
    auto& m = d_stages[0];
    if (p % m.every != 0 || !fits(m, x) || !finite(x, centre))
        return;
    take(m, x, centre);
    std::copy_n(d_product.data(), m.taps.size(), m.analysis.buffer());
    transform(m, true);
}

template <class R>
void chirp_bank<R>::measure_rates(std::int64_t p,
                                  const excerpt<complex>& x,
                                  std::int64_t centre,
                                  pooled_rows<R>& to)
{
    to.add();
    auto& m = d_stages[0];
    if (p % m.every != 0 || !fits(m, x) || !finite(x, centre))
        return;
    take(m, x, centre);
    const auto middle = d_rates.size() / 2; // rate 0
    std::copy_n(d_product.data(), m.taps.size(), m.analysis.buffer());
    to.set(middle, sums(m, to.criterion(), true));
    for (std::size_t k = 0; k < d_rates.size(); ++k) {
        if (k == middle)
            continue;
        simd::dispatch<product<R>>(parts_of(d_product.data()),
                                   parts_of(d_rates[k].data()),
                                   m.taps.size(),
                                   parts_of(m.analysis.buffer()));
        to.set(k, sums(m, to.criterion(), false));
    }
}

template <class R>
void chirp_bank<R>::measure_offsets(std::int64_t p,
                                    const excerpt<complex>& x,
                                    std::int64_t centre,
                                    double rate,
                                    pooled_rows<R>& to)
{
    to.add();
    auto& m = d_stages[1];
    if (p % m.every != 0 || !fits(m, x) || !finite(x, centre))
        return;
    take(m, x, centre);
    tabulate(rate, m.side, parts_of(d_turns.data()));
    simd::dispatch<product<R>>(parts_of(d_product.data()),
                               parts_of(d_turns.data()),
                               m.taps.size(),
                               parts_of(d_turned.data()));
    d_product.swap(d_turned);
    for (std::size_t k = 0; k < d_offsets.size(); ++k) {
        simd::dispatch<product<R>>(parts_of(d_product.data()),
                                   parts_of(d_offsets[k].data()),
                                   m.taps.size(),
                                   parts_of(m.analysis.buffer()));
        to.set(k, sums(m, to.criterion(), false));
    }
}

template <class R>
void chirp_bank<R>::measure_lengths(std::int64_t p,
                                    const excerpt<complex>& x,
                                    std::int64_t centre,
                                    double rate,
                                    pooled_rows<R>& to)
{
    to.add();
    if (!finite(x, centre))
        return;
    auto fitting = lengths(); // number of window lengths that are not longer than the signal
    while (fitting > 0 && !fits(d_lengths[fitting - 1], x))
        --fitting;
    const auto side = static_cast<std::size_t>(d_reach) / d_stride;
    tabulate(rate, side, parts_of(d_turns.data()));
    for (std::size_t k = 0; k < fitting; ++k) {
        auto& m = d_lengths[k];
        if (p % m.every != 0)
            continue;
        take(m, x, centre);
        std::copy_n(d_product.data(), m.taps.size(), m.analysis.buffer());
        to.set(k, sums(m, to.criterion(), false));
        if (fitting < lengths() || rate == 0) {
            to.repeat(lengths() + k, k);
            continue;
        }
        simd::dispatch<product<R>>(parts_of(d_product.data()),
                                   parts_of(d_turns.data() + (side - m.side)),
                                   m.taps.size(),
                                   parts_of(m.analysis.buffer()));
        to.set(lengths() + k, sums(m, to.criterion(), false));
    }
    for (auto k = fitting; fitting > 0 && k < lengths(); ++k)
        for (const auto layer : { std::size_t(0), lengths() })
            to.repeat(layer + k, fitting - 1);
}

template <class R>
void chirp_bank<R>::take_over(const chirp_bank& other)
{
    if (d_whitener.points() == other.d_whitener.points())
        d_whitener = other.d_whitener;
    d_whitened = other.d_whitened;
    d_evaluations = other.d_evaluations;
}

template class chirp_bank<float>;
template class chirp_bank<double>;

} // namespace gr::stft::kernel
