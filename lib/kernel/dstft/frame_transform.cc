/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_transform.h"
#include "kernel/simd/multiply.h"
#include "kernel/simd/routines.h"
#include "norm_scale.h"
#include <algorithm>
#include <cmath>
#include <numeric>

namespace gr::stft::kernel {

namespace {

//! Re(x conj(y))
template <class R>
void multiply_conjugate(const std::complex<R>* x,
                        const std::complex<R>* y,
                        R* product,
                        std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i)
        product[i] = x[i].real() * y[i].real() + x[i].imag() * y[i].imag();
}

} // namespace

template <class T>
frame_transform<T>::frame_transform(std::size_t n_fft, const window_family& window, norm n)
    : d_n_fft(n_fft), d_bins(bins<T>(n_fft)), d_window(window), d_norm(n), d_analysis(n_fft),
      d_synthesis(n_fft), d_samples(n_fft, window, n), d_laid(n_fft), d_product(d_samples.room())
{}

template <class T>
void frame_transform<T>::analyse(const excerpt<T>& x,
                                 const position& t,
                                 double theta,
                                 complex* spectrum,
                                 complex* by_theta,
                                 complex* by_t)
{
    const band all{ 0, d_bins, theta };
    analyse_bands(x, t, &all, &all + 1, spectrum, by_theta, by_t);
}

template <class T>
void frame_transform<T>::analyse_bands(const excerpt<T>& x,
                                       const position& t,
                                       const band* first,
                                       const band* last,
                                       complex* spectrum,
                                       complex* by_theta,
                                       complex* by_t)
{
    const auto s = d_samples.under(t, first->theta);
    d_samples.sample(t, first->theta, by_theta || by_t);
    const bool all = first->end - first->begin == d_bins;
    const auto transform = [&](const real* taper, complex* to) {
        if (!to)
            return;
        d_laid.write(x, s, taper, d_analysis.buffer());
        if (all)
            return d_analysis.transform(to);
        d_analysis.transform();
        for (auto one = first; one != last; ++one)
            d_analysis.take(one->begin, one->end, to);
    };
    transform(d_samples.value(), spectrum);
    transform(d_samples.by_theta(), by_theta);
    transform(d_samples.by_t(), by_t);
}

template <class T>
void frame_transform<T>::pull_back(const excerpt<T>& x,
                                   const position& t,
                                   double theta,
                                   const complex* G,
                                   double* theta_gradient,
                                   double* t_gradient,
                                   T* x_gradient)
{
    const auto s = d_samples.under(t, theta);
    if (x_gradient)
        d_samples.sample(t, theta, false);

    // sum of G exp(+...): FFTW's inverse for real samples adds each inner bin twice
    auto* bins_of = d_synthesis.spectrum();
    if (G != bins_of)
        std::copy_n(G, d_bins, bins_of);
    if constexpr (is_real_v<T>) {
        bins_of[0] = 2 * bins_of[0].real();
        if (d_n_fft % 2 == 0)
            bins_of[d_n_fft / 2] = 2 * bins_of[d_n_fft / 2].real();
    }
    const T* gamma = d_synthesis.transform();
    const real gain = is_real_v<T> ? real(0.5) : real(1);
    const auto from = std::clamp<std::int64_t>(x.begin - s.first, 0, s.count);
    const auto to = std::clamp<std::int64_t>(x.end - s.first, from, s.count);
    const auto first = static_cast<std::size_t>(from), n = static_cast<std::size_t>(to - from);
    if (n == 0)
        return;

    if (x_gradient)
        for_pieces(s, d_n_fft, [&](std::int64_t sample, std::size_t offset, std::size_t count) {
            const auto at = sample - s.first;
            for (auto j = std::max(at, from);
                 j < std::min(at + static_cast<std::int64_t>(count), to);
                 ++j)
                x_gradient[s.first - x.begin + j] +=
                    gain * d_samples.value()[static_cast<std::size_t>(j)] *
                    gamma[offset + static_cast<std::size_t>(j - at)];
        });
    if (!theta_gradient && !t_gradient)
        return;
    const T* samples = x.samples + (s.first - x.begin + from);
    const auto offset = (s.offset + first) % d_n_fft;
    shape_sums projected;
    if constexpr (is_real_v<T>) {
        projected = project(s, t, theta, first, n, samples, gamma + offset, d_n_fft - offset);
    } else {
        const auto before_wrap = std::min(n, d_n_fft - offset);
        multiply_conjugate(samples, gamma + offset, d_product.data(), before_wrap);
        multiply_conjugate(
            samples + before_wrap, gamma, d_product.data() + before_wrap, n - before_wrap);
        projected = project(s, t, theta, first, n, d_product.data(), nullptr, n);
    }
    auto scale = norm_scale(d_norm, d_window, d_n_fft, theta);
    if (d_norm == norm::dcunit) { // w / W: subtract the component that only scales the window sum W
        std::fill_n(d_product.data(), s.count, real(1));
        const auto whole = project(s, t, theta, 0, s.count, d_product.data(), nullptr, s.count);
        if (!(whole.value > 0))
            return;
        scale.factor = 1 / whole.value;
        projected.length -= projected.value * (whole.length / whole.value);
        projected.slope -= projected.value * (whole.slope / whole.value);
    }
    const double per_sample = -gain * scale.factor / theta;
    if (theta_gradient)
        *theta_gradient += per_sample * (scale.power * projected.value + projected.length);
    if (t_gradient)
        *t_gradient += per_sample * projected.slope;
}

