/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
// Tags of receivers and of this project's streams, with any value.
#include "bytes.h"
#include "names.h"
#include "stream/receiver_tags.h"
#include "stream/stream_tags.h"
#include <gnuradio/logger.h>

using namespace gr::stft;

namespace {

const fuzz::names keys = [] {
    fuzz::names known{ "rx_time",     "rx_rate",    "rx_freq",    "overflow",
                       "rx_overflow", "packet_len", "stft_first", "stft_length" };
    fuzz::add_tags<kernel::bins_parameters>(known);
    fuzz::add_tags<dstft_frames>(known);
    return known;
}();

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto logger = [] {
        gr::logging::singleton().set_default_level(gr::log_level::off);
        return std::make_shared<gr::logger>("fuzz_tags");
    }();
    fuzz::bytes input(data, size);
    stream_description description;
    receiver_tags receiver;
    for (int tags = 0; tags < 8 && !input.ended(); ++tags) {
        gr::tag_t tag;
        tag.offset = input.take<std::uint16_t>();
        tag.key = pmt::intern(input.name(keys));
        tag.value = input.message();
        fuzz::refused_or_taken([&] { description.read(tag); });
        if (receiver_tags::takes(tag.key))
            receiver.read(tag, logger);
        rate_in(tag.value);
        real_number(tag.value);
        if (tag.key == rx_time_key)
            fuzz::refused_or_taken([&] { shifted_time(tag.value, 1.5); });
    }
    fuzz::refused_or_taken([&] {
        kernel::parameters p;
        p.n_fft = 16;
        p.hop = 4;
        const auto described = description.applied_to(p);
        if (described.n_fft <= 4096) // blocks compare it with their own before they sample a window
            described.check<float>();
    });
    kernel::event_context context;
    context.samp_rate = 1000;
    lost_before(receiver, 100000, context, 4, true);
    return 0;
}
