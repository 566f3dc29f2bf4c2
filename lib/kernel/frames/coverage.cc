/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/coverage.h>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace gr::stft::kernel {

namespace {

void check(const double* t, const double* theta, std::size_t frames, double length)
{
    if (frames < 1)
        refuse("frames", frames, "must be 1 or more");
    if (!(length > 0) || !std::isfinite(length))
        refuse("length", length, "must be positive and finite");
    for (std::size_t n = 0; n < frames; ++n) {
        if (!std::isfinite(t[n]))
            refuse("t", t[n], "must be finite");
        if (!(theta[n] > 0) || !std::isfinite(theta[n]))
            refuse("theta", theta[n], "must be positive and finite");
    }
}

//! Derivatives of a sum of the windows' edges.
class edges
{
public:
    edges(std::size_t frames, double length, double* t, double* theta)
        : d_unit(1 / length), d_t(t), d_theta(theta)
    {
        for (auto* gradient : { t, theta })
            if (gradient)
                std::fill_n(gradient, frames, 0.0);
    }

    void add_start(std::size_t n, double sign) { add(n, sign, -0.5); }
    void add_end(std::size_t n, double sign) { add(n, sign, 0.5); }

private:
    void add(std::size_t n, double sign, double half)
    {
        if (d_t)
            d_t[n] += sign * d_unit;
        if (d_theta)
            d_theta[n] += sign * half * d_unit;
    }

    double d_unit, *d_t, *d_theta;
};

} // namespace

double coverage_union(const double* t,
                      const double* theta,
                      std::size_t frames,
                      double length,
                      double* gradient_t,
                      double* gradient_theta)
{
    check(t, theta, frames, length);
    edges slopes(frames, length, gradient_t, gradient_theta);
    const auto start = [&](std::size_t n) { return t[n] - theta[n] / 2; };
    std::vector<std::size_t> order(frames);
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(
        order.begin(), order.end(), [&](auto a, auto b) { return start(a) < start(b); });

    double covered = 0, end = 0; // end: of what is covered so far
    auto owner = frames;         // the window that ends there; none yet
    for (auto n : order) {
        const double left = start(n), right = t[n] + theta[n] / 2;
        const double clipped = std::min(right, length);
        if (clipped <= end || left >= length)
            continue;
        if (left > end) {
            covered += clipped - left;
            slopes.add_start(n, -1);
        } else {
            covered += clipped - end;
            if (owner != frames)
                slopes.add_end(owner, -1);
        }
        if (right < length)
            slopes.add_end(n, 1);
        end = clipped;
        owner = n;
    }
    return covered / length;
}

double coverage_min(const double* t,
                    const double* theta,
                    std::size_t frames,
                    double length,
                    double* gradient_t,
                    double* gradient_theta)
{
    check(t, theta, frames, length);
    edges slopes(frames, length, gradient_t, gradient_theta);
    double sum = 0;
    for (std::size_t n = 0; n < frames; ++n) {
        const bool last = n + 1 == frames;
        const double step = last ? 0 : t[n + 1] - t[n] - (theta[n + 1] - theta[n]) / 2;
        const bool apart = last || theta[n] <= step;
        sum += apart ? theta[n] : step;
        if (apart)
            slopes.add_end(n, 1);
        else
            slopes.add_start(n + 1, 1);
        slopes.add_start(n, -1);
    }
    return sum / length;
}

} // namespace gr::stft::kernel
