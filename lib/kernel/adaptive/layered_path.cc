/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "layered_path.h"
#include <cmath>

namespace gr::stft::kernel {

layered_path::layered_path(std::vector<double> values, double price, std::int64_t lag)
    : viterbi_path(values, 2, 2 * values.size(), lag)
{
    for (std::size_t i = 0; i < d_candidates; ++i)
        for (std::size_t k = 0; k < d_candidates; ++k) {
            const double away =
                std::abs(d_values[i % d_values_count] - d_values[k % d_values_count]);
            d_change.push_back(price * away);
        }
}

void layered_path::advance(const double* J, double layer_price)
{
    auto* from = origins();
    for (std::size_t k = 0; k < d_candidates; ++k) { // of equal costs, no change wins
        from[k] = static_cast<std::int64_t>(k);
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
                from[k] = one < d_least[k] ? static_cast<std::int64_t>(i) : from[k];
                d_least[k] = one < d_least[k] ? one : d_least[k];
            }
        }
    }
    add(J);
}

} // namespace gr::stft::kernel
