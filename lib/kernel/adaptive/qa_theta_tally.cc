/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/adaptive_support.h"
#include "theta_tally.h"

using namespace gr::stft::kernel;

namespace {

//! Theta in 8 .. 64.
auto settings() { return qa::small().filled(); }

void count(theta_tally& tally, std::vector<float> theta, std::size_t bands = 1)
{
    const auto statistics = theta_bounds(8, 64).clip(theta.data(), theta.size());
    tally.count(theta, statistics, bands, settings());
}

adaptive_report reported(theta_tally& tally, std::size_t bands = 1, advice wanted = advice::given)
{
    adaptive_report report;
    tally.report_to(report, bands, settings(), wanted);
    return report;
}

} // namespace

//! The counts of window lengths that a report gives.
class qa_theta_tally : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_theta_tally);
    CPPUNIT_TEST(no_frames_give_an_empty_report);
    CPPUNIT_TEST(a_report_has_the_frames_since_the_one_before);
    CPPUNIT_TEST(a_theta_within_one_percent_of_a_bound_is_at_it);
    CPPUNIT_TEST(bands_are_counted_apart);
    CPPUNIT_TEST(advice_needs_more_than_half_of_the_frames_at_a_bound);
    CPPUNIT_TEST_SUITE_END();

    void no_frames_give_an_empty_report()
    {
        theta_tally tally;
        const auto r = reported(tally);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), r.frames);
        for (const double zero :
             { r.theta_mean, r.theta_least, r.theta_greatest, r.at_theta_min, r.at_theta_max }) {
            const qa::context in_zero("zero", zero);
            CPPUNIT_ASSERT_EQUAL(0.0, zero);
        }
    }

    void a_report_has_the_frames_since_the_one_before()
    {
        theta_tally tally;
        count(tally, { 20 });
        count(tally, { 10, 50, 30 });
        auto r = reported(tally);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), r.frames);
        CPPUNIT_ASSERT_EQUAL(25.0, r.theta_mean); // of 20 and 30
        CPPUNIT_ASSERT_EQUAL(10.0, r.theta_least);
        CPPUNIT_ASSERT_EQUAL(50.0, r.theta_greatest);
        count(tally, { 40 });
        r = reported(tally);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), r.frames);
        CPPUNIT_ASSERT_EQUAL(40.0, r.theta_mean);
        CPPUNIT_ASSERT_EQUAL(40.0, r.theta_least);
        CPPUNIT_ASSERT_EQUAL(40.0, r.theta_greatest);
    }

    void a_theta_within_one_percent_of_a_bound_is_at_it()
    {
        theta_tally tally;
        for (const float theta : { 8.0F, 8.07F, 8.1F, 63.0F, 63.5F, 64.0F, 30.0F, 31.0F })
            count(tally, { theta });
        const auto r = reported(tally);
        CPPUNIT_ASSERT_EQUAL(2.0 / 8, r.at_theta_min);
        CPPUNIT_ASSERT_EQUAL(2.0 / 8, r.at_theta_max);
    }

    void bands_are_counted_apart()
    {
        theta_tally tally;
        count(tally, { 8, 8, 8, 64, 64, 64, 30, 30, 30 }, 3);
        count(tally, { 8, 8, 8, 8, 8, 8, 30, 30, 30 }, 3);
        const auto r = reported(tally, 3);
        CPPUNIT_ASSERT_EQUAL(3.0 / 6, r.at_theta_min);
        CPPUNIT_ASSERT_EQUAL(1.0 / 6, r.at_theta_max);
        CPPUNIT_ASSERT_EQUAL(std::string(), r.advice);
    }

    void advice_needs_more_than_half_of_the_frames_at_a_bound()
    {
        for (const float bound : { 8.0F, 64.0F }) {
            const qa::context in_bound("bound", bound);
            for (const int at_bound : { 2, 3 }) {
                const qa::context in_at_bound("at_bound", at_bound);
                const auto advised = [&](advice wanted) {
                    theta_tally tally;
                    for (int n = 0; n < 4; ++n)
                        count(tally, { n < at_bound ? bound : 30 });
                    return reported(tally, 1, wanted).advice;
                };
                const auto text = advised(advice::given);
                CPPUNIT_ASSERT_EQUAL(at_bound == 2, text.empty());
                const auto change = bound == 8 ? "lower theta_min" : "raise n_fft";
                CPPUNIT_ASSERT_EQUAL(at_bound == 3, text.find(change) != std::string::npos);
                CPPUNIT_ASSERT_EQUAL(std::string(), advised(advice::none));
            }
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_theta_tally);
