/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_CRITERION_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_CRITERION_SUPPORT_H

#include "qa/support.h"
#include <functional>

namespace qa {

using reals = std::vector<double>;

struct sizes {
    std::size_t frames, bins;

    std::size_t count() const { return frames * bins; }
    std::string text() const { return std::to_string(frames) + " x " + std::to_string(bins); }
};

//! Single cells, rows and columns; more values than are summed in one run.
inline const std::vector<sizes> planes{ { 1, 1 }, { 1, 2 }, { 2, 1 }, { 1, 7 },  { 5, 1 },
                                        { 3, 4 }, { 4, 9 }, { 7, 5 }, { 3, 131 } };

template <class F>
void for_both_precisions(F f)
{
    f(float());
    f(double());
}

//! A function of many variables, and its gradient where the second argument is not null.
using loss = std::function<double(const reals&, double*)>;

//! Each slope is the central difference: rounding leaves 1e-16 / step of the value, the step squared of the slope.
inline void
assert_slopes(const loss& f, const reals& x, const std::string& what, double step = 1e-5)
{
    reals gradient(x.size(), 7e7), differences;
    const double value = f(x, gradient.data());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, value, f(x, nullptr));
    double largest = 1e-3;
    for (std::size_t i = 0; i < x.size(); ++i) {
        auto moved = x;
        moved[i] += step;
        const double after = f(moved, nullptr);
        moved[i] -= 2 * step;
        differences.push_back((after - f(moved, nullptr)) / (2 * step));
        largest = std::max(largest, std::abs(differences.back()));
    }
    for (std::size_t i = 0; i < x.size(); ++i)
        CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
            what + ", variable " + std::to_string(i), differences[i], gradient[i], 1e-7 * largest);
}

//! Magnitudes well away from 0, without symmetry.
inline reals magnitudes(std::size_t count)
{
    auto a = noise<double>(count, 5);
    for (auto& v : a)
        v = 0.2 + std::abs(v);
    return a;
}

inline double log_or_0(double x) { return x > 0 ? std::log(x) : 0; }

inline double mean_power(const reals& a, double p)
{
    double sum = 0;
    for (auto v : a)
        sum += std::pow(v, p);
    return sum / static_cast<double>(a.size());
}

template <class R>
const std::complex<R>* as_complex(const std::vector<R>& parts)
{
    return reinterpret_cast<const std::complex<R>*>(parts.data());
}

} // namespace qa
#endif
