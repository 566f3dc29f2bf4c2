/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/denoise/denoiser.h>
#include <algorithm>

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
    : d_framer(p.frames()), d_stft(p), d_gain(settings_for(p, s)), d_inverse(p),
      d_spectra(most_in_a_run * d_stft.bins())
{}

template <class T>
void denoiser<T>::push(const T* samples, std::size_t count, std::vector<T>& output)
{
    while (count > 0) {
        const auto taken = d_framer.push(samples, count);
        samples += taken;
        count -= taken;
        take_frames(output);
    }
}

template <class T>
void denoiser<T>::finish(std::vector<T>& output)
{
    d_framer.finish();
    take_frames(output);
    d_inverse.finish(d_framer.received());
    read_ready(output);
}

template <class T>
void denoiser<T>::read_ready(std::vector<T>& output)
{
    const auto count = d_inverse.ready(), before = output.size();
    output.resize(before + count);
    d_inverse.read(output.data() + before, count);
}

template <class T>
void denoiser<T>::take_frames(std::vector<T>& output)
{
    const auto bins = d_stft.bins();
    while (const auto* frame = d_framer.frame()) {
        const auto count = d_framer.run(most_in_a_run);
        const bool last =
            d_framer.last(); // then nothing may be read before finish() has the length
        d_stft.analyse_run(frame, d_framer.start(), count, d_spectra.data());
        d_framer.advance(count);
        auto* spectrum = d_spectra.data();
        for (std::size_t i = 0; i < count; ++i)
            d_gain.apply(spectrum + i * bins, spectrum + i * bins);
        for (std::size_t i = 0; i < count;) {
            i += last ? 0 : add_run(spectrum + i * bins, count - i, output);
            if (i == count)
                break;
            d_inverse.expect_next();
            read_ready(output);
            d_inverse.add(spectrum + i * bins);
            if (!last)
                read_ready(output);
            ++i;
        }
    }
}

//! Inverts frames as long as each gives hop samples; their number.
template <class T>
std::size_t denoiser<T>::add_run(const std::complex<real_t<T>>* spectra,
                                 std::size_t frames,
                                 std::vector<T>& output)
{
    const auto before = output.size(), hop = d_stft.design().hop;
    output.resize(before + frames * hop);
    const auto taken = d_inverse.add_run(spectra, frames, output.data() + before);
    output.resize(before + taken * hop);
    return taken;
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
