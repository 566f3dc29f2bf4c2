/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "kernel/samp_rate.h"
#include <gnuradio/stft/kernel/machine/band_power.h>
#include <gnuradio/stft/kernel/machine/machine_rows.h>
#include <gnuradio/stft/kernel/stft/power.h>
#include <gnuradio/stft/kernel/stft/stft.h>
#include <boost/math/constants/constants.hpp>
#include <volk/volk_alloc.hh>
#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <optional>

namespace gr::stft::kernel {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double periods = 10;     // of a band's lower edge in a row
constexpr double least_steps = 50; // of the quantiser, below which samples are equal by chance
constexpr double per_clip = 2000;  // samples
constexpr double least_clips = 2;
constexpr std::size_t longest = std::size_t(1) << 28;

double duration_of(const machine_rows_settings& s)
{
    double lowest = std::numeric_limits<double>::infinity();
    for (const auto& band : frequency_ranges_named(s.bands, "bands"))
        if (band.lower > 0)
            lowest = std::min(lowest, band.lower);
    return std::max(1.0, periods / lowest) * s.samp_rate; // samples
}

band_power_settings bands_of(const machine_rows_settings& s)
{
    band_power_settings bands;
    bands.n_fft = s.hop();
    bands.bands = s.bands;
    bands.samp_rate = s.samp_rate;
    bands.integrate = s.integrate;
    bands.factor = s.factor;
    bands.average = 2;
    return bands;
}

parameters frames_of(const machine_rows_settings& s)
{
    parameters p{ s.hop(), s.hop() / 2 };
    p.samp_rate = s.samp_rate;
    p.scale = spectrum_scaling(power_kind::psd);
    return p;
}

double median(std::vector<double>& values)
{
    if (values.empty())
        return unknown;
    const auto half = values.size() / 2;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(half);
    std::nth_element(values.begin(), middle, values.end());
    return values.size() % 2 ? *middle : (*middle + *std::max_element(values.begin(), middle)) / 2;
}

//! Finds a sensor that is dead or clipped.
template <class R>
void judge(const R* samples, std::size_t count, double quantum, machine_row& row)
{
    R largest = 0;
    bool finite = true, equal = true;
    for (std::size_t i = 0; i < count; ++i) {
        finite = finite && std::isfinite(samples[i]);
        equal = equal && samples[i] == samples[0];
        largest = std::max(largest, std::abs(samples[i]));
    }
    std::size_t run = 0, flat = 0;
    for (std::size_t i = 0; i < count; ++i) {
        run = std::abs(samples[i]) == largest ? run + 1 : 0;
        flat += run >= 3;
    }
    row.dead = finite && equal;
    row.clipped =
        finite && !equal && static_cast<double>(largest) > least_steps * quantum &&
        static_cast<double>(flat) >= std::max(least_clips, static_cast<double>(count) / per_clip);
}

} // namespace

std::size_t machine_rows_settings::hop() const
{
    return 2 * static_cast<std::size_t>(std::max(1.0, std::ceil(duration_of(*this) / 2)));
}

void machine_rows_settings::check() const
{
    check_samp_rate(samp_rate);
    if (!(duration_of(*this) <= static_cast<double>(longest)))
        refuse(
            "bands",
            "'" + bands + "'",
            "must begin where a row, ten periods and a second at least, has at most 2^28 samples");
    for (const auto order : orders)
        if (!(order > 0 && std::isfinite(order)))
            refuse("orders", order, "must be positive and finite");
    if (!(quantum >= 0))
        refuse("quantum", quantum, "must not be negative");
    if (!bands.empty())
        bands_of(*this).check();
    if (integrate > 2)
        refuse("integrate", integrate, "must be 0, 1 or 2");
    if (!(factor > 0 && factor <= 1e30))
        refuse("factor", factor, "must be positive, at most 1e30");
}

template <class R>
class machine_rows<R>::parts
{
public:
    explicit parts(const machine_rows_settings& s)
        : design((s.check(), s)), hop(s.hop()), held(hop + hop / 2)
    {
        next.levels.reserve(s.orders.size());
        if (s.bands.empty())
            return;
        const auto bands_wanted = bands_of(s);
        bands.emplace(bands_wanted);
        levels.resize(bands->bands());
        transform.emplace(frames_of(s));
        power_parameters as_psd;
        as_psd.doubled = true;
        powers.emplace(hop, transform->bins(), as_psd);
        spectrum.resize(transform->bins());
        density.resize(transform->bins());
    }

    void push(const R* samples, std::size_t count)
    {
        while (count) {
            const auto taken = std::min(count, held.size() - filled);
            std::copy_n(samples, taken, held.begin() + static_cast<std::ptrdiff_t>(filled));
            filled += taken;
            received += static_cast<std::int64_t>(taken);
            samples += taken;
            count -= taken;
            if (filled == held.size())
                measure();
        }
    }

    //! The row whose samples, and half a row more, are there.
    void measure()
    {
        machine_row row;
        row.start = received - static_cast<std::int64_t>(held.size());
        judge(held.data(), hop, design.quantum, row);
        row.finite = std::all_of(held.begin(), held.end(), [](R x) { return std::isfinite(x); });
        if (bands)
            for (const auto at : { std::size_t(0), hop / 2 }) {
                transform->analyse(
                    held.data() + at, static_cast<std::int64_t>(at), spectrum.data());
                powers->add(spectrum.data(), density.data());
                bands->add(density.data(), levels.data());
            }
        row.levels.assign(levels.begin(), levels.end());
        rows.push_back(std::move(row));
        std::copy(held.begin() + static_cast<std::ptrdiff_t>(hop), held.end(), held.begin());
        filled = held.size() - hop;
    }

