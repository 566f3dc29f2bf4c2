/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/level_histogram.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/monitor/baseline.h>

using namespace gr::stft::kernel;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

baseline_settings made(std::size_t levels = 1)
{
    baseline_settings s;
    s.levels = levels;
    s.f_min = 10;
    s.f_max = 30;
    s.speed_bins = 4; // of 5 Hz
    s.learn_time = 200;
    s.t_on = 5;
    s.t_off = 10;
    return s;
}

double deviation(baseline& b, double level, double speed)
{
    double z = 0;
    b.add(&level, speed, &z);
    return z;
}

//! Learns rows of one level and speed.
void teach(baseline& b, int rows, double speed, const std::function<double()>& level)
{
    for (int i = 0; i < rows; ++i)
        deviation(b, level(), speed);
}

void teach(baseline& b, int rows, double speed, double level)
{
    teach(b, rows, speed, [=] { return level; });
}

//! Median and 1.4826 MAD of numbers, by sorting.
std::pair<double, double> robust(std::vector<double> x)
{
    const auto median = [](std::vector<double>& v) {
        std::sort(v.begin(), v.end());
        return (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
    };
    const auto m = median(x);
    for (auto& each : x)
        each = std::abs(each - m);
    return { m, 1.4826 * median(x) };
}

std::string text_of(const std::vector<level_event>& events)
{
    std::string text;
    for (const auto& e : events)
        text += std::string(name_of(e.kind)) + " " + std::to_string(e.level) + " row " +
                std::to_string(e.row) + " from " + std::to_string(e.start) + " for " +
                std::to_string(e.rows) + "; ";
    return text;
}

/*!
 * \brief A machine for a simulated time, a row each minute: ten orders, each crosses a resonance as the speed changes, a swing
 * of 1 dB in a day, scatter of 0.3 dB.
 */
class machine
{
public:
    //! wanders: the speed is a random walk; else it settles at another value each half hour
    explicit machine(unsigned seed, bool wanders = false) : d_draw(seed), d_wanders(wanders) {}

    double speed = 0;
    std::vector<double> levels = std::vector<double>(10);

    void next()
    {
        if (d_row % 30 == 0)
            d_target = std::uniform_real_distribution<>(15, 45)(d_draw);
        if (d_wanders)
            d_speed = std::clamp(d_speed + 0.002 * (30 - d_speed) +
                                     std::normal_distribution<>(0, 0.4)(d_draw),
                                 15.5,
                                 44.5);
        else
            d_speed += 0.1 * (d_target - d_speed);
        speed = d_speed + std::normal_distribution<>(0, 0.05)(d_draw);
        const auto day = 0.5 * std::sin(2 * qa::pi * static_cast<double>(d_row) / 1440);
        for (std::size_t k = 0; k < levels.size(); ++k) {
            const auto hertz = static_cast<double>(k + 1) * speed;
            const auto from = (hertz - 150) / 20; // resonance at 150 Hz, 12 dB high
            levels[k] = -static_cast<double>(k) + 0.2 * speed + 12 / (1 + from * from) + day +
                        std::normal_distribution<>(0, 0.3)(d_draw);
        }
        ++d_row;
    }

private:
    std::mt19937 d_draw;
    bool d_wanders;
    double d_speed = 30, d_target = 30;
    std::uint64_t d_row = 0;
};

baseline_settings of_machine()
{
    baseline_settings s;
    s.levels = 10;
    s.f_min = 15;
    s.f_max = 45;
    s.rate = 1.0 / 60;
    return s;
}

} // namespace

