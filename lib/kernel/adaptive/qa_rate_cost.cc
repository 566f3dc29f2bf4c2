/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "block_criterion.h"
#include "qa/adaptive_support.h"
#include "rate_cost.h"
#include <gnuradio/stft/kernel/dstft/chirp_dstft.h>

using namespace gr::stft::kernel;

//! Gain that a chirp rate needs before it is believed.
class qa_rate_cost : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_rate_cost);
    CPPUNIT_TEST(criteria_of_noise_scatter_as_predicted);
    CPPUNIT_TEST(criteria_with_a_rate_and_without_are_correlated_as_predicted);
    CPPUNIT_TEST(a_rate_of_zero_is_free_and_greater_ones_cost_more);
    CPPUNIT_TEST(the_slope_is_a_central_difference);
    CPPUNIT_TEST(the_prior_scales_all_costs);
    CPPUNIT_TEST_SUITE_END();

    using complex = std::complex<double>;

    static adaptive_settings settings(adaptive_criterion criterion, std::int64_t block = 12)
    {
        adaptive_settings s;
        s.n_fft = 64;
        s.learn = learned::theta_chirp;
        s.criterion = criterion;
        s.block = block;
        return s.filled();
    }

    //! Criterion of a block of white noise without and with a rate, for some noises.
    static std::vector<std::pair<double, double>>
    noises(const adaptive_settings& s, double rate, unsigned count)
    {
        chirp_dstft<complex> transform(s.n_fft, s.window, s.norm);
        block_criterion<double> criterion(s);
        std::vector<complex> S(s.n_fft);
        std::vector<double> q(s.n_fft);
        const auto frames = 2 * s.block + 1, hop = static_cast<std::int64_t>(s.hop);
        const auto length = frames * hop + 64;
        std::vector<std::pair<double, double>> all;
        for (unsigned seed = 0; seed < count; ++seed) {
            const auto x = qa::noise<complex>(static_cast<std::size_t>(length), seed + 1);
            const auto J = [&](double c) {
                criterion_sums sums;
                for (std::int64_t n = 0; n < frames; ++n) {
                    transform.analyse(
                        { x.data(), 0, length }, { 32 + n * hop, 0 }, 64, c, S.data());
                    for (std::size_t m = 0; m < q.size(); ++m)
                        q[m] = std::norm(S[m]);
                    sums += criterion.sums(q.data(), band_of(64, false, 0, 1));
                }
                return criterion.value(sums);
            };
            all.emplace_back(J(0), J(rate));
        }
        return all;
    }

    template <class F>
    static double deviation(const std::vector<std::pair<double, double>>& all, F f)
    {
        double sum = 0, square = 0;
        for (const auto& one : all) {
            sum += f(one);
            square += f(one) * f(one);
        }
        const auto count = static_cast<double>(all.size());
        return std::sqrt((square - sum * sum / count) / (count - 1));
    }

    void criteria_of_noise_scatter_as_predicted()
    {
        for (const auto criterion : { adaptive_criterion::l1l2,
                                      adaptive_criterion::entropy,
                                      adaptive_criterion::renyi,
                                      adaptive_criterion::magnitude_entropy })
            for (std::int64_t block : { 4, 12 }) {
                const std::string name = name_of(criterion);
                const qa::context in_criterion("criterion", name);
                const qa::context in_block("block", block);
                const auto s = settings(criterion, block);
                const double found =
                    deviation(noises(s, 0, 300), [](const auto& one) { return one.first; });
                // 300 values know their deviation to 4 %; the ends of a block, and what a criterion has of higher order than
                // two in the powers, make it less by a tenth
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1.12, rate_cost(s, 1).sigma() / found, 0.15);
            }
    }

    void criteria_with_a_rate_and_without_are_correlated_as_predicted()
    {
        const auto s = settings(adaptive_criterion::entropy);
        const rate_cost cost(s, 1);
        for (double k : { 0.5, 2.0, 8.0 }) {
            const qa::context in_k("k", k);
            const double rate = k * 7.95 / (64 * 64);
            const auto all = noises(s, rate, 200);
            const double found =
                deviation(all, [](const auto& one) { return one.first - one.second; });
            // cost = deviation of the difference sqrt(ln M / 2)
            const double expected = cost.at(rate) / std::sqrt(std::log1p(2 * k) / 2);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1, expected / found, 0.2);
        }
    }

    void a_rate_of_zero_is_free_and_greater_ones_cost_more()
    {
        const rate_cost cost(settings(adaptive_criterion::entropy), 0.5);
        CPPUNIT_ASSERT_EQUAL(0.0, cost.at(0));
        CPPUNIT_ASSERT_EQUAL(0.0, cost.change(0));
        double before = 0;
        for (double rate = 1e-4; rate < 0.01; rate *= 2) {
            const qa::context in_rate("rate", rate);
            CPPUNIT_ASSERT(cost.at(rate) > before);
            CPPUNIT_ASSERT_EQUAL(cost.at(rate), cost.at(-rate));
            CPPUNIT_ASSERT_DOUBLES_EQUAL(12.5 * cost.at(rate), cost.change(rate), 1e-12);
            before = cost.at(rate);
        }
    }

    void the_slope_is_a_central_difference()
    {
        const rate_cost cost(settings(adaptive_criterion::entropy), 1);
        CPPUNIT_ASSERT_EQUAL(0.0, cost.slope(0));
        for (double rate : { 1e-4, -1e-3, 7e-3, 1e-6, -3e-9, 5e-11, 1e-11 }) {
            const qa::context in_rate("rate", rate);
            const double h = 1e-4 * std::abs(rate);
            const double expected = (cost.at(rate + h) - cost.at(rate - h)) / (2 * h);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected, cost.slope(rate), 1e-5 * std::abs(expected));
        }
    }

    void the_prior_scales_all_costs()
    {
        auto s = settings(adaptive_criterion::entropy);
        const rate_cost usual(s, 1);
        s.chirp_prior = 3;
        const rate_cost dear(s, 1);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(3 * usual.at(1e-3), dear.at(1e-3), 1e-15);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(3 * usual.slope(1e-3), dear.slope(1e-3), 1e-10);
        CPPUNIT_ASSERT_EQUAL(usual.sigma(), dear.sigma());
        // half of the band holds half of the cells
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            std::sqrt(2) * usual.sigma(), rate_cost(s, 0.5).sigma(), 1e-12);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_rate_cost);
