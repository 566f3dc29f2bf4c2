/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/machine_support.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/speed/order_map.h>
#include <limits>

using namespace gr::stft::kernel;

namespace {

order_map_settings settings(double rate)
{
    order_map_settings s;
    s.samp_rate = rate;
    s.hop = 64;
    s.orders = { 1, 2, 8 };
    return s;
}

template <class T>
std::vector<order_row<T>> rows_of(const order_map_settings& s,
                                  const std::vector<T>& x,
                                  const std::vector<double>& speeds,
                                  std::size_t piece = std::size_t(-1))
{
    order_map<T> map(s);
    std::vector<order_row<T>> rows;
    order_row<T> row;
    const auto collect = [&] {
        while (map.next(row))
            rows.push_back(row);
    };
    std::size_t next = 0;
    for (std::size_t i = 0; i < x.size();) {
        const auto n = std::min(piece, x.size() - i);
        map.resampler().add(x.data() + i, n);
        i += n;
        for (; next < speeds.size() && next * s.hop < i; ++next)
            map.resampler().add_speed({ static_cast<std::int64_t>(next * s.hop), 0 }, speeds[next]);
        collect();
    }
    map.resampler().finish_samples();
    map.resampler().finish_speeds();
    collect();
    collect(); // nothing more
    return rows;
}

template <class T>
std::vector<T> orders_of(const qa::machine& m, const std::vector<std::pair<double, double>>& orders)
{
    std::vector<T> x(m.angle.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        double sum = 0;
        for (const auto& [number, amplitude] : orders)
            sum += amplitude * std::cos(qa::two_pi * number * m.angle[i] + number);
        x[i] = static_cast<T>(sum);
    }
    return x;
}

std::vector<double> speeds_of(const qa::machine& m, const order_map_settings& s)
{
    std::vector<double> speeds;
    for (std::size_t i = 0; i < m.speed.size(); i += s.hop)
        speeds.push_back(m.speed[i]);
    return speeds;
}

double decibels(double ratio) { return 10 * std::log10(ratio); }

} // namespace

