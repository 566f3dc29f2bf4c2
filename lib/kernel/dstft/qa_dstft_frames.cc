/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/dstft_cases.h"

using namespace gr::stft::kernel;
using qa::analysed;
using qa::for_kernel;
using qa::plain_dstft;
using qa::signal;
using qa::spectrum_t;
using qa::values;

//! Places of frames, and the samples that are theirs.
class qa_dstft_frames : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_dstft_frames);
    CPPUNIT_TEST(longest_windows_hold_n_fft_samples);
    CPPUNIT_TEST(far_positions_are_as_exact_as_near_ones);
    CPPUNIT_TEST(samples_outside_of_the_excerpt_are_zero);
    CPPUNIT_TEST(spectra_are_smooth_where_t_crosses_a_sample);
    CPPUNIT_TEST(a_window_between_samples_gives_zero);
    CPPUNIT_TEST(non_finite_samples_stay_under_their_windows);
    CPPUNIT_TEST(a_frame_does_not_depend_on_those_before);
    CPPUNIT_TEST(positions_split_and_add);
    CPPUNIT_TEST(theta_fields_have_offsets);
    CPPUNIT_TEST_SUITE_END();

    void longest_windows_hold_n_fft_samples()
    {
        // theta = n_fft at a fraction above (n_fft % 2) / 2 reaches t.sample + n_fft / 2, rounded up
        for (std::size_t n_fft : { 2, 3, 8, 31 })
            for (const auto share : { sharing::frame, sharing::cell }) {
                const qa::context in_share("share", share);
                dstft<double> transform(n_fft, "bartlett", norm::peak, share);
                const std::vector<double> theta(transform.thetas(), static_cast<double>(n_fft));
                const auto reach = static_cast<std::int64_t>((n_fft + 1) / 2);
                const double one = 1, fraction = 0.9;
                for (std::int64_t r = -reach - 1; r <= reach + 1; ++r) {
                    const qa::context in_r("r", r);
                    const auto S = analysed<double>(
                        transform, { &one, 100 + r, 101 + r }, { 100, fraction }, theta);
                    const double u =
                        (static_cast<double>(r) - fraction) / static_cast<double>(n_fft);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        std::max(0.0, 1 - 2 * std::abs(u)), std::abs(S[0]), 1e-15);
                }
            }
    }

    template <class T>
    static void assert_far(std::size_t n_fft, sharing share)
    {
        // multiples of n_fft away the phase is the same
        dstft<T> transform(n_fft, "hann", norm::l2, share);
        const auto x = signal<T>(3 * n_fft);
        const auto end = static_cast<std::int64_t>(x.size()),
                   size = static_cast<std::int64_t>(n_fft);
        const auto theta =
            for_kernel(transform, qa::window_lengths(share, 1, transform.bins(), n_fft));
        const position t{ size + 1, 0.3 };
        const auto near = analysed<T>(transform, { x.data(), 0, end }, t, theta);
        for (const std::int64_t away :
             { 1000000000000 / size * size, -1000000000000 / size * size }) {
            const qa::context in_away("away", away);
            const auto far = analysed<T>(
                transform, { x.data(), away, away + end }, { t.sample + away, t.fraction }, theta);
            CPPUNIT_ASSERT(near == far);
            spectrum_t<T> G(transform.bins(), 1);
            std::vector<T> near_x(x.size()), far_x(x.size());
            transform.pull_back(
                { nullptr, 0, end }, t, theta.data(), G.data(), nullptr, nullptr, near_x.data());
            transform.pull_back({ nullptr, away, away + end },
                                { t.sample + away, t.fraction },
                                theta.data(),
                                G.data(),
                                nullptr,
                                nullptr,
                                far_x.data());
            CPPUNIT_ASSERT(near_x == far_x);
        }
        const plain_dstft plain(n_fft, "hann", norm::l2);
        const std::int64_t away = 1000000000001;
        const auto all =
            theta.size() == 1 ? std::vector<double>(transform.bins(), theta[0]) : theta;
        qa::assert_near(
            plain.analyse(qa::exactly(x), away, { t.sample + away, t.fraction }, all),
            analysed<T>(
                transform, { x.data(), away, away + end }, { t.sample + away, t.fraction }, theta),
            qa::dstft_limit<T>,
            "far");
    }

    void far_positions_are_as_exact_as_near_ones()
    {
        qa::for_every_type([](auto type) {
            for (std::size_t n_fft : { 7, 64, 90 })
                for (const auto share : qa::sharings)
                    assert_far<decltype(type)>(n_fft, share);
        });
    }

    template <class T>
    static void assert_excerpts(sharing share)
    {
        const std::size_t n_fft = 20;
        dstft<T> transform(n_fft, "sine", norm::peak, share);
        const auto x = signal<T>(60);
        const auto theta =
            for_kernel(transform, qa::window_lengths(share, 1, transform.bins(), n_fft));
        const auto t = position::at(30.4);
        const auto whole = analysed<T>(transform, { x.data(), 0, 60 }, t, theta);
        // the samples under the longest window are enough, at the same bits
        CPPUNIT_ASSERT((whole == analysed<T>(transform, { x.data() + 21, 21, 41 }, t, theta)));
        for (const std::int64_t cut : { 21, 27, 30, 31, 40 }) {
            auto sum = analysed<T>(transform, { x.data(), 0, cut }, t, theta);
            const auto rest = analysed<T>(transform, { x.data() + cut, cut, 60 }, t, theta);
            for (std::size_t m = 0; m < sum.size(); ++m)
                sum[m] += rest[m];
            qa::assert_near(qa::exactly(whole), sum, qa::dstft_limit<T>, "excerpt");
        }
        for (const auto& none : { excerpt<T>{ x.data(), 0, 20 },
                                  excerpt<T>{ x.data(), 42, 60 },
                                  excerpt<T>{ nullptr, 30, 30 } })
            CPPUNIT_ASSERT(analysed<T>(transform, none, t, theta) ==
                           spectrum_t<T>(transform.bins()));
    }

    void samples_outside_of_the_excerpt_are_zero()
    {
        qa::for_every_type([](auto type) {
            for (const auto share : qa::sharings)
                assert_excerpts<decltype(type)>(share);
        });
    }

    void spectra_are_smooth_where_t_crosses_a_sample()
    {
        for (std::size_t n_fft : { 15, 16 })
            for (const auto share : { sharing::frame, sharing::cell }) {
                dstft<double> transform(n_fft, "hann", norm::peak, share);
                const auto x = signal<double>(60);
                const std::vector<double> theta(transform.thetas(), static_cast<double>(n_fft));
                const auto below =
                    analysed<double>(transform, { x.data(), 0, 60 }, { 29, 1 - 1e-13 }, theta);
                const auto at = analysed<double>(transform, { x.data(), 0, 60 }, { 30, 0 }, theta);
                qa::assert_near(qa::exactly(at), below, 1e-12, "at a sample");
            }
    }

    void a_window_between_samples_gives_zero()
    {
        for (const auto scale : qa::norms)
            for (const auto share : { sharing::frame, sharing::cell }) {
                const qa::context in_share("share", share);
                dstft<double> transform(8, "hann", scale, share);
                const auto x = signal<double>(9);
                const std::vector<double> theta(transform.thetas(), 0.5);
                const position t{ 4, 0.5 };
                const spectrum_t<double> none(5);
                spectrum_t<double> S(5, 1), by_theta(5, 1), by_t(5, 1);
                transform.analyse(
                    { x.data(), 0, 9 }, t, theta.data(), S.data(), by_theta.data(), by_t.data());
                CPPUNIT_ASSERT(S == none && by_theta == none && by_t == none);
            }
    }

    template <class T>
    static void assert_keeps_non_finite(sharing share, double bad)
    {
        const std::size_t n_fft = 16;
        dstft<T> transform(n_fft, "hann", norm::l2, share);
        auto x = signal<T>(80);
        x[40] = T(static_cast<real_t<T>>(bad));
        const auto is_finite = [&](double t, double length) {
            const std::vector<double> theta(transform.thetas(), length);
            const auto S = analysed<T>(transform, { x.data(), 0, 80 }, position::at(t), theta);
            return std::all_of(S.begin(), S.end(), [](const auto& v) {
                return std::isfinite(v.real()) && std::isfinite(v.imag());
            });
        };
        for (double t = 20; t < 60; t += 0.75)
            for (double length : { 12.0, 4.0 }) // the second must not find the first's samples
                CPPUNIT_ASSERT_EQUAL(std::abs(t - 40) >= length / 2, is_finite(t, length));
    }

    void non_finite_samples_stay_under_their_windows()
    {
        qa::for_every_type([](auto type) {
            for (const auto share : qa::sharings)
                for (const double bad : { double(NAN), double(INFINITY) })
                    assert_keeps_non_finite<decltype(type)>(share, bad);
        });
    }

    template <class T>
    static void assert_frames_are_independent(sharing share)
    {
        const std::size_t n_fft = 33;
        const auto x = signal<T>(120);
        dstft<T> used(n_fft, "parzen", norm::dcunit, share);
        const auto lengths = qa::window_lengths(share, 12, used.bins(), n_fft);
        for (std::size_t n = 0; n < 12; ++n) {
            const qa::context in_n("n", n);
            const auto theta = for_kernel(used, qa::taken(lengths, n, used.bins()));
            // theta or fraction is that of the frame before, with and without derivatives
            const position t{ 10 * static_cast<std::int64_t>(n),
                              static_cast<double>(n / 3 % 2) * 0.3 };
            const excerpt<T> whole{ x.data(), 0, 120 };
            dstft<T> fresh(n_fft, "parzen", norm::dcunit, share);
            const auto expected = analysed<T>(fresh, whole, t, theta);
            CPPUNIT_ASSERT(expected == analysed<T>(used, whole, t, theta));
            spectrum_t<T> a(used.bins()), b(used.bins());
            dstft<T> another(n_fft, "parzen", norm::dcunit, share);
            dstft<T> moved = std::move(another);
            moved.analyse(whole, t, theta.data(), nullptr, a.data());
            used.analyse(whole, t, theta.data(), nullptr, b.data());
            CPPUNIT_ASSERT(a == b);
        }
    }

    void a_frame_does_not_depend_on_those_before()
    {
        qa::for_every_type([](auto type) {
            for (const auto share : qa::sharings)
                assert_frames_are_independent<decltype(type)>(share);
        });
    }

    void positions_split_and_add()
    {
        const auto near = position::at(-3.25);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(-4), near.sample);
        CPPUNIT_ASSERT_EQUAL(0.75, near.fraction);
        const auto moved = near + 7.5;
        CPPUNIT_ASSERT_EQUAL(std::int64_t(4), moved.sample);
        CPPUNIT_ASSERT_EQUAL(0.25, moved.fraction);
        const auto back = moved + -0.5;
        CPPUNIT_ASSERT_EQUAL(std::int64_t(3), back.sample);
        CPPUNIT_ASSERT_EQUAL(0.75, back.fraction);
        CPPUNIT_ASSERT_EQUAL(3.75, back.value());
        CPPUNIT_ASSERT(near < moved && !(moved < near) && back < moved && !(near < near));
        // a step that a double at this distance could not hold
        const auto far = position{ std::int64_t(1) << 52, 0.5 } + 0.25;
        CPPUNIT_ASSERT_EQUAL(0.75, far.fraction);
        // a sum that rounds up to a whole sample is one
        const auto rounded = position{ 5, 0 } + -1e-20;
        CPPUNIT_ASSERT(rounded.fraction >= 0 && rounded.fraction < 1);
        CPPUNIT_ASSERT_EQUAL(5.0, rounded.value());
        for (double t : { double(NAN), double(INFINITY), -4503599627370497.0 })
            CPPUNIT_ASSERT(qa::refusal([&] {
                               position::at(t);
                           }).find("must be finite and within +-2^52") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(1) << 52, position::at(4503599627370496.0).sample);
    }

    void theta_fields_have_offsets()
    {
        const double values[1] = { 1 };
        const auto offsets = [&](sharing share) {
            const theta_field field{ values, share, 5 };
            return std::make_pair(field.size(3), field.offset(2));
        };
        CPPUNIT_ASSERT((offsets(sharing::constant) == std::pair<std::size_t, std::size_t>(1, 0)));
        CPPUNIT_ASSERT((offsets(sharing::frame) == std::pair<std::size_t, std::size_t>(3, 2)));
        CPPUNIT_ASSERT((offsets(sharing::bin) == std::pair<std::size_t, std::size_t>(5, 0)));
        CPPUNIT_ASSERT((offsets(sharing::cell) == std::pair<std::size_t, std::size_t>(15, 10)));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_dstft_frames);
