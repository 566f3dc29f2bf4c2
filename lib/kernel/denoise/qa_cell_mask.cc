/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/gain_support.h"

using namespace qa::gains;

//! Bands, masks and events that gains keep or reject.
class qa_cell_mask : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_cell_mask);
    CPPUNIT_TEST(bands_and_masks_act_on_their_bins);
    CPPUNIT_TEST(events_act_on_their_cells);
    CPPUNIT_TEST(events_that_never_end_take_no_more_than_their_share_of_memory);
    CPPUNIT_TEST_SUITE_END();

    void bands_and_masks_act_on_their_bins()
    {
        for (const auto which : { sides::onesided, sides::twosided, sides::centered }) {
            auto s = made(16, 4, which);
            s.samp_rate = 1600; // 100 Hz from bin to bin
            s.noise.assign(s.bins(), 1e9);
            s.gain_floor = -20;
            s.keep = "180:320,-500:-350";
            s.reject = "260:310";
            s.mask.assign(s.bins(), 0.5);
            spectral_gain<double> gain(s);
            through(gain, noise_rows(1, s.bins()));
            for (int hz = -800; hz <= 800; hz += 100) {
                if ((which == sides::onesided) ? hz < 0 : hz == 800)
                    continue;
                const auto bin = which == sides::centered ? hz / 100 + 8
                                 : hz < 0                 ? hz / 100 + 16
                                                          : hz / 100;
                const auto expected = hz == 300                  ? 0.0
                                      : hz == 200                ? 1.0
                                      : hz >= -500 && hz <= -400 ? 1.0
                                                                 : 0.05;
                const qa::context here("hz", hz);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    expected, gain.gains()[static_cast<std::size_t>(bin)], 1e-7);
            }
        }
    }

    void events_that_never_end_take_no_more_than_their_share_of_memory()
    {
        cell_mask mask(made(16, 4, sides::twosided));
        for (std::uint64_t id = 0; id < 65536; ++id)
            mask.add({ id, 0, id < 9 ? 5 : 100, 0, 1 });
        assert_begins(qa::refusal([&] { mask.add({ 65536, 0, 100, 0, 1 }); }), "event: 65536: ");
        mask.add({ 65535, 0, 100, 0, 1 }); // replaces one
        CPPUNIT_ASSERT_EQUAL(std::size_t(65536), mask.size());
        mask.row(5); // nine are over
        mask.add({ 65536, 0, 100, 0, 1 });
        CPPUNIT_ASSERT_EQUAL(std::size_t(65528), mask.size());
    }

    void events_act_on_their_cells()
    {
        for (const std::int64_t origin : { std::int64_t(0), std::int64_t(1) << 40 })
            for (const auto use : { event_use::keep, event_use::reject, event_use::only }) {
                auto s = made(16, 4, sides::twosided);
                s.samp_rate = 16;
                s.noise.assign(16, 1e9);
                s.gain_floor = -20;
                s.events = use;
                s.reject = "6.8:7.2"; // wins over events that are kept
                spectral_gain<double> gain(s);
                gain.begin_at(origin);
                gain.mask().add({ 3, origin + 16, origin + 24, 2, 3 });
                gain.mask().add(
                    { 4, origin + 24, std::numeric_limits<std::int64_t>::max(), -4, -4 + 0.4 });
                gain.mask().add({ 5, origin, origin + 1000, 0, 7 });
                gain.mask().add({ 7, origin, origin + 8 + 4 * 12, 7, 7 });
                gain.mask().remove(5);
                event report;
                report.id = 8;
                report.kind = event_kind::gap; // no cells
                report.sample_start = origin;
                report.sample_count = 1000;
                report.freq_upper = 8;
                gain.mask().take(report);
                report.id = 6;
                report.kind = event_kind::carrier;
                report.state = event_state::begin;
                gain.mask().take(report);
                report.state = event_state::end;
                report.cut = event_cut::withdrawn;
                gain.mask().take(report);
                report.id = 3; // cells as added above
                report.cut = event_cut::none;
                report.sample_start = origin + 16;
                report.sample_count = 8;
                report.freq_lower = 2;
                report.freq_upper = 3;
                gain.mask().remove(3);
                gain.mask().take(report);
                report.freq_upper = NAN;
                assert_begins(qa::refusal([&] { gain.mask().take(report); }), "event: 3: ");
                for (int p = 0; p < 12; ++p) {
                    if (p == 8)
                        gain.mask().end(4, origin + 8 + 4 * 10);
                    through(gain, noise_rows(1, 16));
                    const auto centre = 8 + 4 * p;
                    for (std::size_t k = 0; k < 16; ++k) {
                        const auto inside = (centre >= 16 && centre < 24 && (k == 2 || k == 3)) ||
                                            (centre >= 24 && p < 10 && k == 12);
                        const auto expected = use == event_use::keep     ? (inside ? 1 : 0.1)
                                              : use == event_use::reject ? (inside ? 0 : 0.1)
                                                                         : (inside ? 0.1 : 0);
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(k == 7 ? 0 : expected, gain.gains()[k], 1e-7);
                    }
                }
                gain.mask().row(origin + 1000);
                CPPUNIT_ASSERT_EQUAL(std::size_t(0), gain.mask().size());
            }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_cell_mask);
