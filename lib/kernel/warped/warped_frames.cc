/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "warped_frames.h"
#include <gnuradio/stft/kernel/frames/window.h>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace gr::stft::kernel {

namespace {

constexpr double whole_band = 0.45; // f_top with which nothing is decimated, cycles per sample
constexpr double floor_width = 15;  // of the running median on either side of a bin, in 1 / theta

adaptive_settings l1l2()
{
    adaptive_settings s;
    s.criterion = adaptive_criterion::l1l2;
    return s;
}

std::vector<double> places(std::size_t count)
{
    std::vector<double> all(count);
    std::iota(all.begin(), all.end(), 0.0);
    return all;
}

} // namespace

warped_rows_settings rows_of(const warped_stft_settings& s)
{
    warped_rows_settings rows;
    rows.samp_rate = 1;
    rows.f_top = whole_band;
    rows.duration = s.theta;
    rows.hop = s.hop;
    rows.whiten = floor_width / s.theta;
    return rows;
}

template <class R>
warped_frames<R>::warped_frames(const warped_stft_settings& settings, double memory)
    : d_settings(settings),
      d_rows(rows_of(settings),
             static_cast<double>(settings.block + settings.lag + 2) * settings.hop + memory),
      d_rates(rows_of(settings).bank()),
      d_sums(d_rates.size(), settings.block, settings.lag, l1l2()),
      d_path(places(d_rates.size()), settings.smoothness / 5, settings.lag), d_dft(settings.n_fft),
      d_count(static_cast<std::size_t>(settings.theta)), d_cut(d_count), d_frame(d_rows.frame())
{
    double energy = 0;
    for (const auto& tap : window("hann").sample(d_count)) {
        d_taps.push_back(static_cast<R>(tap.real()));
        energy += tap.real() * tap.real();
    }
    for (auto& tap : d_taps)
        tap /= static_cast<R>(std::sqrt(energy));
    d_sums.restart(d_frame);
    d_path.start(d_frame, static_cast<double>(d_rates.size() / 2), first_frame::free);
    std::fill_n(d_dft.buffer(), settings.n_fft, R(0));
}

template <class R>
std::int64_t warped_frames<R>::latency() const
{
    const auto ahead = static_cast<double>(d_settings.block + d_settings.lag) * d_settings.hop;
    return static_cast<std::int64_t>(ahead) + d_rows.latency();
}

template <class R>
void warped_frames<R>::finish()
{
    if (!d_finished)
        d_rows.finish();
    d_finished = true;
}

//! Measures the rows that are there, up to a frame. \return false if some are missing
template <class R>
bool warped_frames<R>::measure_to(std::int64_t frame)
{
    while (d_sums.last() < frame) {
        const auto* row = d_rows.row();
        if (!row)
            return d_finished;
        const bool damaged = d_rows.damaged();
        d_sums.add();
        for (std::size_t r = 0; r < d_rates.size() && !damaged; ++r) {
            criterion_sums of{ 0, 0 };
            for (std::size_t m = 0; m < d_rows.bins(); ++m) {
                const auto level = static_cast<double>(row[r * d_rows.bins() + m]);
                of.first += level;
                of.second += level * level;
            }
            d_sums.set(r, of);
        }
        d_rows.advance();
    }
    return true;
}

template <class R>
std::optional<double> warped_frames<R>::decide()
{
    if (!measure_to(d_frame + d_settings.block + d_settings.lag) || d_frame > d_sums.last())
        return std::nullopt;
    while (d_path.front() < std::min(d_frame + d_settings.lag, d_sums.last()))
        d_path.advance(d_sums.J(d_path.front() + 1));
    const double place = d_path.resolve(d_frame++);
    const auto below = std::min(static_cast<std::size_t>(place), d_rates.size() - 2);
    const double part = place - static_cast<double>(below);
    return d_rates[below] + part * (d_rates[below + 1] - d_rates[below]);
}

template <class R>
void warped_frames<R>::transform(std::int64_t frame, double rate, std::complex<R>* spectrum)
{
    d_rows.cut(frame, rate, d_count, d_cut.data());
    auto* buffer = d_dft.buffer();
    const auto n_fft = d_settings.n_fft;
    for (std::size_t i = 0; i < d_count; ++i) // the centre, sample d_count / 2, at index 0
        buffer[(i + n_fft - d_count / 2) % n_fft] = d_taps[i] * d_cut[i];
    d_dft.transform(spectrum);
}

template class warped_frames<float>;
template class warped_frames<double>;

} // namespace gr::stft::kernel
