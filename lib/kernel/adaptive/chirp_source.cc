/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "chirp_source.h"
#include "theta_source.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

// cost of a change of the rate by 1 / theta_max^2; of the beginning or the end of one
constexpr double price_of_rate[2] = { 1e-3, 3e-3 }, price_of_change = 0.02;

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
    return learns_chirp(s.learn) ? 2 * s.block + s.block / 2 + 2 * s.lag + s.lag / 2
                                 : s.block + s.lag;
}

template <class R>
chirp_source<R>::chirp_source(const adaptive_settings& s, std::size_t stride, std::int64_t margin)
    : d_stride(stride), d_margin(margin), d_lag{ s.lag, s.lag / 2, s.lag },
      d_ahead(frames_ahead(s)), d_chirp_max(s.chirp_max), d_prior(s.chirp_prior),
      d_bank(s, candidate_lengths(s), stride),
      d_choice(logarithms(candidate_lengths(s)), s.smoothness, price_of_change, s.lag)
{
    const auto& grid = d_bank.grid();
    const std::size_t candidates[] = { grid.rates.size(),
                                       grid.offsets.size(),
                                       2 * d_bank.lengths() };
    for (std::size_t stage = 0; stage < 3; ++stage) {
        const auto t = of_stage(s, stage);
        d_sums.emplace_back(candidates[stage], t.block, d_lag[stage], t);
    }
    d_step = grid.offsets.back() - grid.offsets[grid.offsets.size() - 2];
    const double unit = s.theta_max * s.theta_max;
    d_paths.emplace_back(grid.rates, price_of_rate[0] * unit, d_lag[0]);
    d_paths.emplace_back(grid.offsets, price_of_rate[1] * unit, d_lag[1]);
    for (auto& rates : d_rates)
        rates.resize(static_cast<std::size_t>(d_ahead) + 2);
    const double middle = std::log(s.theta_min * s.theta_max) / 2;
    const auto lengths = logarithms(candidate_lengths(s));
    for (double one : lengths)
        d_pull.push_back(s.prior / 2 * (one - middle) * (one - middle));
    d_J.resize(2 * lengths.size());
}

template <class R>
void chirp_source<R>::rebuild(const adaptive_settings& s)
{
    chirp_source built(s, d_stride, d_margin);
    built.d_bank.take_over(d_bank);
    built.d_criterion = d_criterion;
    *this = std::move(built);
}

template <class R>
void chirp_source<R>::restart(std::int64_t p, double theta, first_frame first, history past)
{
    d_resolved = d_found[0] = d_found[1] = p - 1;
    for (auto& sums : d_sums)
        sums.restart(p);
    for (auto& path : d_paths)
        path.start(p, 0, first_frame::free);
    d_log_theta = std::log(theta);
    d_rate = 0;
    d_choice.start(p, d_log_theta, first == first_frame::held);
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
            stage == 0 ? found : std::clamp(rate_of(0, next) + found, -d_chirp_max, d_chirp_max);
        d_found[stage] = next;
    }
    return true;
}

template <class R>
bool chirp_source<R>::resolve_next(const frame_grid& grid, const stream_excerpt<complex>& signal)
{
    const signal_of of{ grid, signal };
    const auto next = d_resolved + 1;
    auto& sums = d_sums[2];
    if (!measure(2, next + d_lag[2] + sums.half(), of))
        return false;
    while (d_choice.front() < next + d_lag[2] && of.has(d_choice.front() + 1)) {
        const auto front = d_choice.front() + 1;
        const auto* J = sums.J(front);
        const auto lengths = d_pull.size();
        // the more rates there are of this size, the more of them noise has offered
        const double steps = rate_of(1, front) / d_step;
        const double extra = d_prior / 2 * std::log1p(steps * steps);
        for (std::size_t k = 0; J && k < lengths; ++k) {
            d_J[k] = J[k] + d_pull[k];
            d_J[lengths + k] = J[lengths + k] + d_pull[k] + extra;
        }
        d_choice.advance(J ? d_J.data() : nullptr);
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
