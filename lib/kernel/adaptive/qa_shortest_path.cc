/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include "shortest_path.h"

using namespace gr::stft::kernel;

//! Viterbi path among candidates.
class qa_shortest_path : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_shortest_path);
    CPPUNIT_TEST(the_path_is_the_cheapest_of_all);
    CPPUNIT_TEST(a_resolved_frame_lies_on_the_cheapest_path_up_to_lag_frames_later);
    CPPUNIT_TEST(a_held_first_frame_has_the_value_it_starts_from);
    CPPUNIT_TEST(no_change_wins_among_equal_costs_then_the_first_candidate);
    CPPUNIT_TEST(a_parabola_finds_what_lies_between_candidates);
    CPPUNIT_TEST(frames_without_a_criterion_keep_the_value);
    CPPUNIT_TEST_SUITE_END();

    void the_path_is_the_cheapest_of_all()
    {
        for (int trial = 0; trial < 40; ++trial) {
            compare_path(3, 7, trial);
            compare_path(9, 4, trial);
        }
    }

    static void compare_path(std::size_t candidates, std::size_t frames, int trial)
    {
        std::mt19937 random(static_cast<unsigned>(trial));
        std::uniform_real_distribution<double> uniform(0, 0.5);
        const double price = 0.4 / static_cast<double>(candidates);
        const auto value_of = [](std::size_t k) { return 1 + 0.5 * static_cast<double>(k); };
        std::vector<double> values;
        for (std::size_t k = 0; k < candidates; ++k)
            values.push_back(value_of(k));
        std::vector<std::vector<double>> J(frames, values);
        for (auto& row : J)
            for (auto& one : row)
                one = uniform(random);
        const auto empty = static_cast<std::size_t>(trial) % frames;
        shortest_path path(values, price, static_cast<std::int64_t>(frames));
        path.start(0, values.back(), first_frame::free);
        for (std::size_t n = 0; n < frames; ++n)
            path.advance(n == empty ? nullptr : J[n].data());
        std::vector<double> resolved;
        for (std::size_t n = 0; n < frames; ++n)
            resolved.push_back(path.resolve(static_cast<std::int64_t>(n)));

        // every path there is; `found` is the least of those within half a step of the resolved values
        double least = 1e9, found = 1e9;
        const auto paths = std::llround(std::pow(candidates, frames));
        for (std::size_t code = 0; code < static_cast<std::size_t>(paths); ++code) {
            double sum = 0, before = values.back();
            bool belongs = true;
            for (std::size_t n = 0, rest = code; n < frames; ++n, rest /= candidates) {
                const auto k = rest % candidates;
                sum += (n == empty ? 0 : J[n][k]) + price * std::abs(value_of(k) - before);
                belongs = belongs && std::abs(resolved[n] - value_of(k)) < 0.25 + 1e-9;
                before = value_of(k);
            }
            least = std::min(least, sum);
            found = belongs ? std::min(found, sum) : found;
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(least, found, 1e-12);
    }

    void a_resolved_frame_lies_on_the_cheapest_path_up_to_lag_frames_later()
    {
        constexpr std::size_t candidates = 3, frames = 8, lag = 2;
        constexpr double price = 0.15;
        for (unsigned trial = 0; trial < 30; ++trial) {
            const qa::context in_trial("trial", trial);
            std::mt19937 random(trial);
            std::uniform_real_distribution<double> uniform(0, 0.5);
            double J[frames][candidates];
            shortest_path path({ 1, 2, 3 }, price, lag);
            path.start(-4, 2, first_frame::free);
            for (std::size_t n = 0; n < frames; ++n) {
                const qa::context in_n("n", n);
                for (auto& one : J[n])
                    one = uniform(random);
                path.advance(J[n]);
                CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(n) - 4, path.front());
                if (n < lag)
                    continue;
                // all paths through frames 0 .. n, from candidate 1
                double least = 1e9;
                std::size_t expected = 0;
                for (std::size_t code = 0; code < std::pow(candidates, n + 1); ++code) {
                    double sum = 0;
                    std::size_t before = 1, there = 0;
                    for (std::size_t p = 0, rest = code; p <= n; ++p, rest /= candidates) {
                        const auto k = rest % candidates;
                        sum += J[p][k] + price * (k > before ? k - before : before - k);
                        there = p + lag == n ? k : there;
                        before = k;
                    }
                    if (sum < least) {
                        least = sum;
                        expected = there;
                    }
                }
                const double found = path.resolve(static_cast<std::int64_t>(n - lag) - 4);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1.0 + static_cast<double>(expected), found, 0.5);
            }
        }
    }

    void a_held_first_frame_has_the_value_it_starts_from()
    {
        shortest_path path({ 1, 2, 3 }, 10, 1);
        path.start(5, 2.3, first_frame::held);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(5), path.front());
        CPPUNIT_ASSERT_EQUAL(2.3, path.resolve(5));
        CPPUNIT_ASSERT(std::isnan(path.criterion()));
        const double J[]{ 9, 4, 0 }; // a change would cost 10
        path.advance(J);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(2, path.resolve(6), 0.5);
    }

    void no_change_wins_among_equal_costs_then_the_first_candidate()
    {
        shortest_path path({ 1, 2, 3 }, 1, 1);
        const double equal[]{ 0, 0, 0 }, lowest[]{ 0, 9, 9 }, highest[]{ 9, 9, 0 };
        // to change before or after frame 0 costs the same
        for (const auto* last : { lowest, highest }) {
            const double expected = last == lowest ? 1 : 3;
            const qa::context in_expected("expected", expected);
            path.start(0, 2, first_frame::free);
            path.advance(equal);
            path.advance(last);
            CPPUNIT_ASSERT_EQUAL(expected, path.resolve(0));
            CPPUNIT_ASSERT_EQUAL(expected, path.resolve(1));
            CPPUNIT_ASSERT_EQUAL(0.0, path.criterion());
        }
        const double outer[]{ 0, 9, 0 }, middle[]{ 9, 0, 9 };
        path.start(0, 2, first_frame::free);
        path.advance(outer);
        path.advance(middle);
        CPPUNIT_ASSERT_EQUAL(1.0, path.resolve(0));
    }

    void a_parabola_finds_what_lies_between_candidates()
    {
        shortest_path path({ 1, 2, 3, 4 }, 0, 2);
        double J[4];
        for (double least : { 1.7, 2.0, 2.4, 3.2 }) {
            const qa::context in_least("least", least);
            for (int k = 0; k < 4; ++k)
                J[k] = 5 + 3 * (k + 1 - least) * (k + 1 - least);
            path.start(0, 2, first_frame::free);
            path.advance(J);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(least, path.resolve(0), 1e-12);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(5, path.criterion(), 1e-12);
        }
    }

    void frames_without_a_criterion_keep_the_value()
    {
        shortest_path path({ 1, 2, 3 }, 0.1, 3);
        path.start(0, 2.3, first_frame::free);
        for (int n = 0; n < 3; ++n)
            path.advance(nullptr);
        CPPUNIT_ASSERT_EQUAL(2.3, path.resolve(0));
        const double J[]{ 9, 4, 5 };
        path.advance(J);
        path.advance(nullptr);
        path.resolve(1);
        path.resolve(2);
        const double learned = path.resolve(3);
        CPPUNIT_ASSERT(learned != 2.3);
        CPPUNIT_ASSERT_EQUAL(learned, path.resolve(4));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_shortest_path);
