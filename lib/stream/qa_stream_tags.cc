/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include "stream_tags.h"
#include <limits>

using namespace gr::stft;

class qa_stream_tags : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_stream_tags);
    CPPUNIT_TEST(a_description_comes_back_from_its_tags);
    CPPUNIT_TEST(a_dstft_comes_back_from_its_tags);
    CPPUNIT_TEST(values_out_of_range_are_refused_and_nothing_is_taken_in);
    CPPUNIT_TEST(an_n_fft_that_does_not_fit_the_items_is_refused_by_name);
    CPPUNIT_TEST(only_tags_about_the_items_end_at_a_block);
    CPPUNIT_TEST(a_rate_is_any_real_number_that_times_can_be_told_by);
    CPPUNIT_TEST(rx_rate_comes_before_the_other_tags_of_its_sample);
    CPPUNIT_TEST(a_time_is_moved_with_its_carry);
    CPPUNIT_TEST(a_time_that_cannot_be_moved_stays);
    CPPUNIT_TEST_SUITE_END();

    static gr::tag_t tag(const std::string& key, const pmt::pmt_t& value, std::uint64_t offset = 0)
    {
        gr::tag_t one;
        one.key = pmt::mp(key);
        one.value = value;
        one.offset = offset;
        return one;
    }

    static stream_description read(const std::vector<key_value>& pairs)
    {
        stream_description description;
        for (const auto& [key, value] : pairs)
            CPPUNIT_ASSERT_MESSAGE(pmt::write_string(key),
                                   description.read(tag(pmt::symbol_to_string(key), value)));
        return description;
    }

    static pmt::pmt_t time(std::uint64_t full, double fraction)
    {
        return pmt::make_tuple(pmt::from_uint64(full), pmt::from_double(fraction));
    }

    static void check_time(std::uint64_t full, double fraction, const pmt::pmt_t& found)
    {
        const auto what = pmt::write_string(found);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(what, full, pmt::to_uint64(pmt::tuple_ref(found, 0)));
        CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
            what, fraction, pmt::to_double(pmt::tuple_ref(found, 1)), 1e-9);
    }

