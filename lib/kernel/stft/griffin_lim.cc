/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/stft/griffin_lim.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

//! value's phase on magnitude, or otherwise's where value is 0.
template <class R>
std::complex<R>
with_phase_of(R magnitude, const std::complex<R>& value, const std::complex<R>& otherwise)
{
    const auto size = std::hypot(value.real(), value.imag());
    if (!(size > 0))
        return otherwise;
    return { magnitude * (value.real() / size), magnitude * (value.imag() / size) };
}

} // namespace

template <class T>
griffin_lim<T>::griffin_lim(const parameters& p,
                            std::int64_t first,
                            std::size_t frames,
                            std::int64_t length,
                            double momentum,
                            double threshold,
                            bool strict)
    : d_stft(p), d_istft(p, {}, threshold, strict), d_first(first), d_frames(frames)
{
    if (!(momentum >= 0 && momentum <= 10))
        refuse("momentum", momentum, "must be 0 .. 10");
    if (length < 0)
        refuse("length", length, "must be 0 or more");
    d_pull = static_cast<real>(momentum / (1 + momentum));
    d_istft.begin_at(first);
    d_samples.resize(static_cast<std::size_t>(length));
    d_magnitudes.resize(frames * bins());
    d_spectra.resize(frames * bins());
    d_rebuilt.resize(frames * bins());
    d_row.resize(bins());
}

template <class T>
void griffin_lim<T>::begin(const real* magnitudes, const complex* spectra)
{
    std::copy_n(magnitudes, d_magnitudes.size(), d_magnitudes.begin());
    for (std::size_t i = 0; i < d_spectra.size(); ++i)
        d_spectra[i] = with_phase_of(magnitudes[i], spectra[i], complex(magnitudes[i]));
    std::fill(d_rebuilt.begin(), d_rebuilt.end(), complex(0));
}

template <class T>
double griffin_lim<T>::iterate()
{
    finish(d_samples.data());
    const auto& p = d_stft.design();
    double distance = 0, energy = 0;
    for (std::size_t frame = 0; frame < d_frames; ++frame) {
        d_stft.analyse(d_samples.data(),
                       static_cast<std::int64_t>(d_samples.size()),
                       d_first + static_cast<std::int64_t>(frame * p.hop),
                       1,
                       d_row.data());
        for (std::size_t k = 0; k < bins(); ++k) {
            const auto i = frame * bins() + k;
            const double both = is_real_v<T> && k != 0 && 2 * k != p.n_fft ? 2 : 1;
            const double A = d_magnitudes[i];
            const double off = std::abs(std::complex<double>(d_row[k])) - A;
            distance += both * off * off;
            energy += both * A * A;
            d_spectra[i] =
                with_phase_of(d_magnitudes[i], d_row[k] - d_pull * d_rebuilt[i], d_spectra[i]);
            d_rebuilt[i] = d_row[k];
        }
    }
    return energy > 0 ? std::sqrt(distance / energy) : 0;
}

template <class T>
void griffin_lim<T>::finish(T* samples)
{
    istft<T>(d_istft).invert(
        d_spectra.data(), d_frames, samples, static_cast<std::int64_t>(d_samples.size()));
}

template class griffin_lim<float>;
template class griffin_lim<double>;
template class griffin_lim<std::complex<float>>;
template class griffin_lim<std::complex<double>>;

} // namespace gr::stft::kernel
