/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/adaptive_support.h"
#include <gnuradio/stft/kernel/dstft/chirp_dstft.h>

using namespace gr::stft::kernel;
using qa::run;

//! Chirp rates that an adaptive STFT learns.
class qa_adaptive_chirp : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_adaptive_chirp);
    CPPUNIT_TEST(the_rate_of_a_chirp_is_found_and_its_window_is_long);
    CPPUNIT_TEST(tones_and_clicks_have_no_rate);
    CPPUNIT_TEST(frames_are_those_of_the_transform_with_the_rate);
    CPPUNIT_TEST(spectra_of_real_samples_are_those_of_the_analytic_signal);
    CPPUNIT_TEST(rates_stay_within_the_greatest_one);
    CPPUNIT_TEST(a_slow_chirp_is_found_among_great_rates);
    CPPUNIT_TEST(the_beginning_and_the_end_of_a_signal_do_not_spoil_the_rate);
    CPPUNIT_TEST(a_descent_goes_to_the_rate_of_a_chirp_and_back_to_none);
    CPPUNIT_TEST(a_descent_needs_no_sample_after_its_block);
    CPPUNIT_TEST(steps_after_the_bank_stay_near_the_rate);
    CPPUNIT_TEST(without_rates_the_results_are_as_before);
    CPPUNIT_TEST(a_held_theta_has_no_rate_and_a_frozen_one_keeps_it);
    CPPUNIT_TEST(what_cannot_be_learned_with_rates_is_refused);
    CPPUNIT_TEST_SUITE_END();

    static adaptive_settings chirping(std::size_t n_fft = 256)
    {
        adaptive_settings s;
        s.n_fft = n_fft;
        s.learn = learned::theta_chirp;
        return s;
    }

    template <class T>
    static std::vector<T> chirp(std::size_t length, double f, double c, double noise = 0.05)
    {
        auto x = qa::noise<T>(length, 7);
        for (std::size_t i = 0; i < length; ++i) {
            const auto k = static_cast<double>(i);
            const double angle = 2 * M_PI * (f * k + c * k * k / 2);
            x[i] *= static_cast<real_t<T>>(noise);
            if constexpr (is_real_v<T>)
                x[i] += static_cast<T>(std::cos(angle));
            else
                x[i] += T(std::polar(1.0, angle));
        }
        return x;
    }

