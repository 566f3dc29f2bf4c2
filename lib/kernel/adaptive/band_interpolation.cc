/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "band_interpolation.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/frames/framing.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

//! Computes values[k] = first ratio^k, `lanes` values at a time.
STFT_LOOP void geometric(double first, double ratio, std::size_t count, float* values)
{
    constexpr std::size_t lanes = 16;
    float start[lanes];
    double power = 1;
#pragma GCC unroll 1 // unrolled, the loop below would not be vectorised
    for (std::size_t l = 0; l < lanes; ++l, power *= ratio)
        start[l] = static_cast<float>(power);
    std::size_t k = 0;
    for (; k + lanes <= count; k += lanes, first *= power) {
        const auto factor = static_cast<float>(first);
        for (std::size_t l = 0; l < lanes; ++l)
            values[k + l] = start[l] * factor;
    }
    for (std::size_t l = 0; k + l < count; ++l)
        values[k + l] = start[l] * static_cast<float>(first);
}

} // namespace

band_interpolation::band_interpolation(std::size_t n_fft,
                                       bool one_sided,
                                       std::size_t bands,
                                       between_bands way)
    : d_width(static_cast<double>(n_fft) / (one_sided ? 2 : 1) / static_cast<double>(bands))
{
    for (std::size_t m = 0; m < (one_sided ? n_fft / 2 + 1 : n_fft); ++m) {
        // distance from the middle of the first band, in bands
        const double at = static_cast<double>(m) / d_width - 0.5, below = std::floor(at);
        const auto band = static_cast<std::int64_t>(below);
        stretch here{ m, m + 1, modulo(band, bands), modulo(band + 1, bands), at - below };
        if (one_sided && band < 0)
            here.low = here.high;
        if (one_sided && below + 1 >= static_cast<double>(bands))
            here.high = here.low;
        if (way == between_bands::constant) // both are the nearest band; halfway, the upper one
            here.low = here.high = here.part < 0.5 ? here.low : here.high;
        if (!d_stretches.empty() && d_stretches.back().low == here.low &&
            d_stretches.back().high == here.high)
            d_stretches.back().end = m + 1;
        else
            d_stretches.push_back(here);
    }
}

void band_interpolation::spread(const double* values, double* bins) const
{
    for (const auto& one : d_stretches) {
        const double rise = values[one.high] - values[one.low];
        const double slope = rise / d_width;
        double value = values[one.low] + one.part * rise;
        for (auto m = one.begin; m < one.end; ++m, value += slope)
            bins[m] = value;
    }
}

void band_interpolation::spread_exp(const double* values, float* bins) const
{
    for (const auto& one : d_stretches) {
        const double rise = values[one.high] - values[one.low];
        const double first = std::exp(values[one.low] + one.part * rise);
        if (rise == 0)
            std::fill(bins + one.begin, bins + one.end, static_cast<float>(first));
        else
            simd::dispatch<geometric>(
                first, std::exp(rise / d_width), one.end - one.begin, bins + one.begin);
    }
}

} // namespace gr::stft::kernel
