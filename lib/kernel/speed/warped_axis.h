/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_WARPED_AXIS_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_WARPED_AXIS_H

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

//! Time on which a frequency of relative rate a is steady, in s from the frame's centre. 2 a u > -1
inline double warped_time(double u, double a)
{
    // (sqrt(1 + 2 a u) - 1) / a, without its loss of digits
    return 2 * u / (std::sqrt(1 + 2 * a * u) + 1);
}

//! A place between the values of a row: the cubic through four neighbours is read there.
template <class R>
struct cubic_point {
    std::int64_t at;         //!< index of the first of four values
    std::array<R, 4> weight; //!< weight of each of the four

    //! \param position of the value, index 0 at the row's start
    explicit cubic_point(double position)
    {
        const auto whole = std::floor(position);
        const auto t = position - whole;
        at = static_cast<std::int64_t>(whole) - 1;
        weight = { static_cast<R>(-t * (t - 1) * (t - 2) / 6),
                   static_cast<R>((t + 1) * (t - 1) * (t - 2) / 2),
                   static_cast<R>(-(t + 1) * t * (t - 2) / 2),
                   static_cast<R>((t + 1) * t * (t - 1) / 6) };
    }

    //! \param x the first of the four values
    R of(const R* x) const
    {
        return weight[0] * x[0] + weight[1] * x[1] + weight[2] * x[2] + weight[3] * x[3];
    }
};

//! The points of a frame of `count` samples, relative to the value at its centre, which has `density` values a second.
template <class R>
std::vector<cubic_point<R>>
warped_axis(double rate, std::size_t count, double samp_rate, double density)
{
    std::vector<cubic_point<R>> axis;
    axis.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto u = (static_cast<double>(i) - static_cast<double>(count / 2)) / samp_rate;
        axis.emplace_back(warped_time(u, rate) * density);
    }
    return axis;
}

} // namespace gr::stft::kernel
#endif
