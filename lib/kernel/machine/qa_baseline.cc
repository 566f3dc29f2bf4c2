/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/baseline_support.h"

using namespace qa::baselines;

//! Deviations from what was learned of a healthy machine.
class qa_baseline : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_baseline);
    CPPUNIT_TEST(a_deviation_is_told_in_spreads_and_not_below_the_floor);
    CPPUNIT_TEST(each_speed_bin_has_its_own);
    CPPUNIT_TEST(a_bin_that_was_seen_once_has_the_spread_of_the_others);
    CPPUNIT_TEST(a_level_that_follows_the_speed_within_a_bin_deviates_nowhere_in_it);
    CPPUNIT_TEST(an_alarm_tells_the_level_and_what_it_would_be_at_its_speed);
    CPPUNIT_TEST(a_few_bad_hours_do_not_tilt_a_bin);
    CPPUNIT_TEST(a_bin_seen_at_one_speed_says_little_of_its_other_speeds);
    CPPUNIT_TEST(deviations_are_those_of_the_formulas_in_plain_sums);
    CPPUNIT_TEST(single_and_double_precision_agree);
    CPPUNIT_TEST(what_is_wrong_is_refused_by_name);
    CPPUNIT_TEST_SUITE_END();

    void a_deviation_is_told_in_spreads_and_not_below_the_floor()
    {
        auto s = made();
        s.floor = 0.5;
        baseline still(s);
        teach(still, 100, 12, -20.5);
        const auto of_a_prediction =
            std::sqrt(1 + 1.0 / 99); // rows; the first one has no row before
        CPPUNIT_ASSERT_DOUBLES_EQUAL(4 / of_a_prediction, deviation(still, -18.5, 12), 1e-9);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-2, deviation(still, -21.5, 12), 0.1);
        std::mt19937 draw(2);
        std::normal_distribution<> level(-20, 2);
        baseline loose(s);
        teach(loose, 190, 12, [&] { return level(draw); });
        CPPUNIT_ASSERT_DOUBLES_EQUAL(3, deviation(loose, -14, 12), 0.6);
    }

    void each_speed_bin_has_its_own()
    {
        baseline b(made());
        teach(b, 40, 12, -20.5);
        teach(b, 40, 17, -10.5);
        teach(b, 40, 30, -5.5); // the upper end belongs to the last bin
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(39),
                             b.at(0, 0).count); // the first row has no row before
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-20.5, b.at(0, 0).median, 1e-9);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-10.5, b.at(0, 1).median, 1e-9);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), b.at(0, 2).count);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-5.5, b.at(0, 3).median, 1e-9);
        deviation(b, -20.5, 12);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, deviation(b, -20.5, 12), 1e-9);
        CPPUNIT_ASSERT(std::isnan(deviation(b, -20.5, 9.9)) &&
                       std::isnan(deviation(b, -20.5, 30.1)));
    }

    void a_bin_that_was_seen_once_has_the_spread_of_the_others()
    {
        auto s = made();
        s.learn_time = 1e6;
        baseline b(s);
        std::mt19937 draw(2);
        std::normal_distribution<> level(-20, 2);
        teach(b, 2000, 12, [&] { return level(draw); });
        for (const auto speed : { 17, 27 })
            teach(b, 5, speed, -10.5); // too few to count
        teach(b, 29, 22, -10.5);
        CPPUNIT_ASSERT(std::isnan(deviation(b, -10.5, 22)));
        teach(b, 5, 22, -10.5);
        CPPUNIT_ASSERT(b.at(0, 2).spread < 0.5);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(3, deviation(b, -4.5, 22), 0.3);
    }

    // 2 dB / Hz: 10 dB from one end of the bin to the other
    void a_level_that_follows_the_speed_within_a_bin_deviates_nowhere_in_it()
    {
        auto s = made();
        s.learn_time = 1e6;
        baseline b(s);
        std::mt19937 draw(3);
        const auto level = [&](double speed) {
            return -20 + 2 * (speed - 12.5) + std::normal_distribution<>(0, 0.3)(draw);
        };
        const auto speed = [](int i) { return 12.5 + 2.4 * std::sin(i * 0.017); };
        for (int i = 0; i < 5000; ++i)
            deviation(b, level(speed(i)), speed(i));
        CPPUNIT_ASSERT_DOUBLES_EQUAL(2, b.at(0, 0).slope, 0.1);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-20, b.at(0, 0).median, 0.2);
        CPPUNIT_ASSERT(b.at(0, 0).spread < 0.5);
        for (int i = 0; i < 500; ++i)
            CPPUNIT_ASSERT(std::abs(deviation(b, level(speed(i)), speed(i))) < 5);
        double z = 0;
        const double low = -20 + 4.4 - 3;
        const auto before = b.rows();
        b.deviation(&low, 14.7, &z);
        CPPUNIT_ASSERT(z < -5 && b.rows() == before);
        b.deviation(&low, 17.7, &z);
        CPPUNIT_ASSERT(std::isnan(z));
        deviation(b, -20, 14.7);
        CPPUNIT_ASSERT(deviation(b, -20 + 4.4 - 3, 14.7) < -5);
    }

    // 2 dB / Hz: the alarm's speed is 2.2 Hz from the middle of the bin
    void an_alarm_tells_the_level_and_what_it_would_be_at_its_speed()
    {
        auto s = made(2);
        s.learn_time = 1000;
        baseline b(s);
        const auto speed = [](int i) { return 12.5 + 2.4 * std::sin(i * 0.017); };
        const auto add = [&b](double first, double second, double at) {
            const double row[]{ first, second };
            double z[2];
            b.add(row, at, z);
        };
        for (int i = 0; !b.frozen(); ++i)
            add(-20.5 + 2 * (speed(i) - 12.5), -40.5 - (speed(i) - 12.5), speed(i));
        b.take();
        const double fault = -42.7 + 6;
        for (int i = 0; i < 7; ++i)
            add(-16.1, fault, 14.7);
        const auto events = b.take();
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), events.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), events[0].level);
        CPPUNIT_ASSERT_EQUAL(fault, events[0].measured);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-42.7, events[0].expected, 0.5); // -40.5 in the middle
        double z[2];
        const double expected[]{ -16.1, events[0].expected };
        b.deviation(expected, 14.7, z);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, z[1], 1e-9);
    }

    // 300 of 5000 rows are too high at one end of the bin, in the beginning or later; least squares would be tilted by 0.6 dB / Hz
    void a_few_bad_hours_do_not_tilt_a_bin()
    {
        for (const auto& [begin, excess] :
             { std::pair(0, 20.0), std::pair(2000, 20.0), std::pair(2000, 8.0) }) {
            const qa::context here("from row", begin);
            auto s = made();
            s.learn_time = 1e6;
            baseline b(s);
            std::mt19937 draw(3);
            for (int i = 0; i < 5000; ++i) {
                const bool bad = i >= begin && i < begin + 300;
                const auto speed = bad ? 14.5 : 12.5 + 2.4 * std::sin(i * 0.017);
                deviation(
                    b, -20 + (bad ? excess : 0) + std::normal_distribution<>(0, 0.3)(draw), speed);
            }
            CPPUNIT_ASSERT_DOUBLES_EQUAL(0, b.at(0, 0).slope, 0.15);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(-20, b.at(0, 0).median, 0.2);
        }
    }

    // three bins of steep slopes; in the fourth the machine has run at its lower end only
    void a_bin_seen_at_one_speed_says_little_of_its_other_speeds()
    {
        for (const bool steep : { true, false }) {
            const qa::context here("steep", steep);
            auto s = made();
            s.learn_time = 1e6;
            baseline b(s);
            std::mt19937 draw(4);
            const auto level = [&](double speed) {
                const auto off = speed - 5 * std::floor(speed / 5) - 2.5;
                return -20 + (steep ? 1.5 * off : 0) + std::normal_distribution<>(0, 0.3)(draw);
            };
            for (int bin = 0; bin < 3; ++bin)
                for (int i = 0; i < 1000; ++i) {
                    const auto speed = 12.5 + 5 * bin + 2.4 * std::sin(i * 0.037);
                    deviation(b, level(speed), speed);
                }
            for (int i = 0; i < 200; ++i)
                deviation(b, level(26), 26);
            const auto z = [&b](double value, double speed) {
                double found = 0;
                b.deviation(&value, speed, &found);
                return found;
            };
            const auto at_26 = b.at(0, 3).median - 1.5 * b.at(0, 3).slope;
            CPPUNIT_ASSERT(z(at_26 + 3, 26) > 6); // where it ran it is found as in other bins
            CPPUNIT_ASSERT(z(-20 + 3, 12.5) > 6);
            if (steep) // 4.5 dB more at the upper end are no wonder
                CPPUNIT_ASSERT(z(at_26 + 4.5, 29) > 0 && z(at_26 + 4.5, 29) < 2);
            else
                CPPUNIT_ASSERT(z(at_26 + 3, 29) > 6);
        }
    }

    void deviations_are_those_of_the_formulas_in_plain_sums()
    {
        auto s = made();
        s.learn_time = 1e6;
        baseline b(s);
        std::mt19937 draw(6);
        std::normal_distribution<> normal(0, 0.4);
        const std::vector<double> slopes{ 1, -0.8, 0.6 };
        std::vector<double> at_bin, slope_of, weights, means, counts, scales;
        std::vector<double> spreads, medians;
        for (std::size_t bin = 0; bin < slopes.size(); ++bin) {
            std::vector<double> d, y;
            for (int i = 0; i < 400; ++i) {
                const auto off = 0.5 + 0.3 * std::sin(i * 0.031),
                           speed = 12.5 + 5 * static_cast<double>(bin) + off;
                const auto value = -30.5 + slopes[bin] * off + normal(draw);
                deviation(b, value, speed);
                if (i == 0 && bin == 0) // no row before
                    continue;
                d.push_back(off);
                y.push_back(value);
            }
            // least squares without a prior
            double mean = 0, level = 0, products = 0, squares = 0;
            for (std::size_t i = 0; i < d.size(); ++i) {
                mean += d[i] / static_cast<double>(d.size());
                level += y[i] / static_cast<double>(d.size());
            }
            for (std::size_t i = 0; i < d.size(); ++i) {
                products += (d[i] - mean) * (y[i] - level);
                squares += (d[i] - mean) * (d[i] - mean);
            }
            std::vector<double> rest;
            for (std::size_t i = 0; i < d.size(); ++i)
                rest.push_back(y[i] - products / squares * d[i]);
            const auto median = robust(rest).first;
            slope_of.push_back(products / squares);
            weights.push_back(squares);
            means.push_back(mean);
            counts.push_back(static_cast<double>(d.size()));
            medians.push_back(median);
            spreads.push_back(b.at(0, bin).spread); // of classes of 1 dB
        }
        auto sorted = spreads;
        std::sort(sorted.begin(), sorted.end());
        double variance = 0.04; // of the slopes; from another start
        for (std::size_t j = 0; j < 3; ++j)
            scales.push_back(std::max({ spreads[j], sorted[1], s.floor }));
        for (int i = 0; i < 1000; ++i) {
            double sum = 0;
            for (std::size_t j = 0; j < 3; ++j) {
                const auto weight = weights[j] + scales[j] * scales[j] / variance;
                sum +=
                    std::pow(slope_of[j] * weights[j] / weight, 2) + scales[j] * scales[j] / weight;
            }
            variance = sum / 3;
        }
        for (std::size_t j = 0; j < 3; ++j)
            for (const auto off : { -2.4, 0.0, 2.4 }) {
                const auto weight = weights[j] + scales[j] * scales[j] / variance;
                const auto slope = slope_of[j] * weights[j] / weight;
                const auto found = b.at(0, j);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(slope, found.slope, 0.15);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    medians[j] + (slope_of[j] - slope) * means[j], found.median, 0.15);
                const auto value = found.median + found.slope * off + 3;
                const auto expected =
                    3 / (scales[j] * std::sqrt(1 + 1 / counts[j] +
                                               (off - means[j]) * (off - means[j]) / weight));
                double z = 0;
                b.deviation(&value, 12.5 + 5 * static_cast<double>(j) + off, &z);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(expected, z, 0.03 * expected);
            }
    }

    void single_and_double_precision_agree()
    {
        baseline one(made()), other(made());
        std::mt19937 draw(2);
        for (int i = 0; i < 400; ++i) {
            const auto level = std::normal_distribution<float>(-20, 1)(draw);
            const double wide = level;
            float z = 0;
            double expected = 0;
            one.add(&level, 12, &z);
            other.add(&wide, 12, &expected);
            CPPUNIT_ASSERT(z == static_cast<float>(expected) ||
                           (std::isnan(z) && std::isnan(expected)));
        }
        CPPUNIT_ASSERT(one.state().counts == other.state().counts);
    }

    void what_is_wrong_is_refused_by_name()
    {
        const auto refused = [](const std::string& message,
                                const std::function<void(baseline_settings&)>& spoil) {
            auto s = made();
            spoil(s);
            qa::assert_refused(message, [&] { baseline b(s); });
        };
        refused("levels: 0: must be 1 .. 65536", [](auto& s) { s.levels = 0; });
        refused("f_min: -1: must not be negative", [](auto& s) { s.f_min = -1; });
        refused("f_max: 10: must exceed f_min, or be 0 as well", [](auto& s) { s.f_max = 10; });
        refused("speed_bins: 0: must be at least 1, and the cells of all levels at most 65536",
                [](auto& s) { s.speed_bins = 0; });
        refused("learn_time: 0: must be positive, at most 1e15 rows",
                [](auto& s) { s.learn_time = 0; });
        refused("floor: 0: must be positive, at most 100 dB", [](auto& s) { s.floor = 0; });
        refused("least_count: 0: must be 1 .. 10^9", [](auto& s) { s.least_count = 0; });
        refused("max_rate: nan: must be positive", [](auto& s) { s.max_rate = none; });
        refused("threshold: 0: must be positive and finite", [](auto& s) { s.threshold = 0; });
        refused("t_on: -1: must be 0 s or more, at most 1e15 rows", [](auto& s) { s.t_on = -1; });
        refused("rate: 0: must be 1e-9 .. 1e9 rows per second", [](auto& s) { s.rate = 0; });
        baseline b(made());
        auto s = made();
        s.threshold = 9;
        b.change(s);
        s.speed_bins = 5;
        qa::assert_refused("speed_bins: 5: must stay 4", [&] { b.change(s); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_baseline);
