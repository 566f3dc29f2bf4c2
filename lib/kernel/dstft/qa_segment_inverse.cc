/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/dstft_support.h"
#include <gnuradio/stft/kernel/dstft/segment_inverse.h>

using namespace gr::stft::kernel;

namespace {

template <class T>
using complex_t = std::complex<real_t<T>>;

template <class T>
constexpr bool single_precision = std::is_same_v<real_t<T>, float>;

//! Spectra of a signal with a window length for each cell, a hop apart.
template <class T>
struct analysis {
    std::vector<position> t;
    std::vector<double> theta;
    std::vector<complex_t<T>> S;
    std::size_t bins;

    analysis(std::size_t n_fft, double hop, const std::vector<T>& x)
    {
        dstft<T> transform(n_fft, "hann", norm::l2, sharing::cell);
        bins = transform.bins();
        const auto length = static_cast<std::int64_t>(x.size());
        for (std::size_t n = 0; static_cast<double>(n) * hop <= static_cast<double>(length); ++n) {
            t.push_back(position::at(static_cast<double>(n) * hop));
            for (std::size_t m = 0; m < bins; ++m)
                theta.push_back(static_cast<double>(n_fft) *
                                (1 - 0.09 * static_cast<double>((n * n + 3 * m) % 6)));
        }
        S.resize(theta.size());
        for (std::size_t n = 0; n < t.size(); ++n)
            transform.analyse(
                { x.data(), 0, length }, t[n], theta.data() + n * bins, S.data() + n * bins);
    }

    //! Output of the inverse, drained in pieces of at most `piece` samples after each frame.
    std::vector<T>
    returned(segment_inverse<T>& inverse, std::int64_t length, std::size_t piece = 1000) const
    {
        std::vector<T> y;
        const auto drain = [&] {
            while (const auto ready = inverse.ready()) {
                const auto count = std::min(ready, piece);
                y.resize(y.size() + count);
                inverse.read(y.data() + y.size() - count, count);
            }
        };
        for (std::size_t n = 0; n < t.size(); ++n) {
            inverse.expect(t[n]);
            drain();
            inverse.add(S.data() + n * bins, t[n], theta.data() + n * bins);
        }
        inverse.finish(length);
        drain();
        return y;
    }
};

} // namespace

class qa_segment_inverse : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_segment_inverse);
    CPPUNIT_TEST(returns_the_signal_in_a_few_iterations);
    CPPUNIT_TEST(any_split_of_reads_gives_the_same_bits);
    CPPUNIT_TEST(gaps_are_zero_and_counted);
    CPPUNIT_TEST(a_frame_that_is_not_finite_spoils_what_is_near_it);
    CPPUNIT_TEST(the_largest_spectra_have_samples_as_large);
    CPPUNIT_TEST(refuses_positions_that_go_back_and_no_iterations);
    CPPUNIT_TEST_SUITE_END();

    void returns_the_signal_in_a_few_iterations()
    {
        qa::for_every_type([](auto type) {
            using T = decltype(type);
            for (const auto& [n_fft, length] :
                 { std::pair<std::size_t, std::size_t>{ 16, 1 }, { 15, 200 }, { 16, 1100 } }) {
                const auto x = qa::noise<T>(length);
                const analysis<T> a(n_fft, static_cast<double>(n_fft) / 5.3, x);
                segment_inverse<T> inverse(n_fft, "hann", norm::l2);
                const auto y = a.returned(inverse, static_cast<std::int64_t>(length));
                qa::assert_near(qa::exactly(x),
                                y,
                                single_precision<T> ? 1e-6 : 1e-8,
                                std::to_string(n_fft) + ", " + std::to_string(length));
                CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), inverse.uncovered());
                CPPUNIT_ASSERT(inverse.worst().iterations <= (single_precision<T> ? 20 : 40));
            }
        });
    }

    void any_split_of_reads_gives_the_same_bits()
    {
        const auto x = qa::noise<float>(900);
        const analysis<float> a(16, 3.7, x);
        segment_inverse<float> once(16, "hann", norm::l2);
        const auto expected = a.returned(once, 900);
        for (std::size_t piece : { 1, 7, 100 }) {
            const qa::context in_piece("piece", piece);
            segment_inverse<float> again(16, "hann", norm::l2);
            CPPUNIT_ASSERT(a.returned(again, 900, piece) == expected);
        }
    }

    void gaps_are_zero_and_counted()
    {
        analysis<double> a(16, 3, qa::noise<double>(700));
        a.t.resize(100); // the last at 297, of a window that ends before 305
        segment_inverse<double> inverse(16, "hann", norm::l2);
        const auto y = a.returned(inverse, 700);
        CPPUNIT_ASSERT_EQUAL(std::size_t(700), y.size());
        CPPUNIT_ASSERT(std::all_of(y.begin() + 305, y.end(), [](double v) { return v == 0; }));
        CPPUNIT_ASSERT(inverse.uncovered() >= 395 && inverse.uncovered() < 405);
        segment_inverse<double> open(16, "hann", norm::l2);
        const auto covered = a.returned(open, -1).size();
        CPPUNIT_ASSERT(covered > 297 && covered <= 305);
        CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(covered), open.end());
    }

    void a_frame_that_is_not_finite_spoils_what_is_near_it()
    {
        const auto x = qa::noise<double>(700);
        analysis<double> a(16, 2.5, x);
        a.S[160 * a.bins + 2] = std::nan(""); // centred at 400
        segment_inverse<double> inverse(16, "hann", norm::l2);
        const auto y = a.returned(inverse, 700);
        for (std::size_t k = 0; k < y.size(); ++k)
            if (k >= 392 && k <= 408)
                CPPUNIT_ASSERT(std::isnan(y[k]));
            else
                CPPUNIT_ASSERT_DOUBLES_EQUAL(x[k], y[k], 1e-7);
    }

    void the_largest_spectra_have_samples_as_large()
    {
        qa::for_every_type([](auto type) {
            using T = decltype(type);
            const auto largest =
                std::ldexp(real_t<T>(1), std::numeric_limits<real_t<T>>::max_exponent - 8);
            analysis<T> a(16, 3.7, qa::noise<T>(900));
            segment_inverse<T> inverse(16, "hann", norm::l2), again(16, "hann", norm::l2);
            auto expected = a.returned(inverse, 900);
            for (auto& v : expected)
                v *= largest;
            for (auto& v : a.S)
                v *= largest;
            CPPUNIT_ASSERT(a.returned(again, 900) == expected);
        });
    }

    void refuses_positions_that_go_back_and_no_iterations()
    {
        const analysis<float> a(8, 2, qa::noise<float>(20));
        segment_inverse<float> inverse(8, "hann", norm::l2);
        inverse.add(a.S.data(), a.t[2], a.theta.data());
        qa::assert_refused("t: 2: must not lie before the frame in front of it",
                           [&] { inverse.add(a.S.data(), a.t[1], a.theta.data()); });
        qa::assert_refused("max_iterations: 0: must be 1 or more",
                           [] { segment_inverse<float>(8, "hann", norm::l2, 1e-7, 0); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_segment_inverse);
