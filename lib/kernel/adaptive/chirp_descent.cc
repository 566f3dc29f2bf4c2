/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "chirp_descent.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double step_after_bank = 0.02; // default learning rate

//! Points of the DFT of every stride-th sample.
std::size_t points(const adaptive_settings& s, std::size_t stride)
{
    return (s.n_fft + stride - 1) / stride;
}

} // namespace

template <class R>
chirp_descent<R>::chirp_descent(const adaptive_settings& s, std::size_t stride)
    : d_settings(s), d_stride(static_cast<std::int64_t>(stride)),
      d_transform(points(s, stride), s.window, s.norm), d_gradient(s, points(s, stride), false),
      d_walk(s, adam(0.9, 0.999)), d_samples(points(s, stride) + 4), d_spectrum(points(s, stride))
{
    d_gradient.reserve(points(s, stride));
}

//! Samples whose number is a multiple of the stride: those that a window centred near stride `about` may reach.
template <class R>
auto chirp_descent<R>::every_stride(const excerpt<complex>& x, std::int64_t about)
    -> excerpt<complex>
{
    if (d_stride == 1)
        return x;
    const auto half = static_cast<std::int64_t>(d_samples.size()) / 2;
    const auto above = [&](std::int64_t k) { // least multiple that is not below k, divided
        const auto past = modulo(k, static_cast<std::size_t>(d_stride));
        return (k - static_cast<std::int64_t>(past)) / d_stride + (past > 0);
    };
    const auto begin = std::max(about - half + 1, above(x.begin));
    const auto end = std::max(begin, std::min(about + half + 1, above(x.end)));
    for (auto j = begin; j < end; ++j)
        d_samples[static_cast<std::size_t>(j - begin)] = x.samples[j * d_stride - x.begin];
    return { d_samples.data(), begin, end };
}

template <class R>
descent_point chirp_descent<R>::evaluate(const excerpt<complex>& x,
                                         const position& t,
                                         const frame_window& at,
                                         const criterion_sums& others)
{
    const auto stride = static_cast<double>(d_stride);
    const auto past = modulo(t.sample, static_cast<std::size_t>(d_stride));
    const position centre{ (t.sample - static_cast<std::int64_t>(past)) / d_stride,
                           (static_cast<double>(past) + t.fraction) / stride };
    const auto some = every_stride(x, centre.sample);
    const double theta =
        std::clamp(std::exp(at.log_theta), d_settings.theta_min, d_settings.theta_max) / stride;
    const double rate = at.rate * stride * stride;
    ++d_evaluations;
    d_transform.analyse(some, centre, theta, rate, d_spectrum.data());
    auto here = d_gradient.differentiate(d_spectrum.data(), others);
    if (!here.defined)
        return here;
    double by_theta = 0, by_rate = 0;
    d_transform.pull_back(
        some, centre, theta, rate, d_spectrum.data(), &by_theta, nullptr, &by_rate, nullptr);
    here.by_log_theta = theta * by_theta;
    here.by_rate = stride * stride * by_rate;
    return here;
}

template <class R>
frame_window chirp_descent<R>::refine(const excerpt<complex>& x,
                                      const position& t,
                                      frame_window at,
                                      const criterion_sums& mean,
                                      std::int64_t frames)
{
    d_walk.reset();
    const double learning_rate =
        d_settings.learning_rate > 0 ? d_settings.learning_rate : step_after_bank;
    const auto count = static_cast<double>(frames);
    for (auto left = take_steps(); left > 0; --left) {
        auto here = evaluate(x, t, at, mean * (count - 1));
        if (!here.usable())
            break;
        const bool turns = at.rate != 0;
        d_walk.step(here, count, learning_rate, at);
        if (!turns)
            at.rate = 0;
    }
    return at;
}

template class chirp_descent<float>;
template class chirp_descent<double>;

} // namespace gr::stft::kernel
