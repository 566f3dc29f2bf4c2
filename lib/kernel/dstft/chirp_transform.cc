/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "chirp_transform.h"
#include "kernel/simd/dispatch.h"
#include "kernel/simd/routines.h"
#include <cmath>

namespace gr::stft::kernel {

namespace {

//! Writes w exp(-i phase), from the cosine and sine of the phase.
template <class R>
STFT_LOOP void turn(const R* w, const R* cosine, const R* sine, std::size_t n, std::complex<R>* to)
{
    for (std::size_t j = 0; j < n; ++j)
        to[j] = { w[j] * cosine[j], -(w[j] * sine[j]) };
}

//! Writes (by_t + 2 pi i c u w) exp(-i phase), u = u0 + j.
template <class R>
STFT_LOOP void turn_by_t(const R* w,
                         const R* by_t,
                         const R* cosine,
                         const R* sine,
                         double u0,
                         double c,
                         std::size_t n,
                         std::complex<R>* to)
{
    const double slope = 2 * pi * c;
    for (std::size_t j = 0; j < n; ++j) {
        const auto across = static_cast<R>(slope * (u0 + static_cast<double>(j))) * w[j];
        to[j] = { by_t[j] * cosine[j] + across * sine[j], across * cosine[j] - by_t[j] * sine[j] };
    }
}

//! Writes -i pi u^2 w exp(-i phase), u = u0 + j.
template <class R>
STFT_LOOP void
turn_by_c(const R* w, const R* cosine, const R* sine, double u0, std::size_t n, std::complex<R>* to)
{
    for (std::size_t j = 0; j < n; ++j) {
        const double u = u0 + static_cast<double>(j);
        const auto weight = static_cast<R>(pi * (u * u)) * w[j];
        to[j] = { -(weight * sine[j]), -(weight * cosine[j]) };
    }
}

//! Sums of y[j] = x[j] conj(gamma[j]) exp(-i phase) times the derivatives of the window.
struct pulled {
    double by_theta, by_t, by_c;
};

template <class T, class R>
STFT_LOOP pulled pull(const T* x,
                      const std::complex<R>* gamma,
                      const R* cosine,
                      const R* sine,
                      const R* w,
                      const R* w_theta,
                      const R* w_t,
                      double u0,
                      double c,
                      std::size_t n)
{
    double by_theta = 0, by_t = 0, by_c = 0, by_slope = 0;
#pragma omp simd reduction(+ : by_theta, by_t, by_c, by_slope)
    for (std::size_t j = 0; j < n; ++j) {
        const std::complex<R> turned(cosine[j] * gamma[j].real() - sine[j] * gamma[j].imag(),
                                     -(sine[j] * gamma[j].real()) - cosine[j] * gamma[j].imag());
        const auto y = x[j] * turned;
        const double u = u0 + static_cast<double>(j),
                     across = u * static_cast<double>(w[j] * y.imag());
        by_theta += static_cast<double>(w_theta[j] * y.real());
        by_t += static_cast<double>(w_t[j] * y.real());
        by_slope += across;
        by_c += u * across;
    }
    return { by_theta, by_t - 2 * pi * c * by_slope, pi * by_c };
}

//! sum += w exp(i phase) gamma, of real samples its real part
template <class T, class R>
STFT_LOOP void
push(const std::complex<R>* taper, const std::complex<R>* gamma, std::size_t n, T* sum)
{
    for (std::size_t j = 0; j < n; ++j) {
        const auto re = taper[j].real() * gamma[j].real() + taper[j].imag() * gamma[j].imag();
        if constexpr (is_real_v<T>)
            sum[j] += re;
        else
            sum[j] += T(re, taper[j].real() * gamma[j].imag() - taper[j].imag() * gamma[j].real());
    }
}

} // namespace

template <class T>
chirp_transform<T>::chirp_transform(std::size_t n_fft, const window_family& window, norm n)
    : d_n_fft(n_fft), d_bins(bins<T>(n_fft)), d_analysis(n_fft), d_synthesis(n_fft),
      d_samples(n_fft, window, n), d_laid(n_fft), d_cosine(d_samples.room()),
      d_sine(d_samples.room()), d_taper(d_samples.room()), d_other(d_samples.room())
{}

template <class T>
window_support
chirp_transform<T>::sample(const position& t, double theta, double c, bool with_derivatives)
{
    const auto s = d_samples.under(t, theta);
    const bool changed = d_samples.sample(t, theta, with_derivatives);
    if (d_chirped && !changed && c == d_c)
        return s;
    d_distance = static_cast<double>(s.first - t.sample) - t.fraction;
    simd::chosen<real>().chirp(d_distance, c, s.count, d_cosine.data(), d_sine.data());
    simd::dispatch<turn<real>>(
        d_samples.value(), d_cosine.data(), d_sine.data(), s.count, d_taper.data());
    d_c = c;
    d_chirped = true;
    return s;
}

template <class T>
void chirp_transform<T>::analyse(const excerpt<T>& x,
                                 const position& t,
                                 double theta,
                                 double c,
                                 complex* spectrum,
                                 complex* by_theta,
                                 complex* by_t,
                                 complex* by_c)
{
    const auto s = sample(t, theta, c, by_theta || by_t);
    const auto transform = [&](const complex* taper, complex* to) {
        d_laid.write(x, s, taper, d_analysis.buffer());
        if constexpr (is_real_v<T>) {
            d_analysis.transform();
            d_analysis.take(0, d_bins, to);
        } else {
            d_analysis.transform(to);
        }
    };
    const auto *w = d_samples.value(), *cosine = d_cosine.data(), *sine = d_sine.data();
    auto* other = d_other.data();
    if (spectrum)
        transform(d_taper.data(), spectrum);
    if (by_theta) {
        simd::dispatch<turn<real>>(d_samples.by_theta(), cosine, sine, s.count, other);
        transform(other, by_theta);
    }
    if (by_t) {
        simd::dispatch<turn_by_t<real>>(
            w, d_samples.by_t(), cosine, sine, d_distance, c, s.count, other);
        transform(other, by_t);
    }
    if (by_c) {
        simd::dispatch<turn_by_c<real>>(w, cosine, sine, d_distance, s.count, other);
        transform(other, by_c);
    }
}

template <class T>
void chirp_transform<T>::pull_back(const excerpt<T>& x,
                                   const position& t,
                                   double theta,
                                   double c,
                                   const complex* G,
                                   double* theta_gradient,
                                   double* t_gradient,
                                   double* c_gradient,
                                   T* x_gradient)
{
    const bool parameters = theta_gradient || t_gradient || c_gradient;
    const auto s = sample(t, theta, c, parameters);
    const auto from = std::clamp<std::int64_t>(x.begin - s.first, 0, s.count);
    const auto to = std::clamp<std::int64_t>(x.end - s.first, from, s.count);
    auto* bins_of = d_synthesis.spectrum();
    std::fill(std::copy_n(G, d_bins, bins_of), bins_of + d_n_fft, complex(0));
    const auto* gamma = d_synthesis.transform();
    for_pieces(s, d_n_fft, [&](std::int64_t sample, std::size_t offset, std::size_t count) {
        const auto at = sample - s.first;
        const auto first = std::max(at, from),
                   last = std::min(at + static_cast<std::int64_t>(count), to);
        if (first >= last)
            return;
        const auto j = static_cast<std::size_t>(first), n = static_cast<std::size_t>(last - first);
        const auto* turned = gamma + offset + static_cast<std::size_t>(first - at);
        if (x_gradient)
            simd::dispatch<push<T, real>>(
                d_taper.data() + j, turned, n, x_gradient + (s.first - x.begin + first));
        if (!parameters)
            return;
        const auto sums = simd::dispatch<pull<T, real>>(x.samples + (s.first - x.begin + first),
                                                        turned,
                                                        d_cosine.data() + j,
                                                        d_sine.data() + j,
                                                        d_samples.value() + j,
                                                        d_samples.by_theta() + j,
                                                        d_samples.by_t() + j,
                                                        d_distance + static_cast<double>(j),
                                                        c,
                                                        n);
        if (theta_gradient)
            *theta_gradient += sums.by_theta;
        if (t_gradient)
            *t_gradient += sums.by_t;
        if (c_gradient)
            *c_gradient += sums.by_c;
    });
}

template <class T>
void chirp_transform<T>::overlap_add(const complex* spectrum,
                                     const position& t,
                                     double theta,
                                     double c,
                                     std::int64_t begin,
                                     std::int64_t end,
                                     T* numerator,
                                     real* denominator,
                                     real* peak)
{
    if constexpr (!is_real_v<T>) {
        const auto s = sample(t, theta, c, false);
        const T* period = d_synthesis.synthesise(spectrum);
        const real per_n = real(1) / static_cast<real>(d_n_fft);
        const auto top = static_cast<real>(d_samples.top());
        for_pieces(s, d_n_fft, [&](std::int64_t sample, std::size_t offset, std::size_t count) {
            const auto from = std::clamp<std::int64_t>(begin - sample, 0, count);
            const auto to = std::clamp<std::int64_t>(end - sample, from, count);
            for (auto j = from; j < to; ++j) {
                const auto at = static_cast<std::size_t>(sample - s.first + j);
                const auto w = d_samples.value()[at];
                const auto k = sample - begin + j;
                numerator[k] +=
                    per_n * (std::conj(d_taper[at]) * period[offset + static_cast<std::size_t>(j)]);
                denominator[k] += w * w;
                peak[k] = std::max(peak[k], top * top);
            }
        });
    }
}

template class chirp_transform<float>;
template class chirp_transform<double>;
template class chirp_transform<std::complex<float>>;
template class chirp_transform<std::complex<double>>;

} // namespace gr::stft::kernel
