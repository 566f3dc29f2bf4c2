/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "vertex.h"
#include "viterbi_path.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {
constexpr double far = 1e9; // above the cost of any path
}

viterbi_path::viterbi_path(std::vector<double> values,
                           std::size_t layers,
                           std::size_t row,
                           std::int64_t lag)
    : d_values_count(values.size()), d_candidates(layers * d_values_count), d_row(row),
      d_values(std::move(values)), d_cost(d_row), d_least(d_row),
      d_slots(static_cast<std::size_t>(lag) + 1), d_J(d_slots * d_row), d_from(d_slots * d_row),
      d_empty(d_slots)
{
    d_values.resize(d_row);
    start(0, d_values[0], first_frame::free);
}

std::size_t viterbi_path::slot(std::int64_t n) const { return modulo(n, d_slots); }

void viterbi_path::start(std::int64_t n, double at, first_frame first)
{
    d_last = 0;
    for (std::size_t k = 1; k < d_values_count; ++k)
        if (std::abs(d_values[k] - at) < std::abs(d_values[d_last] - at))
            d_last = k;
    d_value = at;
    d_criterion = std::numeric_limits<double>::quiet_NaN();
    std::fill(d_cost.begin(), d_cost.end(), far);
    d_cost[d_last] = 0;
    d_front = n - 1;
    if (first == first_frame::free)
        return;
    d_front = n;
    d_empty[slot(n)] = true;
    std::fill_n(d_J.data() + slot(n) * d_row, d_row, 0.0);
    std::fill_n(d_from.data() + slot(n) * d_row, d_row, static_cast<std::int64_t>(d_last));
}

void viterbi_path::add(const double* J)
{
    const auto here = slot(++d_front);
    auto* kept = d_J.data() + here * d_row;
    d_empty[here] = !J;
    double least = std::numeric_limits<double>::max();
    for (std::size_t k = 0; k < d_candidates; ++k) {
        kept[k] = J ? J[k] : 0;
        d_least[k] += kept[k];
        least = std::min(least, d_least[k]);
    }
    // only differences matter, and sums would grow without limit
    for (std::size_t k = 0; k < d_candidates; ++k)
        d_cost[k] = d_least[k] - least;
}

viterbi_path::state viterbi_path::resolved(std::int64_t n)
{
    const auto cheapest_end = std::min_element(
        d_cost.begin(), d_cost.begin() + static_cast<std::ptrdiff_t>(d_candidates));
    auto k = static_cast<std::size_t>(cheapest_end - d_cost.begin());
    auto here = slot(d_front);
    for (auto p = d_front; p > n; --p) {
        k = static_cast<std::size_t>(d_from[here * d_row + k]);
        here = (here > 0 ? here : d_slots) - 1;
    }
    const auto* J = d_J.data() + here * d_row;
    const bool empty = d_empty[here];
    const auto layer = k / d_values_count, place = k % d_values_count;
    d_criterion = empty ? std::numeric_limits<double>::quiet_NaN() : J[k];
    if (empty && k == d_last)
        return { layer, d_value };
    d_last = k;
    d_value = d_values[place];
    if (!empty && place > 0 && place + 1 < d_values_count) {
        const vertex lowest(J + k);
        d_value += lowest.offset * (d_values[place + 1] - d_values[place]);
        d_criterion += lowest.change;
    }
    return { layer, d_value };
}

} // namespace gr::stft::kernel