//! Sums of c[j] d[j] (d null: of c[j]) times the shape of the window and its slopes at the support's samples
//! at + j, j < count; d is a circular buffer that wraps to its start at j = wrap.
template <class T>
typename frame_transform<T>::shape_sums frame_transform<T>::project(const window_support& s,
                                                                    const position& t,
                                                                    double theta,
                                                                    std::size_t at,
                                                                    std::size_t count,
                                                                    const real* c,
                                                                    const real* d,
                                                                    std::size_t wrap) const
{
    double sums[3];
    const auto first = s.first + static_cast<std::int64_t>(at);
    simd::chosen<real>().project(d_window.shape(),
                                 d_window.rho(),
                                 static_cast<double>(first - t.sample) - t.fraction,
                                 theta,
                                 count,
                                 c,
                                 d,
                                 wrap,
                                 d_n_fft,
                                 sums);
    return { sums[0], sums[1], sums[2] };
}

template <class T>
void frame_transform<T>::overlap_add(const complex* spectrum,
                                     const position& t,
                                     double theta,
                                     std::int64_t begin,
                                     std::int64_t end,
                                     T* numerator,
                                     real* denominator,
                                     real* peak)
{
    const auto s = d_samples.under(t, theta);
    d_samples.sample(t, theta, false);
    const T* period = d_synthesis.synthesise(spectrum);
    const real per_n = real(1) / static_cast<real>(d_n_fft);
    const auto top = static_cast<real>(d_samples.top());
    for_pieces(s, d_n_fft, [&](std::int64_t sample, std::size_t offset, std::size_t count) {
        const auto from = std::clamp<std::int64_t>(begin - sample, 0, count);
        const auto to = std::clamp<std::int64_t>(end - sample, from, count);
        for (auto j = from; j < to; ++j) {
            const auto w = d_samples.value()[static_cast<std::size_t>(sample - s.first + j)];
            const auto k = sample - begin + j;
            numerator[k] += per_n * w * period[offset + static_cast<std::size_t>(j)];
            denominator[k] += w * w;
            peak[k] = std::max(peak[k], top * top);
        }
    });
}

template <class T>
void frame_transform<T>::energy(const position& t,
                                double theta,
                                const real* weight,
                                std::int64_t begin,
                                std::int64_t end,
                                double* sum)
{
    const auto s = d_samples.under(t, theta);
    d_samples.sample(t, theta, false);
    const double total = std::accumulate(weight, weight + d_bins, 0.0);
    const auto last = s.first + static_cast<std::int64_t>(s.count);
    for (auto k = std::max(begin, s.first); k < std::min(end, last); ++k) {
        const double w = d_samples.value()[static_cast<std::size_t>(k - s.first)];
        sum[k - begin] += total * w * w;
    }
}

template class frame_transform<float>;
template class frame_transform<double>;
template class frame_transform<std::complex<float>>;
template class frame_transform<std::complex<double>>;

} // namespace gr::stft::kernel
