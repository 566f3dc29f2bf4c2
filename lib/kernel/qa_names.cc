/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "names.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>
#include <gnuradio/stft/kernel/dstft/dstft.h>
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>
#include <gnuradio/stft/kernel/frames/detrend.h>
#include <gnuradio/stft/kernel/image/parameters2d.h>
#include <gnuradio/stft/kernel/stft/power.h>

using namespace gr::stft::kernel;

class qa_names : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_names);
    CPPUNIT_TEST(a_value_has_the_first_of_its_names);
    CPPUNIT_TEST(every_name_gives_its_value);
    CPPUNIT_TEST(an_unknown_name_is_refused_with_the_names_that_values_have);
    CPPUNIT_TEST(a_name_with_a_nul_is_shown_whole);
    CPPUNIT_TEST(every_enumeration_of_the_kernels_refuses_with_its_own_names);
    CPPUNIT_TEST_SUITE_END();

    enum class colour { red, grey, blue };

    static constexpr name_table colours{ named_value{ "red", colour::red },
                                         named_value{ "grey", colour::grey },
                                         named_value{ "gray", colour::grey },
                                         named_value{ "blue", colour::blue } };

public:
    void a_value_has_the_first_of_its_names()
    {
        CPPUNIT_ASSERT_EQUAL(std::string("red"), std::string(colours.name_of(colour::red)));
        CPPUNIT_ASSERT_EQUAL(std::string("grey"), std::string(colours.name_of(colour::grey)));
        CPPUNIT_ASSERT_EQUAL(std::string("blue"), std::string(colours.name_of(colour::blue)));
    }

    void every_name_gives_its_value()
    {
        for (const auto& entry : colours.entries)
            CPPUNIT_ASSERT_MESSAGE(entry.name,
                                   entry.value == colours.value_of("colour", entry.name));
    }

    void an_unknown_name_is_refused_with_the_names_that_values_have()
    {
        qa::assert_refused("colour: Red: must be red, grey or blue",
                           [] { colours.value_of("colour", "Red"); });
        qa::assert_refused("colour: : must be red, grey or blue",
                           [] { colours.value_of("colour", ""); });
        constexpr name_table one{ named_value{ "red", colour::red } };
        qa::assert_refused("colour: blue: must be red", [&] { one.value_of("colour", "blue"); });
        constexpr name_table two{ named_value{ "red", colour::red },
                                  named_value{ "blue", colour::blue } };
        qa::assert_refused("colour: green: must be red or blue",
                           [&] { two.value_of("colour", "green"); });
    }

    void a_name_with_a_nul_is_shown_whole()
    {
        const std::string name("re\0d", 4);
        qa::assert_refused("colour: re\\x00d: must be red, grey or blue",
                           [&] { colours.value_of("colour", name); });
        qa::assert_refused("norm: \\x00: must be peak, l1, l2, dcunit or contract",
                           [] { norm_named(std::string(1, '\0')); });
    }

    void every_enumeration_of_the_kernels_refuses_with_its_own_names()
    {
        qa::assert_refused("norm: ?: must be peak, l1, l2, dcunit or contract",
                           [] { norm_named("?"); });
        qa::assert_refused("detrend: ?: must be none, constant or linear",
                           [] { detrending_named("?"); });
        qa::assert_refused("placement: ?: must be centred, left or full",
                           [] { placement_named("?"); });
        qa::assert_refused("tail: ?: must be floor or ceil", [] { tail_named("?"); });
        qa::assert_refused("scaling: ?: must be none, magnitude, psd or ortho",
                           [] { scaling_named("?"); });
        qa::assert_refused("sides: ?: must be onesided, twosided or centered",
                           [] { sides_named("?"); });
        qa::assert_refused("kind: ?: must be psd, power or magnitude",
                           [] { power_kind_named("?"); });
        qa::assert_refused("pad: ?: must be constant, reflect or edge", [] { pad_named("?"); });
        qa::assert_refused("offset: ?: must be trailing or centred", [] { fill_named("?"); });
        qa::assert_refused("method: ?: must be auto, sliding, direct or fft",
                           [] { bins_method_named("?"); });
        qa::assert_refused("share: ?: must be constant, frame, bin or cell",
                           [] { sharing_named("?"); });
        qa::assert_refused("method: ?: must be bank or gradient",
                           [] { learning_method_named("?"); });
        qa::assert_refused("learn: ?: must be theta, t, both or theta_chirp",
                           [] { learned_named("?"); });
        qa::assert_refused("criterion: ?: must be l1l2, entropy, renyi, kurtosis, "
                           "magnitude_entropy, frame_entropy or automatic",
                           [] { adaptive_criterion_named("?"); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_names);
