/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/angles.h"
#include "kernel/phase/magnitude_projection.h"
#include "kernel/phase/phase_gradient.h"
#include "kernel/phase/settled_signal.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/stft/stft.h>

using namespace gr::stft::kernel;

namespace {

struct one {
    std::size_t n_fft, win_length, hop;
};

const std::vector<one> sizes{ { 64, 64, 8 }, { 63, 50, 7 }, { 37, 37, 12 }, { 8, 5, 5 } };

phase_settings made(const one& c, sides which)
{
    phase_settings s;
    s.n_fft = c.n_fft;
    s.win_length = c.win_length;
    s.hop = c.hop;
    s.window = window("hamming");
    s.sides = which;
    return s;
}

//! Sides that samples of this type may have.
template <class T>
std::vector<sides> sides_of()
{
    if (is_real_v<T>)
        return { sides::onesided };
    return { sides::twosided, sides::centered };
}

//! Frames of noise, that of index p at p hop, phases counted from centres.
template <class T>
std::vector<std::vector<std::complex<real_t<T>>>> frames_of(const phase_settings& s,
                                                            std::size_t count)
{
    stft<T> forward(s.frames_of());
    const auto x = qa::noise<T>(count * s.hop + s.n_fft);
    std::vector<std::vector<std::complex<real_t<T>>>> all;
    for (std::size_t p = 0; p < count; ++p) {
        all.emplace_back(forward.bins());
        forward.analyse(x.data() + p * s.hop, 0, all.back().data());
    }
    return all;
}

//! The largest distance of two spectra, relative to the largest value; a factor on all of one does not count.
template <class R>
double distance(const std::vector<std::complex<R>>& expected,
                const std::vector<std::complex<R>>& actual,
                double factor)
{
    double off = 0, most = 0;
    for (std::size_t k = 0; k < expected.size(); ++k) {
        off = std::max(off, std::abs(qa::value(actual[k]) * factor - qa::value(expected[k])));
        most = std::max(most, std::abs(qa::value(expected[k])));
    }
    return off / most;
}

template <class T>
struct pending_frame {
    std::size_t slot;
    std::int64_t start;
    const std::vector<std::complex<real_t<T>>>* spectrum; // null: as it is
};

template <class T>
void begin(settled_signal<T>& signal, const std::vector<pending_frame<T>>& frames)
{
    std::vector<typename settled_signal<T>::pending> all;
    for (const auto& f : frames)
        all.push_back({ f.slot, f.start, f.spectrum ? f.spectrum->data() : nullptr });
    signal.begin(all.data(), all.size());
}

} // namespace

