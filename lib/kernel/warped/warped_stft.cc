/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "common_shift.h"
#include "kernel/speed/row_whitener.h"
#include "kernel/refuse.h"
#include "length_path.h"
#include "warped_frames.h"
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/kernel/frames/phase.h>
#include <gnuradio/stft/kernel/warped/warped_stft.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr std::int64_t most_frames = 1 << 16;
constexpr double over_an_end = 1e6; // J of a frame that hangs over an end of the signal
constexpr double steps_price = 30;  // of a change to the next length, in smoothness

//! An even number of samples, n_fft / part.
double part_of(std::size_t n_fft, double part)
{
    return std::max(16.0, 2 * std::round(static_cast<double>(n_fft) / part / 2));
}

double middle_length(std::size_t n_fft) { return part_of(n_fft, std::sqrt(8.0)); }

bool suits(double hop, double theta) { return hop <= theta && hop >= theta / 1000; }

//! Settings with a window of a given length.
warped_stft_settings with_length(warped_stft_settings s, double theta)
{
    s.theta = theta;
    if (s.block == -1)
        s.block = static_cast<std::int64_t>(theta / (2 * s.hop));
    return s;
}

//! The lengths that the transform chooses from, ascending.
std::vector<double> lengths_of(const warped_stft_settings& s)
{
    if (s.theta > 0)
        return { s.theta };
    std::vector<double> all;
    for (const auto theta : { part_of(s.n_fft, 4), middle_length(s.n_fft), part_of(s.n_fft, 2) })
        if (suits(s.hop, theta) && (all.empty() || theta > all.back()))
            all.push_back(theta);
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
    if (!(theta == 0 || (theta >= 16 && theta <= N && theta == 2 * std::floor(theta / 2))))
        refuse("theta_init",
               theta,
               "must be an even number of samples, 16 .. n_fft, where time is warped");
    if (!suits(s.hop, theta > 0 ? theta : middle_length(n_fft)))
        refuse("hop", s.hop, "must be theta / 1000 .. theta where time is warped");
    if (theta > 0 && block == -1)
        s.block = static_cast<std::int64_t>(theta / (2 * s.hop));
    if (lag == -1)
        s.lag = static_cast<std::int64_t>(N / (2 * s.hop));
    for (const auto& [name, value] : { std::pair{ "block", s.block }, { "lag", s.lag } })
        if (!((value >= 0 || (value == -1 && theta == 0 && value == block)) &&
              value <= most_frames && static_cast<double>(value) * s.hop <= 1 << 24))
            refuse(name, value, "must be in 0 .. 65536 frames, and 2^24 samples at most, or -1");
    if (!(smoothness >= 0 && smoothness <= 1e6))
        refuse("smoothness", smoothness, "must be in 0 .. 1e6");
    for (const auto one : lengths_of(s))
        rows_of(with_length(s, one)).check();
    return s;
}

template <class R>
struct warped_stft<R>::parts {
    warped_stft_settings settings;
    std::vector<warped_frames<R>> lengths;
    std::size_t middle = 0; // a length: the transform has the frames that it has
    std::int64_t frame;     // the next one
    std::size_t chosen = 0; // length of the next frame, once it is decided
    double rate = 0;        // rate of that frame, per sample
    double theta = 0;       // length of the frame given last
    bool finished = false, decided = false;
    // where lengths are compared
    length_path path;
    std::vector<common_shift<R>> shifts; // between neighbours
    std::vector<row_whitener<R>> whiteners;
    std::vector<std::complex<R>> spectrum;
    std::vector<R> power;
    std::vector<std::vector<R>> rows;           // one for each length
    std::vector<double> J;                      // one for each length
    std::vector<std::optional<double>> pending; // rates of the frame after the path's last one
    std::vector<double> rates;                  // of the frames in the path

    explicit parts(const warped_stft_settings& given)
        : settings(given.filled()),
          path(lengths_of(settings).size(), steps_price * settings.smoothness, settings.lag)
    {
        const auto all = lengths_of(settings);
        // short windows wait for what the longest one looks ahead, and the path looks back
        const double memory =
            all.size() == 1 ? 0 : static_cast<double>(settings.lag) * settings.hop + 4 * all.back();
        for (const auto one : all) {
            if (one == middle_length(settings.n_fft))
                middle = lengths.size();
            lengths.emplace_back(with_length(settings, one), memory);
        }
        theta = all[middle];
        frame = lengths[middle].frame();
        if (all.size() > 1)
            prepare(all);
    }

