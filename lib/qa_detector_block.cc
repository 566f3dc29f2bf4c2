/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/pieces.h"
#include "qa/support.h"
#include "stream/event_messages.h"
#include <gnuradio/blocks/message_debug.h>
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/stft/detector.h>
#include <gnuradio/stft/spectrogram.h>
#include <gnuradio/top_block.h>
#include <random>

namespace {

using namespace gr::stft;

constexpr double samp_rate = 1e6;

//! Noise, and bursts that reach over both ends of the signal and lie within it.
std::vector<gr_complex> scene(std::size_t length)
{
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    std::vector<gr_complex> x(length);
    for (auto& each : x)
        each = { normal(random), normal(random) };
    const auto burst = [&](std::size_t from, std::size_t to, double frequency) {
        for (auto n = from; n < to; ++n)
            x[n] += std::polar(3.0f, static_cast<float>(2 * M_PI * frequency * double(n % 1000)));
    };
    burst(0, 900, 0.25);
    burst(length / 2, length / 2 + 700, 0.125);
    burst(length * 3 / 4, length * 3 / 4 + 2500, -0.375);
    burst(length - 800, length, 0.0625);
    return x;
}

struct outcome {
    std::vector<float> rows_in, rows_out;
    std::vector<std::string> messages; // as JSON
};

outcome run(const std::vector<gr_complex>& x,
            const spectrogram_settings& front,
            const detector_block_settings& s,
            int most = 0,
            unsigned seed = 1)
{
    const auto row = s.n_fft;
    const auto top = gr::make_top_block("run");
    const auto rows = spectrogram_cvf::make(front);
    const auto block = detector_vxm::make(s);
    const auto before = gr::blocks::vector_sink_f::make(row);
    const auto after = gr::blocks::vector_sink_f::make(row);
    const auto messages = gr::blocks::message_debug::make(false);
    top->connect(gr::blocks::vector_source_c::make(x), 0, rows, 0);
    top->connect(rows, 0, before, 0);
    if (most) {
        const auto cut = gnuradio::make_block_sptr<qa::pieces>(row * sizeof(float), seed, most);
        top->connect(rows, 0, cut, 0);
        top->connect(cut, 0, block, 0);
    } else {
        top->connect(rows, 0, block, 0);
    }
    top->connect(block, 0, after, 0);
    top->msg_connect(block, "events", messages, "store");
    top->run();
    outcome got{ before->data(), after->data(), {} };
    for (std::size_t i = 0; i < messages->num_messages(); ++i)
        got.messages.push_back(kernel::to_json(values_in(messages->get_message(i))));
    return got;
}

//! Reports of the kernel for the same rows, those that hold less than a whole frame of the signal being lost.
std::vector<std::string> said_by_the_kernel(const std::vector<float>& rows,
                                            const detector_block_settings& s,
                                            std::int64_t length,
                                            std::int64_t known_length)
{
    const kernel::framing frames(s.n_fft, s.hop, s.where);
    kernel::detector detector(s, frames.first());
    const auto count = static_cast<std::int64_t>(rows.size() / s.n_fft);
    CPPUNIT_ASSERT_EQUAL(frames.frames(length), count);
    for (std::int64_t p = 0; p < count; ++p) {
        const auto start = frames.first() + p * static_cast<std::int64_t>(s.hop);
        const bool whole = start >= 0 && start + static_cast<std::int64_t>(s.n_fft) <= known_length;
        detector.add(whole ? rows.data() + p * s.n_fft : nullptr);
    }
    detector.finish();
    kernel::event_context context;
    context.samp_rate = s.samp_rate;
    context.n_fft = s.n_fft;
    context.hop = s.hop;
    std::vector<std::string> messages;
    for (const auto& event : detector.take())
        messages.push_back(kernel::to_json(event, context));
    return messages;
}

detector_block_settings settings(std::size_t n_fft, std::size_t hop, kernel::placement where)
{
    detector_block_settings s;
    s.n_fft = n_fft;
    s.hop = hop;
    s.where = where;
    s.samp_rate = samp_rate;
    s.warm_up = 64;
    return s;
}

spectrogram_settings front_of(const detector_block_settings& s)
{
    spectrogram_settings front;
    front.n_fft = s.n_fft;
    front.hop = s.hop;
    front.where = s.where;
    front.samp_rate = s.samp_rate;
    return front;
}

void assert_equal(const std::vector<std::string>& expected,
                  const std::vector<std::string>& got,
                  const std::string& what)
{
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, expected.size(), got.size());
    for (std::size_t i = 0; i < got.size(); ++i)
        CPPUNIT_ASSERT_EQUAL_MESSAGE(what, expected[i], got[i]);
}

} // namespace

