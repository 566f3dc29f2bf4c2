/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/skirts.h"
#include "qa/support.h"

using namespace gr::stft::kernel;

namespace {

constexpr std::size_t gap_bins = 2;

//! An event of rows 100 .. 139 in bins 20 .. 29 that boxes of 4 rows show. It was over in row 150, and boxes may find cells of
//! it up to row 210.
measured_event over_early()
{
    measured_event m{};
    m.report.id = 1;
    m.report.sample_start = 100 * 512;
    m.report.sample_count = 40 * 512;
    m.report.snr_db = 3;
    m.report.cells = 300;
    m.first_row = 100;
    m.last_row = 139;
    m.first_bin = 20;
    m.end_bin = 30;
    m.found_at = 104;
    m.finest_box = 4;
    m.rows_to_show = 4;
    m.ended = 150;
    m.ends_after = 210;
    return m;
}

//! What boxes of 16 rows find of it in row 170.
measured_event rest()
{
    auto m = over_early();
    m.report.id = 2;
    m.report.sample_start = 120 * 512;
    m.report.sample_count = 30 * 512;
    m.report.cells = 64;
    m.first_row = 128;
    m.last_row = 143;
    m.found_at = 170;
    m.finest_box = 16;
    m.ended = 180;
    return m;
}

//! True if m is a rest of what ended in an event's row.
bool is_rest(const measured_event& m, const measured_event& of = over_early())
{
    skirts known(gap_bins);
    known.add(of);
    return known.hold_rest(m);
}

//! rest(), changed.
template <class F>
measured_event rest_with(F change)
{
    auto m = rest();
    change(m);
    return m;
}

} // namespace

//! What an event leaves that is over before all boxes have been tested which hold it.
class qa_skirts : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_skirts);
    CPPUNIT_TEST(what_longer_boxes_find_in_an_events_time_and_band_is_its_rest);
    CPPUNIT_TEST(a_stronger_signal_is_no_rest);
    CPPUNIT_TEST(what_is_found_when_no_box_holds_the_event_any_more_is_no_rest);
    CPPUNIT_TEST(a_rest_lies_within_the_gap_about_the_band);
    CPPUNIT_TEST(a_rest_lies_in_the_events_time_for_half_of_its_own);
    CPPUNIT_TEST(an_event_that_all_boxes_were_waited_for_leaves_no_rest);
    CPPUNIT_TEST(an_event_is_remembered_for_128_rows_after_its_last_box);
    CPPUNIT_TEST(a_cut_forgets_all);
    CPPUNIT_TEST_SUITE_END();

    void what_longer_boxes_find_in_an_events_time_and_band_is_its_rest()
    {
        CPPUNIT_ASSERT(is_rest(rest()));
        CPPUNIT_ASSERT(!skirts(gap_bins).hold_rest(rest()));
    }

    void a_stronger_signal_is_no_rest()
    {
        for (const auto& [shows, finest, is] :
             { std::tuple(4, 4, true),
               std::tuple(4, 2, false),
               std::tuple(4, 1, false),
               std::tuple(1, 4, true),
               std::tuple(1, 1, false) }) { // each row would have shown it
            const qa::context in_shows("rows to show", shows);
            const qa::context in_finest("finest box", finest);
            auto event = over_early();
            event.rows_to_show = static_cast<std::size_t>(shows);
            const auto m = rest_with([finest = finest](auto& changed) {
                changed.finest_box = static_cast<std::size_t>(finest);
            });
            CPPUNIT_ASSERT_EQUAL(is, is_rest(m, event));
        }
    }

    void what_is_found_when_no_box_holds_the_event_any_more_is_no_rest()
    {
        CPPUNIT_ASSERT(is_rest(rest_with([](auto& m) { m.found_at = 210; })));
        CPPUNIT_ASSERT(!is_rest(rest_with([](auto& m) { m.found_at = 211; })));
    }

    void a_rest_lies_within_the_gap_about_the_band()
    {
        for (const auto& [first, end, is] : { std::tuple(8, 18, true),
                                              std::tuple(7, 17, false),
                                              std::tuple(32, 36, true),
                                              std::tuple(33, 36, false) }) {
            const qa::context in_first("first", first);
            const auto m = rest_with([first = first, end = end](auto& changed) {
                changed.first_bin = static_cast<std::size_t>(first);
                changed.end_bin = static_cast<std::size_t>(end);
            });
            CPPUNIT_ASSERT_EQUAL(is, is_rest(m));
        }
    }

    void a_rest_lies_in_the_events_time_for_half_of_its_own()
    {
        for (const auto& [start, count, is] : { std::tuple(130, 20, true),
                                                std::tuple(131, 20, false),
                                                std::tuple(90, 20, true),
                                                std::tuple(89, 20, false) }) {
            const qa::context in_start("start", start);
            const auto m = rest_with([start = start, count = count](auto& changed) {
                changed.report.sample_start = 512 * start;
                changed.report.sample_count = 512 * count;
            });
            CPPUNIT_ASSERT_EQUAL(is, is_rest(m));
        }
    }

    void an_event_that_all_boxes_were_waited_for_leaves_no_rest()
    {
        auto late = over_early();
        late.ended = late.ends_after;
        CPPUNIT_ASSERT(!is_rest(rest(), late));
    }

    void an_event_is_remembered_for_128_rows_after_its_last_box()
    {
        skirts known(gap_bins);
        known.add(over_early());
        known.forget(210 + 128);
        CPPUNIT_ASSERT(known.hold_rest(rest()));
        known.forget(210 + 129);
        CPPUNIT_ASSERT(!known.hold_rest(rest()));
    }

    void a_cut_forgets_all()
    {
        skirts known(gap_bins);
        known.add(over_early());
        known.clear();
        CPPUNIT_ASSERT(!known.hold_rest(rest()));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_skirts);
