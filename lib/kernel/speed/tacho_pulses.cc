/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/number_text.h"
#include "kernel/refuse.h"
#include "kernel/samp_rate.h"
#include "pulse_edges.h"
#include "pulse_speeds.h"
#include <gnuradio/stft/kernel/speed/tacho_pulses.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double most_level_samples = 1 << 28;
constexpr std::size_t at_once = 65536; // samples, between speeds

} // namespace

double tacho_settings::highest() const
{
    return f_max != 0 ? f_max : samp_rate / (8 * static_cast<double>(ppr));
}

double tacho_settings::lowest() const { return f_min != 0 ? f_min : std::min(0.5, highest() / 10); }

void tacho_settings::check() const
{
    check_samp_rate(samp_rate);
    if (ppr < 1 || ppr > 1000000)
        refuse("ppr", ppr, "must be 1 .. 10^6 pulses per revolution");
    const auto pulses = static_cast<double>(ppr);
    if (!(f_max >= 0 && f_max * pulses * 2 <= samp_rate))
        refuse(
            "f_max",
            f_max,
            "must be 0 (samp_rate / (8 ppr)), or positive with at least two samples for a pulse");
    if (!(f_min >= 0 && lowest() < highest()))
        refuse("f_min", f_min, "must be 0 (0.5 Hz, at most f_max / 10), or positive, below f_max");
    if (!(samp_rate / (lowest() * pulses) <= 0x1p62))
        refuse("f_min", f_min, "must be higher: an interval must last less than 2^62 samples");
    if (!levels.empty() && !(levels.size() == 2 && std::isfinite(levels[0]) &&
                             std::isfinite(levels[1]) && levels[0] != levels[1]))
        refuse("levels",
               number_text(levels),
               "must be two different numbers, base and top of a pulse");
    if (!(slew >= 0 && slew <= 1e30))
        refuse("slew", slew, "must be 0 .. 1e30 Hz/s");
    if (hop < 1 || hop > (std::size_t(1) << 40))
        refuse("hop", hop, "must be 1 .. 2^40 samples");
    if (!(level_time > 0 && level_time * samp_rate <= most_level_samples))
        refuse("level_time", level_time, "must be positive, of at most 2^28 samples");
}

template <class T>
class tacho_pulses<T>::parts
{
public:
    parts(const tacho_settings& s, std::int64_t first, std::int64_t number)
        : design((s.check(), s)), edges(s, first), train(s, number), pulses(s, first)
    {}

    void search(const T* samples, std::size_t count)
    {
        edges.add(samples, count, d_edges);
        follow();
    }

    void finish()
    {
        edges.finish(d_edges);
        follow();
        pulses.stop();
        const sample_instant never{ std::numeric_limits<std::int64_t>::max() / 2, 0 };
        pulses.advance(edges.searched(), never, d_speeds);
    }

    std::size_t read(float* out, std::size_t room)
    {
        const auto n = std::min(room, ready());
        std::copy_n(d_speeds.begin() + static_cast<std::ptrdiff_t>(d_read), n, out);
        d_read += n;
        if (d_read == d_speeds.size()) {
            d_speeds.clear();
            d_read = 0;
        }
        return n;
    }
    std::size_t ready() const { return d_speeds.size() - d_read; }

    tacho_settings design;
    pulse_edges<T> edges;
    pulse_train train;
    pulse_speeds pulses;

private:
    //! Makes pulses of the edges found, and speeds of the pulses.
    void follow()
    {
        for (const auto& edge : d_edges) {
            if (train.pass(edge))
                pulses.stop();
            train.add(edge, d_pulses);
            for (const auto& pulse : d_pulses)
                pulses.add(pulse);
            d_pulses.clear();
        }
        d_edges.clear();
        const auto now = edges.certain();
        if (train.pass(now))
            pulses.stop();
        pulses.advance(edges.searched(), train.earliest(now), d_speeds);
    }

    std::vector<sample_instant> d_edges;
    std::vector<counted_pulse> d_pulses;
    std::vector<float> d_speeds;
    std::size_t d_read = 0;
};

template <class T>
tacho_pulses<T>::tacho_pulses(const tacho_settings& s, std::int64_t first, std::int64_t number)
    : d(std::make_unique<parts>(s, first, number))
{}

template <class T>
tacho_pulses<T>::~tacho_pulses() = default;
template <class T>
tacho_pulses<T>::tacho_pulses(tacho_pulses&&) noexcept = default;
template <class T>
tacho_pulses<T>& tacho_pulses<T>::operator=(tacho_pulses&&) noexcept = default;

template <class T>
void tacho_pulses<T>::add(const T* samples, std::size_t count)
{
    while (count) {
        const auto n = std::min(count, at_once);
        d->search(samples, n);
        samples += n;
        count -= n;
    }
}

template <class T>
void tacho_pulses<T>::finish()
{
    d->finish();
}

template <class T>
std::vector<tacho_pulse> tacho_pulses<T>::take()
{
    return d->pulses.take();
}

template <class T>
std::size_t tacho_pulses<T>::ready() const
{
    return d->ready();
}

template <class T>
std::size_t tacho_pulses<T>::read(float* speeds, std::size_t room)
{
    return d->read(speeds, room);
}

template <class T>
std::int64_t tacho_pulses<T>::count() const
{
    return d->train.count();
}

template <class T>
double tacho_pulses<T>::separation() const
{
    return d->edges.separation();
}

template <class T>
const tacho_settings& tacho_pulses<T>::design() const
{
    return d->design;
}

template class tacho_pulses<float>;
template class tacho_pulses<double>;

} // namespace gr::stft::kernel
