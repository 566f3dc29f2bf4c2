/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/frames/unfolded.h"
#include "kernel/names.h"
#include "kernel/samp_rate.h"
#include <gnuradio/stft/kernel/denoise/gain_settings.h>
#include <gnuradio/stft/kernel/bands/frequency_range.h>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t fewest_bins_of_a_floor = 8;

constexpr name_table methods{ named_value{ "subtraction", gain_method::subtraction },
                              named_value{ "wiener", gain_method::wiener },
                              named_value{ "log_mmse", gain_method::log_mmse } };

constexpr name_table trackings{ named_value{ "automatic", noise_tracking::automatic },
                                named_value{ "presence", noise_tracking::presence },
                                named_value{ "floor", noise_tracking::floor },
                                named_value{ "held", noise_tracking::held } };

constexpr name_table uses{ named_value{ "keep", event_use::keep },
                           named_value{ "reject", event_use::reject },
                           named_value{ "only", event_use::only } };

//! Refuses what is no number of each bin within the range.
void check_bins(const char* name,
                const std::vector<double>& values,
                std::size_t bins,
                double most,
                const char* rule)
{
    if (values.empty())
        return;
    if (values.size() != bins)
        refuse(name,
               std::to_string(values.size()) + " values",
               "must be one for each of the " + std::to_string(bins) + " bins");
    for (const auto value : values)
        if (!(value >= 0 && value <= most))
            refuse(name, value, rule);
}

} // namespace

gain_method gain_method_named(const std::string& name) { return methods.value_of("method", name); }
const char* name_of(gain_method method) { return methods.name_of(method); }
noise_tracking noise_tracking_named(const std::string& name)
{
    return trackings.value_of("tracking", name);
}
const char* name_of(noise_tracking tracking) { return trackings.name_of(tracking); }
event_use event_use_named(const std::string& name) { return uses.value_of("events", name); }
const char* name_of(event_use use) { return uses.name_of(use); }

noise_tracking gain_settings::tracking_used() const
{
    if (tracking != noise_tracking::automatic)
        return tracking;
    if (!noise.empty() || learn > 0)
        return noise_tracking::held;
    return sides == sides::onesided || bins() < fewest_bins_of_a_floor ? noise_tracking::presence
                                                                       : noise_tracking::floor;
}

void gain_settings::check() const
{
    checked_n_fft(static_cast<std::int64_t>(n_fft));
    check_unfolded(win_length, n_fft);
    frames();
    check_samp_rate(samp_rate);
    if (!(gain_floor >= -200 && gain_floor <= 0))
        refuse("gain_floor", gain_floor, "must be -200 .. 0 dB");
    if (!(oversubtraction >= 0.1 && oversubtraction <= 100))
        refuse("oversubtraction", oversubtraction, "must be a factor of 0.1 .. 100");
    if (!(memory >= 0 && memory <= 0.9999))
        refuse("memory", memory, "must be 0 .. 0.9999");
    if (smoothing % 2 == 0 || smoothing > 63)
        refuse("smoothing", smoothing, "must be an odd number of bins, 1 .. 63");
    if (!(detail_memory >= 0 && detail_memory <= 0.9999))
        refuse("detail_memory", detail_memory, "must be 0 .. 0.9999");
    if (learn > 1000000000)
        refuse("learn", learn, "must be 0 .. 1e9 frames");
    check_bins(
        "noise", noise, bins(), 1e300, "must be the power of the noise in each bin, 0 .. 1e300");
    check_bins("mask", mask, bins(), 1, "must be a factor of 0 .. 1 for each bin");
    if (!noise.empty() && learn > 0)
        refuse("learn", learn, "must be 0 where noise is given");
    const auto used = tracking_used();
    if (used == noise_tracking::floor && !(noise.empty() && learn == 0))
        refuse("tracking",
               "floor",
               "finds the noise by itself; give presence or held where noise is given or learned");
    if (used == noise_tracking::floor && bins() < fewest_bins_of_a_floor)
        refuse("tracking", "floor", "needs 8 bins at least");
    for (const auto& [name, text] : { std::pair("keep", &keep), { "reject", &reject } })
        if (!text->empty())
            frequency_ranges_named(*text, name);
}

gain_settings changed(gain_settings s, const change<gain_settings>& requested)
{
    const bool sets = requested.wanted(&gain_settings::noise).has_value();
    const bool learns = requested.wanted(&gain_settings::learn).has_value();
    requested.apply_to(s);
    if (sets && !learns && !s.noise.empty())
        s.learn = 0;
    if (learns && !sets && s.learn > 0)
        s.noise.clear();
    s.check();
    return s;
}

bool gives_noise(const change<gain_settings>& requested)
{
    return requested.wanted(&gain_settings::noise) || requested.wanted(&gain_settings::learn);
}

} // namespace gr::stft::kernel
