/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_ORDER_SCORE_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_ORDER_SCORE_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

//! How a row's bins lie.
struct row_axis {
    std::size_t bins;
    double bin_width; //!< Hz
    double nyquist;   //!< Hz, of the samples before decimation

    static constexpr double noise = 0.6; //!< mean of ln(1 + P / F) of noise, e E1(1)

    //! Value of a row at a frequency, linear between its bins; 0 below bin 2 and above the last one.
    template <class R>
    R at(const R* row, double hz) const
    {
        const auto m = hz / bin_width;
        if (!(m >= 2 && m < static_cast<double>(bins - 1) && hz < nyquist))
            return 0;
        const auto whole = static_cast<std::size_t>(m);
        const auto part = static_cast<R>(m - static_cast<double>(whole));
        return row[whole] + part * (row[whole + 1] - row[whole]);
    }

    //! Sets the values within `reach` Hz of a frequency.
    template <class R>
    void set(R* row, double hz, double reach, R value) const
    {
        const auto last = static_cast<double>(bins) - 1;
        const auto begin = std::ceil((hz - reach) / bin_width),
                   end = std::floor((hz + reach) / bin_width);
        if (end < 0 || begin > last)
            return;
        std::fill(row + static_cast<std::size_t>(std::max(0.0, begin)),
                  row + static_cast<std::size_t>(std::min(last, end)) + 1,
                  value);
    }

    //! Sets the values within `reach` Hz of the multiples of these frequencies to those of noise, which speak neither for
    //! nor against an order there.
    template <class R>
    void clear_multiples(R* row, const std::vector<double>& frequencies, double reach) const
    {
        for (const auto hz : frequencies)
            for (double k = 1; k * hz - reach <= bin_width * static_cast<double>(bins); ++k)
                set(row, k * hz, reach, static_cast<R>(noise));
    }
};

//! Rotation frequencies that are tried: first, first + step ..
struct ridge_grid {
    double first, step; //!< Hz
    std::size_t count;

    double at(double cell) const { return first + cell * step; }
};

//! Sums of a row's values at the orders of each frequency of a grid.
class order_score
{
public:
    order_score(const ridge_grid& grid, const std::vector<double>& orders, const row_axis& axis)
        : d_count(grid.count)
    {
        for (const auto k : orders)
            for (std::size_t g = 0; g < grid.count; ++g) {
                const auto hz = k * grid.at(static_cast<double>(g)), m = hz / axis.bin_width;
                const bool seen =
                    m >= 2 && m < static_cast<double>(axis.bins - 1) && hz < axis.nyquist;
                const auto whole = seen ? static_cast<std::uint32_t>(m) : 0;
                d_points.push_back({ whole, seen ? static_cast<float>(m - whole) : nothing });
            }
    }

    //! weights: one for each order
    void sum(const float* row, const std::vector<float>& weights, float* scores) const
    {
        std::fill_n(scores, d_count, 0.0f);
        const auto* point = d_points.data();
        for (const auto weight : weights)
            for (std::size_t g = 0; g < d_count; ++g, ++point)
                if (point->part >= 0)
                    scores[g] += weight * (row[point->bin] +
                                           point->part * (row[point->bin + 1] - row[point->bin]));
    }

private:
    static constexpr float nothing = -1;
    struct point {
        std::uint32_t bin;
        float part;
    };
    std::size_t d_count;
    std::vector<point> d_points; // [order][frequency]
};

//! Distance of a parabola's vertex from the middle of three values, -1/2 .. 1/2; 0 where the middle one is no peak.
inline double vertex(double before, double middle, double after)
{
    const auto bend = before - 2 * middle + after;
    return bend < 0 ? std::clamp((before - after) / (2 * bend), -0.5, 0.5) : 0;
}

} // namespace gr::stft::kernel
#endif
