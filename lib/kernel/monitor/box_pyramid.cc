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

box_pyramid::box_pyramid(std::size_t bins, const std::vector<box_test>& tests)
    : d_bins(bins), d_ring(bins, 1)
{
    std::size_t delay = 0;
    for (const auto& t : tests) {
        if (d_levels.empty() || d_levels.back().rows != t.size.rows) {
            if (!d_levels.empty())
                delay += d_levels.back().rows / 2;
            level l;
            l.rows = t.size.rows;
            l.step = std::max<std::size_t>(1, t.size.rows / 2);
            l.delay = delay;
            l.remembered = std::clamp<std::size_t>(remembered_rows / l.step, 2, 8);
            l.old_half.resize(bins);
            l.new_half.resize(bins);
            l.sum.resize(bins);
            d_levels.push_back(std::move(l));
        }
        auto& l = d_levels.back();
        scale s;
        s.bins = t.size.bins;
        s.step = std::max<std::size_t>(1, t.size.bins / 2);
        s.boxes = bins / s.step + 1 - s.bins / s.step;
        const auto cells = static_cast<double>(l.rows * s.bins);
        s.hit = static_cast<float>(t.hit * cells);
        s.low = static_cast<float>(t.low * cells);
        s.state.assign(l.remembered, std::vector<std::uint8_t>(s.boxes, plain));
        s.sums.assign(l.remembered, std::vector<float>(s.boxes, 0));
        s.marked.assign(l.remembered, 0);
        l.scales.push_back(std::move(s));
    }
    for (const auto& l : d_levels) {
        d_kept = std::max(d_kept, l.rows + l.step * l.remembered + l.delay);
        d_latency = std::max(d_latency, l.rows + l.delay);
    }
    d_ring = row_history<float>(bins, d_kept);
    d_halves.resize(bins);
}

void box_pyramid::add(const float* row)
{
    d_found.clear();
    std::copy_n(row, d_bins, d_ring.add());
    for (auto& l : d_levels) {
        const auto end = rows() - static_cast<std::int64_t>(l.delay);
        if (end > 0 && end % static_cast<std::int64_t>(l.step) == 0)
            step(l, end - static_cast<std::int64_t>(l.rows));
    }
}

void box_pyramid::finish()
{
    const std::vector<float> ones(d_bins, 1);
    std::vector<found_cells> all;
    const auto end = rows();
    for (std::size_t i = 0; i < d_latency + d_levels.back().step; ++i) {
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

void box_pyramid::sum_half(level& l)
{
    std::fill(l.new_half.begin(), l.new_half.end(), 0.0f);
    for (std::size_t r = 0; r < l.step; ++r)
        simd::dispatch<add_to>(
            d_ring.row(l.half + static_cast<std::int64_t>(r)), d_bins, l.new_half.data());
    l.outdated = false;
}

//! The boxes from first_row on, of which the later half of the rows is new.
void box_pyramid::step(level& l, std::int64_t first_row)
{
    if (l.rows == 1) {
        std::copy_n(d_ring.row(first_row), d_bins, l.sum.data());
    } else {
        if (l.outdated)
            sum_half(l);
        std::swap(l.old_half, l.new_half);
        l.half = first_row + static_cast<std::int64_t>(l.rows - l.step);
        sum_half(l);
        if (first_row < 0) // the first half has no rows before it
            return;
        simd::dispatch<add_both>(l.old_half.data(), l.new_half.data(), d_bins, l.sum.data());
    }
    for (auto& s : l.scales)
        test(l, s, first_row);
    ++l.steps;
}

void box_pyramid::test(level& l, scale& s, std::int64_t first_row)
{
    const auto now = static_cast<std::size_t>(l.steps) % l.remembered;
    const auto boxes = s.sums[now].data();
    if (s.bins == 1) {
        std::copy_n(l.sum.data(), s.boxes, boxes);
    } else {
        const float* halves = l.sum.data();
        for (std::size_t width = 1; width < s.step; width *= 2) {
            simd::dispatch<pairs>(halves, d_bins / (2 * width), d_halves.data());
            halves = d_halves.data();
        }
        simd::dispatch<neighbours>(halves, s.boxes, boxes);
    }
    const auto before = (now + l.remembered - 1) % l.remembered;
    auto& state = s.state[now];
    const auto greatest = simd::dispatch<compare>(boxes, s.boxes, s.low, state.data());
    s.marked[now] = 0;
    if (!(greatest > s.hit) && !s.marked[before])
        return;

    d_todo.clear();
    const auto seed = [&](std::size_t i) {
        state[i] = found_box;
        d_todo.push_back({ l.steps, i });
    };
    const auto& last = s.state[before];
    for (std::size_t i = 0; i < s.boxes; ++i) {
        if (i + at_once <= s.boxes && none_of(&state[i])) {
            i += at_once - 1;
            continue;
        }
        if (state[i] == low_box &&
            (boxes[i] > s.hit ||
             (s.marked[before] && (last[i] == found_box || (i > 0 && last[i - 1] == found_box) ||
                                   (i + 1 < s.boxes && last[i + 1] == found_box)))))
            seed(i);
    }
    while (!d_todo.empty()) {
        const auto at = d_todo.back();
        d_todo.pop_back();
        mark(l, s, at, first_row - (l.steps - at.step) * static_cast<std::int64_t>(l.step));
        const auto oldest =
            std::max<std::int64_t>(0, l.steps - static_cast<std::int64_t>(l.remembered) + 1);
        for (auto step = std::max(oldest, at.step - 1); step <= std::min(l.steps, at.step + 1);
             ++step) {
            auto& row = s.state[static_cast<std::size_t>(step) % l.remembered];
            for (auto i = at.index - (at.index > 0); i <= std::min(at.index + 1, s.boxes - 1); ++i)
                if (row[i] == low_box) {
                    row[i] = found_box;
                    d_todo.push_back({ step, i });
                }
        }
    }
}

//! The cells of a box are found.
void box_pyramid::mark(level& l, scale& s, box at, std::int64_t first_row)
{
    ++s.marked[static_cast<std::size_t>(at.step) % l.remembered];
    const auto first_bin = at.index * s.step;
    for (std::size_t r = 0; r < l.rows; ++r)
        std::fill_n(d_ring.row(first_row + static_cast<std::int64_t>(r)) + first_bin, s.bins, 1.0f);
    const auto fill = [&](volk::vector<float>& sums, std::size_t rows) {
        std::fill_n(sums.begin() + static_cast<std::ptrdiff_t>(first_bin),
                    s.bins,
                    static_cast<float>(rows));
    };
    if (at.step == l.steps) {
        fill(l.sum, l.rows);
        fill(l.new_half, l.step);
    }
    if (at.step + 1 >= l.steps)
        fill(l.old_half, l.rows - l.step);
    if (at.step + 1 == l.steps && l.rows > 1)
        for (auto k = first_bin; k < first_bin + s.bins; ++k)
            l.sum[k] = l.old_half[k] + l.new_half[k];
    for (auto& longer : d_levels)
        if (longer.rows > l.rows)
            longer.outdated = longer.outdated ||
                              (first_row < longer.half + static_cast<std::int64_t>(longer.step) &&
                               longer.half < first_row + static_cast<std::int64_t>(l.rows));
    const auto sum = s.sums[static_cast<std::size_t>(at.step) % l.remembered][at.index];
    d_found.push_back(
        { first_row, l.rows, first_bin, s.bins, sum / static_cast<float>(l.rows * s.bins) - 1 });
}

} // namespace gr::stft::kernel
