/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "cell_transform.h"
#include "frame_transform.h"
#include "kernel/refuse.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/dstft/dstft.h>

namespace gr::stft::kernel {

std::string simd_level() { return simd::name_of(simd::chosen_level()); }

namespace {
constexpr std::size_t longest_per_bin = std::size_t(1) << 20; // tables of its sums: 0.4 GiB
}

template <class T>
dstft<T>::dstft(std::size_t n_fft, const window_family& window, norm n, sharing share)
    : d_n_fft(checked_n_fft(static_cast<std::int64_t>(n_fft)))
{
    if (n_fft < 2)
        refuse("n_fft", n_fft, "must be at least 2");
    if (!per_bin(share)) {
        d_frames = std::make_unique<frame_transform<T>>(n_fft, window, n);
        return;
    }
    if (n_fft > longest_per_bin)
        refuse("n_fft", n_fft, "must be at most 2^20 where bins have window lengths of their own");
    d_cells = std::make_unique<cell_transform<T>>(n_fft, window, n);
}

template <class T>
dstft<T>::~dstft() = default;
template <class T>
dstft<T>::dstft(dstft&&) noexcept = default;
template <class T>
dstft<T>& dstft<T>::operator=(dstft&&) noexcept = default;

template <class T>
void dstft<T>::analyse(const excerpt<T>& x,
                       const position& t,
                       const double* theta,
                       complex* spectrum,
                       complex* by_theta,
                       complex* by_t)
{
    if (d_cells)
        d_cells->analyse(x, t, theta, spectrum, by_theta, by_t);
    else
        d_frames->analyse(x, t, *theta, spectrum, by_theta, by_t);
}

template <class T>
typename dstft<T>::complex* dstft<T>::cotangent()
{
    return d_cells ? d_cells->cotangent() : d_frames->cotangent();
}

template <class T>
void dstft<T>::pull_back(const excerpt<T>& x,
                         const position& t,
                         const double* theta,
                         const complex* G,
                         double* theta_gradient,
                         double* t_gradient,
                         T* x_gradient)
{
    if (d_cells)
        d_cells->pull_back(x, t, theta, G, theta_gradient, t_gradient, x_gradient);
    else
        d_frames->pull_back(x, t, *theta, G, theta_gradient, t_gradient, x_gradient);
}

template <class T>
void dstft<T>::overlap_add(const complex* spectrum,
                           const position& t,
                           double theta,
                           std::int64_t begin,
                           std::int64_t end,
                           T* numerator,
                           real* denominator,
                           real* peak)
{
    d_frames->overlap_add(spectrum, t, theta, begin, end, numerator, denominator, peak);
}

template <class T>
void dstft<T>::energy(const position& t,
                      const double* theta,
                      const real* weight,
                      std::int64_t begin,
                      std::int64_t end,
                      double* sum)
{
    if (d_cells)
        d_cells->energy(t, theta, weight, begin, end, sum);
    else
        d_frames->energy(t, *theta, weight, begin, end, sum);
}

template class dstft<float>;
template class dstft<double>;
template class dstft<std::complex<float>>;
template class dstft<std::complex<double>>;

} // namespace gr::stft::kernel