    void prepare(const std::vector<double>& all)
    {
        const auto bins = settings.n_fft / 2 + 1;
        path.begin(frame, middle);
        spectrum.resize(bins);
        power.resize(bins);
        rows.assign(all.size(), std::vector<R>(bins));
        J.resize(all.size());
        pending.resize(all.size());
        rates.resize(all.size() * static_cast<std::size_t>(settings.lag + 1));
        for (std::size_t k = 0; k < all.size(); ++k) {
            const auto reach = rows_of(with_length(settings, all[k])).whiten;
            whiteners.emplace_back(bins, reach * static_cast<double>(settings.n_fft));
            if (k > 0)
                shifts.emplace_back(settings.n_fft, all[k - 1], all[k]);
        }
    }

    //! Rates of frame p, one of each length.
    double* rates_of(std::int64_t p)
    {
        const auto slots = static_cast<std::size_t>(settings.lag + 1);
        return rates.data() + modulo(p, slots) * lengths.size();
    }

    //! Finds the rate of frame p under each window. \return false if samples are missing, or there is no such frame
    bool find_rates(std::int64_t p)
    {
        bool complete = true;
        for (std::size_t k = 0; k < lengths.size(); ++k) {
            auto& length = lengths[k];
            while (!pending[k] && length.frame() < p && length.decide())
                continue; // short windows have frames nearer to the start
            if (!pending[k] && length.frame() == p)
                pending[k] = length.decide();
            complete = complete && (pending[k] || length.frame() > p);
        }
        return (complete || finished) && pending[middle];
    }

    //! Adds the next frame to the path. \return false if samples are missing, or there is no such frame
    bool measure()
    {
        const auto p = path.front() + 1;
        if (!find_rates(p))
            return false;
        for (std::size_t k = 0; k < lengths.size(); ++k) {
            J[k] = k > 0 ? J[k - 1] : 0;
            if (!pending[k]) {
                J[k] += over_an_end;
                continue;
            }
            rates_of(p)[k] = *pending[k];
            lengths[k].transform(p, *pending[k], spectrum.data());
            std::transform(spectrum.begin(), spectrum.end(), power.begin(), [](const auto& value) {
                return value.real() * value.real() + value.imag() * value.imag();
            });
            whiteners[k].whiten(power.data(), rows[k].data());
            if (k > 0 && pending[k - 1])
                J[k] += weight() * shifts[k - 1].compare(rows[k - 1].data(), rows[k].data());
        }
        path.advance(J.data());
        std::fill(pending.begin(), pending.end(), std::nullopt);
        return true;
    }

    //! Part of a frame that others do not tell.
    double weight() const { return std::min(1.0, 2 * settings.hop / lengths[middle].theta()); }

    bool decide()
    {
        if (decided)
            return true;
        if (lengths.size() == 1) {
            const auto found = lengths[0].decide();
            rate = found.value_or(0);
            return decided = found.has_value();
        }
        while (path.front() < frame + settings.lag)
            if (!measure()) {
                if (!finished || path.front() < frame)
                    return false;
                break;
            }
        chosen = path.resolve(frame);
        rate = rates_of(frame)[chosen];
        return decided = true;
    }

    std::size_t take(const R* samples, std::size_t count)
    {
        for (const auto& length : lengths)
            count = std::min(count, length.room());
        for (auto& length : lengths)
            length.push(samples, count);
        return count;
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
    const auto own = d->lengths.back().latency();
    return d->lengths.size() == 1
               ? own
               : own + d->settings.lag * static_cast<std::int64_t>(d->settings.hop);
}

template <class R>
std::size_t warped_stft<R>::push(const R* samples, std::size_t count)
{
    const auto taken = d->take(samples, count);
    if (taken > 0 || count == 0)
        return taken;
    d->decide(); // which measures rows, and drops samples
    return d->decided ? 0 : d->take(samples, count);
}
template <class R>
void warped_stft<R>::finish()
{
    d->decide();
    for (auto& length : d->lengths)
        length.finish();
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
double warped_stft<R>::theta() const
{
    return d->theta;
}
template <class R>
double warped_stft<R>::next(std::complex<R>* spectrum)
{
    auto& length = d->lengths[d->chosen];
    if (spectrum)
        length.transform(d->frame, d->rate, spectrum);
    d->theta = length.theta();
    d->decided = false;
    ++d->frame;
    return d->rate;
}

template class warped_stft<float>;
template class warped_stft<double>;

} // namespace gr::stft::kernel
