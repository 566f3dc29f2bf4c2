/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "norm_scale.h"
#include <cmath>

namespace gr::stft::kernel {

norm_factor norm_scale(norm n, const window_family& window, std::size_t n_fft, double theta)
{
    switch (n) {
    case norm::l1:
        return { 1 / (window.integral() * theta), 1 };
    case norm::l2:
        return { 1 / std::sqrt(window.energy() * theta), 0.5 };
    case norm::contract:
        return { static_cast<double>(n_fft) / theta, 1 };
    case norm::peak:
    case norm::dcunit:
        break;
    }
    return { 1, 0 };
}

} // namespace gr::stft::kernel
