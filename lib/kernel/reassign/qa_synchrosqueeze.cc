/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/reassign_support.h"
#include <cstring>
#include <limits>

using namespace gr::stft::kernel;
using qa::chirp;
using qa::computed;
using qa::shaped;
using qa::values;
using qa::wrapped;

class qa_synchrosqueeze : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_synchrosqueeze);
    CPPUNIT_TEST(rows_are_the_nearest);
    CPPUNIT_TEST(rows_of_a_grid_are_the_nearest);
    CPPUNIT_TEST(a_grid_of_the_bins_changes_no_bit);
    CPPUNIT_TEST(rows_of_any_grid_add_up_to_the_signal);
    CPPUNIT_TEST(marked_cells_are_those_that_keep_their_place);
    CPPUNIT_TEST(one_sided_rows_are_the_two_sided_ones);
    CPPUNIT_TEST(inverse_gives_the_signal_back);
    CPPUNIT_TEST_SUITE_END();

    void rows_are_the_nearest()
    {
        frequency_rows::arrival to;
        for (const std::size_t n : { 1, 2, 7, 8 }) {
            const qa::context in_n("n", n);
            for (double f = -2.513; f < 2.6; f += 0.0137) {
                const qa::context in_f("f", f);
                for (const int layout : { 0, 1, 2 }) {
                    const qa::context in_layout("layout", layout); // one-sided, two-sided, shifted
                    CPPUNIT_ASSERT(frequency_rows(n, layout == 0, layout == 2).nearest(f, to));
                    const auto row = static_cast<double>(to.row);
                    const double at = (layout == 2 ? row - static_cast<double>(n / 2) : row) /
                                      static_cast<double>(n);
                    const double there = to.conjugate ? -at : at;
                    CPPUNIT_ASSERT(std::abs(wrapped(f - there)) <=
                                   0.5 / static_cast<double>(n) + 1e-12);
                    CPPUNIT_ASSERT_EQUAL(layout == 0 && (to.row == 0 || 2 * to.row == n),
                                         to.real_part);
                }
            }
        }
        CPPUNIT_ASSERT(!frequency_rows(8, true, false).nearest(std::nan(""), to));
        CPPUNIT_ASSERT(!frequency_rows(8, true, false).nearest(1e300, to));
    }

    void rows_of_a_grid_are_the_nearest()
    {
        frequency_rows::arrival to;
        for (const bool onesided : { true, false })
            for (const auto& grid : std::vector<std::vector<double>>{
                     { 0.2 },
                     { 0, 0.5 },
                     { 0.01, 0.02, 0.04, 0.08, 0.16, 0.32 },
                     { onesided ? 0.1 : -0.3, 0.25, 0.26, 0.5 },
                     { onesided ? 0.0 : 0.3, onesided ? 0.1 : 0.7, onesided ? 0.3 : 0.99 } }) {
                const frequency_grid rows(grid, onesided);
                CPPUNIT_ASSERT_EQUAL(grid.size(), rows.rows());
                for (double f = -2.5131; f < 2.6; f += 0.0137) {
                    const qa::context in_f("f", f);
                    CPPUNIT_ASSERT(rows.nearest(f, to));
                    // one-sided rows stand for the frequencies of both signs, two-sided ones for all that differ by a cycle
                    const auto away = [&](double g) {
                        return onesided ? std::abs(std::abs(wrapped(f)) - g)
                                        : std::abs(wrapped(f - g));
                    };
                    double least = 1;
                    for (const auto g : grid)
                        least = std::min(least, away(g));
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(least, away(grid[to.row]), 1e-12);
                    CPPUNIT_ASSERT_EQUAL(onesided && wrapped(f) < 0, to.conjugate);
                    CPPUNIT_ASSERT_EQUAL(onesided && (grid[to.row] == 0 || grid[to.row] == 0.5),
                                         to.real_part);
                }
                CPPUNIT_ASSERT(!rows.nearest(std::nan(""), to));
                CPPUNIT_ASSERT(!rows.nearest(1e300, to));
            }
        const auto refused = [](const std::string& rule, std::vector<double> grid, bool onesided) {
            qa::assert_refused("grid: " + rule, [&] { frequency_grid rows(grid, onesided); });
        };
        refused("0 frequencies: must be one or more", {}, true);
        refused("-0.1 of the sampling rate: must be 0 .. 1/2 of it", { -0.1 }, true);
        refused("0.6 of the sampling rate: must be 0 .. 1/2 of it", { 0.1, 0.6 }, true);
        refused("nan of the sampling rate: must be 0 .. 1/2 of it", { std::nan("") }, true);
        refused("0.1 of the sampling rate: must rise", { 0.1, 0.1 }, true);
        refused("1.5 of the sampling rate: must be -1 .. 1 of it", { 1.5 }, false);
        refused("0.5 of the sampling rate: must be less than 1 of it above the first one",
                { -0.5, 0.5 },
                false);
    }

    void a_grid_of_the_bins_changes_no_bit()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const std::size_t n : { 1, 2, 9, 16 }) {
                auto p = shaped({ 60, n, n, 1 });
                p.sides = is_real_v<T> ? sides::onesided : sides::centered;
                const auto x = qa::noise<T>(60, 9);
                synchrosqueezing<T> plain(p);
                std::vector<double> own;
                for (std::size_t k = 0; k < plain.bins(); ++k)
                    own.push_back(
                        (static_cast<double>(k) - static_cast<double>(is_real_v<T> ? 0 : n / 2)) /
                        static_cast<double>(n));
                synchrosqueezing<T> gridded(p, own);
                std::vector<std::complex<real_t<T>>> a(n), b(n);
                for (std::int64_t start = -4; start < 60; start += 3) {
                    plain.analyse(x.data(), 60, start, a.data());
                    gridded.analyse(x.data(), 60, start, b.data());
                    CPPUNIT_ASSERT(std::memcmp(a.data(), b.data(), n * sizeof(a[0])) == 0);
                }
            }
        });
    }

    void rows_of_any_grid_add_up_to_the_signal()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            const std::size_t length = 80;
            for (const auto& grid : std::vector<std::vector<double>>{
                     { 0.3 }, { 0.02, 0.05, 0.11, 0.23, 0.4 }, { 0, 0.1, 0.5 } })
                for (const int order : { 1, 2 }) {
                    auto p = shaped({ length, 15, 16, 1 }, order);
                    synchrosqueezing<T> forward(p, grid);
                    const synchrosqueezing_inverse<T> inverse(p, grid.size());
                    CPPUNIT_ASSERT_EQUAL(grid.size(), forward.rows());
                    const auto x = qa::noise<T>(length, 5);
                    const auto first = p.frames().first();
                    std::vector<std::complex<real_t<T>>> rows(length * grid.size());
                    for (std::size_t n = 0; n < length; ++n)
                        forward.analyse(x.data(),
                                        static_cast<std::int64_t>(length),
                                        first + static_cast<std::int64_t>(n),
                                        rows.data() + n * grid.size());
                    std::vector<T> y(length);
                    inverse.invert(rows.data(),
                                   length,
                                   first,
                                   nullptr,
                                   y.data(),
                                   static_cast<std::int64_t>(length));
                    qa::assert_near(qa::exactly(x),
                                    y,
                                    std::is_same_v<real_t<T>, float> ? 2e-6 : 1e-14,
                                    "a grid of " + std::to_string(grid.size()));
                }
        });
    }

    void marked_cells_are_those_that_keep_their_place()
    {
        auto p = shaped({ 300, 64, 64, 1 });
        p.threshold = 1e-2;
        reassignment<std::complex<double>> kept(p);
        p.mark = true;
        reassignment<std::complex<double>> marked(p);
        auto x = chirp(300, 0.21, 0);
        const computed<std::complex<double>> a(kept, x, 100), b(marked, x, 100);
        const double peak = qa::peak(values(a.spectrum.begin(), a.spectrum.end()));
        std::size_t count = 0;
        for (std::size_t k = 0; k < 64; ++k) {
            const qa::context in_k("k", k);
            const bool weak = std::abs(a.spectrum[k]) <= 1e-2 * peak;
            count += weak;
            CPPUNIT_ASSERT_EQUAL(weak, std::isnan(b.frequencies[k]));
            CPPUNIT_ASSERT_EQUAL(weak, std::isnan(b.times[k]));
            CPPUNIT_ASSERT(weak ||
                           (a.frequencies[k] == b.frequencies[k] && a.times[k] == b.times[k]));
        }
        CPPUNIT_ASSERT(count > 30 && count < 64);
        x[100] = std::numeric_limits<double>::quiet_NaN();
        for (const auto& z : { x, std::vector<std::complex<double>>(300) }) {
            const computed<std::complex<double>> got(marked, z, 90);
            for (std::size_t k = 0; k < 64; ++k)
                CPPUNIT_ASSERT(std::isnan(got.frequencies[k]) && std::isnan(got.times[k]));
        }
    }

    void one_sided_rows_are_the_two_sided_ones()
    {
        for (const std::size_t n : { 1, 2, 9, 16 }) {
            const qa::context in_n("n", n);
            for (const int order : { 1, 2 }) {
                const qa::context in_order("order", order);
                const auto x = qa::noise<double>(60);
                const std::vector<std::complex<double>> z(x.begin(), x.end());
                const auto p = shaped({ 60, n, n, 1 }, order);
                synchrosqueezing<double> half(p);
                synchrosqueezing<std::complex<double>> whole(p);
                std::vector<std::complex<double>> a(half.bins()), b(n);
                for (const std::int64_t start : { -4, 0, 22, 50 }) {
                    const qa::context in_start("start", start);
                    half.analyse(x.data(), 60, start, a.data());
                    whole.analyse(z.data(), 60, start, b.data());
                    for (std::size_t k = 0; k < a.size(); ++k) {
                        const qa::context in_k("k", k);
                        CPPUNIT_ASSERT(std::abs(a[k] - b[k] * (k == 0 || 2 * k == n ? 1.0 : 2.0)) <
                                       1e-13 * n);
                    }
                }
            }
        }
    }

    void inverse_gives_the_signal_back()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& s : qa::shapes)
                for (const int order : { 1, 2 })
                    for (const double threshold : { 0.0, 0.3 }) {
                        auto p = shaped({ s.length, s.win_length, s.n_fft, 1 }, order);
                        p.threshold = threshold;
                        synchrosqueezing<T> forward(p);
                        const synchrosqueezing_inverse<T> inverse(p);
                        const auto x = qa::noise<T>(s.length);
                        const auto first = p.frames().first();
                        std::vector<std::complex<real_t<T>>> rows(s.length * forward.bins());
                        for (std::size_t n = 0; n < s.length; ++n)
                            forward.analyse(x.data(),
                                            static_cast<std::int64_t>(s.length),
                                            first + static_cast<std::int64_t>(n),
                                            rows.data() + n * forward.bins());
                        std::vector<T> y(s.length);
                        inverse.invert(rows.data(),
                                       s.length,
                                       first,
                                       nullptr,
                                       y.data(),
                                       static_cast<std::int64_t>(s.length));
                        qa::assert_near(qa::exactly(x),
                                        y,
                                        std::is_same_v<real_t<T>, float> ? 2e-6 : 1e-14,
                                        s.text());
                    }
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_synchrosqueeze);
