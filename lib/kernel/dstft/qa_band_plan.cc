/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "band_plan.h"
#include "qa/cell_support.h"

using namespace gr::stft::kernel;

//! Which bins of a frame FFTs serve: bands are found one bin after the other, costs are those of the documentation.
class qa_band_plan : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_band_plan);
    CPPUNIT_TEST(a_default_plan_is_empty);
    CPPUNIT_TEST(bands_of_one_length_share_an_fft_and_long_windows_come_first);
    CPPUNIT_TEST(bands_end_at_any_bin);
    CPPUNIT_TEST(every_bin_is_planned_once_where_ffts_cost_less);
    CPPUNIT_TEST(ffts_that_cost_as_much_as_sums_are_not_planned);
    CPPUNIT_TEST(sixteen_bands_are_planned_and_seventeen_are_not);
    CPPUNIT_TEST(outer_bins_are_a_multiple_of_the_granule);
    CPPUNIT_TEST(outer_bins_of_one_length_take_one_fft);
    CPPUNIT_TEST(outer_bins_of_short_windows_are_left_to_sums);
    CPPUNIT_TEST_SUITE_END();

    //! The bands of each FFT, in the plan's order, as "theta: begin-end begin-end, theta: ...".
    static std::string text(const band_plan& plan)
    {
        std::string all;
        plan.for_each_theta([&](const band* first, const band* last) {
            all += (all.empty() ? "" : ", ") + std::to_string(static_cast<int>(first->theta)) + ":";
            for (; first != last; ++first)
                all += " " + std::to_string(first->begin) + "-" + std::to_string(first->end);
        });
        return all;
    }

    static void assert_plan(const std::string& expected, const band_plan& plan)
    {
        CPPUNIT_ASSERT_EQUAL(expected, text(plan));
    }

    //! Returns lengths in bands, given as pairs of number of bins and window length.
    static std::vector<double> lengths(const std::vector<std::pair<std::size_t, double>>& bands)
    {
        std::vector<double> theta;
        for (const auto& [bins, length] : bands)
            theta.insert(theta.end(), bins, length);
        return theta;
    }

    static band_plan all(const std::vector<double>& theta, std::size_t n_fft)
    {
        return band_plan::of_all_bins(theta.data(), theta.size(), n_fft);
    }

    static band_plan
    outer(const std::vector<double>& theta, std::size_t n_fft, std::size_t granule = 16)
    {
        return band_plan::of_outer_bins(theta.data(), theta.size(), n_fft, granule);
    }

    //! Cost of one FFT, in bins times samples of their windows.
    static double fft_cost(std::size_t n_fft)
    {
        const auto N = static_cast<double>(n_fft);
        return 1.5 * N * std::log2(N);
    }

