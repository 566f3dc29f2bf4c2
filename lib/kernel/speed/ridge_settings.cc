/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/number_text.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/speed/ridge_settings.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double most_cells = 1 << 22; // of a frame: frequencies times rates
constexpr double most_samples = 1 << 24;
constexpr double most_decimated = 1 << 19; // samples of a period: filters take 0.8 kB for each
constexpr double most_points = 1 << 25;    // of the frames of all rates, of 24 bytes
constexpr double most_values = 1 << 29;    // of 4 bytes

void check_rate(double samp_rate)
{
    if (!(samp_rate > 0 && samp_rate <= 1e12))
        refuse("samp_rate", samp_rate, "must be positive, at most 1e12 Hz");
}

void check_frames(double samp_rate, double f_top, double duration, double hop)
{
    if (!(duration > 0 && duration <= 1e6))
        refuse("duration", duration, "must be positive, at most 1e6 s");
    const auto kept = std::min(samp_rate, 2 * 2.56 * f_top); // Hz after decimation, at most
    if (!(duration * kept <= most_samples))
        refuse("duration", duration, "must give a frame of at most 2^24 samples");
    if (!(duration * samp_rate >= 16 && duration * f_top >= 2))
        refuse("duration",
               duration,
               "must hold 16 samples and two periods of the highest frequency, " +
                   number_text(f_top) + " Hz");
    if (!(hop >= 0 && hop <= duration))
        refuse("hop", hop, "must be 0 .. duration, " + number_text(duration) + " s");
    if (hop > 0 && !(hop * samp_rate >= 1 && hop >= duration / 1000))
        refuse("hop", hop, "must be one sample and duration / 1000 at least");
    if (!(samp_rate <= most_decimated * f_top))
        refuse("samp_rate",
               samp_rate,
               "must be at most 2^19 times the highest frequency, " + number_text(f_top) +
                   " Hz: the filter before the rows would hold too many samples");
}

void check_rates(const std::vector<double>& rates, double duration)
{
    if (rates.empty() || rates.size() > 64)
        refuse("rates", number_text(rates), "must be 1 .. 64 numbers");
    for (const auto rate : rates)
        if (!(std::abs(rate) * duration <= 0.9))
            refuse("rates",
                   number_text(rates),
                   "must be at most 0.9 / duration = " + number_text(0.9 / duration) + " 1/s");
    for (std::size_t i = 1; i < rates.size(); ++i)
        if (!(rates[i - 1] < rates[i]))
            refuse("rates", number_text(rates), "must ascend");
}

void check_whiten(double whiten, bool may_be_zero)
{
    if (!((whiten > 0 || (may_be_zero && whiten == 0)) && whiten <= 1e12))
        refuse("whiten", whiten, "must be positive, at most 1e12 Hz");
}

void check_range(const ridge_settings& s, double duration)
{
    if (!(s.f_min > 0 && s.f_min <= 1e12))
        refuse("f_min", s.f_min, "must be positive, at most 1e12 Hz");
    if (!(s.f_max > s.f_min && s.f_max <= 1e12))
        refuse("f_max", s.f_max, "must be above f_min = " + number_text(s.f_min) + " Hz");
    if (s.f_min < 2 / duration)
        refuse("f_min",
               s.f_min,
               "must be at least 2 / duration = " + number_text(2 / duration) +
                   " Hz: orders that are closer melt into one");
}

void check_orders(const ridge_settings& s, double nyquist)
{
    const auto& orders = s.orders;
    const auto& weights = s.weights;
    if (orders.empty() || orders.size() > 64)
        refuse("orders", number_text(orders), "must be 1 .. 64 numbers");
    for (std::size_t i = 0; i < orders.size(); ++i) {
        if (!(orders[i] > 0 && orders[i] <= 1e6))
            refuse("orders", number_text(orders), "must be positive, at most 1e6");
        if (std::count(orders.begin(), orders.end(), orders[i]) > 1)
            refuse("orders", number_text(orders), "must differ from each other");
        if (!(orders[i] * s.f_min < nyquist))
            refuse("orders",
                   number_text(orders),
                   "order " + number_text(orders[i]) + " of f_min = " + number_text(s.f_min) +
                       " Hz must be below half the sample rate, " + number_text(nyquist) + " Hz");
    }
    if (!weights.empty() && weights.size() != orders.size())
        refuse("weights",
               number_text(weights),
               "must be as many as orders, " + std::to_string(orders.size()) + ", or none");
    if (!std::all_of(weights.begin(), weights.end(), [](double w) { return w >= 0 && w <= 1e6; }) ||
        (!weights.empty() && *std::max_element(weights.begin(), weights.end()) == 0))
        refuse("weights", number_text(weights), "must be 0 .. 1e6, one of them positive");
}

void check_rejected(const std::vector<double>& reject, double duration)
{
    for (const auto hz : reject)
        if (!(hz >= 8 / duration && hz <= 1e12))
            refuse("reject",
                   number_text(reject),
                   "must be at least 8 / duration = " + number_text(8 / duration) +
                       " Hz, else its multiples leave nothing");
    if (reject.size() > 16)
        refuse("reject", number_text(reject), "must be at most 16 numbers");
}

