/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/machine/level_alarm.h>

using namespace gr::stft::kernel;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

level_alarm_settings
made(std::vector<double> limits, double t_on = 3, double t_off = 5, std::size_t levels = 1)
{
    level_alarm_settings s;
    s.levels = levels;
    s.limits = std::move(limits);
    s.t_on = t_on;
    s.t_off = t_off;
    return s;
}

//! Events of one level's values.
std::vector<level_event> follow(level_alarm& alarm, const std::vector<double>& values)
{
    for (const auto value : values)
        alarm.add(&value);
    return alarm.take();
}

std::vector<level_event> follow(const level_alarm_settings& s, const std::vector<double>& values)
{
    level_alarm alarm(s);
    return follow(alarm, values);
}

std::vector<double> repeated(std::initializer_list<std::pair<int, double>> runs)
{
    std::vector<double> all;
    for (const auto& [count, value] : runs)
        all.insert(all.end(), static_cast<std::size_t>(count), value);
    return all;
}

//! Events as short text.
std::string text_of(const std::vector<level_event>& events)
{
    std::string text;
    for (const auto& e : events)
        text += std::string(name_of(e.kind)) + " " + std::to_string(e.level) + " " +
                std::to_string(e.zone_before) + ">" + std::to_string(e.zone) + " row " +
                std::to_string(e.row) + " from " + std::to_string(e.start) + " for " +
                std::to_string(e.rows) + "; ";
    return text;
}

void expect(const std::string& text, const std::vector<level_event>& events)
{
    CPPUNIT_ASSERT_EQUAL(text, text_of(events));
}

//! States by the definition: consecutive rows are looked up in the whole past.
std::vector<bool>
raised_by_definition(const std::vector<double>& values, double limit, double h, int on, int off)
{
    std::vector<bool> all;
    bool raised = false;
    std::size_t since = 0; // rows before it do not count
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto needed = static_cast<std::size_t>(raised ? off : on);
        bool held = i + 1 >= since + needed;
        for (std::size_t k = 0; held && k < needed; ++k)
            held = raised ? values[i - k] < limit * (1 - h) : values[i - k] > limit;
        if (held) {
            raised = !raised;
            since = i + 1;
        }
        all.push_back(raised);
    }
    return all;
}

} // namespace

