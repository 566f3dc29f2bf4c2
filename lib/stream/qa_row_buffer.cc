/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include "row_buffer.h"
#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/blocks/null_source.h>

using gr::stft::row_buffer;

namespace {

//! Rows of one number each, so that a row is known by its value: number n of the stream is n + 1, before it are zeros.
using row = std::int64_t;

//! A block that reads `multiple` rows at once, and `history - 1` rows before these again.
struct reading {
    int history, multiple;
};

struct buffer_case {
    std::string name;
    int items;
    std::vector<reading> readers;
};

const std::vector<buffer_case> without_history{
    { "one reader", 8, { { 1, 1 } } },
    { "a buffer of two rows", 2, { { 1, 1 } } },
    { "rows in threes", 13, { { 1, 3 } } },
    { "two readers", 8, { { 1, 1 }, { 1, 1 } } },
    { "two readers, one in fours", 24, { { 1, 1 }, { 1, 4 } } },
    { "three readers", 30, { { 1, 2 }, { 1, 5 }, { 1, 1 } } },
};

const std::vector<buffer_case> with_history{
    { "a history", 9, { { 3, 1 } } },
    { "rows in threes with a history", 17, { { 4, 3 } } },
    { "two histories", 12, { { 1, 1 }, { 4, 1 } } },
    { "a history and rows in fours", 24, { { 5, 1 }, { 1, 4 } } },
    { "three readers with histories", 30, { { 2, 2 }, { 1, 5 }, { 6, 1 } } },
};

//! Calls f for all cases.
template <class F>
void for_all(F f)
{
    for (const auto& c : without_history)
        f(c);
    for (const auto& c : with_history)
        f(c);
}

/*!
 * Writer and readers of a buffer by turns, which ask and move rows as GNU Radio's scheduler does: one that has too little
 * calls the buffer's callback, if the buffer is ready for it, and asks again.
 */
class stream
{
public:
    explicit stream(const buffer_case& c) : d_what(c.name)
    {
        std::uint32_t multiple = 1;
        for (const auto& one : c.readers)
            multiple = std::max(multiple, static_cast<std::uint32_t>(one.multiple));
        d_buffer = row_buffer::make_buffer(c.items, sizeof(row), 1, multiple, d_writer, d_writer);
        for (const auto& one : c.readers) {
            const auto block = gr::blocks::null_sink::make(sizeof(row));
            block->set_history(static_cast<unsigned>(one.history));
            d_blocks.push_back(block);
            d_readers.push_back(
                { one, gr::buffer_add_reader(d_buffer, one.history - 1, block), 1 - one.history });
        }
    }

    std::size_t readers() const { return d_readers.size(); }
    std::int64_t written() const { return d_written; }
    unsigned size() const { return d_buffer->bufsize(); }

    //! Rows that the writer may write.
    int space()
    {
        const int space = d_buffer->space_available();
        if (space > 0 || !d_buffer->output_blkd_cb_ready(1))
            return space;
        d_buffer->output_blocked_callback(1, false);
        return d_buffer->space_available();
    }

    //! Writes `rows` rows, which must have room.
    void write(int rows)
    {
        auto* out = static_cast<row*>(d_buffer->write_pointer());
        for (int i = 0; i < rows; ++i) {
            const auto begin = reinterpret_cast<const row*>(d_buffer->base());
            CPPUNIT_ASSERT_MESSAGE(d_what, out + i >= begin && out + i < begin + size());
            out[i] = ++d_written;
        }
        d_buffer->update_write_pointer(rows);
        d_buffer->post_work(rows);
    }

    //! Rows that a reader may take, a multiple of what it takes at once.
    int available(std::size_t which)
    {
        auto& r = d_readers[which];
        const int needed = r.rule.history - 1 + r.rule.multiple;
        if (r.end->items_available() < needed && r.end->input_blkd_cb_ready(needed))
            r.end->input_blocked_callback(needed, r.end->items_available());
        const int beyond = r.end->items_available() - (r.rule.history - 1);
        return beyond < r.rule.multiple ? 0 : beyond / r.rule.multiple * r.rule.multiple;
    }

