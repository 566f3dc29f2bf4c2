/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/window_support.h"
#include <gnuradio/fft/window.h>
#include <limits>
#include <map>

using gr::stft::kernel::window;
using qa::periodic;
using qa::pi;
using qa::real;
using qa::refusal;
using qa::symmetric;
using values = std::vector<double>;

class qa_window : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_window);
    CPPUNIT_TEST(every_name_is_tested);
    CPPUNIT_TEST(aliases_are_the_same_window);
    CPPUNIT_TEST(length_one_is_one);
    CPPUNIT_TEST(symmetric_window_is_even_and_peaks_at_its_centre);
    CPPUNIT_TEST(periodic_window_is_the_longer_symmetric_one_cut);
    CPPUNIT_TEST(values_equal_closed_forms);
    CPPUNIT_TEST(defaults_are_scipys);
    CPPUNIT_TEST(taps_are_returned_as_they_are);
    CPPUNIT_TEST(description_gives_name_and_parameters);
    CPPUNIT_TEST(numbers_of_gnu_radio_are_its_windows);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST(wrong_lengths_are_refused);
    CPPUNIT_TEST_SUITE_END();

    // one legal set of parameters for each name, fit for any length >= 2
    const std::map<std::string, values> d_all{
        { "barthann", {} },
        { "bartlett", {} },
        { "blackman", {} },
        { "blackmanharris", {} },
        { "bohman", {} },
        { "boxcar", {} },
        { "chebwin", { 80 } },
        { "cosine", {} },
        { "dpss", { 0.9 } },
        { "exponential", { 3 } },
        { "flattop", {} },
        { "gaussian", { 4 } },
        { "general_cosine", { 0.5, 0.3, 0.2 } },
        { "general_gaussian", { 1.5, 5 } },
        { "general_hamming", { 0.7 } },
        { "hamming", {} },
        { "hann", {} },
        { "kaiser", { 8.6 } },
        { "kaiser_bessel_derived", { 4 } }, // of even length and symmetric only
        { "lanczos", {} },
        { "nuttall", {} },
        { "nuttall_cfd", {} },
        { "parzen", {} },
        { "taylor", { 3, 40 } },
        { "triang", {} },
        { "tukey", { 0.3 } },
        { "welch", {} },
    };

    void every_name_is_tested()
    {
        std::vector<std::string> names;
        for (const auto& entry : d_all)
            names.push_back(entry.first);
        CPPUNIT_ASSERT(names == window::names());
    }

    void aliases_are_the_same_window()
    {
        const std::map<std::string, std::vector<std::string>> aliases{
            { "barthann", { "brthan", "bth" } },
            { "bartlett", { "bart", "brt" } },
            { "blackman", { "black", "blk" } },
            { "blackmanharris", { "blackharr", "bkh", "blackman_harris" } },
            { "bohman", { "bman", "bmn" } },
            { "boxcar", { "box", "ones", "rect", "rectangular" } },
            { "chebwin", { "cheb" } },
            { "cosine", { "halfcosine", "sine" } },
            { "exponential", { "poisson" } },
            { "flattop", { "flat", "flt" } },
            { "gaussian", { "gauss", "gss" } },
            { "general_cosine", { "general cosine" } },
            { "general_gaussian", { "general gaussian", "general gauss", "general_gauss", "ggs" } },
            { "general_hamming", { "general hamming" } },
            { "hamming", { "hamm", "ham" } },
            { "hann", { "han", "hanning" } },
            { "kaiser", { "ksr" } },
            { "kaiser_bessel_derived", { "kaiser bessel derived", "kbd" } },
            { "lanczos", { "sinc", "riemann" } },
            { "nuttall", { "nutl", "nut", "blackman_nuttall" } },
            { "parzen", { "parz", "par" } },
            { "taylor", { "taylorwin" } },
            { "triang", { "triangle", "tri" } },
            { "tukey", { "tuk" } },
        };
        for (const auto& entry : aliases) {
            const qa::context in_entry("entry", entry);
            for (const auto& alias : entry.second) {
                const qa::context in_alias("alias", alias);
                CPPUNIT_ASSERT_EQUAL(window(entry.first, d_all.at(entry.first)).description(),
                                     window(alias, d_all.at(entry.first)).description());
            }
        }
    }

    void length_one_is_one()
    {
        for (const auto& [name, parameters] : d_all) {
            CPPUNIT_ASSERT(values{ 1 } == symmetric(name, parameters, 1));
            CPPUNIT_ASSERT(values{ 1 } == periodic(name, parameters, 1));
        }
    }

    void symmetric_window_is_even_and_peaks_at_its_centre()
    {
        for (const auto& [name, parameters] : d_all)
            for (std::size_t length : { 3, 4, 5, 16, 17, 101 }) {
                const qa::context in_length("length", length);
                if (name == "kaiser_bessel_derived" && length % 2)
                    continue;
                const auto w = symmetric(name, parameters, length);
                CPPUNIT_ASSERT_EQUAL(length, w.size());
                for (std::size_t i = 0; i < length; ++i) {
                    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, w[i], w[length - 1 - i]);
                    CPPUNIT_ASSERT_MESSAGE(name, w[i] <= w[length / 2]);
                }
                if (length % 2) // flattop's published coefficients sum to 1.000000003
                    CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(name, 1, w[length / 2], 4e-9);
            }
    }

    void periodic_window_is_the_longer_symmetric_one_cut()
    {
        for (const auto& [name, parameters] : d_all)
            for (std::size_t length : { 2, 3, 4, 5, 16, 17, 101 }) {
                if (name == "kaiser_bessel_derived")
                    continue;
                auto longer = symmetric(name, parameters, length + 1);
                longer.pop_back();
                CPPUNIT_ASSERT_MESSAGE(name, longer == periodic(name, parameters, length));
            }
    }

    void values_equal_closed_forms()
    {
        const double a = std::exp(-0.5), b = std::exp(-1.0), c = std::exp(-2.0);
        struct {
            std::string name;
            values parameters;
            values half; // values 0, 1, 2 of 5: x = 2, 1, 0 from the centre
        } const odd[]{
            { "barthann", {}, { 0, 0.5, 1 } },
            { "bartlett", {}, { 0, 0.5, 1 } },
            { "blackman", {}, { 0, 0.34, 1 } },
            { "blackmanharris", {}, { 6e-5, 0.21747, 1 } },
            { "bohman", {}, { 0, 1 / pi, 1 } },
            { "boxcar", {}, { 1, 1, 1 } },
            { "cosine", {}, { std::sin(0.1 * pi), std::sin(0.3 * pi), 1 } },
            { "exponential", { 2 }, { b, a, 1 } },
            { "flattop", {}, { -0.000421051, -0.05473684, 1.000000003 } },
            { "gaussian", { 1 }, { c, a, 1 } },
            { "general_cosine", { 3 }, { 3, 3, 3 } },
            { "general_cosine", { 1, 2, 3 }, { 2, -2, 6 } },
            { "general_gaussian", { 1.5, 2 }, { a, std::exp(-1 / 16.0), 1 } },
            { "general_hamming", { 0.7 }, { 0.4, 0.7, 1 } },
            { "hamming", {}, { 0.08, 0.54, 1 } },
            { "hann", {}, { 0, 0.5, 1 } },
            { "kaiser", { 0 }, { 1, 1, 1 } },
            { "lanczos", {}, { 0, 2 / pi, 1 } },
            { "nuttall", {}, { 0.0003628, 0.2269824, 1 } },
            { "nuttall_cfd", {}, { 0, 0.211536, 1 } },
            { "parzen", {}, { 0.016, 0.424, 1 } },
            { "taylor", { 1 }, { 1, 1, 1 } },
            { "triang", {}, { 1 / 3.0, 2 / 3.0, 1 } },
            { "tukey", { 0.8 }, { 0, std::pow(std::sin(pi / 3.2), 2), 1 } },
            { "welch", {}, { 5 / 9.0, 8 / 9.0, 1 } },
        },
            even[]{
                // values 0, 1 of 4: x = 3/2, 1/2
                { "cosine", {}, { std::sin(pi / 8), std::sin(3 * pi / 8) } },
                { "chebwin", { 80 }, chebwin_of_four(80) },
                { "hann", {}, { 0, 0.75 } },
                { "lanczos", {}, { 0, std::sin(pi / 3) / (pi / 3) } },
                { "parzen", {}, { 1 / 32.0, 23 / 32.0 } },
                { "triang", {}, { 0.25, 0.75 } },
                { "welch", {}, { 0.64, 0.96 } },
            };
        for (const auto& it : odd)
            for (std::size_t i = 0; i < 3; ++i)
                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                    it.name, it.half[i], symmetric(it.name, it.parameters, 5)[i], 1e-14);
        for (const auto& it : even)
            for (std::size_t i = 0; i < 2; ++i)
                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                    it.name, it.half[i], symmetric(it.name, it.parameters, 4)[i], 1e-14);
        // between a quarter and a third of the way out: Parzen's outer cubic
        CPPUNIT_ASSERT_DOUBLES_EQUAL(54 / 343.0, symmetric("parzen", {}, 7)[1], 1e-15);
    }

    //! Taps by T_3(y) = 4 y^3 - 3 y with y = b cos(t): b^3 cos(3t) + 3 (b^3 - b) cos(t).
    static values chebwin_of_four(double attenuation)
    {
        const double b = std::cosh(std::acosh(std::pow(10, attenuation / 20)) / 3);
        return { b * b / (3 * (b * b - 1)), 1 };
    }

    void defaults_are_scipys()
    {
        CPPUNIT_ASSERT(symmetric("tukey", {}, 17) == symmetric("tukey", { 0.5 }, 17));
        CPPUNIT_ASSERT(symmetric("exponential", {}, 17) == symmetric("exponential", { 1 }, 17));
        CPPUNIT_ASSERT(symmetric("taylor", {}, 17) == symmetric("taylor", { 4, 30, 1 }, 17));
    }

    void taps_are_returned_as_they_are()
    {
        const std::vector<std::complex<double>> taps{ { 1, 2 }, { 0, 0 }, { -3, 0.5 } };
        const window given(taps);
        CPPUNIT_ASSERT(taps == given.sample(3));
        CPPUNIT_ASSERT(taps == given.sample(3, true));
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), given.length());
        CPPUNIT_ASSERT(!given.is_real());
        CPPUNIT_ASSERT(window(values{ 1, 2 }).is_real());
        CPPUNIT_ASSERT((values{ 1, 2 } == real(window(values{ 1, 2 }).sample(2))));
        CPPUNIT_ASSERT(window("hann").is_real());
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), window("hann").length());
    }

    void description_gives_name_and_parameters()
    {
        CPPUNIT_ASSERT_EQUAL(std::string("hann"), window("hanning").description());
        CPPUNIT_ASSERT_EQUAL(std::string("kaiser(8.6)"), window("ksr", { 8.6 }).description());
        CPPUNIT_ASSERT_EQUAL(std::string("taylor(5, 30, 1)"),
                             window("taylor", { 5 }).description());
        CPPUNIT_ASSERT_EQUAL(std::string("exponential(0, 2)"),
                             window("exponential", { 0, 2 }).description());
        CPPUNIT_ASSERT_EQUAL(std::string("2 taps"), window(values{ 1, 2 }).description());
        CPPUNIT_ASSERT_EQUAL(std::string("1 tap"), window(values{ 1 }).description());
    }

    void numbers_of_gnu_radio_are_its_windows()
    {
        using theirs = gr::fft::window;
        // WIN_FLATTOP has other coefficients there, WIN_RIEMANN another grid
        const std::pair<theirs::win_type, values> types[] = {
            { theirs::WIN_HAMMING, {} },     { theirs::WIN_HANN, {} },
            { theirs::WIN_BLACKMAN, {} },    { theirs::WIN_RECTANGULAR, {} },
            { theirs::WIN_KAISER, { 8.6 } }, { theirs::WIN_BLACKMAN_hARRIS, {} },
            { theirs::WIN_BARTLETT, {} },    { theirs::WIN_NUTTALL, {} },
            { theirs::WIN_NUTTALL_CFD, {} }, { theirs::WIN_WELCH, {} },
            { theirs::WIN_PARZEN, {} },      { theirs::WIN_GAUSSIAN, { 3 } },
            { theirs::WIN_TUKEY, { 0.3 } },
        };
        for (const auto& [type, parameters] : types) {
            const auto ours = real(window::of_type(type, parameters).sample(16, true));
            const auto built = theirs::build(
                type, 16, parameters.empty() ? theirs::INVALID_WIN_PARAM : parameters[0]);
            for (std::size_t i = 0; i < built.size(); ++i) {
                const qa::context in_i("i", i);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(built[i], ours[i], 2e-7);
            }
        }
        CPPUNIT_ASSERT_EQUAL(std::string("flattop"), window::of_type(theirs::WIN_FLATTOP).name());
        CPPUNIT_ASSERT_EQUAL(std::string("lanczos"), window::of_type(theirs::WIN_RIEMANN).name());
        CPPUNIT_ASSERT_EQUAL(std::string("window: 99 is no window of gr::fft::window"),
                             refusal([] { window::of_type(99); }));
        CPPUNIT_ASSERT(refusal([] {
                           window::of_type(theirs::WIN_EXPONENTIAL);
                       }).find("window: WIN_EXPONENTIAL has a decay in dB") == 0);
    }

    void wrong_arguments_are_refused()
    {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const double infinity = std::numeric_limits<double>::infinity();
        const struct {
            std::string name;
            values parameters;
            std::string message;
        } cases[]{
            { "hann", { 1 }, "hann needs 0 parameters, got 1" },
            { "kaiser", {}, "kaiser needs 1 parameter (beta), got 0" },
            { "ksr", { 1, 2 }, "ksr needs 1 parameter (beta), got 2" },
            { "gaussian", {}, "gaussian needs 1 parameter (std), got 0" },
            { "chebwin", {}, "chebwin needs 1 parameter (at), got 0" },
            { "dpss", {}, "dpss needs 1 parameter (NW), got 0" },
            { "general_hamming", {}, "general_hamming needs 1 parameter (alpha), got 0" },
            { "kbd", {}, "kbd needs 1 parameter (beta), got 0" },
            { "general_gaussian", { 1 }, "general_gaussian needs 2 parameters (p, sig), got 1" },
            { "general_cosine", {}, "general_cosine needs 1 or more parameters (a0, ...), got 0" },
            { "tukey", { 1, 2 }, "tukey needs 0 to 1 parameter (alpha = 0.5), got 2" },
            { "taylor",
              { 4, 30, 1, 1 },
              "taylor needs 0 to 3 parameters (nbar = 4, sll = 30, norm = 1), got 4" },
            { "exponential",
              { 1, 2, 3 },
              "exponential needs 0 to 1 parameter (tau = 1), or 2 parameters (center, tau), got "
              "3" },
            { "kaiser", { nan }, "kaiser beta nan is not finite" },
            { "tukey", { -infinity }, "tukey alpha -inf is not finite" },
            { "general_cosine", { 1, 2, infinity }, "general_cosine a0 inf is not finite" },
            { "kaiser", { -0.5 }, "kaiser beta -0.5 is not >= 0" },
            { "kbd", { -1 }, "kaiser_bessel_derived beta -1 is not >= 0" },
            { "gaussian", { 0 }, "gaussian std 0 is not > 0" },
            { "general_gaussian", { 0, 1 }, "general_gaussian p 0 is not > 0" },
            { "general_gaussian", { 1, -1 }, "general_gaussian sig -1 is not > 0" },
            { "exponential", { -1 }, "exponential tau -1 is not > 0" },
            { "exponential", { 3, 0 }, "exponential tau 0 is not > 0" },
            { "chebwin", { -60 }, "chebwin at -60 is not in (0, 6000]" },
            { "chebwin", { 6001 }, "chebwin at 6001 is not in (0, 6000]" },
            { "dpss", { 0 }, "dpss NW 0 is not > 0" },
            { "taylor", { 0 }, "taylor nbar 0 is not a whole number in [1, 1000]" },
            { "taylor", { 2.5 }, "taylor nbar 2.5 is not a whole number in [1, 1000]" },
            { "taylor", { 1001 }, "taylor nbar 1001 is not a whole number in [1, 1000]" },
            { "taylor", { 4, -1 }, "taylor sll -1 is not in [0, 6000]" },
            { "taylor", { 4, 30, 2 }, "taylor norm 2 is not 0 or 1" },
        };
        for (const auto& it : cases) {
            const qa::context in_it("it", it);
            CPPUNIT_ASSERT_EQUAL("window: " + it.message,
                                 refusal([&] { window(it.name, it.parameters); }));
        }

        const auto unknown = refusal([] { window("Hann"); });
        CPPUNIT_ASSERT(unknown.find("window: name 'Hann' is none of barthann, bartlett, ") == 0);
        for (const auto& name : window::names())
            CPPUNIT_ASSERT_MESSAGE(name, unknown.find(name) != std::string::npos);

        CPPUNIT_ASSERT_EQUAL(std::string("window: 0 taps are too few, at least 1 is needed"),
                             refusal([] { window(values{}); }));
        CPPUNIT_ASSERT_EQUAL(std::string("window: 2 taps is zero everywhere"), refusal([] {
                                 window(values{ 0, 0 });
                             }));
        CPPUNIT_ASSERT_EQUAL(std::string("window: 2 taps is not finite at index 1"), refusal([=] {
                                 window(values{ 1, nan });
                             }));
        const std::vector<std::complex<double>> imaginary{ { 0, infinity } };
        CPPUNIT_ASSERT_EQUAL(std::string("window: 1 tap is not finite at index 0"),
                             refusal([&] { window{ imaginary }; }));
    }

    void wrong_lengths_are_refused()
    {
        const auto even_only = "must be symmetric and of even length";
        const struct {
            window given;
            std::size_t length;
            bool symmetric;
            std::string message;
        } cases[]{
            { "hann", 0, false, "length: 0: must be 1 or more" },
            { window(values{ 1, 2 }), 3, false, "length: 3: must be the number of taps, 2" },
            { "hann", 2, true, "window: symmetric hann of length 2 is zero everywhere" },
            { "blackman", 2, true, "window: symmetric blackman of length 2 is zero everywhere" },
            { "barthann", 2, true, "window: symmetric barthann of length 2 is zero everywhere" },
            { "bohman", 2, true, "window: symmetric bohman of length 2 is zero everywhere" },
            { "lanczos", 2, true, "window: symmetric lanczos of length 2 is zero everywhere" },
            { { "gaussian", { 1e-3 } },
              4,
              true,
              "window: symmetric gaussian(0.001) of length 4 is zero everywhere" },
            { { "general_cosine", { 1e308, 1e308 } },
              5,
              true,
              "window: symmetric general_cosine(1e+308, 1e+308) of length 5 is not finite at index "
              "2" },
            { { "dpss", { 4 } },
              8,
              false,
              "window: periodic dpss(4) of length 8 needs a length above 2 NW" },
            { { "exponential", { 1, 2 } },
              4,
              true,
              "window: symmetric exponential(1, 2) of length 4 must be periodic, its center is "
              "given" },
            { { "kbd", { 4 } },
              5,
              true,
              std::string("window: symmetric kaiser_bessel_derived(4) of length 5 ") + even_only },
            { { "kbd", { 4 } },
              4,
              false,
              std::string("window: periodic kaiser_bessel_derived(4) of length 4 ") + even_only },
        };
        for (const auto& it : cases) {
            const qa::context in_it("it", it);
            CPPUNIT_ASSERT_EQUAL(it.message,
                                 refusal([&] { it.given.sample(it.length, it.symmetric); }));
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_window);