//! Alarms of levels.
class qa_level_alarm : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_level_alarm);
    CPPUNIT_TEST(it_is_raised_after_t_on_and_cleared_after_t_off);
    CPPUNIT_TEST(hold_times_are_counted_in_whole_rows);
    CPPUNIT_TEST(one_that_gives_up_rising_is_counted_and_not_told);
    CPPUNIT_TEST(hysteresis_keeps_it_raised);
    CPPUNIT_TEST(an_interrupted_fall_begins_anew);
    CPPUNIT_TEST(random_levels_follow_the_definition);
    CPPUNIT_TEST(each_change_of_zone_is_one_event);
    CPPUNIT_TEST(each_level_has_its_own_limits);
    CPPUNIT_TEST(an_excess_begins_with_the_rows_that_decided_its_change);
    CPPUNIT_TEST(the_peak_has_its_row_and_its_speed);
    CPPUNIT_TEST(without_data_nothing_moves_and_that_is_told);
    CPPUNIT_TEST(without_a_speed_nothing_moves);
    CPPUNIT_TEST(a_speed_that_is_only_reported_holds_nothing_up);
    CPPUNIT_TEST(a_level_at_its_limit_is_raised_three_times_a_day_at_most);
    CPPUNIT_TEST(a_step_of_a_quarter_is_seen_within_30_s);
    CPPUNIT_TEST(a_restart_goes_on_and_raises_nothing_again);
    CPPUNIT_TEST(a_state_of_another_set_up_is_refused_by_its_names);
    CPPUNIT_TEST(counters_begin_far_beyond_32_bits);
    CPPUNIT_TEST(a_change_leaves_the_machines_in_their_states);
    CPPUNIT_TEST(single_and_double_precision_agree);
    CPPUNIT_TEST(values_have_their_names_units_and_time);
    CPPUNIT_TEST(what_is_wrong_is_refused_by_name);
    CPPUNIT_TEST(lost_rows_are_rows_without_data);
    CPPUNIT_TEST_SUITE_END();

    void it_is_raised_after_t_on_and_cleared_after_t_off()
    {
        const auto events = follow(made({ 10 }), repeated({ { 4, 1 }, { 8, 11 }, { 10, 1 } }));
        // above in rows 4 .. 11, below from 12 on: raised in row 6, cleared in row 16
        expect("raise 0 0>1 row 6 from 4 for 3; clear 0 1>0 row 16 from 4 for 8; ", events);
        CPPUNIT_ASSERT_EQUAL(10.0, events[0].limit);
        CPPUNIT_ASSERT_EQUAL(11.0, events[0].value);
        CPPUNIT_ASSERT_EQUAL(1.0, events[1].value);
    }

    void hold_times_are_counted_in_whole_rows()
    {
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), rows_of(0, 10));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(11), rows_of(1.1, 10)); // 1.1 * 10 > 11
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(4), rows_of(0.31, 10));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), rows_of(1e-9, 10));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1000000000001), rows_of(1e12 + 1, 1));
        expect("raise 0 0>1 row 0 from 0 for 1; clear 0 1>0 row 1 from 0 for 1; ",
               follow(made({ 10 }, 0, 0), { 11, 1, 1 }));
    }

    void one_that_gives_up_rising_is_counted_and_not_told()
    {
        level_alarm alarm(made({ 10 }));
        expect("", follow(alarm, { 11, 11, 10, 11, 1, 11, 11 })); // 10 is not above 10
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), alarm.nearly(0));
        const auto events = follow(alarm, { 11 });
        expect("raise 0 0>1 row 7 from 5 for 3; ", events);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), events[0].nearly);
    }

    void hysteresis_keeps_it_raised()
    {
        auto s = made({ 10 });
        s.hysteresis = 0.25;
        const auto values = repeated({ { 3, 11 }, { 50, 7.5 } }); // not below 10 * 0.75
        expect("raise 0 0>1 row 2 from 0 for 3; ", follow(s, values));
        s.hysteresis = 0.2;
        expect("raise 0 0>1 row 2 from 0 for 3; clear 0 1>0 row 7 from 0 for 3; ",
               follow(s, values));
    }

    void an_interrupted_fall_begins_anew()
    {
        expect("raise 0 0>1 row 2 from 0 for 3; clear 0 1>0 row 12 from 0 for 8; ",
               follow(made({ 10 }), repeated({ { 3, 11 }, { 4, 1 }, { 1, 9.5 }, { 5, 1 } })));
    }

    void random_levels_follow_the_definition()
    {
        for (unsigned seed = 0; seed < 40; ++seed) {
            const qa::context here("seed", seed);
            std::mt19937 draw(seed);
            const int on = 1 + static_cast<int>(draw() % 4), off = 1 + static_cast<int>(draw() % 4);
            auto s = made({ 10 }, on, off);
            s.hysteresis = 0.1 * static_cast<double>(draw() % 3);
            std::vector<double> values;
            for (int i = 0; i < 300; ++i)
                values.push_back(std::uniform_real_distribution<>(7, 12)(draw));
            const auto expected = raised_by_definition(values, 10, s.hysteresis, on, off);
            level_alarm alarm(s);
            std::size_t changes = 0;
            for (std::size_t i = 0; i < values.size(); ++i) {
                alarm.add(&values[i]);
                CPPUNIT_ASSERT_EQUAL(static_cast<bool>(expected[i]), alarm.raised());
                const bool changed = expected[i] != (i > 0 && expected[i - 1]);
                CPPUNIT_ASSERT_EQUAL(changed, alarm.waiting());
                changes += alarm.take().size();
            }
            CPPUNIT_ASSERT(changes > 0);
        }
    }

    void each_change_of_zone_is_one_event()
    {
        const auto s = made({ 10, 20, 40 }, 2, 3);
        const auto events =
            follow(s, repeated({ { 2, 1 }, { 3, 15 }, { 3, 50 }, { 4, 17 }, { 4, 1 }, { 3, 25 } }));
        expect("raise 0 0>1 row 3 from 2 for 2; zone 0 1>3 row 6 from 2 for 5; zone 0 3>1 row 10 "
               "from 2 for 9; "
               "clear 0 1>0 row 14 from 2 for 10; raise 0 0>2 row 17 from 16 for 2; ",
               events);
        level_alarm both(s);
        follow(both, { 50, 1 }); // gave up in three zones
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), both.nearly(0));
        const std::vector<double> limits{ 10, 40, 40, 10, 20 };
        for (std::size_t i = 0; i < limits.size(); ++i)
            CPPUNIT_ASSERT_EQUAL(limits[i], events[i].limit);
    }

    void each_level_has_its_own_limits()
    {
        auto s = made({ 10, 100, 1000 }, 1, 1, 3);
        s.zones = 1;
        level_alarm alarm(s);
        for (const auto& row : { std::vector<double>{ 50, 50, 50 }, { 50, 500, 500 }, { 1, 1, 1 } })
            alarm.add(row.data());
        expect("raise 0 0>1 row 0 from 0 for 1; raise 1 0>1 row 1 from 1 for 1; clear 0 1>0 row 2 "
               "from 0 for 2; "
               "clear 1 1>0 row 2 from 1 for 1; ",
               alarm.take());
        s.zones = 0; // all levels have the three zones
        level_alarm same(s);
        const std::vector<double> row{ 50, 500, 5000 };
        same.add(row.data());
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), same.zone(0));
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), same.zone(1));
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), same.zone(2));
    }

    void an_excess_begins_with_the_rows_that_decided_its_change()
    {
        // over 10 from row 2 on; over 20 in row 5, and from row 7 on, with a gap in row 8
        const auto events = follow(made({ 10, 20 }, 3, 2),
                                   { 1, 1, 11, 11, 11, 25, 12, 25, none, 25, 25, 12, 12, 1, 1 });
        expect("raise 0 0>1 row 4 from 2 for 3; zone 0 1>2 row 10 from 2 for 9; "
               "zone 0 2>1 row 12 from 2 for 11; clear 0 1>0 row 14 from 2 for 11; ",
               events);
        auto row = events.begin();
        for (const std::uint64_t first : { 2, 7, 7, 2 })
            CPPUNIT_ASSERT_EQUAL(first, (row++)->excess_row);
        CPPUNIT_ASSERT(std::isnan(events[0].measured) && std::isnan(events[0].expected));
    }

    void the_peak_has_its_row_and_its_speed()
    {
        level_alarm alarm(made({ 10 }, 2, 2));
        double speed = 20;
        for (const auto value : { 99.0, 1.0, 11.0, 30.0, 12.0, 25.0, 1.0, 1.0 }) // 99 gave up
            alarm.add(&value, speed++);
        const auto events = alarm.take();
        expect("raise 0 0>1 row 3 from 2 for 2; clear 0 1>0 row 7 from 2 for 4; ", events);
        CPPUNIT_ASSERT_EQUAL(30.0, events[1].peak);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(3), events[1].peak_row);
        CPPUNIT_ASSERT_EQUAL(23.0, events[1].speed);
    }

    void without_data_nothing_moves_and_that_is_told()
    {
        for (const auto lost : { none, std::numeric_limits<double>::infinity(), 0.0, -0.0 }) {
            const qa::context here("value", lost);
            level_alarm alarm(made({ 10 }));
            // two of three rows above the limit, then a gap that is too short to tell, then the third
            expect("raise 0 0>1 row 6 from 0 for 7; ",
                   follow(alarm, repeated({ { 2, 11 }, { 4, lost }, { 1, 11 } })));
            const auto events = follow(alarm, repeated({ { 2, 1 }, { 9, lost }, { 3, 1 } }));
            expect("no data 0 1>1 row 13 from 9 for 5; data 0 1>1 row 18 from 9 for 9; "
                   "clear 0 1>0 row 20 from 0 for 7; ",
                   events);
            CPPUNIT_ASSERT(std::isnan(events[0].value) && events[1].value == 1);
        }
        level_alarm two(made({ 10 }, 1, 2, 2)); // of two sensors, one is dead
        for (int i = 0; i < 9; ++i) {
            const double row[]{ none, 5 };
            two.add(row);
        }
        expect("no data 0 0>0 row 1 from 0 for 2; ", two.take());
    }

    void without_a_speed_nothing_moves()
    {
        level_alarm alarm(made({ 10 }, 2, 3));
        const double value = 11;
        for (const auto speed : { 20.0, none, none, 21.0 })
            alarm.add(&value, speed);
        const auto events = alarm.take();
        expect("raise 0 0>1 row 3 from 0 for 4; ", events);
        for (int i = 0; i < 4; ++i)
            alarm.add(&value, none);
        expect("no data 0 1>1 row 6 from 4 for 3; ", alarm.take());
    }

    void a_speed_that_is_only_reported_holds_nothing_up()
    {
        level_alarm alarm(made({ 10 }, 2, 3));
        const double value = 11, higher = 12;
        alarm.add(&value, none, false);
        alarm.add(&higher, 21.0, false);
        alarm.add(&value, none, false);
        const auto events = alarm.take();
        expect("raise 0 0>1 row 1 from 0 for 2; ", events);
        CPPUNIT_ASSERT_EQUAL(21.0, events[0].speed);
    }

    // a week of one level a second with a spread of 6 %, at the limit and below it
    void a_level_at_its_limit_is_raised_three_times_a_day_at_most()
    {
        for (const auto mean : { 1.0, 0.95, 0.9 })
            for (unsigned seed = 1; seed < 5; ++seed) {
                const qa::context here("mean", mean);
                const qa::context there("seed", seed);
                level_alarm_settings s;
                s.limits = { 1 };
                level_alarm alarm(s);
                std::mt19937 draw(seed);
                std::normal_distribution<> value(mean, 0.06);
                int raised = 0;
                for (int i = 0; i < 7 * 86400; ++i) {
                    const auto level = value(draw);
                    alarm.add(&level);
                    for (const auto& e : alarm.take())
                        raised += e.kind == level_event_kind::raise;
                }
                CPPUNIT_ASSERT(raised <= 3);
                CPPUNIT_ASSERT(mean < 1 || raised == 1);
                CPPUNIT_ASSERT(mean == 1 || alarm.nearly(0) > 1000);
            }
    }

    void a_step_of_a_quarter_is_seen_within_30_s()
    {
        for (unsigned seed = 1; seed < 50; ++seed) {
            const qa::context here("seed", seed);
            level_alarm_settings s;
            s.limits = { 1 };
            level_alarm alarm(s);
            std::mt19937 draw(seed);
            std::normal_distribution<> around(0, 0.06);
            std::vector<double> values; // 5 % below the limit, and 19 % above it
            for (int i = 0; i < 3600 + 30; ++i)
                values.push_back(0.95 * (i < 3600 ? 1 : 1.25) * (1 + around(draw)));
            const auto events = follow(alarm, values);
            CPPUNIT_ASSERT_EQUAL(std::size_t(1), events.size());
            CPPUNIT_ASSERT(events[0].row >= 3600 && events[0].row < 3630);
        }
    }

    void a_restart_goes_on_and_raises_nothing_again()
    {
        std::mt19937 draw(4);
        std::vector<double> values;
        for (int i = 0; i < 400; ++i)
            values.push_back(i % 37 < 4 ? none : std::uniform_real_distribution<>(7, 25)(draw));
        const auto s = made({ 10, 20 }, 2, 3);
        const auto expected = follow(s, values);
        CPPUNIT_ASSERT(expected.size() > 20);
        for (const std::size_t cut : { 0, 1, 17, 38, 200, 399, 400 }) {
            const qa::context here("cut", cut);
            level_alarm first(s), second(s);
            const auto middle = values.begin() + static_cast<std::ptrdiff_t>(cut);
            auto events = follow(first, { values.begin(), middle });
            second.restore(
                monitor_state_from(text_of(monitor_state{ { "a", first.state() } }))["a"]);
            CPPUNIT_ASSERT_EQUAL(first.raised(), second.raised());
            for (const auto& e : follow(second, { middle, values.end() }))
                events.push_back(e);
            CPPUNIT_ASSERT_EQUAL(text_of(expected), text_of(events));
            for (std::size_t i = 0; i < events.size(); ++i)
                CPPUNIT_ASSERT_EQUAL(expected[i].nearly, events[i].nearly);
            CPPUNIT_ASSERT(second.state().counts == [&] {
                level_alarm whole(s);
                follow(whole, values);
                return whole.state().counts;
            }());
        }
    }

    static std::string text_of(const monitor_state& state)
    {
        return gr::stft::kernel::text_of(state);
    }
    static std::string text_of(const std::vector<level_event>& events) { return ::text_of(events); }

    void a_state_of_another_set_up_is_refused_by_its_names()
    {
        level_alarm alarm(made({ 10 }));
        const auto state = alarm.state();
        qa::assert_refused(
            "state: limits (10 there, 11 here), t_on (3 there, 4 here): must be the same, or the "
            "state does not apply",
            [&] { level_alarm(made({ 11 }, 4)).restore(state); });
        qa::assert_refused(
            "state: levels (1 there, 2 here): must be the same, or the state does not apply",
            [&] { level_alarm(made({ 10 }, 3, 5, 2)).restore(state); });
        level_alarm(made({ 11 }, 4)).restore(state, { "limits", "t_on" });
        auto broken = state;
        broken.counts.erase("fall");
        qa::assert_refused("state: without fall: must hold it", [&] { alarm.restore(broken); });
        broken = state;
        broken.counts["phase"] = { 4 };
        qa::assert_refused("state: phase 4: must be 0 .. 3", [&] { alarm.restore(broken); });
        broken = state;
        broken.counts["missing"] = { -1 };
        qa::assert_refused("state: missing -1: must not be negative",
                           [&] { alarm.restore(broken); });
        broken = state;
        broken.numbers["peak"].clear();
        qa::assert_refused("state: peak of 0 values: must have 1", [&] { alarm.restore(broken); });
    }

    void counters_begin_far_beyond_32_bits()
    {
        auto state = level_alarm(made({ 10 })).state();
        state.counts["rows"] = { std::int64_t(1) << 40 };
        level_alarm alarm(made({ 10 }));
        alarm.restore(state);
        expect("raise 0 0>1 row 1099511627778 from 1099511627776 for 3; ",
               follow(alarm, { 11, 11, 11 }));
    }

    void a_change_leaves_the_machines_in_their_states()
    {
        level_alarm alarm(made({ 10 }));
        follow(alarm, { 11, 11, 11 });
        alarm.change(made({ 15 }, 3, 1));
        expect("clear 0 1>0 row 3 from 0 for 3; ", follow(alarm, { 11 })); // below 15 * 0.9
        qa::assert_refused("levels: 2: must stay 1", [&] { alarm.change(made({ 10 }, 3, 5, 2)); });
        qa::assert_refused("limits: 2 zones: must stay 1", [&] { alarm.change(made({ 10, 20 })); });
        qa::assert_refused("hysteresis: 1: must be at least 0 and less than 1", [&] {
            auto s = made({ 10 });
            s.hysteresis = 1;
            alarm.change(s);
        });
        alarm.reset();
        CPPUNIT_ASSERT(!alarm.raised());
    }

    void single_and_double_precision_agree()
    {
        level_alarm one(made({ 10, 20 })), other(made({ 10, 20 }));
        std::mt19937 draw(2);
        for (int i = 0; i < 1000; ++i) {
            const auto value = std::uniform_real_distribution<float>(5, 25)(draw);
            const double wide = value;
            one.add(&value);
            other.add(&wide);
        }
        const auto events = one.take();
        CPPUNIT_ASSERT(!events.empty());
        CPPUNIT_ASSERT_EQUAL(text_of(other.take()), text_of(events));
    }

    void values_have_their_names_units_and_time()
    {
        level_context context;
        context.rate = 4;
        context.names = names_in("axial, radial");
        context.time = utc_time{ 1000000000, 0.5 };
        context.time_row = 2;
        level_event e;
        e.level = 1;
        e.row = 10;
        e.rows = 6;
        e.value = 3;
        auto values = values_of(e, context);
        const auto json = [&](const std::string& key) {
            for (const auto& [name, value] : values)
                if (name == key)
                    return json_value(value);
            return std::string("missing");
        };
        CPPUNIT_ASSERT_EQUAL(std::string("\"raise\""), json("kind"));
        CPPUNIT_ASSERT_EQUAL(std::string("\"radial\""), json("name"));
        CPPUNIT_ASSERT_EQUAL(std::string("\"2001-09-09T01:46:42.500000000Z\""), json("time"));
        CPPUNIT_ASSERT_EQUAL(std::string("1.5"), json("duration"));
        for (const auto unknown : { "limit",
                                    "excess_row",
                                    "excess_time",
                                    "measured",
                                    "expected",
                                    "peak",
                                    "peak_row",
                                    "speed",
                                    "source" })
            CPPUNIT_ASSERT_EQUAL(std::string("null"), json(unknown));
        CPPUNIT_ASSERT_EQUAL(std::size_t(20), values.size());
        e.limit = 2;
        e.excess_row = 4;
        e.measured = -3;
        e.expected = -7.5;
        values = values_of(e, context);
        CPPUNIT_ASSERT_EQUAL(std::string("4"), json("excess_row"));
        CPPUNIT_ASSERT_EQUAL(std::string("\"2001-09-09T01:46:41.000000000Z\""),
                             json("excess_time"));
        CPPUNIT_ASSERT_EQUAL(std::string("-3"), json("measured"));
        CPPUNIT_ASSERT_EQUAL(std::string("-7.5"), json("expected"));
        CPPUNIT_ASSERT(names_in("").empty());
        for (const auto text : { ",", "a,,b", "a,", " " })
            CPPUNIT_ASSERT_THROW(names_in(text), std::invalid_argument);
    }

    void what_is_wrong_is_refused_by_name()
    {
        const auto refused = [](const std::string& message, const level_alarm_settings& s) {
            qa::assert_refused(message, [&] { level_alarm alarm(s); });
        };
        refused("levels: 0: must be 1 .. 65536", made({ 10 }, 3, 5, 0));
        refused("limits: none: must be at least one", made({}));
        refused("limits: -1: must be positive and finite", made({ -1 }));
        refused("limits: nan: must be positive and finite", made({ none }));
        refused("limits: 10: must rise from zone to zone", made({ 10, 10 }));
        refused("t_on: -1: must be 0 s or more, at most 1e15 rows", made({ 10 }, -1));
        refused("t_off: nan: must be 0 s or more, at most 1e15 rows", made({ 10 }, 1, none));
        auto s = made({ 10, 20, 30 }, 1, 1, 2);
        s.zones = 2;
        refused("limits: 3 values: must be as many as zones, 2, or as levels and zones, 4", s);
        s = made({ 10 });
        s.rate = 0;
        refused("rate: 0: must be 1e-9 .. 1e9 rows per second", s);
    }

    void lost_rows_are_rows_without_data()
    {
        std::mt19937 draw(11);
        const std::vector<double> missing(2, none);
        for (int run = 0; run < 200; ++run) {
            const qa::context here("run", run);
            level_alarm skipping(made({ 1, 2 }, 3, 5, 2)), adding(made({ 1, 2 }, 3, 5, 2));
            for (int part = 0; part < 6; ++part) {
                for (auto n = draw() % 9; n > 0; --n) {
                    const double row[] = { draw() % 3 ? 0.8 + double(draw() % 20) / 10 : none,
                                           double(draw() % 30) / 10 };
                    skipping.add(row);
                    adding.add(row);
                }
                const auto lost = draw() % 8;
                skipping.skip(lost);
                for (unsigned i = 0; i < lost; ++i)
                    adding.add(missing.data());
            }
            expect(text_of(adding.take()), skipping.take());
            CPPUNIT_ASSERT(adding.state().counts == skipping.state().counts);
            CPPUNIT_ASSERT_EQUAL(adding.rows(), skipping.rows());
        }
        level_alarm far(made({ 1 }));
        for (int i = 0; i < 5; ++i) // no count runs over
            far.skip(std::uint64_t(1) << 62);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1) << 62, far.rows());
        expect("no data 0 0>0 row 4 from 0 for 5; ", far.take());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_level_alarm);
