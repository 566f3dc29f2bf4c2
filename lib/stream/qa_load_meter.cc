/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "load_meter.h"
#include <cppunit/extensions/HelperMacros.h>
#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/buffer_double_mapped.h>
#include <thread>

using gr::stft::load_meter;
using gr::stft::rate_meter;

namespace {

using clock_type = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

//! Least and greatest time that an interval between two readings of the clock may have, in seconds.
struct bounds {
    double least, greatest;

    void check(double measured, double duration, const std::string& what = "time") const
    {
        const auto text = what + ": " + std::to_string(measured) + " is not in " +
                          std::to_string(least / duration) + " .. " +
                          std::to_string(greatest / duration);
        constexpr double rounding = 1e-9;
        CPPUNIT_ASSERT_MESSAGE(text, measured >= least / duration * (1 - rounding));
        CPPUNIT_ASSERT_MESSAGE(text, measured <= greatest / duration * (1 + rounding));
    }
};

void wait(double time) { std::this_thread::sleep_for(seconds(time)); }

//! A block's detail with one input buffer.
struct input {
    gr::block_sptr reader = gr::blocks::null_sink::make(sizeof(float));
    gr::buffer_sptr buffer = gr::buffer_double_mapped::make_buffer(1024, sizeof(float), 1, 1);
    gr::buffer_reader_sptr end = gr::buffer_add_reader(buffer, 0, reader);
    gr::block_detail_sptr detail = gr::make_block_detail(1, 0);

    input() { detail->set_input(0, end); }
};

//! A meter, and what bounds the time that its calls took.
struct measured {
    explicit measured(double limit) : meter(limit) {}

    //! A work call that takes this long at least.
    std::optional<bool> work(double time, int used, std::optional<double> rate, int items = 0)
    {
        const auto outer = clock_type::now();
        meter.begin(in.detail, items);
        const auto inner = clock_type::now();
        wait(time);
        busy.least += seconds(clock_type::now() - inner).count();
        const auto decided = meter.end(used, rate);
        busy.greatest += seconds(clock_type::now() - outer).count();
        return decided;
    }

    input in;
    load_meter meter;
    bounds busy{ 0, 0 };
};

} // namespace

