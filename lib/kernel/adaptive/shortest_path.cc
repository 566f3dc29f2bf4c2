/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/dispatch.h"
#include "shortest_path.h"
#include <cstring>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t lanes = 4; // longer vectors are taken apart where there is no AVX-512
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
    : viterbi_path(values, 1, (values.size() + lanes - 1) / lanes * lanes, lag), d_price(price)
{}

void shortest_path::advance(const double* J)
{
    simd::dispatch<cheapest>(d_values.data(),
                             d_cost.data(),
                             d_candidates,
                             d_row / lanes,
                             d_price,
                             d_least.data(),
                             origins());
    add(J);
}

} // namespace gr::stft::kernel