public:
    void the_rate_of_a_chirp_is_found_and_its_window_is_long()
    {
        qa::for_every_type([&](auto zero) {
            using T = decltype(zero);
            for (double c : { 1e-4, -3e-4, 8e-4 }) {
                const qa::context here("c", c);
                const auto length = static_cast<std::size_t>(std::min(3000.0, 0.35 / std::abs(c)));
                const auto out = run<T>(chirping(), chirp<T>(length, c > 0 ? 0.07 : 0.43, c));
                for (std::size_t n = 0; n < out.c.size(); ++n) {
                    const qa::context in_n("n", n);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(c, out.c[n], 3e-5);
                    CPPUNIT_ASSERT(out.theta[n] > 200);
                }
            }
        });
    }

    void tones_and_clicks_have_no_rate()
    {
        auto x = chirp<float>(4000, 0.2, 0, 0.05);
        for (std::size_t i = 2000; i < x.size(); ++i)
            x[i] = i % 450 == 0 ? 10.0F : 0.05F * x[i - 2000];
        const auto out = run<float>(chirping(), x);
        std::size_t rates = 0, shortest = 0;
        for (std::size_t n = 0; n < out.c.size(); ++n)
            rates += out.c[n] != 0;
        CPPUNIT_ASSERT(rates <= out.c.size() / 20);
        for (std::size_t i = 2250; i + 300 < x.size(); i += 450) // 2250, 2700, ..
            shortest += out.theta[i / 16] < 64;
        CPPUNIT_ASSERT(shortest >= 3);
    }

    void frames_are_those_of_the_transform_with_the_rate()
    {
        const auto x = chirp<std::complex<double>>(1500, 0.1, 2e-4);
        const auto s = chirping();
        const auto out = run<std::complex<double>>(s, x);
        chirp_dstft<std::complex<double>> transform(256, s.window, s.norm);
        std::vector<std::complex<double>> S(256);
        bool turned = false;
        for (std::size_t n = 0; n < out.t.size(); ++n) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(16 * n), out.t[n].sample);
            transform.analyse({ x.data(), 0, 1500 }, out.t[n], out.theta[n], out.c[n], S.data());
            CPPUNIT_ASSERT(std::equal(S.begin(), S.end(), out.spectra.begin() + n * 256));
            turned = turned || out.c[n] != 0;
        }
        CPPUNIT_ASSERT(turned);
    }

    void spectra_of_real_samples_are_those_of_the_analytic_signal()
    {
        const auto x = chirp<double>(1500, 0.1, 2e-4);
        adaptive_stft<double> learner(chirping());
        CPPUNIT_ASSERT_EQUAL(std::size_t(256), learner.bins());
        const auto out = run<double>(chirping(), x);
        for (std::size_t n = 20; n < 70; ++n) {
            const qa::context in_n("n", n);
            double below = 0, above = 0;
            for (std::size_t m = 0; m < 256; ++m)
                (m <= 128 ? below : above) += std::norm(out.spectra[n * 256 + m]);
            CPPUNIT_ASSERT(above < 1e-4 * below);
        }
    }

    void rates_stay_within_the_greatest_one()
    {
        auto s = chirping();
        s.chirp_max = 3e-4; // the nearest float is greater
        const auto out = run<float>(s, chirp<float>(900, 0.07, 4.5e-4));
        CPPUNIT_ASSERT(*std::max_element(out.c.begin(), out.c.end()) > 2.99e-4F);
        for (float c : out.c)
            CPPUNIT_ASSERT(std::abs(static_cast<double>(c)) <= s.chirp_max);
    }

    void a_slow_chirp_is_found_among_great_rates()
    {
        auto s = chirping(1024);
        s.chirp_max = 4e-4; // four times the usual one
        auto x = qa::noise<float>(14000, 3);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const auto k = static_cast<double>(i) - 2000;
            x[i] *= 0.1F;
            if (k >= 0)
                x[i] += static_cast<float>(std::cos(2 * M_PI * (0.06 * k + 1e-5 * k * k)));
        }
        const auto out = run<float>(s, x);
        for (std::size_t n = 2512 / 64 + 1; n < 13488 / 64; ++n) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(2e-5, out.c[n], 2e-6);
        }
    }

    void the_beginning_and_the_end_of_a_signal_do_not_spoil_the_rate()
    {
        // the first frame has the rate of the chirp, though half of its window lies before the signal
        const auto out = run<float>(chirping(), chirp<float>(1500, 0.08, 2e-4, 0.01));
        CPPUNIT_ASSERT_DOUBLES_EQUAL(2e-4, out.c.front(), 1e-5);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(2e-4, out.c.back(), 1e-5);
        // a tone that grows loud and turns into a chirp: one frame alone says little about its envelope
        auto growing = qa::noise<float>(12000, 9);
        double turns = 0;
        for (std::size_t i = 0; i < growing.size(); ++i) {
            const auto k = static_cast<double>(i);
            turns += 0.125 + 0.0677 * std::sin(2 * M_PI * 5.2e-5 * k) +
                     0.0125 * std::sin(2 * M_PI * 1.35e-4 * k);
            growing[i] = 0.05F * growing[i] + static_cast<float>(std::min(1.0, 0.5 + k / 800) *
                                                                 std::cos(2 * M_PI * turns));
        }
        const auto from = run<float>(chirping(1024), growing);
        for (std::size_t n = 0; n < 16; ++n)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(3.1e-5, from.c[n], 1e-5);
        // shorter than the longest window, or than what the filter reaches: no rate
        for (std::size_t length : { 1, 2, 60, 126, 127, 150, 250, 370 }) {
            const qa::context here("length", length);
            const auto some = run<float>(chirping(), chirp<float>(length, 0.08, 2e-4));
            CPPUNIT_ASSERT_EQUAL(length / 16 + 1, some.c.size());
            for (float c : some.c)
                CPPUNIT_ASSERT_EQUAL(0.0F, c);
        }
    }

    void a_descent_goes_to_the_rate_of_a_chirp_and_back_to_none()
    {
        auto s = chirping();
        s.method = learning_method::gradient;
        qa::for_every_type([&](auto zero) {
            using T = decltype(zero);
            for (double c : { 1e-4, -1e-4 }) { // above and below the rate that it starts from
                const qa::context here("c", c);
                auto x = chirp<T>(3500, c > 0 ? 0.07 : 0.43, c);
                const auto tone = chirp<T>(3500, 0.3, 0);
                x.insert(x.end(), tone.begin(), tone.end());
                const auto out = run<T>(s, x);
                for (std::size_t n = 110; n < 200; ++n) { // 1760 .. 3200
                    const qa::context in_n("n", n);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(c, out.c[n], 3e-5);
                    CPPUNIT_ASSERT(out.theta[n] > 200);
                }
                for (std::size_t n = 330; n < 420; ++n)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(0, out.c[n], 3e-5);
            }
        });
    }

    void a_descent_needs_no_sample_after_its_block()
    {
        auto s = chirping();
        s.method = learning_method::gradient;
        const auto x = chirp<std::complex<float>>(2000, 0.07, 1e-4);
        for (const bool causal : { false, true }) {
            const qa::context here("causal", causal);
            s.causal = causal;
            const auto half = causal ? 0 : s.filled().block;
            adaptive_stft<std::complex<float>> learner(s);
            // frame 60: the block after it, and half of the longest window
            const auto last = 16 * (60 + static_cast<std::size_t>(half)) + 128 + 2;
            learner.push(x.data(), last);
            qa::output<std::complex<float>> out;
            qa::take(learner, out);
            CPPUNIT_ASSERT(out.c.size() >= 60 && out.c.size() <= 62);
        }
    }

    void steps_after_the_bank_stay_near_the_rate()
    {
        auto s = chirping();
        s.steps = 3;
        const auto x = chirp<float>(3000, 0.07, 1e-4);
        const auto found = run<float>(chirping(), x), refined = run<float>(s, x);
        CPPUNIT_ASSERT(!(found == refined));
        for (std::size_t n = 20; n < 160; ++n) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1e-4, refined.c[n], 3e-5);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                found.c[n], refined.c[n], 3 * 0.02 * 2.725 / (200.0 * 200));
        }
    }

    void without_rates_the_results_are_as_before()
    {
        const auto x = chirp<float>(1500, 0.08, 2e-4);
        adaptive_settings plain;
        plain.n_fft = 256;
        auto other = plain;
        other.chirp_max = 1e-4;
        other.chirp_prior = 1;
        const auto out = run<float>(plain, x);
        CPPUNIT_ASSERT(out == run<float>(other, x));
        for (float c : out.c)
            CPPUNIT_ASSERT_EQUAL(0.0F, c);
    }

    void a_held_theta_has_no_rate_and_a_frozen_one_keeps_it()
    {
        const auto x = chirp<float>(1600, 0.08, 2e-4);
        for (std::size_t chunk : { 1, 100, 1600 }) {
            const qa::context here("chunk", chunk);
            const auto out = run<float>(chirping(), x, chunk, [](adaptive_stft<float>& learner) {
                if (learner.frame() == 40)
                    learner.set_theta({ 100 });
                if (learner.frame() == 60)
                    learner.set_freeze(true);
            });
            CPPUNIT_ASSERT_EQUAL(100.0F, out.theta[40]);
            CPPUNIT_ASSERT_EQUAL(0.0F, out.c[40]);
            for (std::size_t n = 60; n < out.c.size(); ++n)
                CPPUNIT_ASSERT_EQUAL(out.c[59], out.c[n]);
            CPPUNIT_ASSERT(out.c[39] != 0);
        }
    }

    void what_cannot_be_learned_with_rates_is_refused()
    {
        const auto refused = [](const std::string& message, auto edit) {
            auto s = chirping();
            edit(s);
            qa::assert_refused(message, [&] { adaptive_stft<float> learner(s); });
        };
        refused("share: cell: must be frame where chirp rates are learned",
                [](auto& s) { s.share = sharing::cell; });
        refused("criterion: kurtosis: must be pooled over a block where chirp rates are learned: "
                "l1l2, entropy, renyi "
                "or magnitude_entropy",
                [](auto& s) { s.criterion = adaptive_criterion::kurtosis; });
        refused("alpha: 0.25: must be 0 where chirp rates are learned: positions are given",
                [](auto& s) { s.alpha = 0.25; });
        refused("causal: True: must be False where a bank learns chirp rates, in stages that look "
                "ahead",
                [](auto& s) { s.causal = true; });
        refused("load_limit: 0.5: must be 0 where chirp rates are learned: each stage needs the "
                "one before",
                [](auto& s) { s.load_limit = 0.5; });
        refused("chirp_max: 0.01: must be positive, and at most 1 / (2 theta_max) = 0.001953125: a "
                "faster chirp leaves "
                "the band within a window",
                [](auto& s) { s.chirp_max = 0.01; });
        refused("chirp_max: -1: must be positive, and at most 1 / (2 theta_max) = 0.001953125: a "
                "faster chirp leaves "
                "the band within a window",
                [](auto& s) { s.chirp_max = -1; });
        refused("chirp_max: nan: must be positive, and at most 1 / (2 theta_max) = 0.001953125: a "
                "faster chirp leaves "
                "the band within a window",
                [](auto& s) { s.chirp_max = std::nan(""); });
        refused("chirp_prior: -1: must be in 0 .. 1e6", [](auto& s) { s.chirp_prior = -1; });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_adaptive_chirp);
