/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "row_buffer.h"
#include <gnuradio/buffer_reader.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cstdint>
#include <random>

using gr::stft::row_buffer;

class qa_row_buffer : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_row_buffer);
    CPPUNIT_TEST(whatever_is_unread_lies_in_one_piece);
    CPPUNIT_TEST(a_history_begins_with_zeros);
    CPPUNIT_TEST(a_full_buffer_is_not_taken_for_an_empty_one);
    CPPUNIT_TEST(its_memory_is_as_told);
    CPPUNIT_TEST_SUITE_END();

    static constexpr std::size_t width = 3; // numbers in an item

    static gr::buffer_sptr make(int items)
    {
        return row_buffer::make_buffer(items, width * sizeof(std::uint64_t), 1, 1, {}, {});
    }

    //! Writes items as a block does; item n holds n + 1 in all places.
    static void write(gr::buffer& buffer, int items)
    {
        auto to = static_cast<std::uint64_t*>(buffer.write_pointer());
        for (int item = 0; item < items; ++item)
            for (std::size_t place = 0; place < width; ++place)
                *to++ = buffer.nitems_written() + static_cast<std::uint64_t>(item) + 1;
        buffer.post_work(items);
        buffer.update_write_pointer(items);
    }

    //! All that is unread and a history before it.
    static void check(gr::buffer_reader& reader, int history)
    {
        const auto from = static_cast<const std::uint64_t*>(reader.read_pointer());
        for (int item = 0; item < reader.items_available(); ++item) {
            const auto at = static_cast<std::int64_t>(reader.nitems_read()) - history + item;
            for (std::size_t place = 0; place < width; ++place)
                CPPUNIT_ASSERT_EQUAL(std::max<std::int64_t>(0, at + 1),
                                     static_cast<std::int64_t>(
                                         from[static_cast<std::size_t>(item) * width + place]));
        }
    }

    void whatever_is_unread_lies_in_one_piece()
    {
        std::mt19937 random(1);
        const auto up_to = [&](int most) { return std::uniform_int_distribution(0, most)(random); };
        for (int items = 1; items < 20; ++items) {
            const auto buffer = make(items);
            const int longest = static_cast<int>(buffer->bufsize()) - 1;
            std::vector<std::pair<gr::buffer_reader_sptr, int>> readers;
            for (const int history : { 0, std::min(2, longest - 1), longest - 1 })
                readers.emplace_back(gr::buffer_add_reader(buffer, history, {}), history);
            for (int step = 0; step < 1000; ++step) {
                write(*buffer, up_to(buffer->space_available()));
                for (auto& [reader, history] : readers) {
                    check(*reader, history);
                    reader->update_read_pointer(up_to(reader->items_available() - history));
                }
            }
            CPPUNIT_ASSERT(buffer->nitems_written() > 200);
        }
    }

    void a_history_begins_with_zeros()
    {
        const auto buffer = make(8);
        const auto reader = gr::buffer_add_reader(buffer, 5, {});
        CPPUNIT_ASSERT_EQUAL(5, reader->items_available());
        check(*reader, 5);
        CPPUNIT_ASSERT_EQUAL(2, buffer->space_available());
    }

    void a_full_buffer_is_not_taken_for_an_empty_one()
    {
        for (const int items : { 1, 2, 3, 10 }) {
            const auto buffer = make(items);
            const auto reader = gr::buffer_add_reader(buffer, 0, {});
            const int all = buffer->space_available();
            CPPUNIT_ASSERT(all >= 2);
            for (int turn = 0; turn < 20; ++turn) {
                write(*buffer, all);
                CPPUNIT_ASSERT_EQUAL(0, buffer->space_available());
                CPPUNIT_ASSERT_EQUAL(all, reader->items_available());
                check(*reader, 0);
                reader->update_read_pointer(all);
                CPPUNIT_ASSERT_EQUAL(0, reader->items_available());
                CPPUNIT_ASSERT_EQUAL(all, buffer->space_available());
            }
        }
    }

    void its_memory_is_as_told()
    {
        CPPUNIT_ASSERT_EQUAL(std::size_t(2 * 9 * 5), row_buffer::bytes(10, 5));
        CPPUNIT_ASSERT_EQUAL(std::size_t(2 * 2 * 5), row_buffer::bytes(2, 5));
        CPPUNIT_ASSERT_EQUAL(10U, make(10)->bufsize());
        CPPUNIT_ASSERT_EQUAL(3U, make(2)->bufsize());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_row_buffer);
