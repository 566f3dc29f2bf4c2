/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/filter_bank/one_integral.h>
#include <gnuradio/stft/kernel/reassign/synchrosqueeze.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

reassignment_parameters scaled_for(reassignment_parameters p, power_kind kind)
{
    if (kind == power_kind::magnitude)
        refuse("kind", "magnitude", "must be psd or power, which add up where cells meet");
    p.scale = spectrum_scaling(kind);
    return p;
}

power_parameters plain_power(power_kind kind, bool doubled)
{
    power_parameters p;
    p.kind = kind;
    p.doubled = doubled;
    return p;
}

} // namespace

template <class T>
synchrosqueezing<T>::synchrosqueezing(const reassignment_parameters& p,
                                      const std::vector<double>& grid)
    : d_cells(p), d_rows(p.n_fft, is_real_v<T>, p.centered()), d_spectrum(bins()),
      d_frequencies(bins()), d_sums(grid.empty() ? bins() : grid.size())
{
    if (!grid.empty())
        d_grid.emplace(grid, is_real_v<T>);
    for (std::size_t l = 0; l < bins(); ++l)
        d_own.push_back(static_cast<double>(d_cells.bin(l)) / static_cast<double>(p.n_fft));
    if (!(p.phase == phase_reference("centre")))
        refuse("phase", p.phase.name(), "must be centre, that of a sum over bins");
}

template <class T>
void synchrosqueezing<T>::analyse(const T* x, std::int64_t length, std::int64_t start, complex* row)
{
    d_cells.analyse(x, length, start, d_spectrum.data(), d_frequencies.data());
    std::fill(d_sums.begin(), d_sums.end(), 0.0);
    if (d_grid)
        add(*d_grid);
    else
        add(d_rows);
    for (std::size_t k = 0; k < rows(); ++k)
        row[k] = complex(d_sums[k]);
}

//! Adds each value to the row that it belongs to.
template <class T>
template <class Rows>
void synchrosqueezing<T>::add(const Rows& rows)
{
    const auto n_fft = d_cells.design().n_fft;
    for (std::size_t l = 0; l < bins(); ++l) {
        const bool inner = is_real_v<T> && l != 0 && 2 * l != n_fft;
        std::complex<double> value(d_spectrum[l]);
        if (inner)
            value *= 2.0;
        frequency_rows::arrival to{ l, false, false };
        if (!rows.nearest(d_frequencies[l], to))
            rows.nearest(d_own[l], to);
        if (to.conjugate)
            value = std::conj(value);
        if (to.real_part)
            value = value.real();
        d_sums[to.row] += value;
    }
}

template <class T>
synchrosqueezing_inverse<T>::synchrosqueezing_inverse(const parameters& p, std::size_t rows)
    : d_bins(rows > 0 ? rows : kernel::bins<T>(p.n_fft)), d_centre(p.frames().centre()),
      d_factor(one_integral_factor<T>(p))
{}

template <class T>
T synchrosqueezing_inverse<T>::sample(const complex* row, const std::uint8_t* kept) const
{
    std::complex<double> sum = 0;
    for (std::size_t k = 0; k < d_bins; ++k)
        if (!kept || kept[k])
            sum += std::complex<double>(row[k]);
    if constexpr (is_real_v<T>)
        return static_cast<T>(sum.real() * d_factor.real());
    else
        return T(sum * d_factor);
}

template <class T>
void synchrosqueezing_inverse<T>::invert(const complex* rows,
                                         std::size_t frames,
                                         std::int64_t first,
                                         const std::uint8_t* kept,
                                         T* samples,
                                         std::int64_t length) const
{
    const auto t = first + static_cast<std::int64_t>(d_centre); // of frame 0
    const auto begin = std::clamp<std::int64_t>(t, 0, length);
    const auto end = std::clamp<std::int64_t>(t + static_cast<std::int64_t>(frames), begin, length);
    std::fill(samples, samples + begin, T(0));
    for (auto n = begin; n < end; ++n) {
        const auto cell = static_cast<std::size_t>(n - t) * d_bins;
        samples[n] = sample(rows + cell, kept ? kept + cell : nullptr);
    }
    std::fill(samples + end, samples + length, T(0));
}

template <class T>
reassigned_spectrogram<T>::reassigned_spectrogram(const reassignment_parameters& p,
                                                  power_kind kind,
                                                  bool doubled)
    : d_cells(scaled_for(p, kind)), d_rows(p.n_fft, is_real_v<T>, p.centered()),
      d_power(p.n_fft, bins(), plain_power(kind, doubled)), d_spectrum(bins()), d_powers(bins()),
      d_frequencies(bins()), d_times(bins())
{}

template <class T>
void reassigned_spectrogram<T>::cells(const T* x,
                                      std::int64_t length,
                                      std::int64_t start,
                                      real* powers,
                                      double* frequencies,
                                      double* times)
{
    d_cells.analyse(x, length, start, d_spectrum.data(), frequencies, times);
    d_power.add(d_spectrum.data(), powers);
}

template <class T>
void reassigned_spectrogram<T>::add(const T* x,
                                    std::int64_t length,
                                    std::int64_t start,
                                    std::size_t p,
                                    std::size_t frames,
                                    real* rows)
{
    cells(x, length, start, d_powers.data(), d_frequencies.data(), d_times.data());
    const auto last = static_cast<std::int64_t>(frames) - 1;
    const double half = static_cast<double>(d_cells.win_length()) / 2;
    const double hop = static_cast<double>(d_cells.design().hop);
    for (std::size_t k = 0; k < bins(); ++k) {
        frequency_rows::arrival to{ k, false, false };
        auto frame = static_cast<std::int64_t>(p);
        if (std::abs(d_times[k]) <= half && d_rows.nearest(d_frequencies[k], to))
            frame = std::clamp<std::int64_t>(frame + std::lround(d_times[k] / hop), 0, last);
        else
            to.row = k;
        rows[static_cast<std::size_t>(frame) * bins() + to.row] += d_powers[k];
    }
}

template class synchrosqueezing<float>;
template class synchrosqueezing<double>;
template class synchrosqueezing<std::complex<float>>;
template class synchrosqueezing<std::complex<double>>;
template class synchrosqueezing_inverse<float>;
template class synchrosqueezing_inverse<double>;
template class synchrosqueezing_inverse<std::complex<float>>;
template class synchrosqueezing_inverse<std::complex<double>>;
template class reassigned_spectrogram<float>;
template class reassigned_spectrogram<double>;
template class reassigned_spectrogram<std::complex<float>>;
template class reassigned_spectrogram<std::complex<double>>;

} // namespace gr::stft::kernel
