/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/box_pyramid.h"
#include "qa/support.h"
#include <map>
#include <tuple>
#include <type_traits>

using namespace gr::stft::kernel;

namespace {

using plane = std::vector<std::vector<float>>; // [row][bin]
//! Found cells with an order: first row, rows, first bin, bins, excess.
using found_list =
    std::vector<std::tuple<std::int64_t, std::size_t, std::size_t, std::size_t, float>>;

found_list sorted(const std::vector<found_cells>& found)
{
    found_list all;
    for (const auto& each : found)
        all.emplace_back(each.first_row, each.rows, each.first_bin, each.bins, each.excess);
    std::sort(all.begin(), all.end());
    return all;
}

/*!
 * The definition by loops over the whole plane. A row completes, for each number of rows of a box, fine to coarse, at
 * most the boxes of one step. Those above `hit` are found, and so are those above `low` that hang together with a found
 * one of their size over neighbours in time and frequency, no farther back than some steps. Found cells are 1 for the
 * sizes that come after.
 */
class plain_pyramid
{
public:
    plain_pyramid(std::size_t bins, std::vector<box_test> tests)
        : d_bins(bins), d_tests(std::move(tests)), d_boxes(d_tests.size())
    {}

    std::vector<found_cells> add(const std::vector<float>& row)
    {
        d_found.clear();
        d_plane.push_back(row);
        std::int64_t delay = 0;
        for (std::size_t i = 0; i < d_tests.size(); ++i) {
            const auto rows = static_cast<std::int64_t>(d_tests[i].size.rows);
            if (i > 0 && d_tests[i - 1].size.rows != d_tests[i].size.rows)
                delay += half(d_tests[i - 1].size.rows);
            const auto end = static_cast<std::int64_t>(d_plane.size()) - delay;
            const auto step = std::max<std::int64_t>(1, rows / 2);
            if (end >= rows && end % step == 0)
                test(i, (end - rows) / step);
        }
        return d_found;
    }

    //! Rows of ones, until all boxes that reach into the rows so far have been tested.
    std::vector<found_cells> finish()
    {
        const auto end = static_cast<std::int64_t>(d_plane.size());
        std::vector<found_cells> all;
        for (std::size_t i = 0; i < 3 * d_tests.back().size.rows; ++i)
            for (auto each : add(std::vector<float>(d_bins, 1)))
                if (each.first_row < end) {
                    each.rows = std::min(each.rows, static_cast<std::size_t>(end - each.first_row));
                    all.push_back(each);
                }
        return all;
    }

private:
    struct box {
        double sum;
        bool low, found;
    };
    using place = std::pair<std::int64_t, std::int64_t>; // step in time, number in the row

    static std::int64_t half(std::size_t n) { return static_cast<std::int64_t>(n / 2); }

    void test(std::size_t which, std::int64_t step)
    {
        const auto& t = d_tests[which];
        auto& boxes = d_boxes[which];
        const auto row_step = std::max<std::int64_t>(1, half(t.size.rows));
        const auto bin_step = std::max<std::int64_t>(1, half(t.size.bins));
        const auto cells = static_cast<double>(t.size.rows * t.size.bins);
        std::vector<place> todo;
        for (std::int64_t i = 0; i * bin_step + static_cast<std::int64_t>(t.size.bins) <=
                                 static_cast<std::int64_t>(d_bins);
             ++i) {
            double sum = 0;
            for (std::size_t r = 0; r < t.size.rows; ++r)
                for (std::size_t k = 0; k < t.size.bins; ++k)
                    sum +=
                        static_cast<double>(d_plane[static_cast<std::size_t>(step * row_step) + r]
                                                   [static_cast<std::size_t>(i * bin_step) + k]);
            boxes[{ step, i }] = { sum, sum > t.low * cells, sum > t.hit * cells };
            const auto before = [&](std::int64_t j) {
                const auto at = boxes.find({ step - 1, j });
                return at != boxes.end() && at->second.found;
            };
            auto& b = boxes[{ step, i }];
            b.found = b.low && (b.found || before(i - 1) || before(i) || before(i + 1));
            if (b.found)
                todo.emplace_back(step, i);
        }
        const auto remembered = std::clamp<std::int64_t>(64 / row_step, 2, 8);
        while (!todo.empty()) {
            const auto [p, i] = todo.back();
            todo.pop_back();
            const auto first_row = p * row_step;
            const auto first_bin = i * bin_step;
            for (std::size_t r = 0; r < t.size.rows; ++r)
                for (std::size_t k = 0; k < t.size.bins; ++k)
                    d_plane[static_cast<std::size_t>(first_row) + r]
                           [static_cast<std::size_t>(first_bin) + k] = 1;
            d_found.push_back({ first_row,
                                t.size.rows,
                                static_cast<std::size_t>(first_bin),
                                t.size.bins,
                                static_cast<float>(boxes[{ p, i }].sum / cells) - 1 });
            for (auto q = p - 1; q <= p + 1; ++q)
                for (auto j = i - 1; j <= i + 1; ++j) {
                    const auto at = boxes.find({ q, j });
                    if (q <= step - remembered || at == boxes.end() || !at->second.low ||
                        at->second.found)
                        continue;
                    at->second.found = true;
                    todo.emplace_back(q, j);
                }
        }
    }

