/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiled once for each level: SIMD_LEVEL names it, SIMD_BYTES is the size of its vectors. */
#include "routines.h"
#include "lanes.h"
#include "shapes.h"
#include "cell_windows.h"
#include "cells.h"
#include "cell_adjoints.h"
#include "running.h"
#include "patches.h"
#include "products.h"
#include "chirps.h"

namespace gr::stft::kernel::simd::SIMD_LEVEL {

namespace {

template <class R>
constexpr routines<R> table{ taper<R>,       project<R>,           analyse<R>, spread<R>,
                             energy<R>,      window_sums<R>,       run<R>,     unfold_patch<R>,
                             fold_patch<R>,  multiply_add<R>,      scale<R>,   scale_add<R>,
                             overlap_add<R>, scale_overlap_add<R>, chirp<R> };

} // namespace

const routines<float>& single_precision() { return table<float>; }
const routines<double>& double_precision() { return table<double>; }

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
