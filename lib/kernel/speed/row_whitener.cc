/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/speed/row_whitener.h"
#include "kernel/simd/dispatch.h"
#include "kernel/simd/logarithm.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t width = 8;        // bins of a block
constexpr double dynamic_range = 1e-10; // lowest floor, relative to the strongest block

template <class R>
STFT_LOOP void log_ratios(const R* power, const R* inverse, R scale, std::size_t bins, R* row)
{
    for (std::size_t m = 0; m < bins; ++m)
        row[m] = natural_log(1 + power[m] * scale * inverse[m]);
}

} // namespace

template <class R>
row_whitener<R>::row_whitener(std::size_t bins, double reach)
    : d_bins(bins), d_blocks((bins + width - 1) / width),
      d_half(static_cast<std::size_t>(
          std::clamp(std::round(reach / width),
                     0.0,
                     static_cast<double>(std::min<std::size_t>(d_blocks - 1, 1 << 20))))),
      d_padded(d_blocks + 2 * d_half), d_floor(d_blocks), d_inverse(bins)
{
    if (d_half == 0 && d_blocks > 2)
        d_half = 1, d_padded.resize(d_blocks + 2);
}

template <class R>
void row_whitener<R>::whiten(const R* power, R* row)
{
    double strongest = 0;
    for (std::size_t b = 0; b < d_blocks; ++b) {
        const auto begin = b * width, end = std::min(begin + width, d_bins);
        double sum = 0;
        for (auto m = begin; m < end; ++m)
            sum += static_cast<double>(power[m]);
        strongest = std::max(strongest, sum / static_cast<double>(end - begin));
        if (!std::isfinite(sum))
            strongest = HUGE_VAL;
    }
    if (!(strongest > 0 && std::isfinite(strongest))) {
        std::fill_n(row, d_bins, R(0));
        return;
    }
    const auto scale =
        std::exp2(-std::clamp(std::ilogb(strongest), -120, 120)); // exact: gain changes no bit
    for (std::size_t b = 0; b < d_blocks; ++b) {
        const auto begin = b * width, end = std::min(begin + width, d_bins);
        double sum = 0;
        for (auto m = begin; m < end; ++m)
            sum += static_cast<double>(power[m]);
        d_padded[d_half + b] = static_cast<float>(
            std::max(sum / static_cast<double>(end - begin) * scale, dynamic_range));
    }
    for (std::size_t i = 0; i < d_half; ++i) {
        d_padded[d_half - 1 - i] = d_padded[d_half + std::min(i + 1, d_blocks - 1)];
        d_padded[d_half + d_blocks + i] =
            d_padded[d_half + d_blocks - 1 - std::min(i + 1, d_blocks - 1)];
    }
    d_median.run(d_padded, 2 * d_half + 1, d_floor);
    for (std::size_t m = 0; m < d_bins; ++m) {
        const auto at = (static_cast<double>(m) - (width - 1) / 2.0) / width;
        const auto b = static_cast<std::size_t>(
            std::clamp(std::floor(at), 0.0, static_cast<double>(d_blocks > 1 ? d_blocks - 2 : 0)));
        const auto part = std::clamp(at - static_cast<double>(b), 0.0, 1.0);
        const double low = d_floor[b], high = d_floor[std::min(b + 1, d_blocks - 1)];
        d_inverse[m] = static_cast<R>(1 / (low + part * (high - low)));
    }
    simd::dispatch<log_ratios<R>>(power, d_inverse.data(), static_cast<R>(scale), d_bins, row);
}

template class row_whitener<float>;
template class row_whitener<double>;

} // namespace gr::stft::kernel
