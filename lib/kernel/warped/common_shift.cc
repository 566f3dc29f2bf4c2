/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "common_shift.h"
#include "kernel/adaptive/vertex.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double kappa = 2; // between those of a speed that bends evenly and of one that wanders
constexpr double line_above = 2.3979; // ln(1 + 10): a bin of noise is above once in a thousand
constexpr double clipped_at = 2;      // medians: a shift beyond is that of another line

//! Place of the peak at bin m, between bins.
template <class R>
double place_of(const R* row, std::size_t m)
{
    const double around[3] = { -static_cast<double>(row[m - 1]),
                               -static_cast<double>(row[m]),
                               -static_cast<double>(row[m + 1]) };
    return static_cast<double>(m) + vertex(around + 1).offset;
}

} // namespace

template <class R>
common_shift<R>::common_shift(std::size_t n_fft, double shorter, double longer)
    : d_bins(n_fft / 2 + 1)
{
    const auto N = static_cast<double>(n_fft);
    d_alone = std::max<std::size_t>(1, static_cast<std::size_t>(1.5 * N / shorter));
    d_near = static_cast<std::size_t>(std::max(1LL, std::llround(N / longer)));
    d_first = std::max(static_cast<std::size_t>(2 * N / shorter), d_alone + 1);
    for (auto* one : { &d_shifts, &d_places, &d_sizes })
        one->reserve(d_bins);
}

//! Finds the peaks of the shorter window's row that are the highest within 1.5 / its length, and those of the longer one's near
//! them.
template <class R>
void common_shift<R>::find_lines(const R* shorter, const R* longer)
{
    d_shifts.clear();
    d_places.clear();
    const auto margin = std::max(d_alone, d_near) + 1;
    for (auto m = d_first; m + margin < d_bins; ++m) {
        const R level = shorter[m];
        if (!(level > R(line_above)) ||
            *std::max_element(shorter + m - d_alone, shorter + m) >= level ||
            *std::max_element(shorter + m + 1, shorter + m + d_alone + 1) > level)
            continue;
        const auto* begin = longer + m - d_near;
        const auto at =
            static_cast<std::size_t>(std::max_element(begin, begin + 2 * d_near + 1) - begin);
        if (at == 0 || at == 2 * d_near || !(begin[at] > R(line_above)))
            continue;
        const double root = std::sqrt(std::expm1(static_cast<double>(level)));
        const double place = place_of(shorter, m);
        d_places.push_back(place * root);
        d_shifts.push_back((place_of(longer, m - d_near + at) - place) * root);
    }
}

template <class R>
double common_shift<R>::compare(const R* shorter, const R* longer)
{
    find_lines(shorter, longer);
    const auto lines = d_shifts.size();
    if (lines < 2)
        return 0;
    d_sizes.assign(d_shifts.begin(), d_shifts.end());
    for (auto& size : d_sizes)
        size = std::abs(size);
    const auto middle = d_sizes.begin() + static_cast<std::ptrdiff_t>(lines / 2);
    std::nth_element(d_sizes.begin(), middle, d_sizes.end());
    const double most = clipped_at * *middle;
    double shift = 0, power = 0, place = 0, places = 0;
    for (std::size_t i = 0; i < lines; ++i) {
        const double one = std::clamp(d_shifts[i], -most, most);
        shift += one;
        power += one * one;
        place += d_places[i];
        places += d_places[i] * d_places[i];
    }
    if (!(power > 0))
        return 0;
    const auto K = static_cast<double>(lines);
    const double common = place * place / places - 1;
    return shift * shift / power - 1 - common / (kappa * K + 1);
}

template class common_shift<float>;
template class common_shift<double>;

} // namespace gr::stft::kernel