class qa_order_map : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_order_map);
    CPPUNIT_TEST(levels_of_orders_are_their_mean_squares);
    CPPUNIT_TEST(the_sum_of_the_bins_is_the_mean_square);
    CPPUNIT_TEST(a_level_counts_bins_by_what_lies_within);
    CPPUNIT_TEST(frames_do_not_reach_over_a_standstill);
    CPPUNIT_TEST(an_order_near_the_nyquist_frequency_has_no_level);
    CPPUNIT_TEST(any_split_gives_the_same);
    CPPUNIT_TEST(bad_settings_are_refused_by_name_value_and_rule);
    CPPUNIT_TEST_SUITE_END();

    template <class T>
    static void check_levels()
    {
        const auto type = qa::type_name<T>();
        const qa::context in_type("type", type);
        const qa::machine m(qa::run_up, 25600, 15);
        for (bool scaled : { false, true }) {
            auto s = settings(25600);
            s.scale_ends = scaled;
            const auto rows =
                rows_of(s, orders_of<T>(m, { { 1, 1 }, { 2, 0.1 }, { 8, 0.01 } }), speeds_of(m, s));
            CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(m.angle.back() / 4) + 1, rows.size());
            for (std::size_t p = 0; p < rows.size(); ++p) {
                const qa::context here("row", p);
                const auto& row = rows[p];
                const bool inside = p > 7 && p + 8 < rows.size();
                CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(4 * p), row.centre.revolution);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    m.speed[static_cast<std::size_t>(row.centre.at.sample)],
                    row.centre.speed * 25600,
                    0.01);
                CPPUNIT_ASSERT_EQUAL(s.bins(), row.power.size());
                for (std::size_t k = 0; inside && k < 3; ++k)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        -20.0 * static_cast<double>(k), decibels(2 * row.levels[k]), 0.001);
            }
            CPPUNIT_ASSERT_DOUBLES_EQUAL( // a half window leaks
                scaled ? -0.44 : -3.45,
                decibels(2 * rows[0].levels[0]),
                0.02);
        }
    }

    void levels_of_orders_are_their_mean_squares()
    {
        check_levels<float>();
        check_levels<double>();
    }

    void the_sum_of_the_bins_is_the_mean_square()
    {
        const qa::machine m(qa::swing, 25600, 20);
        const auto s = settings(25600);
        const auto rows = rows_of(
            s, orders_of<double>(m, { { 1.3, 1 }, { 4.71, 2 }, { 0.02, 0.5 } }), speeds_of(m, s));
        CPPUNIT_ASSERT(rows.size() > 20);
        for (std::size_t p = 8; p + 9 < rows.size(); ++p) {
            double sum = 0;
            for (auto each : rows[p].power)
                sum += each;
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                (1 + 4) / 2.0, sum, 0.26); // order 0.02 is slower than a frame
            CPPUNIT_ASSERT(std::abs(sum - 2.5) > 1e-6);
        }
    }

    void a_level_counts_bins_by_what_lies_within()
    {
        std::mt19937 random(4);
        std::normal_distribution<double> normal;
        std::vector<double> x(200000);
        for (auto& each : x)
            each = normal(random);
        auto s = settings(4096);
        s.turns = 20;
        s.orders = { 0.2, 1, 7.77 };
        s.width = 0.013;
        const auto rows = rows_of(s, x, std::vector<double>(3125, 30));
        CPPUNIT_ASSERT(rows.size() > 200);
        for (const auto& row : rows)
            for (std::size_t k = 0; k < 3; ++k) {
                const auto bin = s.orders[k] * 20, half = std::max(2.0, bin * 0.013);
                double sum = 0;
                constexpr int parts = 10000; // of a bin
                for (std::size_t m = 0; m < row.power.size(); ++m)
                    for (int i = 0; std::abs(static_cast<double>(m) - bin) < 9 && i < parts; ++i) {
                        const auto at = static_cast<double>(m) - 0.5 + (i + 0.5) / parts;
                        if (std::abs(at - bin) < half)
                            sum += row.power[m] / parts;
                    }
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1, row.levels[k] / sum, 1e-3);
                if (&row - rows.data() > 3)
                    break;
            }
    }

    void frames_do_not_reach_over_a_standstill()
    {
        const qa::machine m(qa::run_up, 4096, 20);
        auto s = settings(4096);
        s.f_min = 5;
        s.scale_ends = true;
        auto x = orders_of<float>(m, { { 1, 1 } });
        auto speeds = speeds_of(m, s);
        for (std::size_t i = 30000; i < 45000; ++i)
            x[i] = 1000; // the sensor is moved
        for (std::size_t i = 30000 / 64 - 20; i <= 45000 / 64 + 20; ++i)
            speeds[i] = 0;
        const auto rows = rows_of(s, x, speeds);
        CPPUNIT_ASSERT(rows.size() > 20);
        std::size_t after = 0;
        for (const auto& row : rows) {
            after += row.centre.after_gap;
            CPPUNIT_ASSERT(row.centre.at.sample < 30000 || row.centre.at.sample > 45000);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(0, decibels(2 * row.levels[0]), 0.5);
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), after);
    }

    void an_order_near_the_nyquist_frequency_has_no_level()
    {
        const qa::machine m(qa::run_up, 1024, 20);
        auto s = settings(1024);
        s.orders = { 1, 12 };
        bool low = false, high = false;
        for (const auto& row : rows_of(s, orders_of<float>(m, { { 1, 1 } }), speeds_of(m, s))) {
            CPPUNIT_ASSERT_EQUAL(12 * row.centre.speed > 0.4, std::isnan(row.levels[1]));
            CPPUNIT_ASSERT(!std::isnan(row.levels[0]));
            (std::isnan(row.levels[1]) ? high : low) = true;
        }
        CPPUNIT_ASSERT(low && high);
    }

    void any_split_gives_the_same()
    {
        const auto twice = [](double t) { return qa::start_and_stop(std::fmod(t, 20)); };
        const qa::machine m(twice, 4096, 36);
        auto s = settings(4096);
        s.f_min = 3;
        s.turns = 5;
        s.frame_hop = 1.3;
        const auto x = orders_of<float>(m, { { 1, 1 }, { 8, 1 } });
        const auto all = rows_of(s, x, speeds_of(m, s));
        CPPUNIT_ASSERT(all.size() > 400);
        for (std::size_t piece : { 17, 1000, 50000 }) {
            const auto rows = rows_of(s, x, speeds_of(m, s), piece);
            CPPUNIT_ASSERT_EQUAL(all.size(), rows.size());
            for (std::size_t p = 0; p < rows.size(); ++p) {
                CPPUNIT_ASSERT(all[p].power == rows[p].power);
                CPPUNIT_ASSERT(all[p].levels == rows[p].levels);
                CPPUNIT_ASSERT_EQUAL(all[p].centre.at.fraction, rows[p].centre.at.fraction);
            }
        }
        CPPUNIT_ASSERT(rows_of(s, std::vector<float>(), {}).empty());
        CPPUNIT_ASSERT(rows_of(s, std::vector<float>(1, 1), { 50 }).empty());
    }

    void bad_settings_are_refused_by_name_value_and_rule()
    {
        const auto refused = [](const std::string& message, auto change) {
            auto s = settings(1000);
            change(s);
            qa::assert_refused(message, [&] { order_map<float> map(s); });
        };
        refused("turns: 0: must be 1 .. 2^24 / samples_per_rev revolutions",
                [](auto& s) { s.turns = 0; });
        refused(
            "frame_hop: 0.001: must be 0 (turns / 16), or 1 / samples_per_rev .. 2^24 revolutions",
            [](auto& s) { s.frame_hop = 0.001; });
        refused("width: 1: must be between 0 and 1", [](auto& s) { s.width = 1; });
        refused("orders: 20: must be positive, at most 0.3 samples_per_rev = 19.2", [](auto& s) {
            s.orders = { 1, 20 };
        });
        refused("orders: 0: must be positive, at most 0.3 samples_per_rev = 19.2",
                [](auto& s) { s.orders = { 0 }; });
        refused("hop: 0: must be 1 .. 2^40 samples", [](auto& s) { s.hop = 0; });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_order_map);
