/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_BENCH_HARNESS_H
#define INCLUDED_STFT_LIB_BENCH_HARNESS_H

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <functional>
#include <vector>

namespace gr::stft::bench {

/*!
 * Seconds that a call takes of this thread, [case][round]. Every round has every case, beginning one further each time,
 * and repeats it for so long.
 */
std::vector<std::vector<double>>
interleaved(const std::vector<std::function<void()>>& cases, std::size_t rounds, double seconds);

//! Largest |a - b| relative to the largest |a|.
template <class T>
double difference(const T* a, const T* b, std::size_t count)
{
    double peak = 0, most = 0;
    for (std::size_t i = 0; i < count; ++i) {
        peak = std::max(peak, static_cast<double>(std::abs(a[i])));
        most = std::max(most, static_cast<double>(std::abs(a[i] - b[i])));
    }
    return most / peak;
}

//! \throws std::runtime_error if results differ by more than 1e-5 of the peak
void require_agreement(double difference);

} // namespace gr::stft::bench
#endif
