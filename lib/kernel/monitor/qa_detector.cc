/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/monitor/detector.h>
#include <algorithm>
#include <limits>
#include <random>

using namespace gr::stft::kernel;

namespace {

constexpr std::size_t n_fft = 64, hop = 32, warm_up = 64;
constexpr double samp_rate = 64e3; // a bin of 1 kHz

detector_settings settings()
{
    detector_settings s;
    s.n_fft = n_fft;
    s.hop = hop;
    s.samp_rate = samp_rate;
    s.sides = sides::centered;
    s.warm_up = warm_up;
    s.steady = 64;
    return s;
}

//! Rows of white noise of mean 1, in which bursts and tones may be set.
class rows
{
public:
    explicit rows(std::size_t count) : d_values(count * n_fft)
    {
        std::mt19937 generator(1);
        std::exponential_distribution<float> power;
        std::generate(d_values.begin(), d_values.end(), [&] { return power(generator); });
    }

    //! 30 dB in some bins of some rows.
    rows& signal(std::size_t first, std::size_t count, std::size_t bin, std::size_t bins)
    {
        for (auto r = first; r < first + count; ++r)
            std::fill_n(
                d_values.begin() + static_cast<std::ptrdiff_t>(r * n_fft + bin), bins, 1e3f);
        return *this;
    }
    //! Other noise, by a factor of power.
    rows& louder(std::size_t first, float factor)
    {
        for (auto i = first * n_fft; i < d_values.size(); ++i)
            d_values[i] *= factor;
        return *this;
    }

    void into(detector& d, std::size_t from, std::size_t to) const
    {
        for (auto r = from; r < to; ++r)
            d.add(&d_values[r * n_fft]);
    }
    void into(detector& d) const { into(d, 0, d_values.size() / n_fft); }

private:
    std::vector<float> d_values;
};

std::vector<event> of_kind(const std::vector<event>& all, event_kind kind)
{
    std::vector<event> some;
    std::copy_if(all.begin(), all.end(), std::back_inserter(some), [&](const event& e) {
        return e.kind == kind && e.state == event_state::end && e.cut != event_cut::withdrawn;
    });
    return some;
}

event only(const std::vector<event>& all, event_kind kind)
{
    const auto some = of_kind(all, kind);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), some.size());
    return some.front();
}

//! The first sample of what fills rows from this one on: half of its power is there in the middle between two centres.
double begin_of(std::size_t row) { return (static_cast<double>(row) - 0.5) * hop + n_fft / 2.0; }

void assert_begins(std::size_t row, const event& e)
{
    CPPUNIT_ASSERT_DOUBLES_EQUAL(begin_of(row), static_cast<double>(e.sample_start), hop);
}

} // namespace

