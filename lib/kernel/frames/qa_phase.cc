/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/frames/phase.h>

using namespace gr::stft::kernel;
using qa::values;

namespace {

const std::vector<phase_reference> references{
    "start", "centre", "absolute", phase_reference::fixed(0), phase_reference::fixed(-1000000007),
};

struct layout {
    sides which;
    std::int64_t first_bin(std::size_t n_fft) const
    {
        return which == sides::centered ? -static_cast<std::int64_t>(n_fft / 2) : 0;
    }
};
constexpr layout layouts[]{ { sides::onesided }, { sides::twosided }, { sides::centered } };

values spectrum(const phase_reference& phase,
                std::int64_t start,
                std::size_t win_length,
                std::size_t n_fft,
                layout order)
{
    const auto frame = qa::exactly(qa::noise<qa::value>(win_length));
    return qa::plain_dft(frame,
                         values(win_length, 1),
                         qa::counted_from(phase, start, win_length),
                         n_fft,
                         bins(order.which, n_fft),
                         order.first_bin(n_fft));
}

//! Every pair of references, at a start, against plain sums.
template <class R>
void assert_converts(std::int64_t start, double tolerance)
{
    auto shapes = qa::shapes;
    shapes.push_back({ 40, 19, 8, 3 }); // windows longer than n_fft
    shapes.push_back({ 40, 22, 7, 3 });
    for (const auto& s : shapes)
        for (auto order : layouts)
            for (const auto& source : references)
                for (const auto& target : references) {
                    const auto given = spectrum(source, start, s.win_length, s.n_fft, order);
                    std::vector<std::complex<R>> converted(given.begin(), given.end());
                    phase_converter<R>(
                        s.n_fft, s.win_length, source, target, order.which == sides::centered)
                        .convert(converted.data(), converted.size(), start, converted.data());
                    qa::assert_near(spectrum(target, start, s.win_length, s.n_fft, order),
                                    converted,
                                    tolerance,
                                    s.text() + " " + source.name() + " to " + target.name());
                }
}

} // namespace

class qa_phase : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_phase);
    CPPUNIT_TEST(conversions_equal_plain_sums);
    CPPUNIT_TEST(distance_costs_no_precision);
    CPPUNIT_TEST(offset_is_minus_r_on_the_circle);
    CPPUNIT_TEST(unit_roots_are_exact_on_axes_and_diagonals);
    CPPUNIT_TEST(unit_roots_are_right_to_the_last_bit);
    CPPUNIT_TEST(same_reference_changes_nothing);
    CPPUNIT_TEST(names_come_back);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void conversions_equal_plain_sums()
    {
        for (int start : { -13, 0, 5 }) {
            assert_converts<double>(start, 1e-14);
            assert_converts<float>(start, 3e-7);
        }
    }

    void distance_costs_no_precision()
    {
        for (std::int64_t start : { 1000000000000007, -1000000000000003 }) {
            assert_converts<double>(start, 1e-14);
            assert_converts<float>(start, 3e-7);
        }
    }

    void offset_is_minus_r_on_the_circle()
    {
        const std::int64_t far = 1000000000000003;
        for (std::int64_t start : { -far, -far % 8, std::int64_t(0), far }) {
            const qa::context in_start("start", start);
            for (const auto& s : qa::shapes) {
                const qa::context in_s("s", s);
                for (const auto& phase : references) {
                    const qa::context in_phase("phase", phase);
                    const auto r = qa::counted_from(phase, start, s.win_length);
                    const auto offset = phase.offset(start, s.win_length, s.n_fft);
                    CPPUNIT_ASSERT(offset < s.n_fft);
                    CPPUNIT_ASSERT_EQUAL(std::int64_t(0),
                                         (r + std::int64_t(offset)) % std::int64_t(s.n_fft));
                }
            }
        }
    }

    void unit_roots_are_exact_on_axes_and_diagonals()
    {
        for (std::size_t n : { 1, 2, 3, 4, 8, 12, 1000, 1 << 20 }) {
            const qa::context in_n("n", n);
            for (std::size_t quarter = 0; quarter < 4; ++quarter) {
                const qa::context in_quarter("quarter", quarter);
                if (quarter * n % 4 != 0)
                    continue;
                const qa::value axes[]{ { 1, 0 }, { 0, 1 }, { -1, 0 }, { 0, -1 } };
                CPPUNIT_ASSERT_EQUAL(axes[quarter], unit_root(quarter * n / 4, n));
            }
        }
        for (std::size_t n : { 8, 64, 1 << 20 }) {
            const qa::context in_n("n", n);
            for (std::size_t odd : { 1, 3, 5, 7 }) {
                const qa::context in_odd("odd", odd);
                const auto root = unit_root(odd * n / 8, n);
                const double half = std::sqrt(0.5);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    odd == 1 || odd == 7 ? half : -half, root.real(), 2e-16);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(odd < 4 ? half : -half, root.imag(), 2e-16);
            }
        }
    }

    void unit_roots_are_right_to_the_last_bit()
    {
        for (std::size_t n : { 1, 2, 3, 5, 7, 16, 31, 127, 1000, 4099 }) {
            const qa::context in_n("n", n);
            for (std::size_t j = 0; j < n; ++j) {
                const qa::context in_j("j", j);
                CPPUNIT_ASSERT(std::abs(unit_root(j, n) - std::conj(qa::twiddle(1, j, n))) <
                               2.3e-16);
            }
        }
    }

    void same_reference_changes_nothing()
    {
        const auto given = qa::noise<std::complex<float>>(15);
        for (const auto& phase : references) {
            const qa::context in_phase("phase", phase);
            std::vector<std::complex<float>> converted(15);
            phase_converter<float>(15, 12, phase, phase)
                .convert(given.data(), given.size(), 77, converted.data());
            CPPUNIT_ASSERT(given == converted);
        }
    }

    void names_come_back()
    {
        for (const char* name : { "start", "centre", "absolute" }) {
            const qa::context in_name("name", name);
            CPPUNIT_ASSERT_EQUAL(std::string(name), phase_reference(name).name());
            CPPUNIT_ASSERT(phase_reference(name) == phase_reference(name));
        }
        CPPUNIT_ASSERT_EQUAL(std::string("-42"), phase_reference::fixed(-42).name());
        CPPUNIT_ASSERT(phase_reference::fixed(1) == phase_reference::fixed(1));
        CPPUNIT_ASSERT(!(phase_reference::fixed(1) == phase_reference::fixed(2)));
        CPPUNIT_ASSERT(!(phase_reference::fixed(0) == phase_reference("start")));
    }

    void wrong_arguments_are_refused()
    {
        const auto refused = [](const char* message, std::size_t n_fft, std::size_t win_length) {
            qa::assert_refused(
                message, [=] { phase_converter<double>(n_fft, win_length, "start", "centre"); });
        };
        refused("n_fft: 0: must be 1 or more", 0, 1);
        refused("win_length: 0: must be 1 or more", 8, 0);
        refused("accepted", 8, 8);
        refused("accepted", 8, 9);
        CPPUNIT_ASSERT(phase_reference("center") == phase_reference("centre"));
        qa::assert_refused("phase: Start: must be start, centre or absolute",
                           [] { phase_reference("Start"); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_phase);
