/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "cell_norms.h"
#include "kernel/simd/routines.h"
#include "norm_scale.h"
#include <algorithm>
#include <cmath>
#include <cstring>

namespace gr::stft::kernel {

template <class R>
cell_norms<R>::cell_norms(std::size_t bins, std::size_t n_fft, const window_family& window, norm n)
    : d_bins(bins), d_n_fft(n_fft), d_window(window), d_norm(n), d_theta(bins),
      d_rounded(bins + simd::padding, R(1))
{
    for (auto* row : { &d_rows.value, &d_rows.length_g, &d_rows.position_g, &d_rows.slope })
        row->resize(bins + simd::padding);
}

template <class R>
const norm_rows<R>& cell_norms<R>::of(double fraction, const double* theta)
{
    // only sums over a window's samples depend on where its centre lies between two of them
    const double depends_on = d_norm == norm::dcunit ? fraction : 0;
    if (d_fraction == depends_on &&
        std::memcmp(theta, d_theta.data(), d_bins * sizeof(double)) == 0)
        return d_rows;
    std::copy_n(theta, d_bins, d_theta.begin());
    d_fraction = depends_on;
    if (d_norm == norm::dcunit)
        sum_windows(fraction, theta);
    else
        evaluate(theta);
    return d_rows;
}

template <class R>
void cell_norms<R>::sum_windows(double fraction, const double* theta)
{
    std::copy_n(theta, d_bins, d_rounded.begin());
    simd::chosen<R>().window_sums(d_window.shape(),
                                  d_window.rho(),
                                  fraction,
                                  d_rounded.data(),
                                  d_bins,
                                  *std::max_element(theta, theta + d_bins) / 2,
                                  d_rows.value.data(),
                                  d_rows.length_g.data(),
                                  d_rows.position_g.data());
    for (std::size_t m = 0; m < d_bins; ++m) {
        const auto sum = d_rows.value[m];
        const auto per_sum = sum > 0 ? 1 / sum : 0;
        const auto per_theta = static_cast<R>(1 / theta[m]);
        d_rows.value[m] = per_sum;
        d_rows.slope[m] = -per_theta * per_sum;
        d_rows.length_g[m] *= per_theta * per_sum * per_sum;
        d_rows.position_g[m] *= per_theta * per_sum * per_sum;
    }
}

template <class R>
void cell_norms<R>::evaluate(const double* theta)
{
    const auto unit = norm_scale(d_norm, d_window, d_n_fft, 1);
    const auto fill = [&](auto factor) {
        for (std::size_t m = 0; m < d_bins; ++m) {
            const double value = factor(theta[m]), slope = -value / theta[m];
            d_rows.value[m] = static_cast<R>(value);
            d_rows.slope[m] = static_cast<R>(slope);
            d_rows.length_g[m] = static_cast<R>(unit.power * slope);
            d_rows.position_g[m] = 0;
        }
    };
    if (d_norm == norm::peak)
        fill([](double) { return 1.0; });
    else if (d_norm == norm::l2)
        fill([&](double length) { return unit.factor / std::sqrt(length); });
    else
        fill([&](double length) { return unit.factor / length; });
}

template class cell_norms<float>;
template class cell_norms<double>;

} // namespace gr::stft::kernel
