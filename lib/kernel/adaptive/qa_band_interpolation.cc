/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "band_interpolation.h"
#include "block_criterion.h"
#include "qa/support.h"

using namespace gr::stft::kernel;

//! One value per band spread over the bins, and back.
class qa_band_interpolation : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_band_interpolation);
    CPPUNIT_TEST(bins_between_the_middles_of_bands_lie_on_straight_lines);
    CPPUNIT_TEST(steps_give_each_bin_the_value_of_its_band);
    CPPUNIT_TEST(the_middle_bin_of_a_band_is_halfway_between_its_edges);
    CPPUNIT_TEST(a_single_value_is_that_of_every_band);
    CPPUNIT_TEST_SUITE_END();

    void bins_between_the_middles_of_bands_lie_on_straight_lines()
    {
        const std::vector<double> values{ 3, 5, 4 };
        for (bool one_sided : { true, false }) {
            const qa::context in_one_sided("one_sided", one_sided);
            for (std::size_t n : { 60, 61, 96 }) {
                const qa::context in_n("n", n);
                const auto bins = one_sided ? n / 2 + 1 : n;
                const double width = static_cast<double>(n) / (one_sided ? 6 : 3);
                std::vector<double> plain(bins);
                std::vector<float> raised(bins);
                const band_interpolation bands(n, one_sided, 3, between_bands::linear);
                bands.spread(values.data(), plain.data());
                bands.spread_exp(values.data(), raised.data());
                for (std::size_t m = 0; m < bins; ++m) {
                    const qa::context in_m("m", m);
                    // each band pulls like a tent over two widths, at a distance modulo n_fft
                    double expected = 0, weight = 0;
                    for (int period = -1; period <= 1; ++period)
                        for (std::size_t b = 0; b < 3; ++b) {
                            const double centre = (static_cast<double>(b) + 0.5) * width +
                                                  period * static_cast<double>(n);
                            const double tent =
                                1 - std::abs(static_cast<double>(m) - centre) / width;
                            if (tent > 0 && (period == 0 || !one_sided)) {
                                expected += tent * values[b];
                                weight += tent;
                            }
                        }
                    expected /= weight; // beyond the outer middles one band pulls alone
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(expected, plain[m], 1e-12);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(1, raised[m] / std::exp(expected), 2e-7);
                }
            }
        }
    }

    void steps_give_each_bin_the_value_of_its_band()
    {
        const std::vector<double> values{ 3, 5, 4 };
        for (const bool one_sided : { true, false }) {
            const qa::context in_one_sided("one_sided", one_sided);
            for (const std::size_t n : { 60, 61, 96 }) {
                const qa::context in_n("n", n);
                const auto bins = one_sided ? n / 2 + 1 : n;
                std::vector<double> plain(bins);
                std::vector<float> raised(bins);
                const band_interpolation bands(n, one_sided, 3, between_bands::constant);
                bands.spread(values.data(), plain.data());
                bands.spread_exp(values.data(), raised.data());
                for (std::size_t m = 0; m < bins; ++m) {
                    const qa::context in_m("m", m);
                    const auto band = std::min<std::size_t>((one_sided ? 6 : 3) * m / n, 2);
                    CPPUNIT_ASSERT_EQUAL(values[band], plain[m]);
                    CPPUNIT_ASSERT_EQUAL(static_cast<float>(std::exp(values[band])), raised[m]);
                }
            }
        }
    }

    void the_middle_bin_of_a_band_is_halfway_between_its_edges()
    {
        for (const bool one_sided : { true, false })
            for (const std::size_t n : { 64, 61, 200 })
                for (const std::size_t bands : { 1, 2, 3, 4 }) {
                    std::vector<float> bins(one_sided ? n / 2 + 1 : n);
                    for (std::size_t m = 0; m < bins.size(); ++m)
                        bins[m] = static_cast<float>(m);
                    for (std::size_t b = 0; b < bands; ++b) {
                        const double width = static_cast<double>(n) / (one_sided ? 2 : 1) /
                                             static_cast<double>(bands);
                        CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(std::to_string(n) + " points, band " +
                                                                 std::to_string(b),
                                                             (static_cast<double>(b) + 0.5) * width,
                                                             at_middle(bins, b, bands),
                                                             1.0);
                    }
                }
    }

    void a_single_value_is_that_of_every_band()
    {
        for (std::size_t b = 0; b < 3; ++b) {
            const qa::context in_b("b", b);
            CPPUNIT_ASSERT_EQUAL(7.5F, at_middle({ 7.5F }, b, 3));
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_band_interpolation);
