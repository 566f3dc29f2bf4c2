/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/event_tracker.h"
#include "qa/support.h"
#include <numeric>
#include <tuple>

using namespace gr::stft::kernel;

namespace {

struct design {
    std::size_t bins, rows, gap_rows, gap_bins, most;
};

struct id_count {
    std::uint64_t next_id = 0;
};

//! A tracker with the count of its ids.
struct tracker_of : id_count, event_tracker {
    explicit tracker_of(const design& d, const std::vector<box_test>& boxes = {})
        : event_tracker(d.bins, d.rows, d.gap_rows, d.gap_bins, d.most, next_id, boxes)
    {}
    tracker_of(const tracker_of&) = delete;
};

//! Properties of a group: first and last row, first bin, the one after the last, cells, longest box, found at.
using group = std::tuple<std::int64_t,
                         std::int64_t,
                         std::size_t,
                         std::size_t,
                         std::uint64_t,
                         std::size_t,
                         std::int64_t>;

std::vector<tracked_event> open_events(event_tracker& tracker)
{
    std::vector<tracked_event> all;
    tracker.for_each_open([&](const tracked_event& e) { all.push_back(e); });
    CPPUNIT_ASSERT_EQUAL(tracker.open(), all.size());
    return all;
}

std::vector<group> groups_of(event_tracker& tracker)
{
    std::vector<group> all;
    for (const auto& e : open_events(tracker)) {
        CPPUNIT_ASSERT_EQUAL(static_cast<double>(e.cells), e.excess); // all boxes have 1
        all.emplace_back(
            e.first_row, e.last_row, e.first_bin, e.end_bin, e.cells, e.longest_box, e.found_at);
    }
    std::sort(all.begin(), all.end());
    return all;
}

//! A box, and the row in which it is found.
struct found_box {
    found_cells cells;
    std::int64_t at;
};

/*!
 * The definition: cells are of one group if between them lie at most gap_rows rows, and at most gap_bins bins that are
 * not covered; groups are what hangs together so.
 */
std::vector<group> plain_groups(const design& d,
                                const std::vector<std::uint8_t>& covered,
                                const std::vector<found_box>& boxes)
{
    const auto between = [&](std::size_t a, std::size_t b) { // bins in a gap
        std::size_t count = 0;
        for (auto k = std::min(a, b) + 1; k < std::max(a, b); ++k)
            count += !covered[k];
        return count;
    };
    const auto near = [&](const found_cells& a, const found_cells& b) {
        const auto end_a = a.first_row + static_cast<std::int64_t>(a.rows);
        const auto end_b = b.first_row + static_cast<std::int64_t>(b.rows);
        const auto rows = std::max(a.first_row - end_b, b.first_row - end_a);
        if (rows > static_cast<std::int64_t>(d.gap_rows))
            return false;
        if (a.first_bin < b.first_bin + b.bins && b.first_bin < a.first_bin + a.bins)
            return true;
        return (a.first_bin < b.first_bin
                    ? between(a.first_bin + a.bins - 1, b.first_bin)
                    : between(b.first_bin + b.bins - 1, a.first_bin)) <= d.gap_bins;
    };
    std::vector<std::size_t> label(boxes.size());
    std::iota(label.begin(), label.end(), std::size_t(0));
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = 0; i < boxes.size(); ++i)
            for (std::size_t j = 0; j < boxes.size(); ++j)
                if (label[j] < label[i] && near(boxes[i].cells, boxes[j].cells)) {
                    label[i] = label[j];
                    changed = true;
                }
    }
    std::vector<group> all;
    for (std::size_t first = 0; first < boxes.size(); ++first) {
        if (label[first] != first)
            continue;
        std::vector<std::pair<std::int64_t, std::size_t>> cells;
        std::size_t longest = 0;
        auto at = boxes[first].at;
        for (std::size_t i = 0; i < boxes.size(); ++i) {
            if (label[i] != first)
                continue;
            const auto& b = boxes[i].cells;
            longest = std::max(longest, b.rows);
            at = std::min(at, boxes[i].at);
            for (std::size_t r = 0; r < b.rows; ++r)
                for (std::size_t k = 0; k < b.bins; ++k)
                    cells.emplace_back(b.first_row + static_cast<std::int64_t>(r), b.first_bin + k);
        }
        std::sort(cells.begin(), cells.end());
        cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
        const auto by_bin = [](const auto& a, const auto& b) { return a.second < b.second; };
        all.emplace_back(cells.front().first,
                         cells.back().first,
                         std::min_element(cells.begin(), cells.end(), by_bin)->second,
                         std::max_element(cells.begin(), cells.end(), by_bin)->second + 1,
                         cells.size(),
                         longest,
                         at);
    }
    std::sort(all.begin(), all.end());
    return all;
}

