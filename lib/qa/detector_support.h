/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_DETECTOR_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_DETECTOR_SUPPORT_H

#include "support.h"
#include <gnuradio/stft/kernel/monitor/detector.h>
#include <limits>
#include <map>
#include <set>

/* Rows of power whose events are known, and what any reports of a detector fulfil. */
namespace qa::band {

using namespace gr::stft::kernel;

inline constexpr double noise_level = 1e-6; // unit^2 / Hz
inline constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

//! 64 bins about 0 Hz, of 1 kHz each; bin 32 is 0 Hz.
inline detector_settings small(const std::function<void(detector_settings&)>& change = {})
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
inline rows_of_power noise(std::size_t rows, std::size_t bins = 64, unsigned seed = 1)
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

inline void plant(rows_of_power& rows, const burst& b)
{
    for (auto p = b.first_row; p < std::min(rows.size(), b.first_row + b.rows); ++p)
        for (auto k = b.first_bin; k < b.first_bin + b.bins; ++k)
            rows[p][k] += static_cast<float>(b.power * noise_level);
}

//! Noise with a burst of 20 dB in bins 40 .. 47.
inline rows_of_power noise_with_burst(std::size_t rows, std::size_t first_row, std::size_t length)
{
    auto all = noise(rows);
    plant(all, { first_row, length, 40, 8, 100 });
    return all;
}

inline void add_all(detector& d, const rows_of_power& rows)
{
    for (const auto& row : rows)
        d.add(row.data());
}

inline std::vector<event>
events_in(const detector_settings& s, const rows_of_power& rows, std::int64_t first = 0)
{
    detector d(s, first);
    add_all(d, rows);
    d.finish();
    return d.take();
}

inline std::vector<event> ended(const std::vector<event>& reports)
{
    std::vector<event> ends;
    for (const auto& e : reports)
        if (e.state == event_state::end && e.cut != event_cut::withdrawn)
            ends.push_back(e);
    return ends;
}

//! The only event that has ended.
inline event only_one(const std::vector<event>& reports)
{
    const auto ends = ended(reports);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), ends.size());
    return ends.front();
}

//! Centre of a row's frame, counted from its first sample.
inline double sample_at(double row, const detector_settings& s)
{
    return row * static_cast<double>(s.hop) + static_cast<double>(s.n_fft / 2);
}

//! The event begins and ends within a row and a bin of the burst.
inline void assert_at(const burst& b, const event& e, const detector_settings& s, double first = 0)
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
inline std::vector<event> checked_events(const detector_settings& s, const rows_of_power& rows)
{
    const auto reports = events_in(s, rows);
    ledger all(s, 0);
    all.take(reports, rows.size());
    all.assert_all_over();
    return reports;
}

inline void assert_same(const std::vector<event>& expected,
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
inline rows_of_power busy(std::size_t rows, unsigned seed = 4)
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

} // namespace qa::band
#endif
