/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "handover.h"
#include <cppunit/extensions/HelperMacros.h>
#include <gnuradio/stft/kernel/fields.h>
#include <atomic>
#include <chrono>
#include <set>
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
    CPPUNIT_TEST(a_change_refused_late_leaves_the_present_settings);
    CPPUNIT_TEST(what_is_only_checked_is_left_to_the_work);
    CPPUNIT_TEST(what_is_refused_late_is_in_no_change_that_waits);
    CPPUNIT_TEST(what_is_refused_late_is_in_no_change_that_is_being_made);
    CPPUNIT_TEST(what_is_refused_late_is_seen_once_however_many_threads_ask);
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

    static void refuse(tried::change&) { throw std::runtime_error("a: too late"); }

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
        CPPUNIT_ASSERT_EQUAL(30.0, *newest->made);
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
        CPPUNIT_ASSERT_EQUAL(12.0, *changes.take()->made);
        changes.request(to(&two_numbers::b, 3), sum); // the next caller does not wait for ever
        CPPUNIT_ASSERT_EQUAL(13.0, *changes.take()->made);
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
        CPPUNIT_ASSERT_EQUAL(13.0, *changes.take()->made);
    }

    void a_change_refused_late_leaves_the_present_settings()
    {
        tried changes({});
        two_numbers present;
        changes.request(to(&two_numbers::a, 10), sum);
        CPPUNIT_ASSERT(changes.apply_to(present, refuse) == "a: too late");
        CPPUNIT_ASSERT_EQUAL(1.0, present.a);
        CPPUNIT_ASSERT_EQUAL(1.0, changes.wanted().a);
        CPPUNIT_ASSERT(!changes.take());
    }

    void what_is_only_checked_is_left_to_the_work()
    {
        tried changes({});
        const auto check = [](const two_numbers& s) {
            if (s.a < 0)
                throw std::invalid_argument("a");
        };
        changes.request(to(&two_numbers::a, 10), check);
        CPPUNIT_ASSERT_THROW(changes.request(to(&two_numbers::a, -1), check),
                             std::invalid_argument);
        const auto newest = changes.take();
        CPPUNIT_ASSERT(!newest->made);
        CPPUNIT_ASSERT_EQUAL(10.0, newest->settings.a);
    }

    void what_is_refused_late_is_in_no_change_that_waits()
    {
        tried changes({});
        two_numbers present;
        changes.request(to(&two_numbers::a, 10), sum);
        CPPUNIT_ASSERT(changes.apply_to(present, [&](auto& change) {
            changes.request(to(&two_numbers::b, 3), sum);
            changes.request(to(&two_numbers::b, 4), sum);
            refuse(change);
        }));
        CPPUNIT_ASSERT_EQUAL(1.0, present.a);
        CPPUNIT_ASSERT_EQUAL(1.0, changes.wanted().a);
        CPPUNIT_ASSERT_EQUAL(4.0, changes.wanted().b);
        CPPUNIT_ASSERT(!changes.apply_to(present, [](auto& change) {
            CPPUNIT_ASSERT(!change.made); // what was made had a
        }));
        CPPUNIT_ASSERT_EQUAL(1.0, present.a);
        CPPUNIT_ASSERT_EQUAL(4.0, present.b);
    }

    void what_is_refused_late_is_in_no_change_that_is_being_made()
    {
        tried changes({});
        two_numbers present;
        int times = 0;
        changes.request(to(&two_numbers::a, 10), sum);
        changes.request(to(&two_numbers::b, 3), [&](const two_numbers& s) {
            if (times++ == 0)
                std::thread([&] { changes.apply_to(present, refuse); }).join();
            return sum(s);
        });
        CPPUNIT_ASSERT_EQUAL(2, times);
        CPPUNIT_ASSERT_EQUAL(1.0, changes.wanted().a);
        const auto newest = changes.take();
        CPPUNIT_ASSERT_EQUAL(1.0, newest->settings.a);
        CPPUNIT_ASSERT_EQUAL(4.0, *newest->made);
    }

    void what_is_refused_late_is_seen_once_however_many_threads_ask()
    {
        tried changes({});
        two_numbers present;
        std::set<double> refused;
        bool again = false;
        std::atomic<int> asking = 2;
        const auto pause = [] { std::this_thread::sleep_for(std::chrono::microseconds(50)); };
        const auto work = [&] {
            changes.apply_to(present, [&](auto& change) {
                const auto a = change.settings.a;
                pause();
                if (a < 0) {
                    again = again || !refused.insert(a).second;
                    refuse(change);
                }
            });
        };
        std::thread worker([&] {
            while (asking > 0)
                work();
        });
        const auto slowly = [&](const two_numbers& s) {
            pause();
            return sum(s);
        };
        std::thread wrong([&] {
            for (int i = 1; i <= 500; ++i)
                changes.request(to(&two_numbers::a, i % 2 ? -i : i), slowly);
            --asking;
        });
        for (int i = 1; i <= 500; ++i)
            changes.request(to(&two_numbers::b, i), slowly);
        --asking;
        wrong.join();
        worker.join();
        changes.request(to(&two_numbers::b, 5), sum);
        work();
        CPPUNIT_ASSERT(!again);
        CPPUNIT_ASSERT(present.a >= 0);
        CPPUNIT_ASSERT_EQUAL(5.0, present.b);
        CPPUNIT_ASSERT_EQUAL(present.a, changes.wanted().a);
    }

    void threads_get_their_turns_in_the_order_of_their_coming()
    {
        turns lock;
        std::vector<int> order;
        std::vector<std::thread> threads;
        lock.lock();
        for (int i = 0; i < 3; ++i) {
            const auto before = lock.asked();
            threads.emplace_back([&, i] {
                std::scoped_lock turn(lock);
                order.push_back(i);
            });
            while (lock.asked() == before)
                std::this_thread::yield();
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
