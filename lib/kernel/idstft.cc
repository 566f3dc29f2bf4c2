/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "refuse.h"
#include <gnuradio/stft/kernel/idstft.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

template <class R>
constexpr double default_threshold = std::is_same_v<R, float> ? 1e-6 : 1e-10;

template <class T>
double inner_product(const std::vector<T>& a, const std::vector<T>& b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        if constexpr (is_real_v<T>)
            sum += static_cast<double>(a[i]) * b[i];
        else
            sum += static_cast<double>(a[i].real()) * b[i].real() +
                   static_cast<double>(a[i].imag()) * b[i].imag();
    return sum;
}

} // namespace

template <class T>
idstft<T>::idstft(std::size_t n_fft, const window_family& window, norm n, double threshold)
    : d_transform(n_fft, window, n, sharing::frame),
      d_threshold(threshold < 0 ? default_threshold<real> : threshold)
{}

template <class T>
void idstft<T>::add(const complex* spectrum, const position& t, double theta)
{
    if (t < d_last)
        refuse("t", t.value(), "must not be before that of the last frame");
    d_last = t;
    expect(t);
    const auto half = static_cast<std::int64_t>(n_fft() / 2);
    const auto end = std::max(d_begin, t.sample + half + 2);
    const auto size = static_cast<std::size_t>(end - d_begin);
    if (size > d_numerator.size()) {
        d_numerator.resize(size);
        d_denominator.resize(size);
        d_peak.resize(size);
    }
    d_transform.overlap_add(
        spectrum, t, theta, d_begin, end, d_numerator.data(), d_denominator.data(), d_peak.data());
    const auto reach = static_cast<std::int64_t>(std::ceil(t.fraction + theta / 2));
    d_covered = std::max(d_covered, t.sample + reach);
}

template <class T>
void idstft<T>::expect(const position& t)
{
    // a window reaches to its centre -+ n_fft / 2
    d_final = std::max(d_final, t.sample - static_cast<std::int64_t>(n_fft() / 2));
}

template <class T>
void idstft<T>::finish(std::int64_t length)
{
    d_final = std::max(d_begin, length < 0 ? d_covered : length);
}

template <class T>
void idstft<T>::read(T* samples, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) {
        const bool covered = i < d_numerator.size() && d_denominator[i] > d_threshold * d_peak[i];
        samples[i] = covered ? d_numerator[i] / d_denominator[i] : T(0);
        d_uncovered += !covered;
    }
    const auto gone = static_cast<std::ptrdiff_t>(std::min(count, d_numerator.size()));
    const auto forget = [gone](auto& sums) {
        std::move(sums.begin() + gone, sums.end(), sums.begin());
        std::fill(sums.end() - gone, sums.end(), 0);
    };
    forget(d_numerator);
    forget(d_denominator);
    forget(d_peak);
    d_begin += static_cast<std::int64_t>(count);
}

template <class T>
convergence least_squares_inverse(dstft<T>& transform,
                                  const std::complex<real_t<T>>* S,
                                  const std::vector<position>& t,
                                  const theta_field& theta,
                                  bool twosided,
                                  double tolerance,
                                  std::size_t max_iterations,
                                  std::size_t length,
                                  T* x)
{
    using real = real_t<T>;
    using complex = std::complex<real>;
    const auto bins = transform.bins();
    const auto end = static_cast<std::int64_t>(length);
    std::vector<real> weight(bins, 1);
    if (twosided && is_real_v<T>)
        for (std::size_t m = 1; m < (transform.n_fft() + 1) / 2; ++m)
            weight[m] = 2;

    std::vector<double> diagonal(length, 0.0);
    for (std::size_t n = 0; n < t.size(); ++n)
        transform.energy(t[n], theta.frame(n), weight.data(), 0, end, diagonal.data());
    const double largest = length ? *std::max_element(diagonal.begin(), diagonal.end()) : 0;
    for (std::size_t k = 0; k < length; ++k)
        if (!(diagonal[k] > default_threshold<real> * largest))
            refuse("t", "sample " + std::to_string(k), "is under no window, so it has no inverse");

    std::vector<complex> spectrum(bins);
    const auto adjoint = [&](auto spectrum_of, std::vector<T>& sum) {
        std::fill(sum.begin(), sum.end(), T(0));
        for (std::size_t n = 0; n < t.size(); ++n) {
            spectrum_of(n);
            for (std::size_t m = 0; m < bins; ++m)
                spectrum[m] *= weight[m];
            transform.pull_back({ nullptr, 0, end },
                                t[n],
                                theta.frame(n),
                                spectrum.data(),
                                nullptr,
                                nullptr,
                                sum.data());
        }
    };
    std::vector<T> solution(length, T(0)), residual(length), preconditioned(length),
        direction(length), image(length);
    adjoint([&](std::size_t n) { std::copy_n(S + n * bins, bins, spectrum.begin()); }, residual);
    const double right_side = std::sqrt(inner_product(residual, residual));
    convergence report{ 0, 0 };
    const auto precondition = [&] {
        for (std::size_t k = 0; k < length; ++k)
            preconditioned[k] = residual[k] / static_cast<real>(diagonal[k]);
        return inner_product(residual, preconditioned);
    };
    double energy = precondition();
    direction = preconditioned;
    for (report.residual = right_side > 0 ? 1 : 0;
         report.residual > tolerance && report.iterations < max_iterations;
         ++report.iterations) {
        adjoint(
            [&](std::size_t n) {
                transform.analyse(
                    { direction.data(), 0, end }, t[n], theta.frame(n), spectrum.data());
            },
            image);
        const double curvature = inner_product(direction, image);
        if (!(curvature > 0))
            break; // nothing left but rounding
        const auto step = static_cast<real>(energy / curvature);
        for (std::size_t k = 0; k < length; ++k) {
            solution[k] += step * direction[k];
            residual[k] -= step * image[k];
        }
        report.residual = std::sqrt(inner_product(residual, residual)) / right_side;
        const double before = energy;
        energy = precondition();
        const auto turn = static_cast<real>(energy / before);
        for (std::size_t k = 0; k < length; ++k)
            direction[k] = preconditioned[k] + turn * direction[k];
    }
    std::copy(solution.begin(), solution.end(), x);
    return report;
}

#define INSTANTIATE(T)                                                                             \
    template class idstft<T>;                                                                      \
    template STFT_API convergence least_squares_inverse(dstft<T>&,                                 \
                                                        const std::complex<real_t<T>>*,            \
                                                        const std::vector<position>&,              \
                                                        const theta_field&,                        \
                                                        bool,                                      \
                                                        double,                                    \
                                                        std::size_t,                               \
                                                        std::size_t,                               \
                                                        T*);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(std::complex<float>)
INSTANTIATE(std::complex<double>)

} // namespace gr::stft::kernel
