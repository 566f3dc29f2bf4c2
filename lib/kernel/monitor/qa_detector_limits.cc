/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/detector_support.h"

using namespace qa::band;

//! Settings that a detector refuses, and events that it leaves out.
class qa_detector_limits : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_detector_limits);
    CPPUNIT_TEST(events_beyond_the_greatest_number_are_refused_and_later_ones_found);
    CPPUNIT_TEST(a_hundred_thousand_bursts_at_once_are_bounded);
    CPPUNIT_TEST(what_needs_too_much_memory_is_refused_before_it_is_taken);
    CPPUNIT_TEST(ranges_that_leave_no_whole_bin_are_refused);
    CPPUNIT_TEST(bad_settings_are_refused_by_name_value_and_rule);
    CPPUNIT_TEST_SUITE_END();

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
        refused("samp_rate: 0: must be 1e-30 .. 1e30 Hz", [](auto& s) { s.samp_rate = 0; });
        refused("samp_rate: nan: must be 1e-30 .. 1e30 Hz", [&](auto& s) { s.samp_rate = nan; });
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
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_detector_limits);
