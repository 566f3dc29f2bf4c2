/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/adaptive/pooled_rows.h"
#include "kernel/adaptive/shortest_path.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/kernel/frames/window.h>
#include <gnuradio/stft/kernel/monitor/warped_rows.h>
#include <gnuradio/stft/kernel/warped/warped_stft.h>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace gr::stft::kernel {

namespace {

constexpr double whole_band = 0.45; // f_top with which nothing is decimated, cycles per sample
constexpr double floor_width = 15;  // of the running median on either side of a bin, in 1 / theta
constexpr std::int64_t most_frames = 1 << 16;

//! Parameters of the rows, in samples instead of seconds.
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

warped_stft_settings warped_stft_settings::filled() const
{
    auto s = *this;
    checked_n_fft(static_cast<std::int64_t>(n_fft));
    if (n_fft < 64)
        refuse("n_fft", n_fft, "must be at least 64");
    const auto N = static_cast<double>(n_fft);
    if (hop == 0)
        s.hop = std::max(1.0, std::floor(N / 16));
    if (!(s.hop >= 1 && s.hop <= N && s.hop == std::floor(s.hop)))
        refuse("hop", s.hop, "must be a whole number of samples, 1 .. n_fft, where time is warped");
    if (theta == 0)
        s.theta = std::max(16.0, 2 * std::round(N / std::sqrt(32.0)));
    if (!(s.theta >= 16 && s.theta <= N && s.theta == 2 * std::floor(s.theta / 2)))
        refuse("theta_init",
               s.theta,
               "must be an even number of samples, 16 .. n_fft, where time is warped");
    if (!(s.hop <= s.theta && s.hop >= s.theta / 1000))
        refuse("hop", s.hop, "must be theta / 1000 .. theta where time is warped");
    if (block == -1)
        s.block = static_cast<std::int64_t>(s.theta / (2 * s.hop));
    if (lag == -1)
        s.lag = static_cast<std::int64_t>(N / (2 * s.hop));
    for (const auto& [name, value] : { std::pair{ "block", s.block }, { "lag", s.lag } })
        if (!(value >= 0 && value <= most_frames && static_cast<double>(value) * s.hop <= 1 << 24))
            refuse(name, value, "must be in 0 .. 65536 frames, and 2^24 samples at most, or -1");
    if (!(smoothness >= 0 && smoothness <= 1e6))
        refuse("smoothness", smoothness, "must be in 0 .. 1e6");
    rows_of(s).check();
    return s;
}

template <class R>
struct warped_stft<R>::parts {
    warped_stft_settings settings;
    warped_rows<R> rows;
    std::vector<double> rates;
    pooled_rows<R> sums;
    shortest_path path; // through places in the bank
    frame_analysis<R> dft;
    std::size_t count; // samples of a frame
    std::vector<R> taps, cut;
    std::int64_t frame;
    bool finished = false, decided = false;
    double rate = 0;

    explicit parts(const warped_stft_settings& given)
        : settings(given.filled()),
          rows(rows_of(settings),
               static_cast<double>(settings.block + settings.lag + 2) * settings.hop),
          rates(rows_of(settings).bank()), sums(rates.size(), settings.block, settings.lag, l1l2()),
          path(places(rates.size()), settings.smoothness / 5, settings.lag), dft(settings.n_fft),
          count(static_cast<std::size_t>(settings.theta)), cut(count), frame(rows.frame())
    {
        double energy = 0;
        for (const auto& tap : window("hann").sample(count)) {
            taps.push_back(static_cast<R>(tap.real()));
            energy += tap.real() * tap.real();
        }
        for (auto& tap : taps)
            tap /= static_cast<R>(std::sqrt(energy));
        sums.restart(frame);
        path.start(frame, static_cast<double>(rates.size() / 2), first_frame::free);
        std::fill_n(dft.buffer(), settings.n_fft, R(0));
    }

    //! Measures the rows that are there, up to frame p. \return false if some are missing
    bool measure_to(std::int64_t p)
    {
        while (sums.last() < p) {
            const auto* row = rows.row();
            if (!row)
                return finished;
            const bool damaged = rows.damaged();
            sums.add();
            for (std::size_t r = 0; r < rates.size() && !damaged; ++r) {
                criterion_sums of{ 0, 0 };
                for (std::size_t m = 0; m < rows.bins(); ++m) {
                    const auto level = static_cast<double>(row[r * rows.bins() + m]);
                    of.first += level;
                    of.second += level * level;
                }
                sums.set(r, of);
            }
            rows.advance();
        }
        return true;
    }

    bool decide()
    {
        if (decided)
            return true;
        if (!measure_to(frame + settings.block + settings.lag))
            return false;
        if (frame > sums.last())
            return false; // the signal has no such frame
        while (path.front() < std::min(frame + settings.lag, sums.last()))
            path.advance(sums.J(path.front() + 1));
        const double place = path.resolve(frame);
        const auto below = std::min(static_cast<std::size_t>(place), rates.size() - 2);
        const double part = place - static_cast<double>(below);
        rate = rates[below] + part * (rates[below + 1] - rates[below]);
        return decided = true;
    }

    void transform(std::complex<R>* spectrum)
    {
        rows.cut(frame, rate, count, cut.data());
        auto* buffer = dft.buffer();
        for (std::size_t i = 0; i < count; ++i) // the centre, sample count / 2, at index 0
            buffer[(i + settings.n_fft - count / 2) % settings.n_fft] = taps[i] * cut[i];
        dft.transform(spectrum);
    }
};

template <class R>
warped_stft<R>::warped_stft(const warped_stft_settings& settings)
    : d(std::make_unique<parts>(settings))
{}
template <class R>
warped_stft<R>::~warped_stft() = default;
template <class R>
warped_stft<R>::warped_stft(warped_stft&&) noexcept = default;
template <class R>
warped_stft<R>& warped_stft<R>::operator=(warped_stft&&) noexcept = default;

template <class R>
const warped_stft_settings& warped_stft<R>::settings() const
{
    return d->settings;
}
template <class R>
std::size_t warped_stft<R>::bins() const
{
    return d->settings.n_fft / 2 + 1;
}
template <class R>
std::int64_t warped_stft<R>::latency() const
{
    const auto ahead = static_cast<double>(d->settings.block + d->settings.lag) * d->settings.hop;
    return static_cast<std::int64_t>(ahead) + d->rows.latency();
}

template <class R>
std::size_t warped_stft<R>::push(const R* samples, std::size_t count)
{
    const auto taken = d->rows.push(samples, count);
    if (taken > 0 || count == 0)
        return taken;
    d->decide(); // which measures rows, and drops samples
    return d->decided ? 0 : d->rows.push(samples, count);
}
template <class R>
void warped_stft<R>::finish()
{
    d->decide();
    if (!d->finished)
        d->rows.finish();
    d->finished = true;
}
template <class R>
bool warped_stft<R>::ready()
{
    return d->decide();
}
template <class R>
std::int64_t warped_stft<R>::frame() const
{
    return d->frame;
}
template <class R>
double warped_stft<R>::next(std::complex<R>* spectrum)
{
    if (spectrum)
        d->transform(spectrum);
    d->decided = false;
    ++d->frame;
    return d->rate;
}

template class warped_stft<float>;
template class warped_stft<double>;

} // namespace gr::stft::kernel
