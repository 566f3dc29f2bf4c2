/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include "theta_bounds.h"
#include <limits>
#include <sstream>

using namespace gr::stft::kernel;

namespace {

// lower bounds whose nearest floats lie below, on and above them; upper bounds alike
constexpr double lower[]{ 4, 4.1, 4.3, 1.0 / 3 + 5 };
constexpr double upper[]{ 64, 64.1, 64.3, 1.0 / 3 + 70 };

} // namespace

class qa_theta_bounds : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_theta_bounds);
    CPPUNIT_TEST(no_float_passes_a_bound_by_its_rounding);
    CPPUNIT_TEST(a_theta_within_the_bounds_is_rounded_to_the_nearest_float);
    CPPUNIT_TEST(clipping_gives_the_extremes_and_the_sum_of_what_is_left);
    CPPUNIT_TEST_SUITE_END();

    void no_float_passes_a_bound_by_its_rounding()
    {
        bool low_rounded_up = false, high_rounded_down = false;
        for (const double least : lower) {
            const qa::context in_least("least", least);
            for (const double greatest : upper) {
                const qa::context in_greatest("greatest", greatest);
                const theta_bounds bounds(least, greatest);
                const float low = bounds.nearest(0), high = bounds.nearest(1e9);
                CPPUNIT_ASSERT(low >= least && high <= greatest);
                // the next floats are outside
                CPPUNIT_ASSERT(std::nextafterf(low, 0) < least);
                CPPUNIT_ASSERT(std::nextafterf(high, 1e9F) > greatest);
                low_rounded_up = low_rounded_up || static_cast<float>(least) < least;
                high_rounded_down = high_rounded_down || static_cast<float>(greatest) > greatest;
            }
        }
        CPPUNIT_ASSERT(low_rounded_up && high_rounded_down);
    }

    void a_theta_within_the_bounds_is_rounded_to_the_nearest_float()
    {
        const theta_bounds bounds(4.1, 64.3);
        for (const double theta : { 4.2, 17.7, 64.2 }) {
            const qa::context in_theta("theta", theta);
            CPPUNIT_ASSERT_EQUAL(static_cast<float>(theta), bounds.nearest(theta));
        }
    }

    void clipping_gives_the_extremes_and_the_sum_of_what_is_left()
    {
        const theta_bounds bounds(4.1, 64.3);
        for (const std::size_t count : { 1, 2, 7, 16, 100, 1025 }) {
            const auto given = qa::noise<float>(count, 5);
            std::vector<float> theta(count), expected(count);
            double sum = 0;
            float least = 1e9F, greatest = 0;
            for (std::size_t m = 0; m < count; ++m) {
                theta[m] = 30 + 40 * given[m];
                expected[m] = bounds.nearest(theta[m]);
                least = std::min(least, expected[m]);
                greatest = std::max(greatest, expected[m]);
                sum += expected[m];
            }
            const auto statistics = bounds.clip(theta.data(), count);
            const auto message = std::to_string(count) + " bins";
            CPPUNIT_ASSERT_MESSAGE(message, theta == expected);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(message, static_cast<double>(least), statistics.least);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(
                message, static_cast<double>(greatest), statistics.greatest);
            CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(message, sum, statistics.sum, 1e-12 * sum);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_theta_bounds);
