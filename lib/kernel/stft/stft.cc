/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnuradio/stft/kernel/stft/stft.h>
#include <algorithm>

namespace gr::stft::kernel {

template <class T>
stft<T>::stft(const parameters& p, detrending detrend)
    : d_parameters(p), d_taper(p.analysis_taps<T>()), d_detrend(detrend),
      d_dft(p.n_fft, p.centered()), d_detrended(detrend == detrending::none ? 0 : d_taper.length()),
      d_border(d_taper.length())
{}

template <class T>
void stft<T>::analyse(const T* frame, std::int64_t start, complex* spectrum)
{
    if (d_detrend != detrending::none) {
        detrend(d_detrend, frame, win_length(), d_detrended.data());
        frame = d_detrended.data();
    }
    const auto offset = d_parameters.phase.offset(start, win_length(), d_parameters.n_fft);
    d_dft.analyse(frame, d_taper, offset, spectrum);
}

template <class T>
void stft<T>::analyse_run(const T* samples,
                          std::int64_t start,
                          std::size_t frames,
                          complex* spectra)
{
    for (std::size_t p = 0; p < frames; ++p, spectra += bins()) {
        const auto at = p * d_parameters.hop;
        analyse(samples + at, start + static_cast<std::int64_t>(at), spectra);
    }
}

template <class T>
void stft<T>::analyse(const T* x,
                      std::int64_t length,
                      std::int64_t first,
                      std::size_t frames,
                      complex* spectra)
{
    const auto m = static_cast<std::int64_t>(win_length());
    for (std::size_t p = 0; p < frames; ++p, spectra += bins()) {
        const auto start = first + static_cast<std::int64_t>(p * d_parameters.hop);
        if (start >= 0 && start + m <= length) {
            analyse(x + start, start, spectra);
            continue;
        }
        const auto from = std::clamp<std::int64_t>(start, 0, length);
        const auto to = std::clamp<std::int64_t>(start + m, 0, length);
        std::fill(d_border.begin(), d_border.end(), T(0));
        if (from < to)
            std::copy(x + from, x + to, d_border.begin() + (from - start));
        analyse(d_border.data(), start, spectra);
    }
}

template class stft<float>;
template class stft<double>;
template class stft<std::complex<float>>;
template class stft<std::complex<double>>;

} // namespace gr::stft::kernel
