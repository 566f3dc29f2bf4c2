/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/column_quantiles.h"
#include "qa/support.h"
#include <algorithm>
#include <random>

using namespace gr::stft::kernel;

//! Quantiles of columns.
class qa_column_quantiles : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_column_quantiles);
    CPPUNIT_TEST(quantiles_are_those_of_sorted_columns);
    CPPUNIT_TEST_SUITE_END();

    void quantiles_are_those_of_sorted_columns()
    {
        std::mt19937 random(1);
        std::normal_distribution<float> normal;
        column_quantiles columns;
        for (const std::size_t bins : { 1, 15, 16, 17, 64, 65, 130 })
            for (const std::size_t count : { 1, 2, 7, 64 })
                for (const double share : { 0.0, 0.2, 0.5, 1.0 }) {
                    const qa::context in_bins("bins", bins), in_rows("rows", count);
                    std::vector<std::vector<float>> x(count, std::vector<float>(bins));
                    std::vector<float> gains(count), found(bins);
                    std::vector<const float*> rows;
                    for (std::size_t p = 0; p < count; ++p) {
                        gains[p] = std::exp(normal(random));
                        for (auto& each : x[p]) { // of any size and sign, some alike
                            const auto n = normal(random);
                            each = random() % 4 ? n * std::exp(20 * normal(random)) : 0;
                        }
                        rows.push_back(x[p].data());
                    }
                    columns.find(rows.data(), gains.data(), count, bins, share, found.data());
                    for (std::size_t k = 0; k < bins; ++k) {
                        std::vector<float> column;
                        for (std::size_t p = 0; p < count; ++p)
                            column.push_back(x[p][k] / gains[p]);
                        std::sort(column.begin(), column.end());
                        const auto at = share * static_cast<double>(count - 1) + 0.5;
                        CPPUNIT_ASSERT_EQUAL(column[static_cast<std::size_t>(at)], found[k]);
                    }
                }
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(qa_column_quantiles);
