/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "sliding_descent.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {
constexpr double theta_rate = 0.05; // default learning rate, in ln theta
constexpr double settling = 64; // frames after which the learning rate of a constant theta falls
} // namespace

template <class T>
sliding_descent<T>::sliding_descent(const adaptive_settings& s)
    : d_settings(s), d_endless(s.share == sharing::constant),
      d_frames(static_cast<std::size_t>(2 * s.block + 1)),
      d_adam(0.5, 0.9) // a longer memory oscillates, because of the delay of the block
{
    restart(0, std::log(s.theta_init), history::cleared);
}

template <class T>
void sliding_descent<T>::restart(std::int64_t p, double log_theta, history past)
{
    d_begin = d_end = p;
    d_log_theta = log_theta;
    d_criterion = std::numeric_limits<double>::quiet_NaN();
    d_adam.reset();
    std::fill(d_frames.begin(), d_frames.end(), frame{ log_theta, {}, false });
    if (past == history::cleared) {
        d_total = {};
        d_counted = 0;
    }
}

template <class T>
void sliding_descent<T>::pass(std::int64_t p)
{
    d_frames[modulo(p, d_frames.size())] = { d_log_theta, {}, false };
    d_end = p + 1;
}

template <class T>
void sliding_descent<T>::measure(std::int64_t p,
                                 const excerpt<T>& x,
                                 const position& t,
                                 frame_descent<T>& descent)
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
    const double middle = std::log(s.theta_min * s.theta_max) / 2;
    double rate = s.learning_rate > 0 ? s.learning_rate : theta_rate;
    if (d_endless)
        rate /= std::sqrt(1 + static_cast<double>(d_counted) / settling);
    for (auto left = descent.take_steps(); left > 0; --left) {
        const auto here =
            descent.evaluate(x, t, descent.theta_at(d_log_theta), others, learned::theta);
        if (!here.defined || !std::isfinite(here.by_log_theta))
            break;
        now.sums = here.own;
        now.present = true;
        d_criterion = here.J;
        const double weight = is_pooled(s.criterion) ? static_cast<double>(count) : 1;
        d_log_theta -=
            rate * d_adam.step(weight * here.by_log_theta + s.prior * (d_log_theta - middle));
        d_log_theta = std::clamp(d_log_theta, std::log(s.theta_min), std::log(s.theta_max));
    }
    now.log_theta = d_log_theta;
    if (now.present && d_endless) {
        d_total += now.sums;
        ++d_counted;
    }
}

template <class T>
double sliding_descent<T>::log_theta(std::int64_t n) const
{
    const auto p = std::min(n + d_settings.block, d_end - 1);
    return p < d_begin ? d_log_theta : at(p).log_theta;
}

template <class T>
criterion_sums sliding_descent<T>::block_mean(std::int64_t n) const
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

template <class T>
std::int64_t sliding_descent<T>::frames_in(std::int64_t n) const
{
    std::int64_t count = 0;
    for (auto p = std::max(n - d_settings.block, d_begin);
         p < std::min(n + d_settings.block + 1, d_end);
         ++p)
        count += at(p).present;
    return count;
}

template class sliding_descent<float>;
template class sliding_descent<double>;
template class sliding_descent<std::complex<float>>;
template class sliding_descent<std::complex<double>>;

} // namespace gr::stft::kernel
