/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/dstft_support.h"

using namespace gr::stft::kernel;

namespace {

//! Window lengths that are no sizes of anything, one for which samples lie on the edge, and a very long one.
const std::vector<double> lengths{ 0.7, 3, 7.37, 16, 101.1, 4096.5 };

//! The window on one frame in the precision of T, as the transform of an impulse train sees it: S[0] of one impulse.
template <class T>
double impulse(const char* name, norm n, std::size_t n_fft, double x, double theta)
{
    dstft<T> transform(n_fft, name, n, sharing::constant);
    const T one = 1;
    std::vector<std::complex<real_t<T>>> spectrum(transform.bins());
    transform.analyse({ &one, 0, 1 }, position::at(-x), &theta, spectrum.data());
    return static_cast<double>(spectrum[0].real());
}

void refuses(const std::string& name,
             const std::string& message,
             std::vector<double> parameters = {})
{
    const auto said = qa::refusal([&] { window_family(name, parameters); });
    CPPUNIT_ASSERT_MESSAGE(name + ": " + said, said.find(message) != std::string::npos);
}

} // namespace

class qa_window_family : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_window_family);
    CPPUNIT_TEST(every_shape_is_its_formula);
    CPPUNIT_TEST(single_precision_is_near_double);
    CPPUNIT_TEST(derivatives_are_central_differences);
    CPPUNIT_TEST(integrals_are_those_of_the_formulas);
    CPPUNIT_TEST(shapes_are_even_one_at_the_centre_and_zero_outside);
    CPPUNIT_TEST(shapes_are_continuous_at_the_edge);
    CPPUNIT_TEST(gaussian_takes_its_width);
    CPPUNIT_TEST(windows_that_jump_are_refused);
    CPPUNIT_TEST(other_names_and_parameters_are_refused);
    CPPUNIT_TEST(names_and_descriptions);
    CPPUNIT_TEST(norms_and_sharings_have_names);
    CPPUNIT_TEST_SUITE_END();

    void every_shape_is_its_formula()
    {
        for (const auto& plain : qa::plain_families) {
            const window_family family(plain.name);
            for (double theta : lengths)
                for (int i = -500; i <= 500; ++i) {
                    const double x = 0.4999 * theta * i / 500;
                    const double error =
                        std::abs(static_cast<double>(plain.g(static_cast<long double>(x) / theta)) -
                                 family.evaluate(x, theta));
                    CPPUNIT_ASSERT_MESSAGE(plain.name, error <= 1e-15);
                }
        }
    }

    void single_precision_is_near_double()
    {
        for (const auto& plain : qa::plain_families)
            for (double theta : { 7.37, 30.0, 63.9 })
                for (int i = -80; i <= 80; ++i) {
                    const double x = 0.4999 * theta * i / 80;
                    const auto exact =
                        static_cast<double>(plain.g(static_cast<long double>(x) / theta));
                    const double in_float = impulse<float>(plain.name, norm::peak, 64, x, theta);
                    CPPUNIT_ASSERT_MESSAGE(plain.name, std::abs(in_float - exact) <= 5e-7);
                    const double in_double = impulse<double>(plain.name, norm::peak, 64, x, theta);
                    CPPUNIT_ASSERT_MESSAGE(plain.name, std::abs(in_double - exact) <= 1e-13);
                }
    }

    void derivatives_are_central_differences()
    {
        for (const auto& plain : qa::plain_families) {
            const qa::context in_plain("plain", plain);
            const window_family family(plain.name);
            for (double theta : lengths)
                for (int i = -50; i <= 50; ++i) {
                    if (i == 0)
                        continue; // Bartlett's tip
                    const long double x = 0.4951L * theta * i / 50, h = 1e-5L * theta;
                    const auto g = [&](long double at, long double length) {
                        return plain.g(at / length);
                    };
                    const auto by_length = (g(x, theta + h) - g(x, theta - h)) / (2 * h);
                    // the centre moves, not the sample
                    const auto by_position = (g(x - h, theta) - g(x + h, theta)) / (2 * h);
                    // an error of the difference of (2 pi 3 / theta)^3 h^2 / 6, at most
                    const double limit = 2e-7 / theta;
                    const auto at = static_cast<double>(x);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(plain.name,
                                                         static_cast<double>(by_length),
                                                         family.evaluate(at, theta, wrt::length),
                                                         limit);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(plain.name,
                                                         static_cast<double>(by_position),
                                                         family.evaluate(at, theta, wrt::position),
                                                         limit);
                }
            for (const auto variable : { wrt::length, wrt::position }) {
                const qa::context in_variable("variable", variable);
                CPPUNIT_ASSERT_EQUAL(0.0, std::abs(family.evaluate(0, 12.5, variable)));
            }
        }
    }

    void integrals_are_those_of_the_formulas()
    {
        for (const auto& plain : qa::plain_families) {
            const window_family family(plain.name);
            if (std::string(plain.name) == "gaussian")
                continue;
            const auto integral = static_cast<double>(plain.integral(1)),
                       energy = static_cast<double>(plain.integral(2));
            CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(plain.name, integral, family.integral(), 2e-13);
            CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(plain.name, energy, family.energy(), 2e-13);
        }
        const auto closed = [](const char* name, double integral, double energy) {
            const window_family family(name);
            CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(name, integral, family.integral(), 1e-14);
            CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(name, energy, family.energy(), 1e-14);
        };
        closed("hann", 1.0 / 2, 3.0 / 8);
        closed("sine", 2 / qa::pi, 1.0 / 2);
        closed("bartlett", 1.0 / 2, 1.0 / 3);
        closed("parzen", 3.0 / 8, 151.0 / 560);
        closed("blackman", 0.42, 0.42 * 0.42 + (0.5 * 0.5 + 0.08 * 0.08) / 2);
        const double rho = 1.0 / 6; // of the whole line
        closed("gaussian", rho * std::sqrt(2 * qa::pi), rho * std::sqrt(qa::pi));
    }

    void shapes_are_even_one_at_the_centre_and_zero_outside()
    {
        for (const auto& name : window_family::names()) {
            const qa::context in_name("name", name);
            const window_family family(name);
            for (double theta : lengths) {
                const qa::context in_theta("theta", theta);
                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(name, 1.0, family.evaluate(0, theta), 2e-16);
                for (double u : { 0.1, 0.25, 0.3, 0.49 }) {
                    const qa::context in_u("u", u);
                    const double x = u * theta;
                    CPPUNIT_ASSERT_EQUAL(family.evaluate(x, theta), family.evaluate(-x, theta));
                    CPPUNIT_ASSERT_EQUAL(family.evaluate(x, theta, wrt::position),
                                         -family.evaluate(-x, theta, wrt::position));
                }
                for (double x : { theta / 2, 0.51 * theta, 3 * theta }) {
                    const qa::context in_x("x", x);
                    for (auto variable : { wrt::nothing, wrt::length, wrt::position }) {
                        const qa::context in_variable("variable", variable);
                        CPPUNIT_ASSERT_EQUAL(0.0, family.evaluate(x, theta, variable));
                        CPPUNIT_ASSERT_EQUAL(0.0, family.evaluate(-x, theta, variable));
                    }
                }
            }
        }
    }

    void shapes_are_continuous_at_the_edge()
    {
        for (const auto& name : window_family::names()) {
            const window_family family(name);
            const double step = name == "gaussian" ? std::exp(-4.5) : 0;
            CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                name, step, family.evaluate(50 - 1e-9, 100), 1e-10);
        }
    }

    void gaussian_takes_its_width()
    {
        const window_family narrow("gaussian", { 0.05 });
        CPPUNIT_ASSERT_DOUBLES_EQUAL(std::exp(-2.0), narrow.evaluate(2, 20), 1e-15);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            std::exp(-2.0) * 2, narrow.evaluate(2, 20, wrt::position), 1e-15);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.05 * std::sqrt(2 * qa::pi), narrow.integral(), 1e-16);
        CPPUNIT_ASSERT_EQUAL(sixth(), window_family("gaussian").rho());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            std::exp(-4.5), window_family("gaussian").evaluate(5, 10 + 1e-9), 1e-9);
        // a value that would be denormal is zero
        CPPUNIT_ASSERT_EQUAL(0.0, window_family("gaussian", { 0.01 }).evaluate(40, 100));
    }
    static double sixth() { return 1.0 / 6; }

    void windows_that_jump_are_refused()
    {
        refuses("boxcar",
                "window: boxcar: jumps by 1 at its edge, so it has no derivative: must be one of "
                "bartlett, ");
        refuses("hamming", "jumps by 0.08 at its edge");
        refuses("blackmanharris", "jumps by 6e-05 at its edge");
        refuses("nuttall",
                "window: nuttall: jumps by 0.0003628 at its edge, so it has no derivative: must be "
                "one of ");
        refuses("gaussian", "gaussian(0.2): jumps by 0.0439", { 0.2 });
        refuses("gaussian", "rho must be at most 1/6", { 0.1667 });
        CPPUNIT_ASSERT_EQUAL(std::string("accepted"),
                             qa::refusal([] { window_family("gaussian", { 1.0 / 6 }); }));
    }

    void other_names_and_parameters_are_refused()
    {
        const double nan = std::nan("");
        refuses("tukey", "is no family with a real length: must be one of ");
        refuses("hanning-ish", "window: ");
        refuses("", "window: ");
        refuses("hann", "window", { 0.1 });
        refuses("gaussian", "gaussian", { 0.1, 0.1 });
        refuses("gaussian", "gaussian", { nan });
        refuses("gaussian", "gaussian", { -0.1 });
        refuses("gaussian", "gaussian", { 0 });
        refuses("gaussian", "rho must be at least 0.001", { 0.0009 });
    }

    void names_and_descriptions()
    {
        CPPUNIT_ASSERT_EQUAL(qa::plain_families.size(), window_family::names().size());
        for (const auto& name : window_family::names()) {
            const qa::context in_name("name", name);
            CPPUNIT_ASSERT_EQUAL(name, window_family(name).description().substr(0, name.size()));
        }
        CPPUNIT_ASSERT_EQUAL(std::string("gaussian(0.125)"),
                             window_family("gaussian", { 0.125 }).description());
        CPPUNIT_ASSERT_EQUAL(std::string("sine"), window_family("cosine").description());
        CPPUNIT_ASSERT_EQUAL(std::string("hann"), window_family().description());
    }

    void norms_and_sharings_have_names()
    {
        for (const auto n : qa::norms) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT(norm_named(name_of(n)) == n);
        }
        for (const auto share : qa::sharings) {
            const qa::context in_share("share", share);
            CPPUNIT_ASSERT(sharing_named(name_of(share)) == share);
        }
        qa::assert_refused("norm: L2: must be peak, l1, l2, dcunit or contract",
                           [] { norm_named("L2"); });
        qa::assert_refused("share: row: must be constant, frame, bin or cell",
                           [] { sharing_named("row"); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_window_family);
