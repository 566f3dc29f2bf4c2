/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/detector_support.h"

using namespace qa::band;

//! Lines that stay, and steps of the gain.
class qa_detected_lines : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_detected_lines);
    CPPUNIT_TEST(a_line_from_the_start_is_a_carrier);
    CPPUNIT_TEST(a_line_that_comes_is_a_carrier_of_the_same_id);
    CPPUNIT_TEST(a_line_that_goes_ends);
    CPPUNIT_TEST(ids_of_bursts_carriers_and_steps_differ);
    CPPUNIT_TEST(a_tone_that_is_not_yet_steady_is_one_event_after_lost_rows);
    CPPUNIT_TEST(steps_of_the_gain_of_few_bins_are_no_events);
    CPPUNIT_TEST(a_step_of_the_gain_is_an_event_only_if_asked_for);
    CPPUNIT_TEST_SUITE_END();

    void a_line_from_the_start_is_a_carrier()
    {
        auto x = noise(1500);
        for (auto& row : x) // as noise fluctuates
            row[50] *= 31;
        const auto s = small([](auto& c) { c.update_interval = 0.2; }); // 400 rows
        const auto reports = checked_events(s, x);
        CPPUNIT_ASSERT_EQUAL(std::size_t(5), reports.size());
        for (const auto& e : reports) {
            CPPUNIT_ASSERT(e.kind == event_kind::carrier);
            CPPUNIT_ASSERT_EQUAL(18000.0, e.freq_peak);
            CPPUNIT_ASSERT(e.freq_lower >= 17000 && e.freq_upper <= 19000);
            CPPUNIT_ASSERT(e.sample_start <= static_cast<std::int64_t>(s.n_fft));
            CPPUNIT_ASSERT_DOUBLES_EQUAL(10 * std::log10(30 * noise_level * 1000), e.power_db, 1.5);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(10 * std::log10(noise_level), e.noise_db, 1);
        }
        CPPUNIT_ASSERT(reports.front().state == event_state::begin);
        CPPUNIT_ASSERT(reports.back().state == event_state::end);
        CPPUNIT_ASSERT(reports.back().cut == event_cut::stop);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            1500.0 * 32, static_cast<double>(reports.back().sample_count), 64.0 * 32);
    }

    void a_line_that_comes_is_a_carrier_of_the_same_id()
    {
        auto x = noise(2500);
        const burst b{ 400, 2100, 50, 1, 100 };
        plant(x, b);
        const auto reports = checked_events(small(), x);
        const auto e = only_one(reports);
        CPPUNIT_ASSERT(reports.front().kind == event_kind::burst);
        CPPUNIT_ASSERT(e.kind == event_kind::carrier);
        CPPUNIT_ASSERT_EQUAL(reports.front().id, e.id);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            sample_at(399.5, small()), static_cast<double>(e.sample_start), 64.0);
    }

    void a_line_that_goes_ends()
    {
        auto x = noise(2500);
        plant(x, { 0, 1200, 50, 1, 30 });
        const auto e = only_one(checked_events(small(), x));
        CPPUNIT_ASSERT(e.kind == event_kind::carrier && e.cut == event_cut::none);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            1200.0 * 32, static_cast<double>(e.sample_start + e.sample_count), 17.0 * 32);
    }

    void ids_of_bursts_carriers_and_steps_differ()
    {
        auto x = noise_with_burst(1500, 700, 4);
        plant(x, { 0, x.size(), 10, 1, 30 });
        for (std::size_t p = 1000; p < x.size(); ++p)
            for (auto& cell : x[p])
                cell *= 4;
        const auto ends = ended(checked_events(small([](auto& c) { c.steps = true; }), x));
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), ends.size());
    }

    //! No piece is left over of a tone that is known from before.
    void a_tone_that_is_not_yet_steady_is_one_event_after_lost_rows()
    {
        for (const std::size_t before : { 300, 500, 700 }) {
            const qa::context in_before("rows before", before);
            auto x = noise(300 + before + 1500);
            plant(x, { 300, before + 1500, 20, 1, 20 });
            detector d(small());
            add_all(d, rows_of_power(x.begin(), x.begin() + 300 + static_cast<long>(before)));
            d.skip(200);
            add_all(d, rows_of_power(x.begin() + 300 + static_cast<long>(before), x.end()));
            d.finish();
            std::set<std::uint64_t> after;
            for (const auto& e : d.take())
                if (e.kind != event_kind::gap &&
                    e.sample_start >= static_cast<std::int64_t>((500 + before) * small().hop))
                    after.insert(e.id);
            CPPUNIT_ASSERT_EQUAL(std::size_t(1), after.size());
        }
    }

    //! The steps of a receiver's gain, 7 .. 9 dB, one in 300 rows.
    void steps_of_the_gain_of_few_bins_are_no_events()
    {
        auto x = noise(20000);
        std::minstd_rand random(9);
        double level = 1;
        for (std::size_t p = 0; p < x.size(); ++p) {
            if (p % 300 == 299) {
                const auto db = 7 + 2 * static_cast<double>(random() % 1000) / 1000;
                level *= std::pow(10, (level > 1 ? -db : db) / 10);
            }
            for (auto& each : x[p])
                each *= static_cast<float>(level);
        }
        auto s = small();
        s.false_alarms = 1;
        detector d(s);
        add_all(d, x);
        d.finish();
        for (const auto& e : d.take())
            CPPUNIT_ASSERT(e.state != event_state::end || e.cut == event_cut::withdrawn);
    }

    void a_step_of_the_gain_is_an_event_only_if_asked_for()
    {
        for (const bool asked : { false, true }) {
            const qa::context in_asked("asked", asked);
            auto x = noise(900);
            for (std::size_t p = 600; p < x.size(); ++p)
                for (auto& cell : x[p])
                    cell *= 8;
            const auto reports = checked_events(small([&](auto& c) { c.steps = asked; }), x);
            CPPUNIT_ASSERT_EQUAL(std::size_t(asked), reports.size());
            if (!asked)
                continue;
            CPPUNIT_ASSERT(reports[0].kind == event_kind::step);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(9.03, reports[0].snr_db, 1.5);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                sample_at(600, small()), static_cast<double>(reports[0].sample_start), 64.0);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_detected_lines);
