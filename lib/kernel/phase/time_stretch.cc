/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnuradio/stft/kernel/phase/time_stretch.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {

template <class T>
vocoder_settings settings_for(const parameters& p, double rate)
{
    vocoder_settings s;
    s.n_fft = p.n_fft;
    s.hop = p.hop;
    s.rate = rate;
    s.win_length = p.window_length();
    s.where = p.where;
    s.phase = p.phase;
    s.sides = p.sides.value_or(is_real_v<T> ? sides::onesided : sides::twosided);
    return s;
}

} // namespace

template <class T>
time_stretch<T>::time_stretch(const parameters& p, double rate)
    : d_forward(p), d_settings(settings_for<T>(p, rate)), d_vocoder(d_settings), d_inverse(p),
      d_spectrum(d_forward.bins())
{
    d_vocoder.set_window_centre(window_centre(p.analysis_taps<T>()));
}

template <class T>
void time_stretch<T>::begin(const T* samples, std::int64_t length, std::int64_t length_out)
{
    const auto frames = d_forward.design().frames();
    d_samples = samples;
    d_length = length;
    d_length_out = length_out;
    d_written = d_frame = 0;
    d_frames = static_cast<std::int64_t>(frames.frames(length, frames.first()));
    d_ended = false;
    d_vocoder.restart(d_settings, frames.first(), frames.first());
    d_inverse.restart(frames.first());
}

//! Adds the next frame of the output, or finds that there is none.
template <class T>
void time_stretch<T>::add_frame()
{
    while (!d_vocoder.ready()) {
        if (d_frame > d_frames) {
            d_ended = true;
            d_inverse.finish(d_length_out);
            return;
        }
        if (d_frame == d_frames) {
            d_vocoder.finish();
        } else {
            const auto& p = d_forward.design();
            d_forward.analyse(d_samples,
                              d_length,
                              p.frames().first() + d_frame * static_cast<std::int64_t>(p.hop),
                              1,
                              d_spectrum.data());
            d_vocoder.push(d_spectrum.data());
        }
        ++d_frame;
    }
    const bool is_last = frames_to_the_end() <= 0;
    d_vocoder.pull(d_spectrum.data());
    d_inverse.add(d_spectrum.data());
    if (is_last) {
        d_ended = true;
        d_inverse.finish(d_length_out);
    }
}

//! Frames of the input from the centre of what the next output frame shows to the end of the signal.
template <class T>
double time_stretch<T>::frames_to_the_end() const
{
    const auto& p = d_forward.design();
    const auto hop = static_cast<std::int64_t>(p.hop);
    const auto behind = d_vocoder.frames_in() - d_vocoder.frame();
    const auto centre =
        d_vocoder.start_in() - behind * hop + static_cast<std::int64_t>(p.frames().centre());
    return static_cast<double>(d_length - centre) / static_cast<double>(hop) - d_vocoder.fraction();
}

template <class T>
std::size_t time_stretch<T>::read(T* samples, std::size_t count)
{
    count = static_cast<std::size_t>(
        std::min<std::int64_t>(static_cast<std::int64_t>(count), d_length_out - d_written));
    std::size_t got = 0;
    while (got < count) {
        got += d_inverse.read(samples + got, count - got);
        if (got == count || d_ended)
            break;
        if (d_inverse.ready() == 0)
            add_frame();
    }
    d_written += static_cast<std::int64_t>(got);
    return got;
}

template class time_stretch<float>;
template class time_stretch<double>;
template class time_stretch<std::complex<float>>;
template class time_stretch<std::complex<double>>;

} // namespace gr::stft::kernel
