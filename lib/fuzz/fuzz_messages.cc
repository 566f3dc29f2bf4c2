/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
// Messages to blocks: commands that change settings, and reports of events.
#include "bytes.h"
#include "names.h"
#include "stream/event_messages.h"
#include "stream/retune.h"
#include <gnuradio/stft/detector.h>
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <cstdlib>

using namespace gr::stft;

namespace {

const fuzz::names keys = [] {
    fuzz::names known{ "at", "reset" };
    fuzz::add_keys_of_events(known);
    fuzz::add_changeable<kernel::bins_parameters>(known);
    fuzz::add_changeable<detector_block_settings>(known);
    return known;
}();

template <class Settings, class Check>
void change(const pmt::pmt_t& message, Settings settings, Check check)
{
    fuzz::refused_or_taken([&] {
        const auto requested = change_from<Settings>(message, { also::at, also::reset });
        requested.apply_to(settings);
        check(settings);
    });
}

pmt::pmt_t value_of(const pmt::pmt_t& dict, const char* key)
{
    return pmt::dict_ref(dict, pmt::mp(key), pmt::PMT_NIL);
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
    pmt::pmt_t written;
    fuzz::refused_or_taken([&] {
        const auto [event, context] = report_in(message);
        written = event_message(event, context);
    });
    if (written) { // a report that was written is taken, and is of the same event
        const auto [event, context] = report_in(written);
        const auto again = event_message(event, context);
        for (const auto* key :
             { "kind", "state", "id", "sample_start", "sample_count", "cut", "time" })
            if (!pmt::equal(value_of(written, key), value_of(again, key)))
                std::abort();
    }
    return 0;
}
