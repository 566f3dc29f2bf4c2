/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/adaptive_support.h"

using namespace gr::stft::kernel;
using qa::for_all_ways;
using qa::output;
using qa::run;
using qa::small;
using qa::take;
using qa::varied;

//! Changes of settings while the kernel runs.
class qa_adaptive_changes : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_adaptive_changes);
    CPPUNIT_TEST(a_theta_that_is_set_comes_out_next);
    CPPUNIT_TEST(frozen_theta_stays_and_learning_goes_on_from_it);
    CPPUNIT_TEST(bounds_that_move_clip_theta);
    CPPUNIT_TEST(a_retune_keeps_the_frame_and_the_theta);
    CPPUNIT_TEST(a_reset_forgets_everything);
    CPPUNIT_TEST(lateness_drops_evaluations_and_never_frames);
    CPPUNIT_TEST_SUITE_END();

    void a_theta_that_is_set_comes_out_next()
    {
        for_all_ways([&](const adaptive_settings& s) {
            const auto out = run<float>(s, varied<float>(1000), 50, [](auto& learner) {
                if (learner.frame() == 40)
                    learner.set_theta({ 20.3 });
            });
            const auto thetas = adaptive_stft<float>(s).thetas();
            for (std::size_t m = 0; m < thetas; ++m) {
                const qa::context in_m("m", m);
                CPPUNIT_ASSERT_EQUAL(20.3F, out.theta[40 * thetas + m]);
            }
        });
        auto positions = small();
        positions.learn = learned::t;
        const auto kept = run<float>(positions, varied<float>(1000), 50, [](auto& learner) {
            if (learner.frame() == 40)
                learner.set_theta({ 20.3 });
        });
        for (std::size_t n = 40; n < kept.theta.size(); ++n) {
            const qa::context in_n("n", n); // where theta is not learned
            CPPUNIT_ASSERT_EQUAL(20.3F, kept.theta[n]);
        }
        auto s = small(sharing::cell);
        const auto each = run<float>(s, varied<float>(1000), 50, [](auto& learner) {
            std::vector<double> theta(learner.thetas(), 10);
            theta[3] = 33;
            if (learner.frame() == 40)
                learner.set_theta(theta);
        });
        CPPUNIT_ASSERT_EQUAL(10.0F, each.theta[40 * 33]);
        CPPUNIT_ASSERT_EQUAL(33.0F, each.theta[40 * 33 + 3]);
        adaptive_stft<float> learner(small());
        qa::assert_refused("theta: 65: must be in theta_min .. theta_max = 8 .. 64",
                           [&] { learner.set_theta({ 65 }); });
        qa::assert_refused("theta: nan: must be in theta_min .. theta_max = 8 .. 64",
                           [&] { learner.set_theta({ NAN }); });
        qa::assert_refused("theta: 2 values: must be one", [&] { learner.set_theta({ 9, 9 }); });
    }

    void frozen_theta_stays_and_learning_goes_on_from_it()
    {
        for_all_ways([&](adaptive_settings s) {
            if (s.freeze || s.alpha > 0)
                return;
            const auto out = run<float>(s, varied<float>(1500), 50, [](auto& learner) {
                if (learner.frame() == 60)
                    learner.set_freeze(true);
                if (learner.frame() == 120)
                    learner.set_freeze(false);
            });
            const auto thetas = adaptive_stft<float>(s).thetas();
            bool moved = false;
            for (std::size_t n = 59; n < 120; ++n) {
                const qa::context in_n("n", n);
                for (std::size_t m = 0; m < thetas; ++m) {
                    const qa::context in_m("m", m);
                    CPPUNIT_ASSERT_EQUAL(out.theta[59 * thetas + m], out.theta[n * thetas + m]);
                }
            }
            for (std::size_t n = 120; n < out.t.size(); ++n)
                for (std::size_t m = 0; m < thetas; ++m)
                    moved = moved || out.theta[59 * thetas + m] != out.theta[n * thetas + m];
            CPPUNIT_ASSERT_EQUAL(s.learn != learned::t, moved);
        });
    }

    void bounds_that_move_clip_theta()
    {
        for_all_ways([&](const adaptive_settings& s) {
            const auto out = run<float>(s, varied<float>(1000), 50, [](auto& learner) {
                if (learner.frame() == 40)
                    learner.set_bounds(12, 20);
            });
            const auto thetas = adaptive_stft<float>(s).thetas();
            for (auto i = 40 * thetas; i < out.theta.size(); ++i) {
                const qa::context in_i("i", i);
                CPPUNIT_ASSERT(out.theta[i] >= 12 && out.theta[i] <= 20);
            }
        });
        adaptive_stft<float> learner(small());
        qa::assert_refused("theta_min: 30: must be below theta_max = 20",
                           [&] { learner.set_bounds(30, 20); });
        CPPUNIT_ASSERT_EQUAL(64.0, learner.settings().theta_max);
    }

    void a_retune_keeps_the_frame_and_the_theta()
    {
        for_all_ways([&](const adaptive_settings& s) {
            if (s.alpha > 0)
                return;
            std::vector<float> x;
            for (int i = 0; i < 3000; ++i)
                x.push_back(std::cos(0.5F * i));
            const auto retune = [](auto& learner) {
                if (learner.frame() == 100 && learner.settings().hop != 7.5)
                    learner.set_hop(7.5);
            };
            const auto out = run<float>(s, x, 50, retune);
            CPPUNIT_ASSERT(out == run<float>(s, x, 1, retune));
            const double hop = s.filled().hop;
            for (std::size_t n = 0; n < out.t.size(); ++n) {
                const qa::context in_n("n", n);
                const double centre = std::min<double>(n, 100) * hop +
                                      std::max<double>(0, static_cast<double>(n) - 100) * 7.5;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    centre, out.t[n].value(), s.learn == learned::theta ? 1e-9 : 4);
            }
            if (s.share == sharing::frame && s.learn != learned::t && !s.freeze)
                for (std::size_t n = 98; n < 103; ++n) {
                    const qa::context in_n("n", n);
                    CPPUNIT_ASSERT(out.theta[n] > 45);
                }
        });
    }

    void a_reset_forgets_everything()
    {
        for_all_ways([&](const adaptive_settings& s) {
            if (s.alpha > 0 || s.hop != 0)
                return;
            // what comes after the reset is that of a signal that begins there
            const auto x = varied<double>(1200);
            const auto out = run<double>(s, x, 50, [](auto& learner) {
                if (learner.frame() == 150)
                    learner.reset();
            });
            auto rest = x;
            // a filter reaches farther back than the windows where rates are learned
            std::fill_n(rest.begin(), 600 - 32 - 4 - (learns_chirp(s.learn) ? 64 : 0), 0);
            const auto thetas = adaptive_stft<double>(s).thetas();
            adaptive_stft<double> fresh(s);
            const auto init = static_cast<float>(s.filled().theta_init);
            CPPUNIT_ASSERT(std::isfinite(out.theta[150 * thetas]) && init > 0);
            const auto alone = run<double>(s, rest, 50, [](auto& learner) {
                if (learner.frame() == 150)
                    learner.reset();
            });
            for (auto i = 150 * thetas; i < out.theta.size(); ++i) {
                const qa::context in_i("i", i);
                CPPUNIT_ASSERT_EQUAL(alone.theta[i], out.theta[i]);
            }
        });
    }

    void lateness_drops_evaluations_and_never_frames()
    {
        const auto x = varied<float>(3000);
        auto s = small();
        s.n_fft = 256;
        s.hop = 8;
        const auto counted = [&](double limit, int calls) {
            auto settings = s;
            settings.load_limit = limit;
            adaptive_stft<float> learner(settings);
            for (int i = 0; i < calls; ++i)
                learner.late(true);
            output<float> out;
            learner.push(x.data(), x.size());
            learner.finish();
            take(learner, out);
            CPPUNIT_ASSERT_EQUAL(std::size_t(376), out.t.size());
            return learner.report();
        };
        const auto all = counted(1, 0), fewer = counted(1, 1), fewest = counted(1, 2),
                   unlimited = counted(0, 2);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), all.dropped);
        CPPUNIT_ASSERT_EQUAL(all.evaluations, fewer.evaluations + fewer.dropped);
        CPPUNIT_ASSERT_EQUAL(all.evaluations, fewest.evaluations + fewest.dropped);
        CPPUNIT_ASSERT(fewer.dropped > 0 && fewest.dropped > fewer.dropped);
        CPPUNIT_ASSERT_EQUAL(all.evaluations, unlimited.evaluations);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(376), all.frames);
        s.method = learning_method::gradient;
        s.whiten = 0;
        s.steps = 4;
        const auto steps = counted(1, 0), half = counted(1, 1), quarter = counted(1, 2);
        // the frames centred at 136 .. 2864, around which there are 129 samples on either side
        constexpr std::uint64_t within = 342;
        CPPUNIT_ASSERT_EQUAL(4 * within, steps.evaluations);
        CPPUNIT_ASSERT_EQUAL(2 * within, half.evaluations);
        CPPUNIT_ASSERT_EQUAL(within, quarter.evaluations);
        CPPUNIT_ASSERT_EQUAL(3 * within, quarter.dropped);
        CPPUNIT_ASSERT(fewest.theta_least >= 16 && fewest.theta_greatest <= 256);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(all.theta_mean, fewest.theta_mean, 0.2 * all.theta_mean);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_adaptive_changes);
