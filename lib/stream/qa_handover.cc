/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "handover.h"
#include <cppunit/extensions/HelperMacros.h>
#include <gnuradio/stft/kernel/fields.h>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

struct two_numbers {
    double a = 1, b = 2;
};

} // namespace

namespace gr::stft::kernel {
template <>
inline constexpr auto fields<two_numbers> = std::tuple(field("a", &two_numbers::a).changeable(),
                                                       field("b", &two_numbers::b).changeable());
} // namespace gr::stft::kernel

using gr::stft::handover;
using gr::stft::turns;

class qa_handover : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_handover);
    CPPUNIT_TEST(the_newest_change_is_taken_once_and_has_what_went_before);
    CPPUNIT_TEST(what_is_refused_leaves_the_settings_and_the_change_that_waits);
    CPPUNIT_TEST(work_does_not_wait_while_something_is_made);
    CPPUNIT_TEST(a_change_refused_late_leaves_the_present_settings_unless_there_is_a_newer_one);
    CPPUNIT_TEST(threads_get_their_turns_in_the_order_of_their_coming);
    CPPUNIT_TEST_SUITE_END();

    using tried = handover<two_numbers, double>;

    static gr::stft::kernel::change<two_numbers> to(double two_numbers::*member, double value)
    {
        gr::stft::kernel::change<two_numbers> requested;
        requested.wanted(member) = value;
        return requested;
    }

    static double sum(const two_numbers& s) { return s.a + s.b; }

public:
    void the_newest_change_is_taken_once_and_has_what_went_before()
    {
        tried changes({});
        CPPUNIT_ASSERT(!changes.take());
        changes.request(to(&two_numbers::a, 10), sum);
        changes.request(to(&two_numbers::b, 20), sum);
        CPPUNIT_ASSERT_EQUAL(30.0, sum(changes.wanted()));
        const auto newest = changes.take();
        CPPUNIT_ASSERT(newest);
        CPPUNIT_ASSERT_EQUAL(10.0, newest->settings.a);
        CPPUNIT_ASSERT_EQUAL(30.0, newest->made);
        CPPUNIT_ASSERT(!changes.take());
        CPPUNIT_ASSERT_EQUAL(10.0, changes.wanted().a);
    }

    void what_is_refused_leaves_the_settings_and_the_change_that_waits()
    {
        tried changes({});
        changes.request(to(&two_numbers::a, 10), sum);
        const auto refuse = [](const two_numbers&) -> double { throw std::invalid_argument("a"); };
        CPPUNIT_ASSERT_THROW(changes.request(to(&two_numbers::a, -1), refuse),
                             std::invalid_argument);
        CPPUNIT_ASSERT_EQUAL(10.0, changes.wanted().a);
        CPPUNIT_ASSERT_EQUAL(12.0, changes.take()->made);
        changes.request(to(&two_numbers::b, 3), sum); // the next caller does not wait for ever
        CPPUNIT_ASSERT_EQUAL(13.0, changes.take()->made);
    }

    void work_does_not_wait_while_something_is_made()
    {
        tried changes({});
        changes.request(to(&two_numbers::a, 10), sum);
        bool taken = false;
        changes.request(to(&two_numbers::a, 11), [&](const two_numbers& s) {
            std::thread work([&] { taken = changes.take() && changes.wanted().a == 10; });
            work.join();
            return sum(s);
        });
        CPPUNIT_ASSERT(taken);
        CPPUNIT_ASSERT_EQUAL(13.0, changes.take()->made);
    }

    void a_change_refused_late_leaves_the_present_settings_unless_there_is_a_newer_one()
    {
        tried changes({});
        two_numbers present;
        const auto refuse = [](auto&) { throw std::runtime_error("a: too late"); };
        changes.request(to(&two_numbers::a, 10), sum);
        CPPUNIT_ASSERT(changes.apply_to(present, refuse) == "a: too late");
        CPPUNIT_ASSERT_EQUAL(1.0, present.a);
        CPPUNIT_ASSERT_EQUAL(1.0, changes.wanted().a);
        changes.request(to(&two_numbers::a, 10), sum);
        CPPUNIT_ASSERT(changes.apply_to(present, [&](auto& change) {
            changes.request(to(&two_numbers::a, 11), sum);
            refuse(change);
        }));
        CPPUNIT_ASSERT_EQUAL(1.0, present.a);
        CPPUNIT_ASSERT_EQUAL(11.0, changes.wanted().a);
    }

    void threads_get_their_turns_in_the_order_of_their_coming()
    {
        turns lock;
        std::vector<int> order;
        std::vector<std::thread> threads;
        lock.lock();
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&, i] {
                std::scoped_lock turn(lock);
                order.push_back(i);
            });
            std::this_thread::sleep_for(std::chrono::milliseconds(50)); // it waits by now
        }
        lock.unlock();
        { // asks last, though it has had the lock until now
            std::scoped_lock turn(lock);
            order.push_back(3);
        }
        for (auto& thread : threads)
            thread.join();
        CPPUNIT_ASSERT((order == std::vector<int>{ 0, 1, 2, 3 }));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_handover);
