/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/box_pyramid.h"
#include "kernel/simd/dispatch.h"
#include <algorithm>
#include <cstring>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t remembered_rows = 64;

STFT_LOOP void add_to(const float* row, std::size_t n, float* sum)
{
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i)
        sum[i] += row[i];
}

STFT_LOOP void add_both(const float* a, const float* b, std::size_t n, float* sum)
{
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i)
        sum[i] = a[i] + b[i];
}

//! Sums of 2 values, or of the 2 halves of a box.
STFT_LOOP void pairs(const float* values, std::size_t n, float* sums)
{
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i)
        sums[i] = values[2 * i] + values[2 * i + 1];
}

STFT_LOOP void neighbours(const float* halves, std::size_t n, float* boxes)
{
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i)
        boxes[i] = halves[i] + halves[i + 1];
}

//! state = values > low -> the greatest value.
STFT_LOOP float compare(const float* values, std::size_t n, float low, std::uint8_t* state)
{
    float greatest = 0;
#pragma omp simd reduction(max : greatest)
    for (std::size_t i = 0; i < n; ++i) {
        greatest = values[i] > greatest ? values[i] : greatest;
        state[i] = values[i] > low;
    }
    return greatest;
}

constexpr std::size_t at_once = 8; // states in 64 bits

//! True if the next states are all plain.
bool none_of(const std::uint8_t* states)
{
    std::uint64_t all = 0;
    std::memcpy(&all, states, sizeof all);
    return all == 0;
}

} // namespace

box_pyramid::scale::scale(const box_test& test, std::size_t bins_of_row, std::size_t remembered)
    : bins(test.size.bins), step(std::max<std::size_t>(1, bins / 2)),
      boxes(bins_of_row / step + 1 - bins / step),
      state(remembered, std::vector<std::uint8_t>(boxes, plain)),
      sums(remembered, std::vector<float>(boxes, 0)), marked(remembered, 0)
{
    const auto cells = static_cast<double>(test.size.rows * bins);
    hit = static_cast<float>(test.hit * cells);
    low = static_cast<float>(test.low * cells);
}

box_pyramid::tier::tier(std::size_t rows_of_box, std::size_t delay_of_box, std::size_t bins_of_row)
    : rows(rows_of_box), step(std::max<std::size_t>(1, rows / 2)), delay(delay_of_box),
      remembered(std::clamp<std::size_t>(remembered_rows / step, 2, 8)), old_half(bins_of_row),
      new_half(bins_of_row), sum(bins_of_row)
{}

box_pyramid::box_pyramid(std::size_t bins, const std::vector<box_test>& tests)
    : d_bins(bins), d_ring(bins, 1), d_halves(bins)
{
    std::size_t delay = 0;
    for (const auto& test : tests) {
        if (d_tiers.empty() || d_tiers.back().rows != test.size.rows) {
            if (!d_tiers.empty())
                delay += d_tiers.back().rows / 2;
            d_tiers.emplace_back(test.size.rows, delay, bins);
        }
        d_tiers.back().scales.emplace_back(test, bins, d_tiers.back().remembered);
    }
    for (const auto& t : d_tiers) {
        d_kept = std::max(d_kept, t.rows + t.step * t.remembered + t.delay);
        d_latency = std::max(d_latency, t.rows + t.delay);
    }
    d_ring = row_history<float>(bins, d_latency);
}

void box_pyramid::add(const float* row)
{
    d_found.clear();
    std::copy_n(row, d_bins, d_ring.add());
    for (auto& t : d_tiers) {
        const auto end = rows() - static_cast<std::int64_t>(t.delay);
        if (end > 0 && end % static_cast<std::int64_t>(t.step) == 0)
            step(t, end - static_cast<std::int64_t>(t.rows));
    }
}

void box_pyramid::finish()
{
    const std::vector<float> ones(d_bins, 1);
    std::vector<found_cells> all;
    const auto end = rows();
    for (std::size_t i = 0; i < d_latency + d_tiers.back().step; ++i) {
        add(ones.data());
        for (auto each : d_found) {
            if (each.first_row >= end)
                continue;
            each.rows = std::min(each.rows, static_cast<std::size_t>(end - each.first_row));
            all.push_back(each);
        }
    }
    d_found = std::move(all);
}

void box_pyramid::sum_half(tier& t)
{
    std::fill(t.new_half.begin(), t.new_half.end(), 0.0f);
    for (std::size_t r = 0; r < t.step; ++r)
        simd::dispatch<add_to>(
            d_ring.row(t.half + static_cast<std::int64_t>(r)), d_bins, t.new_half.data());
    t.outdated = false;
}

//! The boxes from first_row on, of which the later half of the rows is new.
void box_pyramid::step(tier& t, std::int64_t first_row)
{
    if (t.rows == 1) {
        std::copy_n(d_ring.row(first_row), d_bins, t.sum.data());
    } else {
        if (t.outdated)
            sum_half(t);
        std::swap(t.old_half, t.new_half);
        t.half = first_row + static_cast<std::int64_t>(t.rows - t.step);
        sum_half(t);
        if (first_row < 0) // the first half has no rows before it
            return;
        simd::dispatch<add_both>(t.old_half.data(), t.new_half.data(), d_bins, t.sum.data());
    }
    for (auto& s : t.scales)
        test(t, s, first_row);
    ++t.steps;
}

