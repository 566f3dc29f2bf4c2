/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_descent.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double theta_rate = 0.02, t_rate = 0.1; // default learning rates, in ln theta and in hops
constexpr double corner = 1e-2; // rounds the corner of the total variation at 0, in ln theta

/*!
 * Computes the gradient of the total variation of v = ln theta over the cells of a frame: the sum
 * of sqrt(corner^2 + (difference from the next bin)^2 + (difference from the frame before)^2). The
 * frame before is constant.
 */
void variation(const double* v,
               const double* before,
               std::size_t bins,
               bool two_sided,
               double* gradient)
{
    std::fill_n(gradient, bins, 0.0);
    for (std::size_t m = 0; m < bins; ++m) {
        const auto next = m + 1 < bins ? m + 1 : two_sided ? 0 : m;
        const double along = v[m] - v[next], back = before ? v[m] - before[m] : 0;
        const double root = std::sqrt(corner * corner + along * along + back * back);
        gradient[m] += (along + back) / root;
        gradient[next] -= along / root;
    }
}

} // namespace

template <class T>
frame_descent<T>::frame_descent(const adaptive_settings& s, dstft<T>& transform)
    : d_settings(s), d_transform(transform), d_block(s, s.n_fft, is_real_v<T>),
      d_walk(s, adam(0.9, 0.999))
{
    if (s.steps == 0)
        return;
    const auto bins = transform.bins();
    d_block.reserve(bins);
    d_spectrum.resize(bins);
    if (!per_bin(s.share))
        return;
    for (std::size_t b = 0; b < static_cast<std::size_t>(s.bands); ++b)
        d_bands.push_back(band_of(s.n_fft, is_real_v<T>, b, static_cast<std::size_t>(s.bands)));
    d_part.resize(bins);
    d_by_theta.resize(bins);
    for (auto* numbers : { &d_theta, &d_gradient, &d_variation })
        numbers->resize(bins);
    d_adam.assign(bins, adam(0.9, 0.999));
}

template <class T>
std::int64_t frame_descent<T>::take_steps()
{
    const auto steps = std::max<std::int64_t>(1, d_settings.steps >> d_load);
    d_dropped += static_cast<std::uint64_t>(d_settings.steps - steps);
    return steps;
}

template <class T>
double frame_descent<T>::theta_at(double log_theta) const
{
    return std::clamp(std::exp(log_theta), d_settings.theta_min, d_settings.theta_max);
}

template <class T>
descent_point frame_descent<T>::evaluate(const excerpt<T>& x,
                                         const position& t,
                                         double theta,
                                         const criterion_sums& others,
                                         learned gradients)
{
    ++d_evaluations;
    d_transform.analyse(x, t, &theta, d_spectrum.data());
    auto here = d_block.differentiate(d_spectrum.data(), others);
    if (!here.defined)
        return here;
    double by_theta = 0;
    d_transform.pull_back(x,
                          t,
                          &theta,
                          d_spectrum.data(),
                          gradients != learned::t ? &by_theta : nullptr,
                          gradients != learned::theta ? &here.by_t : nullptr,
                          nullptr);
    here.by_log_theta = theta * by_theta;
    return here;
}

template <class T>
double frame_descent<T>::refine_theta(const excerpt<T>& x,
                                      const position& t,
                                      double theta,
                                      const criterion_sums& mean,
                                      std::int64_t frames)
{
    d_walk.reset();
    const double rate = d_settings.learning_rate > 0 ? d_settings.learning_rate : theta_rate;
    // the gradient of the whole block is `count` times that of one frame, since its frames weigh the
    // same
    const double count = d_block.criterion.pooled() ? static_cast<double>(frames) : 1;
    frame_window at{ std::log(theta) };
    for (auto left = take_steps(); left > 0; --left) {
        const auto here = evaluate(x, t, at, mean * (count - 1));
        if (!here.usable())
            break;
        d_walk.step(here, count, rate, at);
    }
    return theta_at(at.log_theta);
}

