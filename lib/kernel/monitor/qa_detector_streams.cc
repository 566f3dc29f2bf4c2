/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/detector_support.h"

using namespace qa::band;

//! Streams of rows: their beginning and end, what is lost, cuts, counts.
class qa_detector_streams : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_detector_streams);
    CPPUNIT_TEST(ids_begin_where_another_detectors_end);
    CPPUNIT_TEST(ids_go_on_after_a_cut);
    CPPUNIT_TEST(rows_that_are_not_finite_zero_or_nearly_so_are_lost_rows);
    CPPUNIT_TEST(a_burst_goes_on_over_few_lost_rows_and_ends_at_many);
    CPPUNIT_TEST(silence_has_no_events_and_no_floor);
    CPPUNIT_TEST(fewer_than_sixteen_rows_have_no_events);
    CPPUNIT_TEST(streams_about_the_warm_up_have_their_burst);
    CPPUNIT_TEST(a_second_finish_reports_nothing);
    CPPUNIT_TEST(rows_after_finish_are_searched_anew);
    CPPUNIT_TEST(a_cut_during_the_warm_up_keeps_the_count_of_rows);
    CPPUNIT_TEST(rows_lost_during_the_warm_up_are_counted);
    CPPUNIT_TEST(samples_are_counted_from_any_first_one);
    CPPUNIT_TEST(a_level_a_million_million_times_higher_or_lower_has_the_same_events);
    CPPUNIT_TEST(the_order_of_bins_does_not_matter);
    CPPUNIT_TEST(reports_of_any_stream_and_settings_hold_together);
    CPPUNIT_TEST_SUITE_END();

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

    void rows_that_are_not_finite_zero_or_nearly_so_are_lost_rows()
    {
        const auto s = small();
        const auto x = busy(700);
        std::vector<std::vector<float>> broken{ std::vector<float>(64, not_a_number),
                                                std::vector<float>(64, 0),
                                                x[5],
                                                x[6],
                                                std::vector<float>(64, 5e-42f) };
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

CPPUNIT_TEST_SUITE_REGISTRATION(qa_detector_streams);