void box_pyramid::test(tier& t, scale& s, std::int64_t first_row)
{
    const auto now = t.slot(t.steps);
    const auto sums = s.sums[now].data();
    sum_boxes(t, s, sums);
    const auto greatest = simd::dispatch<compare>(sums, s.boxes, s.low, s.state[now].data());
    s.marked[now] = 0;
    if (!(greatest > s.hit) && !s.marked[t.before(now)])
        return;
    find_seeds(t, s);
    spread(t, s, first_row);
}

//! Sums of the boxes of a step, from the sums of their rows.
void box_pyramid::sum_boxes(const tier& t, const scale& s, float* sums)
{
    if (s.bins == 1) {
        std::copy_n(t.sum.data(), s.boxes, sums);
        return;
    }
    const float* halves = t.sum.data();
    for (std::size_t width = 1; width < s.step; width *= 2) {
        simd::dispatch<pairs>(halves, d_bins / (2 * width), d_halves.data());
        halves = d_halves.data();
    }
    simd::dispatch<neighbours>(halves, s.boxes, sums);
}

//! Finds the boxes of this step that are above the upper threshold, or above the lower one and next to a box found in the
//! step before.
void box_pyramid::find_seeds(const tier& t, scale& s)
{
    const auto now = t.slot(t.steps), before = t.before(now);
    auto& state = s.state[now];
    const auto& sums = s.sums[now];
    const auto& last = s.state[before];
    const auto next_to_found = [&](std::size_t i) {
        return s.marked[before] && (last[i] == found_box || (i > 0 && last[i - 1] == found_box) ||
                                    (i + 1 < s.boxes && last[i + 1] == found_box));
    };
    d_todo.clear();
    for (std::size_t i = 0; i < s.boxes; ++i) {
        if (i + at_once <= s.boxes && none_of(&state[i])) {
            i += at_once - 1;
            continue;
        }
        if (state[i] == low_box && (sums[i] > s.hit || next_to_found(i))) {
            state[i] = found_box;
            d_todo.push_back({ t.steps, i });
        }
    }
}

//! Marks the found boxes, and finds those above the lower threshold that overlap them, in this step and those that are
//! remembered.
void box_pyramid::spread(tier& t, scale& s, std::int64_t first_row)
{
    const auto oldest =
        std::max<std::int64_t>(0, t.steps - static_cast<std::int64_t>(t.remembered) + 1);
    while (!d_todo.empty()) {
        const auto at = d_todo.back();
        d_todo.pop_back();
        mark(t, s, at, first_row - (t.steps - at.step) * static_cast<std::int64_t>(t.step));
        const auto last = std::min(t.steps, at.step + 1);
        for (auto step = std::max(oldest, at.step - 1); step <= last; ++step) {
            auto& row = s.state[t.slot(step)];
            for (auto i = at.index - (at.index > 0); i <= std::min(at.index + 1, s.boxes - 1); ++i)
                if (row[i] == low_box) {
                    row[i] = found_box;
                    d_todo.push_back({ step, i });
                }
        }
    }
}

//! The cells of a box are found.
void box_pyramid::mark(tier& t, scale& s, box at, std::int64_t first_row)
{
    ++s.marked[t.slot(at.step)];
    const auto first_bin = at.index * s.step;
    const auto end = first_row + static_cast<std::int64_t>(t.rows);
    for (auto r = std::max(first_row, d_ring.oldest()); r < end; ++r) // no box takes older rows
        std::fill_n(d_ring.row(r) + first_bin, s.bins, 1.0f);
    const auto fill = [&](volk::vector<float>& sums, std::size_t rows) {
        std::fill_n(sums.begin() + static_cast<std::ptrdiff_t>(first_bin),
                    s.bins,
                    static_cast<float>(rows));
    };
    if (at.step == t.steps) {
        fill(t.sum, t.rows);
        fill(t.new_half, t.step);
    }
    if (at.step + 1 >= t.steps)
        fill(t.old_half, t.rows - t.step);
    if (at.step + 1 == t.steps && t.rows > 1)
        for (auto k = first_bin; k < first_bin + s.bins; ++k)
            t.sum[k] = t.old_half[k] + t.new_half[k];
    for (auto& longer : d_tiers)
        if (longer.rows > t.rows)
            longer.outdated = longer.outdated ||
                              (first_row < longer.half + static_cast<std::int64_t>(longer.step) &&
                               longer.half < first_row + static_cast<std::int64_t>(t.rows));
    const auto sum = s.sums[t.slot(at.step)][at.index];
    d_found.push_back({ first_row,
                        t.rows,
                        first_bin,
                        s.bins,
                        sum / static_cast<float>(t.rows * s.bins) - 1,
                        sum > s.hit });
}

} // namespace gr::stft::kernel
