/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/monitor/box_statistics.h>
#include <numeric>

using namespace gr::stft::kernel;

namespace {

std::vector<std::complex<double>> taps_of(const std::string& name, std::size_t length)
{
    parameters p{ length, 1 };
    p.window = window(name);
    return p.taps();
}

//! Variance of the mean of cells that correlate with their neighbours, over that of one cell.
double variance(const std::vector<double>& correlation)
{
    const auto n = static_cast<double>(correlation.size());
    double sum = n * correlation[0];
    for (std::size_t m = 1; m < correlation.size(); ++m)
        sum += 2 * (n - static_cast<double>(m)) * correlation[m];
    return sum / (n * n);
}

//! Share of boxes of simulated noise whose mean exceeds each t, and the number of boxes.
std::pair<std::vector<double>, double> simulated(const std::vector<std::complex<double>>& taps,
                                                 std::size_t hop,
                                                 std::size_t rows,
                                                 std::size_t bins,
                                                 const std::vector<double>& t)
{
    const auto n = taps.size();
    const std::size_t boxes_in_time = 2000000 / (rows * n) + 50;
    std::minstd_rand random(17);
    std::normal_distribution<double> normal;
    double energy = 0;
    for (const auto& w : taps)
        energy += std::norm(w);
    qa::values twiddles;
    for (std::size_t j = 0; j < n; ++j)
        twiddles.push_back(qa::twiddle(1, static_cast<std::int64_t>(j), n));
    std::vector<double> counts(t.size());
    double boxes = 0;
    qa::values x((rows - 1) * hop + n);
    for (std::size_t i = 0; i < boxes_in_time; ++i) {
        for (auto& sample : x) {
            const auto re = normal(random);
            sample = { re, normal(random) };
        }
        std::vector<double> sums(n / bins);
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t k = 0; k < sums.size() * bins; ++k) {
                qa::value bin = 0;
                for (std::size_t m = 0; m < n; ++m)
                    bin += x[r * hop + m] * std::conj(taps[m]) * twiddles[k * m % n];
                sums[k / bins] += std::norm(bin) / (2 * energy);
            }
        for (const auto sum : sums) {
            ++boxes;
            for (std::size_t j = 0; j < t.size(); ++j)
                counts[j] += sum > t[j] * static_cast<double>(rows * bins);
        }
    }
    for (auto& each : counts)
        each /= boxes;
    return { counts, boxes };
}

} // namespace