//! Baselines of healthy machines.
class qa_baseline : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_baseline);
    CPPUNIT_TEST(median_and_spread_are_near_those_of_sorted_levels);
    CPPUNIT_TEST(levels_that_share_a_class_have_their_mean);
    CPPUNIT_TEST(a_few_bad_hours_do_not_move_the_median);
    CPPUNIT_TEST(a_deviation_is_told_in_spreads_and_not_below_the_floor);
    CPPUNIT_TEST(each_speed_bin_has_its_own);
    CPPUNIT_TEST(a_bin_that_was_seen_once_has_the_spread_of_the_others);
    CPPUNIT_TEST(a_level_that_follows_the_speed_within_a_bin_deviates_nowhere_in_it);
    CPPUNIT_TEST(a_few_bad_hours_do_not_tilt_a_bin);
    CPPUNIT_TEST(a_bin_seen_at_one_speed_says_little_of_its_other_speeds);
    CPPUNIT_TEST(deviations_are_those_of_the_formulas_in_plain_sums);
    CPPUNIT_TEST(a_bin_with_few_rows_has_no_verdict_and_that_is_told_once);
    CPPUNIT_TEST(rows_without_steady_speed_or_value_are_left_out);
    CPPUNIT_TEST(it_freezes_after_the_stated_time_of_rows_that_were_learned);
    CPPUNIT_TEST(nothing_is_learned_while_it_is_held);
    CPPUNIT_TEST(a_deviation_that_lasts_raises_an_alarm_and_is_not_learned);
    CPPUNIT_TEST(relearning_must_be_asked_for);
    CPPUNIT_TEST(a_machine_of_one_speed_needs_none);
    CPPUNIT_TEST(a_restart_goes_on_to_the_bit);
    CPPUNIT_TEST(a_state_of_another_set_up_is_refused_by_its_names);
    CPPUNIT_TEST(a_week_brings_no_false_alarm_and_3_db_are_found_within_30_minutes);
    CPPUNIT_TEST(single_and_double_precision_agree);
    CPPUNIT_TEST(what_is_wrong_is_refused_by_name);
    CPPUNIT_TEST(lost_rows_are_rows_without_data);
    CPPUNIT_TEST(what_no_sensor_has_is_not_learned);
    CPPUNIT_TEST_SUITE_END();

    void median_and_spread_are_near_those_of_sorted_levels()
    {
        for (const auto spread : { 0.05, 0.2, 0.7, 2.0, 6.0 })
            for (unsigned seed = 0; seed < 10; ++seed) {
                const qa::context here("spread", spread);
                const qa::context there("seed", seed);
                std::mt19937 draw(seed);
                std::normal_distribution<> level(-40.31 - seed * 0.1, spread);
                level_histogram histogram;
                std::vector<double> all;
                for (int i = 0; i < 2000; ++i) {
                    all.push_back(level(draw));
                    histogram.add(all.back());
                }
                const auto [median, sd] = robust(all);
                const auto found = histogram.result();
                CPPUNIT_ASSERT_DOUBLES_EQUAL(median, found.median, 0.15 * std::max(spread, 0.4));
                CPPUNIT_ASSERT(found.spread < std::max(0.45, 1.15 * sd));
                CPPUNIT_ASSERT(found.spread > 0.85 * sd);
            }
    }

    void levels_that_share_a_class_have_their_mean()
    {
        level_histogram histogram;
        CPPUNIT_ASSERT(std::isnan(histogram.result().median));
        histogram.add(-7.25);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-7.25, histogram.result().median, 1e-12);
        histogram.add(-7.15);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-7.2, histogram.result().median, 1e-12);
        level_histogram two; // half of them in each of two classes
        two.add(3.5);
        two.add(9.5);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(6.5, two.result().median, 0.51);
        level_histogram far; // beyond the classes on either side
        for (const auto level : { 0.0, 500.0, 500.2, 500.4, -900.0 })
            far.add(level);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(5), far.count());
        CPPUNIT_ASSERT(far.result().median > 20);
    }

    // five hours of a week, 20 dB too high: a mean moves by 0.6 dB
    void a_few_bad_hours_do_not_move_the_median()
    {
        std::mt19937 draw(1);
        std::normal_distribution<> level(-30, 1);
        level_histogram healthy, both;
        for (int i = 0; i < 10080; ++i) {
            const auto value = level(draw);
            healthy.add(value);
            both.add(value + (i < 300 ? 20 : 0));
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(healthy.result().median, both.result().median, 0.06);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(healthy.result().spread, both.result().spread, 0.08);
    }

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

    void a_bin_with_few_rows_has_no_verdict_and_that_is_told_once()
    {
        baseline b(made(2));
        const double levels[]{ -20.5, -30.5 }, partly[]{ -20.5, none };
        double z[2];
        for (int i = 0; i < 30; ++i) {
            b.add(levels, 12, z); // 29 of them are learned
            CPPUNIT_ASSERT(std::isnan(z[0]) && std::isnan(z[1]));
        }
        b.add(partly, 12, z);
        b.add(levels, 12, z);
        CPPUNIT_ASSERT(!std::isnan(z[0]) && std::isnan(z[1]));
        CPPUNIT_ASSERT(b.take().empty());
        b.freeze();
        b.freeze();
        for (int i = 0; i < 5; ++i)
            b.add(levels, 12, z);
        for (int i = 0; i < 5; ++i)
            b.add(levels, 22, z);
        for (int i = 0; i < 5; ++i)
            b.add(levels, 12, z);
        CPPUNIT_ASSERT_EQUAL(
            std::string("learned 0 row 32 from 0 for 31; not learned 0 row 38 from 38 for 0; "),
            text_of(b.take()));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(30), b.at(1, 0).count);
    }

    void rows_without_steady_speed_or_value_are_left_out()
    {
        baseline b(made());
        teach(b, 10, none, -20);
        teach(b, 10, 5, -20);
        teach(b, 10, 35, -20);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), b.learned());
        for (int i = 0; i < 10; ++i)
            deviation(b, -20, 12 + i % 2); // 8 % from row to row
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), b.learned());
        for (int i = 0; i < 10; ++i)
            deviation(b, -20, 20 + 0.9 * (i % 2)); // 4.5 %, but for the first one
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(9), b.learned());
        teach(b, 10, 20, none);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(9), b.learned());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(60), b.rows());
    }

    void it_freezes_after_the_stated_time_of_rows_that_were_learned()
    {
        auto s = made();
        s.rate = 0.5;
        baseline b(s); // 200 s are 100 rows
        teach(b, 100, 12, -20.5);
        CPPUNIT_ASSERT(!b.frozen());
        deviation(b, -20.5, 12);
        CPPUNIT_ASSERT(b.frozen());
        teach(b, 500, 12, -20.6);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(100), b.at(0, 0).count);
    }

    void nothing_is_learned_while_it_is_held()
    {
        baseline b(made());
        teach(b, 50, 12, -20.5);
        b.hold(true);
        teach(b, 50, 12, -10.5);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(49), b.learned());
        CPPUNIT_ASSERT(deviation(b, -10.5, 12) > 10);
        b.hold(false);
        teach(b, 1, 12, -20.5);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(50), b.learned());
    }

    void a_deviation_that_lasts_raises_an_alarm_and_is_not_learned()
    {
        baseline b(made());
        teach(b, 300, 12, -20.5);
        CPPUNIT_ASSERT_EQUAL(std::string("learned 0 row 200 from 0 for 200; "), text_of(b.take()));
        const auto before = b.state().counts.at("histograms");
        teach(b, 4, 12, -17.5); // too short
        teach(b, 1, 12, -20.4);
        teach(b, 6, 12, -17.5);
        CPPUNIT_ASSERT(b.raised());
        teach(b, 3, none, -17.5); // nothing moves
        teach(b, 12, 12, -20.4);
        const auto events = b.take();
        CPPUNIT_ASSERT_EQUAL(
            std::string("raise 0 row 309 from 305 for 5; clear 0 row 324 from 305 for 10; "),
            text_of(events));
        CPPUNIT_ASSERT_DOUBLES_EQUAL(3 / 0.3 / std::sqrt(1 + 1.0 / 200), events[0].value, 1e-9);
        CPPUNIT_ASSERT_EQUAL(12.0, events[0].speed);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(305), events[1].peak_row);
        CPPUNIT_ASSERT(before == b.state().counts.at("histograms"));
    }

    void relearning_must_be_asked_for()
    {
        baseline b(made());
        teach(b, 300, 12, -20.5);
        teach(b, 6, 12, -10.5);
        b.take();
        b.relearn();
        CPPUNIT_ASSERT_EQUAL(std::string("clear 0 row 306 from 306 for 0; "), text_of(b.take()));
        CPPUNIT_ASSERT(!b.frozen() && !b.raised() && b.at(0, 0).count == 0 && b.learned() == 0);
        teach(b, 40, 12, -10.5);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, deviation(b, -10.5, 12), 1e-9);
    }

    void a_machine_of_one_speed_needs_none()
    {
        auto s = made();
        s.f_min = s.f_max = 0;
        baseline b(s);
        teach(b, 40, none, -20.5);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(40), b.at(0, 0).count);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(10 / std::sqrt(1 + 1.0 / 40), deviation(b, -17.5, none), 1e-9);
        b.freeze();
        teach(b, 5, none, -17.5);
        CPPUNIT_ASSERT(b.raised());
    }

    void a_restart_goes_on_to_the_bit()
    {
        auto s = of_machine();
        s.learn_time = 1000 * 60;
        const std::size_t count = 2000;
        std::vector<std::vector<double>> rows;
        std::vector<double> speeds;
        machine m(3);
        for (std::size_t i = 0; i < count; ++i) {
            m.next();
            rows.push_back(m.levels);
            rows.back()[4] += i > 1500 ? 6 : 0;
            speeds.push_back(i % 100 == 3 ? none : m.speed);
        }
        const auto follow = [&](baseline& b, std::size_t from, std::size_t to) {
            std::vector<double> all(10 * (to - from));
            for (auto i = from; i < to; ++i)
                b.add(rows[i].data(), speeds[i], &all[10 * (i - from)]);
            return all;
        };
        baseline whole(s);
        const auto expected = follow(whole, 0, count);
        const auto events = text_of(whole.take());
        CPPUNIT_ASSERT(events.find("raise 4") != std::string::npos);
        for (const std::size_t cut : { 0, 1, 4, 500, 1004, 1400, 1999, 2000 }) {
            const qa::context here("cut", cut);
            baseline first(s), second(s);
            follow(first, 0, cut);
            second.restore(monitor_state_from(
                gr::stft::kernel::text_of(monitor_state{ { "b", first.state() } }))["b"]);
            const auto found = follow(second, cut, count);
            for (std::size_t i = 0; i < found.size(); ++i) {
                const auto value = expected[10 * cut + i];
                CPPUNIT_ASSERT(found[i] == value || (std::isnan(found[i]) && std::isnan(value)));
            }
            CPPUNIT_ASSERT_EQUAL(events, text_of(first.take()) + text_of(second.take()));
            const auto all = [](const baseline& b) {
                return gr::stft::kernel::text_of(monitor_state{ { "b", b.state() } });
            };
            CPPUNIT_ASSERT_EQUAL(all(whole), all(second));
        }
    }

    void a_state_of_another_set_up_is_refused_by_its_names()
    {
        baseline b(made());
        teach(b, 50, 12, -20.5);
        const auto state = b.state();
        auto s = made();
        s.f_max = 40;
        s.threshold = 4;
        const std::string both =
            "state: f_max (30 there, 40 here), threshold (3 there, 4 here): must be the same, or "
            "the state does not apply";
        qa::assert_refused(both, [&] { baseline(s).restore(state); });
        qa::assert_refused(
            "state: f_max (30 there, 40 here): must be the same, or the state does not apply", [&] {
                baseline(s).restore(state, { "threshold", "f_max" });
            });
        s.f_max = 30;
        baseline other(s);
        other.restore(state, { "threshold" });
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(49), other.learned());
        auto broken = state;
        broken.counts["histograms"].pop_back();
        qa::assert_refused("state: histograms of 255 values: must have 256",
                           [&] { b.restore(broken); });
    }

    void a_week_brings_no_false_alarm_and_3_db_are_found_within_30_minutes()
    {
        for (unsigned seed = 1; seed < 9; ++seed) {
            const qa::context here("seed", seed);
            baseline b(of_machine());
            machine m(seed, seed > 4);
            std::vector<double> z(10);
            const auto run = [&](int rows, double fault) {
                for (int i = 0; i < rows; ++i) {
                    m.next();
                    m.levels[3] += fault;
                    b.add(m.levels.data(), m.speed, z.data());
                }
            };
            constexpr int week = 7 * 24 * 60;
            run(week + 200, 0);
            CPPUNIT_ASSERT(b.frozen());
            b.take();
            run(week, 0);
            const auto healthy = b.take();
            for (const auto& e : healthy)
                CPPUNIT_ASSERT_EQUAL(std::string("not learned"), std::string(name_of(e.kind)));
            const auto from = b.rows();
            run(120, 3);
            std::uint64_t found = 0;
            for (const auto& e : b.take())
                if (e.kind == level_event_kind::raise && e.level == 3 && !found)
                    found = e.row - from;
            CPPUNIT_ASSERT_MESSAGE(std::to_string(found), found > 0 && found <= 30);
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

    void lost_rows_are_rows_without_data()
    {
        const auto events_of = [](bool skips, std::uint64_t lost) {
            baseline b(made());
            teach(b, 120, 12, 60);
            const auto lose = [&] {
                if (skips)
                    b.skip(lost);
                for (std::uint64_t i = 0; !skips && i < lost; ++i)
                    deviation(b, none, none);
            };
            lose(); // while it learns
            teach(b, 90, 12, 60);
            lose();
            teach(b, 4, 12, 70);
            lose(); // while an alarm rises
            teach(b, 4, 12, 70);
            lose();
            teach(b, 12, 12, 60);
            return text_of(b.take()) + std::to_string(b.rows());
        };
        for (const std::uint64_t lost : { 0, 1, 7, 1000 }) {
            const qa::context here("lost", lost);
            CPPUNIT_ASSERT_EQUAL(events_of(false, lost), events_of(true, lost));
        }
        baseline b(made());
        deviation(b, 60, 12);
        b.skip(1);
        teach(b, 2, 25, 60); // not an hour ago: its first row has no speed before it
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), b.at(0, 3).count);
    }

    void what_no_sensor_has_is_not_learned()
    {
        baseline b(made());
        teach(b, 20, 12, 1e300);
        teach(b, 40, 12, -1e5);
        teach(b, 40, 12, 60);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(40), b.at(0, 0).count);
        CPPUNIT_ASSERT(std::isnan(deviation(b, 1e300, 12)));
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, deviation(b, 60, 12), 1e-12);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_baseline);
