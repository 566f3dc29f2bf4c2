/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "shortest_path.h"
#include <gnuradio/stft/kernel/phase.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {
constexpr double far = 1e9; // costs more than any path
}

shortest_path::shortest_path(std::vector<double> places, double price, std::int64_t lag)
    : d_places(std::move(places)), d_price(price), d_slots(static_cast<std::size_t>(lag) + 1),
      d_steps(d_slots * d_places.size()), d_empty(d_slots), d_cost(d_places.size()),
      d_next(d_places.size())
{
    start(0, d_places[0], false);
}

shortest_path::step* shortest_path::row(std::int64_t n)
{
    return d_steps.data() + modulo(n, d_slots) * d_places.size();
}

std::size_t shortest_path::nearest(double at) const
{
    std::size_t best = 0;
    for (std::size_t k = 1; k < d_places.size(); ++k)
        if (std::abs(d_places[k] - at) < std::abs(d_places[best] - at))
            best = k;
    return best;
}

void shortest_path::start(std::int64_t n, double at, bool held)
{
    d_last = nearest(at);
    d_value = at;
    d_criterion = std::numeric_limits<double>::quiet_NaN();
    std::fill(d_cost.begin(), d_cost.end(), far);
    d_cost[d_last] = 0;
    d_front = n - 1;
    if (!held)
        return;
    d_front = n;
    d_empty[modulo(n, d_slots)] = true;
    for (std::size_t k = 0; k < d_places.size(); ++k)
        row(n)[k] = { 0, d_last };
}

void shortest_path::advance(const double* J)
{
    ++d_front;
    const auto K = d_places.size();
    auto* steps = row(d_front);
    d_empty[modulo(d_front, d_slots)] = !J;
    for (std::size_t k = 0; k < K; ++k) {
        auto from = k; // of equal costs the one without a change is taken
        double least = d_cost[k];
        for (std::size_t i = 0; i < K; ++i) {
            const double cost = d_cost[i] + d_price * std::abs(d_places[k] - d_places[i]);
            if (cost < least) {
                least = cost;
                from = i;
            }
        }
        steps[k] = { J ? J[k] : 0, from };
        d_next[k] = least + steps[k].J;
    }
    // only differences count, and sums would grow for ever
    const double least = *std::min_element(d_next.begin(), d_next.end());
    for (std::size_t k = 0; k < K; ++k)
        d_cost[k] = d_next[k] - least;
}

double shortest_path::resolve(std::int64_t n)
{
    auto k =
        static_cast<std::size_t>(std::min_element(d_cost.begin(), d_cost.end()) - d_cost.begin());
    for (auto p = d_front; p > n; --p)
        k = row(p)[k].from;
    const auto* J = row(n);
    const bool empty = d_empty[modulo(n, d_slots)];
    d_criterion = empty ? std::numeric_limits<double>::quiet_NaN() : J[k].J;
    if (empty && k == d_last)
        return d_value;
    d_last = k;
    d_value = d_places[k];
    if (!empty && k > 0 && k + 1 < d_places.size()) {
        const double bend = J[k - 1].J - 2 * J[k].J + J[k + 1].J,
                     slope = (J[k + 1].J - J[k - 1].J) / 2;
        const double offset = bend > 0     ? std::clamp(-slope / bend, -0.5, 0.5)
                              : slope == 0 ? 0
                                           : std::copysign(0.5, -slope);
        d_value += offset * (d_places[k + 1] - d_places[k]);
        d_criterion += bend > 0 ? offset * (slope + offset * bend / 2) : offset * slope;
    }
    return d_value;
}

} // namespace gr::stft::kernel
