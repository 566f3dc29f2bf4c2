/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/monitor/event_cutter.h>
#include <random>

using namespace gr::stft;
using namespace gr::stft::kernel;
using complex = std::complex<float>;

namespace {

//! A stream in which each sample is its own number.
std::vector<complex> numbers(std::size_t count)
{
    std::vector<complex> x(count);
    for (std::size_t n = 0; n < count; ++n)
        x[n] = complex(static_cast<float>(n), -1);
    return x;
}

event at(std::int64_t start, std::int64_t count, double lower = 0, double upper = 0)
{
    event e;
    e.sample_start = start;
    e.sample_count = count;
    e.freq_lower = lower;
    e.freq_upper = upper;
    return e;
}

} // namespace

class qa_event_cutter : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_event_cutter);
    CPPUNIT_TEST(any_order_of_samples_and_requests_gives_what_is_kept);
    CPPUNIT_TEST(pieces_of_any_size_give_the_same_clips);
    CPPUNIT_TEST(a_clip_that_is_decimated_has_every_so_manieth_sample_of_a_slow_signal);
    CPPUNIT_TEST(events_far_outside_are_counted_as_missing);
    CPPUNIT_TEST(an_event_that_lasts_is_cut_from_its_beginning);
    CPPUNIT_TEST(what_is_skipped_is_zeros_at_any_length);
    CPPUNIT_TEST(gaps_and_retunes_have_no_clips);
    CPPUNIT_TEST(samples_beyond_the_last_number_are_refused);
    CPPUNIT_TEST(clips_of_many_that_wait_come_in_the_order_of_their_ends);
    CPPUNIT_TEST_SUITE_END();

    void gaps_and_retunes_have_no_clips()
    {
        event_cutter cutter({});
        auto e = at(0, 10);
        for (const auto kind : { event_kind::gap, event_kind::retune }) {
            e.kind = kind;
            CPPUNIT_ASSERT_EQUAL(std::int64_t(-1), cutter.request(e).number);
        }
        e.kind = event_kind::carrier;
        CPPUNIT_ASSERT_EQUAL(std::int64_t(0), cutter.request(e).number);
    }

    void samples_beyond_the_last_number_are_refused()
    {
        event_cutter_settings s;
        s.max_clip = s.history = 10;
        event_cutter cutter(s);
        const auto most = std::int64_t(1) << 62;
        cutter.skip(most - 1);
        CPPUNIT_ASSERT_THROW(cutter.skip(2), std::invalid_argument);
        CPPUNIT_ASSERT_THROW(cutter.skip(-1), std::invalid_argument);
        CPPUNIT_ASSERT_EQUAL(most - 1, cutter.samples());
        cutter.skip(1);
        CPPUNIT_ASSERT_EQUAL(most, cutter.samples());
    }

    //! 60000 requests wait while 30000 pieces of samples come, which took minutes where each piece looked at all of them.
    void clips_of_many_that_wait_come_in_the_order_of_their_ends()
    {
        event_cutter_settings s;
        s.max_clip = 16;
        s.history = 64;
        event_cutter cutter(s);
        const std::int64_t count = 60000;
        for (std::int64_t i = 0; i < count; ++i) { // the later ones end first
            auto e = at(100000 + 2 * (count - i), 1 + i % 5);
            e.id = static_cast<std::uint64_t>(i);
            e.state = i % 2 ? event_state::begin : event_state::end;
            CPPUNIT_ASSERT_EQUAL(i, cutter.request(e).number);
        }
        for (std::int64_t i = 1; i < count; i += 2) { // the end of those that last asks again
            auto e = at(100000 + 2 * (count - i), 1);
            e.id = static_cast<std::uint64_t>(i);
            CPPUNIT_ASSERT_EQUAL(count + i / 2, cutter.request(e).number);
        }
        const auto x = numbers(8);
        std::int64_t got = 0, last = 0;
        for (int piece = 0; piece < 30000; ++piece) {
            cutter.add(x.data(), x.size());
            for (const auto& clip : cutter.take()) {
                const auto end = clip.of.sample_start + clip.of.sample_count;
                CPPUNIT_ASSERT(end >= last && end <= cutter.samples());
                CPPUNIT_ASSERT_EQUAL(std::int64_t(0), clip.missing);
                last = end;
                ++got;
            }
        }
        CPPUNIT_ASSERT_EQUAL(count, got);
    }

    void any_order_of_samples_and_requests_gives_what_is_kept()
    {
        const auto x = numbers(3000);
        for (unsigned walk = 0; walk < 300; ++walk) {
            const qa::context in_walk("walk", walk);
            std::mt19937 random(walk + 1);
            const auto below = [&](std::size_t n) { return random() % n; };
            event_cutter_settings s;
            s.pre = below(30);
            s.post = below(30);
            s.max_clip = 1 + below(300);
            s.history = below(300);
            event_cutter cutter(s);
            const auto kept = static_cast<std::int64_t>(s.max_clip + s.history);
            std::size_t position = 0, asked = 0, got = 0;
            const auto check = [&] {
                for (const auto& clip : cutter.take()) {
                    ++got;
                    const auto start = clip.of.sample_start - static_cast<std::int64_t>(s.pre);
                    const auto length = std::min<std::int64_t>(
                        clip.of.sample_count + static_cast<std::int64_t>(s.pre + s.post),
                        static_cast<std::int64_t>(s.max_clip));
                    const auto size = static_cast<std::int64_t>(clip.samples.size());
                    CPPUNIT_ASSERT_EQUAL(length, size + clip.missing);
                    CPPUNIT_ASSERT(size == 0 ||
                                   clip.sample_start >= std::max<std::int64_t>(start, 0));
                    for (std::int64_t i = 0; i < size; ++i)
                        CPPUNIT_ASSERT_EQUAL(x[static_cast<std::size_t>(clip.sample_start + i)],
                                             clip.samples[static_cast<std::size_t>(i)]);
                    // what had been asked for in time is whole
                    if (clip.of.id == 1 && start >= 0 && start + length <= cutter.samples())
                        CPPUNIT_ASSERT_EQUAL(std::int64_t(0), clip.missing);
                }
            };
            while (position < x.size()) {
                const auto n = std::min(1 + below(400), x.size() - position);
                cutter.add(x.data() + position, n);
                position += n;
                check();
                auto e = at(static_cast<std::int64_t>(below(4000)) - 200,
                            static_cast<std::int64_t>(below(400)));
                const auto first = e.sample_start - static_cast<std::int64_t>(s.pre);
                e.id = first > cutter.samples() - kept; // nothing of it is forgotten yet
                cutter.request(e);
                ++asked;
                check();
            }
            cutter.finish();
            check();
            CPPUNIT_ASSERT_EQUAL(asked, got);
        }
    }

    void pieces_of_any_size_give_the_same_clips()
    {
        const auto x = numbers(1000);
        for (unsigned walk = 0; walk < 100; ++walk) {
            const qa::context in_walk("walk", walk);
            std::mt19937 random(walk + 1);
            const auto below = [&](std::size_t n) { return random() % n; };
            event_cutter_settings s;
            s.post = below(30);
            s.max_clip = 1 + below(300);
            s.history = below(60); // less than the low pass reaches back, too
            s.shift = below(2);
            const auto e = at(static_cast<std::int64_t>(below(700)), 200, 0, 0.1);
            const auto clips_of = [&](std::size_t piece) {
                event_cutter cutter(s);
                cutter.request(e);
                for (std::size_t i = 0; i < x.size(); i += piece)
                    cutter.add(x.data() + i, std::min(piece, x.size() - i));
                cutter.finish();
                return cutter.take();
            };
            const auto whole = clips_of(x.size()).at(0);
            for (const std::size_t piece : { 1, 7, 300 }) {
                const auto clip = clips_of(piece).at(0);
                CPPUNIT_ASSERT_EQUAL(whole.sample_start, clip.sample_start);
                CPPUNIT_ASSERT_EQUAL(whole.missing, clip.missing);
                CPPUNIT_ASSERT(whole.samples == clip.samples);
            }
        }
    }

    void a_clip_that_is_decimated_has_every_so_manieth_sample_of_a_slow_signal()
    {
        event_cutter_settings s;
        s.shift = true;
        s.samp_rate = 1000;
        event_cutter cutter(s);
        const std::vector<complex> ones(5000, 1);
        cutter.add(ones.data(), ones.size());
        for (const double width : { 500.0, 250.0, 100.0, 7.0 }) {
            const qa::context in_width("width", width);
            cutter.request(at(2000, 1000, -width / 2, width / 2));
            const auto clip = cutter.take().at(0);
            const auto decimation = static_cast<std::size_t>(std::floor(500 / width));
            CPPUNIT_ASSERT_EQUAL(decimation, clip.decimation);
            CPPUNIT_ASSERT_EQUAL((1000 + decimation - 1) / decimation, clip.samples.size());
            for (const auto& each : clip.samples)
                CPPUNIT_ASSERT(std::abs(each - complex(1)) < 1e-5f);
        }
    }

    void an_event_that_lasts_is_cut_from_its_beginning()
    {
        event_cutter_settings s;
        s.max_clip = 100;
        s.history = 10;
        const auto x = numbers(1000);
        auto e = at(20, 3);
        e.id = 7;
        e.state = event_state::begin;
        for (const std::int64_t length : { 30, 100, 500 }) {
            const qa::context with_length("length", length);
            event_cutter cutter(s);
            CPPUNIT_ASSERT_EQUAL(std::int64_t(0), cutter.request(e).number);
            CPPUNIT_ASSERT_EQUAL(std::int64_t(-1),
                                 cutter.request(e).number); // it has begun already
            const auto over = static_cast<std::size_t>(20 + length);
            cutter.add(x.data(), over);
            auto end = at(20, length);
            end.id = 7;
            const auto [number, replaced] = cutter.request(end);
            CPPUNIT_ASSERT_EQUAL(std::int64_t(length < 100 ? 0 : -1), replaced); // else it is cut
            cutter.add(x.data() + over, x.size() - over);
            const auto clips = cutter.take();
            CPPUNIT_ASSERT_EQUAL(std::size_t(1), clips.size());
            CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(std::min<std::int64_t>(length, 100)),
                                 clips[0].samples.size());
            CPPUNIT_ASSERT_EQUAL(complex(20, -1), clips[0].samples[0]);
            CPPUNIT_ASSERT_EQUAL(length < 100 ? number : 0, clips[0].request);
            // the id may be another event's now
            CPPUNIT_ASSERT(cutter.request(end).number > number);
        }
    }

    void what_is_skipped_is_zeros_at_any_length()
    {
        event_cutter_settings s;
        s.max_clip = 50;
        s.history = 20;
        const auto x = numbers(100);
        for (const std::int64_t lost :
             { std::int64_t(1), std::int64_t(69), std::int64_t(1000), std::int64_t(1) << 50 }) {
            const qa::context with_lost("lost", lost);
            event_cutter cutter(s);
            cutter.add(x.data(), 100);
            cutter.request(at(90, 20));
            cutter.request(at(100 + lost / 2, 40));
            cutter.request(at(100 + lost - 5, 30));
            cutter.skip(lost);
            cutter.add(x.data(), 100);
            CPPUNIT_ASSERT_EQUAL(200 + lost, cutter.samples());
            const auto clips = cutter.take();
            CPPUNIT_ASSERT_EQUAL(std::size_t(3), clips.size());
            for (const auto& clip : clips) {
                CPPUNIT_ASSERT_EQUAL(std::int64_t(0), clip.missing);
                for (std::size_t i = 0; i < clip.samples.size(); ++i) {
                    const auto n = clip.sample_start + static_cast<std::int64_t>(i);
                    const auto expected = n < 100 ? x[static_cast<std::size_t>(n)]
                                          : n < 100 + lost
                                              ? complex()
                                              : x[static_cast<std::size_t>(n - 100 - lost)];
                    CPPUNIT_ASSERT_EQUAL(expected, clip.samples[i]);
                }
            }
        }
    }

    void events_far_outside_are_counted_as_missing()
    {
        event_cutter cutter({});
        const auto x = numbers(100);
        cutter.add(x.data(), x.size());
        cutter.request(at(std::int64_t(1) << 40, 50));
        cutter.request(at(-(std::int64_t(1) << 40), 50));
        cutter.finish();
        const auto clips = cutter.take();
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), clips.size());
        for (const auto& clip : clips) {
            CPPUNIT_ASSERT_EQUAL(std::int64_t(50), clip.missing);
            CPPUNIT_ASSERT(clip.samples.empty());
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_event_cutter);