    const machine_row* row()
    {
        if (ready)
            return &next;
        if (rows.empty())
            return nullptr;
        const auto end = rows.front().start + static_cast<std::int64_t>(hop);
        if (!design.orders.empty() && !ended && known < end)
            return nullptr;
        next = std::move(rows.front());
        rows.pop_front();
        add_orders(end);
        ready = true;
        return &next;
    }

    //! Speed and orders of the row that ends there.
    void add_orders(std::int64_t end)
    {
        const auto count = design.orders.size();
        next.speed = unknown;
        speeds.clear();
        confidences.clear();
        squares.assign(count, 0);
        for (; !frames.empty() && frames.front().sample < end; frames.pop_front()) {
            const auto& frame = frames.front();
            if (frame.sample < next.start)
                continue;
            confidences.push_back(frame.confidence);
            if (!(frame.confidence > 1))
                continue;
            speeds.push_back(frame.frequency);
            for (std::size_t k = 0; k < count; ++k) {
                const auto divisor = std::pow(boost::math::double_constants::two_pi *
                                                  frame.frequency * design.orders[k],
                                              static_cast<double>(design.integrate));
                const auto amplitude = frame.amplitudes[k] * design.factor / divisor;
                squares[k] += amplitude * amplitude;
            }
        }
        const auto trusted = speeds.size();
        const bool is_known = 2 * trusted > confidences.size();
        next.confidence = confidences.empty() ? 0 : median(confidences);
        if (is_known)
            next.speed = median(speeds);
        for (const auto square : squares)
            next.levels.push_back(is_known ? std::sqrt(square / static_cast<double>(trusted) / 2)
                                           : unknown);
    }

    struct speed_frame {
        std::int64_t sample;
        double frequency, confidence;
        std::vector<double> amplitudes;
    };

    machine_rows_settings design;
    std::size_t hop, filled = 0;
    volk::vector<R> held; // samples from the next row's first one on
    std::int64_t received = 0, known = 0;
    std::optional<band_power<R>> bands;
    std::optional<stft<R>> transform;
    std::optional<power<R>> powers;
    volk::vector<std::complex<R>> spectrum;
    std::vector<R> density, levels;
    std::deque<machine_row> rows; // that wait for their speeds
    std::deque<speed_frame> frames;
    std::vector<double> speeds, confidences, squares;
    machine_row next;
    bool ready = false, ended = false;
};

template <class R>
machine_rows<R>::machine_rows(const machine_rows_settings& s) : d(std::make_unique<parts>(s))
{}
template <class R>
machine_rows<R>::~machine_rows() = default;
template <class R>
machine_rows<R>::machine_rows(machine_rows&&) noexcept = default;
template <class R>
machine_rows<R>& machine_rows<R>::operator=(machine_rows&&) noexcept = default;

template <class R>
void machine_rows<R>::push(const R* samples, std::size_t count)
{
    d->push(samples, count);
}
template <class R>
void machine_rows<R>::skip(std::uint64_t count)
{
    d->filled = 0;
    d->received += static_cast<std::int64_t>(count);
}
template <class R>
void machine_rows<R>::add_speed(std::int64_t sample,
                                double frequency,
                                double confidence,
                                const double* amplitudes)
{
    d->frames.push_back(
        { sample, frequency, confidence, { amplitudes, amplitudes + d->design.orders.size() } });
    know_until(sample);
}
template <class R>
void machine_rows<R>::know_until(std::int64_t sample)
{
    d->known = std::max(d->known, sample);
}
template <class R>
void machine_rows<R>::finish()
{
    d->ended = true;
}
template <class R>
const machine_row* machine_rows<R>::row()
{
    return d->row();
}
template <class R>
void machine_rows<R>::advance()
{
    d->ready = false;
}
template <class R>
std::size_t machine_rows<R>::hop() const
{
    return d->hop;
}
template <class R>
std::int64_t machine_rows<R>::samples() const
{
    return d->received;
}
template <class R>
std::size_t machine_rows<R>::levels() const
{
    return d->levels.size() + d->design.orders.size();
}
template <class R>
const machine_rows_settings& machine_rows<R>::design() const
{
    return d->design;
}

template class STFT_API machine_rows<float>;
template class STFT_API machine_rows<double>;

machine_joiner::machine_joiner(std::size_t levels) : d_power(levels), d_known(levels) {}

void machine_joiner::add(double speed, const double* levels)
{
    for (std::size_t i = 0; i < d_power.size(); ++i)
        if (std::isfinite(levels[i])) {
            d_power[i] += levels[i] * levels[i];
            ++d_known[i];
        }
    if (std::isfinite(speed))
        d_speeds.push_back(speed);
    ++d_rows;
}

machine_mean machine_joiner::take()
{
    machine_mean mean;
    mean.rows = d_rows;
    mean.speed_known =
        d_rows ? static_cast<double>(d_speeds.size()) / static_cast<double>(d_rows) : 0;
    mean.speed = median(d_speeds);
    for (std::size_t i = 0; i < d_power.size(); ++i)
        mean.levels.push_back(d_known[i] ? std::sqrt(d_power[i] / static_cast<double>(d_known[i]))
                                         : unknown);
    *this = machine_joiner(d_power.size());
    return mean;
}

} // namespace gr::stft::kernel
