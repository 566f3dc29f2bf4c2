/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/adaptive_support.h"

using namespace gr::stft::kernel;
using qa::for_all_ways;
using qa::run;
using qa::small;

namespace {

constexpr double two_pi = 6.283185307179586;

template <class T>
std::vector<T> tone(std::size_t length)
{
    auto x = qa::noise<T>(length, 11);
    for (std::size_t i = 0; i < length; ++i) {
        const double phase = two_pi * 0.11 * static_cast<double>(i) + 0.7;
        x[i] *= real_t<T>(0.01);
        if constexpr (is_real_v<T>)
            x[i] += static_cast<T>(std::cos(phase));
        else
            x[i] += static_cast<T>(std::polar(1.0, phase));
    }
    return x;
}

adaptive_settings longer(double hop)
{
    auto s = small();
    s.n_fft = 256;
    s.hop = hop;
    s.theta_min = 50;
    s.bands = 1;
    return s;
}

} // namespace

//! Learning ignores all that lies before the first sample and after the last one.
class qa_adaptive_ends : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_adaptive_ends);
    CPPUNIT_TEST(a_tone_is_long_from_its_first_frame_to_its_last);
    CPPUNIT_TEST(a_descent_does_not_shorten_a_tone_at_its_ends);
    CPPUNIT_TEST(clicks_in_the_first_and_the_last_frames_are_found);
    CPPUNIT_TEST(frames_that_come_out_before_a_longest_window_has_come_keep_theta_init);
    CPPUNIT_TEST(positions_at_the_ends_stay_on_the_grid);
    CPPUNIT_TEST(windows_longer_than_the_signal_count_like_the_longest_that_is_not);
    CPPUNIT_TEST(a_signal_shorter_than_the_shortest_window_keeps_theta_init);
    CPPUNIT_TEST(any_split_of_a_short_signal_gives_the_same_bits);
    CPPUNIT_TEST(changes_before_a_longest_window_has_come_meet_the_same_state_for_any_split);
    CPPUNIT_TEST_SUITE_END();

    void a_tone_is_long_from_its_first_frame_to_its_last()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (auto share : { sharing::frame, sharing::constant, sharing::bin, sharing::cell }) {
                const qa::context in_share("share", share);
                for (double hop : { 16.0, 13.0, 20.7 }) {
                    const qa::context in_hop("hop", hop);
                    for (std::size_t length : { 2000, 2011 }) {
                        const qa::context in_length("length", length);
                        auto s = longer(hop);
                        s.share = share;
                        for (float theta : run<T>(s, tone<T>(length)).theta) {
                            const qa::context in_theta("theta", theta);
                            CPPUNIT_ASSERT(theta > 0.7 * 256);
                        }
                    }
                }
            }
            auto overlapping = longer(16);
            overlapping.alpha = 0.3;
            auto alone = longer(16);
            alone.criterion = adaptive_criterion::kurtosis;
            auto refined = longer(16);
            refined.steps = 3;
            for (const auto& s : { overlapping, alone, refined }) {
                const qa::context in_s("s", s);
                for (float theta : run<T>(s, tone<T>(2000)).theta) {
                    const qa::context in_theta("theta", theta);
                    CPPUNIT_ASSERT(theta > 0.7 * 256);
                }
            }
        });
    }

    void a_descent_does_not_shorten_a_tone_at_its_ends()
    {
        auto s = longer(16);
        s.method = learning_method::gradient;
        s.prior = 0;
        const auto theta = run<float>(s, tone<float>(4000)).theta;
        for (std::size_t n = 0; n < theta.size(); ++n) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT(theta[n] > (n < 20 ? 0.99 * s.filled().theta_init : 0.7 * 256));
        }
    }

    void clicks_in_the_first_and_the_last_frames_are_found()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            constexpr std::size_t length = 2000;
            for (std::size_t away : { 20, 40, 100 }) {
                const qa::context in_away("away", away);
                auto x = qa::noise<T>(length, 4);
                for (auto& one : x)
                    one *= real_t<T>(0.01);
                x[away] += T(5);
                x[length - 1 - away] += T(5);
                const auto theta = run<T>(longer(16), x).theta;
                const auto first = away / 16, last = (length - 1 - away) / 16;
                for (auto n : { first, first + 1, last, last + 1 }) {
                    const qa::context in_n("n", n);
                    CPPUNIT_ASSERT(theta[n] < 80);
                }
            }
        });
    }

    void frames_that_come_out_before_a_longest_window_has_come_keep_theta_init()
    {
        auto s = longer(16);
        s.causal = true;
        const auto causal = run<float>(s, tone<float>(2000)).theta;
        s.causal = false;
        s.block = 1;
        s.lag = 2;
        const auto soon = run<float>(s, tone<float>(2000)).theta;
        const auto start = static_cast<float>(s.filled().theta_init);
        // the frame centred at sample 128 is the first whose longest window, of 255 samples, begins in the signal
        for (std::size_t n = 0; n < 8; ++n) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT_EQUAL(start, causal[n]);
        }
        for (std::size_t n = 0; n < 5; ++n) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT_EQUAL(start, soon[n]);
        }
        for (std::size_t n = 12; n < causal.size(); ++n) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT(causal[n] > 0.7 * 256 && soon[n] > 0.7 * 256);
        }
    }

    void positions_at_the_ends_stay_on_the_grid()
    {
        auto s = longer(16);
        s.learn = learned::both;
        const auto out = run<float>(s, qa::varied<float>(2000));
        bool moved = false;
        for (std::size_t n = 0; n < out.t.size(); ++n) {
            const qa::context in_n("n", n);
            const double centre = 16.0 * static_cast<double>(n);
            moved = moved || out.t[n].value() != centre;
            if (centre < 128 + 8 || centre > 2000 - 128 - 8)
                CPPUNIT_ASSERT_EQUAL(centre, out.t[n].value());
        }
        CPPUNIT_ASSERT(moved);
    }

    void windows_longer_than_the_signal_count_like_the_longest_that_is_not()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            auto s = longer(16);
            s.prior = 0;
            for (std::size_t length : { 128, 150, 200 }) {
                const qa::context in_length("length", length);
                for (float theta : run<T>(s, tone<T>(length)).theta) {
                    const qa::context in_theta("theta", theta);
                    CPPUNIT_ASSERT(theta > 95);
                } // theta_init is 113
                std::vector<T> click(length);
                click[length / 2] = T(1);
                for (float theta : run<T>(s, click).theta) {
                    const qa::context in_theta("theta", theta);
                    CPPUNIT_ASSERT(theta < 80);
                }
            }
            // of 100 samples, no more than the three candidates of 50, 66 and 86 can be distinguished
            s.prior = 0.01;
            const auto theta = run<T>(s, tone<T>(100)).theta;
            CPPUNIT_ASSERT(theta.front() > 80);
        });
    }

    void a_signal_shorter_than_the_shortest_window_keeps_theta_init()
    {
        for_all_ways([&](adaptive_settings s) {
            s.theta_min = 20; // 19 samples under it
            for (std::size_t length : { 1, 2, 7, 18 }) {
                const qa::context in_length("length", length);
                const auto out = run<float>(s, tone<float>(length));
                CPPUNIT_ASSERT(!out.t.empty());
                const auto start = static_cast<float>(s.filled().theta_init);
                for (float theta : out.theta) {
                    const qa::context in_theta("theta", theta);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(start, theta, 1e-5 * start);
                }
            }
        });
    }

    void any_split_of_a_short_signal_gives_the_same_bits()
    {
        for_all_ways([&](const adaptive_settings& s) {
            for (std::size_t length : { 1, 5, 30, 45, 63, 64, 65, 100, 131 }) {
                const qa::context in_length("length", length);
                const auto x = qa::varied<float>(length);
                const auto whole = run<float>(s, x);
                for (std::size_t chunk : { 1, 7, 64 }) {
                    const qa::context in_chunk("chunk", chunk);
                    CPPUNIT_ASSERT(whole == run<float>(s, x, chunk));
                }
                // a learner that knows the end before it takes the first frame agrees
                adaptive_stft<float> learner(s);
                CPPUNIT_ASSERT_EQUAL(length, learner.push(x.data(), length));
                learner.finish();
                qa::output<float> out;
                qa::take(learner, out);
                CPPUNIT_ASSERT(whole == out);
            }
        });
    }

    void changes_before_a_longest_window_has_come_meet_the_same_state_for_any_split()
    {
        const auto x = qa::varied<float>(500);
        const std::function<void(adaptive_stft<float>&)> changes[] = {
            [](auto& learner) { learner.set_bounds(12, 48); },
            [](auto& learner) { learner.set_hop(3.5); },
            [](auto& learner) { learner.set_theta({ 20.3 }); },
            [](auto& learner) { learner.reset(); },
        };
        for_all_ways([&](adaptive_settings s) {
            s.block = s.lag = -1;
            for (const auto& change : changes) {
                for (std::int64_t n : { 1, 3, 9 }) {
                    const qa::context in_n("n", n);
                    const auto changed = [&](std::size_t chunk) {
                        bool done = false;
                        return run<float>(s, x, chunk, [&](auto& learner) {
                            if (!done && learner.frame() == n)
                                change(learner);
                            done = learner.frame() >= n;
                        });
                    };
                    for (std::size_t chunk : { 1, 37 }) {
                        const qa::context in_chunk("chunk", chunk);
                        CPPUNIT_ASSERT(changed(0) == changed(chunk));
                    }
                }
            }
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_adaptive_ends);