//! Meters of a block's load and of its frames per second; bounds of a time come from the same clock.
class qa_load_meter : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_load_meter);
    CPPUNIT_TEST(load_is_the_time_of_work_by_the_duration_of_its_samples);
    CPPUNIT_TEST(calls_are_averaged_over_50_ms);
    CPPUNIT_TEST(a_call_without_samples_decides_nothing);
    CPPUNIT_TEST(a_block_is_late_above_the_limit_and_recovers_below_a_quarter);
    CPPUNIT_TEST(without_a_limit_a_block_is_never_late);
    CPPUNIT_TEST(without_a_rate_the_load_is_the_filled_fraction_of_the_input);
    CPPUNIT_TEST(a_restart_keeps_the_limit_only);
    CPPUNIT_TEST(a_rate_counts_the_frames_of_a_whole_second);
    CPPUNIT_TEST(the_rate_at_the_end_of_a_short_stream_is_its_average);
    CPPUNIT_TEST_SUITE_END();

    void load_is_the_time_of_work_by_the_duration_of_its_samples()
    {
        for (const double rate : { 1e3, 2.5e6 }) {
            measured m(0);
            CPPUNIT_ASSERT_EQUAL(0.0, m.meter.last());
            m.work(0.02, static_cast<int>(0.1 * rate), rate);
            m.busy.check(m.meter.last(), 0.1, "load at " + std::to_string(rate) + " samples/s");
        }
    }

    void calls_are_averaged_over_50_ms()
    {
        measured m(1e-9);
        for (int call = 0; call < 2; ++call) { // 40 ms of samples
            CPPUNIT_ASSERT(!m.work(0.002, 20, 1e3));
            CPPUNIT_ASSERT_EQUAL(0.0, m.meter.last());
        }
        CPPUNIT_ASSERT(m.work(0.002, 20, 1e3).value());
        m.busy.check(m.meter.last(), 0.06, "load of three calls");
        m.busy = { 0, 0 };
        m.work(0.001, 100, 1e3);
        m.busy.check(m.meter.last(), 0.1, "load of the fourth");
        m.busy = { 0, 0 };
        m.work(0.06, 1, 1e3); // 50 ms of work are enough, too
        m.busy.check(m.meter.last(), 0.001, "load of the fifth");
    }

    void a_call_without_samples_decides_nothing()
    {
        measured m(1e-9);
        CPPUNIT_ASSERT(!m.work(0.06, 0, 1e3));
        CPPUNIT_ASSERT_EQUAL(0.0, m.meter.last());
        CPPUNIT_ASSERT(m.work(0, 100, 1e3).value());
        m.busy.check(m.meter.last(), 0.1, "load with the call before");
    }

    void a_block_is_late_above_the_limit_and_recovers_below_a_quarter()
    {
        const struct {
            const char* what;
            double busy;
            int samples;
            std::optional<bool> expected; // on a machine that sleeps no longer than asked for
        } calls[]{ { "overloaded", 0.06, 50, true },
                   { "half the limit", 0.03, 60, std::nullopt },
                   { "idle", 0, 1 << 30, false } };
        const auto text = [](std::optional<bool> late) {
            return std::string(!late ? "as before" : *late ? "late" : "in time");
        };
        for (const auto& one : calls) {
            measured m(1);
            const auto decided = m.work(one.busy, one.samples, 1e3);
            const double load = m.meter.last();
            std::optional<bool> late;
            if (load > 1)
                late = true;
            else if (load < 0.25)
                late = false;
            const auto what = one.what + (", load " + std::to_string(load));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(what, text(late), text(decided));
            if (one.expected) // no delay of the machine changes these
                CPPUNIT_ASSERT_EQUAL_MESSAGE(what, text(one.expected), text(decided));
        }
    }

    void without_a_limit_a_block_is_never_late()
    {
        for (const int samples : { 1, 1 << 30 }) {
            measured m(0);
            CPPUNIT_ASSERT_MESSAGE(std::to_string(samples), !m.work(0.06, samples, 1e3));
            CPPUNIT_ASSERT_MESSAGE(std::to_string(samples), m.meter.last() > 0);
        }
    }

    void without_a_rate_the_load_is_the_filled_fraction_of_the_input()
    {
        measured m(0.9);
        const int most = m.in.end->max_possible_items_available();
        CPPUNIT_ASSERT(most >= 1023);
        m.work(0.03, 1, {}, most / 4);
        CPPUNIT_ASSERT_EQUAL(0.0, m.meter.last());
        CPPUNIT_ASSERT(!m.work(0.03, 1, {}, most / 2));
        const double mean = (most / 4 + most / 2) / 2.0 / most;
        CPPUNIT_ASSERT_DOUBLES_EQUAL(mean, m.meter.last(), 1e-12);
        CPPUNIT_ASSERT(m.work(0.06, 1, {}, most).value());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1, m.meter.last(), 1e-12);
        CPPUNIT_ASSERT(!m.work(0.06, 1, {}, 0).value());
        CPPUNIT_ASSERT_EQUAL(0.0, m.meter.last());
    }

    void a_restart_keeps_the_limit_only()
    {
        measured m(0.5);
        CPPUNIT_ASSERT(m.work(0.06, 10, 1e3).value());
        m.work(0.01, 20, 1e3);
        m.meter.restart();
        CPPUNIT_ASSERT_EQUAL(0.0, m.meter.last());
        m.busy = { 0, 0 };
        CPPUNIT_ASSERT(m.work(0.06, 10, 1e3).value());
        m.busy.check(m.meter.last(), 0.01, "load after the restart");
    }

    void a_rate_counts_the_frames_of_a_whole_second()
    {
        rate_meter meter;
        wait(0.1); // before the first frame nothing is measured
        const auto outer = clock_type::now();
        meter.add(1000);
        const auto inner = clock_type::now();
        meter.add(3);
        CPPUNIT_ASSERT_EQUAL(0.0, meter.last());
        wait(1);
        const auto inner_end = clock_type::now();
        meter.add(7);
        const auto outer_end = clock_type::now();
        // the frames after the first ones by the time from these on
        const bounds time{ seconds(inner_end - inner).count(), seconds(outer_end - outer).count() };
        time.check(1 / meter.last(), 10, "seconds per frame");
        const double rate = meter.last();
        meter.add(1000);
        CPPUNIT_ASSERT_EQUAL(rate, meter.last());
        CPPUNIT_ASSERT_EQUAL(rate, meter.at_the_end());
    }

    void the_rate_at_the_end_of_a_short_stream_is_its_average()
    {
        const auto outer = clock_type::now();
        rate_meter meter;
        const auto inner = clock_type::now();
        CPPUNIT_ASSERT_EQUAL(0.0, meter.at_the_end());
        meter.add(5);
        wait(0.02);
        meter.add(3);
        CPPUNIT_ASSERT_EQUAL(0.0, meter.last());
        const auto inner_end = clock_type::now();
        const double rate = meter.at_the_end();
        const auto outer_end = clock_type::now();
        const bounds time{ seconds(inner_end - inner).count(), seconds(outer_end - outer).count() };
        time.check(1 / rate, 8, "seconds per frame");
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_load_meter);
