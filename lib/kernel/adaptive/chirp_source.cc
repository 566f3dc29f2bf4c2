/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "chirp_source.h"
#include "theta_source.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double price_of_rate[2] = { 1e-3, 3e-3 }; // of a change of the rate by 1 / theta_max^2
constexpr double price_of_change =
    0.02; // least one of the beginning or the end of a rate: of that of a tone, near 0

//! Settings of what measures a stage.
adaptive_settings of_stage(adaptive_settings s, std::size_t stage)
{
    if (stage == 0)
        s.criterion = adaptive_criterion::entropy;
    if (stage == 1) {
        s.criterion = adaptive_criterion::renyi;
        s.order = 2;
        s.block /= 2;
    }
    return s;
}

//! How the energies of a block's frames count in the last stage: for each window length without a rate, then with one.
template <class R>
std::vector<energy_measure>
measures(const adaptive_settings& s, const chirp_bank<R>& bank, double bandwidth)
{
    std::vector<std::int64_t> every;
    for (std::size_t k = 0; k < bank.lengths(); ++k)
        every.push_back(bank.interval(k));
    const auto of_lengths = energy_measures(s, candidate_lengths(s), every, bandwidth, 1);
    auto all = of_lengths;
    all.insert(all.end(), of_lengths.begin(), of_lengths.end());
    return all;
}

std::vector<double> logarithms(std::vector<double> values)
{
    for (auto& one : values)
        one = std::log(one);
    return values;
}

} // namespace

std::int64_t frames_ahead(const adaptive_settings& s)
{
    if (s.causal)
        return 0;
    // two stages with the block and the lag of the settings, and one between them with half of both
    return learns_chirp(s.learn) && s.method == learning_method::bank
               ? 2 * s.block + s.block / 2 + 2 * s.lag + s.lag / 2
               : s.block + s.lag;
}

template <class R>
chirp_source<R>::chirp_source(const adaptive_settings& s, std::size_t stride, std::int64_t margin)
    : d_stride(stride), d_margin(margin), d_lag{ s.lag, s.lag / 2, s.lag },
      d_ahead(frames_ahead(s)), d_settings(s), d_bank(s, candidate_lengths(s), stride),
      d_reach(d_bank.reach()), d_lengths(logarithms(candidate_lengths(s))),
      d_choice(d_lengths, s.smoothness, s.lag), d_cost(s, 1 / static_cast<double>(stride))
{
    const auto& grid = d_bank.grid();
    const std::size_t candidates[] = { grid.rates.size(),
                                       grid.offsets.size(),
                                       2 * d_bank.lengths() };
    auto energies = measures(s, d_bank, 1 / static_cast<double>(stride));
    for (std::size_t stage = 0; stage < 3; ++stage) {
        const auto t = of_stage(s, stage);
        d_sums.emplace_back(candidates[stage],
                            t.block,
                            d_lag[stage],
                            t,
                            stage == 2 ? std::move(energies) : std::vector<energy_measure>{});
    }
    const double unit = s.theta_max * s.theta_max;
    d_paths.emplace_back(grid.rates, price_of_rate[0] * unit, d_lag[0]);
    d_paths.emplace_back(grid.offsets, price_of_rate[1] * unit, d_lag[1]);
    for (auto& rates : d_rates)
        rates.resize(static_cast<std::size_t>(d_ahead) + 2);
    const double middle = std::log(s.theta_min * s.theta_max) / 2;
    for (double one : d_lengths)
        d_pull.push_back(s.prior / 2 * (one - middle) * (one - middle));
    d_J.resize(2 * d_lengths.size());
    if (s.steps > 0)
        d_descent.emplace(s, stride);
    if (s.method == learning_method::bank)
        return;
    d_sliding.emplace(s);
    d_reach = std::max(d_reach, static_cast<std::int64_t>(std::ceil(s.theta_max / 2)) + 1);
}

template <class R>
void chirp_source<R>::rebuild(const adaptive_settings& s)
{
    chirp_source built(s, d_stride, d_margin);
    built.d_bank.take_over(d_bank);
    if (built.d_descent)
        built.d_descent->take_over(*d_descent);
    built.d_criterion = d_criterion;
    *this = std::move(built);
}

template <class R>
void chirp_source<R>::restart(std::int64_t p,
                              double theta,
                              double rate,
                              first_frame first,
                              history past)
{
    d_resolved = d_descended = d_found[0] = d_found[1] = p - 1;
    for (auto& sums : d_sums)
        sums.restart(p);
    for (auto& path : d_paths)
        path.start(p, 0, first_frame::free);
    d_log_theta = std::log(theta);
    d_rate = 0;
    d_choice.start(p, d_log_theta, first);
    if (d_sliding)
        d_sliding->restart(p, { d_log_theta, rate }, past);
    if (past == history::cleared)
        d_bank.reset();
}

template <class R>
double& chirp_source<R>::rate_of(std::size_t stage, std::int64_t p)
{
    return d_rates[stage][modulo(p, d_rates[stage].size())];
}

//! The samples that take part in learning.
template <class R>
auto chirp_source<R>::learnt(const stream_excerpt<complex>& signal) const -> excerpt<complex>
{
    auto x = signal.samples();
    const auto before = std::max<std::int64_t>(0, d_margin - x.begin);
    x.begin += before;
    x.samples += before;
    x.end = std::max(x.begin, signal.finished() ? x.end - d_margin : x.end);
    return x;
}

