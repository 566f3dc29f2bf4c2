/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/monitor/detector.h>
#include <limits>
#include <map>

using namespace gr::stft::kernel;

namespace {

constexpr double noise_level = 1e-6; // unit^2 / Hz
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

//! 64 bins about 0 Hz, of 1 kHz each; bin 32 is 0 Hz.
detector_settings small(const std::function<void(detector_settings&)>& change = {})
{
    detector_settings s;
    s.n_fft = 64;
    s.hop = 32;
    s.samp_rate = 64000;
    s.sides = sides::centered;
    if (change)
        change(s);
    return s;
}

using rows_of_power = std::vector<std::vector<float>>;

//! Exponential noise; each cell is independent of all others.
rows_of_power noise(std::size_t rows, std::size_t bins = 64, unsigned seed = 1)
{
    std::minstd_rand random(seed);
    std::uniform_real_distribution<float> uniform(1e-7f, 1);
    rows_of_power all(rows, std::vector<float>(bins));
    for (auto& row : all)
        for (auto& cell : row)
            cell = static_cast<float>(-noise_level) * std::log(uniform(random));
    return all;
}

struct burst {
    std::size_t first_row, rows, first_bin, bins;
    double power; // over the noise

    double end_row() const { return static_cast<double>(first_row + rows); }
};

void plant(rows_of_power& rows, const burst& b)
{
    for (auto p = b.first_row; p < std::min(rows.size(), b.first_row + b.rows); ++p)
        for (auto k = b.first_bin; k < b.first_bin + b.bins; ++k)
            rows[p][k] += static_cast<float>(b.power * noise_level);
}

//! Noise with a burst of 20 dB in bins 40 .. 47.
rows_of_power noise_with_burst(std::size_t rows, std::size_t first_row, std::size_t length)
{
    auto all = noise(rows);
    plant(all, { first_row, length, 40, 8, 100 });
    return all;
}

void add_all(detector& d, const rows_of_power& rows)
{
    for (const auto& row : rows)
        d.add(row.data());
}

std::vector<event>
events_in(const detector_settings& s, const rows_of_power& rows, std::int64_t first = 0)
{
    detector d(s, first);
    add_all(d, rows);
    d.finish();
    return d.take();
}

std::vector<event> ended(const std::vector<event>& reports)
{
    std::vector<event> ends;
    for (const auto& e : reports)
        if (e.state == event_state::end && e.cut != event_cut::withdrawn)
            ends.push_back(e);
    return ends;
}

//! The only event that has ended.
event only_one(const std::vector<event>& reports)
{
    const auto ends = ended(reports);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), ends.size());
    return ends.front();
}

//! Centre of a row's frame, counted from its first sample.
double sample_at(double row, const detector_settings& s)
{
    return row * static_cast<double>(s.hop) + static_cast<double>(s.n_fft / 2);
}

//! The event begins and ends within a row and a bin of the burst.
void assert_at(const burst& b, const event& e, const detector_settings& s, double first = 0)
{
    const auto hop = static_cast<double>(s.hop), hz = s.samp_rate / static_cast<double>(s.n_fft);
    const auto begin = first + sample_at(static_cast<double>(b.first_row) - 0.5, s);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(begin, static_cast<double>(e.sample_start), hop);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(
        static_cast<double>(b.rows) * hop, static_cast<double>(e.sample_count), 1.5 * hop);
    const auto lower = (static_cast<double>(b.first_bin) - 32.5) * hz;
    CPPUNIT_ASSERT_DOUBLES_EQUAL(lower, e.freq_lower, hz);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(lower + static_cast<double>(b.bins) * hz, e.freq_upper, hz);
    CPPUNIT_ASSERT(e.freq_lower <= e.freq_peak && e.freq_peak <= e.freq_upper);
}

//! Checks that reports are what the interface says of any of them.
class ledger
{
public:
    ledger(const detector_settings& s, std::int64_t first) : d_settings(s), d_first(first) {}

