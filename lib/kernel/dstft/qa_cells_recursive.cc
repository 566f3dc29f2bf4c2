/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "cells_recursive.h"
#include "qa/cell_support.h"

using namespace gr::stft::kernel;
using qa::plain_dstft;

//! Recursive sums: which frames they compute, and that those are plain sums. What they make of whole signals is in
//! qa_dstft_recursive.cc.
class qa_cells_recursive : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_cells_recursive);
    CPPUNIT_TEST(frames_that_follow_closely_are_computed_from_the_third_on);
    CPPUNIT_TEST(computed_frames_are_plain_sums);
    CPPUNIT_TEST(frames_that_are_not_computed_leave_the_results_alone);
    CPPUNIT_TEST(derivatives_can_join_later);
    CPPUNIT_TEST(windows_may_end_with_the_last_sample_that_there_is_room_for);
    CPPUNIT_TEST(short_windows_are_never_computed);
    CPPUNIT_TEST(steps_are_small_compared_with_the_mean_length);
    CPPUNIT_TEST_SUITE_END();

    enum class rows { spectra, all };

    //! One transform of one signal, of which each frame has the same lengths but where a test changes them.
    template <class T>
    struct transform {
        std::size_t n_fft;
        norm scale;
        std::vector<double> theta;
        std::vector<T> x;
        position t{ 150, 0 };
        cell_norms<real_t<T>> norms;
        cells_recursive<T> cells;
        qa::cell_rows<T> found;

        transform(std::size_t size, norm n, std::vector<double> lengths)
            : n_fft(size), scale(n), theta(std::move(lengths)), x(qa::noise<T>(600, 3)),
              norms(theta.size(), size, "hann", n), cells(size, n), found(theta.size())
        {}

        bool analyse(rows wanted = rows::all)
        {
            const bool all = wanted == rows::all;
            return cells.analyse(qa::excerpt_of(x),
                                 t,
                                 theta.data(),
                                 norms,
                                 found.S.data(),
                                 all ? found.by_theta.data() : nullptr,
                                 all ? found.by_t.data() : nullptr);
        }

        void assert_plain(const std::string& what) const
        {
            qa::assert_plain_rows(plain_dstft(n_fft, "hann", scale), x, t, theta, found, what);
        }

        std::string text() const
        {
            return qa::type_text<T>() + ", n_fft " + std::to_string(n_fft) + ", " + name_of(scale) +
                   ", t " + std::to_string(t.value());
        }
    };

    //! Mostly long, some short.
    static std::vector<double> long_lengths(std::size_t bins, std::size_t n_fft)
    {
        const auto N = static_cast<double>(n_fft);
        std::vector<double> theta;
        for (std::size_t m = 0; m < bins; ++m)
            theta.push_back(m % 11 == 5 ? 9.25 : N * (1 - 0.03 * static_cast<double>(m % 7)));
        return theta;
    }

    template <class T>
    static transform<T> long_windows(std::size_t n_fft, norm n = norm::l2)
    {
        return { n_fft, n, long_lengths(bins<T>(n_fft), n_fft) };
    }

    //! A change before a frame, and whether the frame is then computed.
    template <class T>
    struct event {
        const char* what;
        std::function<void(transform<T>&)> change;
        bool computed;
    };

    template <class T>
    static void assert_events()
    {
        using one = transform<T>;
        const auto move = [](double step) { return [step](one& f) { f.t = f.t + step; }; };
        const auto nothing = [](one&) {};
        const auto add = [](std::int64_t at, real_t<T> value) {
            return [at, value](one& f) {
                f.t = f.t + 1;
                f.x[static_cast<std::size_t>(f.t.sample + at)] += value;
            };
        };
        // windows reach 64 samples to either side
        const std::vector<event<T>> events{
            { "the first frame", nothing, false },
            { "the same again", nothing, false },
            { "the second frame", move(1), false },
            { "the second again", nothing, false },
            { "the third frame", move(1), true },
            { "the third again", nothing, true },
            { "a fraction of a sample", move(0.375), true },
            { "and to the next sample", move(0.625), true },
            { "back by one", move(-1), false },
            { "the second after a step back", move(1), false },
            { "the third after a step back", move(1), true },
            { "a long step", move(40), false },
            { "the second after a long step", move(1), false },
            { "the third after a long step", move(1), true },
            { "a sample changed at the centre", add(0, 1), false },
            { "a frame after the change", move(1), true },
            { "the oldest sample under both windows changed", add(-63, 1), false },
            { "a frame after that", move(1), true },
            { "the newest sample under both windows changed", add(62, 1), false },
            { "one more frame", move(1), true },
            { "a sample changed that no window holds any more", add(-64, 1), true },
            { "a sample changed that enters", add(63, 1), true },
            { "a length changed",
              [](one& f) {
                  f.t = f.t + 1;
                  f.theta[3] *= 0.99;
              },
              false },
            { "the second after it", move(1), false },
            { "the third after it", move(1), true },
            { "a sample that is not finite enters",
              [](one& f) {
                  f.t = f.t + 1;
                  f.x[static_cast<std::size_t>(f.t.sample + 63)] =
                      T(std::numeric_limits<real_t<T>>::infinity());
              },
              false },
            { "it is still there", move(1), false },
            { "and at the same place", nothing, false },
            { "the same frame of another signal",
              [](one& f) { f.x[f.x.size() - 250] += 1; },
              false },
        };
        auto f = long_windows<T>(128);
        for (const auto& e : events) {
            e.change(f);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(f.text() + ": " + e.what, e.computed, f.analyse());
            if (e.computed)
                f.assert_plain(f.text() + ": " + e.what);
        }
        // the sample that is not finite leaves the longest window
        int left_out = 0;
        for (f.t = f.t + 1; !f.analyse(); f.t = f.t + 1)
            CPPUNIT_ASSERT_MESSAGE(f.text(), ++left_out < 200);
        CPPUNIT_ASSERT_MESSAGE(f.text() + ": " + std::to_string(left_out) + " left out",
                               left_out > 100);
        for (auto& sample : f.x) // the oracle takes 0 times infinity for NaN
            sample = std::isfinite(std::abs(sample)) ? sample : T(0);
        f.assert_plain(f.text() + ", after it");
    }

