/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "cell_transform.h"

namespace gr::stft::kernel {

namespace {

//! The largest number of FFTs for a frame that is cheaper than its recursive sums as well.
constexpr std::size_t few_ffts = 4;

template <class R>
double product(const std::complex<R>& a, const std::complex<R>& b)
{
    return static_cast<double>(a.real()) * b.real() + static_cast<double>(a.imag()) * b.imag();
}

} // namespace

template <class T>
cell_transform<T>::cell_transform(std::size_t n_fft, const window_family& window, norm n)
    : d_n_fft(n_fft), d_bins(bins<T>(n_fft)), d_norms(d_bins, n_fft, window, n),
      d_bands(n_fft, window, n), d_direct(n_fft, window), d_by_theta(d_bins), d_by_t(d_bins),
      d_cotangent(d_bins)
{
    if (window.shape() == simd::shape::hann)
        d_recursive.emplace(n_fft, n);
}

template <class T>
band_plan cell_transform<T>::all_bins(const double* theta) const
{
    return band_plan::of_all_bins(theta, d_bins, d_n_fft);
}

template <class T>
void cell_transform<T>::analyse(const excerpt<T>& x,
                                const position& t,
                                const double* theta,
                                complex* spectrum,
                                complex* by_theta,
                                complex* by_t)
{
    const auto all = all_bins(theta);
    if (!all.empty() && all.ffts() <= few_ffts)
        return d_bands.analyse(all, x, t, spectrum, by_theta, by_t);
    if (d_recursive && d_recursive->analyse(x, t, theta, d_norms, spectrum, by_theta, by_t))
        return;
    if (!all.empty())
        return d_bands.analyse(all, x, t, spectrum, by_theta, by_t);
    const auto granule = d_direct.granule();
    const auto outer =
        granule ? band_plan::of_outer_bins(theta, d_bins, d_n_fft, granule) : band_plan();
    const auto& norms = d_norms.of(t.fraction, theta);
    d_direct.analyse(x, t, theta, norms, outer.outer(), spectrum, by_theta, by_t);
    d_bands.analyse(outer, x, t, spectrum, by_theta, by_t);
}

template <class T>
void cell_transform<T>::pull_back(const excerpt<T>& x,
                                  const position& t,
                                  const double* theta,
                                  const complex* G,
                                  double* theta_gradient,
                                  double* t_gradient,
                                  T* x_gradient)
{
    if (theta_gradient || t_gradient) {
        analyse(x, t, theta, nullptr, d_by_theta.data(), t_gradient ? d_by_t.data() : nullptr);
        const auto bins = d_bins;
        for (std::size_t m = 0; theta_gradient && m < bins; ++m)
            theta_gradient[m] += product(G[m], d_by_theta[m]);
        for (std::size_t m = 0; t_gradient && m < bins; ++m)
            *t_gradient += product(G[m], d_by_t[m]);
    }
    if (!x_gradient)
        return;
    if (const auto all = all_bins(theta); !all.empty())
        d_bands.pull_back(all, t, G, x.begin, x.end, x_gradient);
    else
        d_direct.pull_back(t, theta, d_norms.of(t.fraction, theta), G, x.begin, x.end, x_gradient);
}

template <class T>
void cell_transform<T>::energy(const position& t,
                               const double* theta,
                               const real* weight,
                               std::int64_t begin,
                               std::int64_t end,
                               double* sum)
{
    if (const auto all = all_bins(theta); !all.empty())
        d_bands.energy(all, t, weight, begin, end, sum);
    else
        d_direct.energy(t, theta, d_norms.of(t.fraction, theta), weight, begin, end, sum);
}

template class cell_transform<float>;
template class cell_transform<double>;
template class cell_transform<std::complex<float>>;
template class cell_transform<std::complex<double>>;

} // namespace gr::stft::kernel
