/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/blocks/keep_one_in_n.h>
#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/blocks/tag_debug.h>
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/stft/adaptive_stft.h>
#include <gnuradio/stft/idstft.h>
#include <gnuradio/stft/istft.h>
#include <gnuradio/stft/kernel/stft/stft.h>
#include <gnuradio/stft/stft.h>
#include <gnuradio/top_block.h>
#include <atomic>
#include <thread>

namespace {

constexpr const char* placements[]{ "centred", "left", "full" };

//! samples -> stft -> istft -> samples, and a look at the tags in between.
template <class T>
struct loop {
    gr::top_block_sptr top = gr::make_top_block("loop");
    typename gr::stft::stft<T>::sptr forward;
    typename gr::stft::istft<T>::sptr backward;
    typename gr::blocks::vector_sink<T>::sptr sink = gr::blocks::vector_sink<T>::make();
    gr::blocks::tag_debug::sptr tags;

    loop(const std::vector<T>& x,
         std::size_t n_fft,
         std::size_t hop,
         const char* window = "hann",
         const char* placement = "centred")
        : loop(x, { n_fft, hop, window, 0, gr::stft::kernel::placement_named(placement) })
    {}

    loop(const std::vector<T>& x, const gr::stft::kernel::parameters& p)
        : forward(gr::stft::stft<T>::make(p)), backward(gr::stft::istft<T>::make({ p, {} })),
          tags(gr::blocks::tag_debug::make(gr::stft::kernel::bins<T>(p.n_fft) * sizeof(gr_complex),
                                           "",
                                           "stft_hop"))
    {
        tags->set_display(false);
        tags->set_save_all(true);
        forward->set_log_level("off");
        top->connect(gr::blocks::vector_source<T>::make(x), 0, forward, 0);
        top->connect(forward, 0, backward, 0);
        top->connect(forward, 0, tags, 0);
        top->connect(backward, 0, sink, 0);
    }

    void assert_returns(const std::vector<T>& x, double tolerance, const std::string& what)
    {
        const auto y = sink->data();
        CPPUNIT_ASSERT_EQUAL_MESSAGE(what, x.size(), y.size());
        for (std::size_t n = 0; n < x.size(); ++n)
            if (!(std::abs(x[n] - y[n]) <= tolerance))
                CPPUNIT_FAIL(what + ": sample " + std::to_string(n) + " is off by " +
                             std::to_string(std::abs(x[n] - y[n])));
    }

    void send(const pmt::pmt_t& message) { forward->_post(pmt::mp("cmd"), message); }
};

//! Calls change(0), change(1) ... from a thread of its own until `ended`.
template <class Change>
std::thread until(const std::atomic<bool>& ended, Change change)
{
    return std::thread([&ended, change] {
        for (unsigned i = 0; !ended; ++i) {
            change(i);
            std::this_thread::sleep_for(std::chrono::microseconds(300));
        }
    });
}

template <class F>
void for_both_types(F f)
{
    f(float());
    f(gr_complex());
}

} // namespace

