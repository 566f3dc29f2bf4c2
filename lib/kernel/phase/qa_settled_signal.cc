/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/angles.h"
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

} // namespace

class qa_settled_signal : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_settled_signal);
    CPPUNIT_TEST(angles_are_those_of_atan2);
    CPPUNIT_TEST(directions_have_modulus_1_and_leave_zeros_alone);
    CPPUNIT_TEST(directions_move_beyond_the_numbers);
    CPPUNIT_TEST(frames_of_a_signal_agree_with_each_other);
    CPPUNIT_TEST(replaced_frames_are_as_if_they_had_been_so_before);
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

    void directions_have_modulus_1_and_leave_zeros_alone()
    {
        std::vector<float> numbers{ 3, -4, 0, 0, 0, 1e-30f, 1e30f, 0, 0, -1e-3f };
        std::vector<float> units(numbers.size(), 7);
        const std::vector<float> magnitudes{ 1, 2, 3, 4, 1e21f };
        simd::dispatch<phase_loops::directions<float>>(
            numbers.data(), magnitudes.data(), numbers.size() / 2, 1e20f, 4, 0, units.data());
        const std::vector<float> expected{ 0.6f, -0.8f, 7, 7, 7, 7, 7, 7, 0, -1 };
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected[i], units[i], 1e-6);
            const float magnitude = i < 8 ? magnitudes[i / 2] : 0; // the last one is out of bounds
            CPPUNIT_ASSERT_DOUBLES_EQUAL(magnitude * expected[i], numbers[i], 1e-5);
        }
    }

    void directions_move_beyond_the_numbers()
    {
        const std::vector<float> magnitudes{ 1, 1e30f, NAN };
        std::vector<float> numbers{ 6, 0, 6, 0, 0, 6 };
        std::vector<float> units{ 0, 1, 0, 1, 1, 0 };
        simd::dispatch<phase_loops::directions<float>>(
            numbers.data(), magnitudes.data(), 3, 1e20f, 4, 0.5f, units.data());
        const float length = std::hypot(9.f, 2.f); // 1.5 * 6 - 0.5 * 4j
        const std::vector<float> expected{ 9 / length, -2 / length, 1, 0, 0, 1 };
        for (std::size_t i = 0; i < expected.size(); ++i)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected[i], units[i], 1e-6);
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
                        signal.take(0, frames[p].data());
                        signal.take(1, frames[p + 1].data());
                        signal.begin(c.hop);
                        signal.add(0, 0);
                        signal.add(1, c.hop);
                        signal.complete();
                        for (const std::size_t later : { 0, 1 }) {
                            signal.analyse(later * c.hop, got.data());
                            const auto off = distance(
                                frames[p + later], got, 1.0 / static_cast<double>(c.n_fft));
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
                    const auto begin = [&](auto& one) {
                        one.begin(2 * c.hop);
                        for (std::size_t a = 0; a < 3; ++a)
                            one.add(a, a * c.hop);
                        one.complete();
                    };
                    for (std::size_t a = 0; a < 3; ++a) {
                        signal.take(a, frames[a].data());
                        expected.take(a, frames[a + 3].data());
                    }
                    begin(signal);
                    begin(expected);
                    for (const std::size_t a : { 2, 0, 1 })
                        signal.replace(a, a * c.hop, frames[a + 3].data());
                    std::vector<std::complex<real_t<T>>> got(s.bins()), wanted(s.bins());
                    for (const int settled : { 0, 1 }) {
                        for (std::size_t a = 0; a < 2; ++a) {
                            signal.analyse(a * c.hop, got.data());
                            expected.analyse(a * c.hop, wanted.data());
                            CPPUNIT_ASSERT(distance(wanted, got, 1) < 10 * qa::limit<T>);
                        }
                        if (settled)
                            break;
                        for (auto* one : { &signal, &expected }) {
                            one->settle(0);
                            one->advance(static_cast<std::int64_t>(c.hop));
                            one->begin(c.hop);
                            one->add(1, 0);
                            one->add(2, c.hop);
                            one->complete();
                        }
                    }
                }
        });
    }

    void settled_frames_pull_a_wrong_one()
    {
        const one c{ 64, 64, 4 };
        const auto s = made(c, sides::onesided);
        const auto frames = frames_of<double>(s, 40);
        settled_signal<double> signal(s);
        for (const auto& frame : frames) {
            signal.advance(4);
            signal.take(1, frame.data());
            signal.settle(1);
        }
        auto wrong = frames_of<double>(s, 41)[40]; // the next one
        const auto right = wrong;
        for (auto& bin : wrong)
            bin = -bin;
        signal.advance(4);
        signal.take(2, wrong.data());
        signal.begin(0);
        signal.add(2, 0);
        signal.complete();
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
            signal.take(0, frames[0].data());
            signal.settle(0);
            signal.advance(step);
            signal.take(0, frames[9].data());
            signal.begin(0);
            signal.add(0, 0);
            signal.complete();
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
        without.take(0, frames[1].data());
        without.begin(0);
        without.add(0, 0);
        without.complete();
        without.analyse(0, expected.data());
        for (const float bad : { NAN, INFINITY, 1e38f }) {
            auto broken = frames[0];
            std::fill(broken.begin(), broken.end(), bad);
            with.take(2, broken.data());
            with.settle(2);
            with.advance(8);
            with.take(0, frames[1].data());
            with.begin(0);
            with.add(0, 0);
            with.complete();
            with.analyse(0, got.data());
            CPPUNIT_ASSERT(expected == got);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_settled_signal);
