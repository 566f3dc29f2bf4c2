/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/dispatch.h"
#include "shortest_path.h"
#include "vertex.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr double far = 1e9; // above the cost of any path
constexpr std::size_t lanes = 8;
typedef double numbers __attribute__((vector_size(lanes * sizeof(double))));
typedef std::int64_t integers __attribute__((vector_size(sizeof(numbers))));

//! Computes the least cost of a path to each candidate, and the candidate before it. Of equal
//! costs, no change wins, then the first candidate.
STFT_LOOP void cheapest(const double* __restrict values,
                        const double* __restrict cost,
                        std::size_t candidates,
                        std::size_t vectors,
                        double price,
                        double* __restrict least,
                        std::int64_t* __restrict from)
{
    integers first{};
    for (std::size_t l = 0; l < lanes; ++l)
        first[l] = static_cast<std::int64_t>(l);
    for (std::size_t k = 0; k < vectors * lanes; k += lanes) {
        numbers value, best;
        std::memcpy(&value, values + k, sizeof value);
        std::memcpy(&best, cost + k, sizeof best);
        auto origin = first + static_cast<std::int64_t>(k);
        for (std::size_t i = 0; i < candidates; ++i) {
            const auto away = value - values[i];
            const auto one = cost[i] + price * (away < 0 ? -away : away);
            const auto better = one < best;
            origin = better ? integers{} + static_cast<std::int64_t>(i) : origin;
            best = better ? one : best;
        }
        std::memcpy(least + k, &best, sizeof best);
        std::memcpy(from + k, &origin, sizeof origin);
    }
}

} // namespace

shortest_path::shortest_path(std::vector<double> values, double price, std::int64_t lag)
    : d_candidates(values.size()), d_values(std::move(values)), d_price(price),
      d_slots(static_cast<std::size_t>(lag) + 1), d_row((d_candidates + lanes - 1) / lanes * lanes),
      d_J(d_slots * d_row), d_from(d_slots * d_row), d_empty(d_slots), d_cost(d_row), d_least(d_row)
{
    d_values.resize(d_row);
    start(0, d_values[0], first_frame::free);
}

std::size_t shortest_path::slot(std::int64_t n) const { return modulo(n, d_slots); }

std::size_t shortest_path::nearest(double at) const
{
    std::size_t best = 0;
    for (std::size_t k = 1; k < d_candidates; ++k)
        if (std::abs(d_values[k] - at) < std::abs(d_values[best] - at))
            best = k;
    return best;
}

void shortest_path::start(std::int64_t n, double at, first_frame first)
{
    d_last = nearest(at);
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

void shortest_path::advance(const double* J)
{
    const auto here = slot(++d_front);
    auto* kept = d_J.data() + here * d_row;
    d_empty[here] = !J;
    simd::dispatch<cheapest>(d_values.data(),
                             d_cost.data(),
                             d_candidates,
                             d_row / lanes,
                             d_price,
                             d_least.data(),
                             d_from.data() + here * d_row);
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

double shortest_path::resolve(std::int64_t n)
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
    d_criterion = empty ? std::numeric_limits<double>::quiet_NaN() : J[k];
    if (empty && k == d_last)
        return d_value;
    d_last = k;
    d_value = d_values[k];
    if (!empty && k > 0 && k + 1 < d_candidates) {
        const vertex lowest(J + k);
        d_value += lowest.offset * (d_values[k + 1] - d_values[k]);
        d_criterion += lowest.change;
    }
    return d_value;
}

} // namespace gr::stft::kernel