class qa_detector_block : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_detector_block);
    CPPUNIT_TEST(messages_are_the_kernels_and_rows_hanging_over_the_ends_are_lost);
    CPPUNIT_TEST(rows_without_tags_are_lost_where_they_may_hang_over_the_ends);
    CPPUNIT_TEST(any_split_of_the_rows_gives_the_same_messages);
    CPPUNIT_TEST(a_second_run_gives_the_same_messages);
    CPPUNIT_TEST_SUITE_END();

    void messages_are_the_kernels_and_rows_hanging_over_the_ends_are_lost()
    {
        for (const auto where :
             { kernel::placement::centred, kernel::placement::left, kernel::placement::full })
            for (const std::size_t hop : { 16, 32, 64, 37 })
                for (const std::size_t length : { 20000, 20011, 20032 }) {
                    const auto s = settings(64, hop, where);
                    const auto got = run(scene(length), front_of(s), s);
                    const auto what = std::string(kernel::name_of(where)) + ", hop " +
                                      std::to_string(hop) + ", " + std::to_string(length);
                    CPPUNIT_ASSERT_MESSAGE(what, got.rows_in == got.rows_out);
                    CPPUNIT_ASSERT_MESSAGE(what, got.messages.size() >= 4);
                    assert_equal(said_by_the_kernel(
                                     got.rows_in, s, std::int64_t(length), std::int64_t(length)),
                                 got.messages,
                                 what);
                }
    }

    void rows_without_tags_are_lost_where_they_may_hang_over_the_ends()
    {
        const std::size_t n_fft = 64, hop = 16, length = 20000;
        const auto s = settings(n_fft, hop, kernel::placement::centred);
        const auto rows = run(scene(length), front_of(s), s).rows_in;
        const auto top = gr::make_top_block("rows");
        const auto block = detector_vxm::make(s);
        const auto messages = gr::blocks::message_debug::make(false);
        top->connect(gr::blocks::vector_source_f::make(rows, false, n_fft), 0, block, 0);
        top->connect(block, 0, gr::blocks::vector_sink_f::make(n_fft), 0);
        top->msg_connect(block, "events", messages, "store");
        top->run();
        // the last frame is centred at sample 20000, and the one before at one that the stream has
        const auto expected = said_by_the_kernel(rows, s, length, length - hop + 1);
        CPPUNIT_ASSERT(expected != said_by_the_kernel(rows, s, length, 2 * length));
        CPPUNIT_ASSERT_EQUAL(expected.size(), messages->num_messages());
        for (std::size_t i = 0; i < expected.size(); ++i)
            CPPUNIT_ASSERT_EQUAL(expected[i], kernel::to_json(values_in(messages->get_message(i))));
    }

    void any_split_of_the_rows_gives_the_same_messages()
    {
        const auto s = settings(64, 32, kernel::placement::centred);
        const auto x = scene(20000);
        const auto expected = run(x, front_of(s), s);
        for (unsigned seed = 1; seed <= 12; ++seed) {
            const auto got = run(x, front_of(s), s, seed % 2 ? 3 : 40, seed);
            assert_equal(expected.messages, got.messages, "seed " + std::to_string(seed));
            CPPUNIT_ASSERT(got.rows_in == got.rows_out);
        }
    }

    void a_second_run_gives_the_same_messages()
    {
        const auto s = settings(64, 32, kernel::placement::centred);
        const auto top = gr::make_top_block("twice");
        const auto source = gr::blocks::vector_source_c::make(scene(20000));
        const auto rows = spectrogram_cvf::make(front_of(s));
        const auto block = detector_vxm::make(s);
        const auto sink = gr::blocks::vector_sink_f::make(64);
        const auto messages = gr::blocks::message_debug::make(false);
        top->connect(source, 0, rows, 0);
        top->connect(rows, 0, block, 0);
        top->connect(block, 0, sink, 0);
        top->msg_connect(block, "events", messages, "store");
        top->run();
        const auto count = messages->num_messages();
        CPPUNIT_ASSERT(count >= 4);
        source->rewind();
        top->run();
        CPPUNIT_ASSERT_EQUAL(2 * count, messages->num_messages());
        for (std::size_t i = 0; i < count; ++i)
            CPPUNIT_ASSERT_EQUAL(kernel::to_json(values_in(messages->get_message(i))),
                                 kernel::to_json(values_in(messages->get_message(count + i))));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_detector_block);
