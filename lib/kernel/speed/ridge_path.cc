/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/speed/ridge_path.h"

namespace gr::stft::kernel {

namespace {

constexpr float closed = -1e30f;
constexpr float rate_cost = 0.5f, cell_cost = 0.02f;
constexpr double usual_slew = 20; // Hz/s
constexpr std::size_t pad = 2;    // closed cells on either side of a row of sums

} // namespace

ridge_path::ridge_path(const ridge_grid& grid,
                       const std::vector<double>& rates,
                       double hop_time,
                       double max_slew,
                       std::size_t depth)
    : d_grid(grid), d_rates(rates.size()), d_stride(grid.count + 2 * pad), d_depth(depth + 1),
      d_plain(rates.size() == 1 && rates[0] == 0), d_from(d_rates * grid.count),
      d_open(d_rates * grid.count), d_sums(d_rates * d_stride, closed),
      d_best_rate(d_rates * d_stride, closed), d_rate_before(d_rates * d_stride),
      d_back(d_depth * d_rates * grid.count)
{
    const auto last = static_cast<double>(grid.count - 1);
    d_reach = static_cast<std::size_t>(
        std::clamp(std::floor(max_slew * hop_time / grid.step), 1.0, std::max(1.0, last)));
    const auto slew = grid.step / hop_time / usual_slew; // of one cell
    d_cost = slew * slew / 2;
    for (std::size_t r = 0; r < d_rates; ++r)
        for (std::size_t g = 0; g < grid.count; ++g) {
            const auto f = grid.at(static_cast<double>(g));
            const auto before =
                static_cast<double>(g) - std::round(f * rates[r] * hop_time / grid.step);
            const auto i = r * grid.count + g;
            d_from[i] = static_cast<std::int32_t>(std::clamp(before, -1.0, last + 1));
            d_open[i] = std::abs(rates[r]) * f <= max_slew;
        }
}

//! d_best_rate[a'] = max over a of d_sums[a] - cost |a - a'|, by a pass up and a pass down.
void ridge_path::from_rates()
{
    d_best_rate = d_sums;
    for (std::size_t r = 0; r < d_rates; ++r)
        std::fill_n(d_rate_before.begin() + static_cast<std::ptrdiff_t>(r * d_stride),
                    d_stride,
                    static_cast<std::uint8_t>(r));
    const auto take = [this](std::size_t to, std::size_t from) {
        for (std::size_t g = 0; g < d_stride; ++g) {
            const auto other = d_best_rate[from * d_stride + g] - rate_cost;
            auto& own = d_best_rate[to * d_stride + g];
            const bool better = other > own;
            own = better ? other : own;
            auto& rate = d_rate_before[to * d_stride + g];
            rate = better ? d_rate_before[from * d_stride + g] : rate;
        }
    };
    for (std::size_t r = 1; r < d_rates; ++r)
        take(r, r - 1);
    for (std::size_t r = d_rates - 1; r-- > 0;)
        take(r, r + 1);
}

//! The plain form.
void ridge_path::from_frequencies(const float* scores, float* to)
{
    auto* back = d_back.data() + d_frames % d_depth * d_grid.count;
    const auto* sums = d_best_rate.data() + pad;
    for (std::size_t g = 0; g < d_grid.count; ++g) {
        const auto begin = g > d_reach ? g - d_reach : 0,
                   end = std::min(g + d_reach + 1, d_grid.count);
        auto best = closed;
        auto from = g;
        for (auto h = begin; h < end; ++h) {
            const auto cells = static_cast<float>(h) - static_cast<float>(g);
            const auto sum = sums[h] - static_cast<float>(d_cost) * cells * cells;
            if (sum > best || (sum == best && h == g)) {
                best = sum;
                from = h;
            }
        }
        to[g] = best + scores[g];
        back[g] = static_cast<std::uint32_t>(from);
    }
}

void ridge_path::add(const float* scores, std::size_t low, std::size_t high)
{
    const auto cells = d_grid.count;
    if (d_frames == 0) {
        for (std::size_t r = 0; r < d_rates; ++r)
            for (std::size_t g = 0; g < cells; ++g)
                d_sums[r * d_stride + pad + g] =
                    d_open[r * cells + g] ? scores[r * cells + g] : closed;
    } else if (d_plain) {
        d_best_rate = d_sums;
        from_frequencies(scores, d_sums.data() + pad);
    } else {
        from_rates();
        for (std::size_t r = 0; r < d_rates; ++r) {
            auto* to = d_sums.data() + r * d_stride + pad;
            auto* back = d_back.data() + (d_frames % d_depth * d_rates + r) * cells;
            const auto* sums = d_best_rate.data() + r * d_stride + pad;
            const auto* rate = d_rate_before.data() + r * d_stride + pad;
            for (std::size_t g = 0; g < cells; ++g) {
                const std::ptrdiff_t h = d_from[r * cells + g];
                auto best = sums[h];
                auto from = h;
                for (const std::ptrdiff_t d : { -1, 1 })
                    if (sums[h + d] - cell_cost > best) {
                        best = sums[h + d] - cell_cost;
                        from = h + d;
                    }
                const bool reached = d_open[r * cells + g] && best > closed / 2;
                to[g] = reached ? best + scores[r * cells + g] : closed;
                back[g] = reached
                              ? static_cast<std::uint32_t>(rate[from]) << 24 |
                                    static_cast<std::uint32_t>(from)
                              : static_cast<std::uint32_t>(r) << 24 | static_cast<std::uint32_t>(g);
            }
        }
    }
    for (std::size_t r = 0; r < d_rates; ++r)
        for (std::size_t g = 0; g < cells; ++g) {
            auto& sum = d_sums[r * d_stride + pad + g];
            if ((g < low || g > high) && sum > closed / 2)
                sum -= 50;
        }
    find_best();
    ++d_frames;
}

//! Finds the best state, whose sum becomes 0.
void ridge_path::find_best()
{
    auto best = 2 * closed;
    for (std::size_t r = 0; r < d_rates; ++r)
        for (std::size_t g = 0; g < d_grid.count; ++g)
            if (const auto sum = d_sums[r * d_stride + pad + g]; sum > best) {
                best = sum;
                d_best = { static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(g) };
            }
    for (auto& sum : d_sums)
        sum = sum > closed / 2 ? sum - best : closed;
}

void ridge_path::favour(std::size_t back, std::size_t cell, std::size_t reach, float cost)
{
    if (back >= d_frames || back >= d_depth)
        return;
    for (std::uint32_t r = 0; r < d_rates; ++r)
        for (std::uint32_t g = 0; g < d_grid.count; ++g) {
            auto& sum = d_sums[r * d_stride + pad + g];
            if (!(sum > closed / 2))
                continue;
            state at{ r, g };
            for (std::size_t i = 0; i < back; ++i)
                at = before(d_frames - 1 - i, at);
            if (at.cell > cell + reach || at.cell + reach < cell)
                sum -= cost;
        }
    find_best();
}

ridge_path::state ridge_path::before(std::uint64_t frame, state at) const
{
    const auto from = d_back[(frame % d_depth * d_rates + at.rate) * d_grid.count + at.cell];
    return { from >> 24, from & 0xffffff };
}

std::size_t ridge_path::trace(std::size_t count, state* states) const
{
    count = static_cast<std::size_t>(std::min<std::uint64_t>({ count, d_frames, d_depth }));
    auto at = d_best;
    for (std::size_t i = 0; i < count; ++i) {
        states[i] = at;
        if (const auto frame = d_frames - 1 - i)
            at = before(frame, at);
    }
    return count;
}

} // namespace gr::stft::kernel