    //! Compares the history and the next `rows` rows that a reader sees, and takes these.
    void read(std::size_t which, int rows)
    {
        auto& r = d_readers[which];
        const auto* in = static_cast<const row*>(r.end->read_pointer());
        for (int i = 0; i < r.rule.history - 1 + rows; ++i) {
            const auto text = d_what + ", reader " + std::to_string(which) + ", row " +
                              std::to_string(r.first + i) + " of the stream";
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::max<row>(0, r.first + i + 1), in[i]);
        }
        r.first += rows;
        r.end->update_read_pointer(rows);
    }

    //! The first row that a reader still needs, of its history too.
    std::int64_t needed_from() const
    {
        auto first = d_readers[0].first;
        for (const auto& r : d_readers)
            first = std::min(first, r.first);
        return first;
    }

    const std::string& what() const { return d_what; }

private:
    struct reader {
        reading rule;
        gr::buffer_reader_sptr end;
        std::int64_t first; // number of the first row that it sees
    };

    std::string d_what;
    gr::block_sptr d_writer = gr::blocks::null_source::make(sizeof(row));
    std::vector<gr::block_sptr> d_blocks;
    gr::buffer_sptr d_buffer;
    std::vector<reader> d_readers;
    std::int64_t d_written = 0;
};

} // namespace

//! The buffer without a scheduler.
class qa_row_buffer : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_row_buffer);
    CPPUNIT_TEST(a_new_buffer_has_room_to_its_end_and_zeros_before);
    CPPUNIT_TEST(readers_see_every_row_in_order_whatever_the_turns);
    CPPUNIT_TEST(a_slow_reader_stops_the_writer_before_its_rows_are_overwritten);
    CPPUNIT_TEST_SUITE_END();

    void a_new_buffer_has_room_to_its_end_and_zeros_before()
    {
        for_all([](const buffer_case& c) {
            stream s(c);
            CPPUNIT_ASSERT_MESSAGE(c.name, s.size() >= static_cast<unsigned>(c.items));
            CPPUNIT_ASSERT_MESSAGE(c.name, s.space() > 0);
            for (std::size_t which = 0; which < s.readers(); ++which)
                CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, 0, s.available(which));
            s.write(1);
            for (std::size_t which = 0; which < s.readers(); ++which) {
                const int rows = c.readers[which].multiple == 1 ? 1 : 0;
                CPPUNIT_ASSERT_EQUAL_MESSAGE(c.name, rows, s.available(which));
                s.read(which, rows); // zeros, then the row
            }
        });
    }

    //! Lets writer and readers have their turns by chance; the seeds differ in who is fast, too.
    static void take_turns(const buffer_case& c, unsigned seed)
    {
        stream s(c);
        std::mt19937 chance(seed);
        const auto some = [&](int most) { return static_cast<int>(chance() % (most + 1U)); };
        int idle = 0;
        while (s.written() < 400) {
            bool moved = false;
            if (chance() % (1 + seed % 4) == 0) {
                const int rows = seed % 2 ? s.space() : some(s.space());
                s.write(rows);
                moved |= rows > 0;
            }
            for (std::size_t which = 0; which < s.readers(); ++which) {
                const int multiple = c.readers[which].multiple;
                const int rows = some(s.available(which) / multiple) * multiple;
                s.read(which, rows);
                moved |= rows > 0;
            }
            idle = moved ? 0 : idle + 1;
            CPPUNIT_ASSERT_MESSAGE(c.name + ", seed " + std::to_string(seed) +
                                       ": all wait after row " + std::to_string(s.written()),
                                   idle < 200);
        }
    }

    void readers_see_every_row_in_order_whatever_the_turns()
    {
        for (const auto& c : without_history)
            for (unsigned seed = 1; seed <= 20; ++seed)
                take_turns(c, seed);
    }

    void a_slow_reader_stops_the_writer_before_its_rows_are_overwritten()
    {
        for_all([](const buffer_case& c) {
            stream s(c);
            for (int round = 0; round < 40; ++round) {
                for (int rows = s.space(); rows > 0; rows = s.space()) {
                    s.write(rows);
                    // what is needed lies in the buffer
                    const auto held = s.written() - s.needed_from();
                    CPPUNIT_ASSERT_MESSAGE(c.name, held <= static_cast<std::int64_t>(s.size()));
                }
                for (std::size_t which = 0; which < s.readers(); ++which) {
                    const int rows = std::min(s.available(which), c.readers[which].multiple);
                    s.read(which, rows);
                }
            }
            CPPUNIT_ASSERT_MESSAGE(c.name, s.written() > static_cast<std::int64_t>(s.size()));
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_row_buffer);
