/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "band_interpolation.h"
#include "theta_source.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

bool by_bank(const adaptive_settings& s) { return s.method == learning_method::bank; }

//! The bank's window lengths, log-spaced. \param theta the only one where theta is not learned
std::vector<double> candidates(const adaptive_settings& s, double theta)
{
    if (!by_bank(s)) // for the whitener only
        return { std::clamp(static_cast<double>(s.n_fft) / 2, s.theta_min, s.theta_max) };
    if (s.learn == learned::t)
        return { theta };
    return candidate_lengths(s);
}

template <class T>
std::vector<shortest_path> paths(const adaptive_settings& s, const candidate_bank<T>& bank)
{
    if (!by_bank(s))
        return {};
    std::vector<double> log_theta;
    for (std::size_t k = 0; k < bank.size(); ++k)
        log_theta.push_back(bank.log_theta(k));
    return std::vector<shortest_path>(bank.bands(), { log_theta, s.smoothness, s.lag });
}

} // namespace

std::vector<double> candidate_lengths(const adaptive_settings& s)
{
    std::vector<double> all;
    const auto steps = static_cast<double>(s.candidates - 1);
    for (std::int64_t k = 0; k < s.candidates; ++k) {
        const double part = static_cast<double>(k) / steps;
        const double exact = s.theta_min * std::pow(s.theta_max / s.theta_min, part);
        // pow() may miss a power of two by its rounding; exact powers of two have a shorter DFT
        all.push_back(
            std::clamp(std::nearbyint(exact * 1048576) / 1048576, s.theta_min, s.theta_max));
    }
    return all;
}

template <class T>
theta_source<T>::theta_source(const adaptive_settings& s, double theta)
    : d_block(s.block), d_lag(s.lag), d_whitens(s.whiten > 0), d_bank(s, candidates(s, theta)),
      d_paths(paths(s, d_bank)), d_reach(d_bank.reach()), d_log_theta(d_bank.bands()),
      d_means(d_bank.bands())
{
    if (by_bank(s))
        return;
    d_sliding.emplace(s);
    d_reach = std::max(d_reach, static_cast<std::int64_t>(s.n_fft / 2 + 1));
}

template <class T>
void theta_source<T>::rebuild(const adaptive_settings& s, double theta)
{
    theta_source built(s, theta);
    built.d_bank.take_over(d_bank);
    built.d_criterion = d_criterion;
    *this = std::move(built);
}

template <class T>
void theta_source<T>::restart(std::int64_t p,
                              const std::vector<float>& theta,
                              first_frame first,
                              history past)
{
    d_seen = d_measured = d_resolved = p - 1;
    d_bank.restart(p, past);
    for (std::size_t b = 0; b < bands(); ++b) {
        d_log_theta[b] = std::log(static_cast<double>(at_middle(theta, b, bands())));
        if (!d_sliding)
            d_paths[b].start(p, d_log_theta[b], first);
    }
    if (d_sliding)
        d_sliding->restart(p, { d_log_theta[0] }, past);
}

//! Measures the grid frames up to p, or to the last one of a finished signal. \return false if
//! samples are missing
template <class T>
bool theta_source<T>::measure_to(std::int64_t p,
                                 const frame_grid& grid,
                                 const stream_excerpt<T>& signal,
                                 frame_descent<T>& descent)
{
    while (d_seen < p) {
        const auto next = d_seen + 1;
        const auto centre = nearest_sample(grid.at(next));
        const bool ends = signal.received() <= centre + d_reach;
        if (signal.finished() ? !grid.exists(next, signal.received()) : ends)
            return signal.finished();
        d_seen = next;
        // the bank measures the first frames once a longest window fits in the samples, or the
        // signal has ended
        if (!d_sliding && centre < d_reach && !ends)
            continue;
        while (d_measured < next)
            measure(++d_measured, grid, signal, descent);
    }
    return true;
}

template <class T>
void theta_source<T>::measure(std::int64_t p,
                              const frame_grid& grid,
                              const stream_excerpt<T>& signal,
                              frame_descent<T>& descent)
{
    const auto t = grid.at(p);
    const auto centre = nearest_sample(t);
    const auto x = signal.samples();
    if (!d_sliding)
        return d_bank.measure(p, x, centre);
    if (centre < d_reach || signal.received() <= centre + d_reach)
        return d_sliding->pass(p);
    if (d_whitens)
        d_bank.measure(p, x, centre);
    descent.whiten(d_bank.whitener());
    d_sliding->measure(p, x, t, descent);
}

template <class T>
bool theta_source<T>::resolve_next(const frame_grid& grid,
                                   const stream_excerpt<T>& signal,
                                   frame_descent<T>& descent)
{
    const auto next = d_resolved + 1;
    if (!measure_to(next + d_lag + d_block, grid, signal, descent))
        return false;
    while (!d_sliding && d_paths[0].front() < next + d_lag) {
        const auto front = d_paths[0].front() + 1;
        if (signal.finished() && !grid.exists(front, signal.received()))
            break;
        d_bank.evaluate(front);
        for (std::size_t b = 0; b < d_paths.size(); ++b)
            d_paths[b].advance(d_bank.defined(b) ? d_bank.J(b) : nullptr);
    }
    fix(next);
    d_resolved = next;
    return true;
}

//! Reads theta of grid frame p from the paths, or from the descent.
template <class T>
void theta_source<T>::fix(std::int64_t p)
{
    double criterion = 0;
    if (d_sliding) {
        d_log_theta[0] = d_sliding->window(p).log_theta;
        criterion = d_sliding->criterion();
    }
    for (std::size_t b = 0; b < d_paths.size(); ++b) {
        d_log_theta[b] = d_paths[b].resolve(p);
        criterion += d_paths[b].criterion() / static_cast<double>(d_paths.size());
    }
    if (!std::isnan(criterion))
        d_criterion = criterion;
}

template <class T>
const criterion_sums* theta_source<T>::block_means(std::int64_t p)
{
    for (std::size_t b = 0; b < d_means.size(); ++b)
        d_means[b] = d_sliding ? d_sliding->block_mean(p) : d_bank.block_mean(p, b, d_log_theta[b]);
    return d_means.data();
}

template <class T>
std::int64_t theta_source<T>::frames_in(std::int64_t p) const
{
    return d_sliding ? d_sliding->frames_in(p) : d_bank.frames_in(p);
}

template class theta_source<float>;
template class theta_source<double>;
template class theta_source<std::complex<float>>;
template class theta_source<std::complex<double>>;

} // namespace gr::stft::kernel