public:
    void a_default_plan_is_empty()
    {
        const band_plan plan{};
        CPPUNIT_ASSERT(plan.empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), plan.ffts());
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), plan.outer());
        assert_plan("", plan);
    }

    void bands_of_one_length_share_an_fft_and_long_windows_come_first()
    {
        const auto plan =
            all(lengths({ { 100, 300 }, { 50, 900 }, { 200, 300 }, { 163, 500 } }), 1024);
        assert_plan("900: 100-150, 500: 350-513, 300: 0-100 150-350", plan);
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), plan.ffts());
        CPPUNIT_ASSERT(!plan.empty());
    }

    void bands_end_at_any_bin()
    {
        for (std::size_t edge = 1; edge < 129; ++edge) {
            const auto plan = all(lengths({ { edge, 200 }, { 129 - edge, 199 } }), 256);
            const auto e = std::to_string(edge);
            assert_plan("200: 0-" + e + ", 199: " + e + "-129", plan);
        }
    }

    void every_bin_is_planned_once_where_ffts_cost_less()
    {
        std::minstd_rand random(7);
        std::size_t planned = 0, left = 0;
        for (std::size_t n_fft : { 2, 3, 7, 16, 31, 64, 127, 1000, 1024 })
            for (int i = 0; i < 60; ++i) {
                const auto bins = i % 2 ? n_fft : n_fft / 2 + 1;
                std::vector<double> theta;
                while (theta.size() < bins) {
                    const auto width = 1 + random() % (i % 3 ? bins : 1 + bins / 12);
                    const double length = 0.1 * static_cast<double>((1 + random() % 10) * n_fft);
                    theta.insert(theta.end(), width, length);
                }
                theta.resize(bins);
                std::size_t bands = 1;
                for (std::size_t m = 1; m < bins; ++m)
                    bands += theta[m] != theta[m - 1];
                auto distinct = theta;
                std::sort(distinct.begin(), distinct.end());
                distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
                double sums = 0;
                for (double length : theta)
                    sums += length;
                const double ffts = static_cast<double>(distinct.size()) * fft_cost(n_fft);
                if (std::abs(sums - ffts) < 1e-9 * ffts)
                    continue; // the order of sums may decide
                const auto what = "n_fft " + std::to_string(n_fft) + ", case " + std::to_string(i);

                const auto plan = all(theta, n_fft);
                CPPUNIT_ASSERT_EQUAL_MESSAGE(what, !(bands <= 16 && sums > ffts), plan.empty());
                if (plan.empty()) {
                    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, std::size_t(0), plan.ffts());
                    ++left;
                    continue;
                }
                ++planned;
                CPPUNIT_ASSERT_EQUAL_MESSAGE(what, distinct.size(), plan.ffts());
                std::vector<int> times(bins, 0);
                std::vector<double> order;
                plan.for_each_theta([&](const band* first, const band* last) {
                    order.push_back(first->theta);
                    for (; first != last; ++first)
                        for (auto m = first->begin; m < first->end; ++m) {
                            ++times[m];
                            CPPUNIT_ASSERT_EQUAL_MESSAGE(what, theta[m], first->theta);
                            CPPUNIT_ASSERT_EQUAL_MESSAGE(what, order.back(), first->theta);
                        }
                });
                CPPUNIT_ASSERT_MESSAGE(what, times == std::vector<int>(bins, 1));
                CPPUNIT_ASSERT_MESSAGE(what,
                                       std::equal(order.rbegin(), order.rend(), distinct.begin()));
            }
        CPPUNIT_ASSERT_MESSAGE(std::to_string(planned) + " planned, " + std::to_string(left),
                               planned > 50 && left > 50);
    }

    void ffts_that_cost_as_much_as_sums_are_not_planned()
    {
        // one FFT of 256 points costs as 3072 bins times samples, which are 128 times 24
        CPPUNIT_ASSERT_EQUAL(3072.0, fft_cost(256));
        assert_plan("", all(lengths({ { 128, 24 } }), 256));
        assert_plan("24: 0-128", all(lengths({ { 128, 24.01 } }), 256));
        assert_plan("", all(lengths({ { 64, 47 }, { 64, 49 } }), 256));
        assert_plan("50: 64-128, 47: 0-64", all(lengths({ { 64, 47 }, { 64, 50 } }), 256));
    }

    void sixteen_bands_are_planned_and_seventeen_are_not()
    {
        const auto alternating = [](std::size_t bands) {
            std::vector<std::pair<std::size_t, double>> all;
            for (std::size_t b = 0; b < bands; ++b)
                all.push_back({ 30, b % 2 ? 1000 : 900 });
            return lengths(all);
        };
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), all(alternating(15), 1024).ffts());
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), all(alternating(16), 1024).ffts());
        CPPUNIT_ASSERT(all(alternating(17), 1024).empty());
    }

    void outer_bins_are_a_multiple_of_the_granule()
    {
        struct {
            std::size_t low, high, granule, outer;
        } const cases[] = { { 100, 77, 16, 64 },  { 77, 100, 16, 64 }, { 80, 80, 16, 80 },
                            { 79, 100, 16, 64 },  { 79, 100, 8, 72 },  { 100, 100, 101, 0 },
                            { 100, 101, 101, 0 }, { 99, 98, 1, 98 } };
        for (const auto& one : cases) {
            std::vector<double> theta(one.low, 700);
            for (std::size_t m = 0; m < 513 - one.low - one.high; ++m)
                theta.push_back(100 + static_cast<double>(m % 50));
            theta.resize(513, 1000);
            const auto plan = outer(theta, 1024, one.granule);
            const auto what = std::to_string(one.low) + " low bins, " + std::to_string(one.high) +
                              " high, granule " + std::to_string(one.granule);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(what, one.outer, plan.outer());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(what, one.outer == 0, plan.empty());
            if (one.outer > 0)
                CPPUNIT_ASSERT_EQUAL_MESSAGE(what,
                                             "1000: " + std::to_string(513 - one.outer) +
                                                 "-513, 700: 0-" + std::to_string(one.outer),
                                             text(plan));
        }
    }

    void outer_bins_of_one_length_take_one_fft()
    {
        auto theta = lengths({ { 64, 300 }, { 385, 111 }, { 64, 300 } });
        theta[200] = 110;
        const auto plan = outer(theta, 1024);
        assert_plan("300: 0-64 449-513", plan);
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), plan.ffts());
    }

    void outer_bins_of_short_windows_are_left_to_sums()
    {
        // two FFTs of 1024 points cost 30720, as 64 pairs of bins and 480 samples
        const auto of = [](double low, double high) {
            return outer(lengths({ { 64, low }, { 385, 111 }, { 64, high } }), 1024);
        };
        CPPUNIT_ASSERT(of(480, 300).empty());
        CPPUNIT_ASSERT(of(300, 480).empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), of(300, 480).outer());
        assert_plan("481: 0-64, 300: 449-513", of(481, 300));
        assert_plan("481: 449-513, 300: 0-64", of(300, 481));
        CPPUNIT_ASSERT(of(240, 240).empty());
        assert_plan("241: 0-64 449-513", of(241, 241));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_band_plan);
