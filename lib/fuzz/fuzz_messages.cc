/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
// Messages to blocks: commands that change settings, and reports of events.
#include "bytes.h"
#include "stream/event_messages.h"
#include "stream/retune.h"
#include <gnuradio/stft/detector.h>
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <cstdlib>

using namespace gr::stft;

namespace {

const std::vector<const char*> keys = {
    "hop",           "window",        "win_length", "scaling",      "at",           "reset",
    "bins",          "false_alarms",  "min_snr",    "ignore",       "scales",       "min_duration",
    "kind",          "state",         "event",      "sample_start", "sample_count", "freq_lower",
    "freq_upper",    "freq_center",   "time",       "duration",     "bandwidth",    "snr",
    "power",         "cut",           "samp_rate",  "source",       "version",      "reason",
    "dynamic_range", "min_bandwidth", "peak_power", "sample_lost",  "number",
};

template <class Settings, class Check>
void change(const pmt::pmt_t& message, Settings settings, Check check)
{
    fuzz::refused_or_taken([&] {
        const auto requested = change_from<Settings>(message, { also::at, also::reset });
        requested.apply_to(settings);
        check(settings);
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::bytes input(data, size);
    const auto message = input.take<std::uint8_t>() % 4 ? input.dict(keys) : input.message();
    kernel::parameters frames;
    frames.n_fft = 64;
    frames.hop = 16;
    change(message, frames, [](const auto& s) { s.template check<float>(); });
    kernel::bins_parameters bins;
    bins.n_fft = 64;
    bins.hop = 16;
    bins.bins = { 1, 2 };
    change(message, bins, [](const kernel::parameters& s) { s.check<float>(); });
    change(message, detector_block_settings(), [](const auto& s) { s.check(); });
    fuzz::refused_or_taken([&] {
        const auto [event, context] = report_in(message);
        const auto written = event_message(event, context);
        const auto [again, unused] = report_in(written);
        if (again.sample_start != event.sample_start)
            std::abort();
    });
    return 0;
}
