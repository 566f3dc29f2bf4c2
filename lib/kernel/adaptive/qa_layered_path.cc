/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "layered_path.h"
#include "qa/support.h"
#include <random>

using namespace gr::stft::kernel;

//! A path through two layers of candidates.
class qa_layered_path : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_layered_path);
    CPPUNIT_TEST(a_resolved_frame_lies_on_the_cheapest_path_up_to_lag_frames_later);
    CPPUNIT_TEST(a_parabola_finds_what_lies_between_candidates_of_a_layer);
    CPPUNIT_TEST(a_held_first_frame_has_the_value_it_starts_from);
    CPPUNIT_TEST(frames_without_a_criterion_keep_the_state);
    CPPUNIT_TEST_SUITE_END();

public:
    void a_resolved_frame_lies_on_the_cheapest_path_up_to_lag_frames_later()
    {
        constexpr std::size_t values = 2, candidates = 4, frames = 7, lag = 2;
        constexpr double price = 0.15;
        constexpr double layer_price[frames]{ 0.2, 0.1, 0.3, 0, 0.2, 0.4, 0.1 };
        const auto cost = [&](std::size_t i, std::size_t k, std::size_t frame) {
            return (i % values != k % values ? price : 0) +
                   (i / values != k / values ? layer_price[frame] : 0);
        };
        for (unsigned trial = 0; trial < 30; ++trial) {
            const qa::context in_trial("trial", trial);
            std::mt19937 random(trial);
            std::uniform_real_distribution<double> uniform(0, 0.5);
            double J[frames][candidates];
            layered_path path({ 1, 2 }, price, lag);
            path.start(-4, 2, first_frame::free);
            for (std::size_t n = 0; n < frames; ++n) {
                for (auto& one : J[n])
                    one = uniform(random);
                path.advance(J[n], layer_price[n]);
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
                        sum += J[p][k] + cost(before, k, p);
                        there = p + lag == n ? k : there;
                        before = k;
                    }
                    if (sum < least) {
                        least = sum;
                        expected = there;
                    }
                }
                const auto found = path.resolve(static_cast<std::int64_t>(n - lag) - 4);
                CPPUNIT_ASSERT_EQUAL(expected / values, found.layer);
                CPPUNIT_ASSERT_EQUAL(1.0 + static_cast<double>(expected % values), found.value);
                CPPUNIT_ASSERT_EQUAL(J[n - lag][expected], path.criterion());
            }
        }
    }

    void a_parabola_finds_what_lies_between_candidates_of_a_layer()
    {
        layered_path path({ 1, 2, 3, 4 }, 0, 2);
        for (std::size_t layer : { 0, 1 })
            for (double least : { 1.7, 2.0, 2.4, 3.2 }) {
                const qa::context in_layer("layer", layer);
                const qa::context in_least("least", least);
                double J[8];
                for (std::size_t k = 0; k < 8; ++k) {
                    const double away = static_cast<double>(k % 4) + 1 - least;
                    J[k] = k / 4 == layer ? 5 + 3 * away * away : 100;
                }
                path.start(0, 2, first_frame::free);
                path.advance(J, 0);
                const auto found = path.resolve(0);
                CPPUNIT_ASSERT_EQUAL(layer, found.layer);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(least, found.value, 1e-12);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(5, path.criterion(), 1e-12);
            }
    }

    void a_held_first_frame_has_the_value_it_starts_from()
    {
        layered_path path({ 1, 2, 3 }, 10, 1);
        path.start(5, 2.3, first_frame::held);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(5), path.front());
        CPPUNIT_ASSERT_EQUAL(2.3, path.resolve(5).value);
        CPPUNIT_ASSERT(std::isnan(path.criterion()));
        const double J[]{ 9, 4, 0, 0, 0, 0 }; // a change would cost 10
        path.advance(J, 10);
        const auto found = path.resolve(6);
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), found.layer);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(2, found.value, 0.5);
    }

    void frames_without_a_criterion_keep_the_state()
    {
        layered_path path({ 1, 2, 3 }, 0.1, 3);
        path.start(0, 2.3, first_frame::free);
        for (int n = 0; n < 3; ++n)
            path.advance(nullptr, 0.1);
        CPPUNIT_ASSERT_EQUAL(2.3, path.resolve(0).value);
        const double J[]{ 9, 9, 9, 9, 4, 5 };
        path.advance(J, 0.1);
        path.advance(nullptr, 0.1);
        path.resolve(1);
        path.resolve(2);
        const auto learned = path.resolve(3), kept = path.resolve(4);
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), learned.layer);
        CPPUNIT_ASSERT(learned.value != 2.3);
        CPPUNIT_ASSERT_EQUAL(learned.layer, kept.layer);
        CPPUNIT_ASSERT_EQUAL(learned.value, kept.value);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_layered_path);
