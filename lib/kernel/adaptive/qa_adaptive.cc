/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/adaptive_support.h"

using namespace gr::stft::kernel;
using qa::for_all_ways;
using qa::output;
using qa::run;
using qa::small;
using qa::take;
using qa::varied;

//! An adaptive STFT on signals.
class qa_adaptive : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_adaptive);
    CPPUNIT_TEST(any_split_of_the_input_gives_the_same_bits);
    CPPUNIT_TEST(frames_are_those_of_the_transform);
    CPPUNIT_TEST(a_frame_is_ready_after_the_latency);
    CPPUNIT_TEST(nothing_is_computed_before_ready_is_asked);
    CPPUNIT_TEST(silence_keeps_theta);
    CPPUNIT_TEST(samples_that_are_not_finite_do_not_reach_theta);
    CPPUNIT_TEST(overflow_is_forgotten);
    CPPUNIT_TEST(the_level_does_not_matter);
    CPPUNIT_TEST(clicks_are_short_and_tones_long);
    CPPUNIT_TEST(positions_stay_where_coverage_is_one);
    CPPUNIT_TEST(loud_frames_leave_no_trace);
    CPPUNIT_TEST_SUITE_END();

    void any_split_of_the_input_gives_the_same_bits()
    {
        for_all_ways([&](const adaptive_settings& s) {
            qa::for_every_type([&](auto zero) {
                using T = decltype(zero);
                const auto x = varied<T>(1003);
                const auto whole = run<T>(s, x);
                CPPUNIT_ASSERT(!whole.t.empty());
                for (std::size_t chunk : { 1, 7, 64, 500 }) {
                    const qa::context in_chunk("chunk", chunk);
                    CPPUNIT_ASSERT(whole == run<T>(s, x, chunk));
                }
            });
        });
    }

    void frames_are_those_of_the_transform()
    {
        for_all_ways([&](const adaptive_settings& s) {
            qa::for_every_type([&](auto zero) {
                using T = decltype(zero);
                if (learns_chirp(s.learn))
                    return; // see qa_adaptive_chirp
                const auto x = varied<T>(777);
                const auto out = run<T>(s, x);
                const auto f = s.filled();
                dstft<T> transform(f.n_fft, f.window, f.norm, f.share);
                const auto bins = transform.bins(), thetas = transform.thetas();
                CPPUNIT_ASSERT_EQUAL(out.t.size() * thetas, out.theta.size());
                exact_position at;
                for (std::size_t n = 0; n < out.t.size(); ++n) {
                    const qa::context in_n("n", n);
                    std::vector<double> theta(out.theta.begin() + n * thetas,
                                              out.theta.begin() + (n + 1) * thetas);
                    for (double one : theta) {
                        const qa::context in_one("one", one);
                        CPPUNIT_ASSERT(one >= f.theta_min && one <= f.theta_max);
                    }
                    std::vector<std::complex<real_t<T>>> S(bins);
                    transform.analyse({ x.data(), 0, 777 }, out.t[n], theta.data(), S.data());
                    CPPUNIT_ASSERT(std::equal(S.begin(), S.end(), out.spectra.begin() + n * bins));
                    const auto there = at.rounded();
                    if (f.learn == learned::theta) {
                        CPPUNIT_ASSERT_EQUAL(there.sample, out.t[n].sample);
                        CPPUNIT_ASSERT_EQUAL(there.fraction, out.t[n].fraction);
                    }
                    at.move(f.alpha > 0 ? f.alpha * theta[0] : f.hop);
                }
                const auto next = at.rounded();
                if (f.alpha == 0)
                    CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(777 / f.hop) + 1, out.t.size());
                else
                    CPPUNIT_ASSERT(next.sample > 776);
            });
        });
    }

    void a_frame_is_ready_after_the_latency()
    {
        for_all_ways([&](const adaptive_settings& s) {
            const auto x = varied<float>(700);
            adaptive_stft<float> learner(s);
            output<float> out;
            for (std::size_t i = 0; i < x.size(); ++i) {
                const qa::context in_i("i", i);
                const auto centre = learner.centre();
                const bool due = learner.received() >= centre.sample + 1 + learner.latency();
                CPPUNIT_ASSERT(!due || learner.ready());
                const bool ready = learner.ready();
                const auto wanted = learner.wanted();
                CPPUNIT_ASSERT(ready ? wanted == 0 : wanted > 0);
                CPPUNIT_ASSERT(wanted <= learner.latency() + 70);
                take(learner, out);
                CPPUNIT_ASSERT_EQUAL(std::size_t(1), learner.push(&x[i], 1));
            }
        });
    }

    void nothing_is_computed_before_ready_is_asked()
    {
        for_all_ways([&](const adaptive_settings& s) {
            if (s.freeze)
                return;
            const auto x = varied<float>(700);
            adaptive_stft<float> learner(s);
            learner.push(x.data(), x.size());
            CPPUNIT_ASSERT(learner.wanted() > 0);
            learner.finish();
            CPPUNIT_ASSERT_EQUAL(std::int64_t(0), learner.wanted());
            CPPUNIT_ASSERT(!learner.over());
            CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), learner.report().evaluations);
            output<float> out;
            take(learner, out);
            CPPUNIT_ASSERT(learner.report().evaluations > 0);
            CPPUNIT_ASSERT(learner.over());
        });
    }

    void silence_keeps_theta()
    {
        for_all_ways([&](const adaptive_settings& s) {
            auto x = varied<float>(350);
            x.resize(2000);
            const auto out = run<float>(s, x);
            const auto thetas = adaptive_stft<float>(s).thetas();
            // where no block of a frame holds a sample of the signal
            const auto frames = out.t.size();
            std::size_t first = 0;
            while (out.t[first].value() < 600)
                ++first;
            for (auto n = first; n < frames; ++n) {
                const qa::context in_n("n", n);
                for (std::size_t m = 0; m < thetas; ++m) {
                    const qa::context in_m("m", m);
                    CPPUNIT_ASSERT_EQUAL(out.theta[first * thetas + m], out.theta[n * thetas + m]);
                }
            }
            const auto nothing = run<float>(s, std::vector<float>(500));
            for (float theta : nothing.theta) {
                const qa::context in_theta("theta", theta);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(s.filled().theta_init, theta, 1e-4);
            }
        });
    }

    void samples_that_are_not_finite_do_not_reach_theta()
    {
        for_all_ways([&](const adaptive_settings& s) {
            for (float bad : { std::nanf(""), HUGE_VALF }) {
                const qa::context in_bad("bad", bad);
                auto x = varied<float>(1500);
                x[700] = bad;
                const auto out = run<float>(s, x);
                for (float theta : out.theta) {
                    const qa::context in_theta("theta", theta);
                    CPPUNIT_ASSERT(std::isfinite(theta));
                }
                const auto none = run<float>(s, std::vector<float>(500, bad));
                for (float theta : none.theta) {
                    const qa::context in_theta("theta", theta);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(s.filled().theta_init, theta, 1e-4);
                }
            }
        });
        // what is learned from other frames goes on as if the spoilt ones were not there
        auto s = small();
        auto x = varied<double>(3000), y = x;
        y[100] = NAN;
        const auto clean = run<double>(s, x), spoilt = run<double>(s, y);
        for (std::size_t n = clean.t.size() / 2; n < clean.t.size(); ++n) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(clean.theta[n], spoilt.theta[n], 0.05 * clean.theta[n]);
        }
    }

    void overflow_is_forgotten()
    {
        for (auto share : { sharing::constant, sharing::frame }) {
            const qa::context in_share("share", share);
            std::vector<float> x;
            for (int i = 0; i < 3000; ++i)
                x.push_back(i < 100 ? 1e30F : std::cos(0.5F * static_cast<float>(i)));
            const auto out = run<float>(small(share), x);
            CPPUNIT_ASSERT(out.theta.front() < 30);
            CPPUNIT_ASSERT(out.theta[600] > 45);
        }
    }

    void the_level_does_not_matter()
    {
        for_all_ways([&](const adaptive_settings& s) {
            const auto x = varied<double>(900);
            auto loud = x, quiet = x;
            for (std::size_t i = 0; i < x.size(); ++i) {
                loud[i] *= std::ldexp(1, 60);
                quiet[i] *= std::ldexp(1, -60);
            }
            const auto out = run<double>(s, x);
            // powers of two change no rounding, but the logarithms of the entropies
            const bool logarithms =
                s.criterion == adaptive_criterion::entropy || learns_chirp(s.learn);
            const double limit = logarithms ? 1e-3 : 0;
            const auto louder = run<double>(s, loud), quieter = run<double>(s, quiet);
            for (std::size_t i = 0; i < out.theta.size(); ++i) {
                const qa::context in_i("i", i);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(out.theta[i], louder.theta[i], limit + 1e-4);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(out.theta[i], quieter.theta[i], limit + 1e-4);
            }
        });
    }

    void clicks_are_short_and_tones_long()
    {
        std::vector<float> x;
        for (int i = 0; i < 4000; ++i)
            x.push_back(std::cos(0.5F * i));
        x.resize(8000);
        for (std::size_t i = 4500; i < 8000; i += 300)
            x[i] = 5;
        for (auto which :
             { adaptive_criterion::l1l2, adaptive_criterion::entropy, adaptive_criterion::renyi }) {
            const qa::context in_which("which", which);
            auto s = small();
            s.n_fft = 256;
            s.criterion = which;
            const auto out = run<float>(s, x);
            for (std::size_t n = 20; n < 230; ++n) {
                const qa::context in_n("n", n);
                CPPUNIT_ASSERT(out.theta[n] > 200);
            }
            for (std::size_t i = 4500; i < 7800; i += 300) {
                const qa::context in_i("i", i);
                CPPUNIT_ASSERT(out.theta[i / 16] < 50);
            }
        }
    }

    void positions_stay_where_coverage_is_one()
    {
        auto s = small();
        s.learn = learned::both;
        s.learning_rate = 1; // as far as they may go
        s.steps = 9;
        const auto out = run<float>(s, varied<float>(3000));
        double farthest = 0;
        for (std::size_t n = 0; n < out.t.size(); ++n) {
            const qa::context in_n("n", n);
            const double away = out.t[n].value() - 4.0 * static_cast<double>(n);
            farthest = std::max(farthest, std::abs(away));
            CPPUNIT_ASSERT(std::abs(away) <= 2);
            if (n > 0) {
                const double gap = out.t[n].value() - out.t[n - 1].value();
                CPPUNIT_ASSERT(gap >= 0);
                CPPUNIT_ASSERT(gap <= 0.75 * (out.theta[n] + out.theta[n - 1]) / 2);
            }
        }
        CPPUNIT_ASSERT(farthest > 1.9);
    }

    void loud_frames_leave_no_trace()
    {
        auto s = small();
        s.whiten = 0; // the envelope has a memory by design
        auto x = varied<float>(4000), y = x;
        for (std::size_t i = 0; i < 1000; ++i)
            y[i] *= 1e7F;
        const auto calm = run<float>(s, x), loud = run<float>(s, y);
        // from where the path has forgotten, too
        for (std::size_t n = 500; n < calm.t.size(); ++n) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT_EQUAL(calm.theta[n], loud.theta[n]);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_adaptive);
