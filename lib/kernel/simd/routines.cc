/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiled once for each level: SIMD_LEVEL names it, SIMD_BYTES is the size of its vectors. */
#include "routines.h"
#include "lanes.h"
#include "shapes.h"
#include "cells.h"

namespace gr::stft::kernel::simd::SIMD_LEVEL {

namespace {

template <class R>
void project(const R* a, const R* b, const R* c, std::size_t count, double* sums)
{
    vector<R> first{}, second{};
    std::size_t j = 0;
    for (; j + width<R> <= count; j += width<R>) {
        const auto v = load<R>(c + j);
        first += load<R>(a + j) * v;
        second += load<R>(b + j) * v;
    }
    sums[0] = sum<R>(first);
    sums[1] = sum<R>(second);
    for (; j < count; ++j) {
        sums[0] += static_cast<double>(a[j]) * c[j];
        sums[1] += static_cast<double>(b[j]) * c[j];
    }
}

template <class R>
constexpr routines<R> table{
    taper<R>, project<R>, analyse<R>, spread<R>, energy<R>, window_sums<R>
};

} // namespace

const routines<float>& single_precision() { return table<float>; }
const routines<double>& double_precision() { return table<double>; }

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
