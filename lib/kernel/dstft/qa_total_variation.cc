/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/criterion_support.h"
#include <gnuradio/stft/kernel/dstft/total_variation.h>

using namespace gr::stft::kernel;
using qa::assert_slopes;
using qa::magnitudes;
using qa::planes;
using qa::reals;

class qa_total_variation : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_total_variation);
    CPPUNIT_TEST(total_variation_is_its_sum);
    CPPUNIT_TEST(total_variations_slopes_are_central_differences);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void total_variation_is_its_sum()
    {
        for (const auto& s : planes) {
            const qa::context in_s("s", s);
            const auto theta = magnitudes(s.count());
            const auto at = [&](std::size_t n, std::size_t m) { return theta[n * s.bins + m]; };
            double four = 0, forward = 0;
            for (std::size_t n = 0; n < s.frames; ++n)
                for (std::size_t m = 0; m < s.bins; ++m) {
                    const auto square = [&](bool inside, std::size_t i, std::size_t k) {
                        return inside ? std::pow(at(n, m) - at(i, k), 2) : 0;
                    };
                    const double ahead =
                        square(n + 1 < s.frames, n + 1, m) + square(m + 1 < s.bins, n, m + 1);
                    const double back = square(n > 0, n - 1, m) + square(m > 0, n, m - 1);
                    four += std::sqrt(0.01 + 0.3 * (ahead + back));
                    if ((n + 1 < s.frames || s.frames == 1) && (m + 1 < s.bins || s.bins == 1))
                        forward += std::sqrt(0.01 + 0.3 * ahead);
                }
            const auto value = [&](neighbourhood around) {
                return total_variation(theta.data(), s.frames, s.bins, around, 0.01, 0.3);
            };
            CPPUNIT_ASSERT_DOUBLES_EQUAL(four, value(neighbourhood::nonlocal4), 1e-12 * four);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(forward, value(neighbourhood::forward), 1e-12 * forward);
        }
    }

    void total_variations_slopes_are_central_differences()
    {
        for (auto around : { neighbourhood::nonlocal4, neighbourhood::forward })
            for (const auto& s : planes)
                assert_slopes(
                    [&](const reals& theta, double* g) {
                        return total_variation(
                            theta.data(), s.frames, s.bins, around, 0.01, 0.3, g);
                    },
                    magnitudes(s.count()),
                    s.text());
    }

    void wrong_arguments_are_refused()
    {
        const reals theta(6, 1);
        reals untouched(6, 7);
        auto* g = untouched.data();
        const auto variation = [&](std::size_t bins, double eps, double gamma) {
            total_variation(theta.data(), 2, bins, neighbourhood::forward, eps, gamma, g);
        };
        qa::assert_refused("eps: 0: must be positive and finite", [&] { variation(3, 0, 1); });
        qa::assert_refused("gamma: -1: must not be negative, and finite",
                           [&] { variation(3, 1, -1); });
        qa::assert_refused("bins: 0: must be 1 or more", [&] { variation(0, 1, 1); });
        CPPUNIT_ASSERT(untouched == reals(6, 7));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_total_variation);
