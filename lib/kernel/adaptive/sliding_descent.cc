/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "sliding_descent.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {
constexpr double default_rate = 0.05; // of learning
constexpr double settling = 64; // frames after which the learning rate of a constant theta falls
} // namespace

template <class Descent>
sliding_descent<Descent>::sliding_descent(const adaptive_settings& s)
    : d_settings(s), d_endless(s.share == sharing::constant),
      d_frames(static_cast<std::size_t>(2 * s.block + 1)),
      d_walk(s, adam(0.5, 0.9)) // a longer memory oscillates, because of the delay of the block
{
    restart(0, { std::log(s.theta_init) }, history::cleared);
}

template <class Descent>
void sliding_descent<Descent>::restart(std::int64_t p, const frame_window& at, history past)
{
    d_begin = d_end = p;
    d_window = at;
    d_criterion = std::numeric_limits<double>::quiet_NaN();
    d_walk.reset();
    std::fill(d_frames.begin(), d_frames.end(), frame{ at, {}, false });
    if (past == history::cleared) {
        d_total = {};
        d_counted = 0;
    }
}

template <class Descent>
void sliding_descent<Descent>::pass(std::int64_t p)
{
    d_frames[modulo(p, d_frames.size())] = { d_window, {}, false };
    d_end = p + 1;
}

template <class Descent>
void sliding_descent<Descent>::measure(std::int64_t p,
                                       const excerpt<sample>& x,
                                       const position& t,
                                       Descent& descent)
{
    const auto& s = d_settings;
    pass(p);
    auto& now = d_frames[modulo(p, d_frames.size())];
    criterion_sums others = d_total;
    std::int64_t count = d_counted + 1;
    if (!d_endless) {
        others = {};
        count = 1;
        for (auto q = std::max(p - 2 * s.block, d_begin); q < p; ++q)
            if (at(q).present) {
                others += at(q).sums;
                ++count;
            }
    }
    double rate = s.learning_rate > 0 ? s.learning_rate : default_rate;
    if (d_endless)
        rate /= std::sqrt(1 + static_cast<double>(d_counted) / settling);
    for (auto left = descent.take_steps(); left > 0; --left) {
        const auto here = descent.evaluate(x, t, d_window, others);
        if (!here.usable())
            break;
        now.sums = here.own;
        now.present = true;
        d_criterion = here.J;
        const double weight = is_pooled(s.criterion) ? static_cast<double>(count) : 1;
        d_walk.step(here, weight, rate, d_window);
    }
    now.window = d_window;
    if (now.present && d_endless) {
        d_total += now.sums;
        ++d_counted;
    }
}

template <class Descent>
const frame_window& sliding_descent<Descent>::window(std::int64_t n) const
{
    const auto p = std::min(n + d_settings.block, d_end - 1);
    return p < d_begin ? d_window : at(p).window;
}

template <class Descent>
criterion_sums sliding_descent<Descent>::block_mean(std::int64_t n) const
{
    criterion_sums total;
    const auto count = frames_in(n);
    for (auto p = std::max(n - d_settings.block, d_begin);
         p < std::min(n + d_settings.block + 1, d_end);
         ++p)
        if (at(p).present)
            total += at(p).sums;
    return count > 0 ? total * (1 / static_cast<double>(count)) : total;
}

template <class Descent>
std::int64_t sliding_descent<Descent>::frames_in(std::int64_t n) const
{
    std::int64_t count = 0;
    for (auto p = std::max(n - d_settings.block, d_begin);
         p < std::min(n + d_settings.block + 1, d_end);
         ++p)
        count += at(p).present;
    return count;
}

template class sliding_descent<frame_descent<float>>;
template class sliding_descent<frame_descent<double>>;
template class sliding_descent<frame_descent<std::complex<float>>>;
template class sliding_descent<frame_descent<std::complex<double>>>;
template class sliding_descent<chirp_descent<float>>;
template class sliding_descent<chirp_descent<double>>;

} // namespace gr::stft::kernel
