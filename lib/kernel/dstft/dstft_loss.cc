/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/dstft/concentration.h>
#include <gnuradio/stft/kernel/dstft/dstft_loss.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {

//! Re sum conj(a) b
template <class R>
double inner_product(const std::complex<R>* a, const std::complex<R>* b, std::size_t count)
{
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i)
        sum += static_cast<double>(a[i].real()) * b[i].real() +
               static_cast<double>(a[i].imag()) * b[i].imag();
    return sum;
}

} // namespace

template <class T>
dstft_loss<T>::dstft_loss(dstft<T> transform,
                          sharing share,
                          std::optional<pooled_parameters> rule,
                          std::vector<real> whitening)
    : d_transform(std::move(transform)), d_share(share), d_rule(rule),
      d_whitening(std::move(whitening))
{
    if (d_rule)
        d_rule->check();
    if (!d_whitening.empty() && d_whitening.size() != d_transform.bins())
        refuse("whitening", d_whitening.size(), "must be one weight for each bin");
}

template <class T>
double dstft_loss<T>::evaluate(const excerpt<T>& x,
                               const std::vector<position>& t,
                               const double* theta,
                               double* theta_gradient,
                               double* t_gradient)
{
    const auto bins = d_transform.bins(), frames = t.size(), cells = frames * bins;
    const theta_field lengths{ theta, d_share, bins };
    for (std::size_t i = 0; i < lengths.size(frames); ++i)
        if (!d_transform.takes(theta[i]))
            refuse("theta", theta[i], "must be in (0, n_fft]");
    const bool wanted = theta_gradient || t_gradient;
    // direct sums give the derivatives along with the spectrum for less than a second pass costs
    const bool together = wanted && per_bin(d_share);
    d_spectra.resize(cells);
    d_by_theta.resize(together && theta_gradient ? cells : 0);
    d_by_t.resize(together && t_gradient ? cells : 0);
    d_modulus.resize(d_rule ? 0 : cells);
    d_logs.resize(d_rule ? 0 : cells);
    d_cotangent.resize(wanted && d_rule ? cells : 0);

    plane_entropy<real> entropy;
    for (std::size_t n = 0; n < frames; ++n) {
        const auto row = n * bins;
        d_transform.analyse(x,
                            t[n],
                            lengths.frame(n),
                            d_spectra.data() + row,
                            d_by_theta.empty() ? nullptr : d_by_theta.data() + row,
                            d_by_t.empty() ? nullptr : d_by_t.data() + row);
        if (!d_rule)
            entropy.add(d_spectra.data() + row, bins, d_modulus.data() + row, d_logs.data() + row);
    }
    const auto* weights = d_whitening.empty() ? nullptr : d_whitening.data();
    const double value =
        d_rule
            ? pooled(
                  d_spectra.data(), frames, *d_rule, weights, wanted ? d_cotangent.data() : nullptr)
            : entropy.value();
    if (!wanted)
        return value;

    if (theta_gradient)
        std::fill_n(theta_gradient, lengths.size(frames), 0.0);
    if (t_gradient)
        std::fill_n(t_gradient, frames, 0.0);
    for (std::size_t n = 0; n < frames; ++n) {
        const auto row = n * bins;
        auto* G = d_rule ? d_cotangent.data() + row : d_transform.cotangent();
        if (!d_rule)
            entropy.cotangent(
                d_spectra.data() + row, bins, d_modulus.data() + row, d_logs.data() + row, G);
        if (together) {
            if (theta_gradient) {
                auto* to = theta_gradient + lengths.offset(n);
                for (std::size_t m = 0; m < bins; ++m)
                    to[m] += static_cast<double>(G[m].real()) * d_by_theta[row + m].real() +
                             static_cast<double>(G[m].imag()) * d_by_theta[row + m].imag();
            }
            if (t_gradient)
                t_gradient[n] += inner_product(G, d_by_t.data() + row, bins);
        } else {
            d_transform.pull_back(x,
                                  t[n],
                                  lengths.frame(n),
                                  G,
                                  theta_gradient ? theta_gradient + lengths.offset(n) : nullptr,
                                  t_gradient ? t_gradient + n : nullptr,
                                  nullptr);
        }
    }
    return value;
}

template class dstft_loss<float>;
template class dstft_loss<double>;
template class dstft_loss<std::complex<float>>;
template class dstft_loss<std::complex<double>>;

} // namespace gr::stft::kernel
