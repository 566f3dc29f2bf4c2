/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/logarithm.h"
#include "qa/criterion_support.h"
#include <limits>

using namespace gr::stft::kernel;
using qa::for_both_precisions;

class qa_logarithm : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_logarithm);
    CPPUNIT_TEST(logarithm_is_that_of_the_library);
    CPPUNIT_TEST(logarithm_of_zero_is_finite);
    CPPUNIT_TEST_SUITE_END();

    template <class R>
    static double worst_logarithm(double from, double to, bool absolute)
    {
        double worst = 0;
        const double ratio = std::pow(to / from, 1e-5);
        for (double x = from; x < to; x *= ratio) {
            const auto rounded = static_cast<R>(x);
            const long double exact = std::log(static_cast<long double>(rounded));
            const double error = static_cast<double>(std::abs(natural_log(rounded) - exact));
            worst =
                std::max(worst, absolute ? error : error / std::abs(static_cast<double>(exact)));
        }
        return worst;
    }

    void logarithm_is_that_of_the_library()
    {
        CPPUNIT_ASSERT(worst_logarithm<float>(1.2e-38, 0.5, false) < 1.3e-7);
        CPPUNIT_ASSERT(worst_logarithm<float>(0.5, 2, true) < 1.3e-7);
        CPPUNIT_ASSERT(worst_logarithm<float>(2, 3.4e38, false) < 1.3e-7);
        CPPUNIT_ASSERT(worst_logarithm<double>(2.3e-308, 0.9, false) < 3e-16);
        CPPUNIT_ASSERT(worst_logarithm<double>(0.9, 1.1, true) < 2e-17);
        CPPUNIT_ASSERT(worst_logarithm<double>(1.1, 1.7e308, false) < 3e-16);
        for_both_precisions([](auto zero) {
            using R = decltype(zero);
            CPPUNIT_ASSERT_EQUAL(R(0), natural_log(R(1)));
        });
    }

    void logarithm_of_zero_is_finite()
    {
        for_both_precisions([](auto zero) {
            using limits = std::numeric_limits<decltype(zero)>;
            for (auto x : { zero, limits::denorm_min(), limits::infinity(), limits::quiet_NaN() })
                CPPUNIT_ASSERT(std::isfinite(natural_log(x)));
            CPPUNIT_ASSERT(natural_log(zero) < -88);
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_logarithm);