found_cells cells_at(std::int64_t first_row,
                     std::size_t rows,
                     std::size_t first_bin,
                     std::size_t bins,
                     float excess = 1)
{
    return { first_row, rows, first_bin, bins, excess };
}

//! Boxes that end in one of the last rows.
std::vector<found_box>
random_boxes(const design& d, std::int64_t rows, std::size_t count, std::minstd_rand& random)
{
    const auto below = [&](std::size_t n) { return random() % n; };
    std::vector<found_box> boxes;
    for (std::size_t i = 0; i < count; ++i) {
        const auto height = std::size_t(1) << below(3), width = std::size_t(1) << below(3);
        const auto first = static_cast<std::int64_t>(below(static_cast<std::size_t>(rows)));
        const auto last = first + static_cast<std::int64_t>(height) - 1;
        const auto late = static_cast<std::int64_t>(below(d.rows - height + 1));
        if (last >= rows)
            continue;
        boxes.push_back({ cells_at(first, height, below(d.bins - width + 1), width),
                          std::min(last + late, rows - 1) });
    }
    std::stable_sort(boxes.begin(), boxes.end(), [](const found_box& a, const found_box& b) {
        return a.at < b.at;
    });
    return boxes;
}

std::vector<group> tracked_groups(const design& d,
                                  const std::vector<std::uint8_t>& covered,
                                  const std::vector<found_box>& boxes,
                                  std::int64_t rows)
{
    auto tracker = tracker_of(d);
    tracker.cover(covered);
    auto next = boxes.begin();
    for (std::int64_t p = 0; p < rows; ++p) {
        tracker.add_row();
        for (; next != boxes.end() && next->at == p; ++next)
            tracker.add(next->cells);
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), tracker.refused());
    const auto events = open_events(tracker);
    for (std::size_t i = 1; i < events.size(); ++i)
        CPPUNIT_ASSERT(events[i - 1].id < events[i].id);
    return groups_of(tracker);
}

void add_rows(event_tracker& tracker, std::size_t count)
{
    for (std::size_t p = 0; p < count; ++p)
        tracker.add_row();
}

void assert_excess_of_bridge(float excess, std::size_t expected, std::int64_t second_row = 0)
{
    auto tracker = tracker_of({ 30, 20, 0, 0, 10 });
    add_rows(tracker, 16);
    tracker.add(cells_at(0, 4, 0, 10, 100));
    tracker.add(cells_at(second_row, 4, 12, 10, 50));
    tracker.add(cells_at(0, 16, 8, 6, excess));
    CPPUNIT_ASSERT_EQUAL(expected, tracker.open());
}

const std::vector<box_test> boxes_of_lines{ { { 1, 1 }, 26, 5 },
                                            { { 4, 1 }, 9, 3 },
                                            { { 4, 4 }, 5, 2 },
                                            { { 16, 1 }, 4, 2 },
                                            { { 64, 1 }, 2, 1.5 } };

//! Events that one of this width and power makes with cells of another power that follow after a gap.
std::size_t events_about_a_gap(std::size_t bins,
                               float excess,
                               std::int64_t gap,
                               float later,
                               bool ended = false)
{
    auto tracker = tracker_of({ 40, 100, 2, 2, 4 }, boxes_of_lines);
    add_rows(tracker, 90);
    tracker.add(cells_at(5, 1, 20, bins, excess));
    if (ended)
        tracker.close_if([](const tracked_event&) { return true; });
    tracker.add(cells_at(6 + gap, 1, 20, 1, later));
    return tracker.open();
}

} // namespace

