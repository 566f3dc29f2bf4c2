/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/adaptive_stft.h>
#include <gnuradio/stft/istft.h>
#include <gnuradio/stft/named.h>
#include <gnuradio/stft/spectrogram.h>
#include <gnuradio/stft/stft2d.h>
#include <gnuradio/stft/stft_bins.h>
#include <set>

using namespace gr::stft;
using kernel::parameters;

class qa_settings : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_settings);
    CPPUNIT_TEST(names_are_unique_in_each_table);
    CPPUNIT_TEST(a_change_alters_what_it_requests_and_nothing_else);
    CPPUNIT_TEST(a_change_takes_any_number_and_any_text);
    CPPUNIT_TEST(a_change_of_what_must_stay_is_an_error_of_the_program);
    CPPUNIT_TEST(changes_are_equal_if_they_request_the_same);
    CPPUNIT_TEST(settings_by_name_are_those_by_member);
    CPPUNIT_TEST(a_number_fits_a_number_and_nothing_else);
    CPPUNIT_TEST(a_missing_or_unknown_name_is_refused);
    CPPUNIT_TEST(settings_of_the_adaptive_block_check_the_stream_too);
    CPPUNIT_TEST_SUITE_END();

    template <class Settings>
    static void assert_unique_names()
    {
        std::set<std::string> names;
        std::size_t count = 0;
        kernel::for_each_field<Settings>([&](const auto& field) {
            names.insert(field.name);
            ++count;
        });
        CPPUNIT_ASSERT(count > 0);
        CPPUNIT_ASSERT_EQUAL(count, names.size());
    }