    std::size_t d_bins;
    std::vector<box_test> d_tests;
    std::vector<std::map<place, box>> d_boxes;
    plane d_plane;
    std::vector<found_cells> d_found;
};

//! Noise of mean 1 in eighths, so that sums are exact in any order.
plane noise_in_eighths(std::size_t rows, std::size_t bins, std::minstd_rand& random)
{
    std::exponential_distribution<double> power(1);
    plane rows_of_noise(rows, std::vector<float>(bins));
    for (auto& row : rows_of_noise)
        for (auto& cell : row)
            cell = static_cast<float>(std::round(8 * power(random)) / 8);
    return rows_of_noise;
}

struct rectangle {
    std::size_t first_row, rows, first_bin, bins;
    float power;
};

void plant(plane& rows, const rectangle& r)
{
    for (auto p = r.first_row; p < std::min(rows.size(), r.first_row + r.rows); ++p)
        for (auto k = r.first_bin; k < std::min(rows[p].size(), r.first_bin + r.bins); ++k)
            rows[p][k] += r.power;
}

void plant_some(plane& rows, std::minstd_rand& random, std::size_t count)
{
    const auto below = [&](std::size_t n) { return random() % n; };
    for (std::size_t i = 0; i < count; ++i)
        plant(rows,
              { below(rows.size()),
                1 + below(60),
                below(rows.front().size()),
                1 + below(12),
                static_cast<float>(1 + below(24)) / 2 });
}

box_test of_box(std::size_t rows, std::size_t bins, double hit, double low)
{
    return { { rows, bins }, hit, low };
}

//! The eleven sizes of the detector, with thresholds that noise passes now and then.
std::vector<box_test> usual_tests()
{
    return { of_box(1, 1, 9, 5),        of_box(1, 4, 4.5, 2.5),     of_box(1, 16, 2.5, 1.75),
             of_box(4, 1, 4.5, 2.5),    of_box(4, 4, 2.5, 1.5),     of_box(4, 16, 1.75, 1.25),
             of_box(16, 1, 2.5, 1.75),  of_box(16, 4, 1.75, 1.375), of_box(16, 16, 1.5, 1.125),
             of_box(64, 1, 1.75, 1.25), of_box(64, 4, 1.375, 1.125) };
}

void assert_same(const std::vector<found_cells>& expected, const std::vector<found_cells>& actual)
{
    const auto a = sorted(expected), b = sorted(actual);
    CPPUNIT_ASSERT_EQUAL(a.size(), b.size());
    CPPUNIT_ASSERT(a == b);
}

//! Compares row by row. \return cells found
std::size_t assert_as_defined(const plane& rows, const std::vector<box_test>& tests)
{
    plain_pyramid plain(rows.front().size(), tests);
    box_pyramid pyramid(rows.front().size(), tests);
    std::size_t found = 0;
    for (std::size_t p = 0; p < rows.size(); ++p) {
        const qa::context in_row("row", p);
        pyramid.add(rows[p].data());
        assert_same(plain.add(rows[p]), pyramid.found());
        found += pyramid.found().size();
        CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(p + 1), pyramid.rows());
    }
    pyramid.finish();
    assert_same(plain.finish(), pyramid.found());
    return found + pyramid.found().size();
}

} // namespace