//! The distribution of the mean power in a box of noise.
class qa_box_statistics : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_box_statistics);
    CPPUNIT_TEST(one_cell_is_exponential);
    CPPUNIT_TEST(neighbours_under_a_hann_window_correlate_by_4_9_and_1_36);
    CPPUNIT_TEST(cells_without_overlap_and_window_are_independent);
    CPPUNIT_TEST(weights_fall_are_not_negative_and_add_to_one);
    CPPUNIT_TEST(independent_cells_have_the_tail_of_their_sum);
    CPPUNIT_TEST(simulated_noise_exceeds_as_often);
    CPPUNIT_TEST(thresholds_invert_the_exceedance);
    CPPUNIT_TEST(any_window_has_finite_thresholds);
    CPPUNIT_TEST_SUITE_END();

    void one_cell_is_exponential()
    {
        const box_statistics one(taps_of("hann", 64), 64, 32, 1, 1);
        for (const double t : { 1.5, 3.0, 10.0, 23.0, 50.0 })
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1, one.exceedance(t) / std::exp(-t), 1e-12);
        CPPUNIT_ASSERT_EQUAL(1.0, one.exceedance(1));
        CPPUNIT_ASSERT_EQUAL(1.0, one.exceedance(-3));
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1, one.independent_cells(), 1e-12);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-std::log(1e-9), one.threshold(1e-9), 1e-8);
    }

    void neighbours_under_a_hann_window_correlate_by_4_9_and_1_36()
    {
        const auto hann = taps_of("hann", 64);
        for (const std::size_t bins : { 2, 3, 4, 9 }) {
            const qa::context in_bins("bins", bins);
            std::vector<double> b(bins);
            b[0] = 1;
            b[1] = 4.0 / 9;
            if (bins > 2)
                b[2] = 1.0 / 36;
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                1 / variance(b), box_statistics(hann, 64, 32, 1, bins).independent_cells(), 1e-9);
        }
        for (const std::size_t rows : { 2, 5, 16 }) { // half overlapped
            const qa::context in_rows("rows", rows);
            std::vector<double> a(rows);
            a[0] = 1;
            a[1] = 1.0 / 36;
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                1 / variance(a), box_statistics(hann, 64, 32, rows, 1).independent_cells(), 1e-9);
        }
        const auto r = 4.0 / 9; // two bins: weights (1 +- sqrt(4/9)) / 2
        const auto two = box_statistics(hann, 64, 32, 1, 2).weights();
        CPPUNIT_ASSERT_DOUBLES_EQUAL((1 + std::sqrt(r)) / 2, two[0], 1e-12);
        CPPUNIT_ASSERT_DOUBLES_EQUAL((1 - std::sqrt(r)) / 2, two[1], 1e-12);
    }

    void cells_without_overlap_and_window_are_independent()
    {
        for (const std::size_t hop : { 32, 33, 1000 }) {
            const box_statistics box(taps_of("boxcar", 32), 32, hop, 4, 4);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(16, box.independent_cells(), 1e-6);
        }
    }

    void weights_fall_are_not_negative_and_add_to_one()
    {
        for (const std::size_t size : { 1, 4, 16 }) {
            const qa::context in_size("size", size);
            const auto l = box_statistics(taps_of("hann", 64), 64, 7, size, size).weights();
            CPPUNIT_ASSERT_EQUAL(size * size, l.size());
            CPPUNIT_ASSERT(std::is_sorted(l.rbegin(), l.rend()) && l.back() >= 0);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1, std::accumulate(l.begin(), l.end(), 0.0), 1e-12);
        }
    }

    void independent_cells_have_the_tail_of_their_sum()
    {
        // n exponentials: P(mean > t) = exp(-nt) sum_k (nt)^k / k!; the saddle point errs by 1 %
        for (const std::size_t n : { 2, 4, 16 }) {
            const qa::context in_n("n", n);
            const box_statistics box(taps_of("boxcar", 32), 32, 32, n, 1);
            for (const double t : { 1.5, 2.0, 4.0 }) {
                const qa::context in_t("t", t);
                const auto x = static_cast<double>(n) * t;
                double term = std::exp(-x), tail = 0;
                for (std::size_t k = 0; k < n; ++k) {
                    tail += term;
                    term *= x / static_cast<double>(k + 1);
                }
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1, box.exceedance(t) / tail, 0.02);
            }
        }
    }

    void simulated_noise_exceeds_as_often()
    {
        struct design {
            std::string name;
            const char* window;
            std::size_t hop, rows, bins;
        };
        for (const auto& d : { design{ "hann half", "hann", 16, 1, 4 },
                               design{ "hann quarter", "hann", 8, 4, 1 },
                               design{ "hann 4 x 4", "hann", 16, 4, 4 },
                               design{ "boxcar dense", "boxcar", 4, 4, 2 },
                               design{ "blackman", "blackman", 11, 2, 8 } }) {
            const qa::context in_design("design", d);
            const auto taps = taps_of(d.window, 32);
            const box_statistics box(taps, 32, d.hop, d.rows, d.bins);
            const std::vector<double> p{ 1e-1, 1e-2, 1e-3, 1e-4 };
            std::vector<double> t;
            for (const auto each : p)
                t.push_back(box.threshold(each));
            const auto [found, boxes] = simulated(taps, d.hop, d.rows, d.bins, t);
            for (std::size_t i = 0; i < p.size(); ++i) {
                // Boxes next to each other correlate a little, hence five deviations. Rows and bins of a box
                // correlate jointly, which the product of both leaves out; it tells in dense boxes of both.
                const auto deviation = std::sqrt(p[i] / boxes);
                const auto of_formula = d.rows > 1 && d.bins > 1 ? 0.45 : 0.05;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(p[i], found[i], 5 * deviation + of_formula * p[i]);
            }
        }
    }

    void thresholds_invert_the_exceedance()
    {
        const auto hann = taps_of("hann", 64);
        for (const std::size_t rows : { 1, 4, 16 })
            for (const std::size_t bins : { 1, 4, 16 }) {
                const qa::context in_rows("rows", rows);
                const qa::context in_bins("bins", bins);
                const box_statistics box(hann, 64, 32, rows, bins);
                double before = 1;
                for (const double p : { 1e-2, 1e-4, 1e-8, 1e-12, 1e-14 }) {
                    const auto t = box.threshold(p);
                    CPPUNIT_ASSERT(t > before);
                    before = t;
                    CPPUNIT_ASSERT(box.exceedance(t) <= p);
                    CPPUNIT_ASSERT(box.exceedance(t * (1 - 1e-9)) >= p * (1 - 1e-6));
                }
            }
    }

    void any_window_has_finite_thresholds()
    {
        const std::vector<std::complex<double>> one_tap{ 1 }, turned{ { 0, 1 }, { 1, 1 }, 2, -1 };
        for (const auto& taps :
             { one_tap, turned, taps_of("hann", 33), taps_of("blackmanharris", 64) })
            for (const std::size_t hop : { 1, 2, 1000 })
                for (const auto& [rows, bins] :
                     { std::pair(1, 1), std::pair(2, 2), std::pair(16, 4), std::pair(1, 32) }) {
                    const auto length = taps.size();
                    const qa::context in_length("taps", length);
                    const qa::context in_hop("hop", hop);
                    const box_statistics box(taps,
                                             64,
                                             hop,
                                             static_cast<std::size_t>(rows),
                                             static_cast<std::size_t>(bins));
                    CPPUNIT_ASSERT(box.independent_cells() >= 1 - 1e-9);
                    CPPUNIT_ASSERT(box.independent_cells() <= rows * bins * (1 + 1e-9));
                    for (const double p : { 0.3, 1e-6, 1e-13 }) {
                        const auto t = box.threshold(p);
                        CPPUNIT_ASSERT(t >= 1 && t <= -std::log(p) * 1.1);
                        CPPUNIT_ASSERT(box.exceedance(t) >= 0 && box.exceedance(t) <= p);
                    }
                }
        const box_statistics largest(taps_of("hann", 256), 256, 128, 64, 64);
        CPPUNIT_ASSERT(std::isfinite(largest.threshold(1e-13)));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_box_statistics);
