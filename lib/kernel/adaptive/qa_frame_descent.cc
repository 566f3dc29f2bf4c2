/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_descent.h"
#include "qa/adaptive_support.h"
#include "qa/dstft_support.h"

using namespace gr::stft::kernel;
using qa::criteria;
using qa::small;
using qa::varied;

namespace {

//! The step of Adam after the gradients, from the sums that its moments are.
double adam_step(const std::vector<double>& gradients,
                 double mean_decay = 0.9,
                 double square_decay = 0.999)
{
    double mean = 0, square = 0, mean_weight = 0, square_weight = 0;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        const auto age = static_cast<double>(gradients.size() - 1 - i), g = gradients[i];
        mean += std::pow(mean_decay, age) * g;
        mean_weight += std::pow(mean_decay, age);
        square += std::pow(square_decay, age) * g * g;
        square_weight += std::pow(square_decay, age);
    }
    return mean / mean_weight / std::sqrt(square / square_weight);
}

//! Noise, a frame of it, and the descent in that frame.
template <class T>
struct one_frame {
    adaptive_settings s;
    std::vector<T> x = qa::noise<T>(200, 5);
    dstft<T> transform{ s.n_fft, s.window, s.norm, s.share };
    frame_descent<T> descent{ s, transform };
    qa::plain_dstft plain{ s.n_fft, "hann", norm::l2 };

    excerpt<T> samples() const { return { x.data(), 0, 200 }; }

    //! Criterion of the frame and others, from the plain sums: l1l2 of a block, or the frame's entropy.
    double J(const position& t, double theta, const criterion_sums& others) const
    {
        const auto bins = is_real_v<T> ? s.n_fft / 2 + 1 : s.n_fft;
        double a_sum = 0, q_sum = 0, a_ln_a_sum = 0;
        std::size_t m = 0;
        for (const auto& S :
             plain.analyse(qa::exactly(x), 0, t, std::vector<double>(bins, theta))) {
            const double weight = is_real_v<T> && (m == 0 || 2 * m == s.n_fft) ? 0.5 : 1;
            const double a = std::abs(S);
            a_sum += weight * a;
            q_sum += weight * a * a;
            a_ln_a_sum += weight * a * std::log(a);
            ++m;
        }
        if (s.criterion == adaptive_criterion::frame_entropy)
            return std::log(a_sum) - a_ln_a_sum / a_sum;
        const auto n = static_cast<double>(s.n_fft);
        return 2 * std::log(a_sum / n + others.first) - std::log(q_sum / n + others.second);
    }
};

adaptive_settings with_steps(std::int64_t steps,
                             adaptive_criterion criterion = adaptive_criterion::l1l2)
{
    auto s = small();
    s.method = learning_method::gradient;
    s.learn = learned::both;
    s.criterion = criterion;
    s.steps = steps;
    return s.filled();
}

const criterion_sums mean_of_block{ 3, 5 };
constexpr std::int64_t frames_of_block = 9;
const position centre{ 90, 0.3 };

} // namespace

