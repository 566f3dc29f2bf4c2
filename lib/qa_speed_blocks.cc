/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/blocks/message_debug.h>
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/stft/named.h>
#include <gnuradio/stft/ridge_tracker.h>
#include <gnuradio/stft/warped_rows.h>
#include <gnuradio/top_block.h>

namespace {

using namespace gr::stft;

constexpr double fs = 2048;

//! A machine that runs up by 3 Hz in a second, in noise.
std::vector<float> run_up(std::size_t count)
{
    auto x = qa::noise<float>(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto t = static_cast<double>(i) / fs, turns = 14 * t + 1.5 * t * t;
        for (const int k : { 1, 2, 3 })
            x[i] += static_cast<float>(std::cos(2 * qa::pi * k * turns + k) / k);
    }
    return x;
}

ridge_tracker_block_settings usual()
{
    ridge_tracker_block_settings s;
    s.samp_rate = fs;
    s.f_min = 6;
    s.f_max = 60;
    s.orders = { 1, 2, 3 };
    return s;
}

std::vector<float>
through(const gr::block_sptr& block, const std::vector<float>& x, std::size_t out)
{
    auto tb = gr::make_top_block("speed");
    auto sink = gr::blocks::vector_sink_f::make(static_cast<unsigned>(out));
    tb->connect(gr::blocks::vector_source_f::make(x), 0, block, 0);
    tb->connect(block, 0, sink, 0);
    tb->run();
    return sink->data();
}

} // namespace

class qa_speed_blocks : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_speed_blocks);
    CPPUNIT_TEST(speed_is_that_of_the_kernel);
    CPPUNIT_TEST(rows_are_those_of_the_kernel);
    CPPUNIT_TEST(a_refused_change_leaves_the_settings);
    CPPUNIT_TEST(arguments_go_by_name);
    CPPUNIT_TEST_SUITE_END();

    void speed_is_that_of_the_kernel()
    {
        const auto x = run_up(20000);
        kernel::ridge_tracker<float> tracker(usual());
        std::vector<float> expected;
        const auto take = [&] {
            for (; const auto* v = tracker.values(); tracker.advance())
                for (std::size_t i = 0; i < tracker.width(); ++i)
                    expected.push_back(static_cast<float>(v[i]));
        };
        for (std::size_t i = 0; i < x.size(); take())
            i += tracker.push(x.data() + i, x.size() - i);
        tracker.finish();
        take();
        auto block = ridge_tracker_fvf::make(usual());
        CPPUNIT_ASSERT(!expected.empty());
        CPPUNIT_ASSERT(through(block, x, 7) == expected);
        CPPUNIT_ASSERT_EQUAL(tracker.latency(), block->latency());
        CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(tracker.hop()), block->hop());
    }

    void rows_are_those_of_the_kernel()
    {
        kernel::warped_rows_settings s;
        s.samp_rate = fs;
        s.f_top = 200;
        const auto x = run_up(9000);
        kernel::warped_rows<float> bank(s);
        const auto length = warped_rows_fvf::length(s);
        CPPUNIT_ASSERT_EQUAL(11 * bank.bins(), length);
        std::vector<float> expected;
        const auto take = [&] {
            for (; const auto* row = bank.row(); bank.advance())
                expected.insert(expected.end(), row, row + length);
        };
        for (std::size_t i = 0; i < x.size(); take())
            i += bank.push(x.data() + i, x.size() - i);
        bank.finish();
        take();
        CPPUNIT_ASSERT(!expected.empty());
        CPPUNIT_ASSERT(through(warped_rows_fvf::make(s), x, length) == expected);
    }

    void a_refused_change_leaves_the_settings()
    {
        auto block = ridge_tracker_fvf::make(usual());
        block->request({ "max_slew", 30.0 });
        CPPUNIT_ASSERT_EQUAL(30.0, block->wanted().max_slew);
        qa::assert_refused("max_slew: -1: must be positive, at most 1e12 Hz/s", [&] {
            block->request({ "max_slew", -1.0 });
        });
        CPPUNIT_ASSERT_EQUAL(30.0, block->wanted().max_slew);
    }

    void arguments_go_by_name()
    {
        const auto block = ridge_tracker_vfvf::make(named("n_fft", 2048)("hop", 256)(
            "samp_rate", fs)("f_min", 5.0)("f_max", 50.0)("orders", std::vector<double>{ 2, 4 }));
        CPPUNIT_ASSERT_EQUAL(std::size_t(2048), block->wanted().n_fft);
        CPPUNIT_ASSERT_EQUAL(2.0, block->wanted().orders[0]);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(8 * 256), block->latency());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_speed_blocks);
