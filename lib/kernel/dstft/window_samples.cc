/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "window_samples.h"
#include "kernel/simd/routines.h"
#include "norm_scale.h"
#include <algorithm>
#include <gnuradio/stft/kernel/frames/framing.h>

namespace gr::stft::kernel {

namespace {

//! std::floor(), which is a call where it has no instruction
std::int64_t whole_below(double x)
{
    const auto towards_zero = static_cast<std::int64_t>(x);
    return towards_zero - (x < static_cast<double>(towards_zero));
}

} // namespace

template <class R>
window_samples<R>::window_samples(std::size_t n_fft, const window_family& window, norm n)
    : d_n_fft(n_fft), d_window(window), d_norm(n)
{
    for (auto* taper : { &d_value, &d_by_theta, &d_by_t })
        taper->resize(n_fft + simd::padding);
}

template <class R>
window_support window_samples<R>::under(const position& t, double theta) const
{
    const auto before = whole_below(t.fraction - theta / 2) + 1,
               after = -whole_below(-t.fraction - theta / 2);
    const auto count = static_cast<std::size_t>(std::max<std::int64_t>(0, after - before));
    return { t.sample + before, count, modulo(t.sample + before, d_n_fft) };
}

template <class R>
bool window_samples<R>::sample(const position& t, double theta, bool with_derivatives)
{
    if (theta == d_theta && t.fraction == d_fraction && (d_derived || !with_derivatives))
        return false;
    const auto s = under(t, theta);
    const auto scale = norm_scale(d_norm, d_window, d_n_fft, theta);
    simd::chosen<R>().taper(d_window.shape(),
                            d_window.rho(),
                            static_cast<double>(s.first - t.sample) - t.fraction,
                            theta,
                            s.count,
                            static_cast<R>(scale.factor),
                            static_cast<R>(-scale.factor / theta),
                            static_cast<R>(scale.power),
                            d_value.data(),
                            with_derivatives ? d_by_theta.data() : nullptr,
                            with_derivatives ? d_by_t.data() : nullptr);
    d_top = scale.factor;
    if (d_norm == norm::dcunit && s.count > 0) {
        double sum = 0, by_theta = 0, by_t = 0;
        for (std::size_t j = 0; j < s.count; ++j) {
            sum += d_value[j];
            by_theta += with_derivatives ? d_by_theta[j] : 0;
            by_t += with_derivatives ? d_by_t[j] : 0;
        }
        d_top = sum > 0 ? 1 / sum : 0;
        for (std::size_t j = 0; j < s.count && sum > 0; ++j) {
            const double value = d_value[j] / sum;
            d_value[j] = static_cast<R>(value);
            if (with_derivatives) {
                d_by_theta[j] = static_cast<R>((d_by_theta[j] - value * by_theta) / sum);
                d_by_t[j] = static_cast<R>((d_by_t[j] - value * by_t) / sum);
            }
        }
    }
    d_theta = theta;
    d_fraction = t.fraction;
    d_derived = with_derivatives;
    return true;
}

template class window_samples<float>;
template class window_samples<double>;

} // namespace gr::stft::kernel
