/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "kernel/samp_rate.h"
#include <gnuradio/stft/kernel/frames/framing.h>
#include <gnuradio/stft/kernel/frames/window.h>
#include <gnuradio/stft/kernel/monitor/event_cutter.h>
#include <boost/math/constants/constants.hpp>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

// of a transition half as wide as the new rate, 80 dB down
constexpr std::size_t taps_per_decimation = 10;
constexpr double beta = 8; // of its Kaiser window
constexpr std::size_t highest_decimation = 1 << 16;
constexpr std::size_t most_wanted = 1 << 16;

//! A low pass that lets half of the new rate through, of odd length and of gain 1 at 0 Hz.
std::vector<double> low_pass(std::size_t decimation)
{
    if (decimation == 1)
        return { 1 };
    const auto length = taps_per_decimation * decimation + 1;
    const auto shape = window("kaiser", { beta }).sample(length, true);
    std::vector<double> taps(length);
    double sum = 0;
    for (std::size_t i = 0; i < length; ++i) {
        const auto t = (static_cast<double>(i) - static_cast<double>(length - 1) / 2) /
                       static_cast<double>(decimation);
        const auto angle = boost::math::double_constants::pi * t;
        taps[i] = (t == 0 ? 1 : std::sin(angle) / angle) * shape[i].real();
        sum += taps[i];
    }
    for (auto& each : taps)
        each /= sum;
    return taps;
}

} // namespace

void event_cutter_settings::check() const
{
    check_samp_rate(samp_rate);
    if (pre > std::size_t(1) << 40)
        refuse("pre", pre, "must be 0 .. 2^40 samples");
    if (post > std::size_t(1) << 40)
        refuse("post", post, "must be 0 .. 2^40 samples");
    if (max_clip < 1 || max_clip > std::size_t(1) << 28)
        refuse("max_clip", max_clip, "must be 1 .. 2^28 samples");
    if (history > std::size_t(1) << 28)
        refuse("history", history, "must be 0 .. 2^28 samples");
}

event_cutter::event_cutter(const event_cutter_settings& s)
    : d_settings((s.check(), s)), d_ring(s.max_clip + s.history)
{}

//! Samples into the ring; zeros for null. Clips are cut at the sample that completes them.
void event_cutter::store(const std::complex<float>* samples, std::size_t count)
{
    while (count) {
        const auto n =
            static_cast<std::size_t>(std::min(static_cast<std::int64_t>(count), until_next_clip()));
        for (std::size_t i = 0; i < n;) {
            const auto at = static_cast<std::size_t>(d_end) % d_ring.size();
            const auto part = std::min(n - i, d_ring.size() - at);
            if (samples)
                std::copy_n(samples + i, part, d_ring.begin() + static_cast<std::ptrdiff_t>(at));
            else
                std::fill_n(d_ring.begin() + static_cast<std::ptrdiff_t>(at), part, 0.0f);
            i += part;
            d_end += static_cast<std::int64_t>(part);
        }
        if (samples)
            samples += n;
        count -= n;
        cut_what_is_complete(false);
    }
}

void event_cutter::add(const std::complex<float>* samples, std::size_t count)
{
    store(samples, count);
}

//! Samples until one of the clips is complete.
std::int64_t event_cutter::until_next_clip() const
{
    return d_wanted.empty() ? INT64_MAX : d_wanted.begin()->first.first - d_end;
}

void event_cutter::skip(std::int64_t count)
{
    if (count < 0 || count > farthest_start - d_end)
        refuse("count", count, "must be 0 .. 2^62 samples, with those before");
    const auto filled = std::min(count, static_cast<std::int64_t>(d_ring.size()));
    store(nullptr, static_cast<std::size_t>(filled));
    for (auto rest = count - filled; rest > 0;) { // the ring holds zeros, which stay
        const auto step = std::min(rest, until_next_clip());
        d_end += step;
        rest -= step;
        cut_what_is_complete(false);
    }
}

event_cutter::answer event_cutter::request(const event& e, double samp_rate)
{
    if (e.state == event_state::update || e.kind == event_kind::gap || e.kind == event_kind::retune)
        return { -1, -1 };
    const auto begun = d_lasting.find(e.id);
    const bool cut_already = d_cut_early.count(e.id) > 0;
    if (e.state == event_state::begin && (begun != d_lasting.end() || cut_already))
        return { -1, -1 }; // a burst has become a carrier
    std::int64_t replaced = -1;
    if (begun != d_lasting.end()) {
        replaced = begun->second.second;
        d_wanted.erase(begun->second);
        d_lasting.erase(begun);
    }
    d_cut_early.erase(e.id);
    if (cut_already || e.cut == event_cut::withdrawn || d_wanted.size() == most_wanted)
        return { -1, replaced };

    auto w = clip_of(e, samp_rate);
    w.request = d_requests++;
    const place at{ w.reach, w.request };
    d_wanted.emplace(at, w);
    if (w.lasts)
        d_lasting.emplace(e.id, at);
    cut_what_is_complete(false);
    return { w.request, replaced };
}