template <class T>
position frame_descent<T>::refine_t(const excerpt<T>& x,
                                    const position& centre,
                                    double theta,
                                    double most,
                                    const criterion_sums& mean,
                                    std::int64_t frames)
{
    adam descent(0.9, 0.999);
    const double rate =
        (d_settings.learning_rate > 0 ? d_settings.learning_rate : t_rate) * d_settings.hop;
    double shift = 0;
    for (auto left = take_steps(); left > 0; --left) {
        const auto here =
            evaluate(x, centre + shift, theta, mean * static_cast<double>(frames - 1), learned::t);
        if (!here.defined || !std::isfinite(here.by_t))
            break;
        shift = std::clamp(shift - rate * descent.step(here.by_t), -most, most);
    }
    const double to =
        std::nearbyint((centre.fraction + shift) * places_per_sample) / places_per_sample;
    return position{ centre.sample, 0 } + to;
}

template <class T>
void frame_descent<T>::refine_cells(const excerpt<T>& x,
                                    const position& t,
                                    double* log_theta,
                                    const double* before,
                                    const criterion_sums* mean,
                                    std::int64_t frames)
{
    const auto& s = d_settings;
    const auto bins = d_theta.size();
    const double rate = s.learning_rate > 0 ? s.learning_rate : theta_rate;
    const double least = std::log(s.theta_min), greatest = std::log(s.theta_max);
    const double middle = (least + greatest) / 2, scale = 1 / static_cast<double>(s.n_fft);
    std::fill(d_adam.begin(), d_adam.end(), adam(0.9, 0.999));
    for (auto left = take_steps(); left > 0; --left) {
        for (std::size_t m = 0; m < bins; ++m)
            d_theta[m] = theta_at(log_theta[m]);
        ++d_evaluations;
        d_transform.analyse(x, t, d_theta.data(), d_spectrum.data(), d_by_theta.data());
        d_block.measure(d_spectrum.data());

        // J of each band is weighted by its number of cells, since the variation is a sum over
        // cells
        std::fill(d_block.factor.begin(), d_block.factor.end(), real(0));
        for (std::size_t b = 0; b < d_bands.size(); ++b) {
            const auto& band = d_bands[b];
            auto block = d_block.criterion.sums(d_block.q.data(), band) * scale;
            if (d_block.criterion.pooled())
                block += mean[b] * static_cast<double>(frames - 1);
            if (!d_block.criterion.usable(block))
                return;
            const double cells = static_cast<double>(band.end - band.begin) *
                                 (d_block.criterion.pooled() ? static_cast<double>(frames) : 1);
            const auto slope = d_block.criterion.slope(block) * (scale * cells);
            const auto add = [&](const bin_band& part) {
                d_block.criterion.factor(
                    d_block.q.data(), d_block.weight.data(), part, slope, d_part.data());
                for (auto m = part.begin; m < part.end; ++m)
                    d_block.factor[m] += d_part[m];
            };
            add(band);
            if (band.bin_0_weight > 0)
                add({ 0, 1, band.bin_0_weight, 1, 0 });
        }
        variation(log_theta, before, bins, !is_real_v<T>, d_variation.data());
        for (std::size_t m = 0; m < bins; ++m) {
            const double by_theta =
                static_cast<double>(d_block.factor[m]) *
                (static_cast<double>(d_spectrum[m].real()) * d_by_theta[m].real() +
                 static_cast<double>(d_spectrum[m].imag()) * d_by_theta[m].imag());
            const double gradient = d_theta[m] * by_theta + s.regularisation * d_variation[m] +
                                    s.prior * (log_theta[m] - middle);
            if (std::isfinite(gradient))
                log_theta[m] =
                    std::clamp(log_theta[m] - rate * d_adam[m].step(gradient), least, greatest);
        }
    }
}

template class frame_descent<float>;
template class frame_descent<double>;
template class frame_descent<std::complex<float>>;
template class frame_descent<std::complex<double>>;

} // namespace gr::stft::kernel
