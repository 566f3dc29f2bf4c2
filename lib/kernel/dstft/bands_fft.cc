/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bands_fft.h"
#include <algorithm>

namespace gr::stft::kernel {

namespace {

//! Copies the values of these bands; those of all other bins are 0.
template <class V>
void copy_bands(const V* from, const band* first, const band* last, V* to, std::size_t bins)
{
    std::fill_n(to, bins, V(0));
    for (auto one = first; one != last; ++one)
        std::copy(from + one->begin, from + one->end, to + one->begin);
}

} // namespace

template <class T>
bands_fft<T>::bands_fft(std::size_t n_fft, const window_family& window, norm n)
    : d_bins(bins<T>(n_fft)), d_transform(n_fft, window, n), d_weight(d_bins)
{}

template <class T>
void bands_fft<T>::analyse(const band_plan& plan,
                           const excerpt<T>& x,
                           const position& t,
                           complex* spectrum,
                           complex* by_theta,
                           complex* by_t)
{
    plan.for_each_theta([&](const band* first, const band* last) {
        d_transform.analyse_bands(x, t, first, last, spectrum, by_theta, by_t);
    });
}

template <class T>
void bands_fft<T>::pull_back(const band_plan& plan,
                             const position& t,
                             const complex* G,
                             std::int64_t begin,
                             std::int64_t end,
                             T* x_gradient)
{
    const excerpt<T> x{ nullptr, begin, end }; // whose samples the gradient does not depend on
    plan.for_each_theta([&](const band* first, const band* last) {
        auto* own = d_transform.cotangent();
        copy_bands(G, first, last, own, d_bins);
        d_transform.pull_back(x, t, first->theta, own, nullptr, nullptr, x_gradient);
    });
}

template <class T>
void bands_fft<T>::energy(const band_plan& plan,
                          const position& t,
                          const real* weight,
                          std::int64_t begin,
                          std::int64_t end,
                          double* sum)
{
    plan.for_each_theta([&](const band* first, const band* last) {
        copy_bands(weight, first, last, d_weight.data(), d_bins);
        d_transform.energy(t, first->theta, d_weight.data(), begin, end, sum);
    });
}

template class bands_fft<float>;
template class bands_fft<double>;
template class bands_fft<std::complex<float>>;
template class bands_fft<std::complex<double>>;

} // namespace gr::stft::kernel
