/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
// State files of monitors: any text is refused, or is a state that is written and read back as it was.
#include "bytes.h"
#include <gnuradio/stft/kernel/machine/baseline.h>
#include <gnuradio/stft/kernel/machine/level_alarm.h>
#include <gnuradio/stft/kernel/records/monitor_state.h>
#include <cstdlib>

using namespace gr::stft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::refused_or_taken([&] {
        const auto state =
            kernel::monitor_state_from({ reinterpret_cast<const char*>(data), size });
        const auto text = kernel::text_of(state);
        if (kernel::text_of(kernel::monitor_state_from(text)) != text)
            std::abort();
        const float levels[] = { 1, 2 };
        for (const auto& [name, section] : state) {
            fuzz::refused_or_taken([&section = section, &levels] {
                kernel::level_alarm_settings settings;
                settings.levels = 2;
                settings.limits = { 1, 2 };
                kernel::level_alarm alarm(settings);
                alarm.restore(section);
                for (int row = 0; row < 10; ++row)
                    alarm.add(levels);
            });
            fuzz::refused_or_taken([&section = section, &levels] {
                kernel::baseline_settings settings;
                settings.levels = 2;
                kernel::baseline baseline(settings);
                baseline.restore(section);
                float deviations[2];
                for (int row = 0; row < 10; ++row)
                    baseline.add(levels, 20.0, deviations);
            });
        }
    });
    return 0;
}
