/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "chirp_descent.h"
#include "qa/adaptive_support.h"

using namespace gr::stft::kernel;

namespace {

using complex = std::complex<double>;

constexpr std::int64_t samples = 400;
const position centre{ 201, 0.375 }; // an odd sample: every second one lies next to it

adaptive_settings settings(std::int64_t steps = 3)
{
    adaptive_settings s;
    s.n_fft = 64;
    s.learn = learned::theta_chirp;
    s.criterion = adaptive_criterion::l1l2;
    s.steps = steps;
    return s.filled();
}

//! Noise in half of the band, as an analytic signal has it, and a chirp in it.
std::vector<complex> signal(double c, double noise)
{
    auto x = qa::noise<complex>(samples, 5);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const auto k = static_cast<double>(i);
        x[i] = noise * x[i] + std::polar(1.0, 2 * M_PI * (0.1 * k + c * (k - 200) * (k - 200) / 2));
    }
    return x;
}

excerpt<complex> all(const std::vector<complex>& x) { return { x.data(), 0, samples }; }

//! l1 / l2 of a frame and of others, from the plain sums over every stride-th sample.
double plain(const std::vector<complex>& x,
             const frame_window& at,
             const criterion_sums& others,
             std::int64_t stride)
{
    const double theta = std::exp(at.log_theta);
    const auto n = static_cast<std::size_t>((64 + stride - 1) / stride);
    double roots = 0, powers = 0;
    for (std::size_t m = 0; m < n; ++m) {
        complex S = 0;
        for (std::int64_t k = 0; k < samples; k += stride) {
            const double u = static_cast<double>(k) - centre.value();
            if (std::abs(u) >= theta / 2)
                continue;
            // l2: the mean of cos^4 is 3/8
            const double w = std::pow(std::cos(M_PI * u / theta), 2) *
                             std::sqrt(static_cast<double>(stride) / (0.375 * theta));
            const double turns =
                static_cast<double>(m) * static_cast<double>(k / stride) / static_cast<double>(n);
            S += w * x[static_cast<std::size_t>(k)] *
                 std::polar(1.0, -M_PI * at.rate * u * u - 2 * M_PI * turns);
        }
        roots += std::abs(S) / static_cast<double>(n);
        powers += std::norm(S) / static_cast<double>(n);
    }
    return 2 * std::log(roots + others.first) - std::log(powers + others.second);
}

const criterion_sums others{ 3, 5 };

} // namespace