class qa_settled_signal : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_settled_signal);
    CPPUNIT_TEST(angles_are_those_of_atan2);
    CPPUNIT_TEST(phasors_have_the_angles);
    CPPUNIT_TEST(projections_have_the_magnitudes_and_leave_zeros_alone);
    CPPUNIT_TEST(projections_move_beyond_the_numbers);
    CPPUNIT_TEST(inverse_roots_are_near_at_any_exponent);
    CPPUNIT_TEST(what_has_no_finite_sum_is_bounded);
    CPPUNIT_TEST(frames_of_a_signal_agree_with_each_other);
    CPPUNIT_TEST(replaced_frames_are_as_if_they_had_been_so_before);
    CPPUNIT_TEST(frames_out_of_reach_are_kept_for_later);
    CPPUNIT_TEST(settled_frames_pull_a_wrong_one);
    CPPUNIT_TEST(frames_beyond_all_settled_ones_are_alone);
    CPPUNIT_TEST(frames_that_are_not_finite_are_left_out);
    CPPUNIT_TEST_SUITE_END();

    template <class R>
    static void assert_angles(double limit)
    {
        std::vector<R> numbers, cycles;
        const auto add = [&](double re, double im) {
            numbers.push_back(static_cast<R>(re));
            numbers.push_back(static_cast<R>(im));
        };
        for (int i = -1000; i <= 1000; ++i)
            for (const double modulus : { 1e-30, 1.0, 1e30 })
                add(modulus * std::cos(i * qa::pi / 1000), modulus * std::sin(i * qa::pi / 1000));
        for (const double re : { -1.0, 0.0, 1.0 })
            for (const double im : { -1.0, 0.0, 1.0 })
                if (re != 0 || im != 0)
                    add(re, im);
        const auto count = numbers.size() / 2;
        cycles.resize(count);
        simd::dispatch<phase_loops::angles<R>>(numbers.data(), count, cycles.data());
        for (std::size_t i = 0; i < count; ++i) {
            const auto expected = std::atan2(static_cast<double>(numbers[2 * i + 1]),
                                             static_cast<double>(numbers[2 * i])) /
                                  (2 * qa::pi);
            CPPUNIT_ASSERT(std::abs(cycles[i]) <= 0.5);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                0, std::remainder(static_cast<double>(cycles[i]) - expected, 1), limit);
        }
    }

    void angles_are_those_of_atan2()
    {
        assert_angles<float>(6e-8);
        assert_angles<double>(1.2e-16);
    }

    template <class R>
    static void assert_phasors(double limit)
    {
        std::vector<R> cycles, magnitudes;
        for (int i = -1000; i <= 1000; ++i) {
            cycles.push_back(static_cast<R>(i) / 2000);
            magnitudes.push_back(static_cast<R>(1 + (i + 1000) % 3));
        }
        std::vector<std::complex<R>> got(cycles.size());
        simd::dispatch<phase_loops::phasors<R>>(
            magnitudes.data(), cycles.data(), cycles.size(), reinterpret_cast<R*>(got.data()));
        for (std::size_t i = 0; i < cycles.size(); ++i) {
            const auto magnitude = static_cast<double>(magnitudes[i]);
            const auto angle = 2 * qa::pi * static_cast<double>(cycles[i]);
            const auto expected = std::polar(magnitude, angle);
            CPPUNIT_ASSERT(std::abs(qa::value(got[i]) - expected) <= limit * magnitude);
        }
    }

    void phasors_have_the_angles()
    {
        assert_phasors<float>(8e-7);
        assert_phasors<double>(1.3e-15);
    }

    void projections_have_the_magnitudes_and_leave_zeros_alone()
    {
        const std::vector<float> numbers{ 3, -4, 0, 0, 0, 1e-30f, 1e30f, 0, 0, -1e-3f };
        std::vector<float> row(numbers.size(), 7);
        const std::vector<float> magnitudes{ 1, 2, 3, 4, 5 };
        simd::dispatch<phase_loops::project<float>>(
            numbers.data(), magnitudes.data(), magnitudes.size(), 4, 0, row.data());
        const std::vector<float> expected{ 0.6f, -0.8f, 7, 7, 7, 7, 7, 7, 0, -5 };
        for (std::size_t i = 0; i < expected.size(); ++i)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected[i], row[i], 1e-6 * std::abs(expected[i]));
    }

    void projections_move_beyond_the_numbers()
    {
        const std::vector<float> magnitudes{ 2, 0 }, numbers{ 12, 0, 0, 6 };
        std::vector<float> row{ 0, 2, 0, 0 };
        simd::dispatch<phase_loops::project<float>>(
            numbers.data(), magnitudes.data(), 2, 4, 0.5f, row.data());
        const float length = std::hypot(9.f, 2.f); // 1.5 * 12 - 0.5 * 4 * 2j is twice that
        const std::vector<float> expected{ 18 / length, -4 / length, 0, 0 };
        for (std::size_t i = 0; i < expected.size(); ++i)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected[i], row[i], 2e-6);
    }

    void inverse_roots_are_near_at_any_exponent()
    {
        for (int exponent = -126; exponent < 127; ++exponent)
            for (float m = 1; m < 4; m *= 1.0009f) {
                const auto x = std::ldexp(m, exponent);
                const auto product = std::sqrt(static_cast<double>(x)) *
                                     static_cast<double>(phase_loops::inverse_root(x));
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1, product, 8e-7);
            }
    }

    void what_has_no_finite_sum_is_bounded()
    {
        const std::vector<float> magnitudes{ 0, 3, 1e20f, 1e30f, INFINITY, NAN, -INFINITY, -3 };
        std::vector<float> result(8), back(16), row;
        simd::dispatch<phase_loops::bounded_magnitudes<float>>(
            magnitudes.data(), 8, 1e20f, result.data());
        CPPUNIT_ASSERT((result == std::vector<float>{ 0, 3, 1e20f, 1e20f, 0, 0, 0, 0 }));
        for (const float r : result) {
            row.push_back(0.6f * r);
            row.push_back(-0.8f * r);
        }
        simd::dispatch<phase_loops::restore_magnitudes<float>>(
            row.data(), magnitudes.data(), 8, 1e20f, back.data());
        for (std::size_t k = 0; k < 4; ++k) {
            CPPUNIT_ASSERT_DOUBLES_EQUAL(0.6f * magnitudes[k], back[2 * k], 1e-6 * magnitudes[k]);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                -0.8f * magnitudes[k], back[2 * k + 1], 1e-6 * magnitudes[k]);
        }
        for (std::size_t i = 8; i < 14; ++i)
            CPPUNIT_ASSERT(!std::isfinite(back[i]));
        CPPUNIT_ASSERT_EQUAL(0.0f, back[14]);
    }

    void frames_of_a_signal_agree_with_each_other()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& c : sizes)
                for (const auto which : sides_of<T>()) {
                    const qa::context in_n("n_fft", c.n_fft);
                    const qa::context in_sides("sides", which);
                    const auto s = made(c, which);
                    const auto frames = frames_of<T>(s, 20);
                    settled_signal<T> signal(s);
                    std::vector<std::complex<real_t<T>>> got(s.bins());
                    const auto hop = static_cast<std::int64_t>(c.hop);
                    for (std::size_t p = 0; p + 1 < frames.size(); ++p) {
                        signal.advance(hop);
                        begin<T>(signal, { { 0, 0, &frames[p] }, { 1, hop, &frames[p + 1] } });
                        for (const std::int64_t later : { 0, 1 }) {
                            signal.analyse(later * hop, got.data());
                            const auto off = distance(frames[p + static_cast<std::size_t>(later)],
                                                      got,
                                                      1.0 / static_cast<double>(c.n_fft));
                            CPPUNIT_ASSERT(off < qa::limit<T>);
                        }
                        signal.settle(0);
                    }
                }
        });
    }

    void replaced_frames_are_as_if_they_had_been_so_before()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& c : sizes)
                for (const auto which : sides_of<T>()) {
                    const qa::context in_n("n_fft", c.n_fft);
                    const qa::context in_sides("sides", which);
                    const auto s = made(c, which);
                    const auto frames = frames_of<T>(s, 6);
                    settled_signal<T> signal(s), expected(s);
                    const auto hop = static_cast<std::int64_t>(c.hop);
                    for (auto* one : { &signal, &expected }) {
                        const auto* const from = &frames[one == &signal ? 0 : 3];
                        begin<T>(
                            *one,
                            { { 0, 0, from }, { 1, hop, from + 1 }, { 2, 2 * hop, from + 2 } });
                    }
                    for (const int a : { 2, 0, 1 })
                        signal.replace(static_cast<std::size_t>(a), a * hop, frames[a + 3].data());
                    std::vector<std::complex<real_t<T>>> got(s.bins()), wanted(s.bins());
                    for (const int settled : { 0, 1 }) {
                        for (const int a : { 0, 1 }) {
                            signal.analyse(a * hop, got.data());
                            expected.analyse(a * hop, wanted.data());
                            CPPUNIT_ASSERT(distance(wanted, got, 1) < 10 * qa::limit<T>);
                        }
                        if (settled)
                            break;
                        for (auto* one : { &signal, &expected }) {
                            one->settle(0);
                            one->advance(hop);
                            begin<T>(*one, { { 1, 0, nullptr }, { 2, hop, nullptr } });
                        }
                    }
                }
        });
    }

    void frames_out_of_reach_are_kept_for_later()
    {
        const auto s = made(sizes[0], sides::onesided);
        const auto frames = frames_of<double>(s, 4);
        std::vector<std::complex<double>> got(s.bins());
        for (const std::int64_t start : { -1, 129 }) {
            settled_signal<double> signal(s);
            CPPUNIT_ASSERT(!signal.reaches(start) && signal.reaches(0) && signal.reaches(128));
            begin<double>(signal, { { 0, 0, &frames[0] }, { 1, start, &frames[1] } });
            signal.analyse(0, got.data());
            CPPUNIT_ASSERT(distance(frames[0], got, 1.0 / 64) < 1e-12);
            signal.advance(64);
            begin<double>(signal, { { 1, 0, nullptr } });
            signal.analyse(0, got.data());
            CPPUNIT_ASSERT(distance(frames[1], got, 1.0 / 64) < 1e-12);
        }
    }

    void settled_frames_pull_a_wrong_one()
    {
        const one c{ 64, 64, 4 };
        const auto s = made(c, sides::onesided);
        const auto frames = frames_of<double>(s, 40);
        settled_signal<double> signal(s);
        for (const auto& frame : frames) {
            signal.advance(4);
            begin<double>(signal, { { 1, 0, &frame } });
            signal.settle(1);
        }
        auto wrong = frames_of<double>(s, 41)[40]; // the next one
        const auto right = wrong;
        for (auto& bin : wrong)
            bin = -bin;
        signal.advance(4);
        begin<double>(signal, { { 2, 0, &wrong } });
        std::vector<std::complex<double>> got(s.bins());
        signal.analyse(0, got.data());
        CPPUNIT_ASSERT(distance(right, got, 1.0 / 64) < 0.5 * distance(right, wrong, 1));
    }

    void frames_beyond_all_settled_ones_are_alone()
    {
        const auto s = made(sizes[0], sides::onesided);
        const auto frames = frames_of<double>(s, 10);
        for (const std::int64_t step :
             { std::int64_t(64), std::int64_t(1) << 40, std::int64_t(-1) }) {
            settled_signal<double> signal(s);
            begin<double>(signal, { { 0, 0, &frames[0] } });
            signal.settle(0);
            signal.advance(step);
            begin<double>(signal, { { 0, 0, &frames[9] } });
            std::vector<std::complex<double>> got(s.bins());
            signal.analyse(0, got.data());
            CPPUNIT_ASSERT(distance(frames[9], got, 1.0 / 64) < 1e-12);
        }
    }

    void frames_that_are_not_finite_are_left_out()
    {
        const auto s = made(sizes[0], sides::onesided);
        const auto frames = frames_of<float>(s, 2);
        std::vector<std::complex<float>> expected(s.bins()), got(s.bins());
        settled_signal<float> without(s), with(s);
        without.advance(8);
        begin<float>(without, { { 0, 0, &frames[1] } });
        without.analyse(0, expected.data());
        for (const float bad : { NAN, INFINITY, 1e38f }) {
            auto broken = frames[0];
            std::fill(broken.begin(), broken.end(), bad);
            begin<float>(with, { { 2, 0, &broken } });
            with.settle(2);
            with.advance(8);
            begin<float>(with, { { 0, 0, &frames[1] } });
            with.analyse(0, got.data());
            CPPUNIT_ASSERT(expected == got);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_settled_signal);
