/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/criterion_support.h"
#include <gnuradio/stft/kernel/frames/coverage.h>
#include <limits>

using namespace gr::stft::kernel;
using qa::assert_slopes;
using qa::loss;
using qa::reals;

namespace {

//! The union of windows in 0 .. length by counting points on a grid of 1 / fine.
double counted_coverage(const reals& t, const reals& theta, double length)
{
    constexpr int fine = 1000;
    int covered = 0;
    const int points = static_cast<int>(length * fine);
    for (int i = 0; i < points; ++i) {
        const double x = (i + 0.5) / fine;
        for (std::size_t n = 0; n < t.size(); ++n)
            if (std::abs(x - t[n]) < theta[n] / 2) {
                ++covered;
                break;
            }
    }
    return static_cast<double>(covered) / points;
}

//! Both halves of x are one argument each: t, then theta.
loss of_windows(double (*f)(const double*, const double*, std::size_t, double, double*, double*),
                double length)
{
    return [=](const reals& x, double* gradient) {
        const auto frames = x.size() / 2;
        return f(x.data(),
                 x.data() + frames,
                 frames,
                 length,
                 gradient,
                 gradient ? gradient + frames : nullptr);
    };
}

} // namespace

class qa_coverage : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_coverage);
    CPPUNIT_TEST(union_counts_what_is_covered);
    CPPUNIT_TEST(coverages_slopes_are_central_differences);
    CPPUNIT_TEST(papers_coverage_is_its_sum);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST_SUITE_END();

    //! Cases of t and theta: apart, overlapping, nested, unsorted, across both ends, outside.
    static std::vector<std::pair<reals, reals>> windows()
    {
        return { { { 5 }, { 4 } },
                 { { 1, 9 }, { 4, 5 } },
                 { { 2, 5, 8 }, { 2.5, 3, 5 } },
                 { { 5, 5.2 }, { 8, 1 } },
                 { { 7, 2, 4.5 }, { 2, 3, 3.1 } },
                 { { -5, 20, 3 }, { 4, 3, 1 } },
                 { { 5 }, { 30 } },
                 { { 4, 4.3, 4.7, 8 }, { 2, 2.2, 0.5, 2 } },
                 { { 0.5, 3, 6, 9.8 }, { 3, 4, 3.5, 6 } } };
    }

    void union_counts_what_is_covered()
    {
        for (const auto& [t, theta] : windows())
            CPPUNIT_ASSERT_DOUBLES_EQUAL(counted_coverage(t, theta, 10),
                                         coverage_union(t.data(), theta.data(), t.size(), 10),
                                         1e-12);
    }

    void coverages_slopes_are_central_differences()
    {
        for (auto [t, theta] : windows()) {
            t.insert(t.end(), theta.begin(), theta.end());
            assert_slopes(of_windows(&coverage_union, 10), t, "union");
            assert_slopes(of_windows(&coverage_min, 10), t, "min");
        }
    }

    void papers_coverage_is_its_sum()
    {
        for (const auto& [t, theta] : windows()) {
            double sum = theta.back();
            for (std::size_t n = 0; n + 1 < t.size(); ++n)
                sum += std::min(theta[n], t[n + 1] - theta[n + 1] / 2 - (t[n] - theta[n] / 2));
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                sum / 10, coverage_min(t.data(), theta.data(), t.size(), 10), 1e-14);
        }
    }

    void wrong_arguments_are_refused()
    {
        const auto infinity = std::numeric_limits<double>::infinity();
        const reals t{ 0, 1 }, theta{ 1, 1 };
        reals untouched(6, 7);
        auto* g = untouched.data();
        for (auto* coverage : { &coverage_union, &coverage_min }) {
            const reals lengths{ 1, 0 };
            qa::assert_refused("frames: 0: must be 1 or more",
                               [&] { coverage(t.data(), theta.data(), 0, 10, g, g); });
            qa::assert_refused("length: 0: must be positive and finite",
                               [&] { coverage(t.data(), theta.data(), 2, 0, g, g); });
            qa::assert_refused("theta: 0: must be positive and finite",
                               [&] { coverage(t.data(), lengths.data(), 2, 10, g, g); });
            const reals far{ 0, -infinity };
            qa::assert_refused("t: -inf: must be finite",
                               [&] { coverage(far.data(), theta.data(), 2, 10, g, g); });
        }
        CPPUNIT_ASSERT(untouched == reals(6, 7));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_coverage);
