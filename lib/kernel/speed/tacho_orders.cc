/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/speed/order_map.h>
#include <gnuradio/stft/kernel/speed/tacho_orders.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double speeds_per_second = 100;
constexpr std::size_t at_once = 1 << 14;    // samples between looks at what is known
constexpr std::size_t most_cells = 1 << 20; // of a revolution
constexpr double highest = 0.3;             // order in samples of a revolution that keeps its level

tacho_settings tacho_of(const tacho_orders_settings& s)
{
    tacho_settings tacho;
    tacho.samp_rate = s.samp_rate;
    tacho.ppr = s.ppr;
    tacho.levels = s.levels;
    tacho.f_max = s.f_max;
    tacho.hop =
        static_cast<std::size_t>(std::max(1.0, std::round(s.samp_rate / speeds_per_second)));
    return tacho;
}

order_map_settings map_of(const tacho_orders_settings& s)
{
    order_map_settings map;
    map.samp_rate = s.samp_rate;
    map.turns = s.turns;
    map.frame_hop = 1;
    map.orders = s.orders;
    map.scale_ends = true;
    for (const auto order : s.orders)
        while (order > highest * static_cast<double>(map.samples_per_rev) &&
               map.samples_per_rev < most_cells)
            map.samples_per_rev *= 2;
    return map;
}

} // namespace

void tacho_orders_settings::check() const
{
    if (!(samp_rate > 0 && samp_rate <= 1e12))
        refuse("samp_rate", samp_rate, "must be positive, at most 1e12 Hz");
    for (const auto order : orders)
        if (!(order > 0 && order <= 1e4))
            refuse("orders", order, "must be positive, at most 1e4");
    if (turns < 2 || turns > 64)
        refuse("turns", turns, "must be 2 .. 64 revolutions");
    tacho_of(*this).check();
    map_of(*this).check();
}

template <class R>
class tacho_orders<R>::parts
{
public:
    explicit parts(const tacho_orders_settings& s)
        : design((s.check(), s)), tacho(tacho_of(s)), map(map_of(s))
    {}

    void push(const R* samples, const R* pulses, std::size_t count)
    {
        while (count) {
            const auto n = std::min(count, at_once);
            tacho.add(pulses, n);
            map.resampler().add(samples, n);
            received += static_cast<std::int64_t>(n);
            give_speeds();
            take_frames();
            samples += n;
            pulses += n;
            count -= n;
        }
    }

    void finish()
    {
        if (std::exchange(finished, true))
            return;
        tacho.finish();
        give_speeds();
        map.resampler().finish_samples();
        map.resampler().finish_speeds();
        take_frames();
        known = base + received;
    }

    void skip(std::int64_t count)
    {
        finish();
        base += received + count;
        received = next_speed = 0;
        finished = false;
        tacho = tacho_pulses<R>(tacho_of(design));
        map = order_map<R>(map_of(design));
    }

    void give_speeds()
    {
        const auto hop = static_cast<std::int64_t>(tacho.design().hop);
        float speed = 0;
        while (tacho.ready()) {
            tacho.read(&speed, 1);
            map.resampler().add_speed({ next_speed, 0 }, static_cast<double>(speed));
            if (!(static_cast<double>(speed) >= map.design().lowest()))
                still = base + next_speed;
            next_speed += hop;
        }
    }

    //! Frames that a standstill cuts come when the machine turns again, too late for anyone who waits.
    void take_frames()
    {
        while (map.next(row)) {
            if (row.cut && !finished)
                continue;
            tacho_frame frame;
            frame.sample = base + row.centre.at.sample + (row.centre.at.fraction >= 0.5);
            frame.frequency = row.centre.speed * design.samp_rate;
            for (const auto square : row.levels)
                frame.amplitudes.push_back(std::sqrt(2 * static_cast<double>(square)));
            if (frame.sample < known)
                continue;
            known = frame.sample;
            frames.push_back(std::move(frame));
        }
        if (map.resampler().lacks_speeds()) // all samples before the last speed have been looked at
            known = std::max(known, still);
    }

    tacho_orders_settings design;
    tacho_pulses<R> tacho;
    order_map<R> map;
    order_row<R> row;
    std::vector<tacho_frame> frames;
    std::int64_t base = 0;                     // sample in which pulses began to be looked for
    std::int64_t received = 0, next_speed = 0; // samples after it
    std::int64_t known = 0;
    std::int64_t still = 0; // the last speed at which the machine stood
    bool finished = false;
};

template <class R>
tacho_orders<R>::tacho_orders(const tacho_orders_settings& s) : d(std::make_unique<parts>(s))
{}
template <class R>
tacho_orders<R>::~tacho_orders() = default;
template <class R>
tacho_orders<R>::tacho_orders(tacho_orders&&) noexcept = default;
template <class R>
tacho_orders<R>& tacho_orders<R>::operator=(tacho_orders&&) noexcept = default;

template <class R>
void tacho_orders<R>::push(const R* samples, const R* tacho, std::size_t count)
{
    if (d->finished)
        refuse("samples", "after finish()", "must come before");
    d->push(samples, tacho, count);
}
template <class R>
void tacho_orders<R>::skip(std::uint64_t count)
{
    d->skip(static_cast<std::int64_t>(count));
}
template <class R>
void tacho_orders<R>::finish()
{
    d->finish();
}
template <class R>
std::vector<tacho_frame> tacho_orders<R>::take()
{
    return std::exchange(d->frames, {});
}
template <class R>
std::int64_t tacho_orders<R>::known() const
{
    return d->known;
}
template <class R>
const tacho_orders_settings& tacho_orders<R>::design() const
{
    return d->design;
}

template class STFT_API tacho_orders<float>;
template class STFT_API tacho_orders<double>;

} // namespace gr::stft::kernel