void check_learning(const ridge_settings& s)
{
    if (!(s.learn_max >= 0 && s.learn_max <= s.f_max))
        refuse("learn_max",
               s.learn_max,
               "must be 0, or at most f_max = " + number_text(s.f_max) + " Hz");
    if (!s.learns()) {
        if (s.learn_min != 0)
            refuse("learn_min", s.learn_min, "must be 0 without learn_max");
        return;
    }
    if (!(s.learn_min >= s.f_min && s.learn_min < s.learn_max))
        refuse("learn_min",
               s.learn_min,
               "must be at least f_min = " + number_text(s.f_min) +
                   " and below learn_max = " + number_text(s.learn_max) + " Hz");
    if (!(s.learn_max <= 2 * s.learn_min))
        refuse("learn_max",
               s.learn_max,
               "must be at most 2 learn_min = " + number_text(2 * s.learn_min) +
                   " Hz: speeds an octave apart look alike");
    if (!(s.learn_time > 0 && s.learn_time <= 3600))
        refuse("learn_time", s.learn_time, "must be positive, at most 3600 s");
    if (s.tracks > 1)
        refuse("tracks", s.tracks, "must be 1 while weights are learned");
}

} // namespace

void warped_rows_settings::check() const
{
    check_rate(samp_rate);
    if (!(f_top > 0 && f_top <= samp_rate / 2))
        refuse("f_top",
               f_top,
               "must be positive, at most samp_rate / 2 = " + number_text(samp_rate / 2) + " Hz");
    check_frames(samp_rate, f_top, duration, hop);
    check_rates(bank(), duration);
    const auto kept = std::min(samp_rate, 2 * 2.56 * f_top); // Hz after decimation, at most
    if (!(duration * kept * static_cast<double>(bank().size()) <= most_points))
        refuse("duration",
               duration,
               "must give at most 2^25 samples in the frames of all " +
                   std::to_string(bank().size()) + " rates");
    check_whiten(whiten, false);
    if (!(limit == 0 || (limit >= 1 && limit <= 1e6)))
        refuse("limit", limit, "must be 0, or 1 .. 1e6");
}

std::vector<double> warped_rows_settings::bank() const
{
    if (!rates.empty())
        return rates;
    std::vector<double> scaled;
    for (const auto aT : { -0.75, -0.4, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.4, 0.75 })
        scaled.push_back(aT / duration);
    return scaled;
}

double ridge_settings::fastest(double nyquist) const
{
    return std::min(f_max, nyquist / *std::min_element(orders.begin(), orders.end()));
}

void ridge_settings::check(double duration,
                           double nyquist,
                           double hop_time,
                           double row_length,
                           std::size_t rates) const
{
    check_range(*this, duration);
    check_orders(*this, nyquist);
    if (!(max_slew > 0 && max_slew <= 1e12))
        refuse("max_slew", max_slew, "must be positive, at most 1e12 Hz/s");
    if (!(lag >= 0 && lag <= 60))
        refuse("lag", lag, "must be 0 .. 60 s");
    if (tracks < 1 || tracks > 4)
        refuse("tracks", tracks, "must be 1 .. 4");
    check_rejected(reject, duration);
    check_learning(*this);
    const auto cells = (fastest(nyquist) - f_min) * 2 * duration *
                       std::max(1.0, *std::max_element(orders.begin(), orders.end()));
    if (!(cells <= most_cells / 16))
        refuse("f_max",
               f_max,
               "gives too many frequencies: 2 duration max(orders) (f_max - f_min) "
               "must be at most 2^18, f_max counting up to samp_rate / 2 / min(orders)");
    const auto frames = lag / hop_time + duration / hop_time + 16; // that are kept
    const auto values = 2 * cells * static_cast<double>(rates) + row_length;
    if (!(frames * values * static_cast<double>(tracks) <= most_values))
        refuse("lag", lag, "must be shorter: the path would take more than 2 GiB");
}

void ridge_tracker_settings::check() const
{
    check_rate(samp_rate);
    if (!(duration > 0 && duration <= 1e6))
        refuse("duration", duration, "must be positive, at most 1e6 s");
    const auto step = hop > 0 ? std::max(hop, duration / 1000) : duration / 8;
    const auto bank = rows().bank().size();
    const auto count = duration * std::min(samp_rate, 2 * 2.56 * rows().f_top); // at most
    ridge_settings::check(
        duration, samp_rate / 2, step, 2 * count * static_cast<double>(bank), bank);
    check_frames(samp_rate, rows().f_top, duration, hop);
    rows().check();
}

warped_rows_settings ridge_tracker_settings::rows() const
{
    warped_rows_settings s;
    s.samp_rate = samp_rate;
    const auto highest = orders.empty() ? 1 : *std::max_element(orders.begin(), orders.end());
    s.f_top = std::min(highest * f_max, samp_rate / 2);
    s.duration = duration;
    s.hop = hop;
    s.rates = rates;
    s.whiten = whiten;
    s.limit = limit;
    return s;
}

void row_ridge_tracker_settings::check() const
{
    if (n_fft < 16 || n_fft > (std::size_t(1) << 24))
        refuse("n_fft", n_fft, "must be 16 .. 2^24");
    check_rate(samp_rate);
    if (hop < 1 || hop > (std::size_t(1) << 32))
        refuse("hop", hop, "must be 1 .. 2^32");
    if (win_length > n_fft)
        refuse("win_length", win_length, "must be at most n_fft = " + std::to_string(n_fft));
    check_rates(rates, duration());
    check_whiten(whiten, true);
    ridge_settings::check(duration(),
                          samp_rate / 2,
                          static_cast<double>(hop) / samp_rate,
                          static_cast<double>(rates.size() * bins()),
                          rates.size());
}

} // namespace gr::stft::kernel
