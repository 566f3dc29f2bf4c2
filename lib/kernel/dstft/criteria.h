/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_CRITERIA_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_CRITERIA_H

#include "kernel/simd/dispatch.h"

/* Criteria of concentration as functions of two sums over the bins of one frame or of a block of
 * frames. Each has value(), its value J for a given natural logarithm, and slope(), the derivatives
 * of J by the two sums. */
namespace gr::stft::kernel {

//! Two sums over bins and frames; each criterion below names them.
struct criterion_sums {
    double first = 0, second = 0;

    criterion_sums& operator+=(const criterion_sums& more)
    {
        first += more.first;
        second += more.second;
        return *this;
    }
    criterion_sums operator*(double factor) const { return { first * factor, second * factor }; }
};

//! 2 ln sum a - ln sum q, a = sqrt(q). The sums: a, q.
struct l1l2_of_sums {
    template <class Log>
    STFT_LOOP double value(double first, double second, Log log) const
    {
        return 2 * log(first) - log(second);
    }

    criterion_sums slope(const criterion_sums& s) const { return { 2 / s.first, -1 / s.second }; }
};

//! Shannon's entropy of v as a distribution, in nats; v is q or a. The sums: v ln v, v.
struct entropy_of_sums {
    template <class Log>
    STFT_LOOP double value(double first, double second, Log log) const
    {
        return log(second) - first / second;
    }

    criterion_sums slope(const criterion_sums& s) const
    {
        return { -1 / s.second, (1 + s.first / s.second) / s.second };
    }

    //! dJ/dv = first ln v + second, in which the 1 of d(v ln v)/dv = ln v + 1 has cancelled.
    criterion_sums slope_by_log(const criterion_sums& s) const
    {
        return { -1 / s.second, s.first / s.second / s.second };
    }
};

//! Renyi's entropy of q, in nats. The sums: q^order, q.
struct renyi_of_sums {
    double order;

    template <class Log>
    STFT_LOOP double value(double first, double second, Log log) const
    {
        return (log(first) - order * log(second)) / (1 - order);
    }

    criterion_sums slope(const criterion_sums& s) const
    {
        return { 1 / (1 - order) / s.first, -order / (1 - order) / s.second };
    }

    //! dJ/dq, 0 for q = 0. \param raised q -> q^(order - 1)
    template <class Raised>
    double by_q(double q, const criterion_sums& slope, Raised raised) const
    {
        const double dq = order * slope.first * raised(q) + slope.second;
        return q > 0 ? dq : 0;
    }
};

} // namespace gr::stft::kernel
#endif