//! Gradient descent in the window length or the position of one frame.
class qa_frame_descent : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_frame_descent);
    CPPUNIT_TEST(the_first_step_of_adam_is_the_sign_of_the_gradient);
    CPPUNIT_TEST(adam_descends_a_quadratic_by_the_ratio_of_unbiased_moments);
    CPPUNIT_TEST(the_gradient_is_the_central_difference);
    CPPUNIT_TEST(theta_follows_adam_on_the_plain_criterion);
    CPPUNIT_TEST(t_follows_adam_on_the_plain_criterion);
    CPPUNIT_TEST(theta_turns_back_at_a_bound);
    CPPUNIT_TEST(theta_stays_within_its_bounds);
    CPPUNIT_TEST(frames_of_silence_or_nan_stay_where_they_are);
    CPPUNIT_TEST(load_levels_leave_a_half_and_a_quarter_of_the_steps);
    CPPUNIT_TEST(cells_descend);
    CPPUNIT_TEST_SUITE_END();

    void the_first_step_of_adam_is_the_sign_of_the_gradient()
    {
        for (double gradient : { 1e-12, -3.0, 1e12 }) {
            const qa::context in_gradient("gradient", gradient);
            adam descent(0.9, 0.999);
            CPPUNIT_ASSERT_EQUAL(0.0, descent.step(0)); // which has no sign
            descent.reset();
            const double first = descent.step(gradient);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(std::copysign(1, gradient), first, 1e-12);
            descent.step(7);
            descent.reset();
            CPPUNIT_ASSERT_EQUAL(first, descent.step(gradient));
        }
    }

    void adam_descends_a_quadratic_by_the_ratio_of_unbiased_moments()
    {
        // 5 (x - 3)^2
        adam descent(0.8, 0.97);
        std::vector<double> gradients;
        double x = -1;
        for (int step = 0; step < 400; ++step) {
            const qa::context in_step("step", step);
            gradients.push_back(10 * (x - 3));
            const double found = descent.step(gradients.back());
            CPPUNIT_ASSERT_DOUBLES_EQUAL(adam_step(gradients, 0.8, 0.97), found, 1e-9);
            x -= 0.1 * found;
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(3, x, 1e-3);
    }

    void the_gradient_is_the_central_difference()
    {
        for (auto which : criteria) {
            auto s = small();
            s.criterion = which;
            s.order = 1.5;
            s.steps = 1;
            s = s.filled();
            difference<double>(s);
            difference<qa::value>(s);
        }
    }

    template <class T>
    static void difference(const adaptive_settings& s)
    {
        // truncation is of the order of h^2, rounding of 1e-16 / h
        constexpr double h = 1e-5;
        const auto x = qa::noise<T>(200, 5);
        const excerpt<T> samples{ x.data(), 0, 200 };
        dstft<T> transform(s.n_fft, s.window, s.norm, s.share);
        frame_descent<T> descent(s, transform);
        spectral_whitener<double> whitener(32, is_real_v<T>, 1e-2);
        std::vector<double> power;
        for (int m = 0; m < 32; ++m)
            power.push_back(1 + (m * m) % 7);
        whitener.update(power.data(), 1);
        descent.whiten(whitener);
        const criterion_sums others{ 3, 5 };
        const position t{ 90, 0.3 };
        const double theta = 41.3;
        const auto here = descent.evaluate(samples, t, theta, others, learned::both);
        CPPUNIT_ASSERT(here.defined);
        const auto J = [&](double ln, double away) {
            return descent
                .evaluate(samples, t + away, std::exp(std::log(theta) + ln), others, learned::both)
                .J;
        };
        CPPUNIT_ASSERT_DOUBLES_EQUAL((J(h, 0) - J(-h, 0)) / (2 * h), here.by_log_theta, 1e-8);
        CPPUNIT_ASSERT_DOUBLES_EQUAL((J(0, h) - J(0, -h)) / (2 * h), here.by_t, 1e-8);
    }

    void theta_follows_adam_on_the_plain_criterion()
    {
        for (auto criterion : { adaptive_criterion::l1l2, adaptive_criterion::frame_entropy })
            for (double prior : { 0.0, 5.0 })
                for (double rate : { 0.0, 0.05 }) {
                    const qa::context in_criterion("criterion", criterion);
                    const qa::context in_prior("prior", prior);
                    const qa::context in_rate("learning_rate", rate);
                    auto s = with_steps(6, criterion);
                    s.prior = prior;
                    s.learning_rate = rate;
                    follow_theta<double>(s, 41.3);
                    follow_theta<qa::value>(s, 20.7);
                }
    }

    void theta_turns_back_at_a_bound()
    {
        // the first step leads beyond theta_min, from where the prior pulls back
        auto s = with_steps(6);
        s.theta_min = 25;
        s.theta_max = 44;
        s.prior = 500;
        s.learning_rate = 0.7;
        follow_theta<double>(s, 41.3);
    }

    template <class T>
    static void follow_theta(const adaptive_settings& s, double theta)
    {
        constexpr double h = 1e-5;
        one_frame<T> frame{ s };
        const bool pooled = s.criterion == adaptive_criterion::l1l2;
        const double count = pooled ? frames_of_block : 1;
        const auto others = mean_of_block * (count - 1);
        const double least = std::log(s.theta_min), most = std::log(s.theta_max);
        double v = std::log(theta);
        std::vector<double> gradients;
        for (int step = 0; step < 6; ++step) {
            const double slope = (frame.J(centre, std::exp(v + h), others) -
                                  frame.J(centre, std::exp(v - h), others)) /
                                 (2 * h);
            gradients.push_back(count * slope + s.prior * (v - (least + most) / 2));
            v -= (s.learning_rate > 0 ? s.learning_rate : 0.02) * adam_step(gradients);
            v = std::clamp(v, least, most);
        }
        const double found = frame.descent.refine_theta(
            frame.samples(), centre, theta, mean_of_block, frames_of_block);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(std::exp(v), found, 1e-6 * theta);
        CPPUNIT_ASSERT(std::abs(found - theta) > 0.01 * theta);
    }

    void t_follows_adam_on_the_plain_criterion()
    {
        for (auto criterion : { adaptive_criterion::l1l2, adaptive_criterion::frame_entropy })
            for (double rate : { 0.0, 0.03 }) {
                const qa::context in_criterion("criterion", criterion);
                const qa::context in_rate("learning_rate", rate);
                auto s = with_steps(6, criterion);
                s.hop = 5;
                s.learning_rate = rate;
                for (double most : { 2.5, 0.2 }) {
                    const qa::context in_most("most", most);
                    follow_t<double>(s, most);
                    follow_t<qa::value>(s, most);
                }
            }
    }

    template <class T>
    static void follow_t(const adaptive_settings& s, double most)
    {
        constexpr double h = 1e-4, theta = 30.7;
        one_frame<T> frame{ s };
        const auto others = mean_of_block * (frames_of_block - 1);
        double shift = 0;
        std::vector<double> gradients;
        for (int step = 0; step < 6; ++step) {
            gradients.push_back((frame.J(centre + (shift + h), theta, others) -
                                 frame.J(centre + (shift - h), theta, others)) /
                                (2 * h));
            shift -= (s.learning_rate > 0 ? s.learning_rate : 0.1) * s.hop * adam_step(gradients);
            shift = std::clamp(shift, -most, most);
        }
        const auto found = frame.descent.refine_t(
            frame.samples(), centre, theta, most, mean_of_block, frames_of_block);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            centre.value() + shift, found.value(), 1e-5); // t has steps of 2^-16
        CPPUNIT_ASSERT_EQUAL(std::nearbyint(found.fraction * 65536), found.fraction * 65536);
        CPPUNIT_ASSERT(std::abs(shift) > 0.1);
    }

    void theta_stays_within_its_bounds()
    {
        auto s = with_steps(40);
        s.prior = 1e6; // to the middle, where it must not pass the bounds on its way
        s.learning_rate = 1;
        for (auto [least, most] : { std::pair{ 20.0, 21.0 }, std::pair{ 8.0, 8.5 } }) {
            const qa::context in_least("theta_min", least);
            s.theta_min = least;
            s.theta_max = most;
            one_frame<double> frame{ s };
            const double found = frame.descent.refine_theta(
                frame.samples(), centre, most, mean_of_block, frames_of_block);
            CPPUNIT_ASSERT(found >= least && found <= most);
        }
        one_frame<double> frame{ s };
        CPPUNIT_ASSERT_EQUAL(8.0, frame.descent.theta_at(std::log(7.9)));
        CPPUNIT_ASSERT_EQUAL(8.5, frame.descent.theta_at(std::log(9.0)));
    }

    void frames_of_silence_or_nan_stay_where_they_are()
    {
        for (double sample : { 0.0, std::nan("") }) {
            const qa::context in_sample("sample", sample);
            one_frame<double> frame{ with_steps(5) };
            std::fill(frame.x.begin(), frame.x.end(), sample);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                30.7,
                frame.descent.refine_theta(
                    frame.samples(), centre, 30.7, mean_of_block, frames_of_block),
                1e-12);
            const auto t = frame.descent.refine_t(
                frame.samples(), { 90, 0.25 }, 30.7, 2, mean_of_block, frames_of_block);
            CPPUNIT_ASSERT_EQUAL(90.25, t.value());
            CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), frame.descent.evaluations());
        }
    }

    void load_levels_leave_a_half_and_a_quarter_of_the_steps()
    {
        one_frame<double> twelve{ with_steps(12) }, three{ with_steps(3) };
        std::uint64_t dropped = 0;
        const std::int64_t of_twelve[]{ 12, 6, 3 }, of_three[]{ 3, 1, 1 };
        for (int level = 0; level < 3; ++level) {
            const qa::context in_level("level", level);
            twelve.descent.set_load(level);
            three.descent.set_load(level);
            CPPUNIT_ASSERT_EQUAL(of_twelve[level], twelve.descent.take_steps());
            CPPUNIT_ASSERT_EQUAL(of_three[level], three.descent.take_steps());
            dropped += 12 - static_cast<std::uint64_t>(of_twelve[level]);
            CPPUNIT_ASSERT_EQUAL(dropped, twelve.descent.dropped());
        }
        // a refinement evaluates once for each step
        twelve.descent.refine_theta(twelve.samples(), centre, 30.7, mean_of_block, frames_of_block);
        twelve.descent.refine_t(twelve.samples(), centre, 30.7, 2, mean_of_block, frames_of_block);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(6), twelve.descent.evaluations());
        CPPUNIT_ASSERT_EQUAL(dropped + 18, twelve.descent.dropped());
        frame_descent<double> replacement(twelve.s, twelve.transform);
        replacement.take_over(twelve.descent);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(6), replacement.evaluations());
        CPPUNIT_ASSERT_EQUAL(dropped + 18, replacement.dropped());
    }

    void cells_descend()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            auto s = small(sharing::cell);
            s.steps = 6;
            s.whiten = 0;
            s.regularisation = 0;
            s.prior = 0;
            s.criterion = adaptive_criterion::frame_entropy; // whose block is the frame
            s = s.filled();
            const auto x = varied<T>(600);
            const excerpt<T> samples{ x.data(), 0, 600 };
            const position t{ 300, 0 };
            dstft<T> transform(s.n_fft, s.window, s.norm, s.share);
            frame_descent<T> descent(s, transform);
            const block_criterion<real_t<T>> criterion(s);
            const auto bins = transform.bins();
            std::vector<double> cells(bins, std::log(30.0)), start = cells;
            const auto J = [&] {
                std::vector<double> theta;
                for (double one : cells)
                    theta.push_back(std::exp(one));
                std::vector<std::complex<real_t<T>>> S(bins);
                transform.analyse(samples, t, theta.data(), S.data());
                std::vector<real_t<T>> q;
                for (const auto& one : S)
                    q.push_back(std::norm(one));
                double sum = 0;
                for (std::size_t b = 0; b < 2; ++b)
                    sum += criterion.value(
                        criterion.sums(q.data(), band_of(s.n_fft, is_real_v<T>, b, 2)));
                return sum;
            };
            const double before = J();
            const criterion_sums none[2];
            descent.refine_cells(samples, t, cells.data(), nullptr, none, 1);
            CPPUNIT_ASSERT(J() < before - 0.01);
            // a strong variation holds cells together
            s.regularisation = 1e6;
            frame_descent<T> stiff(s, transform);
            auto spread = [&](const std::vector<double>& v) {
                return *std::max_element(v.begin(), v.end()) -
                       *std::min_element(v.begin(), v.end());
            };
            const double loose = spread(cells);
            cells = start;
            stiff.refine_cells(samples, t, cells.data(), start.data(), none, 1);
            CPPUNIT_ASSERT(spread(cells) < loose / 2);
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_frame_descent);
