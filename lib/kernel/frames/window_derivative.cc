/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnuradio/stft/kernel/frames/window_derivative.h>
#include <algorithm>
#include <array>

namespace gr::stft::kernel {

namespace {

constexpr std::array<double, derivative_reach> coefficients()
{
    std::array<double, derivative_reach> c{};
    double ratio = 1; // J!^2 / ((J - j)! (J + j)!)
    for (std::size_t j = 1; j <= derivative_reach; ++j) {
        ratio *= static_cast<double>(derivative_reach - j + 1) /
                 static_cast<double>(derivative_reach + j);
        c[j - 1] = (j % 2 ? 1 : -1) * ratio / static_cast<double>(j);
    }
    return c;
}

} // namespace

void differentiate(const std::complex<double>* w,
                   std::size_t size,
                   std::complex<double>* derivative)
{
    static constexpr auto c = coefficients();
    std::fill(derivative, derivative + size + 2 * derivative_reach, 0.0);
    for (std::size_t j = 1; j <= derivative_reach; ++j) {
        auto* before = derivative + (derivative_reach - j);
        auto* after = derivative + (derivative_reach + j);
        for (std::size_t m = 0; m < size; ++m) {
            before[m] += c[j - 1] * w[m];
            after[m] -= c[j - 1] * w[m];
        }
    }
}

} // namespace gr::stft::kernel
