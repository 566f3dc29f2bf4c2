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
    CPPUNIT_TEST(a_clip_that_is_decimated_has_every_so_manieth_sample_of_a_slow_signal);
    CPPUNIT_TEST(events_far_outside_are_counted_as_missing);
    CPPUNIT_TEST_SUITE_END();

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
