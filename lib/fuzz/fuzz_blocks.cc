/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
// Messages to the ports of every block that has some, as the blocks themselves take them: none leaves a handler as an exception.
#include "bytes.h"
#include "names.h"
#include <gnuradio/stft/adaptive_stft.h>
#include <gnuradio/stft/angular_resampler.h>
#include <gnuradio/stft/band_power.h>
#include <gnuradio/stft/band_weights.h>
#include <gnuradio/stft/baseline.h>
#include <gnuradio/stft/cross_spectrum.h>
#include <gnuradio/stft/detector.h>
#include <gnuradio/stft/dstft.h>
#include <gnuradio/stft/event_cutter.h>
#include <gnuradio/stft/event_to_json.h>
#include <gnuradio/stft/fault_lines.h>
#include <gnuradio/stft/hpss.h>
#include <gnuradio/stft/level_alarm.h>
#include <gnuradio/stft/mask.h>
#include <gnuradio/stft/phase_from_magnitude.h>
#include <gnuradio/stft/phase_vocoder.h>
#include <gnuradio/stft/power.h>
#include <gnuradio/stft/ridge_tracker.h>
#include <gnuradio/stft/sigmf_annotation_sink.h>
#include <gnuradio/stft/spectral_gain.h>
#include <gnuradio/stft/spectral_kurtosis.h>
#include <gnuradio/stft/spectrogram.h>
#include <gnuradio/stft/stft.h>
#include <gnuradio/stft/stft_bins.h>
#include <gnuradio/stft/tacho_pulses.h>
#include <cstdlib>
#include <functional>
#include <unistd.h>

using namespace gr::stft;

namespace {

constexpr std::size_t n_fft = 32, hop = 8;

//! Makes a block, and names the keys that its messages may have.
struct listener {
    std::function<gr::basic_block_sptr()> make;
    fuzz::names keys;
};

//! A block from its default settings and what set(settings) changes in them.
template <class Block, class Settings, class Set>
listener block(Set set)
{
    const auto make = [set] {
        Settings s;
        set(s);
        return Block::make(s);
    };
    fuzz::names keys{ "at", "reset", "theta", "load", "freeze", "hold", "save", "relearn" };
    fuzz::add_changeable<Settings>(keys);
    return { make, keys };
}

const auto frames = [](auto& s) {
    s.n_fft = n_fft;
    s.hop = hop;
};

const auto machine = [](auto& s) {
    s.samp_rate = 1000;
    s.f_min = 20;
    s.f_max = 100;
};

const std::vector<listener> listeners = {
    block<stft<float>, kernel::parameters>(frames),
    block<spectrogram<float>, spectrogram_settings>(frames),
    block<stft_bins<float>, kernel::bins_parameters>([](auto& s) {
        frames(s);
        s.bins = { 1, 2.5 };
    }),
    block<dstft<float>, dstft_settings>([](auto& s) {
        frames(s);
        s.theta = 20;
    }),
    block<adaptive_stft<float>, adaptive_stft_settings>(frames),
    block<angular_resampler<float>, kernel::angular_settings>([](auto& s) { s.samp_rate = 1000; }),
    block<band_power_vff, kernel::band_power_settings>([](auto& s) {
        s.n_fft = n_fft;
        s.bands = "0.1:0.2";
    }),
    block<band_weights_vfvf, kernel::band_weights_settings>([](auto& s) {
        s.n_fft = n_fft;
        s.samp_rate = 8000;
    }),
    block<baseline, baseline_block_settings>([](auto& s) { s.levels = 2; }),
    block<cross_spectrum_vcvc, kernel::cross_spectrum_settings>(frames),
    block<detector_vxm, detector_block_settings>(frames),
    block<event_cutter, event_cutter_block_settings>([](auto& s) {
        s.hop = hop;
        s.max_clip = 1000;
        s.history = 1000;
    }),
    { [] { return event_to_json::make(); }, {} },
    block<fault_lines, fault_lines_block_settings>([](auto& s) {
        s.n_fft = n_fft;
        s.balls = 8;
        s.ball_diameter = 1;
        s.pitch_diameter = 5;
    }),
    block<hpss_vcvc, kernel::hpss_settings>([](auto& s) { s.n_fft = n_fft; }),
    block<level_alarm, level_alarm_block_settings>([](auto& s) {
        s.levels = 2;
        s.limits = { 1, 2 };
    }),
    block<mask_vcvc, mask_settings>(frames),
    block<phase_from_magnitude_vfvc, kernel::phase_settings>(frames),
    block<phase_vocoder_vcvc, kernel::vocoder_settings>(frames),
    block<power_vcvf, power_settings>([](auto& s) { s.n_fft = n_fft; }),
    block<ridge_tracker_fvf, ridge_tracker_block_settings>(machine),
    block<ridge_tracker_vfvf, row_ridge_tracker_block_settings>([](auto& s) {
        machine(s);
        s.n_fft = 128;
        s.hop = 32;
    }),
    block<sigmf_annotation_sink, kernel::sigmf_settings>([](auto& s) {
        s.path = std::string(std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp") +
                 "/fuzz_blocks_" + std::to_string(getpid());
    }),
    block<spectral_gain_vcvc, kernel::gain_settings>(frames),
    block<spectral_kurtosis_vff, kernel::spectral_kurtosis_settings>(frames),
    block<tacho_pulses_ff, kernel::tacho_settings>([](auto& s) { s.samp_rate = 1000; }),
};

const fuzz::names keys_of_events = [] {
    fuzz::names keys;
    fuzz::add_keys_of_events(keys);
    return keys;
}();

//! Opens what delivers a message, which only other blocks may call.
struct opened : gr::basic_block {
    static constexpr auto dispatch = &opened::dispatch_msg;
    static constexpr auto listens = &opened::has_msg_handler;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto ports = std::vector{ pmt::mp("cmd"), pmt::mp("events") };
    static const bool quiet = [] {
        gr::logging::singleton().set_default_level(gr::log_level::off);
        return true;
    }();
    (void)quiet;
    fuzz::bytes input(data, size);
    const auto& chosen = listeners[input.take<std::uint8_t>() % listeners.size()];
    const auto made = chosen.make();
    for (int messages = 0; messages < 8 && !input.ended(); ++messages) {
        const auto kind = input.take<std::uint8_t>();
        const auto& port = ports[kind % 2];
        const auto message =
            kind % 16 ? input.dict(kind % 2 ? keys_of_events : chosen.keys) : input.message();
        if ((made.get()->*opened::listens)(port))
            (made.get()->*opened::dispatch)(port, message);
    }
    return 0;
}
