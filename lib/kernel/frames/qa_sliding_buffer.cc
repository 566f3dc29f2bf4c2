/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/frames/sliding_buffer.h>
#include <deque>

using gr::stft::kernel::sliding_buffer;

//! A sliding buffer against a queue.
class qa_sliding_buffer : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_sliding_buffer);
    CPPUNIT_TEST(a_new_buffer_is_empty_and_has_room);
    CPPUNIT_TEST(any_pushes_and_drops_give_what_a_queue_gives);
    CPPUNIT_TEST(values_survive_a_full_buffer_that_moves_on);
    CPPUNIT_TEST(growth_keeps_the_values);
    CPPUNIT_TEST(values_stay_where_they_are_while_there_is_space_after_them);
    CPPUNIT_TEST(nothing_moves_or_grows_at_capacity_of_twice_the_size_but_once_per_size);
    CPPUNIT_TEST(a_jump_over_all_values_leaves_none);
    CPPUNIT_TEST(the_newest_values_can_be_dropped);
    CPPUNIT_TEST(zeros_overwrite_what_was_there);
    CPPUNIT_TEST_SUITE_END();

    template <class V>
    static void
    assert_holds(const std::deque<V>& expected, sliding_buffer<V>& buffer, const std::string& what)
    {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(what, expected.size(), buffer.size());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(what, buffer.capacity() - expected.size(), buffer.room());
        for (std::size_t i = 0; i < expected.size(); ++i)
            CPPUNIT_ASSERT_MESSAGE(what + ", value " + std::to_string(i),
                                   expected[i] == buffer.data()[i]);
    }

    static sliding_buffer<int> holding(std::size_t capacity, const std::vector<int>& values)
    {
        sliding_buffer<int> buffer(capacity);
        buffer.append(values.data(), values.size());
        return buffer;
    }

public:
    void a_new_buffer_is_empty_and_has_room()
    {
        for (std::size_t capacity : { 0, 1, 2, 7, 1000 }) {
            sliding_buffer<double> buffer(capacity);
            CPPUNIT_ASSERT_EQUAL(capacity, buffer.capacity());
            assert_holds({}, buffer, "capacity " + std::to_string(capacity));
        }
    }

    void any_pushes_and_drops_give_what_a_queue_gives()
    {
        qa::for_every_type([](auto zero) {
            using V = decltype(zero);
            for (std::size_t capacity : { 1, 2, 3, 8, 31, 257 }) {
                std::minstd_rand random(static_cast<unsigned>(capacity));
                sliding_buffer<V> buffer(capacity);
                std::deque<V> queue;
                int next = 0;
                for (int i = 0; i < 300; ++i) {
                    const std::size_t in = random() % (buffer.room() + 1);
                    std::vector<V> values;
                    for (std::size_t k = 0; k < in; ++k)
                        values.push_back(V(static_cast<real_of<V>>(++next)));
                    if (i % 2)
                        buffer.append(values.data(), in);
                    else
                        std::copy(values.begin(), values.end(), buffer.append(in));
                    queue.insert(queue.end(), values.begin(), values.end());
                    const auto what =
                        "capacity " + std::to_string(capacity) + ", call " + std::to_string(i);
                    assert_holds(queue, buffer, what);
                    const std::size_t out = random() % (buffer.size() + 1);
                    buffer.drop(out);
                    queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(out));
                    assert_holds(queue, buffer, what + ", after a drop");
                }
            }
        });
    }

    void values_survive_a_full_buffer_that_moves_on()
    {
        auto buffer = holding(5, { 1, 2, 3, 4, 5 });
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), buffer.room());
        for (int next = 6; next < 30; ++next) {
            buffer.drop(1);
            buffer.append(&next, 1);
            assert_holds({ next - 4, next - 3, next - 2, next - 1, next },
                         buffer,
                         "up to " + std::to_string(next));
        }
    }

    void growth_keeps_the_values()
    {
        auto buffer = holding(4, { 1, 2, 3, 4 });
        buffer.drop(2);
        buffer.reserve(3); // less than there is: nothing happens
        CPPUNIT_ASSERT_EQUAL(std::size_t(4), buffer.capacity());
        buffer.reserve(1000);
        CPPUNIT_ASSERT_EQUAL(std::size_t(1000), buffer.capacity());
        assert_holds({ 3, 4 }, buffer, "grown");
        buffer.append_zeros(998);
        CPPUNIT_ASSERT_EQUAL(3, buffer.data()[0]);
        CPPUNIT_ASSERT_EQUAL(4, buffer.data()[1]);
        CPPUNIT_ASSERT_EQUAL(0, buffer.data()[999]);
    }

    void values_stay_where_they_are_while_there_is_space_after_them()
    {
        auto buffer = holding(10, { 1, 2, 3, 4 });
        const int* third = buffer.data() + 2;
        buffer.drop(2);
        buffer.append_zeros(6);
        CPPUNIT_ASSERT(third == buffer.data());
        buffer.append_zeros(1); // there is no space left
        CPPUNIT_ASSERT(third - 2 == buffer.data());
        CPPUNIT_ASSERT_EQUAL(3, *buffer.data());
    }

    void nothing_moves_or_grows_at_capacity_of_twice_the_size_but_once_per_size()
    {
        const std::size_t size = 50;
        sliding_buffer<float> buffer(2 * size);
        buffer.append_zeros(size);
        std::size_t moves = 0;
        for (std::size_t n = 0; n < 100 * size; ++n) {
            const auto* oldest = buffer.data();
            buffer.drop(1);
            buffer.append_zeros(1);
            moves += buffer.data() != oldest + 1;
        }
        CPPUNIT_ASSERT_EQUAL(2 * size, buffer.capacity());
        CPPUNIT_ASSERT_MESSAGE(std::to_string(moves) + " moves", moves <= 100);
    }

    void a_jump_over_all_values_leaves_none()
    {
        auto buffer = holding(6, { 1, 2, 3, 4, 5, 6 });
        buffer.drop(6);
        assert_holds({}, buffer, "all dropped");
        const int next[] = { 7, 8, 9, 10, 11, 12 };
        buffer.append(next, 6);
        assert_holds({ 7, 8, 9, 10, 11, 12 }, buffer, "filled again");
        buffer.clear();
        assert_holds({}, buffer, "cleared");
        buffer.append(next, 6);
        assert_holds({ 7, 8, 9, 10, 11, 12 }, buffer, "filled once more");
    }

    void the_newest_values_can_be_dropped()
    {
        auto buffer = holding(6, { 1, 2, 3, 4, 5, 6 });
        buffer.drop(1);
        buffer.keep(2);
        assert_holds({ 2, 3 }, buffer, "two kept");
        const int next = 9;
        buffer.append(&next, 1);
        assert_holds({ 2, 3, 9 }, buffer, "another one");
    }

    void zeros_overwrite_what_was_there()
    {
        auto buffer = holding(4, { 1, 2, 3, 4 });
        buffer.drop(3);
        buffer.append_zeros(3);
        assert_holds({ 4, 0, 0, 0 }, buffer, "zeros");
    }

private:
    template <class V>
    using real_of = gr::stft::kernel::real_t<V>;
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_sliding_buffer);
