/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "candidate_bank.h"
#include "kernel/simd/dispatch.h"
#include "kernel/simd/multiply.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t lanes = 8; // rows are padded to a multiple of this

//! Adds `rows` rows to sum, one after another. \param count length of a row, a multiple of `lanes`
STFT_LOOP void
add(const double* __restrict more, std::size_t rows, std::size_t count, double* __restrict sum)
{
    for (std::size_t i = 0; i < count; i += lanes) {
        double one[lanes];
        for (std::size_t l = 0; l < lanes; ++l)
            one[l] = sum[i + l];
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t l = 0; l < lanes; ++l)
                one[l] += more[r * count + i + l];
        for (std::size_t l = 0; l < lanes; ++l)
            sum[i + l] = one[l];
    }
}

//! Computes mean sums per frame. block holds columns of `count` numbers: first sums, second sums, frames measured and, if
//! there are energies, their terms. mean gets the first sums and the terms, then the second sums, once for each; flaws is 0
//! where a criterion can use the sums.
STFT_LOOP void means(const double* __restrict block,
                     std::size_t count,
                     double least,
                     bool energies,
                     double* __restrict mean,
                     double* __restrict flaws)
{
    constexpr double most = std::numeric_limits<double>::max();
    for (std::size_t i = 0; i < count; ++i) {
        const double per_frame = 1 / block[2 * count + i];
        const double first = block[i] * per_frame, second = block[count + i] * per_frame;
        mean[i] = first;
        mean[2 * count + i] = second;
        const double flaw = second > least ? 0.0 : 1.0, large = second <= most ? 0.0 : 1.0;
        flaws[i] = flaw + large + (std::abs(first) <= most ? 0.0 : 1.0);
    }
    if (!energies)
        return;
    for (std::size_t i = 0; i < count; ++i) {
        mean[count + i] = block[3 * count + i] / block[2 * count + i];
        mean[3 * count + i] = mean[2 * count + i];
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

//! Returns the number of values up to the last one that is not finite, which is 0 if all are.
template <class R>
std::size_t spoilt_part(const R* x, std::size_t count)
{
    if (std::isnan(simd::dispatch<spoilt<R>>(x, count)))
        while (count > 0 && std::isfinite(x[count - 1]))
            --count;
    else
        count = 0;
    return count;
}

} // namespace

std::size_t dft_length_for(double theta)
{
    std::size_t n = 4;
    while (static_cast<double>(n) < theta)
        n *= 2;
    return n;
}

template <class T>
candidate_bank<T>::candidate_bank(const adaptive_settings& s, const std::vector<double>& theta)
    : d_bands(per_bin(s.share) ? static_cast<std::size_t>(s.bands) : 1), d_half(s.block),
      d_endless(s.share == sharing::constant || s.share == sharing::bin), d_criterion(s),
      d_whitener(dft_length_for(static_cast<double>(s.n_fft) / 2), is_real_v<T>, s.whiten)
{
    const double half = std::log(static_cast<double>(s.n_fft) / 2);
    for (std::size_t k = 0; k < theta.size(); ++k) {
        const double log_theta = std::log(theta[k]);
        if (std::abs(log_theta - half) < std::abs(std::log(theta[d_reference]) - half))
            d_reference = k;
        const auto n = dft_length_for(theta[k]);
        const auto every = std::clamp<std::int64_t>(
            static_cast<std::int64_t>(theta[k] / (3 * s.hop)), 1, s.block + 1);
        const auto reach = static_cast<std::int64_t>(std::ceil(theta[k] / 2)) - 1;
        const double scale = 1 / std::sqrt(s.window.energy() * theta[k]);
        volk::vector<real> window;
        for (auto i = -reach; i <= reach; ++i)
            window.push_back(
                static_cast<real>(scale * s.window.evaluate(static_cast<double>(i), theta[k])));
        std::vector<bin_band> bands;
        for (std::size_t b = 0; b < d_bands; ++b)
            bands.push_back(band_of(n, is_real_v<T>, b, d_bands));
        const auto known = std::find_if(
            d_spectra.begin(), d_spectra.end(), [&](const spectrum& one) { return one.n == n; });
        const auto index = static_cast<std::size_t>(known - d_spectra.begin());
        if (known == d_spectra.end()) {
            d_spectra.push_back(
                { n, frame_analysis<T>(n), volk::vector<real>(kernel::bins<T>(n)) });
            std::fill_n(d_spectra.back().analysis.buffer(), n, T(0));
        }
        d_members.push_back({ theta[k], log_theta, every, reach, window, bands, index });
        d_reach = std::max(d_reach, reach);
    }
    const auto points = spectrum_of(d_members[d_reference]).n;
    if (points != d_whitener.points())
        d_whitener = spectral_whitener<real>(points, is_real_v<T>, s.whiten);
    d_power.resize(kernel::bins<T>(d_spectra.back().n));
    d_slots = static_cast<std::size_t>(2 * s.block + s.lag + 2);
    const auto pairs = d_bands * size();
    if (!d_endless)
        d_energies = energies(s, theta);
    d_column = (pairs + lanes - 1) / lanes * lanes;
    d_row = columns() * d_column;
    d_rows.assign(d_slots * d_row, 0);
    d_total.assign(d_row, 0);
    d_block.assign(d_row, 0);
    d_sums.resize(d_bands);
    d_means.assign(4 * d_column, 0);
    d_flaws.assign(d_column, 0);
    d_J.assign(2 * d_column, 0);
    const double middle = std::log(s.theta_min * s.theta_max) / 2;
    for (std::size_t i = 0; i < pairs; ++i) {
        const double away = d_members[i % size()].log_theta - middle;
        d_pull.push_back(s.prior / 2 * away * away);
    }
    d_defined.assign(d_bands, false);
}

template <class T>
std::vector<energy_measure> candidate_bank<T>::energies(const adaptive_settings& s,
                                                        const std::vector<double>& theta) const
{
    std::vector<std::int64_t> every;
    for (const auto& m : d_members)
        every.push_back(m.every);
    const double part = (is_real_v<T> ? 0.5 : 1) / static_cast<double>(d_bands);
    return energy_measures(s, theta, every, part, part);
}

template <class T>
bool candidate_bank<T>::kept(std::size_t k, int load) const
{
    return load < 2 || k % 2 == 0 || k == d_reference || k + 1 == size();
}

template <class T>
bool candidate_bank<T>::due(std::size_t k, std::int64_t p, int load) const
{
    const auto all = d_members[k].every;
    const auto every = load > 0 && 2 * all <= d_half + 1 ? 2 * all : all; // a block has one
    return kept(k, load) && p % every == 0;
}

template <class T>
void candidate_bank<T>::measure(std::size_t k, const row& to, const T* centre)
{
    const auto& m = d_members[k];
    auto& spectrum = spectrum_of(m);
    auto* const buffer = spectrum.analysis.buffer();
    const auto length = m.window.size();
    multiply(centre - m.reach, m.window.data(), buffer, length);
    if (spectrum.filled > length)
        std::fill(buffer + length, buffer + spectrum.filled, T(0));
    spectrum.filled = length;
    spectrum.analysis.powers(d_power.data());
    if (k == d_reference)
        d_whitener.update(d_power.data(), static_cast<double>(m.every) / envelope_frames);
    if (spectrum.version != d_whitener.version()) {
        d_whitener.weights(spectrum.n, spectrum.weights.data());
        spectrum.version = d_whitener.version();
    }
    d_criterion.sums(
        d_power.data(), spectrum.weights.data(), m.bands.data(), d_bands, d_sums.data());
    const double scale = 1 / static_cast<double>(spectrum.n);
    for (auto& sums : d_sums) {
        sums = sums * scale;
        if (!std::isfinite(sums.first) || !std::isfinite(sums.second))
            return;
    }
    for (std::size_t b = 0; b < d_bands; ++b) {
        const auto& sums = d_sums[b];
        to.first(b)[k] = d_criterion.pooled()       ? sums.first
                         : d_criterion.silent(sums) ? 0
                                                    : d_criterion.value(sums);
        to.second(b)[k] = sums.second;
        to.counts(b)[k] = 1;
        if (!d_energies.empty())
            to.terms(b)[k] = d_criterion.term(sums.second);
    }
}

//! True if the samples begin .. end - 1 are finite. Those that follow the samples seen before are looked at only once.
template <class T>
bool candidate_bank<T>::finite(const excerpt<T>& x, std::int64_t begin, std::int64_t end)
{
    constexpr std::size_t parts = is_real_v<T> ? 1 : 2;
    if (begin < d_seen_begin || begin > d_seen_end || end < d_seen_end)
        d_seen_begin = d_seen_end = d_spoilt_end = begin;
    if (end > d_seen_end) {
        const auto* values = reinterpret_cast<const real*>(x.samples + (d_seen_end - x.begin));
        const auto count = parts * static_cast<std::size_t>(end - d_seen_end);
        if (const auto part = spoilt_part(values, count))
            d_spoilt_end = d_seen_end + static_cast<std::int64_t>((part - 1) / parts) + 1;
        d_seen_end = end;
    }
    return begin >= d_spoilt_end;
}

template <class T>
void candidate_bank<T>::measure(std::int64_t p, const excerpt<T>& x, std::int64_t centre)
{
    const auto to = row_of(p);
    std::fill_n(to.data, d_row, 0.0);
    d_end = p + 1;
    d_gathered = -1;
    const auto length = std::min(2 * d_reach + 1, x.end - x.begin);
    const auto begin = std::clamp(centre - d_reach, x.begin, x.end - length);
    if (!finite(x, begin, begin + length))
        return;
    auto fitting = size(); // number of candidates not longer than the signal
    while (fitting > 0 && 2 * d_members[fitting - 1].reach + 1 > length)
        --fitting;
    const auto visit = [&](std::size_t k) {
        const auto reach = d_members[k].reach;
        if (due(k, p, d_load)) {
            const auto nearest = std::clamp(centre, x.begin + reach, x.end - 1 - reach);
            measure(k, to, x.samples + (nearest - x.begin));
            ++d_evaluations;
        } else if (d_load > 0 && due(k, p, 0)) {
            ++d_dropped;
        }
    };
    if (d_reference < fitting)
        visit(d_reference);
    for (std::size_t k = 0; k < fitting; ++k)
        if (k != d_reference)
            visit(k);
    if (fitting < size())
        repeat(fitting, to);
    if (d_endless)
        simd::dispatch<add>(to.data, 1, d_row, d_total.data());
}

//! Gives the candidates from k on the sums of the longest shorter candidate that is kept.
template <class T>
void candidate_bank<T>::repeat(std::size_t k, const row& to) const
{
    if (k == 0)
        return;
    auto longest = k - 1;
    while (longest > 0 && !kept(longest, d_load))
        --longest;
    for (std::size_t i = 0; i < columns(); ++i)
        for (std::size_t b = 0; b < d_bands; ++b) {
            auto* sums = to.column(i, b);
            std::fill(sums + k, sums + size(), sums[longest]);
        }
}

template <class T>
std::int64_t candidate_bank<T>::frames_in(std::int64_t n) const
{
    return std::min(n + d_half + 1, d_end) - std::max(n - d_half, d_begin);
}

//! Returns the sums of block n.
template <class T>
auto candidate_bank<T>::gather(std::int64_t n) -> const_row
{
    const auto& sums = d_endless ? d_total : d_block;
    const const_row gathered{ sums.data(), d_column, size() };
    if (d_endless || d_gathered == n)
        return gathered;
    d_gathered = n;
    std::fill(d_block.begin(), d_block.end(), 0.0);
    const auto end = std::min(n + d_half + 1, d_end);
    for (auto p = std::max(n - d_half, d_begin); p < end;) {
        const auto to_wrap = static_cast<std::int64_t>(d_slots - modulo(p, d_slots));
        const auto rows = std::min(end - p, to_wrap);
        simd::dispatch<add>(row_of(p).data, static_cast<std::size_t>(rows), d_row, d_block.data());
        p += rows;
    }
    return gathered;
}

template <class T>
void candidate_bank<T>::evaluate(std::int64_t n)
{
    const auto block = gather(n);
    const auto K = size();
    const bool energies = !d_energies.empty();
    simd::dispatch<means>(
        block.data, d_column, d_criterion.least_sum, energies, d_means.data(), d_flaws.data());
    if (d_criterion.pooled())
        d_criterion.values(d_means.data(),
                           d_means.data() + 2 * d_column,
                           (energies ? 2 : 1) * d_column,
                           d_J.data());
    else
        std::copy_n(d_means.data(), d_column, d_J.data());
    for (std::size_t b = 0; energies && b < d_bands; ++b) {
        auto *J = d_J.data() + b * K, *of_energies = J + d_column;
        for (std::size_t k = 0; k < K; ++k)
            J[k] = std::min(J[k], d_energies[k].value(of_energies[k]));
    }
    for (std::size_t i = 0; i < d_pull.size(); ++i)
        d_J[i] += d_pull[i];
    const auto* counts = block.counts(0); // each band has these counts
    for (std::size_t b = 0; b < d_bands; ++b) {
        bool defined = true;
        for (std::size_t k = 0; k < K; ++k) {
            const bool flawed = d_flaws[b * K + k] != 0;
            const bool left_out = flawed && d_load > 1 && counts[k] == 0 && !kept(k, d_load);
            defined = defined && (!flawed || left_out);
        }
        auto* J = d_J.data() + b * K;
        for (std::size_t k = 1; defined && d_load > 1 && k + 1 < K; ++k)
            if (counts[k] == 0) // both neighbours were measured
                J[k] = (J[k - 1] + J[k + 1]) / 2;
        d_defined[b] = defined;
    }
}

template <class T>
criterion_sums
candidate_bank<T>::mean(const const_row& block, std::size_t k, std::size_t band) const
{
    return criterion_sums{ block.first(band)[k], block.second(band)[k] } *
           (1 / block.counts(band)[k]);
}

template <class T>
criterion_sums candidate_bank<T>::block_mean(std::int64_t n, std::size_t band, double log_theta)
{
    const auto block = gather(n);
    const auto K = size();
    const auto* counts = block.counts(0); // each band has these counts
    std::size_t above = 0;
    while (above < K && (counts[above] == 0 || d_members[above].log_theta < log_theta))
        ++above;
    auto below = std::min(above, K - 1) + 1;
    while (below-- > 0)
        if (counts[below] > 0 && (d_members[below].log_theta < log_theta || below == above))
            break;
    if (below >= K)
        return above < K ? mean(block, above, band) : criterion_sums{};
    if (above >= K || above == below)
        return mean(block, below, band);
    const double part = (log_theta - d_members[below].log_theta) /
                        (d_members[above].log_theta - d_members[below].log_theta);
    auto between = mean(block, below, band) * (1 - part);
    return between += mean(block, above, band) * part;
}

template <class T>
void candidate_bank<T>::restart(std::int64_t p, history past)
{
    d_begin = d_end = p;
    d_gathered = -1;
    d_seen_begin = d_seen_end = d_spoilt_end = 0;
    std::fill(d_rows.begin(), d_rows.end(), 0.0);
    if (past == history::kept)
        return;
    std::fill(d_total.begin(), d_total.end(), 0.0);
    d_whitener.reset();
}

template <class T>
void candidate_bank<T>::take_over(const candidate_bank& other)
{
    if (d_whitener.points() == other.d_whitener.points())
        d_whitener = other.d_whitener;
    const auto same = [](const member& a, const member& b) { return a.theta == b.theta; };
    if (std::equal(d_members.begin(),
                   d_members.end(),
                   other.d_members.begin(),
                   other.d_members.end(),
                   same))
        d_total = other.d_total;
    d_evaluations = other.d_evaluations;
    d_dropped = other.d_dropped;
}

template class candidate_bank<float>;
template class candidate_bank<double>;
template class candidate_bank<std::complex<float>>;
template class candidate_bank<std::complex<double>>;

} // namespace gr::stft::kernel