public:
    void frames_that_follow_closely_are_computed_from_the_third_on()
    {
        qa::for_every_type([](auto zero) { assert_events<decltype(zero)>(); });
    }

    void computed_frames_are_plain_sums()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto scale : qa::norms)
                for (std::size_t n_fft : { 67, 96, 131 }) // prime, even
                    for (double step : { 1.0, 0.375 }) {
                        auto f = long_windows<T>(n_fft, scale);
                        int computed = 0;
                        for (int n = 0; n < 40; ++n, f.t = f.t + step)
                            if (f.analyse()) {
                                ++computed;
                                if (n % 9 == 5)
                                    f.assert_plain(f.text());
                            }
                        CPPUNIT_ASSERT_EQUAL_MESSAGE(f.text(), 38, computed);
                    }
        });
    }

    void frames_that_are_not_computed_leave_the_results_alone()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            auto f = long_windows<T>(128);
            const qa::cell_rows<T> filled(f.theta.size(), { 7, -8 });
            f.found = filled;
            for (double step : { 0.0, 1.0, 50.0, -3.0, 1.0 }) {
                f.t = f.t + step;
                CPPUNIT_ASSERT_MESSAGE(f.text(), !f.analyse());
                CPPUNIT_ASSERT_MESSAGE(f.text(), filled == f.found);
            }
            f.t = f.t + 1;
            CPPUNIT_ASSERT_MESSAGE(f.text(), f.analyse());
            CPPUNIT_ASSERT_MESSAGE(f.text(), !(filled == f.found));
        });
    }

    void derivatives_can_join_later()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            auto f = long_windows<T>(96);
            for (int n = 0; n < 30; ++n, f.t = f.t + 1) {
                const bool all = n % 6 > 3;
                CPPUNIT_ASSERT_EQUAL_MESSAGE(
                    f.text(), n > 1, f.analyse(all ? rows::all : rows::spectra));
                if (n > 1 && all)
                    f.assert_plain(f.text());
            }
            // the derivatives of a frame whose spectrum alone was asked for
            f.analyse(rows::spectra);
            CPPUNIT_ASSERT_MESSAGE(f.text(), f.analyse(rows::all));
            f.assert_plain(f.text() + ", asked for afterwards");
        });
    }

    //! Steps of half a sample, at which some windows take a sample in while the longest one takes none. The address sanitizer
    //! tells whether that one reads what is after the samples.
    void windows_may_end_with_the_last_sample_that_there_is_room_for()
    {
        qa::for_every_type([](auto zero) {
            auto f = long_windows<decltype(zero)>(64);
            int computed = 0;
            for (int p = 0; p < 700; ++p, f.t = f.t + 0.5)
                if (f.analyse()) {
                    if (++computed % 100 == 0)
                        f.assert_plain(f.text());
                }
            CPPUNIT_ASSERT(computed > 690);
        });
    }

    void short_windows_are_never_computed()
    {
        const auto assert_computed = [](bool expected, const auto& lengths, norm scale) {
            transform<double> f(lengths.size() * 2 - 2, scale, lengths);
            for (int n = 0; n < 6; ++n, f.t = f.t + 0.25)
                CPPUNIT_ASSERT_EQUAL_MESSAGE(f.text() + ", theta " + std::to_string(lengths[0]),
                                             expected && n > 1,
                                             f.analyse());
        };
        for (std::size_t n_fft : { 2, 4, 16, 30 })
            assert_computed(
                false, std::vector<double>(n_fft / 2 + 1, static_cast<double>(n_fft)), norm::l2);
        assert_computed(true, std::vector<double>(17, 32), norm::l2);
        assert_computed(false, std::vector<double>(17, 31.9), norm::l2);
        // dcunit divides by the sum of a window, of which so short a one may hold one small value
        std::vector<double> one_short(65, 128);
        one_short[9] = 1.9;
        assert_computed(true, one_short, norm::l2);
        assert_computed(false, one_short, norm::dcunit);
        one_short[9] = 2;
        assert_computed(true, one_short, norm::dcunit);
    }

    template <class T>
    static void assert_largest_step(double part)
    {
        for (double mean : { 64.0, 100.0, 128.0 })
            for (const bool larger : { false, true }) {
                transform<T> f(128, norm::l2, std::vector<double>(bins<T>(128), mean));
                const double step = part * mean * (larger ? 1.02 : 0.98);
                for (int n = 0; n < 6; ++n, f.t = f.t + step)
                    CPPUNIT_ASSERT_EQUAL_MESSAGE(
                        f.text() + ", step " + std::to_string(step), !larger && n > 1, f.analyse());
            }
    }

    void steps_are_small_compared_with_the_mean_length()
    {
        assert_largest_step<float>(0.03);
        assert_largest_step<std::complex<float>>(0.03);
        assert_largest_step<double>(0.07);
        assert_largest_step<std::complex<double>>(0.07);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_cells_recursive);
