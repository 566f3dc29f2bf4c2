/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/running_median.h"
#include "qa/support.h"
#include <algorithm>
#include <random>

using namespace gr::stft::kernel;

class qa_running_median : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_running_median);
    CPPUNIT_TEST(equals_the_middle_of_each_sorted_window);
    CPPUNIT_TEST_SUITE_END();

    //! Sizes about the 64 bits of a word, values of many magnitudes, and values that are often equal.
    void equals_the_middle_of_each_sorted_window()
    {
        std::mt19937 generator(1);
        running_median medians;
        for (const std::size_t size : { 1, 2, 63, 64, 65, 200, 1153 })
            for (const std::size_t width : { 1, 3, 9, 63, 65, 129 })
                for (const bool equal : { false, true }) {
                    if (width > size)
                        continue;
                    const qa::context here("size", size), there("width", width);
                    std::vector<float> values(size), found;
                    for (auto& each : values)
                        each = equal
                                   ? static_cast<float>(1 + generator() % 3)
                                   : std::exp2(static_cast<float>(generator() % 20000) / 100 - 100);
                    medians.run(values, width, found);
                    CPPUNIT_ASSERT_EQUAL(size - width + 1, found.size());
                    for (std::size_t i = 0; i < found.size(); ++i) {
                        const auto first = values.begin() + static_cast<std::ptrdiff_t>(i);
                        std::vector<float> window(first,
                                                  first + static_cast<std::ptrdiff_t>(width));
                        std::sort(window.begin(), window.end());
                        CPPUNIT_ASSERT_EQUAL(window[width / 2], found[i]);
                    }
                }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_running_median);
