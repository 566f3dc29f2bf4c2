/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/stft/band_envelope.h>
#include <gnuradio/stft/fault_lines.h>
#include <gnuradio/stft/named.h>
#include <gnuradio/top_block.h>

namespace {

using namespace gr::stft;

std::vector<float> rows_of(std::size_t count, std::size_t bins)
{
    std::minstd_rand random(3);
    std::exponential_distribution<float> noise(1);
    std::vector<float> rows(count * bins);
    for (auto& each : rows)
        each = noise(random);
    return rows;
}

//! Output of a block for rows, `most` of them at a time, in two runs one after the other.
std::vector<float> twice(const gr::block_sptr& block,
                         const std::vector<float>& rows,
                         std::size_t bins,
                         std::size_t out,
                         int most)
{
    auto graph = gr::make_top_block("bearings");
    auto source = gr::blocks::vector_source_f::make(rows, false, static_cast<unsigned>(bins));
    auto sink = gr::blocks::vector_sink_f::make(static_cast<unsigned>(out));
    source->set_max_noutput_items(most);
    graph->connect(source, 0, block, 0);
    graph->connect(block, 0, sink, 0);
    graph->run();
    source->rewind();
    graph->run();
    return sink->data();
}

template <class V>
std::vector<V> repeated(std::vector<V> values)
{
    const auto once = values;
    values.insert(values.end(), once.begin(), once.end());
    return values;
}

} // namespace

//! The blocks for bearings as flowgraphs in C++.
class qa_bearing_blocks : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_bearing_blocks);
    CPPUNIT_TEST(envelopes_are_the_kernels_in_any_pieces_and_on_a_second_run);
    CPPUNIT_TEST(fault_lines_are_the_kernels_in_any_pieces_and_on_a_second_run);
    CPPUNIT_TEST_SUITE_END();

    void envelopes_are_the_kernels_in_any_pieces_and_on_a_second_run()
    {
        for (const int n_fft : { 4, 63, 64, 2000 }) {
            const qa::context length("n_fft", n_fft);
            kernel::band_envelope_settings s =
                named("n_fft", n_fft)("samp_rate", 16000.0)("constant", 30);
            const auto rows = rows_of(150, s.bins());
            std::vector<float> expected(150);
            kernel::band_envelope<float>(s).add(rows.data(), 150, expected.data());
            for (const int most : { 1, 7, 1000 }) {
                const qa::context pieces("rows at a time", most);
                CPPUNIT_ASSERT(repeated(expected) ==
                               twice(band_envelope_vf::make(s), rows, s.bins(), 1, most));
            }
        }
    }

    void fault_lines_are_the_kernels_in_any_pieces_and_on_a_second_run()
    {
        for (const int n_fft : { 513, 1024 }) {
            const qa::context length("n_fft", n_fft);
            const fault_lines_block_settings s = named("n_fft", n_fft)("balls", 8)(
                "ball_diameter", 0.235)("pitch_diameter", 1.245)("samp_rate", 500.0)("speed", 25.0);
            const auto rows = rows_of(12, s.bins());
            std::vector<float> expected;
            kernel::fault_lines lines(s);
            for (std::size_t p = 0; p < 12; ++p) {
                lines.examine(rows.data() + p * s.bins(), s.speed);
                expected.insert(expected.end(), lines.whitened().begin(), lines.whitened().end());
            }
            for (const int most : { 1, 5, 1000 }) {
                const qa::context pieces("rows at a time", most);
                CPPUNIT_ASSERT(repeated(expected) ==
                               twice(fault_lines::make(s), rows, s.bins(), s.bins(), most));
            }
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_bearing_blocks);
