/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "block_criterion.h"
#include "qa/adaptive_support.h"
#include <numeric>

using namespace gr::stft::kernel;
using qa::criteria;

namespace {

adaptive_settings with(adaptive_criterion criterion)
{
    adaptive_settings s;
    s.n_fft = 64;
    s.criterion = criterion;
    s.order = 1.5;
    return s;
}

//! The terms of one bin, block_criterion.h
criterion_sums terms(adaptive_criterion criterion, double q)
{
    const double a = std::sqrt(q);
    switch (criterion) {
    case adaptive_criterion::l1l2:
        return { a, q };
    case adaptive_criterion::entropy:
        return { q > 0 ? q * std::log(q) : 0, q };
    case adaptive_criterion::renyi:
        return { std::pow(q, 1.5), q };
    case adaptive_criterion::kurtosis:
        return { q * q, q };
    default:
        return { q > 0 ? a * std::log(a) : 0, a };
    }
}

} // namespace

class qa_adaptive_bands : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_adaptive_bands);
    CPPUNIT_TEST(bands_share_their_edges);
    CPPUNIT_TEST(sums_of_bands_are_plain_sums);
    CPPUNIT_TEST(one_infinite_bin_spoils_its_band_only);
    CPPUNIT_TEST(values_of_many_sums_are_those_of_each);
    CPPUNIT_TEST(the_report_is_of_every_bin);
    CPPUNIT_TEST(theta_comes_out_in_either_precision);
    CPPUNIT_TEST_SUITE_END();

    void bands_share_their_edges()
    {
        for (bool one_sided : { true, false }) {
            const qa::context in_one_sided("one_sided", one_sided);
            for (std::size_t n : { 8, 9, 64, 100 }) {
                const qa::context in_n("n", n);
                for (std::size_t count : { 1, 2, 3, 4 }) {
                    const qa::context in_count("count", count);
                    const auto bins = one_sided ? n / 2 + 1 : n;
                    std::vector<double> weight(bins);
                    for (std::size_t b = 0; b < count; ++b) {
                        const qa::context in_b("b", b);
                        const auto band = band_of(n, one_sided, b, count);
                        double sum = band.bin_0_weight;
                        for (auto m = band.begin; m < band.end; ++m)
                            sum += band.weight(m);
                        const double width = static_cast<double>(n) / (one_sided ? 2 : 1);
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(width / count, sum, 1e-12);
                        weight[0] += band.bin_0_weight;
                        for (auto m = band.begin; m < band.end; ++m)
                            weight[m] += band.weight(m);
                    }
                    for (std::size_t m = 0; m < bins; ++m) {
                        const qa::context in_m("m", m);
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(
                            one_sided && (m == 0 || 2 * m == n) ? 0.5 : 1.0, weight[m], 1e-12);
                    }
                }
            }
        }
    }

    void sums_of_bands_are_plain_sums()
    {
        compare_sums<float>(2e-6);
        compare_sums<double>(1e-14);
    }

    template <class R>
    static void compare_sums(double error)
    {
        for (const auto which : criteria) {
            const qa::context in_which("which", which);
            for (const bool one_sided : { true, false }) {
                const qa::context in_one_sided("one_sided", one_sided);
                for (const std::size_t n : { 8, 100, 256, 1000, 2048 }) {
                    const qa::context in_n("n", n);
                    for (const std::size_t count : { 1, 3, 4 }) {
                        const qa::context in_count("count", count);
                        auto q = qa::noise<R>(n, 8);
                        for (R& one : q)
                            one *= one;
                        q[1] = 0;
                        std::vector<bin_band> bands;
                        for (std::size_t b = 0; b < count; ++b)
                            bands.push_back(band_of(n, one_sided, b, count));
                        std::vector<criterion_sums> sums(count);
                        const block_criterion<R> criterion(with(which));
                        criterion.sums(q.data(), bands.data(), count, sums.data());
                        for (std::size_t b = 0; b < count; ++b) {
                            const qa::context in_b("b", b);
                            criterion_sums expected, size;
                            const auto add = [&](std::size_t m, double weight) {
                                const auto one = terms(which, q[m]);
                                expected += one * weight;
                                size += { std::abs(one.first) + one.second, one.second };
                            };
                            for (auto m = bands[b].begin; m < bands[b].end; ++m)
                                add(m, bands[b].weight(m));
                            add(0, bands[b].bin_0_weight);
                            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                                expected.first, sums[b].first, error * size.first);
                            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                                expected.second, sums[b].second, error * size.second);
                        }
                    }
                }
            }
        }
    }

    void one_infinite_bin_spoils_its_band_only()
    {
        std::vector<bin_band> bands;
        for (std::size_t b = 0; b < 4; ++b)
            bands.push_back(band_of(200, true, b, 4));
        for (const auto which : criteria) {
            const qa::context in_which("which", which);
            const block_criterion<float> criterion(with(which));
            for (const std::size_t bin : { 30, 45 }) {
                const qa::context in_bin("bin", bin);
                std::vector<float> q(101, 1);
                q[bin] = std::numeric_limits<float>::infinity();
                criterion_sums sums[4];
                criterion.sums(q.data(), bands.data(), 4, sums);
                for (std::size_t b = 0; b < 4; ++b) {
                    const qa::context in_b("b", b);
                    CPPUNIT_ASSERT_EQUAL(b != 1, std::isfinite(sums[b].second));
                }
            }
        }
    }

    void values_of_many_sums_are_those_of_each()
    {
        for (const auto which : criteria) {
            const qa::context in_which("which", which);
            const block_criterion<float> criterion(with(which));
            std::vector<double> first, second;
            for (const double level : { 1e-30, 0.3, 1.0, 7.0, 1e30 })
                for (const double part : { 0.1, 1.0, 2.5 }) {
                    first.push_back(level * part);
                    second.push_back(level);
                }
            std::vector<double> J(first.size());
            criterion.values(first.data(), second.data(), J.size(), J.data());
            for (std::size_t i = 0; i < J.size(); ++i) {
                const qa::context in_i("i", i);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(criterion.value({ first[i], second[i] }), J[i], 1e-13);
            }
        }
    }

    //! Hop, theta and so on of a run with bands, and the signal.
    static std::pair<adaptive_settings, std::vector<float>> banded()
    {
        auto s = with(adaptive_criterion::l1l2);
        s.share = sharing::cell;
        s.bands = 3;
        s.theta_min = 24;
        auto x = qa::noise<float>(1500, 2);
        for (std::size_t i = 0; i < x.size(); ++i)
            x[i] = 0.1F * x[i] + static_cast<float>(std::cos(0.4 * static_cast<double>(i))) +
                   (i % 130 == 0 ? 5.0F : 0.0F);
        return { s, x };
    }

    void the_report_is_of_every_bin()
    {
        for (const std::int64_t steps : { 0, 2 }) {
            const qa::context in_steps("steps", steps);
            auto [s, x] = banded();
            s.steps = steps;
            adaptive_stft<float> learner(s);
            learner.push(x.data(), x.size());
            std::vector<float> theta(learner.thetas());
            double widest = 0;
            for (position t; learner.ready();) {
                learner.next(nullptr, theta.data(), t);
                const auto report = learner.report();
                const auto [least, greatest] = std::minmax_element(theta.begin(), theta.end());
                widest = std::max<double>(widest, *greatest / *least);
                CPPUNIT_ASSERT_EQUAL(static_cast<double>(*least), report.theta_least);
                CPPUNIT_ASSERT_EQUAL(static_cast<double>(*greatest), report.theta_greatest);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(std::accumulate(theta.begin(), theta.end(), 0.0) /
                                                 static_cast<double>(theta.size()),
                                             report.theta_mean,
                                             1e-10);
            }
            CPPUNIT_ASSERT(widest > 1.5);
        }
    }

    void theta_comes_out_in_either_precision()
    {
        const auto [s, x] = banded();
        adaptive_stft<float> one(s), other(s);
        one.push(x.data(), x.size());
        other.push(x.data(), x.size());
        std::vector<float> single(one.thetas());
        std::vector<double> twice(one.thetas());
        std::vector<std::complex<float>> S(one.bins()), U(one.bins());
        position t, u;
        int frames = 0;
        for (; one.ready() && other.ready(); ++frames) {
            one.next(S.data(), single.data(), t);
            other.next(U.data(), twice.data(), u);
            CPPUNIT_ASSERT(std::equal(single.begin(), single.end(), twice.begin()));
            CPPUNIT_ASSERT(S == U && t.sample == u.sample && t.fraction == u.fraction);
        }
        CPPUNIT_ASSERT(frames > 100);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_adaptive_bands);
