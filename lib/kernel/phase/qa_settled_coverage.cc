/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/settled_coverage.h"
#include "qa/support.h"

using namespace gr::stft::kernel;

class qa_settled_coverage : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_settled_coverage);
    CPPUNIT_TEST(coverage_is_the_sum_of_squared_windows);
    CPPUNIT_TEST(what_is_next_to_nothing_counts_as_one);
    CPPUNIT_TEST_SUITE_END();

    static constexpr std::int64_t n_fft = 24;

    //! A frame that has settled, and its window then.
    struct settled {
        std::int64_t start;
        std::vector<double> taps;
    };

    static void assert_sums(settled_coverage<double>& coverage,
                            const std::vector<settled>& frames,
                            const std::vector<double>& taps,
                            std::int64_t first,
                            const std::vector<std::int64_t>& starts)
    {
        auto all = frames;
        for (const auto start : starts)
            all.push_back({ first + start, taps });
        const auto length = static_cast<std::size_t>(starts.back()) + taps.size();
        const auto* const got = coverage.inverse(starts, length);
        for (std::size_t m = 0; m < length; ++m) {
            double sum = 0;
            for (const auto& f : all) {
                const auto at = first + static_cast<std::int64_t>(m) - f.start;
                if (at >= 0 && at < static_cast<std::int64_t>(f.taps.size()))
                    sum += std::pow(f.taps[static_cast<std::size_t>(at)], 2);
            }
            const auto expected = sum > 0 ? 1 / sum : 1;
            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected, got[m], 1e-12 * expected);
        }
    }

    void coverage_is_the_sum_of_squared_windows()
    {
        // runs of equal steps, longer than frames reach or not, of frames that settle or not, with one pending frame
        // or two
        for (unsigned seed = 1; seed < 40; ++seed) {
            const qa::context in_seed("seed", seed);
            std::mt19937 random(seed);
            const auto any = [&](unsigned count) {
                return static_cast<std::int64_t>(random() % count);
            };
            std::vector<double> taps;
            const auto change = [&] {
                taps.assign(static_cast<std::size_t>(10 + any(15)), 0);
                for (auto& w : taps)
                    w = 0.5 + static_cast<double>(any(100)) / 100;
            };
            settled_coverage<double> coverage(n_fft);
            change();
            coverage.change(taps.data(), taps.size());
            std::vector<settled> frames;
            std::int64_t first = 0;
            for (int run = 0; run < 30; ++run) {
                const auto step = any(5) ? 1 + any(12) : any(60);
                const auto later = any(2 * n_fft);
                for (auto left = any(40); left > 0; --left) {
                    coverage.advance(step);
                    first += step;
                    assert_sums(coverage, frames, taps, first, { 0 });
                    assert_sums(coverage, frames, taps, first, { 0, later });
                    if (any(40) == 0)
                        continue; // left out
                    coverage.settle();
                    frames.push_back({ first, taps });
                    assert_sums(coverage, frames, taps, first, { 0, later });
                }
                if (any(4) == 0) {
                    change();
                    coverage.change(taps.data(), taps.size());
                    assert_sums(coverage, frames, taps, first, { 0, later });
                }
            }
        }
    }

    void what_is_next_to_nothing_counts_as_one()
    {
        settled_coverage<float> coverage(4);
        const std::vector<float> taps{ 1e-12f, 1, 2, 0 };
        coverage.change(taps.data(), taps.size());
        const auto* const got = coverage.inverse({ 0 }, 4);
        const std::vector<float> expected{ 1, 1, 0.25f, 1 };
        CPPUNIT_ASSERT(std::equal(expected.begin(), expected.end(), got));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_settled_coverage);
