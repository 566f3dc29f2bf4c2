/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "change_queue.h"
#include <cppunit/extensions/HelperMacros.h>
#include <algorithm>
#include <random>
#include <stdexcept>

namespace {

//! Sets one of two numbers of the state.
struct setting {
    std::int64_t at;
    bool first;
    int value;
};

using state = std::pair<int, int>;
using queue = gr::stft::change_queue<setting, state>;

std::optional<state> set(state before, const setting& change)
{
    (change.first ? before.first : before.second) = change.value;
    return before;
}

//! State by the definition: a stable sort by `at`, then one change after the other.
std::vector<state> one_by_one(std::vector<setting> changes, state present)
{
    std::stable_sort(
        changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    std::vector<state> states;
    for (const auto& change : changes)
        states.push_back(present = *set(present, change));
    return states;
}

std::vector<state> states_of(queue q)
{
    std::vector<state> states;
    for (; const auto* due = q.due(INT64_MAX); q.pop())
        states.push_back(due->state);
    return states;
}

} // namespace

class qa_change_queue : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_change_queue);
    CPPUNIT_TEST(states_are_those_of_one_change_after_the_other);
    CPPUNIT_TEST(a_change_is_due_at_its_sample);
    CPPUNIT_TEST(later_changes_are_followed_only_as_far_as_they_differ);
    CPPUNIT_TEST(a_refused_change_leaves_everything_as_it_was);
    CPPUNIT_TEST_SUITE_END();

    void states_are_those_of_one_change_after_the_other()
    {
        std::mt19937 chance(1);
        for (int trial = 0; trial < 300; ++trial) {
            queue q;
            std::vector<setting> changes;
            const state present{ 100, 200 };
            for (unsigned count = chance() % 40; count > 0; --count) {
                changes.push_back(
                    { std::int64_t(chance() % 15), chance() % 2 == 0, int(chance() % 3) });
                CPPUNIT_ASSERT(q.insert(changes.back(), present, set));
            }
            const auto expected = one_by_one(changes, present);
            CPPUNIT_ASSERT(states_of(q) == expected);
            CPPUNIT_ASSERT(q.last(present) == (expected.empty() ? present : expected.back()));
        }
    }

    void a_change_is_due_at_its_sample()
    {
        queue q;
        CPPUNIT_ASSERT(!q.due(INT64_MAX));
        CPPUNIT_ASSERT(q.next() == INT64_MAX);
        q.insert({ 7, true, 1 }, {}, set);
        CPPUNIT_ASSERT(q.next() == 7);
        CPPUNIT_ASSERT(!q.due(6));
        CPPUNIT_ASSERT(q.due(7));
        q.pop();
        CPPUNIT_ASSERT(q.empty());
    }

    void later_changes_are_followed_only_as_far_as_they_differ()
    {
        queue q;
        int calls = 0;
        const auto counted = [&calls](const state& before, const setting& change) {
            ++calls;
            return set(before, change);
        };
        for (int at = 1000; at > 0; --at) // each new one comes before all that are there
            q.insert({ at, at % 2 == 0, at }, {}, counted);
        CPPUNIT_ASSERT(calls <= 3 * 1000);
    }

    void a_refused_change_leaves_everything_as_it_was()
    {
        queue q;
        q.insert({ 1, true, 5 }, {}, set);
        q.insert({ 3, false, 6 }, {}, set);
        const auto before = states_of(q);
        const auto refuses = [](const state&, const setting& change) -> std::optional<state> {
            if (change.at == 3)
                throw std::invalid_argument("not after that");
            return state{ 9, 9 };
        };
        CPPUNIT_ASSERT_THROW(q.insert({ 2, true, 9 }, {}, refuses), std::invalid_argument);
        CPPUNIT_ASSERT(states_of(q) == before);
        CPPUNIT_ASSERT(
            !q.insert({ 2, true, 9 }, {}, [](auto&&...) { return std::optional<state>(); }));
        CPPUNIT_ASSERT(states_of(q) == before);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_change_queue);
