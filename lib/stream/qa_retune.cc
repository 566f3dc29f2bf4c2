/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include "retune.h"
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>

using namespace gr::stft;

class qa_retune : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_retune);
    CPPUNIT_TEST(a_dict_or_a_pair_is_read);
    CPPUNIT_TEST(an_empty_dict_asks_for_nothing);
    CPPUNIT_TEST(what_is_no_dict_or_has_another_key_is_refused);
    CPPUNIT_TEST(windows_come_by_name_number_parameters_or_taps);
    CPPUNIT_TEST(a_wrong_value_is_refused_by_its_key);
    CPPUNIT_TEST(only_what_is_asked_for_changes);
    CPPUNIT_TEST(taps_bring_their_own_length);
    CPPUNIT_TEST_SUITE_END();

    using change = kernel::change<kernel::bins_parameters>;

    static pmt::pmt_t dict(const std::vector<std::pair<std::string, pmt::pmt_t>>& items)
    {
        auto all = pmt::make_dict();
        for (const auto& [key, value] : items)
            all = pmt::dict_add(all, pmt::mp(key), value);
        return all;
    }

    static change read(const std::string& key, const pmt::pmt_t& value)
    {
        return change_from<kernel::bins_parameters>(pmt::cons(pmt::mp(key), value), { also::at });
    }

    static std::string refusal(const std::string& key, const pmt::pmt_t& value)
    {
        try {
            read(key, value);
        } catch (const std::exception& e) {
            return e.what();
        }
        return "accepted";
    }

