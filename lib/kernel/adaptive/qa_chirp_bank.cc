/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "chirp_bank.h"
#include "qa/support.h"

using namespace gr::stft::kernel;

//! Windows that turn, measured at one frame.
class qa_chirp_bank : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_chirp_bank);
    CPPUNIT_TEST(criteria_are_those_of_plain_sums);
    CPPUNIT_TEST(windows_at_an_end_are_measured_within_the_signal);
    CPPUNIT_TEST(windows_longer_than_the_signal_have_the_sums_of_the_longest_that_is_not);
    CPPUNIT_TEST(rates_reach_to_the_greatest_one);
    CPPUNIT_TEST_SUITE_END();

    using complex = std::complex<double>;

    static adaptive_settings settings()
    {
        adaptive_settings s;
        s.n_fft = 64;
        s.learn = learned::theta_chirp;
        s.criterion = adaptive_criterion::l1l2;
        s.whiten = 0;
        s.hop = 16; // every frame is measured
        return s.filled();
    }

    //! l1 / l2 of the frame at t under a window of length theta that turns at rate c, from every `stride`-th sample.
    static double plain(const std::vector<complex>& x,
                        std::int64_t t,
                        double theta,
                        double c,
                        std::int64_t stride)
    {
        std::size_t n = 4;
        while (static_cast<double>(n) < theta / static_cast<double>(stride))
            n *= 2;
        double roots = 0, powers = 0;
        for (std::size_t m = 0; m < n; ++m) {
            complex S = 0;
            for (std::int64_t i = -64; i <= 64; ++i) {
                const double u = static_cast<double>(i * stride);
                const auto k = t + i * stride;
                if (std::abs(u) >= theta / 2 || k < 0 || k >= static_cast<std::int64_t>(x.size()))
                    continue;
                const double w = std::pow(std::cos(M_PI * u / theta), 2);
                const double turns =
                    static_cast<double>(m) * static_cast<double>(i) / static_cast<double>(n);
                S += w * x[static_cast<std::size_t>(k)] *
                     std::polar(1.0, -M_PI * c * u * u - 2 * M_PI * turns);
            }
            roots += std::abs(S) / static_cast<double>(n);
            powers += std::norm(S) / static_cast<double>(n);
        }
        return 2 * std::log(roots) - std::log(powers);
    }

    static std::vector<double> lengths() { return { 32, 45, 64 }; }

public:
    void criteria_are_those_of_plain_sums()
    {
        const auto s = settings();
        const auto x = qa::noise<complex>(300, 4);
        for (std::int64_t stride : { 1, 2 }) {
            const qa::context here("stride", stride);
            chirp_bank<double> bank(s, lengths(), static_cast<std::size_t>(stride));
            const auto& grid = bank.grid();
            const excerpt<complex> all{ x.data(), 0, 300 };
            const auto rows = [&](std::size_t candidates) {
                return pooled_rows<double>(candidates, 0, 0, s);
            };
            auto rates = rows(grid.rates.size()), offsets = rows(grid.offsets.size()),
                 both = rows(6);
            bank.measure_rates(0, all, 150, rates);
            bank.measure_offsets(0, all, 150, 3e-3, offsets);
            bank.measure_lengths(0, all, 150, -2e-3, both);
            const auto compare = [&](const double* J, std::size_t k, double theta, double c) {
                const qa::context in_k("k", k);
                CPPUNIT_ASSERT(J);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(plain(x, 150, theta, c, stride), J[k], 1e-9);
            };
            for (std::size_t k = 0; k < grid.rates.size(); ++k)
                compare(rates.J(0), k, grid.coarse_theta, grid.rates[k]);
            for (std::size_t k = 0; k < grid.offsets.size(); ++k)
                compare(offsets.J(0), k, grid.fine_theta, 3e-3 + grid.offsets[k]);
            for (std::size_t k = 0; k < 6; ++k)
                compare(both.J(0), k, lengths()[k % 3], k < 3 ? 0 : -2e-3);
        }
    }

    void windows_at_an_end_are_measured_within_the_signal()
    {
        const auto s = settings();
        const auto x = qa::noise<complex>(300, 5);
        chirp_bank<double> bank(s, lengths(), 1);
        pooled_rows<double> both(6, 0, 0, s);
        const excerpt<complex> some{ x.data() + 20, 20, 280 }; // what lies outside takes no part
        for (const auto& [centre, nearest] : { std::pair{ 0, 20 }, { 299, 279 } }) {
            const qa::context here("centre", centre);
            both.restart(0);
            bank.measure_lengths(0, some, centre, 1e-3, both);
            for (std::size_t k = 0; k < 3; ++k) {
                const auto reach = static_cast<int>(std::ceil(lengths()[k] / 2)) - 1;
                const auto t = nearest == 20 ? 20 + reach : 279 - reach;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(plain(x, t, lengths()[k], 0, 1), both.J(0)[k], 1e-9);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    plain(x, t, lengths()[k], 1e-3, 1), both.J(0)[3 + k], 1e-9);
            }
        }
    }

    void windows_longer_than_the_signal_have_the_sums_of_the_longest_that_is_not()
    {
        const auto s = settings();
        const auto x = qa::noise<complex>(50, 6);
        chirp_bank<double> bank(s, lengths(), 1);
        pooled_rows<double> both(6, 0, 0, s), rates(bank.grid().rates.size(), 0, 0, s);
        const excerpt<complex> all{ x.data(), 0, 50 };
        bank.measure_lengths(0, all, 25, 1e-3, both);
        const auto* J = both.J(0);
        CPPUNIT_ASSERT(J);
        CPPUNIT_ASSERT_EQUAL(J[1], J[2]);
        for (std::size_t k = 0; k < 3; ++k) // no rate without the longest window
            CPPUNIT_ASSERT_EQUAL(J[k], J[3 + k]);
        const excerpt<complex> few{ x.data(), 0, 20 };
        both.restart(0);
        bank.measure_lengths(0, few, 10, 1e-3, both);
        CPPUNIT_ASSERT(!both.J(0));
        bank.measure_rates(0, few, 10, rates);
        CPPUNIT_ASSERT(!rates.J(0));
    }

    void rates_reach_to_the_greatest_one()
    {
        for (double most : { 1e-5, 5e-5, 8e-5, 4e-4 }) {
            const qa::context here("most", most);
            adaptive_settings s;
            s.n_fft = 1024;
            s.learn = learned::theta_chirp;
            s.chirp_max = most;
            const chirp_grid grid(s.filled());
            const auto step = grid.rates[1] - grid.rates[0];
            CPPUNIT_ASSERT(grid.rates.back() >= 0.999 * most && grid.rates.back() < most + step);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(-grid.rates.back(), grid.rates.front(), 1e-15);
            // steps of the fine stage cover those of the coarse one
            CPPUNIT_ASSERT(grid.offsets.back() >= step / 2);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_chirp_bank);
