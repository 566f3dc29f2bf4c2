/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/baseline_support.h"

using namespace qa::baselines;

namespace {

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

//! Learning of a baseline, its reports, and its return after a restart.
class qa_baseline_learning : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_baseline_learning);
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
    CPPUNIT_TEST(lost_rows_are_rows_without_data);
    CPPUNIT_TEST(what_no_sensor_has_is_not_learned);
    CPPUNIT_TEST_SUITE_END();

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
        for (const auto& [event, level] : { std::pair(events[0], -17.5), { events[1], -20.4 } }) {
            CPPUNIT_ASSERT_EQUAL(std::uint64_t(305), event.excess_row);
            CPPUNIT_ASSERT_EQUAL(level, event.measured);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(-20.5, event.expected, 1e-9);
        }
        CPPUNIT_ASSERT(before == b.state().counts.at("histograms"));
    }

    void relearning_must_be_asked_for()
    {
        baseline b(made());
        teach(b, 300, 12, -20.5);
        teach(b, 6, 12, -10.5);
        b.take();
        b.relearn();
        const auto events = b.take();
        CPPUNIT_ASSERT_EQUAL(std::string("clear 0 row 306 from 306 for 0; "), text_of(events));
        CPPUNIT_ASSERT(std::isnan(events[0].measured) && std::isnan(events[0].expected));
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

CPPUNIT_TEST_SUITE_REGISTRATION(qa_baseline_learning);
