/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiled once for each level: SIMD_LEVEL names it, SIMD_BYTES is the size of its vectors. */
#include "routines.h"
#include "lanes.h"
#include "shapes.h"
#include "cells.h"
#include "running.h"
#include "patches.h"
#include "products.h"

namespace gr::stft::kernel::simd::SIMD_LEVEL {

namespace {

template <class R>
void fold(const R* in, std::size_t h, R c, const R* re_twice, const R* im_signed, R* out)
{
    constexpr std::size_t pairs = width<R> / 2; // complex numbers in a vector
    integers<R> swapped{}, backwards{};
    vector<R> conjugate{};
    for (std::size_t l = 0; l < width<R>; ++l) {
        using index = typename integer_of<R>::type;
        swapped[l] = static_cast<index>(l ^ 1);
        backwards[l] = static_cast<index>((width<R> - 2 - (l & ~std::size_t(1))) | (l & 1));
        conjugate[l] = l & 1 ? R(-1) : R(1);
    }
    const auto several = [&](std::size_t k) __attribute__((always_inline))
    {
        const auto mirror = 2 * (h - k - pairs + 1);
        const auto a = load<R>(in + 2 * k);
        const auto b = conjugate * shuffled<R>(load<R>(in + mirror), backwards);
        const auto s = c * (a + b), d = a - b;
        const auto t =
            load<R>(re_twice + 2 * k) * d + load<R>(im_signed + 2 * k) * shuffled<R>(d, swapped);
        store<R>(out + 2 * k, s + t);
        store<R>(out + mirror, shuffled<R>(conjugate * (s - t), backwards));
    };
    const auto middle = h / 2;
    std::size_t k = 1;
    for (; k + pairs <= middle + 1; k += pairs)
        several(k);
    if (k <= middle && middle >= pairs) { // the rest, with some once more
        several(middle - pairs + 1);
        return;
    }
    for (; k <= middle; ++k) {
        const R *x = in + 2 * k, *y = in + 2 * (h - k);
        const R sr = c * (x[0] + y[0]), si = c * (x[1] - y[1]);
        const R dr = x[0] - y[0], di = x[1] + y[1];
        const R tr = re_twice[2 * k] * dr + im_signed[2 * k] * di;
        const R ti = re_twice[2 * k] * di + im_signed[2 * k + 1] * dr;
        out[2 * k] = sr + tr;
        out[2 * k + 1] = si + ti;
        out[2 * (h - k)] = sr - tr;
        out[2 * (h - k) + 1] = ti - si;
    }
}

template <class R>
constexpr routines<R> table{ fold<R>,        taper<R>,         project<R>,
                             analyse<R>,     spread<R>,        energy<R>,
                             window_sums<R>, run<R>,           unfold_patch<R>,
                             fold_patch<R>,  multiply_add<R>,  scale<R>,
                             scale_add<R>,   add_and_weigh<R>, scale_add_and_weigh<R> };

} // namespace

const routines<float>& single_precision() { return table<float>; }
const routines<double>& double_precision() { return table<double>; }

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
