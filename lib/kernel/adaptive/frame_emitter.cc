/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_emitter.h"
#include <volk/volk.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

// largest distance from the centre, as a fraction of theta, at which dividing by the window is well
// conditioned
constexpr double well_covered = 0.375;

} // namespace

template <class T>
frame_emitter<T>::frame_emitter(const adaptive_settings& s, dstft<T>& transform)
    : d_settings(s), d_transform(transform), d_bounds(s.theta_min, s.theta_max),
      d_theta(transform.thetas()), d_last(d_theta.size(), d_bounds.nearest(s.theta_init)),
      d_lengths(d_theta.size())
{
    if (learns_chirp(s.learn))
        d_chirped.emplace(s.n_fft, s.window, s.norm);
    if (!per_bin(s.share))
        return;
    d_over_bins.emplace(s.n_fft,
                        is_real_v<T>,
                        static_cast<std::size_t>(s.bands),
                        s.interpolate ? between_bands::linear : between_bands::constant);
    d_cells.resize(transform.bins());
    d_before.resize(transform.bins());
}

template <class T>
void frame_emitter<T>::configure(const adaptive_settings& s)
{
    d_settings = s;
    d_bounds = { s.theta_min, s.theta_max };
    d_bounds.clip(d_last.data(), d_last.size());
}

template <class T>
void frame_emitter<T>::set_last(const std::vector<double>& theta)
{
    for (std::size_t m = 0; m < d_last.size(); ++m)
        d_last[m] = d_bounds.nearest(theta[theta.size() > 1 ? m : 0]);
    d_last_rate = 0;
}

template <class T>
void frame_emitter<T>::repeat()
{
    d_theta = d_last;
    d_rate = d_last_rate;
    d_followed = false;
    clip();
}

template <class T>
void frame_emitter<T>::follow(const double* log_theta, double rate)
{
    d_followed = true;
    d_rate = static_cast<float>(rate);
    if (std::abs(static_cast<double>(d_rate)) > d_settings.chirp_max) // by rounding
        d_rate = std::nextafter(d_rate, 0.0F);
    if (d_over_bins && d_settings.steps > 0) {
        d_over_bins->spread(log_theta, d_cells.data());
        return take_cells();
    }
    if (d_over_bins)
        d_over_bins->spread_exp(log_theta, d_theta.data());
    else
        d_theta[0] = static_cast<float>(std::exp(log_theta[0]));
    clip();
}

//! Sets theta from ln theta of each bin.
template <class T>
void frame_emitter<T>::take_cells()
{
    for (std::size_t m = 0; m < d_theta.size(); ++m)
        d_theta[m] = static_cast<float>(std::exp(d_cells[m]));
    clip();
}

//! Greatest distance of a learned position from the grid, in multiples of 2^-16 samples.
template <class T>
double frame_emitter<T>::farthest(double theta) const
{
    constexpr double unit = 1 / places_per_sample;
    const double half = d_settings.hop / 2;
    const double most = d_settings.invertible ? std::min(half, well_covered * theta - half) : half;
    return std::max(0.0, std::floor(most / unit) * unit - unit);
}

template <class T>
void frame_emitter<T>::refine(const excerpt<T>& x,
                              const criterion_sums* means,
                              std::int64_t frames,
                              frame_descent<T>& descent)
{
    if (learns_t(d_settings.learn)) {
        d_t = descent.refine_t(x, d_t, d_theta[0], farthest(d_theta[0]), means[0], frames);
    } else if (d_over_bins) {
        const auto* before = d_has_before ? d_before.data() : nullptr;
        descent.refine_cells(x, d_t, d_cells.data(), before, means, frames);
        take_cells();
    } else {
        const double theta = descent.refine_theta(x, d_t, d_theta[0], means[0], frames);
        d_theta[0] = d_bounds.nearest(theta);
        clip();
    }
}

template <class T>
void frame_emitter<T>::cover_end(std::int64_t length)
{
    const double distance = static_cast<double>(length - 1 - d_t.sample) - d_t.fraction;
    const double least = std::min(distance / well_covered, d_settings.theta_max);
    for (float& one : d_theta)
        one = one < least ? d_bounds.nearest(least) : one;
    clip();
}

template <class T>
void frame_emitter<T>::emit(const excerpt<T>& x, complex* spectrum, bool learned)
{
    if (spectrum) {
        volk_32f_convert_64f(
            d_lengths.data(), d_theta.data(), static_cast<unsigned>(d_theta.size()));
        if (d_chirped && d_rate != 0)
            d_chirped->analyse(x, d_t, d_lengths[0], static_cast<double>(d_rate), spectrum);
        else
            d_transform.analyse(x, d_t, d_lengths.data(), spectrum);
    }
    d_last.swap(d_theta);
    d_last_rate = d_rate;
    d_before.swap(d_cells);
    d_has_before = d_over_bins && learned && d_followed;
}

template class frame_emitter<float>;
template class frame_emitter<double>;
template class frame_emitter<std::complex<float>>;
template class frame_emitter<std::complex<double>>;

} // namespace gr::stft::kernel
