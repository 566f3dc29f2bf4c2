/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/bin_grid.h"
#include "qa/support.h"
#include <random>
#include <set>

using namespace gr::stft::kernel;

//! Ranges of bins by their place.
class qa_bin_grid : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_bin_grid);
    CPPUNIT_TEST(ranges_with_common_bins_are_near);
    CPPUNIT_TEST(new_ranges_replace_the_old_ones);
    CPPUNIT_TEST(the_first_that_is_true_ends_the_search);
    CPPUNIT_TEST(a_range_about_an_event_begins_at_the_first_bin);
    CPPUNIT_TEST_SUITE_END();

    void ranges_with_common_bins_are_near()
    {
        std::minstd_rand random(1);
        for (const std::size_t bins : { 1, 15, 16, 17, 1000 }) {
            bin_grid grid(bins);
            for (int round = 0; round < 20; ++round) {
                std::vector<bin_range> ranges;
                for (int i = 0; i < 40; ++i) {
                    const auto first = random() % bins;
                    ranges.push_back({ first, first + random() % 60 }); // some end after the row
                }
                grid.fill(ranges.size(), [&](std::size_t i) { return ranges[i]; });
                for (const auto& of : ranges) {
                    std::set<std::size_t> near, common;
                    CPPUNIT_ASSERT(!grid.any_near(of, [&](std::size_t i) {
                        near.insert(i);
                        return false;
                    }));
                    for (std::size_t i = 0; i < ranges.size(); ++i)
                        if (ranges[i].first <= of.end && of.first <= ranges[i].end)
                            common.insert(i);
                    CPPUNIT_ASSERT(
                        std::includes(near.begin(), near.end(), common.begin(), common.end()));
                    if (bins == 1000) // and not all of them
                        CPPUNIT_ASSERT(near.size() < ranges.size());
                }
            }
        }
    }

    void new_ranges_replace_the_old_ones()
    {
        bin_grid grid(64);
        const auto all = [](std::size_t) { return true; };
        grid.fill(1, [](std::size_t) { return bin_range{ 3, 4 }; });
        CPPUNIT_ASSERT(grid.any_near({ 4, 4 }, all));
        grid.fill(1, [](std::size_t) { return bin_range{ 40, 41 }; });
        CPPUNIT_ASSERT(!grid.any_near({ 4, 4 }, all));
        CPPUNIT_ASSERT(grid.any_near({ 41, 60 }, all));
        grid.fill(0, [](std::size_t) { return bin_range{ 0, 63 }; });
        CPPUNIT_ASSERT(!grid.any_near({ 0, 63 }, all));
    }

    void the_first_that_is_true_ends_the_search()
    {
        bin_grid grid(64);
        grid.fill(10, [](std::size_t) { return bin_range{ 0, 63 }; });
        int calls = 0;
        CPPUNIT_ASSERT(grid.any_near({ 0, 63 }, [&](std::size_t) { return ++calls == 3; }));
        CPPUNIT_ASSERT_EQUAL(3, calls);
    }

    void a_range_about_an_event_begins_at_the_first_bin()
    {
        const auto middle = bin_range::about(10, 12, 4), left = bin_range::about(2, 3, 4);
        CPPUNIT_ASSERT_EQUAL(std::size_t(6), middle.first);
        CPPUNIT_ASSERT_EQUAL(std::size_t(16), middle.end);
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), left.first);
        CPPUNIT_ASSERT_EQUAL(std::size_t(7), left.end);
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(qa_bin_grid);
