/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/machine/level_histogram.h"
#include "qa/baseline_support.h"

using namespace qa::baselines;

//! Median and spread of levels that are counted in classes.
class qa_level_histogram : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_level_histogram);
    CPPUNIT_TEST(median_and_spread_are_near_those_of_sorted_levels);
    CPPUNIT_TEST(levels_that_share_a_class_have_their_mean);
    CPPUNIT_TEST(a_few_bad_hours_do_not_move_the_median);
    CPPUNIT_TEST_SUITE_END();

    void median_and_spread_are_near_those_of_sorted_levels()
    {
        for (const auto spread : { 0.05, 0.2, 0.7, 2.0, 6.0 })
            for (unsigned seed = 0; seed < 10; ++seed) {
                const qa::context here("spread", spread);
                const qa::context there("seed", seed);
                std::mt19937 draw(seed);
                std::normal_distribution<> level(-40.31 - seed * 0.1, spread);
                level_histogram histogram;
                std::vector<double> all;
                for (int i = 0; i < 2000; ++i) {
                    all.push_back(level(draw));
                    histogram.add(all.back());
                }
                const auto [median, sd] = robust(all);
                const auto found = histogram.result();
                CPPUNIT_ASSERT_DOUBLES_EQUAL(median, found.median, 0.15 * std::max(spread, 0.4));
                CPPUNIT_ASSERT(found.spread < std::max(0.45, 1.15 * sd));
                CPPUNIT_ASSERT(found.spread > 0.85 * sd);
            }
    }

    void levels_that_share_a_class_have_their_mean()
    {
        level_histogram histogram;
        CPPUNIT_ASSERT(std::isnan(histogram.result().median));
        histogram.add(-7.25);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-7.25, histogram.result().median, 1e-12);
        histogram.add(-7.15);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-7.2, histogram.result().median, 1e-12);
        level_histogram two; // half of them in each of two classes
        two.add(3.5);
        two.add(9.5);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(6.5, two.result().median, 0.51);
        level_histogram far; // beyond the classes on either side
        for (const auto level : { 0.0, 500.0, 500.2, 500.4, -900.0 })
            far.add(level);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(5), far.count());
        CPPUNIT_ASSERT(far.result().median > 20);
    }

    // five hours of a week, 20 dB too high: a mean moves by 0.6 dB
    void a_few_bad_hours_do_not_move_the_median()
    {
        std::mt19937 draw(1);
        std::normal_distribution<> level(-30, 1);
        level_histogram healthy, both;
        for (int i = 0; i < 10080; ++i) {
            const auto value = level(draw);
            healthy.add(value);
            both.add(value + (i < 300 ? 20 : 0));
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(healthy.result().median, both.result().median, 0.06);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(healthy.result().spread, both.result().spread, 0.08);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_level_histogram);