    void take(const std::vector<event>& reports, std::uint64_t rows)
    {
        for (const auto& e : reports) {
            const qa::context in_id("id", e.id);
            for (const auto value : { e.freq_lower,
                                      e.freq_upper,
                                      e.freq_peak,
                                      e.power_db,
                                      e.noise_db,
                                      e.snr_db,
                                      e.energy_db })
                CPPUNIT_ASSERT(std::isfinite(value));
            const auto hz = d_settings.samp_rate / static_cast<double>(d_settings.n_fft);
            const auto onesided = d_settings.sides == sides::onesided;
            const auto lowest =
                (onesided ? -0.5 : -0.5 - static_cast<double>(d_settings.n_fft / 2)) * hz;
            const auto highest = lowest + static_cast<double>(d_settings.bins()) * hz;
            CPPUNIT_ASSERT(lowest - 1e-6 * hz <= e.freq_lower && e.freq_lower <= e.freq_upper &&
                           e.freq_upper <= highest + 1e-6 * hz);
            CPPUNIT_ASSERT(lowest <= e.freq_peak && e.freq_peak <= highest);
            CPPUNIT_ASSERT(e.sample_start >= d_first);
            const auto end =
                d_first + static_cast<std::int64_t>(rows * d_settings.hop + d_settings.n_fft);
            CPPUNIT_ASSERT(e.sample_start + e.sample_count <= end);
            if (e.kind == event_kind::burst || e.kind == event_kind::carrier) {
                CPPUNIT_ASSERT(e.sample_count > 0);
                CPPUNIT_ASSERT(e.rows > 0 && e.rows <= rows && e.cells > 0);
                CPPUNIT_ASSERT(e.cells <= e.rows * d_settings.bins());
            }
            auto& before = d_states[e.id];
            CPPUNIT_ASSERT_MESSAGE("reported after its end", before != state::over);
            if (e.state ==
                event_state::begin) // a burst that becomes a carrier begins again, as one
                CPPUNIT_ASSERT(before == state::unknown || (e.kind == event_kind::carrier &&
                                                            d_kinds[e.id] == event_kind::burst));
            d_kinds[e.id] = e.kind;
            if (e.state == event_state::update)
                CPPUNIT_ASSERT(before == state::begun);
            if (e.cut == event_cut::withdrawn)
                CPPUNIT_ASSERT(before == state::begun && e.state == event_state::end);
            before = e.state == event_state::end ? state::over : state::begun;
        }
    }

    void assert_all_over() const
    {
        for (const auto& [id, last] : d_states) {
            const qa::context in_id("id", id);
            CPPUNIT_ASSERT_MESSAGE("begun and not ended", last == state::over);
        }
    }

    std::size_t events() const { return d_states.size(); }

private:
    enum class state { unknown, begun, over };
    detector_settings d_settings;
    std::int64_t d_first;
    std::map<std::uint64_t, state> d_states;
    std::map<std::uint64_t, event_kind> d_kinds;
};

//! All reports of a stream, which are checked.
std::vector<event> checked_events(const detector_settings& s, const rows_of_power& rows)
{
    const auto reports = events_in(s, rows);
    ledger all(s, 0);
    all.take(reports, rows.size());
    all.assert_all_over();
    return reports;
}

void assert_same(const std::vector<event>& expected,
                 const std::vector<event>& found,
                 std::int64_t later = 0,
                 double louder = 0)
{
    CPPUNIT_ASSERT_EQUAL(expected.size(), found.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const qa::context in_event("event", i);
        const auto &a = expected[i], &b = found[i];
        CPPUNIT_ASSERT_EQUAL(a.id, b.id);
        CPPUNIT_ASSERT(a.kind == b.kind && a.state == b.state && a.cut == b.cut);
        CPPUNIT_ASSERT_EQUAL(a.sample_start + later, b.sample_start);
        CPPUNIT_ASSERT_EQUAL(a.sample_count, b.sample_count);
        CPPUNIT_ASSERT_EQUAL(a.freq_lower, b.freq_lower);
        CPPUNIT_ASSERT_EQUAL(a.freq_upper, b.freq_upper);
        CPPUNIT_ASSERT_EQUAL(a.freq_peak, b.freq_peak);
        CPPUNIT_ASSERT_EQUAL(a.snr_db, b.snr_db);
        CPPUNIT_ASSERT_EQUAL(a.energy_db, b.energy_db);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(a.power_db + louder, b.power_db, 1e-9);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(a.noise_db + louder, b.noise_db, 1e-9);
        CPPUNIT_ASSERT_EQUAL(a.cells, b.cells);
        CPPUNIT_ASSERT_EQUAL(a.rows, b.rows);
    }
}

