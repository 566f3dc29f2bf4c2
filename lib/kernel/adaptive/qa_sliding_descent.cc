/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/adaptive_support.h"
#include "sliding_descent.h"
#include <optional>

using namespace gr::stft::kernel;

namespace {

adaptive_settings by_gradient(sharing share = sharing::frame)
{
    auto s = qa::small(share);
    s.method = learning_method::gradient;
    s.block = 3;
    s.steps = 1;
    s.prior = 0;
    return s.filled();
}

//! A descent along a signal, four samples from frame to frame.
struct along {
    adaptive_settings s;
    std::vector<double> x;
    dstft<double> transform{ s.n_fft, s.window, s.norm, s.share };
    frame_descent<double> frames{ s, transform };
    sliding_descent<frame_descent<double>> descent{ s };

    static position at(std::int64_t p) { return { 40 + 4 * p, 0.25 }; }
    excerpt<double> samples() const { return { x.data(), 0, static_cast<std::int64_t>(x.size()) }; }
    void measure(std::int64_t p) { descent.measure(p, samples(), at(p), frames); }
};

} // namespace

//! Descent from frame to frame.
class qa_sliding_descent : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_sliding_descent);
    CPPUNIT_TEST(a_descent_starts_at_the_theta_given);
    CPPUNIT_TEST(a_frame_has_the_theta_of_the_block_in_whose_middle_it_is);
    CPPUNIT_TEST(a_block_has_the_mean_of_the_frames_that_were_measured);
    CPPUNIT_TEST(tones_lengthen_the_window_and_clicks_shorten_it);
    CPPUNIT_TEST(a_cleared_descent_is_a_new_one_and_a_kept_one_is_not);
    CPPUNIT_TEST_SUITE_END();

    void a_descent_starts_at_the_theta_given()
    {
        sliding_descent<frame_descent<double>> descent(by_gradient());
        descent.restart(5, { 3.25 }, history::cleared);
        for (std::int64_t n : { 5, 6 }) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT_EQUAL(3.25, descent.window(n).log_theta);
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t(0), descent.frames_in(5));
        descent.pass(5);
        CPPUNIT_ASSERT_EQUAL(3.25, descent.window(5).log_theta);
        CPPUNIT_ASSERT(std::isnan(descent.criterion()));
    }

    void a_frame_has_the_theta_of_the_block_in_whose_middle_it_is()
    {
        along a{ by_gradient(), qa::varied<double>(400) };
        std::vector<double> newest;
        for (std::int64_t p = 0; p < 60; ++p) {
            const qa::context in_p("p", p);
            a.measure(p);
            newest.push_back(a.descent.window(p).log_theta); // nothing after p is measured yet
            if (p >= 3)
                CPPUNIT_ASSERT_EQUAL(newest.back(), a.descent.window(p - 3).log_theta);
        }
        CPPUNIT_ASSERT(newest.front() != newest.back());
    }

    void a_block_has_the_mean_of_the_frames_that_were_measured()
    {
        along a{ by_gradient(), qa::varied<double>(400) };
        std::vector<criterion_sums> own;
        double log_theta = std::log(a.s.theta_init);
        for (std::int64_t p = 0; p < 30; ++p) {
            const qa::context in_p("p", p);
            const bool measured = p % 5 != 2;
            own.emplace_back();
            if (measured) {
                const double theta = a.frames.theta_at(log_theta);
                own[p] =
                    a.frames.evaluate(a.samples(), along::at(p), theta, {}, learned::theta).own;
                a.measure(p);
            } else {
                a.descent.pass(p);
            }
            log_theta = a.descent.window(p).log_theta;

            const auto n = p - 3;
            criterion_sums sum;
            std::int64_t frames = 0;
            for (auto q = std::max<std::int64_t>(n - 3, 0); q <= p; ++q)
                if (q % 5 != 2) {
                    sum += own[q];
                    ++frames;
                }
            CPPUNIT_ASSERT_EQUAL(frames, a.descent.frames_in(n));
            const auto mean = a.descent.block_mean(n);
            const auto count = static_cast<double>(frames);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(sum.first / count, mean.first, 1e-12);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(sum.second / count, mean.second, 1e-12);
        }
    }

    void tones_lengthen_the_window_and_clicks_shorten_it()
    {
        for (const bool click : { false, true }) {
            const qa::context in_click("click", click);
            std::vector<double> x(1000);
            for (std::size_t i = 0; i < x.size(); ++i)
                x[i] = click ? i % 70 == 0 : std::cos(0.7 * static_cast<double>(i));
            along a{ by_gradient(), x };
            for (std::int64_t p = 0; p < 200; ++p)
                a.measure(p);
            const double ratio = std::exp(a.descent.window(196).log_theta) / a.s.theta_init;
            CPPUNIT_ASSERT(click ? ratio < 0.8 : ratio > 1.5);
        }
    }

    //! ln theta after 20 frames, from theta_init; before them, what past keeps of 20 others.
    static double learnt(std::optional<history> past)
    {
        along a{ by_gradient(sharing::constant), qa::varied<double>(400) };
        for (std::int64_t p = 0; past && p < 20; ++p)
            a.measure(p);
        if (past)
            a.descent.restart(20, { std::log(a.s.theta_init) }, *past);
        else
            a.descent.restart(20, { std::log(a.s.theta_init) }, history::kept);
        for (std::int64_t p = 20; p < 40; ++p)
            a.measure(p);
        return a.descent.window(39).log_theta;
    }

    void a_cleared_descent_is_a_new_one_and_a_kept_one_is_not()
    {
        const double fresh = learnt({});
        CPPUNIT_ASSERT_EQUAL(fresh, learnt(history::cleared));
        CPPUNIT_ASSERT(fresh != learnt(history::kept));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_sliding_descent);
