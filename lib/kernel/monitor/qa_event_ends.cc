/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/detector_support.h"

using namespace qa::band;

//! Begins and ends of events, and when they are reported.
class qa_event_ends : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_event_ends);
    CPPUNIT_TEST(an_end_waits_for_boxes_that_may_add_to_it);
    CPPUNIT_TEST(a_strong_end_is_told_two_rows_after_the_one_that_it_touches);
    CPPUNIT_TEST(a_pause_as_long_as_the_gap_does_not_end_a_strong_event);
    CPPUNIT_TEST(a_weak_event_waits_for_the_next_box_that_would_show_it);
    CPPUNIT_TEST(what_has_faded_may_come_back);
    CPPUNIT_TEST(cells_that_hang_together_with_a_burst_are_no_event);
    CPPUNIT_TEST(what_is_found_of_an_event_after_its_end_is_none);
    CPPUNIT_TEST(a_signal_that_fades_for_as_long_as_boxes_wait_is_one_event);
    CPPUNIT_TEST(an_event_that_lasts_begins_is_updated_and_ends);
    CPPUNIT_TEST(a_short_event_is_reported_once);
    CPPUNIT_TEST(a_cut_ends_events_for_its_reason);
    CPPUNIT_TEST_SUITE_END();

    void an_end_waits_for_boxes_that_may_add_to_it()
    {
        struct known {
            burst planted;
            std::size_t least, most; // rows from its end to its report
        };
        // strong: the rows of the gap; wide and weak: until boxes of 4 or 16 rows have been searched; narrow and weak: until all
        // have
        for (const auto& [b, least, most] : { known{ { 300, 40, 20, 8, 100 }, 3, 3 },
                                              known{ { 300, 12, 20, 8, 5 }, 3, 14 },
                                              known{ { 300, 40, 20, 8, 5 }, 3, 16 },
                                              known{ { 300, 40, 16, 16, 3 }, 3, 44 },
                                              known{ { 300, 200, 20, 1, 3 }, 24, 140 } }) {
            const qa::context in_power("power", b.power);
            auto x = noise(700);
            plant(x, b);
            detector d(small());
            std::size_t at = 0;
            for (std::size_t p = 0; p < x.size(); ++p) {
                d.add(x[p].data());
                for (const auto& e : d.take())
                    if (e.state == event_state::end)
                        at = p + 1;
            }
            const auto end = b.first_row + b.rows;
            CPPUNIT_ASSERT(at >= end);
            const auto rows = at - end;
            const qa::context in_rows("rows", rows);
            CPPUNIT_ASSERT(rows >= least && rows <= most);
        }
    }

    //! With half-overlapped frames that is four hops after the event's last sample at most.
    void a_strong_end_is_told_two_rows_after_the_one_that_it_touches()
    {
        for (const double touch : { 0.0, 0.001, 0.03, 0.2, 0.45 })
            for (const std::size_t bins : { 4, 8, 30 })
                for (unsigned seed = 1; seed <= 10; ++seed) {
                    const qa::context in_touch("touch", touch);
                    const qa::context in_bins("bins", bins);
                    const qa::context in_seed("seed", seed);
                    auto x = noise(400, 64, seed);
                    plant(x, { 300, 40, 20, bins, 300 });
                    plant(x, { 340, 1, 20, bins, 300 * touch });
                    detector d(small());
                    for (std::size_t p = 0; p <= 342; ++p) {
                        CPPUNIT_ASSERT_EQUAL(std::size_t(0), ended(d.take()).size());
                        d.add(x[p].data());
                    }
                    only_one(d.take());
                }
    }

    void a_pause_as_long_as_the_gap_does_not_end_a_strong_event()
    {
        for (const std::size_t gap : { 0, 1, 2, 3, 5 })
            for (const std::size_t pause : { gap, gap + 1, gap + 3 }) {
                const qa::context in_gap("gap", gap);
                const qa::context in_pause("pause", pause);
                auto x = noise(700);
                plant(x, { 300, 40, 20, 8, 300 });
                plant(x, { 340 + pause, 40, 20, 8, 300 });
                const auto s = small([gap = gap](auto& c) { c.gap_rows = gap; });
                const std::size_t events = pause <= gap ? 1 : 2;
                if (gap > 0 || pause != 1) // of one row, without a gap, either may be
                    CPPUNIT_ASSERT_EQUAL(events, ended(checked_events(s, x)).size());
            }
    }

    //! Keying of 4 rows and pauses of 8, too weak for single rows; by its silence alone an event would end in most pauses.
    void a_weak_event_waits_for_the_next_box_that_would_show_it()
    {
        for (const std::size_t bins : { 2, 4 }) {
            std::size_t events = 0;
            for (unsigned seed = 1; seed <= 10; ++seed) {
                auto x = noise(600, 64, seed);
                for (std::size_t p = 300; p < 500; p += 12)
                    plant(x, { p, 4, 20, bins, 10 });
                events += ended(checked_events(small(), x)).size();
            }
            const qa::context in_bins("bins", bins), in_events("events", events);
            CPPUNIT_ASSERT(events >= 10 && events <= 40);
        }
    }

    //! A line whose amplitude passes through zero, as that of two paths; one that is switched off for as long.
    void what_has_faded_may_come_back()
    {
        for (unsigned seed = 1; seed <= 10; ++seed) {
            const qa::context in_seed("seed", seed);
            auto x = noise(700, 64, seed), switched = x;
            for (std::size_t p = 0; p < 200; ++p) {
                const auto amplitude = std::min(1.0, std::abs(static_cast<double>(p) - 100) / 30);
                plant(x, { 300 + p, 1, 40, 1, 3000 * amplitude * amplitude });
                if (amplitude > 0.2)
                    plant(switched, { 300 + p, 1, 40, 1, 3000 });
            }
            only_one(checked_events(small(), x));
            CPPUNIT_ASSERT_EQUAL(std::size_t(2), ended(checked_events(small(), switched)).size());
        }
    }

    //! Cells below the upper threshold are found next to those of a burst, some of them when it has been reported.
    void cells_that_hang_together_with_a_burst_are_no_event()
    {
        for (const double cell : { 6.0, 8.0, 10.0 }) {
            const qa::context in_cell("cell", cell);
            auto x = noise(700);
            plant(x, { 300, 40, 20, 8, 100 });
            for (std::size_t p = 340; p < 346; ++p)
                x[p][20] = static_cast<float>(cell * noise_level);
            CPPUNIT_ASSERT_EQUAL(std::size_t(1), ended(checked_events(small(), x)).size());
        }
    }

    //! Boxes of 64 rows find the edges of weak bursts after these have been reported.
    void what_is_found_of_an_event_after_its_end_is_none()
    {
        for (unsigned seed = 1; seed <= 40; ++seed) {
            const qa::context in_seed("seed", seed);
            auto x = noise(700, 64, seed);
            plant(x, { 300 + seed, 40, 20, 8, 4 });
            CPPUNIT_ASSERT_EQUAL(std::size_t(1), ended(checked_events(small(), x)).size());
        }
    }

    //! A signal of exponential power: the next box that shows it may end in the last row that it is waited for.
    void a_signal_that_fades_for_as_long_as_boxes_wait_is_one_event()
    {
        const auto s = small([](auto& changed) {
            changed.hop = 64;
            changed.window = window("boxcar");
        });
        for (const auto& [bins, power] : { std::pair(2, 40.0f), std::pair(3, 20.0f) })
            for (unsigned seed = 1; seed <= 40; ++seed) {
                const qa::context in_bins("bins", bins);
                const qa::context in_seed("seed", seed);
                auto x = noise(620, 64, seed);
                for (std::size_t p = 300; p < 500; ++p)
                    for (int k = 40; k < 40 + bins; ++k)
                        x[p][static_cast<std::size_t>(k)] *= power;
                only_one(events_in(s, x));
            }
    }

    void an_event_that_lasts_begins_is_updated_and_ends()
    {
        const auto s = small([](auto& c) { c.update_interval = 0.05; }); // 100 rows
        const burst b{ 300, 430, 40, 8, 100 };
        auto x = noise(1000);
        plant(x, b);
        detector d(s);
        ledger all(s, 0);
        std::vector<std::size_t> at;
        std::vector<event_state> states;
        std::int64_t count = 0;
        for (std::size_t p = 0; p < x.size(); ++p) {
            d.add(x[p].data());
            const auto reports = d.take();
            all.take(reports, p + 1);
            for (const auto& e : reports) {
                at.push_back(p);
                states.push_back(e.state);
                CPPUNIT_ASSERT(e.sample_count > count);
                count = e.sample_count;
            }
        }
        all.assert_all_over();
        CPPUNIT_ASSERT_EQUAL(std::size_t(6), at.size());
        CPPUNIT_ASSERT(states.front() == event_state::begin && states.back() == event_state::end);
        CPPUNIT_ASSERT(at.front() >= 300 && at.front() <= 310);
        for (std::size_t i = 1; i < 5; ++i) {
            CPPUNIT_ASSERT(states[i] == event_state::update);
            CPPUNIT_ASSERT_EQUAL(at[0] + 100 * i, at[i]);
        }
        CPPUNIT_ASSERT(at.back() >= 730 && at.back() <= 740); // it is strong
    }

    void a_short_event_is_reported_once()
    {
        const auto reports = checked_events(small(), noise_with_burst(600, 300, 4));
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), reports.size());
        CPPUNIT_ASSERT(reports[0].state == event_state::end);
    }

    void a_cut_ends_events_for_its_reason()
    {
        const auto s = small();
        for (const auto why : { event_cut::retune, event_cut::stop }) {
            const qa::context in_why("why", why);
            detector d(s);
            add_all(d, noise_with_burst(400, 350, 50)); // to the last row
            if (why == event_cut::stop)
                d.finish();
            else
                d.cut(why);
            const auto e = only_one(d.take());
            CPPUNIT_ASSERT(e.cut == why);
            assert_at({ 350, 50, 40, 8, 100 }, e, s);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_event_ends);
