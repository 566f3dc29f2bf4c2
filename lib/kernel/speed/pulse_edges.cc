/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "pulse_edges.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double low_quantile = 0.01, high_quantile = 0.995;
constexpr double low_threshold = 0.35, high_threshold = 0.65; // of the height
constexpr std::size_t shortest_block = 64;

} // namespace

template <class T>
pulse_levels levels_of(const T* samples, std::size_t count, T* scratch)
{
    const auto end =
        std::copy_if(samples, samples + count, scratch, [](T x) { return std::isfinite(x); });
    const auto n = end - scratch;
    if (n < 2)
        return { 0, 0, 0 };
    const auto quantile = [&](double q) {
        const auto at = scratch + static_cast<std::ptrdiff_t>(q * static_cast<double>(n - 1));
        std::nth_element(scratch, at, end);
        return static_cast<double>(*at);
    };
    const double base = quantile(low_quantile), top = quantile(high_quantile);
    const double height = top - base;
    if (!(height > 0) || !std::isfinite(height))
        return { base, top, 0 };
    // units of the height, in which squares fit; spikes count as little more than a pulse
    const auto unit = [&](T x) {
        return std::clamp((static_cast<double>(x) - base) / height, -0.5, 1.5);
    };
    double split = 0.5, below = 0, above = 0;
    for (int i = 0; i < 20; ++i) {
        double sums[2] = {}, counts[2] = {};
        for (auto x = scratch; x != end; ++x) {
            const auto u = unit(*x);
            sums[u >= split] += u;
            ++counts[u >= split];
        }
        if (counts[0] == 0 || counts[1] == 0)
            return { base, top, 0 };
        below = sums[0] / counts[0];
        above = sums[1] / counts[1];
        const auto next = (below + above) / 2;
        if (next == split)
            break;
        split = next;
    }
    double squares = 0;
    for (auto x = scratch; x != end; ++x) {
        const auto u = unit(*x), off = u - (u >= split ? above : below);
        squares += off * off;
    }
    const auto spread = std::sqrt(squares / static_cast<double>(n));
    return { base, top, spread > 0 ? (above - below) / spread : HUGE_VAL };
}

template <class T>
pulse_edges<T>::pulse_edges(const tacho_settings& s, std::int64_t first)
    : d_searched(first), d_levels_given(!s.levels.empty()),
      d_length(std::max<std::size_t>(shortest_block,
                                     static_cast<std::size_t>(s.level_time * s.samp_rate))),
      d_slowest(s.samp_rate / (s.lowest() * static_cast<double>(s.ppr)))
{
    if (d_levels_given) {
        d_sign = s.levels[0] < s.levels[1] ? 1 : -1;
        set_levels(d_sign * s.levels[0], d_sign * s.levels[1]);
    } else {
        d_block.reserve(d_length);
        d_scratch.resize(d_length);
    }
}

template <class T>
void pulse_edges<T>::set_levels(double base, double top)
{
    const auto at = [&](double fraction) { return base + fraction * (top - base); };
    d_low = at(low_threshold);
    d_middle = at(0.5);
    d_high = at(high_threshold);
    d_has_levels = true;
}

template <class T>
void pulse_edges<T>::add(const T* samples, std::size_t count, std::vector<sample_instant>& edges)
{
    if (d_levels_given) {
        search(samples, count, edges);
        return;
    }
    while (count) {
        const auto n = std::min(count, d_length - d_block.size());
        d_block.insert(d_block.end(), samples, samples + n);
        samples += n;
        count -= n;
        if (d_block.size() == d_length)
            search_block(edges);
    }
}

template <class T>
void pulse_edges<T>::search_block(std::vector<sample_instant>& edges)
{
    const bool whole = 2 * d_block.size() >= d_length;
    if (whole || !d_has_levels) { // a short rest may hold no pulse, or nothing else
        const auto found = levels_of(d_block.data(), d_block.size(), d_scratch.data());
        d_separation = found.separation;
        if (found.separation >= least_separation)
            set_levels(found.base, found.top);
    }
    if (d_has_levels)
        search(d_block.data(), d_block.size(), edges);
    else
        d_searched += static_cast<std::int64_t>(d_block.size());
    d_block.clear();
}

template <class T>
void pulse_edges<T>::finish(std::vector<sample_instant>& edges)
{
    if (!d_block.empty())
        search_block(edges);
}

template <class T>
void pulse_edges<T>::search(const T* samples, std::size_t count, std::vector<sample_instant>& edges)
{
    for (std::size_t i = 0; i < count; ++i) {
        const auto x = d_sign * static_cast<double>(samples[i]);
        if (!std::isfinite(x)) {
            d_has_previous = d_has_crossing = false;
            continue;
        }
        if (d_is_high) {
            if (x <= d_low)
                d_is_high = d_has_crossing = false;
        } else {
            if (d_has_previous && d_previous < d_middle && x >= d_middle) {
                const auto before = d_searched + static_cast<std::int64_t>(i) - 1;
                const auto fraction = (d_middle - d_previous) / (x - d_previous);
                d_crossing = fraction < 1 ? sample_instant{ before, fraction }
                                          : sample_instant{ before + 1, 0 };
                d_has_crossing = true;
            } else if (d_has_crossing &&
                       static_cast<double>(d_searched + static_cast<std::int64_t>(i) -
                                           d_crossing.sample) > d_slowest) {
                d_has_crossing = false;
            }
            if (x >= d_high) {
                if (d_has_crossing)
                    edges.push_back(d_crossing);
                d_is_high = true;
            }
        }
        d_previous = x;
        d_has_previous = true;
    }
    d_searched += static_cast<std::int64_t>(count);
}

template pulse_levels levels_of(const float*, std::size_t, float*);
template pulse_levels levels_of(const double*, std::size_t, double*);
template class pulse_edges<float>;
template class pulse_edges<double>;

} // namespace gr::stft::kernel
