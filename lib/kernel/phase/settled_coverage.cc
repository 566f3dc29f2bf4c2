/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/settled_coverage.h"
#include "kernel/simd/dispatch.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

template <class R>
STFT_LOOP void add_to(R* sums, const R* squares, std::size_t count)
{
#pragma omp simd
    for (std::size_t m = 0; m < count; ++m)
        sums[m] += squares[m];
}

//! 1 / coverage, 1 where that is not above `least`
template <class R>
STFT_LOOP void inverse_of(R* coverage, std::size_t count, R least)
{
#pragma omp simd
    for (std::size_t m = 0; m < count; ++m)
        coverage[m] = 1 / (coverage[m] > least ? coverage[m] : R(1));
}

} // namespace

template <class R>
settled_coverage<R>::settled_coverage(std::size_t n_fft)
    : d_reach(static_cast<std::int64_t>(n_fft)), d_coverage(n_fft)
{}

template <class R>
void settled_coverage<R>::change(const R* taps, std::size_t length)
{
    d_squares.clear();
    double energy = 0;
    for (std::size_t m = 0; m < length; ++m) {
        d_squares.push_back(taps[m] * taps[m]);
        energy += std::pow(static_cast<double>(taps[m]), 2);
    }
    d_least = static_cast<R>(energy * std::numeric_limits<R>::epsilon() * 1e-6);
    d_alike = 0;
    d_ahead = -1;
}

template <class R>
void settled_coverage<R>::advance(std::int64_t step)
{
    d_behind = std::min(step, d_reach) + d_behind;
    d_behind = std::min(d_behind, d_reach);
}

template <class R>
void settled_coverage<R>::settle()
{
    const auto step = d_behind;
    d_behind = 0;
    if (step == d_step && d_alike >= d_reach)
        return; // nothing is left of frames at other steps
    d_alike = step == d_step ? d_alike + step : 0;
    d_step = step;
    std::copy(d_coverage.begin() + step, d_coverage.end(), d_coverage.begin());
    std::fill(d_coverage.end() - step, d_coverage.end(), R(0));
    simd::dispatch<add_to<R>>(d_coverage.data(), d_squares.data(), d_squares.size());
    d_ahead = -1;
}

template <class R>
const R* settled_coverage<R>::inverse(const std::vector<std::int64_t>& starts, std::size_t length)
{
    if (d_ahead == d_behind && d_starts == starts)
        return d_inverse.data();
    d_ahead = d_behind;
    d_starts = starts;
    d_inverse.assign(std::max(length, d_coverage.size()), R(0));
    std::copy(d_coverage.begin() + d_behind, d_coverage.end(), d_inverse.begin());
    for (const auto start : starts)
        simd::dispatch<add_to<R>>(d_inverse.data() + start, d_squares.data(), d_squares.size());
    simd::dispatch<inverse_of<R>>(d_inverse.data(), length, d_least);
    return d_inverse.data();
}

template class settled_coverage<float>;
template class settled_coverage<double>;

} // namespace gr::stft::kernel
