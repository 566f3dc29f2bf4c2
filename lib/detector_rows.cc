/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "detector_rows.h"
#include "kernel/refuse.h"
#include <algorithm>
#include <cmath>

namespace gr::stft {

namespace {

constexpr std::size_t most_held = std::size_t(512) << 20; // bytes of rows that wait

bool same_taps(const detector_block_settings& a, const detector_block_settings& b)
{
    const bool named = a.window.length() == 0 && b.window.length() == 0;
    if (named && a.win_length == b.win_length) // tags give taps: both have the name of the argument
        return true;
    try {
        return a.stft_parameters().taps() == b.stft_parameters().taps();
    } catch (const std::exception&) {
        return false; // check() refuses them
    }
}

} // namespace

kernel::row_grid described_rows::grid() const
{
    auto frames = settings.stft_parameters();
    frames.where = settings.where;
    return { frames.frames(), average };
}

kernel::detector_settings described_rows::of_detector() const
{
    kernel::detector_settings s = settings;
    s.hop *= average;
    return s;
}

void described_rows::check() const
{
    settings.check();
    if (!std::isfinite(settings.center_freq))
        kernel::refuse("center_freq", settings.center_freq, "must be finite");
    const auto held = described_rows{ settings }.grid().overhanging();
    const auto row_bytes = static_cast<double>(settings.bins() * sizeof(float));
    if (static_cast<double>(held) * row_bytes > static_cast<double>(most_held))
        kernel::refuse("hop",
                       settings.hop,
                       "must be longer: " + std::to_string(held) +
                           " rows may hang over the stream's end and would have to wait, which "
                           "takes more than 512 MiB");
}

bool described_rows::same_detector(const described_rows& other) const
{
    const auto &a = settings, &b = other.settings;
    return a.n_fft == b.n_fft && a.hop == b.hop && a.samp_rate == b.samp_rate &&
           average == other.average && same_taps(a, b);
}

described_rows described_rows::with_changes(const detector_block_settings& changed) const
{
    auto next = *this;
    next.settings = changed;
    next.settings.n_fft = settings.n_fft;
    next.settings.hop = settings.hop;
    next.settings.window = settings.window;
    next.settings.win_length = settings.win_length;
    next.settings.samp_rate = settings.samp_rate;
    return next;
}

described_rows described_rows::with_frames(const stream_description& tags) const
{
    const auto& frames = tags.frames;
    auto next = *this;
    auto& s = next.settings;
    if (const auto& n_fft = frames.wanted(&kernel::parameters::n_fft);
        n_fft && kernel::bins(s.sides, *n_fft) == s.bins())
        s.n_fft = *n_fft;
    s.hop = frames.wanted(&kernel::parameters::hop).value_or(s.hop);
    if (const auto& window = frames.wanted(&kernel::parameters::window)) {
        s.window = *window;
        s.win_length = window->length();
    }
    s.win_length = frames.wanted(&kernel::parameters::win_length).value_or(s.win_length);
    s.samp_rate = frames.wanted(&kernel::parameters::samp_rate).value_or(s.samp_rate);
    return next;
}

described_rows described_rows::with_rates(const rates_of_tags& rates) const
{
    auto next = *this;
    const auto hop = static_cast<double>(settings.hop);
    if (rates.row_rate && rates.samp_rate)
        next.average = static_cast<std::size_t>(
            std::clamp(std::round(*rates.samp_rate / (*rates.row_rate * hop)), 1.0, 1e6));
    else if (rates.row_rate)
        next.settings.samp_rate = std::clamp(*rates.row_rate * hop, 1e-30, 1e30);
    return next;
}

} // namespace gr::stft