class qa_detector : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_detector);
    CPPUNIT_TEST(burst_is_where_it_was_put);
    CPPUNIT_TEST(long_gap_ends_events_and_is_one);
    CPPUNIT_TEST(short_gap_ends_nothing);
    CPPUNIT_TEST(gap_tells_the_samples_that_it_is_given);
    CPPUNIT_TEST(rows_lost_while_warming_up_count);
    CPPUNIT_TEST(gap_while_warming_up_ends_events);
    CPPUNIT_TEST(long_silence_before_the_first_row_costs_nothing);
    CPPUNIT_TEST(retune_ends_events_and_is_one);
    CPPUNIT_TEST(retune_while_warming_up_searches_the_rows_so_far);
    CPPUNIT_TEST(known_frequency_needs_no_rows_to_warm_up);
    CPPUNIT_TEST(new_frequency_warms_up);
    CPPUNIT_TEST(sixty_fifth_frequency_takes_the_place_of_the_first);
    CPPUNIT_TEST(first_frequency_is_no_event);
    CPPUNIT_TEST(carrier_after_a_cut_begins_there);
    CPPUNIT_TEST(carrier_that_went_before_a_cut_does_not_come_back);
    CPPUNIT_TEST(cuts_without_rows_report_nothing);
    CPPUNIT_TEST(rows_after_the_end_are_searched);
    CPPUNIT_TEST(carrier_below_the_least_snr_is_not_reported);
    CPPUNIT_TEST(step_is_an_event_on_request);
    CPPUNIT_TEST(ids_are_unique_across_cuts);
    CPPUNIT_TEST(bad_text_is_refused);
    CPPUNIT_TEST_SUITE_END();

    void burst_is_where_it_was_put()
    {
        detector d(settings());
        rows(400).signal(200, 20, 40, 8).into(d);
        d.finish();
        const auto e = only(d.take(), event_kind::burst);
        assert_begins(200, e);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(20 * hop, static_cast<double>(e.sample_count), 2 * hop);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(7.5e3, e.freq_lower, 1e3); // bin 40 is 8 kHz
        CPPUNIT_ASSERT_DOUBLES_EQUAL(15.5e3, e.freq_upper, 1e3);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(30, e.snr_db, 1);
    }

    void long_gap_ends_events_and_is_one()
    {
        detector d(settings());
        const auto noise = rows(400).signal(190, 30, 40, 4);
        noise.into(d, 0, 200);
        d.skip(1000);
        noise.into(d, 200, 400);
        d.finish();
        const auto all = d.take();
        const auto bursts = of_kind(all, event_kind::burst);
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), bursts.size());
        CPPUNIT_ASSERT(bursts[0].cut == event_cut::gap);
        CPPUNIT_ASSERT(bursts[1].cut == event_cut::none);
        assert_begins(190, bursts[0]);
        assert_begins(1200, bursts[1]);
        const auto gap = only(all, event_kind::gap);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(200 * hop), gap.sample_start);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(1000 * hop), gap.sample_count);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1400), d.rows());
    }

    void short_gap_ends_nothing()
    {
        detector d(settings());
        const auto noise = rows(400).signal(190, 30, 40, 4);
        noise.into(d, 0, 200);
        d.skip(2);
        noise.into(d, 200, 400);
        d.finish();
        const auto all = d.take();
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), of_kind(all, event_kind::gap).size());
        const auto e = only(all, event_kind::burst);
        assert_begins(190, e);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(32 * hop, static_cast<double>(e.sample_count), 2 * hop);
    }

    void gap_tells_the_samples_that_it_is_given()
    {
        detector d(settings(), 1000);
        rows(100).into(d);
        d.skip(10, lost_samples{ 4321, 77 });
        const auto gap = only(d.take(), event_kind::gap);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(4321), gap.sample_start);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(77), gap.sample_count);
        CPPUNIT_ASSERT_THROW(d.skip(std::uint64_t(1) << 60), std::invalid_argument);
    }

    void rows_lost_while_warming_up_count()
    {
        detector d(settings());
        const auto noise = rows(300).signal(200, 20, 40, 4);
        noise.into(d, 0, 20);
        d.skip(2);
        noise.into(d, 20, 30);
        for (int i = 0; i < 5; ++i)
            d.add(nullptr);
        noise.into(d, 30, 300);
        d.finish();
        assert_begins(207, only(d.take(), event_kind::burst));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(307), d.rows());
    }

    void gap_while_warming_up_ends_events()
    {
        detector d(settings());
        const auto noise = rows(300).signal(10, 10, 40, 4).signal(200, 20, 40, 4);
        noise.into(d, 0, 15);
        d.skip(100);
        noise.into(d, 15, 300);
        d.finish();
        const auto bursts = of_kind(d.take(), event_kind::burst);
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), bursts.size());
        assert_begins(10, bursts[0]);
        CPPUNIT_ASSERT(bursts[0].cut == event_cut::gap);
        assert_begins(115, bursts[1]);
        assert_begins(300, bursts[2]);
    }

    void long_silence_before_the_first_row_costs_nothing()
    {
        detector d(settings());
        const std::vector<float> zeros(n_fft);
        for (int i = 0; i < 100000; ++i)
            d.add(zeros.data());
        rows(300).signal(200, 20, 40, 4).into(d);
        d.finish();
        assert_begins(100200, only(d.take(), event_kind::burst));
    }

    void retune_ends_events_and_is_one()
    {
        detector d(settings(), 7);
        rows(200).signal(190, 10, 40, 4).into(d);
        d.retune(100e6);
        const auto all = d.take();
        CPPUNIT_ASSERT(only(all, event_kind::burst).cut == event_cut::retune);
        const auto e = only(all, event_kind::retune);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(7 + 200 * hop), e.sample_start);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(0), e.sample_count);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-32.5e3, e.freq_lower, 1e-6);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(31.5e3, e.freq_upper, 1e-6);
        CPPUNIT_ASSERT_THROW(d.retune(std::numeric_limits<double>::quiet_NaN()),
                             std::invalid_argument);
    }

    void retune_while_warming_up_searches_the_rows_so_far()
    {
        detector d(settings());
        rows(40).signal(20, 5, 40, 4).into(d);
        d.retune(2);
        assert_begins(20, only(d.take(), event_kind::burst));
        rows(10).signal(2, 5, 40, 4).into(d); // too few rows for a floor
        d.retune(3);
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), of_kind(d.take(), event_kind::burst).size());
        rows(200).signal(100, 5, 40, 4).into(d);
        d.finish();
        assert_begins(150, only(d.take(), event_kind::burst));
    }

    //! The floor takes a line for present until 64 rows have passed without it.
    void carrier_that_went_before_a_cut_does_not_come_back()
    {
        detector d(settings());
        const auto tone = rows(400).signal(0, 288, 40, 1);
        tone.into(d, 0, 310);
        d.skip(1000);
        tone.into(d, 310, 400);
        d.finish();
        const auto e = only(d.take(), event_kind::carrier);
        CPPUNIT_ASSERT(e.cut == event_cut::gap);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(288 * hop, static_cast<double>(e.sample_count), 16 * hop);
    }

    //! The floor at 1 is 1, that at 2 is 100: with the other one's, all or nothing would be found.
    void known_frequency_needs_no_rows_to_warm_up()
    {
        detector d(settings());
        const auto quiet = rows(200), loud = rows(200).louder(0, 100);
        const auto with_burst = rows(40).signal(5, 10, 40, 8);
        d.retune(1);
        quiet.into(d);
        d.retune(2);
        loud.into(d);
        d.take();
        d.retune(1);
        with_burst.into(d);
        d.retune(2);
        const auto e = only(d.take(), event_kind::burst);
        assert_begins(405, e);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(30, e.snr_db, 1);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, e.noise_db, 1);
        CPPUNIT_ASSERT(d.floor().begun());
    }

    void new_frequency_warms_up()
    {
        detector d(settings());
        rows(200).into(d);
        d.retune(2);
        CPPUNIT_ASSERT(!d.floor().begun());
        rows(warm_up).louder(0, 100).into(d, 0, warm_up - 1);
        CPPUNIT_ASSERT(!d.floor().begun());
        rows(200).louder(0, 100).into(d, warm_up - 1, 200);
        CPPUNIT_ASSERT(d.floor().begun());
        d.finish();
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), of_kind(d.take(), event_kind::burst).size());
    }

    void sixty_fifth_frequency_takes_the_place_of_the_first()
    {
        detector d(settings());
        const auto noise = rows(warm_up);
        const auto known = [&](double freq_center) {
            d.retune(freq_center);
            const auto begun = d.floor().begun();
            noise.into(d);
            return begun;
        };
        for (int f = 0; f < 64; ++f)
            CPPUNIT_ASSERT(!known(f));
        CPPUNIT_ASSERT(known(0)); // now 1 was not used for longest
        CPPUNIT_ASSERT(!known(64));
        CPPUNIT_ASSERT(!known(65)); // 64 are kept, and the present one
        CPPUNIT_ASSERT(known(0));
        CPPUNIT_ASSERT(known(2));
        CPPUNIT_ASSERT(!known(1));
    }

    void first_frequency_is_no_event()
    {
        detector d(settings());
        d.retune(100e6);
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), d.waiting());
    }

    void carrier_after_a_cut_begins_there()
    {
        detector d(settings());
        const auto tone = rows(400).signal(0, 400, 40, 1);
        tone.into(d, 0, 200);
        d.skip(1000);
        tone.into(d, 200, 400);
        d.finish();
        const auto carriers = of_kind(d.take(), event_kind::carrier);
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), carriers.size());
        CPPUNIT_ASSERT(carriers[0].cut == event_cut::gap);
        assert_begins(0, carriers[0]);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(200 * hop, static_cast<double>(carriers[0].sample_count), hop);
        CPPUNIT_ASSERT(carriers[1].cut == event_cut::stop);
        assert_begins(1200, carriers[1]);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(200 * hop, static_cast<double>(carriers[1].sample_count), hop);
    }

    void cuts_without_rows_report_nothing()
    {
        detector d(settings());
        d.cut(event_cut::gap);
        d.finish();
        d.finish();
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), d.waiting());
        rows(200).signal(0, 200, 40, 1).into(d);
        d.cut(event_cut::gap);
        d.take();
        d.cut(event_cut::gap);
        d.cut(event_cut::gap);
        d.finish();
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), d.waiting());
    }

    void rows_after_the_end_are_searched()
    {
        detector d(settings());
        rows(200).into(d);
        d.finish();
        d.take();
        rows(200).signal(100, 20, 40, 4).into(d);
        d.finish();
        assert_begins(300, only(d.take(), event_kind::burst));
    }

    void carrier_below_the_least_snr_is_not_reported()
    {
        const auto tone = rows(400).signal(0, 400, 40, 1);
        for (const double min_snr :
             { 20, 35 }) { // the tone has 30 dB in a bin, 28 dB in the 1.5 bins of a window
            const qa::context here("min_snr", min_snr);
            auto s = settings();
            s.min_snr = min_snr;
            detector d(s);
            tone.into(d);
            d.finish();
            CPPUNIT_ASSERT_EQUAL(std::size_t(min_snr < 30),
                                 of_kind(d.take(), event_kind::carrier).size());
        }
    }

    void step_is_an_event_on_request()
    {
        const auto noise = rows(300).louder(200, 10);
        for (const bool steps : { false, true }) {
            const qa::context here("steps", steps);
            auto s = settings();
            s.steps = steps;
            detector d(s);
            noise.into(d);
            d.finish();
            const auto all = of_kind(d.take(), event_kind::step);
            CPPUNIT_ASSERT_EQUAL(std::size_t(steps), all.size());
            if (steps) {
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    begin_of(200), static_cast<double>(all[0].sample_start), hop);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(10, all[0].snr_db, 2);
            }
        }
    }

    void ids_are_unique_across_cuts()
    {
        detector d(settings());
        const auto noise =
            rows(200).signal(100, 10, 40, 4).signal(150, 10, 20, 4).signal(0, 200, 50, 1);
        for (int i = 0; i < 3; ++i) {
            noise.into(d);
            d.cut(event_cut::gap);
        }
        std::vector<std::uint64_t> ids;
        for (const auto& e : d.take())
            if (e.state == event_state::end)
                ids.push_back(e.id);
        CPPUNIT_ASSERT(ids.size() >= 9);
        std::sort(ids.begin(), ids.end());
        CPPUNIT_ASSERT(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
    }

    void bad_text_is_refused()
    {
        for (const std::string text :
             { "1", "1x", "x1", "1x1;2x2", "0x1", "1x1,", "1x1,,1x4", "3x1", "1x512" }) {
            const qa::context here("scales", text);
            auto s = settings();
            s.scales = text;
            CPPUNIT_ASSERT_THROW(s.check(), std::invalid_argument);
        }
        for (const std::string text : { "1", "1:", "2:1", "1:1", "1:2,", "1-2", "nan:1" }) {
            const qa::context here("ignore", text);
            auto s = settings();
            s.ignore = text;
            CPPUNIT_ASSERT_THROW(s.check(), std::invalid_argument);
        }
        const auto ranges = frequency_ranges_named("-2e5:-1e5,0:1.5e3", "ignore");
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), ranges.size());
        CPPUNIT_ASSERT_EQUAL(-2e5, ranges[0].lower);
        CPPUNIT_ASSERT_EQUAL(1.5e3, ranges[1].upper);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_detector);
