/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "layered_path.h"
#include "vertex.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {
constexpr double far = 1e9; // above the cost of any path
}

layered_path::layered_path(std::vector<double> values, double price, std::int64_t lag)
    : d_values_count(values.size()), d_candidates(2 * d_values_count), d_values(std::move(values)),
      d_slots(static_cast<std::size_t>(lag) + 1), d_J(d_slots * d_candidates),
      d_from(d_slots * d_candidates), d_empty(d_slots), d_cost(d_candidates), d_least(d_candidates)
{
    for (std::size_t i = 0; i < d_candidates; ++i)
        for (std::size_t k = 0; k < d_candidates; ++k) {
            const double away =
                std::abs(d_values[i % d_values_count] - d_values[k % d_values_count]);
            d_change.push_back(price * away);
        }
    start(0, d_values[0], false);
}

std::size_t layered_path::slot(std::int64_t n) const { return modulo(n, d_slots); }

void layered_path::start(std::int64_t n, double at, bool held)
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
    if (!held)
        return;
    d_front = n;
    d_empty[slot(n)] = true;
    std::fill_n(d_J.data() + slot(n) * d_candidates, d_candidates, 0.0);
    std::fill_n(d_from.data() + slot(n) * d_candidates, d_candidates, d_last);
}

void layered_path::advance(const double* J, double layer_price)
{
    const auto here = slot(++d_front);
    auto* kept = d_J.data() + here * d_candidates;
    auto* from = d_from.data() + here * d_candidates;
    d_empty[here] = !J;
    for (std::size_t k = 0; k < d_candidates; ++k) { // of equal costs, no change wins
        from[k] = k;
        d_least[k] = d_cost[k];
    }
    for (std::size_t i = 0; i < d_candidates; ++i) {
        const auto* change = d_change.data() + i * d_candidates;
        const double to_layer[] = { i < d_values_count ? 0 : layer_price,
                                    i < d_values_count ? layer_price : 0 };
        for (std::size_t layer = 0; layer < 2; ++layer) {
            const double start = d_cost[i] + to_layer[layer];
            for (auto k = layer * d_values_count; k < (layer + 1) * d_values_count; ++k) {
                const double one = start + change[k];
                from[k] = one < d_least[k] ? i : from[k];
                d_least[k] = one < d_least[k] ? one : d_least[k];
            }
        }
    }
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

layered_path::state layered_path::resolve(std::int64_t n)
{
    auto k =
        static_cast<std::size_t>(std::min_element(d_cost.begin(), d_cost.end()) - d_cost.begin());
    auto here = slot(d_front);
    for (auto p = d_front; p > n; --p) {
        k = d_from[here * d_candidates + k];
        here = (here > 0 ? here : d_slots) - 1;
    }
    const auto* J = d_J.data() + here * d_candidates;
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
