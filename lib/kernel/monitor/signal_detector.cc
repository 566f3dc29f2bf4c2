/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/row_content.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/monitor/signal_detector.h>
#include <algorithm>
#include <cmath>
#include <utility>

namespace gr::stft::kernel {

namespace {

//! Frames that are transformed together, fewer if their spectra would take much memory.
std::size_t frames_at_once(std::size_t n_fft)
{
    return std::clamp<std::size_t>((std::size_t(1) << 20) / n_fft, 1, 16);
}

//! True if samples are something, of which single precision does not hold the powers.
template <class T>
bool have_no_power(const T* samples, std::size_t count)
{
    float largest = 0;
    for (std::size_t i = 0; i < count; ++i)
        largest = std::max(largest, std::abs(samples[i]));
    return largest > 0 && largest < 1e-15f;
}

template <class T>
detector_settings for_samples(detector_settings s)
{
    s.sides = is_real_v<T> ? sides::onesided : sides::twosided;
    s.check();
    return s;
}

parameters of_frames(const detector_settings& s)
{
    auto p = s.stft_parameters();
    p.where = placement::left;
    p.scale = scaling::psd;
    p.samp_rate = s.samp_rate;
    return p;
}

//! Hands out each frame, from sample 0 on, once its samples are there: those of `left` wait for one of the next frame.
template <class T>
framer<T> framer_of(const parameters& p)
{
    const auto frames = p.frames();
    framer<T> made(frames);
    made.reframe({ frames.win_length(), frames.hop(), placement::centred });
    return made;
}

power_parameters of_power(bool doubled)
{
    power_parameters p;
    p.kind = power_kind::psd;
    p.doubled = doubled;
    return p;
}

} // namespace

template <class T>
signal_detector<T>::signal_detector(const detector_settings& s)
    : d_detector(for_samples<T>(s)), d_parameters(of_frames(d_detector.design())),
      d_stft(d_parameters), d_power(s.n_fft, d_stft.bins(), of_power(is_real_v<T>)),
      d_framer(framer_of<T>(d_parameters)), d_spectra(frames_at_once(s.n_fft) * d_stft.bins()),
      d_row(d_stft.bins())
{}

//! Gives the detector the rows of the frames that are complete.
template <class T>
void signal_detector<T>::search_frames()
{
    while (const T* first = d_framer.frame()) {
        const auto count = d_framer.run(d_spectra.size() / d_stft.bins());
        const auto start = d_framer.start();
        // frames after the end of the signal are padded
        if (start + static_cast<std::int64_t>(d_stft.win_length()) > d_framer.received()) {
            d_framer.advance();
            continue;
        }
        d_stft.analyse_run(first, start, count, d_spectra.data());
        for (std::size_t p = 0; p < count; ++p) {
            d_power.add(d_spectra.data() + p * d_stft.bins(), d_row.data());
            const auto content = content_of(d_row.data(), d_row.size());
            d_unusable += content == row_content::too_large ||
                          (content == row_content::too_small &&
                           have_no_power(first + p * d_parameters.hop, d_stft.win_length()));
            d_detector.add(d_row.data());
        }
        d_rows += static_cast<std::int64_t>(count);
        d_framer.advance(count);
    }
}

template <class T>
void signal_detector<T>::require_open() const
{
    if (d_finished)
        refuse("x", "samples after the last one", "must not be given, since finish() was called");
}

template <class T>
void signal_detector<T>::add(const T* samples, std::size_t count)
{
    require_open();
    const auto left_out = std::min<std::uint64_t>(count, static_cast<std::uint64_t>(d_left_out));
    d_left_out -= static_cast<std::int64_t>(left_out);
    samples += left_out;
    count -= left_out;
    while (count) {
        const auto taken = d_framer.push(samples, count);
        samples += taken;
        count -= taken;
        search_frames();
    }
}

//! Whole frames end here; they begin again at the first row whose samples all come after sample `next`.
template <class T>
void signal_detector<T>::restart(std::int64_t next)
{
    const auto hop = static_cast<std::int64_t>(d_parameters.hop);
    d_rows = (next + hop - 1) / hop;
    d_base = d_rows * hop;
    d_left_out = d_base - next;
    d_framer = framer_of<T>(d_parameters);
}

template <class T>
void signal_detector<T>::skip(std::int64_t count)
{
    require_open();
    if (count < 0 || count > farthest_start - samples())
        refuse("count", count, "must be 0 .. 2^62 samples, with those before");
    if (count == 0)
        return;
    d_framer.finish();
    search_frames();
    const auto given = d_rows;
    const lost_samples lost{ samples(), count };
    restart(samples() + count);
    d_detector.skip(static_cast<std::uint64_t>(d_rows - given), lost);
}

template <class T>
void signal_detector<T>::retune(double freq_center)
{
    require_open();
    if (!std::isfinite(freq_center))
        refuse("freq_center", freq_center, "must be finite");
    d_framer.finish();
    search_frames();
    const auto given = d_rows;
    restart(samples());
    d_reports = take();
    d_detector.retune(freq_center);
    for (auto& e : d_detector.take()) {
        if (e.kind == event_kind::retune)
            e.sample_start = samples(); // the detector knows the row
        d_reports.push_back(e);
    }
    for (auto row = given; row < d_rows; ++row) // frames that hold samples of both frequencies
        d_detector.add(nullptr);
}

template <class T>
void signal_detector<T>::finish()
{
    if (std::exchange(d_finished, true))
        return;
    d_framer.finish();
    search_frames();
    d_detector.finish();
}

template <class T>
std::vector<event> signal_detector<T>::take()
{
    auto all = std::exchange(d_reports, {});
    const auto more = d_detector.take();
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

template class signal_detector<float>;
template class signal_detector<std::complex<float>>;

} // namespace gr::stft::kernel
