/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/dstft/segment_inverse.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

template <class R>
bool all_finite(const std::complex<R>* values, std::size_t count)
{
    return std::all_of(values, values + count, [](const auto& v) {
        return std::isfinite(v.real()) && std::isfinite(v.imag());
    });
}

} // namespace

template <class T>
segment_inverse<T>::segment_inverse(std::size_t n_fft,
                                    const window_family& window,
                                    norm n,
                                    double tolerance,
                                    std::size_t max_iterations)
    : d_transform(n_fft, window, n, sharing::cell),
      d_tolerance(tolerance >= 0                ? tolerance
                  : std::is_same_v<real, float> ? 1e-7
                                                : 1e-12),
      d_max_iterations(max_iterations), d_segment(static_cast<std::int64_t>(segment * n_fft)),
      d_margin(static_cast<std::int64_t>(margin * n_fft))
{
    if (max_iterations < 1)
        refuse("max_iterations", max_iterations, "must be 1 or more");
}

template <class T>
void segment_inverse<T>::add(const complex* spectrum, const position& t, const double* theta)
{
    if (t < d_expected)
        refuse("t", t.value(), "must not lie before the frame in front of it");
    d_expected = t;
    d_spectra.insert(d_spectra.end(), spectrum, spectrum + bins());
    d_theta.insert(d_theta.end(), theta, theta + bins());
    d_t.push_back(t);
    const double longest = *std::max_element(theta, theta + bins());
    d_covered = std::max(d_covered,
                         t.sample + static_cast<std::int64_t>(std::ceil(t.fraction + longest / 2)));
}

template <class T>
void segment_inverse<T>::finish(std::int64_t length)
{
    const auto given_out = d_solved - static_cast<std::int64_t>(d_samples.size() - d_read);
    d_end = std::max(given_out, length < 0 ? d_covered : length);
    if (d_end < d_solved) {
        d_samples.resize(d_samples.size() - static_cast<std::size_t>(d_solved - d_end));
        d_solved = d_end;
    }
}

template <class T>
std::size_t segment_inverse<T>::ready()
{
    const auto decided =
        d_end >= 0 ? d_solved < d_end : d_expected.sample > d_solved + d_segment + d_margin;
    if (d_read == d_samples.size() && decided)
        solve();
    return d_samples.size() - d_read;
}

template <class T>
void segment_inverse<T>::read(T* samples, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i)
        d_uncovered += !d_is_covered[d_read + i];
    const auto* from = d_samples.data() + d_read;
    std::copy(from, from + count, samples);
    d_read += count;
}

//! Returns the frames that reach into d_solved - d_margin .. stop + d_margin, their positions relative to sample `base`.
template <class T>
typename segment_inverse<T>::nearby_frames segment_inverse<T>::frames_near(std::int64_t base,
                                                                           std::int64_t stop) const
{
    nearby_frames near;
    for (std::size_t i = 0; i < d_t.size(); ++i) {
        if (d_t[i].sample < d_solved - d_margin || d_t[i].sample > stop + d_margin)
            continue;
        const auto* S = d_spectra.data() + i * bins();
        const position there{ d_t[i].sample - base, d_t[i].fraction };
        if (!all_finite(S, bins())) {
            near.spoilt.push_back(there);
            continue;
        }
        near.spectra.insert(near.spectra.end(), S, S + bins());
        near.theta.insert(
            near.theta.end(), d_theta.data() + i * bins(), d_theta.data() + (i + 1) * bins());
        near.t.push_back(there);
    }
    return near;
}

//! Sets d_samples from frames whose spectra are finite.
template <class T>
void segment_inverse<T>::invert(nearby_frames& frames, const wanted_part& part)
{
    const auto how = least_squares_inverse(d_transform,
                                           frames.spectra.data(),
                                           frames.t,
                                           { frames.theta.data(), sharing::cell, bins() },
                                           true,
                                           d_tolerance,
                                           d_max_iterations,
                                           d_samples.size(),
                                           d_samples.data(),
                                           &part);
    d_worst = { std::max(d_worst.iterations, how.iterations),
                std::max(d_worst.residual, how.residual) };
}

//! Makes the samples NaN that a frame at `where` may touch: n_fft / 2 on either side.
template <class T>
void segment_inverse<T>::spoil(const position& where)
{
    const auto half = static_cast<std::int64_t>(n_fft()) / 2;
    const auto length = static_cast<std::int64_t>(d_samples.size());
    const auto from = std::clamp<std::int64_t>(where.sample - half, 0, length),
               to = std::clamp<std::int64_t>(where.sample + half + 1, 0, length);
    std::fill(d_samples.begin() + from,
              d_samples.begin() + to,
              T(std::numeric_limits<real>::quiet_NaN()));
    std::fill(d_is_covered.begin() + from, d_is_covered.begin() + to, 1);
}

template <class T>
void segment_inverse<T>::solve()
{
    // phases count from sample 0, and from any multiple of n_fft as well
    const auto base = std::max<std::int64_t>(0, d_solved - d_margin);
    auto stop = d_solved + d_segment, last = stop + d_margin;
    if (d_end >= 0) {
        stop = std::min(stop, d_end);
        last = std::min(last, d_end);
    }
    auto frames = frames_near(base, stop);
    const auto length = static_cast<std::size_t>(last - base);
    d_samples.assign(length, T(0));
    d_is_covered.assign(length, 0);
    if (!frames.t.empty())
        invert(frames,
               { static_cast<std::size_t>(d_solved - base),
                 static_cast<std::size_t>(stop - base),
                 d_is_covered.data() });
    for (const auto& where : frames.spoilt)
        spoil(where);
    d_samples.resize(static_cast<std::size_t>(stop - base));
    d_read = static_cast<std::size_t>(d_solved - base);
    d_solved = stop;
    forget_frames();
}

//! Forgets the frames that the next segment does not need.
template <class T>
void segment_inverse<T>::forget_frames()
{
    const auto kept = std::find_if(
        d_t.begin(), d_t.end(), [&](const position& t) { return t.sample >= d_solved - d_margin; });
    const auto gone = kept - d_t.begin();
    d_t.erase(d_t.begin(), kept);
    const auto values = gone * static_cast<std::ptrdiff_t>(bins());
    d_spectra.erase(d_spectra.begin(), d_spectra.begin() + values);
    d_theta.erase(d_theta.begin(), d_theta.begin() + values);
}

template class segment_inverse<float>;
template class segment_inverse<double>;
template class segment_inverse<std::complex<float>>;
template class segment_inverse<std::complex<double>>;

} // namespace gr::stft::kernel
