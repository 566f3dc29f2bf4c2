/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/names.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/scaling.h>
#include <cmath>

namespace gr::stft::kernel {

namespace {
constexpr name_table names_of_scaling{ named_value{ "none", scaling::none },
                                       named_value{ "magnitude", scaling::magnitude },
                                       named_value{ "psd", scaling::psd },
                                       named_value{ "ortho", scaling::ortho } };
}

scaling scaling_named(const std::string& name)
{
    return names_of_scaling.value_of("scaling", name);
}

const char* name_of(scaling scale) { return names_of_scaling.name_of(scale); }

double gain(scaling scale,
            const std::vector<std::complex<double>>& taps,
            std::size_t n_fft,
            double samp_rate)
{
    if (!(samp_rate > 0) || !std::isfinite(samp_rate))
        refuse("samp_rate", samp_rate, "must be positive and finite");
    switch (scale) {
    case scaling::none:
        return 1;
    case scaling::magnitude: {
        double level = 0;
        std::complex<double> sum = 0;
        for (const auto& w : taps) {
            sum += w;
            level += std::abs(w);
        }
        if (std::abs(sum) <= 1e-12 * level)
            refuse("scaling", "magnitude", "needs a window whose taps do not sum to zero");
        return 1 / std::abs(sum);
    }
    case scaling::psd: {
        double energy = 0;
        for (const auto& w : taps)
            energy += std::norm(w);
        return 1 / std::sqrt(samp_rate * energy);
    }
    default:
        return 1 / std::sqrt(static_cast<double>(n_fft));
    }
}

} // namespace gr::stft::kernel
