/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "delayed_tags.h"
#include <cppunit/extensions/HelperMacros.h>
#include <vector>

using gr::stft::delayed_tags;

class qa_delayed_tags : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_delayed_tags);
    CPPUNIT_TEST(a_tag_leaves_with_its_item_and_not_before);
    CPPUNIT_TEST(tags_of_one_item_keep_their_order);
    CPPUNIT_TEST(at_the_end_of_the_stream_later_tags_go_to_the_last_item);
    CPPUNIT_TEST(a_tag_added_late_goes_to_the_item_written_last);
    CPPUNIT_TEST(nothing_is_left_after_clear);
    CPPUNIT_TEST_SUITE_END();

    using places = std::vector<std::pair<long, std::uint64_t>>; // value of a tag, its item

    static gr::tag_t tag(long value)
    {
        gr::tag_t one;
        one.key = pmt::mp("key");
        one.value = pmt::from_long(value);
        return one;
    }

    static places
    released(delayed_tags& tags, std::uint64_t end, std::optional<std::int64_t> length = {})
    {
        places found;
        tags.release(end, length, [&](const gr::tag_t& one) {
            found.emplace_back(pmt::to_long(one.value), one.offset);
        });
        return found;
    }

    static void check(const places& expected, const places& found)
    {
        CPPUNIT_ASSERT_EQUAL(expected.size(), found.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            const auto which = "tag " + std::to_string(i);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(which, expected[i].first, found[i].first);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(which, expected[i].second, found[i].second);
        }
    }

public:
    void a_tag_leaves_with_its_item_and_not_before()
    {
        delayed_tags tags;
        tags.add(4, tag(1));
        tags.add(1L << 40, tag(2));
        check({}, released(tags, 4));
        check({ { 1, 4 } }, released(tags, 5));
        check({}, released(tags, 1UL << 40));
        check({ { 2, 1UL << 40 } }, released(tags, (1UL << 40) + 1));
    }

    void tags_of_one_item_keep_their_order()
    {
        delayed_tags tags;
        for (long value : { 3, 1, 2 })
            tags.add(0, tag(value));
        check({ { 3, 0 }, { 1, 0 }, { 2, 0 } }, released(tags, 1));
    }

    void at_the_end_of_the_stream_later_tags_go_to_the_last_item()
    {
        delayed_tags tags;
        tags.add(7, tag(1));
        tags.add(90, tag(2));
        check({ { 1, 7 } }, released(tags, 9, 10));
        check({ { 2, 9 } }, released(tags, 10, 10));
    }

    void a_tag_added_late_goes_to_the_item_written_last()
    {
        delayed_tags tags;
        tags.add(9, tag(1));
        check({ { 1, 9 } }, released(tags, 20));
        tags.add(12, tag(2));
        check({ { 2, 12 } }, released(tags, 21));
    }

    void nothing_is_left_after_clear()
    {
        delayed_tags tags;
        tags.add(0, tag(1));
        tags.clear();
        check({}, released(tags, 1));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_delayed_tags);