//! The samples of an event's clip.
event_cutter::wanted event_cutter::clip_of(const event& e, double samp_rate) const
{
    const auto most = static_cast<std::int64_t>(d_settings.max_clip);
    const auto post = static_cast<std::int64_t>(d_settings.post);
    wanted w{};
    w.of = e;
    w.lasts = e.state == event_state::begin;
    w.samp_rate = samp_rate > 0 ? samp_rate : d_settings.samp_rate;
    w.start = e.sample_start - static_cast<std::int64_t>(d_settings.pre);
    w.end = w.lasts ? w.start + most
                    : e.sample_start + std::clamp<std::int64_t>(e.sample_count, 0, most) + post;
    w.end = std::min(w.end, w.start + most);
    w.decimation = 1;
    const auto width = e.freq_upper - e.freq_lower;
    if (d_settings.shift && width > 0)
        w.decimation = static_cast<std::size_t>(
            std::clamp(std::floor(w.samp_rate / (2 * width)),
                       1.0,
                       static_cast<double>(std::min(highest_decimation, d_settings.max_clip))));
    w.reach = w.end + static_cast<std::int64_t>(
                          w.decimation > 1 ? taps_per_decimation * w.decimation / 2 : 0);
    return w;
}

void event_cutter::finish() { cut_what_is_complete(true); }

void event_cutter::cut_what_is_complete(bool all)
{
    while (!d_wanted.empty() && (all || d_wanted.begin()->first.first <= d_end)) {
        const auto& w = d_wanted.begin()->second;
        d_clips.push_back(cut(w));
        if (w.lasts) {
            d_lasting.erase(w.of.id);
            if (d_cut_early.size() < most_wanted)
                d_cut_early.insert(w.of.id);
        }
        d_wanted.erase(d_wanted.begin());
    }
}

//! The oldest sample that is kept.
std::int64_t event_cutter::oldest() const
{
    return std::max<std::int64_t>(0, d_end - static_cast<std::int64_t>(d_ring.size()));
}

//! A sample of the stream; 0 for one that is not kept, or not there.
std::complex<float> event_cutter::sample(std::int64_t at) const
{
    return at < oldest() || at >= d_end ? std::complex<float>()
                                        : d_ring[static_cast<std::size_t>(at) % d_ring.size()];
}

event_clip event_cutter::cut(const wanted& w) const
{
    const auto start = std::max(w.start, oldest()), end = std::min(w.end, d_end);
    event_clip clip;
    clip.of = w.of;
    clip.request = w.request;
    clip.samp_rate = w.samp_rate;
    clip.sample_start = start;
    clip.missing = w.end - w.start - std::max<std::int64_t>(0, end - start);
    clip.decimation = w.decimation;
    if (d_settings.shift) {
        clip.freq_center = (w.of.freq_lower + w.of.freq_upper) / 2;
        clip.samples = decimated(start, end, clip.freq_center / w.samp_rate, w.decimation);
    } else {
        for (auto n = start; n < end; ++n)
            clip.samples.push_back(sample(n));
    }
    return clip;
}

//! Samples start .. end - 1, shifted down by a frequency in cycles per sample, one of `decimation` after the low pass.
std::vector<std::complex<float>> event_cutter::decimated(std::int64_t start,
                                                         std::int64_t end,
                                                         double cycles,
                                                         std::size_t decimation) const
{
    const auto taps = low_pass(decimation);
    const auto middle = static_cast<std::int64_t>(taps.size() / 2);
    // the samples under the taps are shifted once
    std::vector<std::complex<double>> shifted;
    for (auto n = start - middle; n < end + middle; ++n) {
        const auto turn = std::fmod(cycles * static_cast<double>(n), 1.0);
        shifted.push_back(std::complex<double>(sample(n)) *
                          std::polar(1.0, -boost::math::double_constants::two_pi * turn));
    }
    std::vector<std::complex<float>> kept;
    for (auto n = start; n < end; n += static_cast<std::int64_t>(decimation)) {
        const auto from = shifted.data() + (n - start);
        std::complex<double> sum = 0;
        for (std::size_t i = 0; i < taps.size(); ++i)
            sum += taps[i] * from[i];
        kept.emplace_back(sum);
    }
    return kept;
}

std::vector<event_clip> event_cutter::take()
{
    std::vector<event_clip> all(std::make_move_iterator(d_clips.begin()),
                                std::make_move_iterator(d_clips.end()));
    d_clips.clear();
    return all;
}

} // namespace gr::stft::kernel