//! Found cells that are gathered into events.
class qa_event_tracker : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_event_tracker);
    CPPUNIT_TEST(events_are_the_connected_groups_of_the_plane);
    CPPUNIT_TEST(bins_of_a_gap_count_unless_they_are_covered);
    CPPUNIT_TEST(a_gap_of_one_more_row_or_bin_divides);
    CPPUNIT_TEST(weak_events_go_on_after_a_box_that_would_show_them);
    CPPUNIT_TEST(cells_of_other_bins_or_power_are_another_event);
    CPPUNIT_TEST(events_are_united_by_their_ids);
    CPPUNIT_TEST(a_cell_belongs_to_the_event_that_found_it_first);
    CPPUNIT_TEST(weak_cells_do_not_join_strong_events_side_by_side);
    CPPUNIT_TEST(cells_join_none_that_has_ended);
    CPPUNIT_TEST(events_without_a_place_are_counted);
    CPPUNIT_TEST(a_place_is_free_once_its_rows_are_gone);
    CPPUNIT_TEST(places_serve_again_and_again);
    CPPUNIT_TEST(hundreds_of_events_join_into_the_first);
    CPPUNIT_TEST(joined_events_add_what_they_know);
    CPPUNIT_TEST_SUITE_END();

    void events_are_the_connected_groups_of_the_plane()
    {
        std::minstd_rand random(3);
        std::size_t groups = 0;
        for (std::size_t gap_rows = 0; gap_rows <= 3; ++gap_rows)
            for (std::size_t gap_bins = 0; gap_bins <= 3; ++gap_bins)
                for (const std::size_t bins : { 4, 17, 64 })
                    for (const std::size_t count : { 3, 20, 120 }) {
                        const qa::context in_gap_rows("gap_rows", gap_rows);
                        const qa::context in_gap_bins("gap_bins", gap_bins);
                        const qa::context in_bins("bins", bins);
                        const qa::context in_count("count", count);
                        const design d{ bins, 8, gap_rows, gap_bins, 200 };
                        for (int trial = 0; trial < 3; ++trial) {
                            std::vector<std::uint8_t> covered(bins);
                            for (auto& each : covered)
                                each = trial && random() % 3 == 0;
                            const auto boxes = random_boxes(d, 90, count, random);
                            const auto expected = plain_groups(d, covered, boxes);
                            CPPUNIT_ASSERT(expected == tracked_groups(d, covered, boxes, 90));
                            groups += expected.size();
                        }
                    }
        CPPUNIT_ASSERT(groups > 2000);
    }

    void bins_of_a_gap_count_unless_they_are_covered()
    {
        // bins 5 .. 24 lie between the two; all but `open` of them are covered
        for (const std::size_t gap : { 0, 1, 2, 3 })
            for (const std::size_t open : { 0, 1, 2, 3, 4 }) {
                const qa::context in_gap("gap", gap);
                const qa::context in_open("open", open);
                for (const bool upwards : { true, false }) {
                    auto tracker = tracker_of({ 32, 4, 0, gap, 10 });
                    std::vector<std::uint8_t> covered(32);
                    std::fill(covered.begin() + 5, covered.begin() + 25, std::uint8_t(1));
                    for (std::size_t i = 0; i < open; ++i)
                        covered[6 + 4 * i] = 0;
                    tracker.cover(covered);
                    tracker.add_row();
                    tracker.add(cells_at(0, 1, upwards ? 4 : 25, 1));
                    tracker.add(cells_at(0, 1, upwards ? 25 : 4, 1));
                    CPPUNIT_ASSERT_EQUAL(std::size_t(open <= gap ? 1 : 2), tracker.open());
                }
            }
    }

    void a_gap_of_one_more_row_or_bin_divides()
    {
        for (std::size_t gap = 0; gap < 4; ++gap) {
            const qa::context in_gap("gap", gap);
            for (std::size_t distance = 0; distance < 6; ++distance) {
                const qa::context in_distance("distance", distance);
                for (const bool later : { true, false }) {
                    auto tracker = tracker_of({ 20, 16, gap, 0, 4 });
                    add_rows(tracker, 16);
                    const auto there = static_cast<std::int64_t>(distance);
                    tracker.add(cells_at(later ? 5 : 6 + there, 1, 3, 2));
                    tracker.add(cells_at(later ? 6 + there : 5, 1, 3, 2));
                    CPPUNIT_ASSERT_EQUAL(std::size_t(distance <= gap ? 1 : 2), tracker.open());
                }
                auto tracker = tracker_of({ 20, 16, 0, gap, 4 });
                tracker.add_row();
                tracker.add(cells_at(0, 1, 5, 1));
                tracker.add(cells_at(0, 1, 6 + distance, 1));
                CPPUNIT_ASSERT_EQUAL(std::size_t(distance <= gap ? 1 : 2), tracker.open());
            }
        }
    }

    void weak_events_go_on_after_a_box_that_would_show_them()
    {
        struct known {
            std::size_t bins;
            float excess;
            std::int64_t rows; // of the box
        };
        for (const auto& [bins, excess, rows] : { known{ 1, 25.1f, 1 },
                                                  known{ 1, 24.9f, 4 },
                                                  known{ 1, 8.1f, 4 },
                                                  known{ 1, 7.9f, 16 },
                                                  known{ 3, 7.9f, 16 },
                                                  known{ 4, 7.9f, 4 },
                                                  known{ 1, 3.1f, 16 },
                                                  known{ 4, 3.9f, 16 },
                                                  known{ 1, 2.9f, 64 },
                                                  known{ 1, 0.5f, 64 } }) {
            const qa::context in_bins("bins", bins);
            const qa::context in_excess("excess", excess);
            tracked_event e{};
            e.end_bin = bins;
            e.cells = 10;
            e.excess = 10 * static_cast<double>(excess);
            const tracker_of tracker({ 40, 100, 2, 2, 4 }, boxes_of_lines);
            CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(rows), tracker.rows_to_show(e));
            e.excess *= 2;
            CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(rows), tracker.rows_to_show(e, 0.5));
            const auto gap = std::max<std::int64_t>(rows, 2);
            CPPUNIT_ASSERT_EQUAL(std::size_t(1), events_about_a_gap(bins, excess, gap, excess));
            CPPUNIT_ASSERT_EQUAL(std::size_t(2), events_about_a_gap(bins, excess, gap + 1, excess));
        }
    }

    void cells_of_other_bins_or_power_are_another_event()
    {
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), events_about_a_gap(1, 3, 10, 29));
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), events_about_a_gap(1, 3, 10, 31));
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), events_about_a_gap(1, 3, 10, 3, true)); // a new one
        auto tracker = tracker_of({ 40, 100, 2, 2, 4 }, boxes_of_lines);
        add_rows(tracker, 90);
        tracker.add(cells_at(5, 1, 20, 2));
        for (const std::size_t bin : { 19, 24 }) {
            tracker.add(cells_at(10, 1, bin, 1));
            CPPUNIT_ASSERT_EQUAL(std::size_t(bin == 19 ? 2 : 3), tracker.open());
        }
        tracker.add(cells_at(30, 1, 21, 1));
        const auto events = open_events(tracker);
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), events.size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t(30), events[0].last_row);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(3), events[0].cells);
    }

    void events_are_united_by_their_ids()
    {
        auto tracker = tracker_of({ 40, 8, 0, 0, 4 });
        add_rows(tracker, 4);
        for (const std::size_t bin : { 4, 10, 20 })
            tracker.add(cells_at(0, 1, bin, 1));
        tracker.unite(2, 2);
        tracker.unite(1, 9);
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), tracker.open());
        tracker.unite(2, 0);
        const auto events = open_events(tracker);
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), events.size());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), events[0].id);
        CPPUNIT_ASSERT_EQUAL(std::size_t(4), events[0].first_bin);
        CPPUNIT_ASSERT_EQUAL(std::size_t(21), events[0].end_bin);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), events[0].cells);
    }

    void a_cell_belongs_to_the_event_that_found_it_first()
    {
        auto tracker = tracker_of({ 20, 16, 0, 0, 4 });
        add_rows(tracker, 4);
        tracker.add(cells_at(0, 2, 4, 2, 10));
        tracker.add(cells_at(0, 4, 4, 4, 3));
        const auto events = open_events(tracker);
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), events.size());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(16), events[0].cells);
        CPPUNIT_ASSERT_EQUAL(4 * 10.0 + 12 * 3.0, events[0].excess);
    }

    void weak_cells_do_not_join_strong_events_side_by_side()
    {
        assert_excess_of_bridge(4.9f, 2); // less than a tenth of 50
        assert_excess_of_bridge(5.1f, 1);
        assert_excess_of_bridge(4.9f, 1, 4); // one after the other
    }

    void cells_join_none_that_has_ended()
    {
        auto tracker = tracker_of({ 20, 16, 2, 2, 4 });
        tracker.add_row();
        tracker.add(cells_at(0, 1, 4, 2));
        tracker.close_if([](const tracked_event&) { return true; });
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), tracker.open());
        tracker.add_row();
        tracker.add(cells_at(1, 1, 4, 2));
        const auto events = open_events(tracker);
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), events.size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t(1), events[0].first_row);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), events[0].cells);
    }

    void events_without_a_place_are_counted()
    {
        auto tracker = tracker_of({ 64, 8, 0, 0, 3 });
        tracker.add_row();
        for (std::size_t i = 0; i < 8; ++i)
            tracker.add(cells_at(0, 1, 8 * i, 1));
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), tracker.open());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(5), tracker.refused());
        tracker.add(cells_at(0, 1, 1, 1)); // the first event goes on
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(5), tracker.refused());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), open_events(tracker).front().cells);
    }

    void a_place_is_free_once_its_rows_are_gone()
    {
        for (const bool joined : { false, true }) {
            const qa::context in_joined("joined", joined);
            constexpr std::size_t rows = 8, gap_rows = 2, kept = rows + gap_rows + 1;
            auto tracker = tracker_of({ 64, rows, gap_rows, 0, 2 });
            tracker.add_row();
            tracker.add(cells_at(0, 1, 0, 1));
            tracker.add(cells_at(0, 1, 2, 1));
            if (joined)
                tracker.add(cells_at(0, 1, 1, 1));
            else
                tracker.close_if([](const tracked_event& e) { return e.first_bin == 2; });
            CPPUNIT_ASSERT_EQUAL(std::size_t(1), tracker.open());
            for (std::size_t p = 1; p <= kept; ++p) {
                const qa::context in_row("row", p);
                tracker.add_row();
                tracker.add(cells_at(static_cast<std::int64_t>(p), 1, 40, 1));
                CPPUNIT_ASSERT_EQUAL(static_cast<std::uint64_t>(std::min(p, kept - 1)),
                                     tracker.refused());
            }
            CPPUNIT_ASSERT_EQUAL(std::size_t(2), tracker.open());
        }
    }

    void places_serve_again_and_again()
    {
        // three events in twelve rows, four of which are kept, with four places: ids rise, none is refused
        auto tracker = tracker_of({ 32, 2, 1, 0, 4 });
        std::uint64_t seen = 0;
        for (std::int64_t p = 0; p < 120000; ++p) {
            tracker.add_row();
            const auto phase = p % 4;
            const auto bin = static_cast<std::size_t>(p / 4 % 30);
            if (phase < 2)
                tracker.add(cells_at(p, 1, bin, 1 + static_cast<std::size_t>(phase)));
            tracker.close_if([&](tracked_event& e) {
                if (p - e.last_row < 2)
                    return false;
                CPPUNIT_ASSERT_EQUAL(seen++, e.id);
                CPPUNIT_ASSERT_EQUAL(p - 3, e.first_row);
                CPPUNIT_ASSERT_EQUAL(std::uint64_t(3), e.cells);
                CPPUNIT_ASSERT_EQUAL(bin, e.first_bin);
                CPPUNIT_ASSERT_EQUAL(bin + 2, e.end_bin);
                CPPUNIT_ASSERT(e.profile.empty() && !e.start && !e.carrier && e.announced_at < 0);
                e.profile = { 1, 2 }; // which the next one does not have
                e.start = 3;
                e.carrier = 4;
                e.announced_at = 5;
                return true;
            });
        }
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(30000), seen);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), tracker.refused());
    }

    void hundreds_of_events_join_into_the_first()
    {
        constexpr std::size_t count = 300;
        auto tracker = tracker_of({ 2 * count, 4, 0, 0, count });
        for (int round = 0; round < 3; ++round) {
            const qa::context in_round("round", round);
            add_rows(tracker, 6); // the groups before have left
            auto now = 6 * static_cast<std::int64_t>(round + 1) - 1;
            for (std::size_t i = 0; i < count; ++i)
                tracker.add(cells_at(now, 1, 2 * ((i * 7 + 5) % count), 1));
            CPPUNIT_ASSERT_EQUAL(count, tracker.open());
            const auto first = open_events(tracker).front().id;
            tracker.add(cells_at(now, 1, 0, 2 * count));
            const auto events = open_events(tracker);
            CPPUNIT_ASSERT_EQUAL(std::size_t(1), events.size());
            CPPUNIT_ASSERT_EQUAL(first, events[0].id);
            CPPUNIT_ASSERT_EQUAL(static_cast<std::uint64_t>(2 * count), events[0].cells);
            CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), tracker.refused());
            tracker.close_if([](const tracked_event&) { return true; });
        }
    }

    void joined_events_add_what_they_know()
    {
        const std::vector<float> low{ 1, 2, 3 }, high{ 10, 20 };
        for (const bool low_first : { true, false })
            for (const bool low_is_long : { true, false }) {
                const qa::context in_low_first("low_first", low_first);
                const qa::context in_low_is_long("low_is_long", low_is_long);
                auto tracker = tracker_of({ 20, 8, 0, 0, 4 });
                add_rows(tracker, 4);
                tracker.add(cells_at(low_first ? 0 : 1, 1, low_first ? 4 : 8, 1));
                tracker.add(cells_at(low_first ? 1 : 0, 1, low_first ? 8 : 4, 1));
                tracker.for_each_open([&](tracked_event& e) {
                    if (e.first_bin == 4) {
                        if (!low_is_long)
                            return;
                        e.profile = low;
                        e.profile_bin = 3;
                        e.start = 0.25;
                    } else {
                        e.profile = high;
                        e.profile_bin = 5;
                        e.start = 1.5;
                        e.carrier = 77;
                    }
                });
                tracker.add(cells_at(0, 3, 5, 3));
                const auto events = open_events(tracker);
                CPPUNIT_ASSERT_EQUAL(std::size_t(1), events.size());
                const auto& e = events[0];
                CPPUNIT_ASSERT(e.profile ==
                               (low_is_long ? std::vector<float>({ 1, 2, 13, 20 }) : high));
                CPPUNIT_ASSERT_EQUAL(std::size_t(low_is_long ? 3 : 5), e.profile_bin);
                CPPUNIT_ASSERT_EQUAL(low_is_long ? 0.25 : 1.5, e.start.value());
                CPPUNIT_ASSERT_EQUAL(std::uint64_t(77), e.carrier.value());
                CPPUNIT_ASSERT_EQUAL(std::uint64_t(2 + 9), e.cells);
                CPPUNIT_ASSERT_EQUAL(std::int64_t(0), e.first_row);
                CPPUNIT_ASSERT_EQUAL(std::int64_t(2), e.last_row);
                CPPUNIT_ASSERT_EQUAL(std::size_t(3), e.longest_box);
            }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_event_tracker);
