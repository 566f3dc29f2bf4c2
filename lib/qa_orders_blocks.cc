/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/machine_support.h"
#include "qa/pieces.h"
#include "qa/support.h"
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/stft/angular_resampler.h>
#include <gnuradio/stft/named.h>
#include <gnuradio/stft/tacho_pulses.h>
#include <gnuradio/top_block.h>

namespace {

using namespace gr::stft;

constexpr double samp_rate = 8192;

struct streams {
    std::vector<float> tacho, signal;
};

streams machine_of(std::size_t samples)
{
    const qa::machine m(qa::start_and_stop, samp_rate, 16);
    streams s{ qa::tacho_signal<float>(m, 1, { 0.05, 0.05 }), std::vector<float>(m.angle.size()) };
    for (std::size_t i = 0; i < m.angle.size(); ++i)
        s.signal[i] = static_cast<float>(std::cos(qa::two_pi * 3 * m.angle[i]));
    s.tacho.resize(samples);
    s.signal.resize(samples);
    return s;
}

kernel::tacho_settings of_tacho(std::size_t hop)
{
    return named("samp_rate", samp_rate)("f_max", 100.0)("hop", static_cast<int>(hop))("level_time",
                                                                                       0.5);
}

kernel::angular_settings of_resampler(std::size_t hop)
{
    return named("samp_rate", samp_rate)("f_min", 3.0)("hop", static_cast<int>(hop));
}

std::vector<float> by_kernels(const streams& s, std::size_t hop)
{
    kernel::tacho_pulses<float> tacho(of_tacho(hop));
    tacho.add(s.tacho.data(), s.tacho.size());
    tacho.finish();
    std::vector<float> speeds(tacho.ready());
    tacho.read(speeds.data(), speeds.size());
    kernel::angular_resampler<float> resampler(of_resampler(hop));
    resampler.add(s.signal.data(), s.signal.size());
    for (std::size_t p = 0; p < speeds.size(); ++p)
        resampler.add_speed({ static_cast<std::int64_t>(p * hop), 0 }, speeds[p]);
    resampler.finish_samples();
    resampler.finish_speeds();
    std::vector<float> out(10 * s.signal.size() + 100);
    out.resize(resampler.read(out.data(), nullptr, out.size()));
    return out;
}

} // namespace

class qa_orders_blocks : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_orders_blocks);
    CPPUNIT_TEST(any_split_by_the_scheduler_gives_what_the_kernels_give);
    CPPUNIT_TEST_SUITE_END();

    void any_split_by_the_scheduler_gives_what_the_kernels_give()
    {
        for (unsigned walk = 0; walk < 60; ++walk) {
            const qa::context here("walk", walk);
            std::mt19937 random(walk + 1);
            const std::size_t hop = 1 + random() % (walk % 3 ? 100 : 3000);
            const auto samples = walk % 5 ? 40000 + random() % 80000 : random() % 500;
            const auto s = machine_of(samples);
            const auto source = gr::blocks::vector_source_f::make(s.signal);
            const auto pulses = gr::blocks::vector_source_f::make(s.tacho);
            const auto sink = gr::blocks::vector_sink_f::make();
            const auto tacho = tacho_pulses_ff::make(of_tacho(hop));
            const auto resampler = angular_resampler_ff::make(of_resampler(hop));
            const auto most = [&] {
                return static_cast<int>(1 + random() % (random() % 2 ? 30 : 4000));
            };
            const auto in_pieces = [&] {
                return gnuradio::make_block_sptr<qa::pieces>(sizeof(float), random(), most());
            };
            const auto graph = gr::make_top_block("machine");
            const auto a = in_pieces(), b = in_pieces(), c = in_pieces(), d = in_pieces();
            graph->connect(source, 0, a, 0);
            graph->connect(a, 0, resampler, 0);
            graph->connect(pulses, 0, b, 0);
            graph->connect(b, 0, tacho, 0);
            graph->connect(tacho, 0, c, 0);
            graph->connect(c, 0, resampler, 1);
            graph->connect(resampler, 0, d, 0);
            graph->connect(d, 0, sink, 0);
            graph->run();
            const auto expected = by_kernels(s, hop);
            CPPUNIT_ASSERT(samples < 1000 || expected.size() > 1000);
            CPPUNIT_ASSERT_EQUAL(expected.size(), sink->data().size());
            CPPUNIT_ASSERT(expected == sink->data());
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_orders_blocks);
