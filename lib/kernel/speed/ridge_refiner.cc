/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "kernel/speed/ridge_refiner.h"
#include "kernel/speed/warped_axis.h"
#include <gnuradio/stft/kernel/frames/window.h>

namespace gr::stft::kernel {

namespace {

constexpr double longer = 1.4;     // the frame, than those of the rows
constexpr double farthest = 0.9;   // |rate| duration
constexpr double least_bins = 4;   // points of the DFT for each sample
constexpr std::size_t cells = 41;  // frequencies that are tried
constexpr double most_smear = 1.5; // 1 / duration, that a warp may leave
constexpr double main_lobe = 2;    // 1 / duration on either side of a line

double reach_of(double duration, double rate) { return -warped_time(-duration / 2, rate); }

double most_of(const std::vector<double>& rates)
{
    return std::max(std::abs(rates.front()), std::abs(rates.back()));
}

std::size_t samples_in(double duration, double rate)
{
    return std::max<std::size_t>(4,
                                 2 * static_cast<std::size_t>(std::llround(duration * rate / 2)));
}

std::size_t power_of_two(double least)
{
    std::size_t n = 1;
    while (static_cast<double>(n) < least)
        n *= 2;
    return n;
}

double median_of(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

} // namespace

refinement::refinement(const ridge_tracker_settings& s, double hop_time)
    : duration(longer * s.duration), most_rate(std::min(farthest / duration, s.max_slew / s.f_min))
{
    const auto known =
        reach_of(s.duration, most_of(s.rows().bank())) + std::round(s.lag / hop_time) * hop_time;
    if (reach() > known) { // the look-ahead is too short for it
        duration = s.duration;
        most_rate = most_of(s.rows().bank());
    }
}

double refinement::reach() const { return reach_of(duration, most_rate); }

template <class R>
ridge_refiner<R>::ridge_refiner(const ridge_tracker_settings& s, const warped_rows<R>& rows)
    : d_settings(s), d_longest(s, rows.hop_time()),
      d_rate(s.samp_rate / static_cast<double>(rows.decimation())), d_order(median_of(s.orders)),
      d_frames{ { d_longest.duration, samples_in(d_longest.duration, d_rate), {}, 0 },
                { s.duration, samples_in(s.duration, d_rate), {}, 0 } },
      d_dft(power_of_two(least_bins * static_cast<double>(d_frames[0].count))),
      d_axis{ power_of_two(least_bins * static_cast<double>(d_frames[0].count)) / 2 + 1,
              0,
              s.samp_rate / 2 },
      d_whitener(d_axis.bins, s.whiten * 2 * static_cast<double>(d_axis.bins - 1) / d_rate),
      d_reach(1 / (s.duration * d_order)), d_weights(s.orders.size()), d_samples(d_frames[0].count),
      d_row(d_axis.bins), d_spectrum(d_axis.bins)
{
    d_axis.bin_width = d_rate / static_cast<double>(2 * (d_axis.bins - 1));
    for (auto& each : d_frames)
        for (const auto& tap : window("hann").sample(each.count)) {
            each.taps.push_back(static_cast<R>(tap.real()));
            each.weight += tap.real();
        }
}

template <class R>
double ridge_refiner<R>::amplitude(const frame& of, double hz) const
{
    if (!(hz < d_axis.nyquist && hz < d_rate / 2))
        return 0;
    const auto angle = 2 * pi * hz / d_rate;
    const std::complex<double> turn(std::cos(angle), -std::sin(angle));
    std::complex<double> phase = 1, sum = 0;
    for (std::size_t i = 0; i < of.count; ++i) {
        sum += static_cast<double>(d_samples[i]) * phase;
        phase *= turn;
    }
    return 2 * std::abs(sum) / of.weight;
}

template <class R>
const typename ridge_refiner<R>::frame& ridge_refiner<R>::frame_for(const ridge_point& point) const
{
    const auto half = d_frames[0].duration / 2;
    const auto smear = d_order * std::abs(point.bend) * half * half / 2; // Hz at the frame's ends
    return d_frames[smear * d_frames[0].duration > most_smear];
}

/*!
 * Weights of the orders at a frequency: a line whose edge is cut off with the mains next to it would pull it away, and does not count
 * unless all of them are such.
 */
template <class R>
void ridge_refiner<R>::choose_orders(double f, const std::vector<float>& weights)
{
    const auto apart = reject_reach / d_settings.duration + main_lobe / d_frames[0].duration; // Hz
    const auto is_apart = [&](double line) {
        return std::all_of(d_settings.reject.begin(), d_settings.reject.end(), [&](double hz) {
            return std::abs(line - std::max(1.0, std::round(line / hz)) * hz) >= apart;
        });
    };
    double sum = 0;
    for (std::size_t k = 0; k < weights.size(); ++k) {
        d_weights[k] = is_apart(d_settings.orders[k] * f) ? static_cast<double>(weights[k]) : 0.0;
        sum += d_weights[k];
    }
    if (!(sum > 0))
        std::copy(weights.begin(), weights.end(), d_weights.begin());
}

template <class R>
double ridge_refiner<R>::refine(const warped_rows<R>& rows,
                                std::int64_t frame,
                                const ridge_point& point,
                                const std::vector<float>& weights,
                                double* amplitudes)
{
    const auto rate =
        std::clamp(point.slope / point.frequency, -d_longest.most_rate, d_longest.most_rate);
    const auto& of = frame_for(point);
    const auto count = of.count;
    const auto& taps = of.taps;
    rows.cut(frame, rate, count, d_samples.data());
    double mean = 0;
    for (std::size_t i = 0; i < count; ++i)
        mean += static_cast<double>(d_samples[i]) * static_cast<double>(taps[i]) / of.weight;
    R largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        d_samples[i] = taps[i] * (d_samples[i] - static_cast<R>(mean));
        largest = std::max(largest, std::abs(d_samples[i]));
    }
    auto f = point.frequency;
    if (largest > 0) {
        const auto scale = static_cast<R>(std::exp2(-std::ilogb(largest)));
        auto* y = d_dft.buffer();
        for (std::size_t i = 0; i < count; ++i)
            y[i] = d_samples[i] * scale;
        std::fill(y + count, y + 2 * (d_axis.bins - 1), R(0));
        d_dft.transform(d_spectrum.data());
        for (std::size_t m = 0; m < d_axis.bins; ++m)
            d_row[m] = std::norm(d_spectrum[m]);
        d_whitener.whiten(d_row.data(), d_row.data());
        d_axis.clear_multiples(d_row.data(), d_settings.reject, reject_reach / d_settings.duration);
        choose_orders(f, weights);
        std::array<double, cells> scores{};
        const auto step = 2 * d_reach / (cells - 1);
        for (std::size_t c = 0; c < cells; ++c)
            for (std::size_t k = 0; k < weights.size(); ++k)
                scores[c] +=
                    d_weights[k] *
                    static_cast<double>(d_axis.at(
                        d_row.data(),
                        d_settings.orders[k] * (f - d_reach + static_cast<double>(c) * step)));
        const auto best = static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) -
                                                   scores.begin());
        auto at = static_cast<double>(best);
        if (best > 0 && best + 1 < cells)
            at += vertex(scores[best - 1], scores[best], scores[best + 1]);
        f += at * step - d_reach;
    }
    for (std::size_t k = 0; k < d_settings.orders.size(); ++k)
        amplitudes[k] = amplitude(of, d_settings.orders[k] * f);
    return f;
}

template class ridge_refiner<float>;
template class ridge_refiner<double>;

} // namespace gr::stft::kernel