//! Cells found in boxes of several sizes.
class qa_box_pyramid : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_box_pyramid);
    CPPUNIT_TEST(one_size_finds_what_its_definition_says);
    CPPUNIT_TEST(eleven_sizes_find_what_their_definition_says);
    CPPUNIT_TEST(few_sizes_far_apart_find_what_their_definition_says);
    CPPUNIT_TEST(bins_beyond_the_last_whole_box_are_not_in_one);
    CPPUNIT_TEST(finish_after_any_number_of_rows_is_as_defined);
    CPPUNIT_TEST(a_found_cell_hides_a_box_that_needs_it);
    CPPUNIT_TEST(the_excess_counts_what_had_been_found_as_noise);
    CPPUNIT_TEST(a_chain_of_low_boxes_is_found_from_its_end);
    CPPUNIT_TEST(cells_found_late_are_hidden_from_wider_boxes);
    CPPUNIT_TEST(found_cells_lie_within_the_reach);
    CPPUNIT_TEST(a_row_has_been_tested_in_all_boxes_after_the_latency);
    CPPUNIT_TEST(rows_are_counted_in_64_bits);
    CPPUNIT_TEST_SUITE_END();

    void one_size_finds_what_its_definition_says()
    {
        std::minstd_rand random(5);
        for (const std::size_t rows : { 1, 2, 4, 16, 64, 256 })
            for (const std::size_t bins : { 1, 2, 4, 16, 32 }) {
                const qa::context in_rows("rows", rows);
                const qa::context in_bins("bins", bins);
                auto x = noise_in_eighths(3 * rows + 40, 35, random);
                plant_some(x, random, 6);
                const auto spread = 4 / std::sqrt(static_cast<double>(rows * bins));
                CPPUNIT_ASSERT(
                    assert_as_defined(x, { of_box(rows, bins, 1 + spread, 1 + spread / 3) }) > 0);
            }
    }

    void eleven_sizes_find_what_their_definition_says()
    {
        std::minstd_rand random(7);
        std::size_t found = 0;
        for (int trial = 0; trial < 12; ++trial) {
            const qa::context in_trial("trial", trial);
            auto x = noise_in_eighths(260, trial % 2 ? 61 : 64, random);
            plant_some(x, random, static_cast<std::size_t>(3 * trial));
            found += assert_as_defined(x, usual_tests());
        }
        CPPUNIT_ASSERT(found > 10000);
    }

    void few_sizes_far_apart_find_what_their_definition_says()
    {
        std::minstd_rand random(9);
        for (int trial = 0; trial < 8; ++trial) {
            const qa::context in_trial("trial", trial);
            auto x = noise_in_eighths(400, 40, random);
            plant_some(x, random, 12);
            CPPUNIT_ASSERT(assert_as_defined(x,
                                             { of_box(2, 2, 4, 2),
                                               of_box(8, 1, 2.5, 1.5),
                                               of_box(8, 8, 1.75, 1.25),
                                               of_box(128, 2, 1.5, 1.125) }) > 0);
        }
    }

    void bins_beyond_the_last_whole_box_are_not_in_one()
    {
        // boxes of 4 bins begin at bins 0, 2, 4, 6: of 11 bins the last lies in none
        for (const std::size_t at : { 9, 10 }) {
            const qa::context in_at("at", at);
            box_pyramid pyramid(11, { of_box(1, 4, 2, 2) });
            std::vector<float> row(11, 0);
            row[at] = 100;
            pyramid.add(row.data());
            CPPUNIT_ASSERT_EQUAL(std::size_t(at < 10), pyramid.found().size());
        }
    }

    void finish_after_any_number_of_rows_is_as_defined()
    {
        std::minstd_rand random(11);
        auto x = noise_in_eighths(200, 20, random);
        plant_some(x, random, 20);
        const auto tests = usual_tests();
        plain_pyramid plain(20, tests);
        for (std::size_t length = 0; length <= 200; ++length) {
            const qa::context in_length("length", length);
            auto ended = plain;
            box_pyramid pyramid(20, tests);
            for (std::size_t p = 0; p < length; ++p)
                pyramid.add(x[p].data());
            pyramid.finish();
            assert_same(ended.finish(), pyramid.found());
            if (length < 200)
                plain.add(x[length]);
        }
    }

    void a_found_cell_hides_a_box_that_needs_it()
    {
        // 40 in one cell are a mean of 2.5 in 4 x 4, but the cell has been found alone
        const std::vector<box_test> both{ of_box(1, 1, 30, 30), of_box(4, 4, 2, 2) };
        const std::vector<box_test> only_large{ of_box(4, 4, 2, 2) };
        for (const auto& tests : { both, only_large }) {
            const auto sizes = tests.size();
            const qa::context in_sizes("sizes", sizes);
            box_pyramid pyramid(4, tests);
            std::size_t large = 0;
            for (int p = 0; p < 8; ++p) {
                const std::vector<float> row{ 0, p == 2 ? 40.0f : 0, 0, 0 };
                pyramid.add(row.data());
                for (const auto& each : pyramid.found())
                    large += each.rows == 4;
            }
            CPPUNIT_ASSERT_EQUAL(std::size_t(sizes == 1), large);
        }
    }

    void the_excess_counts_what_had_been_found_as_noise()
    {
        box_pyramid pyramid(4, { of_box(1, 1, 30, 30), of_box(1, 4, 2, 2) });
        const std::vector<float> row{ 100, 4, 5, 6 };
        pyramid.add(row.data());
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), pyramid.found().size());
        CPPUNIT_ASSERT_EQUAL(99.0F, pyramid.found()[0].excess);
        CPPUNIT_ASSERT_EQUAL((1 + 4 + 5 + 6) / 4.0F - 1, pyramid.found()[1].excess);
    }

    void a_chain_of_low_boxes_is_found_from_its_end()
    {
        // one bin, above `low` from row 0 on, and above `hit` in the last box: 8 steps are remembered, or 64 rows, at
        // least 2 steps
        const std::map<std::size_t, std::size_t> remembered{ { 1, 8 },  { 2, 8 },  { 4, 8 },
                                                             { 16, 8 }, { 32, 4 }, { 64, 2 },
                                                             { 128, 2 } };
        for (const auto& [rows, steps] : remembered) {
            const qa::context in_rows("rows", rows);
            const auto step = std::max<std::size_t>(1, rows / 2);
            box_pyramid pyramid(1, { of_box(rows, 1, 10, 3) });
            const auto add = [&](float cell) {
                for (std::size_t i = 0; i < step; ++i)
                    pyramid.add(&cell);
                return pyramid.found().size();
            };
            for (int i = 0; i < 12; ++i)
                CPPUNIT_ASSERT_EQUAL(std::size_t(0), add(5));
            CPPUNIT_ASSERT_EQUAL(steps, add(20));
            CPPUNIT_ASSERT_EQUAL(std::size_t(1), add(10)); // the chain goes on until it breaks
            add(0);
            add(0);
            CPPUNIT_ASSERT_EQUAL(std::size_t(0), add(5));
            CPPUNIT_ASSERT_EQUAL(std::size_t(0), add(5));
        }
    }

    void cells_found_late_are_hidden_from_wider_boxes()
    {
        // Rows 1 and 2 of bin 1 are found, and with them rows 0 and 1 of bin 0, whose box was `low` a row before. Then
        // 2 x 2 cells of rows 1 and 2 hold three ones and a zero.
        box_pyramid pyramid(2, { of_box(2, 1, 10, 3), of_box(2, 2, 1.8, 1.8) });
        const plane rows{ { 0.25f, 0 }, { 6, 0 }, { 0, 30 } };
        std::vector<found_cells> found;
        for (const auto& row : rows) {
            pyramid.add(row.data());
            found = pyramid.found();
        }
        assert_same({ { 0, 2, 0, 1, 2.125f }, { 1, 2, 1, 1, 14 } }, found);
    }

    void found_cells_lie_within_the_reach()
    {
        std::minstd_rand random(13);
        auto x = noise_in_eighths(600, 32, random);
        plant_some(x, random, 60);
        box_pyramid pyramid(32, usual_tests());
        const auto reach = static_cast<std::int64_t>(pyramid.reach());
        for (const auto& row : x) {
            pyramid.add(row.data());
            for (const auto& each : pyramid.found()) {
                CPPUNIT_ASSERT(each.first_row >= 0 && each.first_row >= pyramid.rows() - reach);
                CPPUNIT_ASSERT(each.first_row + static_cast<std::int64_t>(each.rows) <=
                               pyramid.rows());
                CPPUNIT_ASSERT(each.first_bin + each.bins <= 32);
            }
        }
    }

    void a_row_has_been_tested_in_all_boxes_after_the_latency()
    {
        // a row that only the largest box finds, and only with all of its power
        const auto tests = usual_tests();
        for (std::size_t first = 0; first < 40; ++first) {
            const qa::context in_first("first", first);
            box_pyramid pyramid(8, tests);
            CPPUNIT_ASSERT_EQUAL(pyramid.latency(), pyramid.wait_of(64));
            CPPUNIT_ASSERT_EQUAL(std::size_t(64 + 0 + 2 + 8), pyramid.latency());
            CPPUNIT_ASSERT_EQUAL(std::size_t(1), pyramid.wait_of(1));
            CPPUNIT_ASSERT_EQUAL(std::size_t(4), pyramid.wait_of(4));
            CPPUNIT_ASSERT_EQUAL(std::size_t(16 + 2), pyramid.wait_of(16));
            std::int64_t last_at = 0;
            const auto end = first + 64;
            for (std::size_t p = 0; p < end + 200; ++p) {
                std::vector<float> row(8, p >= first && p < end ? 1.7f : 0.5f);
                pyramid.add(row.data());
                if (!pyramid.found().empty())
                    last_at = pyramid.rows();
            }
            CPPUNIT_ASSERT(last_at > 0);
            CPPUNIT_ASSERT(last_at <= static_cast<std::int64_t>(end + pyramid.latency()));
        }
    }

    void rows_are_counted_in_64_bits()
    {
        static_assert(std::is_same_v<decltype(std::declval<box_pyramid>().rows()), std::int64_t>);
        static_assert(std::is_same_v<decltype(found_cells::first_row), std::int64_t>);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_box_pyramid);