//! Measures a stage up to frame p, or to the last one of a finished signal. \return false if samples are missing
template <class R>
bool chirp_source<R>::measure(std::size_t stage, std::int64_t p, const signal_of& of)
{
    auto& sums = d_sums[stage];
    while (sums.last() < p) {
        const auto next = sums.last() + 1;
        if (!of.has(next))
            return true;
        const auto centre = nearest_sample(of.grid.at(next));
        if (stage > 0 ? !resolve_rate(stage - 1, next, of)
                      : !of.signal.finished() && of.signal.received() < needed(centre))
            return false;
        const auto x = learnt(of.signal);
        if (stage == 0)
            d_bank.measure_rates(next, x, centre, sums);
        else if (stage == 1)
            d_bank.measure_offsets(next, x, centre, rate_of(0, next), sums);
        else
            d_bank.measure_lengths(next, x, centre, rate_of(1, next), sums);
    }
    return true;
}

//! Finds the rates of the frames up to p by stage 0 or 1. \return false if samples are missing
template <class R>
bool chirp_source<R>::resolve_rate(std::size_t stage, std::int64_t p, const signal_of& of)
{
    auto& path = d_paths[stage];
    while (d_found[stage] < p) {
        const auto next = d_found[stage] + 1;
        if (!measure(stage, next + d_lag[stage] + d_sums[stage].half(), of))
            return false;
        while (path.front() < next + d_lag[stage] && of.has(path.front() + 1))
            path.advance(d_sums[stage].J(path.front() + 1));
        const double found = path.resolve(next);
        rate_of(stage, next) =
            stage == 0
                ? found
                : std::clamp(rate_of(0, next) + found, -d_settings.chirp_max, d_settings.chirp_max);
        d_found[stage] = next;
    }
    return true;
}

//! True if the longest window lies within the samples that take part in learning.
template <class R>
bool chirp_source<R>::covers(const excerpt<complex>& x, const position& t) const
{
    const auto half = static_cast<std::int64_t>(std::ceil(d_settings.theta_max / 2));
    return t.sample - half >= x.begin && t.sample + half + (t.fraction > 0) < x.end;
}

//! Resolves the next frame by descent.
template <class R>
bool chirp_source<R>::descend(const signal_of& of)
{
    const auto next = d_resolved + 1;
    while (d_descended < next + d_settings.block && of.has(d_descended + 1)) {
        const auto p = d_descended + 1;
        const auto t = of.grid.at(p);
        const auto centre = nearest_sample(t);
        if (!of.signal.finished() && of.signal.received() < needed(centre))
            return false;
        const auto x = learnt(of.signal);
        if (covers(x, t)) {
            d_bank.measure_envelope(p, x, centre);
            d_descent->whiten(d_bank.whitener());
            d_sliding->measure(p, x, t, *d_descent);
        } else {
            d_sliding->pass(p);
        }
        d_descended = p;
    }
    const auto& found = d_sliding->window(next);
    d_log_theta = found.log_theta;
    d_rate = found.rate;
    if (!std::isnan(d_sliding->criterion()))
        d_criterion = d_sliding->criterion();
    d_resolved = next;
    return true;
}

template <class R>
frame_window chirp_source<R>::refined(const position& t, const stream_excerpt<complex>& signal)
{
    const frame_window found{ d_log_theta, d_rate };
    const auto x = learnt(signal);
    if (!d_descent || d_sliding || !covers(x, t))
        return found;
    std::size_t k = 0; // nearest candidate
    for (std::size_t i = 1; i < d_lengths.size(); ++i)
        if (std::abs(d_lengths[i] - d_log_theta) < std::abs(d_lengths[k] - d_log_theta))
            k = i;
    auto& sums = d_sums[2];
    d_descent->whiten(d_bank.whitener());
    return d_descent->refine(x,
                             t,
                             found,
                             sums.mean(d_resolved, k + (d_rate != 0 ? d_lengths.size() : 0)),
                             sums.frames_in(d_resolved));
}

template <class R>
bool chirp_source<R>::resolve_next(const frame_grid& grid, const stream_excerpt<complex>& signal)
{
    const signal_of of{ grid, signal };
    if (d_sliding)
        return descend(of);
    const auto next = d_resolved + 1;
    auto& sums = d_sums[2];
    if (!measure(2, next + d_lag[2] + sums.half(), of))
        return false;
    while (d_choice.front() < next + d_lag[2] && of.has(d_choice.front() + 1)) {
        const auto front = d_choice.front() + 1;
        const auto* J = sums.J(front);
        const auto lengths = d_pull.size();
        const double rate = rate_of(1, front), cost = d_cost.at(rate);
        for (std::size_t k = 0; J && k < lengths; ++k) {
            d_J[k] = J[k] + d_pull[k];
            d_J[lengths + k] = J[lengths + k] + d_pull[k] + cost;
        }
        d_choice.advance(J ? d_J.data() : nullptr, std::max(price_of_change, d_cost.change(rate)));
    }
    const auto [layer, value] = d_choice.resolve(next);
    d_log_theta = value;
    d_rate = layer == 1 ? rate_of(1, next) : 0;
    if (!std::isnan(d_choice.criterion()))
        d_criterion = d_choice.criterion();
    d_resolved = next;
    return true;
}

template class chirp_source<float>;
template class chirp_source<double>;

} // namespace gr::stft::kernel
