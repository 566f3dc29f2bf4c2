/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/warped/common_shift.h"
#include "kernel/warped/length_path.h"
#include "qa/support.h"
#include <cmath>
#include <random>

using namespace gr::stft::kernel;

//! The choice between two window lengths, and the path through such choices.
class qa_common_shift : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_common_shift);
    CPPUNIT_TEST(lines_that_are_shifted_alike_are_for_the_shorter_window);
    CPPUNIT_TEST(the_mean_over_noise_is_below_zero_by_what_a_useful_shift_adds);
    CPPUNIT_TEST(a_shift_that_is_as_large_as_the_rule_says_is_where_the_sign_changes);
    CPPUNIT_TEST(kappa_lies_between_those_of_two_kinds_of_law);
    CPPUNIT_TEST(one_line_that_is_another_does_not_hide_a_common_shift);
    CPPUNIT_TEST(a_shift_beyond_two_medians_counts_as_two_medians);
    CPPUNIT_TEST(less_than_two_lines_say_nothing);
    CPPUNIT_TEST(a_path_waits_for_evidence_and_keeps_its_choice_without);
    CPPUNIT_TEST_SUITE_END();

    static constexpr std::size_t n_fft = 2048;
    static constexpr int orders = 10;

    //! Row ln(1 + P / F) with lines of P / F = 1000 at some places, as wide as those of Hann's window of length theta.
    static std::vector<float> row(const std::vector<double>& places, double theta)
    {
        std::vector<double> power(n_fft / 2 + 1, 0.5);
        for (const auto place : places) {
            const auto middle = static_cast<std::size_t>(place);
            for (auto m = middle - 15; m <= middle + 15; ++m) {
                const double u = (static_cast<double>(m) - place) * theta / n_fft;
                power[m] += 1000 * std::exp(-2 * u * u);
            }
        }
        std::vector<float> values;
        for (const auto one : power)
            values.push_back(static_cast<float>(std::log1p(one)));
        return values;
    }

    //! Mean of the comparison over frames whose lines are shifted by `shift` of their frequency, and by noise of sd `noise` bins.
    static double mean(double shift, double noise, int frames, double stray = 0)
    {
        std::mt19937 random(1);
        std::normal_distribution<double> normal;
        common_shift<float> rule(n_fft, 512, 724);
        double sum = 0;
        for (int n = 0; n < frames; ++n) {
            std::vector<double> before, after;
            const double sign = n % 2 ? 1 : -1; // a law of speed bends both ways
            for (int k = 1; k <= orders; ++k) {
                before.push_back(60.3 * k);
                after.push_back(60.3 * k * (1 + sign * shift) + noise * normal(random));
            }
            after[4] += stray;
            sum += rule.compare(row(before, 512).data(), row(after, 724).data());
        }
        return sum / frames;
    }

