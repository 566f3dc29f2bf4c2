/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/detector_support.h"

using namespace qa::band;

//! Events that are found in rows of power.
class qa_detected_events : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_detected_events);
    CPPUNIT_TEST(a_burst_is_one_event_with_its_edges_and_powers);
    CPPUNIT_TEST(a_burst_beside_a_line_has_its_own_power);
    CPPUNIT_TEST(a_line_that_fades_is_one_event);
    CPPUNIT_TEST(sweeps_over_one_band_are_one_event);
    CPPUNIT_TEST(what_begins_beside_a_sweep_is_another_event);
    CPPUNIT_TEST(peaks_below_the_dynamic_range_are_no_events);
    CPPUNIT_TEST(a_pulse_as_wide_as_few_bins_is_an_event);
    CPPUNIT_TEST(noise_has_no_events);
    CPPUNIT_TEST(short_and_narrow_bursts_are_left_out_if_asked_for);
    CPPUNIT_TEST(ignored_frequencies_have_no_events);
    CPPUNIT_TEST(what_lies_within_the_guard_about_dc_is_not_reported);
    CPPUNIT_TEST(bins_of_exact_zeros_do_not_break_what_comes);
    CPPUNIT_TEST_SUITE_END();

    void a_burst_is_one_event_with_its_edges_and_powers()
    {
        const auto s = small();
        for (const std::size_t rows : { 20, 40, 100, 700 }) {
            const qa::context in_rows("rows", rows);
            const burst b{ 300, rows, 40, 8, 100 };
            const auto reports = checked_events(s, noise_with_burst(1300, b.first_row, b.rows));
            const auto e = only_one(reports);
            assert_at(b, e, s);
            CPPUNIT_ASSERT(e.kind == event_kind::burst && e.cut == event_cut::none);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(20, e.snr_db, 0.7);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(10 * std::log10(noise_level), e.noise_db, 1);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                10 * std::log10(100 * noise_level * 8 * 1000), e.power_db, 0.5);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                10 * std::log10(100 * 8 * 0.5 * static_cast<double>(rows)), e.energy_db, 0.7);
            CPPUNIT_ASSERT(e.rows >= rows && e.rows <= rows + 4);
            CPPUNIT_ASSERT(e.cells >= 8 * rows && e.cells <= 12 * (rows + 4));
        }
    }

    void a_burst_beside_a_line_has_its_own_power()
    {
        auto x = noise(1200);
        plant(x, { 0, x.size(), 50, 1, 2000 });
        plant(x, { 700, 40, 51, 4, 300 });
        std::size_t bursts = 0;
        for (const auto& e : ended(checked_events(small(), x)))
            if (e.kind == event_kind::burst) {
                ++bursts;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    10 * std::log10(300 * noise_level * 4 * 1000), e.power_db, 1.5);
            }
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), bursts);
    }

    void a_line_that_fades_is_one_event()
    {
        const auto s = small();
        for (const bool strong : { false, true }) {
            const qa::context in_strong("strong", strong);
            auto x = noise(700);
            for (std::size_t p = 300; p < 380; p += 20) // 8 rows out of 20
                plant(x, { p, 8, 50, 1, strong ? 200.0 : 6.0 });
            const auto ends = ended(checked_events(s, x));
            CPPUNIT_ASSERT_EQUAL(std::size_t(strong ? 4 : 1), ends.size());
            if (!strong)
                assert_at({ 300, 68, 50, 1, 6 }, ends[0], s);
        }
    }

    void sweeps_over_one_band_are_one_event()
    {
        const auto s = small();
        for (const std::size_t first_row : { 290, 300, 307 })
            for (const double power : { 100.0, 1000.0 }) {
                const qa::context in_first("first_row", first_row);
                const qa::context in_power("power", power);
                auto x = noise(700);
                for (std::size_t p = 0; p < 60; ++p)
                    plant(x, { first_row + p, 1, 10 + 3 * (p % 12), 3, power });
                assert_at({ first_row, 60, 10, 36, power }, only_one(checked_events(s, x)), s);
            }
    }

    void what_begins_beside_a_sweep_is_another_event()
    {
        const auto events_with = [](const burst& other) {
            auto x = noise(700);
            for (std::size_t p = 0; p < 15; ++p)
                plant(x, { 300 + p, 1, 10 + 3 * p, 3, 1000 });
            plant(x, other);
            return ended(checked_events(small(), x)).size();
        };
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), events_with({ 309, 20, 16, 3, 1000 })); // goes on
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), events_with({ 309, 20, 3, 3, 1000 }));  // other band
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), events_with({ 309, 20, 16, 3, 50 }));   // weaker
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), events_with({ 325, 20, 16, 3, 1000 })); // later
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), events_with({ 307, 3, 10, 3, 1000 }));  // no longer
    }

    void peaks_below_the_dynamic_range_are_no_events()
    {
        const auto events_with = [](double skirts, double beside) {
            auto x = noise(700);
            for (std::size_t p = 300; p < 340; ++p)
                for (std::size_t k = 4; k < 20; ++k)
                    x[p][k] *= static_cast<float>(skirts);
            plant(x, { 300, 40, 40, 8, 1e6 }); // next to it cells below 25 dB do not count
            plant(x, { 310, 10, 8, 4, beside });
            return ended(checked_events(small(), x)).size();
        };
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), events_with(150, 0));
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), events_with(1, 5000));
    }

    void a_pulse_as_wide_as_few_bins_is_an_event()
    {
        auto x = noise(900);
        for (std::size_t p = 600; p < 606; ++p)
            for (auto& cell : x[p])
                cell *= 100;
        const auto s = small();
        assert_at({ 600, 6, 0, 64, 100 }, only_one(checked_events(s, x)), s);
    }

    void noise_has_no_events()
    {
        // 1 per hour and MHz are 1e-5 in the 0.3 s x 64 kHz of each stream
        for (unsigned seed = 1; seed <= 10; ++seed) {
            const qa::context in_seed("seed", seed);
            CPPUNIT_ASSERT_EQUAL(std::size_t(0), events_in(small(), noise(600, 64, seed)).size());
        }
    }

    void short_and_narrow_bursts_are_left_out_if_asked_for()
    {
        auto x = noise(900);
        const burst is_long{ 300, 60, 40, 2, 100 }, is_wide{ 600, 5, 10, 12, 100 };
        plant(x, is_long);
        plant(x, is_wide);
        const auto s = small();
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), ended(checked_events(s, x)).size());
        const auto longer = small([](auto& c) { c.min_duration = 20 * 0.0005; });
        CPPUNIT_ASSERT(only_one(checked_events(longer, x)).freq_peak > 0);
        const auto wider = small([](auto& c) { c.min_bandwidth = 6000; });
        assert_at(is_wide, only_one(checked_events(wider, x)), s);
        const auto none = small([](auto& c) {
            c.min_duration = 0.05;
            c.min_bandwidth = 6000;
        });
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), checked_events(none, x).size());
    }

    void ignored_frequencies_have_no_events()
    {
        auto x = noise(900);
        const burst in{ 300, 60, 40, 4, 100 }, out{ 300, 60, 10, 4, 1000 };
        plant(x, in);
        plant(x, out);
        plant(x, { 0, 900, 20, 1, 100 });
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), ended(checked_events(small(), x)).size());
        const auto s = small([](auto& c) { c.ignore = "-23e3:-18e3,-12500:-11e3"; });
        assert_at(in, only_one(checked_events(s, x)), s);
        const auto nearly_all = small([](auto& c) { c.ignore = "-1e6:17400,18600:1e6"; });
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), checked_events(nearly_all, x).size());
    }

    void what_lies_within_the_guard_about_dc_is_not_reported()
    {
        for (const std::size_t guard : { 0, 1, 6 }) {
            const qa::context in_guard("guard", guard);
            for (const std::size_t away : { 0, 1, 2, 6, 7, 8 }) {
                const qa::context in_away("away", away);
                auto x = noise(700);
                plant(x, { 400, 4, 32 + away, 1, 1000 });
                const auto s = small([&](auto& c) { c.dc_guard = guard; });
                CPPUNIT_ASSERT_EQUAL(std::size_t(away > guard), ended(checked_events(s, x)).size());
            }
        }
        // real signals have bins of their own there
        auto x = noise(700, 33);
        plant(x, { 400, 4, 0, 1, 1000 });
        const auto s = small([](auto& c) { c.sides = sides::onesided; });
        const auto e = only_one(checked_events(s, x));
        CPPUNIT_ASSERT_EQUAL(0.0, e.freq_peak);
    }

    void bins_of_exact_zeros_do_not_break_what_comes()
    {
        // the upper half of the band is silent at first
        for (const double power : { 1.0, 1e3, 1e12 }) {
            const qa::context in_power("power", power);
            auto x = noise(800);
            for (std::size_t p = 0; p < 400; ++p)
                std::fill(x[p].begin() + 32, x[p].end(), 0.0f);
            plant(x, { 300, 10, 50, 4, power });
            plant(x, { 500, 40, 10, 4, power });
            checked_events(small(), x);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_detected_events);