public:
    void a_description_comes_back_from_its_tags()
    {
        kernel::parameters p{ 60, 7, kernel::window("hamming") };
        p.win_length = 33;
        p.phase = kernel::phase_reference("start");
        p.scale = kernel::scaling::psd;
        p.samp_rate = 48e3;
        const auto description = read(description_tags(p, -16));
        CPPUNIT_ASSERT(description.describes_frames());
        CPPUNIT_ASSERT_EQUAL(std::int64_t(-16), *description.first);
        const auto found = description.applied_to(kernel::parameters{ 8, 2 });
        CPPUNIT_ASSERT_EQUAL(p.n_fft, found.n_fft);
        CPPUNIT_ASSERT_EQUAL(p.hop, found.hop);
        CPPUNIT_ASSERT_EQUAL(p.win_length, found.window_length());
        CPPUNIT_ASSERT_EQUAL(p.phase.name(), found.phase.name());
        CPPUNIT_ASSERT(p.scale == found.scale);
        CPPUNIT_ASSERT_EQUAL(p.samp_rate, found.samp_rate);
        CPPUNIT_ASSERT(p.taps() == found.taps());

        p.window = kernel::window(std::vector<std::complex<double>>{ { 1, 2 }, { 0, -3 }, 1.5 });
        p.win_length = 0;
        const auto taps = read(description_tags(p, 0)).applied_to(kernel::parameters{ 8, 2 });
        CPPUNIT_ASSERT(p.taps() == taps.taps());
    }

    void a_dstft_comes_back_from_its_tags()
    {
        const kernel::window_family gaussian("gaussian", { 0.11 });
        const kernel::pacing pace(12.5, 0, kernel::sharing::frame);
        const auto description = read(dstft_tags(
            256, gaussian, kernel::norm::contract, &pace, kernel::sharing::frame, 101.25, -3e-5));
        CPPUNIT_ASSERT_EQUAL(std::size_t(256),
                             *description.frames.wanted(&kernel::parameters::n_fft));
        const auto& found = description.varying;
        CPPUNIT_ASSERT_EQUAL(gaussian.description(),
                             found.wanted(&dstft_frames::family)->description());
        CPPUNIT_ASSERT(kernel::norm::contract == *found.wanted(&dstft_frames::norm));
        CPPUNIT_ASSERT(kernel::sharing::frame == *found.wanted(&dstft_frames::share));
        CPPUNIT_ASSERT_EQUAL(12.5, *found.wanted(&dstft_frames::step));
        CPPUNIT_ASSERT_EQUAL(101.25, *found.wanted(&dstft_frames::theta));
        CPPUNIT_ASSERT_EQUAL(-3e-5, *found.wanted(&dstft_frames::c));
        CPPUNIT_ASSERT(!found.wanted(&dstft_frames::alpha));
        const auto placed = read(
            dstft_tags(256, gaussian, kernel::norm::peak, nullptr, kernel::sharing::constant, 0));
        for (const auto member :
             { &dstft_frames::step, &dstft_frames::alpha, &dstft_frames::theta, &dstft_frames::c })
            CPPUNIT_ASSERT(!placed.varying.wanted(member));
    }

    void an_n_fft_that_does_not_fit_the_items_is_refused_by_name()
    {
        kernel::parameters p;
        p.n_fft = 1025;
        p.hop = 4;
        const auto description = read(description_tags(p, 0));
        description.check_n_fft(1025);
        qa::assert_refused("stft_n_fft: 1025: must be that of the items, 1024",
                           [&] { description.check_n_fft(1024); });
        description.check_bins(kernel::sides::onesided, 513);
        description.check_bins(kernel::sides::centered, 1025);
        qa::assert_refused("stft_n_fft: 1025: must have as many bins as the items, 513",
                           [&] { description.check_bins(kernel::sides::twosided, 513); });
        stream_description().check_n_fft(7); // without tags
        stream_description().check_bins(kernel::sides::onesided, 7);
    }

    void values_out_of_range_are_refused_and_nothing_is_taken_in()
    {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const std::vector<std::pair<std::string, pmt::pmt_t>> wrong{
            { "stft_hop", pmt::from_long(0) },
            { "stft_hop", pmt::from_long((1L << 40) + 1) },
            { "stft_hop", pmt::from_double(3) },
            { "stft_hop", pmt::mp("3") },
            { "stft_n_fft", pmt::from_long(-1) },
            { "stft_n_fft", pmt::from_uint64(std::numeric_limits<std::uint64_t>::max()) },
            { "stft_win_length", pmt::from_long((1L << 28) + 1) },
            { "stft_first", pmt::from_long((1L << 62) + 1) },
            { "stft_length", pmt::from_long(-1) },
            { "stft_length", pmt::PMT_NIL },
            { "stft_theta", pmt::from_double(nan) },
            { "stft_theta", pmt::from_double(0) },
            { "stft_step", pmt::from_double(-1) },
            { "stft_chirp", pmt::from_double(nan) },
            { "stft_chirp", pmt::from_double(-0.51) },
            { "stft_alpha", pmt::from_double(1001) },
            { "stft_norm", pmt::mp("l3") },
            { "stft_share", pmt::mp("all") },
            { "stft_window", pmt::mp("hann") },
            { "stft_bins", pmt::from_double(1) },
            { "stft_phase", pmt::from_long(1) },
            { "stft_phase", pmt::mp("middle") },
            { "stft_scaling", pmt::mp("PSD") },
            { "stft_samp_rate", pmt::from_double(0) },
        };
        for (const auto& [key, value] : wrong) {
            const auto what = key + " " + pmt::write_string(value);
            stream_description description;
            bool refused = false;
            try {
                description.read(tag(key, value));
            } catch (const std::exception&) {
                refused = true;
            }
            CPPUNIT_ASSERT_MESSAGE(what, refused);
            CPPUNIT_ASSERT_MESSAGE(what,
                                   !description.describes_frames() && !description.length &&
                                       description.frames ==
                                           kernel::change<kernel::bins_parameters>() &&
                                       description.varying == kernel::change<dstft_frames>());
        }
    }

    void only_tags_about_the_items_end_at_a_block()
    {
        for (const char* key : { "stft_hop", "stft_length", "stft_samp_rate", "packet_len" })
            CPPUNIT_ASSERT_MESSAGE(key, ends_here(pmt::mp(key)));
        for (const char* key : { "rx_time", "rx_rate", "rx_freq", "stft", "stft_", "note" })
            CPPUNIT_ASSERT_MESSAGE(key, !ends_here(pmt::mp(key)));
        stream_description description;
        CPPUNIT_ASSERT(!description.read(tag("rx_rate", pmt::from_double(1))));
        CPPUNIT_ASSERT(!description.describes_frames());
    }

    void a_rate_is_any_real_number_that_times_can_be_told_by()
    {
        for (const auto& value : { pmt::from_double(250),
                                   pmt::from_long(250),
                                   pmt::from_uint64(250),
                                   pmt::from_float(250) })
            CPPUNIT_ASSERT_EQUAL_MESSAGE(pmt::write_string(value), 250.0, rate_in(value).value());
        for (const auto& value : { pmt::from_double(0),
                                   pmt::from_double(-1),
                                   pmt::from_double(std::nan("")),
                                   pmt::from_double(INFINITY),
                                   pmt::from_double(1e-31),
                                   pmt::from_double(1e31),
                                   pmt::from_complex(1, 0),
                                   pmt::mp("250"),
                                   pmt::PMT_NIL,
                                   pmt::PMT_T })
            CPPUNIT_ASSERT_MESSAGE(pmt::write_string(value), !rate_in(value));
    }

    void rx_rate_comes_before_the_other_tags_of_its_sample()
    {
        std::vector<gr::tag_t> tags{ tag("b", pmt::PMT_T, 5),       tag("rx_time", pmt::PMT_T, 3),
                                     tag("a", pmt::PMT_T, 3),       tag("rx_rate", pmt::PMT_T, 3),
                                     tag("rx_rate", pmt::PMT_F, 3), tag("c", pmt::PMT_T, 0) };
        sort_by_sample(tags);
        std::string order;
        for (const auto& one : tags)
            order += pmt::symbol_to_string(one.key) + std::to_string(one.offset) + " ";
        CPPUNIT_ASSERT_EQUAL(std::string("c0 rx_rate3 rx_rate3 rx_time3 a3 b5 "), order);
        CPPUNIT_ASSERT(pmt::is_true(tags[1].value) && !pmt::is_true(tags[2].value));
    }

    void a_time_is_moved_with_its_carry()
    {
        check_time(101, 0.25, shifted_time(time(100, 0.75), 0.5));
        check_time(99, 0.75, shifted_time(time(100, 0.25), -0.5));
        check_time(98, 0.25, shifted_time(time(100, 0.5), -2.25));
        check_time(3700, 0.5, shifted_time(time(100, 0.5), 3600));
        check_time(0, 0, shifted_time(time(1, 0.5), -2)); // there is no time before the epoch
        check_time(0, 0, shifted_time(time(0, 0), 0));
    }

    void a_time_that_cannot_be_moved_stays()
    {
        const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
        for (const auto& value : { pmt::mp("now"),
                                   pmt::from_double(3),
                                   pmt::make_tuple(pmt::from_uint64(1)),
                                   pmt::make_tuple(pmt::from_double(1), pmt::from_double(0)),
                                   pmt::make_tuple(pmt::from_uint64(1), pmt::from_long(0)),
                                   time(most, 0.5) })
            CPPUNIT_ASSERT_MESSAGE(pmt::write_string(value),
                                   pmt::equal(value, shifted_time(value, 1)));
        for (double seconds : { double(NAN), double(INFINITY), -double(INFINITY), 4e18, -1e300 })
            CPPUNIT_ASSERT_MESSAGE(std::to_string(seconds),
                                   pmt::equal(time(7, 0.5), shifted_time(time(7, 0.5), seconds)));
        const auto unknown = shifted_time(time(7, std::nan("")), -9);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(7), pmt::to_uint64(pmt::tuple_ref(unknown, 0)));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_stream_tags);