public:
    void names_are_unique_in_each_table()
    {
        assert_unique_names<parameters>();
        assert_unique_names<kernel::bins_parameters>();
        assert_unique_names<spectrogram_settings>();
        assert_unique_names<istft_settings>();
        assert_unique_names<adaptive_stft_settings>();
        assert_unique_names<stft2d_settings>();
    }

    void settings_of_the_adaptive_block_check_the_stream_too()
    {
        adaptive_stft_settings s;
        qa::assert_refused("n_fft: 0: must be 1 .. 2^28", [&] { s.check(); });
        s.n_fft = 64;
        qa::assert_refused("accepted", [&] { s.check(); });
        for (const auto& [rate, text] :
             { std::pair{ 0.0, "0" }, { -1.0, "-1" }, { HUGE_VAL, "inf" } }) {
            s.samp_rate = rate;
            qa::assert_refused(std::string("samp_rate: ") + text + ": must be positive and finite",
                               [&] { s.check(); });
        }
        s.samp_rate = 1;
        s.report_interval = 0;
        qa::assert_refused("report_interval: 0: must be in 1 .. 2^31 - 1 frames",
                           [&] { s.check(); });
    }

    void a_change_alters_what_it_requests_and_nothing_else()
    {
        spectrogram_settings s;
        s.n_fft = 64;
        s.hop = 16;
        s.max_hold = true;
        kernel::change<spectrogram_settings> requested("average", std::int64_t(7));
        requested.set("hop", std::int64_t(5));
        auto expected = s;
        expected.average = 7;
        expected.hop = 5;
        CPPUNIT_ASSERT(expected == changed(s, requested));
        CPPUNIT_ASSERT_EQUAL(std::size_t(5), *requested.wanted(&parameters::hop));
        CPPUNIT_ASSERT(!requested.wanted(&parameters::win_length));
    }

    void a_change_takes_any_number_and_any_text()
    {
        kernel::change<parameters> requested("hop", 5);
        requested.set("win_length", 7.0).set("scaling", "psd").set("window", "hamming");
        CPPUNIT_ASSERT_EQUAL(std::size_t(5), *requested.wanted(&parameters::hop));
        CPPUNIT_ASSERT_EQUAL(std::size_t(7), *requested.wanted(&parameters::win_length));
        CPPUNIT_ASSERT(kernel::scaling::psd == *requested.wanted(&parameters::scale));
        CPPUNIT_ASSERT_EQUAL(std::string("hamming"), requested.wanted(&parameters::window)->name());
    }

    void a_change_of_what_must_stay_is_an_error_of_the_program()
    {
        kernel::change<parameters> requested;
        CPPUNIT_ASSERT_THROW(requested.set("n_fft", std::int64_t(8)), std::logic_error); // fixed
        CPPUNIT_ASSERT_THROW(requested.set("hopp", std::int64_t(8)), std::logic_error);  // unknown
        CPPUNIT_ASSERT_THROW(requested.set("hop", "8"), std::logic_error); // of another type
        CPPUNIT_ASSERT_THROW(requested.set("scaling", 8), std::logic_error);
        CPPUNIT_ASSERT_THROW(requested.set("hop", 8.5), std::invalid_argument);
        CPPUNIT_ASSERT_THROW(requested.wanted(&kernel::bins_parameters::bins), std::logic_error);
        CPPUNIT_ASSERT(requested == kernel::change<parameters>());
    }

    void changes_are_equal_if_they_request_the_same()
    {
        using change = kernel::change<parameters>;
        const change hop("hop", std::int64_t(8));
        CPPUNIT_ASSERT(hop == change("hop", std::int64_t(8)));
        CPPUNIT_ASSERT(!(hop == change("hop", std::int64_t(9))));
        CPPUNIT_ASSERT(!(hop == change()));
        auto later = hop, forgets = hop;
        later.at = 3;
        forgets.reset = true;
        CPPUNIT_ASSERT(!(hop == later));
        CPPUNIT_ASSERT(!(hop == forgets));
    }

    void settings_by_name_are_those_by_member()
    {
        parameters expected{ 60, 7, kernel::window("kaiser", { 3.0 }), 33 };
        expected.where = kernel::placement::full;
        expected.phase = kernel::phase_reference("start");
        expected.scale = kernel::scaling::psd;
        expected.samp_rate = 48000;
        expected.sides = kernel::sides::centered;
        const parameters found =
            named("n_fft", 60)("hop", 7L)("window", kernel::window("kaiser", { 3.0 }))(
                "win_length", 33U)("placement", "full")("phase", std::string("start"))(
                "scaling", "psd")("samp_rate", 48000)("sides", "centered");
        CPPUNIT_ASSERT(expected == found);
        CPPUNIT_ASSERT(expected.sides == found.sides && expected.where == found.where);
        const adaptive_stft_settings adaptive = named("n_fft", 64)("share", "cell")("freeze", true)(
            "window", "parzen")("block", -1)("report_interval", 5.0);
        CPPUNIT_ASSERT(kernel::sharing::cell == adaptive.share);
        CPPUNIT_ASSERT(adaptive.freeze && adaptive.block == -1 && adaptive.report_interval == 5);
        CPPUNIT_ASSERT_EQUAL(std::string("parzen"), adaptive.window.name());
    }

    void a_number_fits_a_number_and_nothing_else()
    {
        const auto read = [](const auto& values) { const parameters p = values; };
        qa::assert_refused("hop: has a value of another type",
                           [&] { read(named("n_fft", 8)("hop", "4")); });
        for (double hop : { 2.5, 1e30, std::nan("") })
            qa::assert_refused("hop: " + std::to_string(hop) + ": must be an integer",
                               [&] { read(named("n_fft", 8)("hop", hop)); });
        qa::assert_refused("scaling: has a value of another type",
                           [&] { read(named("n_fft", 8)("hop", 4)("scaling", 3)); });
        qa::assert_refused("samp_rate: has a value of another type",
                           [&] { read(named("n_fft", 8)("hop", 4)("samp_rate", "fast")); });
        qa::assert_refused("scaling: loud: must be none, magnitude, psd or ortho",
                           [&] { read(named("n_fft", 8)("hop", 4)("scaling", "loud")); });
    }

    void a_missing_or_unknown_name_is_refused()
    {
        qa::assert_refused("hop: missing: must be given",
                           [] { const parameters p = named("n_fft", 8); });
        qa::assert_refused("hopp: is no parameter",
                           [] { const parameters p = named("n_fft", 8)("hopp", 4); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_settings);
