/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/framer.h>
#include <gnuradio/stft/kernel/speed/order_map.h>
#include <gnuradio/stft/kernel/stft/power.h>
#include <gnuradio/stft/kernel/stft/stft.h>
#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr double least_coverage = 0.25; // of the squared window
constexpr double least_width = 2;       // bins on either side of an order
constexpr double highest_order =
    0.3; // of the samples of a revolution: up to here the level is exact
constexpr double highest_frequency = 0.4; // of the sample rate
constexpr std::size_t at_once = 4096;     // samples of the resampler

parameters of_frames(const order_map_settings& s)
{
    parameters p{ s.frame_length(), s.frame_step() };
    p.window = s.window;
    p.scale = scaling::psd;
    p.samp_rate = static_cast<double>(s.frame_length()); // bins of width 1
    return p;
}

power_parameters doubled()
{
    power_parameters p;
    p.kind = power_kind::psd;
    p.doubled = true;
    return p;
}

//! The part of a bin, of width 1, that lies between two bounds.
double overlap(double bin, double lower, double upper)
{
    return std::max(0.0, std::min(upper, bin + 0.5) - std::max(lower, bin - 0.5));
}

} // namespace

std::size_t order_map_settings::frame_step() const
{
    const auto samples = static_cast<double>(samples_per_rev);
    if (frame_hop == 0)
        return std::max<std::size_t>(1, frame_length() / 16);
    return static_cast<std::size_t>(std::round(frame_hop * samples));
}

void order_map_settings::check() const
{
    angular_settings::check();
    if (turns < 1 || turns > (std::size_t(1) << 24) / samples_per_rev)
        refuse("turns", turns, "must be 1 .. 2^24 / samples_per_rev revolutions");
    if (!(frame_hop == 0 ||
          (frame_hop * static_cast<double>(samples_per_rev) >= 0.5 && frame_hop <= 0x1p24)))
        refuse("frame_hop",
               frame_hop,
               "must be 0 (turns / 16), or 1 / samples_per_rev .. 2^24 revolutions");
    of_frames(*this).check<float>();
    if (!(width > 0 && width < 1))
        refuse("width", width, "must be between 0 and 1");
    for (auto order : orders)
        if (!(order > 0 && order <= highest_order * static_cast<double>(samples_per_rev)))
            refuse("orders",
                   order,
                   "must be positive, at most 0.3 samples_per_rev = " +
                       number_text(highest_order * static_cast<double>(samples_per_rev)));
}

template <class T>
class order_map<T>::parts
{
public:
    explicit parts(const order_map_settings& s)
        : design((s.check(), s)), resampler(s), d_parameters(of_frames(s)), d_stft(d_parameters),
          d_power(s.frame_length(), s.bins(), doubled()), d_framer(d_parameters.frames()),
          d_samples(at_once), d_where(at_once), d_spectrum(s.bins()),
          d_energy(d_stft.win_length() + 1)
    {
        const auto taps = d_parameters.taps();
        for (std::size_t i = 0; i < taps.size(); ++i)
            d_energy[i + 1] = d_energy[i] + std::norm(taps[i]);
    }

    bool next(order_row<real_t<T>>& row)
    {
        for (;;) {
            while (const T* frame = d_framer.frame()) {
                const bool known = take(frame, row);
                d_framer.advance();
                if (known)
                    return true;
            }
            if (d_used == d_count && !fetch())
                return false;
            push();
        }
    }

    order_map_settings design;
    angular_resampler<T> resampler;

private:
    //! Samples from the resampler; at the end, the frames that hang over it. False if there are none for now.
    bool fetch()
    {
        d_used = 0;
        d_count = resampler.read(d_samples.data(), d_where.data(), at_once);
        if (d_count)
            return true;
        const bool over = !resampler.lacks_samples() && !resampler.lacks_speeds();
        if (!over || d_over)
            return false;
        d_over = true;
        d_framer.finish();
        return true;
    }

