/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SIMD_RUN_SUMS_H
#define INCLUDED_STFT_LIB_KERNEL_SIMD_RUN_SUMS_H

#include "dispatch.h"
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

/* Common to the losses: the threshold of silence, and sums over many values. */
namespace gr::stft::kernel {

//! Magnitudes whose sum is smaller are silence: their gradients, of the order of its inverse, would overflow.
template <class R>
constexpr double quiet = std::numeric_limits<R>::min() * 1e12;

//! Values whose sum may be taken in their own precision before it joins one in double.
constexpr std::size_t short_run = 128;

struct extent {
    double top, sum; //!< the largest |value|, not counting NaN; the sum of |value|, NaN if any is
};

template <class R>
STFT_LOOP extent extent_of(const R* values, std::size_t count)
{
    R top = 0;
    double sum = 0;
#pragma omp simd reduction(max : top) reduction(+ : sum)
    for (std::size_t i = 0; i < count; ++i) {
        const R v = std::abs(values[i]);
        top = top < v ? v : top;
        sum += v;
    }
    return { static_cast<double>(top), sum };
}

//! A derivative in R; the largest number of R where it is larger.
template <class R>
R bounded(double derivative)
{
    constexpr double limit = std::numeric_limits<R>::max();
    derivative = derivative > limit ? limit : derivative;
    return static_cast<R>(derivative < -limit ? -limit : derivative);
}

//! Calls f with x -> x^exponent, x >= 0, in its fastest form; 0 to a negative power gives 0.
template <class F>
void with_power(double exponent, F f)
{
    if (exponent == -0.5)
        f([](double x) { return x > 0 ? 1 / std::sqrt(x) : 0.0; });
    else if (exponent == 0)
        f([](double) { return 1.0; });
    else if (exponent == 0.5)
        f([](double x) { return std::sqrt(x); });
    else if (exponent == 1)
        f([](double x) { return x; });
    else if (exponent == 2)
        f([](double x) { return x * x; });
    else if (exponent == 3)
        f([](double x) { return x * x * x; });
    else
        f([exponent](double x) { return x > 0 ? std::pow(x, exponent) : 0.0; });
}

} // namespace gr::stft::kernel
#endif
