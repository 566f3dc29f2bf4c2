/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
// Text that users write, or that metadata hold: times, ranges, sizes of boxes, names of levels and windows; and JSON.
#include "bytes.h"
#include "kernel/number_text.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <gnuradio/stft/kernel/frames/window.h>
#include <gnuradio/stft/kernel/frames/window_family.h>
#include <gnuradio/stft/kernel/monitor/detector_settings.h>
#include <gnuradio/stft/kernel/records/json_text.h>
#include <gnuradio/stft/kernel/machine/level_event.h>
#include <gnuradio/stft/kernel/records/utc_time.h>
#include <cmath>
#include <cstdlib>

using namespace gr::stft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto time = kernel::time_from_iso8601(text))
        if (kernel::iso8601(*time) != text || !(time->fraction >= 0 && time->fraction < 1))
            std::abort();
    fuzz::refused_or_taken([&] {
        const auto phase = kernel::phase_reference::named(text);
        if (phase.offset(std::int64_t(1) << 62, 33, 64) >= 64 ||
            kernel::phase_reference::named(phase.name()).name() != phase.name())
            std::abort();
    });
    fuzz::refused_or_taken([&] {
        kernel::detector_settings settings;
        settings.scales = text;
        settings.check();
        for (const auto& box : kernel::box_sizes_named(text))
            if (box.rows < 1 || box.bins < 1 || box.rows > 256 || box.bins > 256)
                std::abort();
    });
    fuzz::refused_or_taken([&] {
        for (const auto& range : kernel::frequency_ranges_named(text, "ignore"))
            if (!(range.lower <= range.upper) || !std::isfinite(range.upper - range.lower))
                std::abort();
    });
    fuzz::refused_or_taken([&] { kernel::names_in(text); });
    fuzz::bytes input(data, size);
    fuzz::refused_or_taken([&] {
        const auto name = input.text();
        std::vector<double> parameters(input.take<std::uint8_t>() % 4);
        for (auto& parameter : parameters)
            parameter = input.take<double>();
        fuzz::refused_or_taken([&] { kernel::window_family family(name, parameters); });
        for (const auto tap : kernel::window(name, parameters).sample(33))
            if (!std::isfinite(std::abs(tap)))
                std::abort();
    });
    const auto quoted = kernel::json_string(text);
    if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"')
        std::abort();
    for (const unsigned char c : quoted)
        if (c < 0x20)
            std::abort();
    fuzz::bytes numbers(data, size);
    const auto number = numbers.take<double>();
    if (std::isfinite(number) &&
        std::strtod(kernel::number_text(number).c_str(), nullptr) != number)
        std::abort();
    const auto single = numbers.take<float>();
    if (std::isfinite(single) &&
        std::strtof(kernel::number_text(single).c_str(), nullptr) != single)
        std::abort();
    return 0;
}