public:
    void a_dict_or_a_pair_is_read()
    {
        const auto all =
            change_from<kernel::bins_parameters>(dict({ { "hop", pmt::from_long(7) },
                                                        { "win_length", pmt::from_uint64(33) },
                                                        { "at", pmt::from_long(-5) },
                                                        { "scaling", pmt::mp("psd") },
                                                        { "bins", pmt::from_double(1.5) },
                                                        { "reset", pmt::PMT_NIL } }),
                                                 { also::at, also::reset });
        CPPUNIT_ASSERT_EQUAL(std::size_t(7), *all.wanted(&kernel::parameters::hop));
        CPPUNIT_ASSERT_EQUAL(std::size_t(33), *all.wanted(&kernel::parameters::win_length));
        CPPUNIT_ASSERT_EQUAL(std::int64_t(-5), all.at);
        CPPUNIT_ASSERT(kernel::scaling::psd == *all.wanted(&kernel::parameters::scale));
        CPPUNIT_ASSERT(std::vector<double>{ 1.5 } == *all.wanted(&kernel::bins_parameters::bins));
        CPPUNIT_ASSERT(all.reset);
        const auto one = read("hop", pmt::from_long(3));
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), *one.wanted(&kernel::parameters::hop));
        CPPUNIT_ASSERT(!one.reset && !one.wanted(&kernel::parameters::window) &&
                       !one.wanted(&kernel::parameters::scale));
        CPPUNIT_ASSERT_EQUAL(std::numeric_limits<std::int64_t>::min(), one.at);
    }

    void an_empty_dict_asks_for_nothing()
    {
        CPPUNIT_ASSERT(change() == change_from<kernel::bins_parameters>(pmt::make_dict()));
    }

    void what_is_no_dict_or_has_another_key_is_refused()
    {
        qa::assert_refused("cmd: 3: must be a dict or a pair",
                           [] { change_from<kernel::parameters>(pmt::from_long(3)); });
        const std::string frames = "hop, scaling, win_length, window";
        for (const char* key : { "bins", "at", "reset" })
            qa::assert_refused(
                std::string("cmd: ") + key + ": is not a key of this block, which takes " + frames,
                [&] {
                    change_from<kernel::parameters>(pmt::cons(pmt::mp(key), pmt::from_double(1)));
                });
        for (const char* key : { "hopp", "reset", "phase", "n_fft", "samp_rate" })
            qa::assert_refused(std::string("cmd: ") + key +
                                   ": is not a key of this block, which takes at, bins, " + frames,
                               [&] { read(key, pmt::from_long(3)); });
        qa::assert_refused("cmd: hopp: is not a key of this block, which takes reset", [] {
            for_items(pmt::cons(pmt::mp("hopp"), pmt::PMT_NIL),
                      { { "reset", [](const auto&...) {} } });
        });
    }

    void windows_come_by_name_number_parameters_or_taps()
    {
        CPPUNIT_ASSERT_EQUAL(
            std::string("hamming"),
            read("window", pmt::mp("hamming")).wanted(&kernel::parameters::window)->name());
        CPPUNIT_ASSERT_EQUAL(
            std::string("hann"),
            read("window", pmt::from_long(1)).wanted(&kernel::parameters::window)->name());
        const auto kaiser = read("window", pmt::make_tuple(pmt::mp("kaiser"), pmt::from_long(8)));
        CPPUNIT_ASSERT(kaiser.wanted(&kernel::parameters::window)->sample(9) ==
                       kernel::window("kaiser", { 8.0 }).sample(9));
        const std::vector<float> taps{ 1, 2, 0.5 };
        const auto real = read("window", pmt::init_f32vector(3, taps));
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), real.wanted(&kernel::parameters::window)->length());
        CPPUNIT_ASSERT(real.wanted(&kernel::parameters::window)->is_real());
        const std::vector<std::complex<double>> complex{ { 0, 1 }, 2 };
        CPPUNIT_ASSERT(!read("window", pmt::init_c64vector(2, complex))
                            .wanted(&kernel::parameters::window)
                            ->is_real());
    }

    void a_wrong_value_is_refused_by_its_key()
    {
        CPPUNIT_ASSERT_EQUAL(std::string("hop: 2.5: must be an integer of at most 2^63 - 1"),
                             refusal("hop", pmt::from_double(2.5)));
        CPPUNIT_ASSERT_EQUAL(std::string("at: now: must be an integer of at most 2^63 - 1"),
                             refusal("at", pmt::mp("now")));
        CPPUNIT_ASSERT_EQUAL(std::string("bins: all: must be a number or a vector of numbers"),
                             refusal("bins", pmt::mp("all")));
        CPPUNIT_ASSERT(refusal("at", pmt::from_uint64(std::uint64_t(1) << 63)) != "accepted");
        CPPUNIT_ASSERT(refusal("window", pmt::from_double(8)).find("window: 8: must be a name") ==
                       0);
        CPPUNIT_ASSERT(refusal("window", pmt::mp("haan")).find("haan") != std::string::npos);
        CPPUNIT_ASSERT(refusal("scaling", pmt::from_long(1)) != "accepted");
    }

    void only_what_is_asked_for_changes()
    {
        kernel::bins_parameters p;
        p.n_fft = 64;
        p.hop = 16;
        p.window = kernel::window("hamming");
        p.win_length = 50;
        p.phase = kernel::phase_reference("absolute");
        p.samp_rate = 3;
        p.bins = { 1, 2 };
        auto expected = p;
        expected.hop = 5;
        CPPUNIT_ASSERT(expected == changed(p, read("hop", pmt::from_long(5))));
        expected = p;
        expected.scale = kernel::scaling::ortho;
        CPPUNIT_ASSERT(expected == changed(p, read("scaling", pmt::mp("ortho"))));
        expected = p;
        expected.bins = { 7 };
        CPPUNIT_ASSERT(expected == changed(p, read("bins", pmt::from_long(7))));
    }

    void taps_bring_their_own_length()
    {
        kernel::bins_parameters p{ { 64, 16 }, {} };
        p.win_length = 50;
        const auto taps = pmt::init_f64vector(3, std::vector<double>{ 1, 2, 1 });
        const auto with_taps = changed(p, read("window", taps));
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), with_taps.window_length());
        CPPUNIT_ASSERT_EQUAL(std::size_t(64),
                             changed(with_taps, read("window", pmt::mp("hann"))).window_length());
        CPPUNIT_ASSERT_EQUAL(std::size_t(50),
                             changed(p, read("window", pmt::mp("sine"))).window_length());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_retune);
