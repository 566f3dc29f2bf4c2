/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/stft/griffin_lim.h>
#include <algorithm>
#include <cmath>
#include <limits>

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

//! A frame: its magnitudes A, the new R, the R of the step before (or none), and X. One of complex numbers holds real and imaginary
//! parts in turn.
template <class R>
struct projected_frame {
    const R *magnitudes, *rebuilt;
    R *before, *spectrum;
    std::size_t bins;
    R pull;
    double unit; // factor on differences before they are squared
};

/*!
 * \brief X = A V / |V| with V = R - pull R_before, and R becomes R_before.
 * \return the sum of (|R| - A)^2 in units; less than 0 if a square is out of range, and nothing was changed
 */
template <class R>
STFT_LOOP double project(projected_frame<R> f)
{
    constexpr R least = std::numeric_limits<R>::min() * R(1e8);
    constexpr R most = std::numeric_limits<R>::max() / R(1e3);
    const bool pulls = f.before != nullptr;
    const auto v_of = [&](std::size_t i) STFT_INLINE {
        return pulls ? f.rebuilt[i] - f.pull * f.before[i] : f.rebuilt[i];
    };
    int bad = 0;
    double distance = 0;
#pragma omp simd reduction(+ : bad, distance)
    for (std::size_t k = 0; k < f.bins; ++k) {
        const R re = f.rebuilt[2 * k], im = f.rebuilt[2 * k + 1];
        const R v = v_of(2 * k), w = v_of(2 * k + 1);
        const R square = re * re + im * im, square_v = v * v + w * w;
        bad += !(square <= most) + !(square_v <= most);
        bad += (square < least && (re != 0 || im != 0)) + (square_v < least && (v != 0 || w != 0));
        const double off = f.unit * static_cast<double>(std::sqrt(square) - f.magnitudes[k]);
        distance += off * off;
    }
    if (bad)
        return -1;
#pragma omp simd
    for (std::size_t k = 0; k < f.bins; ++k) {
        const R v = v_of(2 * k), w = v_of(2 * k + 1);
        const R square = v * v + w * w;
        const R inverse = 1 / std::sqrt(square > 0 ? square : R(1));
        // V / |V| first: A / |V| may be too small for R, or too large
        f.spectrum[2 * k] = square > 0 ? f.magnitudes[k] * (inverse * v) : f.spectrum[2 * k];
        f.spectrum[2 * k + 1] =
            square > 0 ? f.magnitudes[k] * (inverse * w) : f.spectrum[2 * k + 1];
    }
    if (pulls)
        std::copy_n(f.rebuilt, 2 * f.bins, f.before);
    return distance;
}

//! Does what project() does, for any numbers.
template <class R>
double project_any(const R* magnitudes,
                   const std::complex<R>* rebuilt,
                   std::complex<R>* before,
                   std::complex<R>* spectrum,
                   std::size_t bins,
                   R pull,
                   double unit)
{
    double distance = 0;
    for (std::size_t k = 0; k < bins; ++k) {
        const auto off =
            unit * (std::abs(std::complex<double>(rebuilt[k])) - double(magnitudes[k]));
        distance += off * off;
        const auto v = before ? rebuilt[k] - pull * before[k] : rebuilt[k];
        spectrum[k] = with_phase_of(magnitudes[k], v, spectrum[k]);
        if (before)
            before[k] = rebuilt[k];
    }
    return distance;
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
    if (momentum > 0)
        d_rebuilt.resize(frames * bins());
    d_row.resize(bins());
}

template <class T>
void griffin_lim<T>::begin(const real* magnitudes, complex* spectra)
{
    d_magnitudes = magnitudes;
    d_spectra = spectra;
    const auto cells = d_frames * bins();
    const double peak = cells > 0 ? *std::max_element(magnitudes, magnitudes + cells) : 0;
    d_unit = peak > 0 ? std::ldexp(1.0, -std::clamp(std::ilogb(peak), -1000, 1000)) : 1;
    for (std::size_t i = 0; i < cells; ++i)
        spectra[i] = with_phase_of(magnitudes[i], spectra[i], complex(magnitudes[i]));
    std::fill(d_rebuilt.begin(), d_rebuilt.end(), complex(0));
}

template <class T>
double griffin_lim<T>::iterate()
{
    finish(d_samples.data());
    const auto& p = d_stft.design();
    const auto count = bins();
    const bool has_nyquist = is_real_v<T> && p.n_fft % 2 == 0;
    double distance = 0, energy = 0;
    for (std::size_t frame = 0; frame < d_frames; ++frame) {
        d_stft.analyse(d_samples.data(),
                       static_cast<std::int64_t>(d_samples.size()),
                       d_first + static_cast<std::int64_t>(frame * p.hop),
                       1,
                       d_row.data());
        const auto* A = d_magnitudes + frame * count;
        auto* spectrum = d_spectra + frame * count;
        auto* before = d_rebuilt.empty() ? nullptr : d_rebuilt.data() + frame * count;
        // of two-sided spectra, all bins but the first and that of n_fft / 2 count twice
        const auto single = [&](std::size_t k) {
            const double off = d_unit * (std::abs(std::complex<double>(d_row[k])) - double(A[k]));
            distance -= off * off;
            energy -= d_unit * double(A[k]) * (d_unit * double(A[k]));
        };
        if (is_real_v<T>) {
            single(0);
            if (has_nyquist && count > 1)
                single(count - 1);
        }
        const double both = is_real_v<T> ? 2 : 1;
        auto off = simd::dispatch<project<real>>({ A,
                                                   reinterpret_cast<const real*>(d_row.data()),
                                                   reinterpret_cast<real*>(before),
                                                   reinterpret_cast<real*>(spectrum),
                                                   count,
                                                   d_pull,
                                                   d_unit });
        if (!(off >= 0))
            off = project_any(A, d_row.data(), before, spectrum, count, d_pull, d_unit);
        distance += both * off;
        double sum = 0;
        for (std::size_t k = 0; k < count; ++k)
            sum += d_unit * double(A[k]) * (d_unit * double(A[k]));
        energy += both * sum;
    }
    return energy > 0 ? std::sqrt(std::max(distance, 0.0) / energy) : 0;
}

template <class T>
void griffin_lim<T>::finish(T* samples)
{
    istft<T>(d_istft).invert(
        d_spectra, d_frames, samples, static_cast<std::int64_t>(d_samples.size()));
}

template class griffin_lim<float>;
template class griffin_lim<double>;
template class griffin_lim<std::complex<float>>;
template class griffin_lim<std::complex<double>>;

} // namespace gr::stft::kernel
