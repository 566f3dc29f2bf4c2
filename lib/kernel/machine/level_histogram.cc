/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "kernel/machine/level_histogram.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace gr::stft::kernel {

void level_histogram::add(double level)
{
    if (d_count == 0)
        d_origin = std::floor(level) - static_cast<double>(classes / 2);
    const auto above = level - d_origin;
    const auto index = static_cast<std::size_t>(
        std::clamp(std::floor(above), 0.0, static_cast<double>(classes - 1)));
    const auto inside = above - static_cast<double>(index);
    ++d_counts[index];
    d_sums[index] += inside;
    d_squares[index] += inside * inside;
    ++d_count;
}

//! Range of the levels of a class, above the origin.
level_histogram::piece level_histogram::piece_of(std::size_t index) const
{
    const auto count = static_cast<double>(d_counts[index]);
    const auto mean = d_sums[index] / count;
    const auto variance = std::max(0.0, d_squares[index] / count - mean * mean);
    const auto half = std::sqrt(3 * variance), middle = static_cast<double>(index) + mean;
    return { middle - half, middle + half, count };
}

level_histogram::statistics level_histogram::result() const
{
    constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
    if (d_count == 0)
        return { nan, nan };
    std::array<piece, classes> all;
    auto last = all.begin();
    for (std::size_t i = 0; i < classes; ++i)
        if (d_counts[i])
            *last++ = piece_of(i);
    const auto half = static_cast<double>(d_count) / 2;

    auto middle = all.begin();
    double rest = half;
    for (; rest > middle->count; ++middle)
        rest -= middle->count;
    const auto median = rest == middle->count && middle + 1 != last // between two classes
                            ? (middle->end + middle[1].begin) / 2
                            : middle->begin + (middle->end - middle->begin) * rest / middle->count;

    // levels within a distance of the median, which grow with it; the least distance that holds half of them
    const auto within = [&](double distance) {
        double count = 0;
        for (auto p = all.begin(); p != last; ++p) {
            const auto begin = std::max(p->begin, median - distance),
                       end = std::min(p->end, median + distance);
            if (p->end > p->begin)
                count += end > begin ? p->count * (end - begin) / (p->end - p->begin) : 0;
            else
                count += begin <= end ? p->count : 0;
        }
        return count;
    };
    double low = 0, high = 0;
    for (auto p = all.begin(); p != last; ++p)
        high = std::max({ high, std::abs(p->end - median), std::abs(p->begin - median) });
    for (int i = 0; i < 50 && high > low; ++i) {
        const auto distance = (low + high) / 2;
        (within(distance) >= half ? high : low) = distance;
    }
    return { d_origin + median, deviation_per_median_distance * high };
}

void level_histogram::restore(double origin,
                              const std::array<std::uint64_t, classes>& counts,
                              const std::array<double, classes>& sums,
                              const std::array<double, classes>& squares)
{
    d_origin = origin;
    d_counts = counts;
    d_sums = sums;
    d_squares = squares;
    d_count = std::accumulate(counts.begin(), counts.end(), std::uint64_t(0));
}

} // namespace gr::stft::kernel