class qa_flowgraph : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_flowgraph);
    CPPUNIT_TEST(inverse_returns_the_stream);
    CPPUNIT_TEST(big_rows_reach_every_reader_to_the_last);
    CPPUNIT_TEST(stream_equals_the_kernel);
    CPPUNIT_TEST(setters_of_other_threads_change_the_running_stream);
    CPPUNIT_TEST(message_changes_the_frame_it_names);
    CPPUNIT_TEST(bad_messages_change_nothing);
    CPPUNIT_TEST(adaptive_stft_inverts_while_other_threads_change_it);
    CPPUNIT_TEST_SUITE_END();

    void inverse_returns_the_stream()
    {
        for_both_types([](auto zero) {
            using T = decltype(zero);
            for (auto [n_fft, hop] :
                 { std::pair(1, 1), { 3, 2 }, { 16, 5 }, { 64, 16 }, { 127, 50 } })
                for (const char* placement : placements)
                    for (std::size_t length : { 0, 1, 17, 1000, 40009 }) {
                        const auto x = qa::noise<T>(length);
                        loop<T> graph(x, n_fft, hop, "hamming", placement);
                        graph.top->run();
                        // Hamming's end, 0.08, divides the error at the ends of left frames
                        graph.assert_returns(x,
                                             2e-5,
                                             std::to_string(n_fft) + ", " + std::to_string(hop) +
                                                 ", " + placement + ", " + std::to_string(length));
                    }
        });
    }

    void big_rows_reach_every_reader_to_the_last()
    {
        // whole pages are bearable, and not: a buffer with an edge
        for (auto [n_fft, hop] :
             { std::pair<std::size_t, std::size_t>(4096, 2048), { 32768, 8192 } }) {
            const auto x = qa::noise<float>(100 * n_fft + 17);
            loop<float> graph(x, n_fft, hop);
            const auto row = gr::stft::kernel::bins<float>(n_fft) * sizeof(gr_complex);
            const auto second = gr::blocks::vector_sink_f::make();
            const auto inverse = gr::stft::istft_vcf::make({ { n_fft, hop }, {} });
            const auto every_third = gr::blocks::keep_one_in_n::make(row, 3);
            graph.top->connect(graph.forward, 0, inverse, 0);
            graph.top->connect(inverse, 0, second, 0);
            graph.top->connect(graph.forward, 0, every_third, 0);
            graph.top->connect(every_third, 0, gr::blocks::null_sink::make(row), 0);
            graph.top->run();
            graph.assert_returns(x, 1e-5, std::to_string(n_fft));
            CPPUNIT_ASSERT(second->data() == graph.sink->data());
        }
    }

    void stream_equals_the_kernel()
    {
        for_both_types([](auto zero) {
            using T = decltype(zero);
            const auto x = qa::noise<T>(10007);
            for (auto [n_fft, hop] :
                 { std::pair<std::size_t, std::size_t>(15, 4), { 64, 16 }, { 64, 100 } }) {
                gr::stft::kernel::stft<T> kernel({ n_fft, hop });
                const auto frames = kernel.design().frames();
                const auto count = static_cast<std::size_t>(frames.frames(10007));
                std::vector<gr_complex> expected(count * kernel.bins());
                kernel.analyse(x.data(), 10007, frames.first(), count, expected.data());

                auto top = gr::make_top_block("stream");
                const auto block = gr::stft::stft<T>::make({ n_fft, hop });
                const auto sink = gr::blocks::vector_sink_c::make(kernel.bins());
                top->connect(gr::blocks::vector_source<T>::make(x), 0, block, 0);
                top->connect(block, 0, sink, 0);
                top->run();
                CPPUNIT_ASSERT(expected == sink->data());
            }
        });
    }

    void setters_of_other_threads_change_the_running_stream()
    {
        for_both_types([](auto zero) {
            using T = decltype(zero);
            const auto x = qa::noise<T>(2000000);
            loop<T> graph(x, 64, 16);
            std::atomic<bool> ended = false, answers_are_right = true;
            graph.top->start();
            const auto until_the_end = [&](auto change) { return until(ended, change); };
            auto& block = graph.forward;
            std::thread threads[]{
                until_the_end([&](unsigned i) { block->set_hop(8 + i * 7 % 25); }),
                until_the_end([&](unsigned i) { block->set_window(i % 2 ? "hann" : "hamming"); }),
                until_the_end([&](unsigned i) { block->set_scaling(i % 2 ? "psd" : "magnitude"); }),
                until_the_end([&](unsigned) {
                    if (block->wanted().hop < 8 || block->wanted().hop > 32 ||
                        block->wanted().win_length != 64 || block->latency() <= 0 ||
                        block->wanted().scale == gr::stft::kernel::scaling::ortho)
                        answers_are_right = false;
                }),
            };
            graph.top->wait();
            ended = true;
            for (auto& thread : threads)
                thread.join();
            CPPUNIT_ASSERT(answers_are_right);
            graph.assert_returns(x, 2e-6, "changed stream");
            CPPUNIT_ASSERT(graph.tags->current_tags().size() > 3); // it was changed indeed
        });
    }

    void message_changes_the_frame_it_names()
    {
        const auto x = qa::noise<float>(5000);
        loop<float> graph(x, 64, 16);
        auto message = pmt::dict_add(pmt::make_dict(), pmt::mp("hop"), pmt::from_long(24));
        graph.send(pmt::dict_add(message, pmt::mp("at"), pmt::from_long(1001)));
        graph.send(pmt::cons(pmt::mp("scaling"), pmt::mp("psd")));
        graph.top->run();
        graph.assert_returns(x, 2e-6, "changed stream");
        const auto tags = graph.tags->current_tags();
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), tags.size());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), tags[0].offset);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(65), tags[1].offset); // starts at 65 * 16 - 32 = 1008
        CPPUNIT_ASSERT_EQUAL(24L, pmt::to_long(tags[1].value));
        CPPUNIT_ASSERT(gr::stft::kernel::scaling::psd == graph.forward->wanted().scale);
    }

    void bad_messages_change_nothing()
    {
        const auto x = qa::noise<gr_complex>(5000);
        loop<gr_complex> graph(x, 64, 16);
        const auto number = [](long n) { return pmt::from_long(n); };
        for (const auto& message : { pmt::cons(pmt::mp("hop"), number(0)),
                                     pmt::cons(pmt::mp("hop"), pmt::mp("sixteen")),
                                     pmt::cons(pmt::mp("hop"), pmt::PMT_NIL),
                                     pmt::cons(pmt::mp("win_length"), number(65)),
                                     pmt::cons(pmt::mp("window"), pmt::mp("triangular")),
                                     pmt::cons(pmt::mp("window"), pmt::make_vector(2, pmt::PMT_T)),
                                     pmt::cons(pmt::mp("scaling"), number(1)),
                                     pmt::cons(pmt::mp("n_fft"), number(128)),
                                     pmt::cons(number(1), number(2)),
                                     pmt::mp("hop"),
                                     number(16),
                                     pmt::PMT_NIL,
                                     pmt::PMT_T })
            graph.send(message);
        graph.top->run();
        graph.assert_returns(x, 2e-6, "stream");
        CPPUNIT_ASSERT_EQUAL(std::size_t(16), graph.forward->wanted().hop);
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), graph.tags->current_tags().size());
    }

    void adaptive_stft_inverts_while_other_threads_change_it()
    {
        for_both_types([](auto zero) {
            using T = decltype(zero);
            using inverse = std::
                conditional_t<std::is_same_v<T, float>, gr::stft::idstft_vcf, gr::stft::idstft_vcc>;
            const auto x = qa::noise<T>(400000);
            gr::stft::adaptive_stft_settings settings;
            settings.n_fft = 64;
            settings.hop = 8;
            const auto block = gr::stft::adaptive_stft<T>::make(settings);
            const auto back = inverse::make({ 64 });
            const auto sink = gr::blocks::vector_sink<T>::make();
            const auto top = gr::make_top_block("adaptive");
            top->connect(gr::blocks::vector_source<T>::make(x), 0, block, 0);
            for (int port = 0; port < 3; ++port)
                top->connect(block, port, back, port);
            top->connect(back, 0, sink, 0);
            std::atomic<bool> ended = false, answers_are_right = true;
            top->start();
            std::thread threads[]{
                until(ended, [&](unsigned i) { block->set_hop(4 + i % 5); }),
                until(ended, [&](unsigned i) { block->set_bounds(16 + i % 3, 60 + i % 5); }),
                until(ended, [&](unsigned i) { block->set_theta(20.0 + i % 30); }),
                until(ended, [&](unsigned i) { block->set_freeze(i % 2); }),
                until(ended, [&](unsigned) { block->reset(); }),
                until(ended,
                      [&](unsigned) {
                          if (block->wanted().hop > 8 || block->theta().size() != 1 ||
                              block->latency() <= 0 || !(block->theta_mean() >= 0) ||
                              block->dropped() > 0)
                              answers_are_right = false;
                      }),
            };
            top->wait();
            ended = true;
            for (auto& thread : threads)
                thread.join();
            CPPUNIT_ASSERT(answers_are_right);
            const auto y = sink->data();
            CPPUNIT_ASSERT_EQUAL(x.size(), y.size());
            for (std::size_t n = 0; n < x.size(); ++n)
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, std::abs(x[n] - y[n]), 2e-5);
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_flowgraph);