//! A stream with bursts, lines and an own offset, to compare detectors with.
rows_of_power busy(std::size_t rows, unsigned seed = 4)
{
    auto x = noise(rows, 64, seed);
    std::minstd_rand random(seed + 1);
    for (std::size_t p = 20; p < rows; p += 40)
        plant(x,
              { p,
                1 + random() % 30,
                1 + random() % 50,
                1 + random() % 8,
                std::pow(10.0, 0.5 + static_cast<double>(random() % 25) / 10) });
    plant(x, { 0, rows, 12, 1, 50 });
    plant(x, { 0, rows, 32, 1, 500 });
    return x;
}

} // namespace

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
    CPPUNIT_TEST(an_end_waits_for_boxes_that_may_add_to_it);
    CPPUNIT_TEST(what_is_found_of_an_event_after_its_end_is_none);
    CPPUNIT_TEST(a_signal_that_fades_for_as_long_as_boxes_wait_is_one_event);
    CPPUNIT_TEST(noise_has_no_events);
    CPPUNIT_TEST(an_event_that_lasts_begins_is_updated_and_ends);
    CPPUNIT_TEST(a_short_event_is_reported_once);
    CPPUNIT_TEST(a_line_from_the_start_is_a_carrier);
    CPPUNIT_TEST(a_line_that_comes_is_a_carrier_of_the_same_id);
    CPPUNIT_TEST(a_line_that_goes_ends);
    CPPUNIT_TEST(ids_of_bursts_carriers_and_steps_differ);
    CPPUNIT_TEST(a_tone_that_is_not_yet_steady_is_one_event_after_lost_rows);
    CPPUNIT_TEST(steps_of_the_gain_of_few_bins_are_no_events);
    CPPUNIT_TEST(ids_begin_where_another_detectors_end);
    CPPUNIT_TEST(ids_go_on_after_a_cut);
    CPPUNIT_TEST(a_step_of_the_gain_is_an_event_only_if_asked_for);
    CPPUNIT_TEST(rows_that_are_not_finite_or_zero_are_lost_rows);
    CPPUNIT_TEST(a_burst_goes_on_over_few_lost_rows_and_ends_at_many);
    CPPUNIT_TEST(silence_has_no_events_and_no_floor);
    CPPUNIT_TEST(fewer_than_sixteen_rows_have_no_events);
    CPPUNIT_TEST(streams_about_the_warm_up_have_their_burst);
    CPPUNIT_TEST(a_second_finish_reports_nothing);
    CPPUNIT_TEST(rows_after_finish_are_searched_anew);
    CPPUNIT_TEST(a_cut_during_the_warm_up_keeps_the_count_of_rows);
    CPPUNIT_TEST(rows_lost_during_the_warm_up_are_counted);
    CPPUNIT_TEST(a_cut_ends_events_for_its_reason);
    CPPUNIT_TEST(samples_are_counted_from_any_first_one);
    CPPUNIT_TEST(a_level_a_million_million_times_higher_or_lower_has_the_same_events);
    CPPUNIT_TEST(the_order_of_bins_does_not_matter);
    CPPUNIT_TEST(short_and_narrow_bursts_are_left_out_if_asked_for);
    CPPUNIT_TEST(ignored_frequencies_have_no_events);
    CPPUNIT_TEST(what_lies_within_the_guard_about_dc_is_not_reported);
    CPPUNIT_TEST(events_beyond_the_greatest_number_are_refused_and_later_ones_found);
    CPPUNIT_TEST(a_hundred_thousand_bursts_at_once_are_bounded);
    CPPUNIT_TEST(bins_of_exact_zeros_do_not_break_what_comes);
    CPPUNIT_TEST(what_needs_too_much_memory_is_refused_before_it_is_taken);
    CPPUNIT_TEST(ranges_that_leave_no_whole_bin_are_refused);
    CPPUNIT_TEST(bad_settings_are_refused_by_name_value_and_rule);
    CPPUNIT_TEST(reports_of_any_stream_and_settings_hold_together);
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

    void an_end_waits_for_boxes_that_may_add_to_it()
    {
        struct known {
            burst planted;
            std::size_t least, most; // rows from its end to its report
        };
        // strong: 3 rows of the gap and one for the neighbour's limit; wide and weak: until the next box of 4 or 16 rows; narrow
        // and weak: until all boxes have been searched
        for (const auto& [b, least, most] : { known{ { 300, 40, 20, 8, 100 }, 4, 4 },
                                              known{ { 300, 12, 20, 8, 5 }, 4, 14 },
                                              known{ { 300, 40, 20, 8, 5 }, 4, 16 },
                                              known{ { 300, 40, 16, 16, 3 }, 4, 44 },
                                              known{ { 300, 200, 20, 1, 3 }, 44, 140 } }) {
            const qa::context in_power("power", b.power);
            auto x = noise(700);
            plant(x, b);
            detector d(small());
            std::size_t at = 0;
            for (std::size_t p = 0; p < x.size(); ++p) {
                d.add(x[p].data());
                for (const auto& e : d.take())
                    if (e.state == event_state::end)
                        at = p + 1;
            }
            const auto end = b.first_row + b.rows;
            CPPUNIT_ASSERT(at >= end);
            const auto rows = at - end;
            const qa::context in_rows("rows", rows);
            CPPUNIT_ASSERT(rows >= least && rows <= most);
        }
    }

    //! Boxes of 64 rows find the edges of weak bursts after these have been reported.
    void what_is_found_of_an_event_after_its_end_is_none()
    {
        for (unsigned seed = 1; seed <= 40; ++seed) {
            const qa::context in_seed("seed", seed);
            auto x = noise(700, 64, seed);
            plant(x, { 300 + seed, 40, 20, 8, 4 });
            CPPUNIT_ASSERT_EQUAL(std::size_t(1), ended(checked_events(small(), x)).size());
        }
    }

    //! A signal of exponential power: the next box that shows it may end in the last row that it is waited for.
    void a_signal_that_fades_for_as_long_as_boxes_wait_is_one_event()
    {
        const auto s = small([](auto& changed) {
            changed.hop = 64;
            changed.window = window("boxcar");
        });
        for (const auto& [bins, power] : { std::pair(2, 40.0f), std::pair(3, 20.0f) })
            for (unsigned seed = 1; seed <= 40; ++seed) {
                const qa::context in_bins("bins", bins);
                const qa::context in_seed("seed", seed);
                auto x = noise(620, 64, seed);
                for (std::size_t p = 300; p < 500; ++p)
                    for (int k = 40; k < 40 + bins; ++k)
                        x[p][static_cast<std::size_t>(k)] *= power;
                only_one(events_in(s, x));
            }
    }

    void noise_has_no_events()
    {
        // 1 per hour and MHz are 1e-5 in the 0.3 s x 64 kHz of each stream
        for (unsigned seed = 1; seed <= 10; ++seed) {
            const qa::context in_seed("seed", seed);
            CPPUNIT_ASSERT_EQUAL(std::size_t(0), events_in(small(), noise(600, 64, seed)).size());
        }
    }

    void an_event_that_lasts_begins_is_updated_and_ends()
    {
        const auto s = small([](auto& c) { c.update_interval = 0.05; }); // 100 rows
        const burst b{ 300, 430, 40, 8, 100 };
        auto x = noise(1000);
        plant(x, b);
        detector d(s);
        ledger all(s, 0);
        std::vector<std::size_t> at;
        std::vector<event_state> states;
        std::int64_t count = 0;
        for (std::size_t p = 0; p < x.size(); ++p) {
            d.add(x[p].data());
            const auto reports = d.take();
            all.take(reports, p + 1);
            for (const auto& e : reports) {
                at.push_back(p);
                states.push_back(e.state);
                CPPUNIT_ASSERT(e.sample_count > count);
                count = e.sample_count;
            }
        }
        all.assert_all_over();
        CPPUNIT_ASSERT_EQUAL(std::size_t(6), at.size());
        CPPUNIT_ASSERT(states.front() == event_state::begin && states.back() == event_state::end);
        CPPUNIT_ASSERT(at.front() >= 300 && at.front() <= 310);
        for (std::size_t i = 1; i < 5; ++i) {
            CPPUNIT_ASSERT(states[i] == event_state::update);
            CPPUNIT_ASSERT_EQUAL(at[0] + 100 * i, at[i]);
        }
        CPPUNIT_ASSERT(at.back() >= 730 && at.back() <= 740); // it is strong
    }

    void a_short_event_is_reported_once()
    {
        const auto reports = checked_events(small(), noise_with_burst(600, 300, 4));
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), reports.size());
        CPPUNIT_ASSERT(reports[0].state == event_state::end);
    }

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

    void ids_begin_where_another_detectors_end()
    {
        detector from_zero(small()), from_100(small(), 0, 100);
        for (auto* d : { &from_zero, &from_100 }) {
            add_all(*d, noise_with_burst(500, 400, 4));
            d->finish();
        }
        const auto expected = from_zero.take(), found = from_100.take();
        CPPUNIT_ASSERT(!expected.empty());
        CPPUNIT_ASSERT_EQUAL(expected.size(), found.size());
        for (std::size_t i = 0; i < found.size(); ++i)
            CPPUNIT_ASSERT_EQUAL(expected[i].id + 100, found[i].id);
    }

    void ids_go_on_after_a_cut()
    {
        const auto s = small();
        detector d(s);
        add_all(d, noise_with_burst(500, 400, 4));
        d.skip(100);
        add_all(d, noise_with_burst(500, 400, 4));
        d.cut(event_cut::retune);
        add_all(d, noise_with_burst(500, 400, 4));
        d.finish();
        ledger all(s, 0);
        auto reports = d.take();
        all.take(reports, d.rows());
        std::size_t bursts = 0;
        for (const auto& e : reports)
            bursts += e.kind == event_kind::burst;
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), bursts);
        CPPUNIT_ASSERT(all.events() >= 3);
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

    void rows_that_are_not_finite_or_zero_are_lost_rows()
    {
        const auto s = small();
        const auto x = busy(700);
        std::vector<std::vector<float>> broken{
            std::vector<float>(64, not_a_number), std::vector<float>(64, 0), x[5], x[6]
        };
        broken[2][63] = not_a_number;
        broken[3][0] = std::numeric_limits<float>::infinity();
        const auto is_lost = [](std::size_t p) { return p % 97 < 2 || (p > 300 && p < 305); };
        detector expected(s);
        for (std::size_t p = 0; p < x.size(); ++p)
            expected.add(is_lost(p) ? nullptr : x[p].data());
        expected.finish();
        const auto events = expected.take();
        CPPUNIT_ASSERT(events.size() > 5);
        for (std::size_t i = 0; i < broken.size(); ++i) {
            const qa::context in_i("broken", i);
            detector d(s);
            for (std::size_t p = 0; p < x.size(); ++p)
                d.add(is_lost(p) ? broken[i].data() : x[p].data());
            d.finish();
            assert_same(events, d.take());
            CPPUNIT_ASSERT_EQUAL(std::uint64_t(700), d.rows());
        }
    }

    void a_burst_goes_on_over_few_lost_rows_and_ends_at_many()
    {
        const auto s = small();
        for (const std::uint64_t lost : { 1, 2, 3, 100 }) {
            const qa::context in_lost("lost", lost);
            const auto x = noise_with_burst(700, 300, 40);
            detector d(s);
            for (std::size_t p = 0; p < x.size(); ++p) {
                if (p == 320)
                    d.skip(lost);
                d.add(x[p].data());
            }
            d.finish();
            CPPUNIT_ASSERT_EQUAL(700 + lost, d.rows());
            ledger all(s, 0);
            const auto reports = d.take();
            all.take(reports, d.rows());
            all.assert_all_over();
            std::vector<event> bursts;
            for (const auto& e : ended(reports))
                if (e.kind == event_kind::burst)
                    bursts.push_back(e);
            CPPUNIT_ASSERT_EQUAL(std::size_t(lost <= 2 ? 1 : 2), bursts.size());
            if (lost <= 2) {
                assert_at({ 300, 40 + lost, 40, 8, 100 }, bursts[0], s);
            } else {
                assert_at({ 300, 20, 40, 8, 100 }, bursts[0], s);
                CPPUNIT_ASSERT(bursts[0].cut == event_cut::gap);
                assert_at({ 320 + lost, 20, 40, 8, 100 }, bursts[1], s);
            }
        }
    }

    void silence_has_no_events_and_no_floor()
    {
        const auto s = small();
        detector d(s);
        const std::vector<float> silence(64, 0);
        for (int p = 0; p < 5000; ++p)
            d.add(silence.data());
        CPPUNIT_ASSERT(!d.floor().begun());
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), d.waiting());
        add_all(d, noise_with_burst(600, 300, 10));
        d.finish();
        assert_at({ 5300, 10, 40, 8, 100 }, only_one(d.take()), s);
    }

    void fewer_than_sixteen_rows_have_no_events()
    {
        for (const std::size_t rows : { 0, 1, 2, 15 }) {
            const qa::context in_rows("rows", rows);
            auto x = noise(rows);
            plant(x, { 1, 1, 40, 8, 1e6 });
            detector d(small());
            add_all(d, x);
            d.finish();
            CPPUNIT_ASSERT(!d.floor().begun());
            CPPUNIT_ASSERT_EQUAL(std::size_t(0), d.waiting());
            CPPUNIT_ASSERT_EQUAL(static_cast<std::uint64_t>(rows), d.rows());
        }
    }

    void streams_about_the_warm_up_have_their_burst()
    {
        for (const std::size_t rows : { 16, 17, 31, 127, 128, 255, 256, 257, 271 })
            for (const std::size_t from_end : { 1, 2, 6 }) {
                const qa::context in_rows("rows", rows);
                const qa::context in_from_end("from_end", from_end);
                auto x = noise(rows);
                const burst b{ rows - from_end, 1, 40, 8, 1e4 };
                plant(x, b);
                detector d(small());
                add_all(d, x);
                CPPUNIT_ASSERT_EQUAL(rows >= 256, d.floor().begun());
                d.finish();
                bool found = false;
                for (const auto& e : d.take()) {
                    const auto begin = sample_at(static_cast<double>(b.first_row) - 1.5, small());
                    found = found || (e.freq_lower <= 12000 && e.freq_upper >= 11000 &&
                                      static_cast<double>(e.sample_start) >= begin - 32);
                }
                CPPUNIT_ASSERT(found);
            }
    }

    void a_second_finish_reports_nothing()
    {
        detector d(small());
        add_all(d, busy(400));
        d.finish();
        CPPUNIT_ASSERT(!d.take().empty());
        d.finish();
        d.finish();
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), ended(d.take()).size());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(400), d.rows());
    }

    void rows_after_finish_are_searched_anew()
    {
        const auto s = small();
        detector d(s);
        add_all(d, noise_with_burst(400, 350, 10));
        d.finish();
        assert_at({ 350, 10, 40, 8, 100 }, only_one(d.take()), s);
        add_all(d, noise_with_burst(400, 50, 10));
        d.finish();
        assert_at({ 450, 10, 40, 8, 100 }, only_one(d.take()), s);
    }

    void a_cut_during_the_warm_up_keeps_the_count_of_rows()
    {
        const auto s = small();
        for (const std::size_t before : { 1, 15, 16, 100, 255 }) {
            const qa::context in_before("before", before);
            detector d(s);
            add_all(d, noise(before));
            d.cut(event_cut::retune);
            add_all(d, noise_with_burst(600, 400, 10));
            d.finish();
            ledger all(s, 0);
            const auto reports = d.take();
            all.take(reports, d.rows());
            all.assert_all_over();
            std::vector<event> bursts;
            for (const auto& e : ended(reports))
                if (e.kind == event_kind::burst && e.snr_db > 15)
                    bursts.push_back(e);
            assert_at({ before + 400, 10, 40, 8, 100 }, only_one(bursts), s);
        }
    }

    void rows_lost_during_the_warm_up_are_counted()
    {
        const auto s = small();
        for (const std::uint64_t lost : { 2, 3, 1000 }) {
            const qa::context in_lost("lost", lost);
            detector d(s);
            add_all(d, noise(100));
            d.skip(lost);
            CPPUNIT_ASSERT_EQUAL(100 + lost, d.rows());
            add_all(d, noise_with_burst(600, 400, 10));
            d.finish();
            std::vector<event> bursts;
            for (const auto& e : d.take())
                if (e.kind == event_kind::burst && e.snr_db > 15)
                    bursts.push_back(e);
            assert_at({ 100 + lost + 400, 10, 40, 8, 100 }, only_one(bursts), s);
        }
    }

    void a_cut_ends_events_for_its_reason()
    {
        const auto s = small();
        for (const auto why : { event_cut::retune, event_cut::stop }) {
            const qa::context in_why("why", why);
            detector d(s);
            add_all(d, noise_with_burst(400, 350, 50)); // to the last row
            if (why == event_cut::stop)
                d.finish();
            else
                d.cut(why);
            const auto e = only_one(d.take());
            CPPUNIT_ASSERT(e.cut == why);
            assert_at({ 350, 50, 40, 8, 100 }, e, s);
        }
    }

    void samples_are_counted_from_any_first_one()
    {
        const auto x = busy(700);
        const auto expected = events_in(small(), x);
        for (const auto first : { std::int64_t(7),
                                  std::int64_t(-100000),
                                  std::int64_t(1) << 50,
                                  -(std::int64_t(1) << 50) }) {
            const qa::context in_first("first", first);
            assert_same(expected, events_in(small(), x, first), first);
        }
        const auto s = small();
        detector d(s); // 2^40 rows are lost
        add_all(d, noise(300));
        d.take();
        const auto lost = std::uint64_t(1) << 40;
        d.skip(lost);
        add_all(d, noise_with_burst(300, 200, 10));
        d.finish();
        CPPUNIT_ASSERT_EQUAL(lost + 600, d.rows());
        std::vector<event> bursts;
        for (const auto& e : d.take())
            if (e.kind == event_kind::burst)
                bursts.push_back(e);
        assert_at({ 500, 10, 40, 8, 100 }, only_one(bursts), s, std::ldexp(32, 40));
    }

    void a_level_a_million_million_times_higher_or_lower_has_the_same_events()
    {
        const auto x = busy(900);
        const auto expected = checked_events(small(), x);
        CPPUNIT_ASSERT(expected.size() > 10);
        for (const int exponent : { -40, -10, 40 }) {
            const qa::context in_exponent("exponent", exponent);
            auto scaled = x;
            for (auto& row : scaled)
                for (auto& cell : row)
                    cell = std::ldexp(cell, exponent);
            assert_same(expected, events_in(small(), scaled), 0, exponent * 10 * std::log10(2.0));
        }
    }

    void the_order_of_bins_does_not_matter()
    {
        auto x = busy(700);
        const auto expected = events_in(small(), x);
        for (auto& row : x)
            std::rotate(row.begin(), row.begin() + 32, row.end());
        assert_same(expected, events_in(small([](auto& s) { s.sides = sides::twosided; }), x));
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

    void events_beyond_the_greatest_number_are_refused_and_later_ones_found()
    {
        const auto s = small([](auto& c) {
            c.n_fft = 1024;
            c.hop = 512;
            c.samp_rate = 1.024e6;
            c.max_events = 16;
            c.scales = "1x1";
        });
        auto x = noise(800, 1024);
        for (std::size_t k = 8; k < 1016; k += 8) // 126 at once
            plant(x, { 400, 4, k, 1, 300 });
        plant(x, { 600, 4, 700, 1, 300 });
        detector d(s);
        add_all(d, x);
        d.finish();
        CPPUNIT_ASSERT(d.refused() >= 126 - 17);
        const auto reports = d.take();
        ledger all(s, 0);
        all.take(reports, d.rows());
        all.assert_all_over();
        CPPUNIT_ASSERT(reports.size() <= 40);
        const auto last = reports.back();
        CPPUNIT_ASSERT_DOUBLES_EQUAL((700.0 - 512) * 1000, last.freq_peak, 1);
    }

    void a_hundred_thousand_bursts_at_once_are_bounded()
    {
        for (const auto& [most, bins] : { std::pair<std::size_t, std::size_t>(16, 1 << 14),
                                          std::pair<std::size_t, std::size_t>(4096, 1 << 19) }) {
            const qa::context in_most("most", most);
            const auto count = bins / 5;
            const auto s = small([bins = bins, most = most](auto& c) {
                c.n_fft = bins;
                c.hop = bins;
                c.samp_rate = bins;
                c.max_events = most;
                c.scales = "1x1";
                c.warm_up = 16;
                c.gap_bins = 1;
            });
            const auto quiet = noise(1, bins);
            auto row = quiet;
            for (std::size_t i = 0; i < count; ++i)
                plant(row, { 0, 1, 5 * i, 1, 300 });
            detector d(s);
            for (int p = 0; p < 15; ++p)
                d.add(quiet[0].data());
            d.add(row[0].data());
            for (int p = 0; p < 6; ++p)
                d.add(quiet[0].data());
            d.finish();
            CPPUNIT_ASSERT(d.refused() >= count * 9 / 10 - most);
            CPPUNIT_ASSERT(d.waiting() <= 2 * most);
            ledger all(s, 0);
            all.take(d.take(), d.rows());
            all.assert_all_over();
        }
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

    void what_needs_too_much_memory_is_refused_before_it_is_taken()
    {
        const auto check = [](auto change) {
            detector_settings s;
            change(s);
            s.check();
        };
        const std::string rule = "more than 2 GiB";
        qa::assert_refused("n_fft: 2097152: must be less: a detector would take 4 GiB of memory, " +
                               rule,
                           [&] { check([](auto& s) { s.n_fft = 1 << 21; }); });
        qa::assert_refused(
            "warm_up: 1000000: must be less: a detector would take 3.8 GiB of memory, " + rule,
            [&] { check([](auto& s) { s.warm_up = 1000000; }); });
        check([](auto& s) { s.n_fft = 1 << 20; });
        check([](auto& s) {
            s.n_fft = 1 << 21;
            s.scales = "1x1,4x4";
            s.warm_up = 64;
        });
    }

    void ranges_that_leave_no_whole_bin_are_refused()
    {
        const auto check = [](const std::string& ranges, sides which) {
            detector_settings s;
            s.n_fft = 16;
            s.samp_rate = 16; // bins of 1 Hz
            s.gap_bins = 2;
            s.sides = which;
            s.ignore = ranges;
            s.check();
        };
        for (const std::string all :
             { "-100:100", "-8.5:7.5", "-8:7", "0:8,-9:0", "-9:-1,-2:5,4:9" })
            qa::assert_refused("ignore: '" + all +
                                   "': leaves no whole bin in which events could be found",
                               [&] { check(all, sides::twosided); });
        qa::assert_refused("ignore: '0:9': leaves no whole bin in which events could be found",
                           [&] { check("0:9", sides::onesided); });
        for (const std::string some :
             { "-100:6.5", "-7.5:100", "-100:2.5,3.5:100", "-9:0,1.5:9", "" })
            check(some, sides::twosided);
        check("0.5:9", sides::onesided);
    }

    void bad_settings_are_refused_by_name_value_and_rule()
    {
        const auto refused = [](const std::string& message, auto change) {
            qa::assert_refused(message, [&] { detector(small(change)); });
        };
        const auto nan = std::numeric_limits<double>::quiet_NaN();
        refused("n_fft: 15: must be 16 .. 2^24", [](auto& s) { s.n_fft = 15; });
        refused("n_fft: 16777217: must be 16 .. 2^24", [](auto& s) { s.n_fft = (1 << 24) + 1; });
        refused("samp_rate: 0: must be positive, at most 1e30 Hz",
                [](auto& s) { s.samp_rate = 0; });
        refused("samp_rate: nan: must be positive, at most 1e30 Hz",
                [&](auto& s) { s.samp_rate = nan; });
        refused("false_alarms: 0: must be positive, at most 1e12 per hour and MHz",
                [](auto& s) { s.false_alarms = 0; });
        refused("false_alarms: -1: must be positive, at most 1e12 per hour and MHz",
                [](auto& s) { s.false_alarms = -1; });
        refused("min_snr: nan: must be -100 .. 300 dB", [&](auto& s) { s.min_snr = nan; });
        refused("min_snr: 301: must be -100 .. 300 dB", [](auto& s) { s.min_snr = 301; });
        refused("dynamic_range: 0: must be positive, at most 400 dB",
                [](auto& s) { s.dynamic_range = 0; });
        refused("min_duration: -1: must not be negative", [](auto& s) { s.min_duration = -1; });
        refused("min_duration: nan: must not be negative", [&](auto& s) { s.min_duration = nan; });
        refused("min_bandwidth: -1: must not be negative", [](auto& s) { s.min_bandwidth = -1; });
        refused("gap_rows: 1001: must be 0 .. 1000", [](auto& s) { s.gap_rows = 1001; });
        refused("gap_bins: 64: must be less than the bins of a row, 64",
                [](auto& s) { s.gap_bins = 64; });
        refused("dc_guard: 64: must be less than the bins of a row, 64",
                [](auto& s) { s.dc_guard = 64; });
        for (const auto text : { "1", "1x", "x1", "0x1", "1x1,", ",1x1", "1x1 2", "-1x1", "1;1" }) {
            const std::string sizes = text;
            const qa::context in_sizes("sizes", sizes);
            refused("scales: '" + sizes + "': must be sizes of boxes, rows x bins, such as 1x1,4x4",
                    [&](auto& s) { s.scales = sizes; });
        }
        for (const auto text : { "3x1", "1x3", "512x1", "1x512" }) {
            const std::string sizes = text;
            const qa::context in_sizes("sizes", sizes);
            refused("scales: '" + sizes + "': rows and bins must be powers of two, 1 .. 256",
                    [&](auto& s) { s.scales = sizes; });
        }
        refused("scales: '1x128': a box must not have more bins than a row",
                [](auto& s) { s.scales = "1x128"; });
        for (const auto text : { "1", "1:", ":1", "2:1", "1:1", "1:2,", "1:nan", "nan:2" }) {
            const std::string ranges = text;
            const qa::context in_ranges("ranges", ranges);
            refused("ignore: '" + ranges +
                        "': must be ranges lower:upper in Hz, lower < upper, such as "
                        "-2e5:-1e5,0:1500",
                    [&](auto& s) { s.ignore = ranges; });
        }
        refused("update_interval: 0: must be positive", [](auto& s) { s.update_interval = 0; });
        refused("update_interval: nan: must be positive",
                [&](auto& s) { s.update_interval = nan; });
        refused("max_events: 0: must be 1 .. 65535", [](auto& s) { s.max_events = 0; });
        refused("max_events: 65536: must be 1 .. 65535", [](auto& s) { s.max_events = 65536; });
        refused("warm_up: 15: must be 16 .. 1000000 rows", [](auto& s) { s.warm_up = 15; });
        refused("quantile: 1: must be between 0 and 1", [](auto& s) { s.quantile = 1; });
        refused("hop: 0: must be 1 .. 2^40 samples", [](auto& s) { s.hop = 0; });
        refused("win_length: 65: must be 1 .. n_fft = 64", [](auto& s) { s.win_length = 65; });
        CPPUNIT_ASSERT_EQUAL(std::string("accepted"), qa::refusal([] { detector d(small()); }));
    }

    void reports_of_any_stream_and_settings_hold_together()
    {
        std::minstd_rand random(99);
        const auto below = [&](std::size_t n) { return random() % n; };
        std::size_t events = 0;
        for (unsigned walk = 0; walk < 150; ++walk) {
            const qa::context in_walk("walk", walk);
            const auto onesided = below(4) == 0;
            const auto s = small([&](detector_settings& c) {
                const std::size_t sizes[]{ 16, 37, 64, 100 };
                c.n_fft = sizes[below(4)];
                c.hop = 1 + below(2 * c.n_fft);
                c.sides = onesided ? sides::onesided : below(2) ? sides::twosided : sides::centered;
                c.false_alarms = std::pow(10.0, static_cast<double>(below(8)));
                c.min_snr = static_cast<double>(below(3)) * 4 - 4;
                c.dynamic_range = below(3) ? 35 : 10;
                c.gap_rows = below(5);
                c.gap_bins = below(4);
                c.dc_guard = below(3);
                c.steps = below(2);
                c.max_events = 1 + below(30) * below(30);
                c.update_interval = static_cast<double>((1 + below(200)) * c.hop) / c.samp_rate;
                c.warm_up = 16 + below(100);
                c.steady = 64 + below(300);
                if (below(4) == 0)
                    c.scales = "1x1,2x8,32x1";
                if (below(4) == 0)
                    c.ignore = "1e3:5e3";
            });
            const auto bins = s.bins();
            const auto first = static_cast<std::int64_t>(below(3)) * 1000000007 - 1000000007;
            auto x = noise(500 + below(900), bins, walk + 1);
            for (std::size_t i = 0, n = below(40); i < n; ++i) {
                const auto at = below(bins);
                plant(x,
                      { below(x.size()),
                        1 + below(below(2) ? 10 : 800),
                        at,
                        std::min(1 + below(6), bins - at),
                        std::pow(10.0, static_cast<double>(below(60)) / 10) });
            }
            detector d(s, first);
            ledger all(s, first);
            float gain = 1;
            for (auto& row : x) {
                const auto what = below(300);
                if (what == 0)
                    gain *= below(2) ? 6.0f : 0.2f;
                for (auto& cell : row)
                    cell *= gain;
                if (what == 1)
                    row[below(bins)] = not_a_number;
                if (what == 2)
                    d.skip(below(6));
                if (what == 3 && below(3) == 0)
                    d.cut(event_cut::retune);
                if (what == 4)
                    std::fill(row.begin(), row.end(), 0.0f);
                d.add(what == 5 ? nullptr : row.data());
                if (below(50) == 0)
                    all.take(d.take(), d.rows());
            }
            d.finish();
            all.take(d.take(), d.rows());
            all.assert_all_over();
            events += all.events();
        }
        CPPUNIT_ASSERT(events > 1000);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_detected_events);
