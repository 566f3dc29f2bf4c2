/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/adaptive_support.h"

using namespace gr::stft::kernel;
using qa::for_all_ways;
using qa::output;
using qa::run;
using qa::small;
using qa::take;
using qa::varied;

//! Changes of settings while the kernel runs, and refusals.
class qa_adaptive_changes : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_adaptive_changes);
    CPPUNIT_TEST(a_theta_that_is_set_comes_out_next);
    CPPUNIT_TEST(frozen_theta_stays_and_learning_goes_on_from_it);
    CPPUNIT_TEST(bounds_that_move_clip_theta);
    CPPUNIT_TEST(a_retune_keeps_the_frame_and_the_theta);
    CPPUNIT_TEST(a_reset_forgets_everything);
    CPPUNIT_TEST(lateness_drops_evaluations_and_never_frames);
    CPPUNIT_TEST(what_cannot_work_is_refused);
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
            std::fill_n(rest.begin(), 600 - 32 - 4, 0);
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

    static void refused(const std::string& message,
                        const std::function<void(adaptive_settings&)>& edit)
    {
        auto s = small();
        edit(s);
        qa::assert_refused(message, [&] { adaptive_stft<float> learner(s); });
    }

    void what_cannot_work_is_refused()
    {
        refused("n_fft: 7: must be at least 8", [](auto& s) { s.n_fft = 7; });
        refused("hop: 0.5: must be at least 1 sample", [](auto& s) { s.hop = 0.5; });
        refused("hop: 32: must be below theta_max / 2 = 32: windows shorter than two hops miss "
                "what lies between two frames",
                [](auto& s) { s.hop = 32; });
        refused("hop: 8: must be at most theta_min / 2 = 6: the shortest window, missing what "
                "lies between two frames, would always win (invertible=False takes it)",
                [](auto& s) {
                    s.hop = 8;
                    s.theta_min = 12;
                });
        refused("theta_max: 65: must be above 4, and at most n_fft",
                [](auto& s) { s.theta_max = 65; });
        refused("theta_min: 3: must be at least 4 samples: shorter windows have no derivative",
                [](auto& s) { s.theta_min = 3; });
        refused("theta_min: 40: must be below theta_max = 30", [](auto& s) {
            s.theta_min = 40;
            s.theta_max = 30;
        });
        refused("theta_init: 70: must be in theta_min .. theta_max = 8 .. 64",
                [](auto& s) { s.theta_init = 70; });
        refused("theta_init: nan: must be in theta_min .. theta_max = 8 .. 64",
                [](auto& s) { s.theta_init = NAN; });
        refused("alpha: 0.6: must be at most 0.5: with window lengths that change, frames farther "
                "apart leave gaps (invertible=False takes it)",
                [](auto& s) { s.alpha = 0.6; });
        refused("alpha: 0.3: must be 0 where t is learned: it makes positions follow theta",
                [](auto& s) {
                    s.alpha = 0.3;
                    s.learn = learned::both;
                });
        refused("norm: l1: must be l2 where theta varies: others move the level with theta",
                [](auto& s) { s.norm = norm::l1; });
        refused("candidates: 1: must be in 2 .. 64", [](auto& s) { s.candidates = 1; });
        refused("bands: 3: must be in 1 .. 2, so that each has some bins of the shortest window's "
                "DFT",
                [](auto& s) {
                    s.bands = 3;
                    s.share = sharing::cell;
                });
        refused("share: bin: needs method bank, whose bands are where bins and cells start from",
                [](auto& s) {
                    s.share = sharing::bin;
                    s.method = learning_method::gradient;
                });
        refused("share: cell: must be constant or frame where t is learned", [](auto& s) {
            s.share = sharing::cell;
            s.learn = learned::both;
        });
        refused("order: 1: must be positive, at most 8, and not 1", [](auto& s) {
            s.criterion = adaptive_criterion::renyi;
            s.order = 1;
        });
        refused("block: -2: must be in 0 .. 65536 frames, or -1", [](auto& s) { s.block = -2; });
        refused("lag: 65537: must be in 0 .. 65536 frames, or -1", [](auto& s) { s.lag = 65537; });
        refused("lag: 60000: must not reach more than 2^26 samples: they are held until their "
                "frame is decided",
                [](auto& s) {
                    s.n_fft = 1 << 20;
                    s.lag = 60000;
                });
        refused("lag: 3: must be 0 for method gradient, which has no path", [](auto& s) {
            s.method = learning_method::gradient;
            s.lag = 3;
        });
        refused("smoothness: -1: must be in 0 .. 1e6", [](auto& s) { s.smoothness = -1; });
        refused("prior: inf: must be in 0 .. 1e6", [](auto& s) { s.prior = HUGE_VAL; });
        refused("whiten: -1: must be 0 (no whitening) or in 1e-9 .. 1e9",
                [](auto& s) { s.whiten = -1; });
        refused("steps: 0: must be 1 or more for method gradient, and where t is learned",
                [](auto& s) {
                    s.learn = learned::both;
                    s.steps = 0;
                });
        refused("steps: 2: must be 0 for share constant and bin, which pool all frames",
                [](auto& s) {
                    s.share = sharing::constant;
                    s.steps = 2;
                });
        refused("learning_rate: 2: must be 0 (the default) or in 1e-6 .. 1",
                [](auto& s) { s.learning_rate = 2; });
        refused("regularisation: -2: must be in 0 .. 1e6, or -1",
                [](auto& s) { s.regularisation = -2; });
        refused("load_limit: -1: must be in 0 .. 1e6", [](auto& s) { s.load_limit = -1; });
        qa::assert_refused("criterion: best: must be l1l2, entropy, renyi, kurtosis, "
                           "magnitude_entropy or frame_entropy",
                           [] { adaptive_criterion_named("best"); });
        qa::assert_refused("method: best: must be bank or gradient",
                           [] { learning_method_named("best"); });
        qa::assert_refused("learn: best: must be theta, t or both", [] { learned_named("best"); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_adaptive_changes);