public:
    void lines_that_are_shifted_alike_are_for_the_shorter_window()
    {
        CPPUNIT_ASSERT(mean(1e-3, 0.01, 50) > 3);
        CPPUNIT_ASSERT(mean(-1e-3, 0.01, 50) > 3);
    }

    void the_mean_over_noise_is_below_zero_by_what_a_useful_shift_adds()
    {
        // lines at 1 .. 10 times f have (sum k)^2 / sum k^2 = 55^2 / 385
        const double threshold = (55.0 * 55 / 385 - 1) / (2 * orders + 1);
        for (double noise : { 0.02, 0.3 })
            CPPUNIT_ASSERT_DOUBLES_EQUAL(-threshold, mean(0, noise, 600), 0.13);
    }

    void a_shift_that_is_as_large_as_the_rule_says_is_where_the_sign_changes()
    {
        // variance of the best mean of the lines: noise^2 / sum m_k^2; the rule's r = 1 / 2
        const double noise = 0.1, sum = 60.3 * 60.3 * 385;
        const double shift = std::sqrt(0.5 * noise * noise / sum);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, mean(shift, noise, 600), 0.15);
        CPPUNIT_ASSERT(mean(shift * 2, noise, 400) > 0.4);
        CPPUNIT_ASSERT(mean(shift / 3, noise, 400) < -0.1);
    }

    //! Hann's window of length T on -1/2 .. 1/2, of sum 1.
    static std::vector<double> hann(double T)
    {
        std::vector<double> w(512);
        double sum = 0;
        for (std::size_t i = 0; i < w.size(); ++i) {
            const double u = place(i);
            w[i] = std::abs(u) < T / 2 ? std::pow(std::cos(M_PI * u / T), 2) : 0;
            sum += w[i];
        }
        for (auto& one : w)
            one /= sum;
        return w;
    }
    static double place(std::size_t i) { return (static_cast<double>(i) - 255.5) / 512; }

    //! Mean square of the sum of w times a walk that is 0 in the middle.
    static double walk(const std::vector<double>& w)
    {
        double sum = 0;
        for (std::size_t i = 256; i < 512; ++i)
            for (std::size_t j = 256; j < 512; ++j)
                sum += 2 * w[i] * w[j] * place(std::min(i, j));
        return sum;
    }

    //! kappa: what the longer window adds to the square of a bend, over that of the difference, both relative to those of noise.
    void kappa_lies_between_those_of_two_kinds_of_law()
    {
        const auto a = hann(0.5), b = hann(0.5 * std::sqrt(2.0));
        std::vector<double> difference;
        double bend_a = 0, bend_b = 0;
        for (std::size_t i = 0; i < a.size(); ++i) {
            difference.push_back(b[i] - a[i]);
            bend_a += a[i] * place(i) * place(i);
            bend_b += b[i] * place(i) * place(i);
        }
        // a frequency is the slope of the phase, whose noise comes with the weights w u / sum w u^2
        double noise_a = 0, noise_b = 0, noise_of_difference = 0;
        for (std::size_t i = 0; i < a.size(); ++i) {
            const double of_a = a[i] * place(i) / bend_a, of_b = b[i] * place(i) / bend_b;
            noise_a += of_a * of_a;
            noise_b += of_b * of_b;
            noise_of_difference += (of_a - of_b) * (of_a - of_b);
        }
        const double noise = (noise_a - noise_b) / noise_of_difference;
        const double even =
            (bend_b * bend_b - bend_a * bend_a) / ((bend_b - bend_a) * (bend_b - bend_a));
        const double wander = (walk(b) - walk(a)) / walk(difference);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1.45, even / noise, 0.03);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(2.2, wander / noise, 0.07);
    }

    void one_line_that_is_another_does_not_hide_a_common_shift()
    {
        CPPUNIT_ASSERT(mean(5e-4, 0.01, 50, -1.2) > 2);
    }

    void a_shift_beyond_two_medians_counts_as_two_medians()
    {
        // nine lines are shifted by 0.03, 0.06 .. 0.3 bins, and the stray one by more: the median of all is 0.21
        const double inside = mean(5e-4, 0, 1, -0.2), beyond = mean(5e-4, 0, 1, -0.35);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(beyond, mean(5e-4, 0, 1, -0.45), 1e-9);
        CPPUNIT_ASSERT(std::abs(inside - beyond) > 1e-2);
    }

    void less_than_two_lines_say_nothing()
    {
        common_shift<float> rule(n_fft, 512, 724);
        const auto none = row({}, 512), one = row({ 300.2 }, 512), moved = row({ 300.9 }, 724);
        CPPUNIT_ASSERT_EQUAL(0.0, rule.compare(none.data(), none.data()));
        CPPUNIT_ASSERT_EQUAL(0.0, rule.compare(one.data(), moved.data()));
        const auto two = row({ 300.2, 600.4 }, 512);
        CPPUNIT_ASSERT_EQUAL(0.0, rule.compare(two.data(), one.data()));
        const std::vector<float> broken(n_fft / 2 + 1, std::nanf(""));
        CPPUNIT_ASSERT_EQUAL(0.0, rule.compare(broken.data(), broken.data()));
        common_shift<float> small(64, 16, 22); // few bins
        CPPUNIT_ASSERT_EQUAL(0.0, small.compare(none.data(), none.data()));
    }

    void a_path_waits_for_evidence_and_keeps_its_choice_without()
    {
        length_path path(3, 3, 4);
        path.begin(10, 1);
        const double nothing[3] = { 0, 0, 0 }, up[3] = { 0, -1, -2 }, down[3] = { 0, 1, 2 };
        std::vector<std::size_t> chosen;
        const auto add = [&](const double* J, int frames) {
            for (; frames > 0; --frames) {
                path.advance(J);
                if (path.front() >= 14)
                    chosen.push_back(path.resolve(path.front() - 4));
            }
        };
        add(nothing, 6);
        add(up, 2); // less than the price
        add(nothing, 6);
        CPPUNIT_ASSERT(chosen == std::vector<std::size_t>(chosen.size(), 1));
        add(up, 12);
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), chosen.back());
        add(nothing, 20);
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), chosen.back());
        add(down, 12);
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), chosen.back());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_common_shift);
