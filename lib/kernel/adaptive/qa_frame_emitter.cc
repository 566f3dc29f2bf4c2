/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_emitter.h"
#include "qa/adaptive_support.h"

using namespace gr::stft::kernel;

namespace {

//! An emitter, and what it transforms.
template <class T>
struct emitting {
    adaptive_settings s;
    std::vector<T> x = qa::varied<T>(600);
    dstft<T> transform{ s.n_fft, s.window, s.norm, s.share };
    frame_descent<T> descent{ s, transform };
    frame_emitter<T> emitter{ s, transform };
    std::vector<std::complex<real_t<T>>> S = std::vector<std::complex<real_t<T>>>(transform.bins());

    explicit emitting(const adaptive_settings& settings) : s(settings.filled()) {}

    excerpt<T> samples() const { return { x.data(), 0, 600 }; }
};

//! Sums of 16 other frames, which weigh so much that they hold the criterion where it is.
constexpr criterion_sums others{ 1, 1 };

} // namespace

//! The next output frame.
class qa_frame_emitter : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_frame_emitter);
    CPPUNIT_TEST(the_spectrum_is_that_of_the_transform);
    CPPUNIT_TEST(the_first_window_lengths_are_theta_init);
    CPPUNIT_TEST(a_repeated_frame_has_the_window_lengths_of_the_last_one);
    CPPUNIT_TEST(bins_follow_their_bands_within_the_bounds);
    CPPUNIT_TEST(new_bounds_clip_the_last_window_lengths);
    CPPUNIT_TEST(the_last_window_is_large_enough_at_the_last_sample);
    CPPUNIT_TEST(a_refined_position_stays_where_windows_overlap);
    CPPUNIT_TEST(a_refined_theta_stays_within_the_bounds);
    CPPUNIT_TEST(the_total_variation_ties_cells_to_the_frame_before);
    CPPUNIT_TEST_SUITE_END();

    void the_spectrum_is_that_of_the_transform()
    {
        for (const auto share : { sharing::frame, sharing::cell }) {
            const qa::context in_share("share", share);
            qa::for_every_type([&](auto zero) {
                using T = decltype(zero);
                emitting<T> e(qa::small(share));
                const position t{ 200, 0.25 };
                const double log_theta[]{ std::log(20.0), std::log(40.0) };
                e.emitter.set_centre(t);
                e.emitter.follow(log_theta);
                e.emitter.emit(e.samples(), e.S.data(), true);
                const auto& last = e.emitter.last();
                const std::vector<double> theta(last.begin(), last.end());
                auto expected = e.S;
                e.transform.analyse(e.samples(), t, theta.data(), expected.data());
                CPPUNIT_ASSERT(expected == e.S);
                CPPUNIT_ASSERT_EQUAL(t.sample, e.emitter.t().sample);
                CPPUNIT_ASSERT_EQUAL(t.fraction, e.emitter.t().fraction);
            });
        }
    }

    void the_first_window_lengths_are_theta_init()
    {
        auto s = qa::small(sharing::cell);
        s.theta_init = 23.4;
        const emitting<float> e(s);
        CPPUNIT_ASSERT_EQUAL(std::size_t(33), e.emitter.last().size());
        for (const float theta : e.emitter.last()) {
            const qa::context in_theta("theta", theta);
            CPPUNIT_ASSERT_EQUAL(23.4F, theta);
        }
    }

    void a_repeated_frame_has_the_window_lengths_of_the_last_one()
    {
        emitting<float> e(qa::small(sharing::cell));
        std::vector<double> theta(33, 12);
        theta[7] = 50;
        e.emitter.set_last(theta);
        e.emitter.repeat();
        CPPUNIT_ASSERT_EQUAL(12.0, e.emitter.statistics().least);
        CPPUNIT_ASSERT_EQUAL(50.0, e.emitter.statistics().greatest);
        e.emitter.emit(e.samples(), nullptr, true);
        for (std::size_t m = 0; m < 33; ++m) {
            const qa::context in_m("m", m);
            CPPUNIT_ASSERT_EQUAL(m == 7 ? 50.0F : 12.0F, e.emitter.last()[m]);
        }
        e.emitter.set_last({ 30 });
        for (const float one : e.emitter.last()) {
            const qa::context in_one("one", one);
            CPPUNIT_ASSERT_EQUAL(30.0F, one);
        }
    }

    void bins_follow_their_bands_within_the_bounds()
    {
        const double log_theta[]{ std::log(20.0), std::log(200.0) };
        for (const std::int64_t steps : { 0, 2 }) {
            const qa::context in_steps("steps", steps);
            for (const bool interpolate : { false, true }) {
                const qa::context in_interpolate("interpolate", interpolate);
                auto s = qa::small(sharing::cell); // two bands of 16 bins, from bin 0 to 32
                s.steps = steps;
                s.interpolate = interpolate;
                emitting<float> e(s);
                e.emitter.follow(log_theta);
                e.emitter.emit(e.samples(), nullptr, true);
                const auto& theta = e.emitter.last();
                CPPUNIT_ASSERT_DOUBLES_EQUAL(20, theta[3], 1e-5);
                CPPUNIT_ASSERT_EQUAL(64.0F, theta[30]);
                // a quarter of the way from the middle of the first band to that of the second
                const double between = interpolate ? 20 * std::pow(10, 0.25) : 20;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(between, theta[12], 1e-4);
            }
        }
    }

    void new_bounds_clip_the_last_window_lengths()
    {
        emitting<float> e(qa::small());
        for (const auto& [before, after] :
             { std::pair(10.0, 12.0F), { 15.0, 15.0F }, { 60.0, 20.0F } }) {
            e.emitter.configure(e.s);
            e.emitter.set_last({ before });
            auto narrower = e.s;
            narrower.theta_min = 12;
            narrower.theta_max = 20;
            e.emitter.configure(narrower);
            CPPUNIT_ASSERT_EQUAL(after, e.emitter.last()[0]);
        }
    }

    void the_last_window_is_large_enough_at_the_last_sample()
    {
        emitting<float> e(qa::small());
        const double log_theta = std::log(16.0);
        // samples from the centre to the last one
        for (const auto& [distance, theta] :
             { std::pair(1.0, 16.0), { 6.0, 16.0 }, { 9.0, 24.0 }, { 30.0, 64.0 } }) {
            e.emitter.set_centre({ 100, 0 });
            e.emitter.follow(&log_theta);
            e.emitter.cover_end(101 + static_cast<std::int64_t>(distance));
            CPPUNIT_ASSERT_DOUBLES_EQUAL(theta, e.emitter.statistics().greatest, 1e-5);
        }
    }

    void a_refined_position_stays_where_windows_overlap()
    {
        for (const bool invertible : { true, false }) {
            const qa::context in_invertible("invertible", invertible);
            for (const double theta : { 12.0, 30.0 }) {
                const qa::context in_theta("theta", theta);
                auto s = qa::small();
                s.hop = 6;
                s.theta_min = 12;
                s.learn = learned::both;
                s.invertible = invertible;
                s.learning_rate = 1;
                s.steps = 9;
                emitting<float> e(s);
                const double most = invertible ? std::min(3.0, 3 * theta / 8 - 3) : 3;
                const double log_theta = std::log(theta);
                double farthest = 0;
                for (std::int64_t sample = 100; sample < 500; sample += 6) {
                    const qa::context in_sample("sample", sample);
                    e.emitter.set_centre({ sample, 0 });
                    e.emitter.follow(&log_theta);
                    e.emitter.refine(e.samples(), &others, 1, e.descent);
                    const double away = e.emitter.t().value() - static_cast<double>(sample);
                    CPPUNIT_ASSERT_EQUAL(std::nearbyint(away * 65536), away * 65536);
                    farthest = std::max(farthest, std::abs(away));
                }
                CPPUNIT_ASSERT(farthest < most && farthest > 0.9 * most);
            }
        }
    }

    void a_refined_theta_stays_within_the_bounds()
    {
        auto s = qa::small();
        s.steps = 9;
        s.learning_rate = 1;
        emitting<float> e(s);
        bool shorter = false, longer = false;
        for (std::int64_t sample = 100; sample < 500; sample += 9) {
            const qa::context in_sample("sample", sample);
            const double log_theta = std::log(30.0);
            e.emitter.set_centre({ sample, 0 });
            e.emitter.follow(&log_theta);
            e.emitter.refine(e.samples(), &others, 1, e.descent);
            const auto& theta = e.emitter.statistics();
            CPPUNIT_ASSERT(theta.least >= 8 && theta.greatest <= 64);
            CPPUNIT_ASSERT_EQUAL(theta.least, theta.greatest);
            shorter = shorter || theta.least == 8;
            longer = longer || theta.least == 64;
        }
        CPPUNIT_ASSERT(shorter && longer);
    }

    void the_total_variation_ties_cells_to_the_frame_before()
    {
        auto s = qa::small(sharing::cell);
        s.steps = 9;
        s.regularisation = 1e3;
        const double before[]{ std::log(20.0), std::log(20.0) },
            now[]{ std::log(22.0), std::log(22.0) };
        const auto second = [&](bool learned, bool forget, int repeated = 0) {
            emitting<float> e(s);
            e.emitter.set_centre({ 200, 0 });
            e.emitter.follow(before);
            e.emitter.emit(e.samples(), nullptr, learned);
            for (int i = 0; i < repeated; ++i) {
                e.emitter.repeat();
                e.emitter.emit(e.samples(), nullptr, learned);
            }
            if (forget)
                e.emitter.forget_before();
            e.emitter.follow(now);
            const criterion_sums means[]{ others, others };
            e.emitter.refine(e.samples(), means, 1, e.descent);
            const auto& theta = e.emitter.statistics();
            return theta.sum / 33;
        };
        CPPUNIT_ASSERT(second(true, false) < 21);
        CPPUNIT_ASSERT(second(false, false) > 21.5); // one that was not learned ties nothing
        CPPUNIT_ASSERT_EQUAL(second(false, false), second(true, true));
        for (const int repeated : { 1, 2, 3 }) // nor do repeated ones
            CPPUNIT_ASSERT_EQUAL(second(false, false), second(true, false, repeated));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_frame_emitter);
