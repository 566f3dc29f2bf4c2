/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_grid.h"
#include "qa/adaptive_support.h"

using namespace gr::stft::kernel;

namespace {

frame_grid with(double hop, double alpha = 0)
{
    auto s = qa::small();
    s.hop = hop;
    s.alpha = alpha;
    return frame_grid(s.filled());
}

constexpr signal_length endless{ std::int64_t(1) << 40, false };
constexpr double thetas[]{ 20.3, 64, 8, 8, 33.3, 50, 12.7 };

} // namespace

//! Centres of grid frames and of output frames.
class qa_frame_grid : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_frame_grid);
    CPPUNIT_TEST(grid_frames_are_at_exact_multiples_of_the_hop);
    CPPUNIT_TEST(output_frames_are_the_grid_frames);
    CPPUNIT_TEST(at_fixed_overlap_a_frame_is_alpha_theta_after_the_one_before);
    CPPUNIT_TEST(at_fixed_overlap_theta_comes_from_the_nearest_grid_frame);
    CPPUNIT_TEST(theta_comes_from_a_frame_that_the_finished_signal_has);
    CPPUNIT_TEST(a_new_hop_keeps_the_next_frame_where_it_is);
    CPPUNIT_TEST(the_last_frame_has_no_follower_in_the_signal);
    CPPUNIT_TEST(a_follower_is_certain_from_the_least_length_that_has_it);
    CPPUNIT_TEST(windows_end_behind_the_last_sample_under_them);
    CPPUNIT_TEST(halfway_between_two_samples_the_later_one_is_the_nearest);
    CPPUNIT_TEST_SUITE_END();

    void grid_frames_are_at_exact_multiples_of_the_hop()
    {
        // a double in 4 .. 8 is a whole number of 2^-50
        const double hop = 3.9 + 0.1037;
        const auto units = static_cast<__int128>(std::ldexp(hop, 50));
        const auto grid = with(hop);
        for (const std::int64_t p : { 0LL, 1LL, 7LL, 1001LL, 1LL << 40 }) {
            const qa::context in_p("p", p);
            const auto exact = units * p;
            const auto sample = static_cast<std::int64_t>(exact >> 50);
            const auto rest =
                static_cast<std::int64_t>(exact - (static_cast<__int128>(sample) << 50));
            CPPUNIT_ASSERT_EQUAL(sample, grid.at(p).sample);
            CPPUNIT_ASSERT_EQUAL(std::ldexp(static_cast<double>(rest), -50), grid.at(p).fraction);
        }
    }

    void output_frames_are_the_grid_frames()
    {
        auto grid = with(3.7);
        for (std::int64_t n = 0; n < 50; ++n, grid.advance(8 + n)) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT_EQUAL(n, grid.frame());
            CPPUNIT_ASSERT_EQUAL(n, grid.source(endless));
            CPPUNIT_ASSERT_EQUAL(grid.at(n).value(), grid.centre().value());
        }
    }

    void at_fixed_overlap_a_frame_is_alpha_theta_after_the_one_before()
    {
        auto grid = with(4, 0.3);
        double centre = 0;
        for (const double theta : thetas) {
            const qa::context in_theta("theta", theta);
            grid.advance(theta);
            centre += 0.3 * theta;
            CPPUNIT_ASSERT_DOUBLES_EQUAL(centre, grid.centre().value(), 1e-12);
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t(std::size(thetas)), grid.frame());
    }

    void at_fixed_overlap_theta_comes_from_the_nearest_grid_frame()
    {
        for (const double hop : { 4.0, 2.9, 1.1 }) {
            auto grid = with(hop, 0.37);
            for (const double theta : thetas) {
                const double centre = grid.centre().value();
                std::int64_t nearest = 0;
                for (std::int64_t p = 1; p < 300; ++p)
                    if (std::abs(grid.at(p).value() - centre) <
                        std::abs(grid.at(nearest).value() - centre))
                        nearest = p;
                CPPUNIT_ASSERT_EQUAL_MESSAGE(
                    "hop " + std::to_string(hop), nearest, grid.source(endless));
                grid.advance(theta);
            }
        }
    }

    void theta_comes_from_a_frame_that_the_finished_signal_has()
    {
        auto grid = with(4, 0.5);
        grid.advance(64);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(8), grid.source({ 21, false }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t(5), grid.source({ 21, true })); // at sample 20
        CPPUNIT_ASSERT_EQUAL(std::int64_t(8), grid.source({ 32, true }));
    }

    void a_new_hop_keeps_the_next_frame_where_it_is()
    {
        auto s = qa::small();
        s.hop = 2.5;
        for (const double alpha : { 0.0, 0.3 }) {
            const qa::context in_alpha("alpha", alpha);
            auto grid = with(4, alpha);
            for (const double theta : thetas)
                grid.advance(theta);
            const double centre = grid.centre().value();
            const auto n = grid.source(endless);
            const double start = grid.at(n).value();
            s.alpha = alpha;
            grid.set_hop(s.filled(), endless);
            CPPUNIT_ASSERT_EQUAL(centre, grid.centre().value());
            CPPUNIT_ASSERT_EQUAL(n, grid.source(endless));
            for (std::int64_t more = 0; more < 5; ++more) {
                const qa::context in_more("more", more);
                CPPUNIT_ASSERT_EQUAL(start + 2.5 * static_cast<double>(more),
                                     grid.at(n + more).value());
            }
            grid.advance(20);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                centre + (alpha > 0 ? alpha * 20 : 2.5), grid.centre().value(), 1e-12);
        }
    }

    void the_last_frame_has_no_follower_in_the_signal()
    {
        for (const std::int64_t length : { 12, 13, 15 }) {
            const qa::context in_length("length", length); // frames at 0, 4, 8, 12
            auto grid = with(4);
            for (int n = 0; n < 4; ++n, grid.advance(20)) {
                const qa::context in_n("n", n);
                CPPUNIT_ASSERT(grid.has_next(20, length));
                CPPUNIT_ASSERT_EQUAL(n == 3, grid.next_is_last({ length, true }));
                CPPUNIT_ASSERT(!grid.next_is_last({ length, false }));
            }
            CPPUNIT_ASSERT(!grid.has_next(20, length));
        }
    }

    void a_follower_is_certain_from_the_least_length_that_has_it()
    {
        for (const double alpha : { 0.0, 0.4 }) {
            const qa::context in_alpha("alpha", alpha);
            auto grid = with(3.3, alpha);
            for (int n = 0; n < 20; ++n) {
                const qa::context in_n("n", n);
                const auto certain = grid.follower_certain_at(64);
                grid.advance(64); // the farthest that the follower may be
                CPPUNIT_ASSERT(grid.has_next(8, certain));
                if (alpha == 0) // or else a longer window reaches farther back
                    CPPUNIT_ASSERT(!grid.has_next(64, certain - 1));
            }
        }
    }

    void windows_end_behind_the_last_sample_under_them()
    {
        for (const double fraction : { 0.0, 0.25, 0.5 }) {
            const qa::context in_fraction("fraction", fraction);
            for (const double theta : { 4.0, 7.0, 33.5 }) {
                const qa::context in_theta("theta", theta);
                for (const double away : { 0.0, 1.25 }) {
                    const qa::context in_away("away", away);
                    const position t{ 100, fraction };
                    std::int64_t end = 100;
                    while (static_cast<double>(end) < 100 + fraction + away + theta / 2)
                        ++end;
                    CPPUNIT_ASSERT_EQUAL(end, end_of_window(t, theta, away));
                }
            }
        }
    }

    void halfway_between_two_samples_the_later_one_is_the_nearest()
    {
        CPPUNIT_ASSERT_EQUAL(std::int64_t(3), nearest_sample({ 3, 0.499 }));
        CPPUNIT_ASSERT_EQUAL(std::int64_t(4), nearest_sample({ 3, 0.5 }));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_frame_grid);
