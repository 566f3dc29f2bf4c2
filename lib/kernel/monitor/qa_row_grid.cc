/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/row_grid.h"
#include "qa/support.h"
#include <algorithm>

using namespace gr::stft::kernel;

namespace {

constexpr placement placements[] = { placement::centred, placement::left, placement::full };

//! First samples of the rows of one frame each in a stream.
std::vector<std::int64_t> starts_of(const framing& frames, std::int64_t length)
{
    std::vector<std::int64_t> starts;
    for (std::int64_t p = 0; p < frames.frames(length); ++p)
        starts.push_back(frames.first() + p * static_cast<std::int64_t>(frames.hop()));
    return starts;
}

} // namespace

//! Places of rows, by counting samples.
class qa_row_grid : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_row_grid);
    CPPUNIT_TEST(a_row_reaches_from_its_first_frame_to_its_last);
    CPPUNIT_TEST(overhanging_rows_are_those_of_the_worst_length);
    CPPUNIT_TEST(rows_across_a_loss_are_those_of_its_worst_place);
    CPPUNIT_TEST(a_row_begins_in_streams_of_the_least_length_and_no_shorter);
    CPPUNIT_TEST_SUITE_END();

    //! Calls f(framing, row_grid) for odd and even windows, hops below and above them, means and single frames.
    template <class F>
    static void for_each_grid(F f)
    {
        for (const std::size_t win_length : { 1, 2, 7, 16 })
            for (const std::size_t hop : { 1, 3, 8, 16, 21 })
                for (const auto where : placements)
                    for (const std::size_t frames_per_row : { 1, 2, 5 }) {
                        const qa::context in_window("win_length", win_length), in_hop("hop", hop),
                            in_row("frames_per_row", frames_per_row);
                        const framing frames(win_length, hop, where);
                        f(frames, row_grid(frames, frames_per_row), frames_per_row);
                    }
    }

    void a_row_reaches_from_its_first_frame_to_its_last()
    {
        for_each_grid([](const framing& frames, const row_grid& grid, std::size_t in_row) {
            const auto hop = static_cast<std::int64_t>(frames.hop());
            const auto win_length = static_cast<std::int64_t>(frames.win_length());
            const auto count = static_cast<std::int64_t>(in_row);
            const auto last_frame = (count - 1) * hop;
            CPPUNIT_ASSERT_EQUAL(frames.first(), grid.first());
            CPPUNIT_ASSERT_EQUAL(count * hop, grid.hop());
            CPPUNIT_ASSERT_EQUAL(last_frame + win_length, grid.span());
            for (const std::size_t n_fft : { 16, 17, 40 }) { // centre of the frames' centres
                const auto centre = grid.to_centred(n_fft) + static_cast<std::int64_t>(n_fft / 2);
                CPPUNIT_ASSERT_EQUAL(last_frame / 2 + win_length / 2, centre);
            }
        });
    }

    void overhanging_rows_are_those_of_the_worst_length()
    {
        for_each_grid([](const framing& frames, const row_grid& grid, std::size_t in_row) {
            if (in_row != 1)
                return;
            std::int64_t worst = 0;
            for (std::int64_t length = 100; length < 100 + 2 * 21; ++length) {
                const auto starts = starts_of(frames, length);
                worst = std::max<std::int64_t>(
                    worst, std::count_if(starts.begin(), starts.end(), [&](std::int64_t start) {
                        return start + grid.span() > length;
                    }));
            }
            CPPUNIT_ASSERT_EQUAL(worst, grid.overhanging());
        });
    }

    void rows_across_a_loss_are_those_of_its_worst_place()
    {
        for_each_grid([](const framing&, const row_grid& grid, std::size_t) {
            if (grid.span() < 2) // a single sample is on one side
                return;
            std::int64_t worst = 0;
            for (std::int64_t after = 1; after < grid.span(); ++after) { // first sample after it
                std::int64_t rows = 0;
                while (rows * grid.hop() < after)
                    ++rows;
                worst = std::max(worst, rows);
            }
            CPPUNIT_ASSERT_EQUAL(worst, grid.across());
        });
    }

    void a_row_begins_in_streams_of_the_least_length_and_no_shorter()
    {
        for_each_grid([](const framing& frames, const row_grid& grid, std::size_t) {
            for (std::int64_t p = 1; p < 9; ++p) {
                const auto start = frames.first() + p * static_cast<std::int64_t>(frames.hop());
                const auto least = grid.least_length(start);
                CPPUNIT_ASSERT(frames.frames(std::max<std::int64_t>(least, 1)) > p);
                CPPUNIT_ASSERT(frames.frames(least - 1) <= p); // none without samples
            }
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_row_grid);