//! Gradient descent in the window length and the chirp rate of one frame.
class qa_chirp_descent : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_chirp_descent);
    CPPUNIT_TEST(the_criterion_is_that_of_plain_sums);
    CPPUNIT_TEST(derivatives_are_central_differences);
    CPPUNIT_TEST(descents_from_above_and_from_below_meet_at_the_rate);
    CPPUNIT_TEST(a_rate_of_zero_stays);
    CPPUNIT_TEST(rates_and_lengths_keep_their_bounds);
    CPPUNIT_TEST(frames_of_silence_or_nan_stay_where_they_are);
    CPPUNIT_TEST(a_short_window_takes_long_steps_through_rates);
    CPPUNIT_TEST_SUITE_END();

    void the_criterion_is_that_of_plain_sums()
    {
        const auto x = signal(3e-4, 0.3);
        for (std::int64_t stride : { 1, 2 })
            for (const frame_window at : { frame_window{ std::log(40), 0 },
                                           frame_window{ std::log(61.5), 2e-4 },
                                           frame_window{ std::log(64), -1e-3 } }) {
                const qa::context in_stride("stride", stride);
                const qa::context in_rate("rate", at.rate);
                chirp_descent<double> descent(settings(), static_cast<std::size_t>(stride));
                const auto here = descent.evaluate(all(x), centre, at, others);
                CPPUNIT_ASSERT(here.defined);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(plain(x, at, others, stride), here.J, 1e-10);
            }
    }

    void derivatives_are_central_differences()
    {
        const auto x = signal(3e-4, 0.3);
        constexpr double h = 1e-5; // of ln theta, and of c theta^2
        for (std::int64_t stride : { 1, 2 })
            for (double rate : { 0.0, 2e-4, -1e-3 }) {
                const qa::context in_stride("stride", stride);
                const qa::context in_rate("rate", rate);
                chirp_descent<double> descent(settings(), static_cast<std::size_t>(stride));
                const frame_window at{ std::log(50), rate };
                const auto here = descent.evaluate(all(x), centre, at, others);
                const auto J = [&](double log_theta, double c) {
                    return plain(x, { at.log_theta + log_theta, at.rate + c }, others, stride);
                };
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    (J(h, 0) - J(-h, 0)) / (2 * h), here.by_log_theta, 1e-7);
                const double dc = h / 2500;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    (J(0, dc) - J(0, -dc)) / (2 * h), here.by_rate / 2500, 1e-7);
                CPPUNIT_ASSERT(here.by_rate != 0);
            }
    }

    void descents_from_above_and_from_below_meet_at_the_rate()
    {
        auto s = settings(60);
        s.chirp_prior = s.prior = 0;
        s.learning_rate = 0.05;
        for (std::size_t stride : { 1, 2 })
            for (double away : { -4e-4, 4e-4 }) {
                const qa::context in_stride("stride", stride);
                const qa::context in_away("away", away);
                chirp_descent<double> descent(s, stride);
                const auto x = signal(1.5e-3, 0.02);
                const auto found =
                    descent.refine(all(x), centre, { std::log(50), 1.5e-3 + away }, {}, 1);
                // a tenth of what widens a line by 2.7 bins
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1.5e-3, found.rate, 0.1 * unit_of_rate(64));
                CPPUNIT_ASSERT(found.log_theta > std::log(55));
            }
    }

    void a_rate_of_zero_stays()
    {
        chirp_descent<double> descent(settings(), 1);
        const auto x = signal(1.5e-3, 0.02);
        const auto found = descent.refine(all(x), centre, { std::log(50), 0 }, others, 5);
        CPPUNIT_ASSERT_EQUAL(0.0, found.rate);
        CPPUNIT_ASSERT(found.log_theta != std::log(50));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(3), descent.evaluations());
    }

    void rates_and_lengths_keep_their_bounds()
    {
        auto s = settings(50);
        s.learning_rate = 0.5;
        s.chirp_max = 1e-3;
        chirp_descent<double> descent(s, 1);
        const auto x = signal(1.5e-3, 0.02);
        const auto found = descent.refine(all(x), centre, { std::log(50), 5e-4 }, {}, 1);
        CPPUNIT_ASSERT_EQUAL(1e-3, found.rate);
        CPPUNIT_ASSERT(found.log_theta <= std::log(64) && found.log_theta >= std::log(8));
    }

    void frames_of_silence_or_nan_stay_where_they_are()
    {
        for (double value : { 0.0, std::nan("") }) {
            const qa::context here("value", value);
            auto x = std::vector<complex>(samples, value);
            chirp_descent<double> descent(settings(), 2);
            const auto found = descent.refine(all(x), centre, { std::log(50), 5e-4 }, others, 5);
            CPPUNIT_ASSERT_EQUAL(std::log(50), found.log_theta);
            CPPUNIT_ASSERT_EQUAL(5e-4, found.rate);
        }
    }

    void a_short_window_takes_long_steps_through_rates()
    {
        descent_point here;
        here.defined = true;
        here.by_rate = -1;
        const auto s = settings();
        for (double theta : { 16.0, 64.0 }) {
            const qa::context in_theta("theta", theta);
            parameter_walk walk(s, adam(0.5, 0.9));
            frame_window at{ std::log(theta), 1e-4 };
            walk.step(here, 1e9, 0.01, at); // the first step of Adam has the length 1
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1e-4 + 0.01 * 2.725 / (theta * theta), at.rate, 1e-9);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_chirp_descent);