    //! Gives samples up to a gap to the framer; at a gap, frames begin again once all before it have been taken.
    void push()
    {
        if (d_over)
            return;
        if (d_where[d_used].after_gap && d_framer.received() > 0) {
            if (!d_ended) {
                d_framer.finish();
                d_ended = true;
                return;
            }
            d_framer = framer<T>(d_parameters.frames());
            d_centres.clear();
            d_ended = false;
        }
        auto end = d_used + 1;
        while (end < d_count && !d_where[end].after_gap)
            ++end;
        const auto from = static_cast<std::size_t>(d_framer.received());
        const auto taken = d_framer.push(d_samples.data() + d_used, end - d_used);
        for (std::size_t i = 0; i < taken; ++i)
            if ((from + i) % design.frame_step() == 0)
                d_centres.push_back(d_where[d_used + i]);
        d_used += taken;
    }

    //! False for a frame of which too little is known.
    bool take(const T* frame, order_row<real_t<T>>& row)
    {
        if (d_centres.empty())
            return false;
        const auto centre = d_centres.front();
        d_centres.pop_front();
        const auto length = static_cast<std::int64_t>(d_stft.win_length());
        const auto start = d_framer.start();
        const auto known = [&](std::int64_t i) { return std::clamp<std::int64_t>(i, 0, length); };
        const auto a = known(-start), b = known(d_framer.received() - start);
        const auto coverage =
            (d_energy[static_cast<std::size_t>(b)] - d_energy[static_cast<std::size_t>(a)]) /
            d_energy.back();
        if (coverage < least_coverage)
            return false;
        row.centre = centre;
        row.cut = b < length;
        row.power.resize(design.bins());
        d_stft.analyse(frame, start, d_spectrum.data());
        d_power.add(d_spectrum.data(), row.power.data());
        if (design.scale_ends)
            for (auto& each : row.power)
                each = static_cast<real_t<T>>(each / coverage);
        row.levels.clear();
        for (auto order : design.orders)
            row.levels.push_back(static_cast<real_t<T>>(level(order, row)));
        return true;
    }

    double level(double order, const order_row<real_t<T>>& row) const
    {
        if (order * row.centre.speed > highest_frequency)
            return std::numeric_limits<double>::quiet_NaN();
        const auto bin = order * static_cast<double>(design.turns);
        const auto half = std::max(least_width, bin * design.width);
        const auto lower = bin - half, upper = bin + half;
        const auto first = static_cast<std::size_t>(std::max(0.0, std::floor(lower)));
        double sum = 0;
        for (auto m = first; m < row.power.size() && static_cast<double>(m) < upper + 0.5; ++m)
            sum +=
                overlap(static_cast<double>(m), lower, upper) * static_cast<double>(row.power[m]);
        return sum;
    }

    parameters d_parameters;
    stft<T> d_stft;
    power<real_t<T>> d_power;
    framer<T> d_framer;
    std::vector<T> d_samples; // of the resampler
    std::vector<angle_position> d_where;
    std::size_t d_used = 0, d_count = 0;
    std::vector<std::complex<real_t<T>>> d_spectrum;
    std::vector<double> d_energy;         // of the first taps
    std::deque<angle_position> d_centres; // of frames to come
    bool d_ended = false, d_over = false; // the run; the stream
};

template <class T>
order_map<T>::order_map(const order_map_settings& s) : d(std::make_unique<parts>(s))
{}

template <class T>
order_map<T>::~order_map() = default;
template <class T>
order_map<T>::order_map(order_map&&) noexcept = default;
template <class T>
order_map<T>& order_map<T>::operator=(order_map&&) noexcept = default;

template <class T>
angular_resampler<T>& order_map<T>::resampler()
{
    return d->resampler;
}

template <class T>
bool order_map<T>::next(order_row<real_t<T>>& row)
{
    return d->next(row);
}

template <class T>
const order_map_settings& order_map<T>::design() const
{
    return d->design;
}

template class order_map<float>;
template class order_map<double>;

} // namespace gr::stft::kernel
