/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/column_quantiles.h"
#include "kernel/simd/dispatch.h"
#include <algorithm>
#include <cstring>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t columns = 16;       // of a group, in one vector
constexpr std::size_t groups_at_once = 4; // whose values lie together in a row
using lanes [[gnu::vector_size(4 * columns)]] = std::int32_t;

constexpr std::int32_t all_but_sign = 0x7fffffff;

//! Integers in the order of the quotients: the bits of a float, those of negative ones inverted but for the sign. Each
//! group of columns has its keys together.
STFT_LOOP void
add_keys(const float* row, float gain, std::size_t groups, std::size_t of_group, std::int32_t* keys)
{
    for (std::size_t group = 0; group < groups; ++group) {
        float values[columns];
        for (std::size_t i = 0; i < columns; ++i)
            values[i] = row[group * columns + i] / gain;
        lanes bits;
        std::memcpy(&bits, values, sizeof bits);
        bits ^= (bits >> 31) & all_but_sign;
        std::memcpy(keys + group * of_group, &bits, sizeof bits);
    }
}

//! The key of each column that `rank` others are not above, by bisection of its bits.
STFT_LOOP void select(const std::int32_t* keys, std::size_t count, std::int32_t rank, float* values)
{
    lanes low, high;
    std::memcpy(&low, keys, sizeof low);
    high = low;
    for (std::size_t p = 1; p < count; ++p) {
        lanes key;
        std::memcpy(&key, keys + p * columns, sizeof key);
        const lanes less = key<low, more = key> high;
        low = (less & key) | (~less & low);
        high = (more & key) | (~more & high);
    }
    for (int bit = 0; bit < 32; ++bit) { // then low is high
        const lanes middle = (low & high) + ((low ^ high) >> 1);
        lanes below = middle ^ middle;
        for (std::size_t p = 0; p < count; ++p) {
            lanes key;
            std::memcpy(&key, keys + p * columns, sizeof key);
            below -= key <= middle;
        }
        const lanes enough = below > rank;
        high = (enough & middle) | (~enough & high);
        low = (enough & low) | (~enough & (middle + 1));
        lanes left = low ^ high;
        std::int32_t any = 0;
        for (std::size_t i = 0; i < columns; ++i)
            any |= left[i];
        if (any == 0)
            break;
    }
    low ^= (low >> 31) & all_but_sign;
    std::memcpy(values, &low, sizeof low);
}

} // namespace

void column_quantiles::find(const float* const* rows,
                            const float* gains,
                            std::size_t count,
                            std::size_t bins,
                            double share,
                            float* quantiles)
{
    const auto rank = static_cast<std::int32_t>(share * static_cast<double>(count - 1) + 0.5);
    const auto of_group = count * columns;
    d_keys.resize(groups_at_once * of_group);
    for (std::size_t k = 0; k < bins;) {
        const auto groups =
            std::min(groups_at_once, std::max<std::size_t>((bins - k) / columns, 1));
        const auto present = std::min(groups * columns, bins - k);
        float values[columns] = {};
        for (std::size_t p = 0; p < count; ++p) {
            const auto* row = rows[p] + k;
            if (present < columns) {
                std::copy_n(row, present, values);
                row = values;
            }
            simd::dispatch<add_keys>(row, gains[p], groups, of_group, &d_keys[p * columns]);
        }
        for (std::size_t group = 0; group < groups; ++group) {
            simd::dispatch<select>(&d_keys[group * of_group], count, rank, values);
            std::copy_n(values, std::min(columns, present), quantiles + k + group * columns);
        }
        k += present;
    }
}

} // namespace gr::stft::kernel
