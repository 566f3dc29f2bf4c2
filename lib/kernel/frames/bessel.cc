/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bessel.h"
#include <cmath>
#include <cstddef>

namespace gr::stft::kernel {

namespace {

// Chebyshev coefficients, the last one first, of exp(-z) I0(z) in z / 2 - 2 for z = 0 .. 8, and of sqrt(z) exp(-z) I0(z) in
// 32 / z - 2 for z >= 8: the intervals, orders and summation of Cephes, so that SciPy's Kaiser windows come out to the bit
constexpr double bessel_near[]{
    -4.4153416464793395e-18, 3.3307945188222384e-17,  -2.4312798465479549e-16,
    1.7153912855551331e-15,  -1.1685332877993451e-14, 7.6761854986049361e-14,
    -4.856446783111929e-13,  2.9550526631296399e-12,  -1.7268262914415559e-11,
    9.675809035373237e-11,   -5.1897956016352627e-10, 2.6598237246823866e-09,
    -1.300025009986248e-08,  6.0469950225419186e-08,  -2.6707938539406119e-07,
    1.1173875391201037e-06,  -4.4167383584587505e-06, 1.6448448070728896e-05,
    -5.754195010082104e-05,  0.00018850288509584165,  -0.00057637557453858236,
    0.0016394756169413357,   -0.0043243099950505759,  0.010546460394594998,
    -0.023737414805899471,   0.049305284239670712,    -0.094901097048047639,
    0.17162090152220877,     -0.3046826723431984,     0.67679527440947607
};
constexpr double bessel_far[]{
    -7.2331804878747538e-18, -4.8305044859441819e-18, 4.4656214202967598e-17,
    3.4612228676974612e-17,  -2.8276239805165836e-16, -3.425485619677219e-16,
    1.7725601330565263e-15,  3.8116806693526224e-15,  -9.5548466988283073e-15,
    -4.1505693472872222e-14, 1.54008621752141e-14,    3.8527783827421426e-13,
    7.180124451383666e-13,   -1.7941785315068062e-12, -1.3215811840447713e-11,
    -3.1499165279632416e-11, 1.1889147107846439e-11,  4.9406023882249701e-10,
    3.3962320257083865e-09,  2.266668990498178e-08,   2.0489185894690638e-07,
    2.8913705208347567e-06,  6.8897583469168245e-05,  0.0033691164782556943,
    0.80449041101410879
};

//! Sum of a Chebyshev series at 2 t, by Clenshaw's recurrence.
template <std::size_t count>
double chebyshev_sum(const double (&coefficients)[count], double t)
{
    double now = 0, before = 0, before_that = 0;
    for (double c : coefficients) {
        before_that = before;
        before = now;
        now = t * before - before_that + c;
    }
    return 0.5 * (now - before_that);
}

} // namespace

double bessel_i0(double z)
{
    if (z <= 8)
        return std::exp(z) * chebyshev_sum(bessel_near, z / 2 - 2);
    return std::exp(z) * chebyshev_sum(bessel_far, 32 / z - 2) / std::sqrt(z);
}

double scaled_bessel(double z)
{
    return z <= 8 ? chebyshev_sum(bessel_near, z / 2 - 2)
                  : chebyshev_sum(bessel_far, 32 / z - 2) / std::sqrt(z);
}

} // namespace gr::stft::kernel
