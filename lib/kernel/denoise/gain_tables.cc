/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/denoise/gain_tables.h"
#include <boost/math/special_functions/expint.hpp>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double end_of_presence = 40; // where the probability is 1 to single precision

double correction_at(double t)
{
    if (t <= 0 || t >= 1)
        return 1;
    const auto v = t / (1 - t);
    return std::exp(boost::math::expint(1, v) / 2) * std::sqrt(v / (v + euler_factor));
}

double presence_at(double g)
{
    const auto s = std::pow(10, 1.5);
    return 1 / (1 + (1 + s) * std::exp(-g * s / (1 + s)));
}

} // namespace

template <class R>
const gain_tables<R>& gain_tables<R>::get()
{
    static const gain_tables tables{ { correction_at, 1, 1024 },
                                     { presence_at, end_of_presence, 4096 } };
    return tables;
}

template struct gain_tables<float>;
template struct gain_tables<double>;

} // namespace gr::stft::kernel
