/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/denoise/denoiser.h>

namespace gr::stft::kernel {

template <class T>
gain_settings denoiser<T>::settings_for(const parameters& p, gain_settings s)
{
    s.n_fft = p.n_fft;
    s.hop = p.hop;
    s.win_length = p.window_length();
    s.where = p.where;
    s.sides = is_real_v<T> ? sides::onesided : p.centered() ? sides::centered : sides::twosided;
    s.samp_rate = p.samp_rate;
    return s;
}

template <class T>
denoiser<T>::denoiser(const parameters& p, const gain_settings& s)
    : d_gain(settings_for(p, s)), d_round_trip(p)
{}

template <class T>
void denoiser<T>::apply(complex* spectra, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i, spectra += d_gain.bins())
        d_gain.apply(spectra, spectra);
}

template <class T>
void denoiser<T>::push(const T* samples, std::size_t count, std::vector<T>& output)
{
    d_round_trip.push(samples, count, output, [this](complex* spectra, std::size_t frames) {
        apply(spectra, frames);
    });
}

template <class T>
void denoiser<T>::finish(std::vector<T>& output)
{
    d_round_trip.finish(output,
                        [this](complex* spectra, std::size_t frames) { apply(spectra, frames); });
}

template <class T>
std::vector<double> noise_power(const parameters& p, const T* samples, std::int64_t length)
{
    stft<T> transform(p);
    const auto win_length = static_cast<std::int64_t>(p.window_length()),
               hop = static_cast<std::int64_t>(p.hop);
    if (length < win_length)
        refuse("noise",
               std::to_string(length) + " samples",
               "must hold a window, " + std::to_string(win_length));
    std::vector<std::complex<real_t<T>>> spectrum(transform.bins());
    std::vector<double> sum(transform.bins(), 0);
    const auto frames = (length - win_length) / hop + 1;
    for (std::int64_t i = 0; i < frames; ++i) {
        transform.analyse(samples + i * hop, 0, spectrum.data());
        for (std::size_t k = 0; k < sum.size(); ++k)
            sum[k] += std::norm(std::complex<double>(spectrum[k]));
    }
    for (auto& power : sum)
        power /= static_cast<double>(frames);
    return sum;
}

template class denoiser<float>;
template class denoiser<double>;
template class denoiser<std::complex<float>>;
template class denoiser<std::complex<double>>;
template STFT_API std::vector<double> noise_power(const parameters&, const float*, std::int64_t);
template STFT_API std::vector<double> noise_power(const parameters&, const double*, std::int64_t);
template STFT_API std::vector<double>
noise_power(const parameters&, const std::complex<float>*, std::int64_t);
template STFT_API std::vector<double>
noise_power(const parameters&, const std::complex<double>*, std::int64_t);

} // namespace gr::stft::kernel
