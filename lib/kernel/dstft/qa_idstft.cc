/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/idstft_support.h"

using namespace qa::inverses;
using qa::plain_dstft;
using qa::value;
using qa::values;

namespace {

template <class T>
std::vector<complex_t<T>>
analysed(const frames& f, const std::vector<T>& x, const char* window, norm scale)
{
    dstft<T> transform(f.n_fft, window, scale, sharing::frame);
    std::vector<complex_t<T>> S(f.t.size() * transform.bins());
    for (std::size_t n = 0; n < f.t.size(); ++n)
        transform.analyse({ x.data(), 0, static_cast<std::int64_t>(x.size()) },
                          f.t[n],
                          &f.theta[n],
                          S.data() + n * transform.bins());
    return S;
}

} // namespace

//! Overlap-add of frames at real positions.
class qa_idstft : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_idstft);
    CPPUNIT_TEST(overlap_add_returns_the_signal);
    CPPUNIT_TEST(any_split_of_reads_gives_the_same_bits);
    CPPUNIT_TEST(modified_spectra_give_the_quotient_of_plain_sums);
    CPPUNIT_TEST(gaps_are_zero_and_counted);
    CPPUNIT_TEST(thresholds_are_relative_to_the_windows_over_a_sample);
    CPPUNIT_TEST(what_is_ready_is_final);
    CPPUNIT_TEST(finish_ends_the_signal);
    CPPUNIT_TEST(frames_before_and_beyond_the_signal);
    CPPUNIT_TEST(positions_that_go_back_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void overlap_add_returns_the_signal()
    {
        qa::for_every_type([](auto type) {
            using T = decltype(type);
            for (const auto& [n_fft, length] : { std::pair<std::size_t, std::size_t>{ 2, 7 },
                                                 { 3, 11 },
                                                 { 5, 1 },
                                                 { 16, 90 },
                                                 { 31, 120 },
                                                 { 64, 300 } })
                for (const auto scale : qa::norms)
                    for (const char* window : { "hann", "bartlett" }) {
                        const qa::context in_window("window", window);
                        const auto f = covering(n_fft, length);
                        const auto x = qa::noise<T>(length);
                        idstft<T> inverse(n_fft, window, scale);
                        const auto y = inverted(inverse, f, analysed(f, x, window, scale));
                        qa::assert_near(qa::exactly(x),
                                        y,
                                        single_precision<T> ? 3e-6 : 1e-14,
                                        std::to_string(n_fft) + window + name_of(scale));
                        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), inverse.uncovered());
                    }
        });
    }

    void any_split_of_reads_gives_the_same_bits()
    {
        qa::for_every_type([](auto type) {
            using T = decltype(type);
            for (std::size_t n_fft : { 2, 15, 32 }) {
                const qa::context in_n_fft("n_fft", n_fft);
                auto f = covering(n_fft, 130);
                for (std::size_t n = 0; n < f.theta.size(); n += 5)
                    f.theta[n] /= 4; // raises the window's peak, and with it the threshold
                f.t.erase(f.t.begin() + 3, f.t.begin() + 9); // a gap
                f.theta.erase(f.theta.begin() + 3, f.theta.begin() + 9);
                const auto S = qa::noise<complex_t<T>>(f.t.size() * bins<T>(n_fft));
                idstft<T> whole(n_fft, "sine", norm::l1, 0.3);
                const auto expected = inverted(whole, f, S);
                CPPUNIT_ASSERT_EQUAL(std::size_t(130), expected.size());
                CPPUNIT_ASSERT(whole.uncovered() > 0);
                for (std::size_t piece : { 1, 2, 7, 1000 }) {
                    const qa::context in_piece("piece", piece);
                    idstft<T> split(n_fft, "sine", norm::l1, 0.3);
                    CPPUNIT_ASSERT(expected == inverted(split, f, S, piece));
                    CPPUNIT_ASSERT_EQUAL(whole.uncovered(), split.uncovered());
                }
            }
        });
    }

    void modified_spectra_give_the_quotient_of_plain_sums()
    {
        for (std::size_t n_fft : { 4, 9 })
            for (const auto scale : qa::norms) {
                const std::size_t length = 25;
                const auto f = covering(n_fft, length);
                const plain_dstft plain(n_fft, "parzen", scale);
                const auto S = qa::noise<value>(f.t.size() * n_fft);
                values above(length);
                std::vector<double> below(length);
                for (std::size_t n = 0; n < f.t.size(); ++n) {
                    const values row(S.begin() + static_cast<std::ptrdiff_t>(n * n_fft),
                                     S.begin() + static_cast<std::ptrdiff_t>((n + 1) * n_fft));
                    const auto adjoint = plain.adjoint(
                        row, 0, length, f.t[n], std::vector<double>(n_fft, f.theta[n]));
                    const auto range = plain_dstft::under(f.t[n], f.theta[n]);
                    const auto w = plain.window(range, f.t[n], f.theta[n]);
                    for (std::size_t k = 0; k < length; ++k) {
                        above[k] += adjoint[k] / static_cast<double>(n_fft);
                        const auto r = static_cast<std::int64_t>(k) - f.t[n].sample - range.first;
                        if (r >= 0 && r < static_cast<std::int64_t>(w.size()))
                            below[k] +=
                                std::pow(static_cast<double>(w[static_cast<std::size_t>(r)]), 2);
                    }
                }
                for (std::size_t k = 0; k < length; ++k)
                    above[k] /= below[k];
                idstft<value> inverse(n_fft, "parzen", scale);
                qa::assert_near(above, inverted(inverse, f, S), 1e-13, name_of(scale));
            }
    }

    void gaps_are_zero_and_counted()
    {
        // two windows of 8 samples about 4 and 20: |k - 4| < 4 and |k - 20| < 4
        const frames f{ 8, 30, { position::at(4), position::at(20) }, { 8, 8 } };
        const auto x = qa::noise<double>(30);
        for (const auto scale : qa::norms) {
            const qa::context in_scale("scale", scale);
            idstft<double> inverse(8, "hann", scale);
            const auto y = inverted(inverse, f, analysed(f, x, "hann", scale));
            CPPUNIT_ASSERT_EQUAL(std::size_t(30), y.size());
            for (std::size_t k = 0; k < 30; ++k) {
                const qa::context in_k("k", k);
                const bool covered = (k > 0 && k < 8) || (k > 16 && k < 24);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(covered ? x[k] : 0, y[k], 1e-14);
            }
            CPPUNIT_ASSERT_EQUAL(std::uint64_t(30 - 14), inverse.uncovered());
        }
    }

    void thresholds_are_relative_to_the_windows_over_a_sample()
    {
        // the only window over sample 4 is (sin^2(pi / 8))^2 of its top there, 0.0214; over sample 5 it is 0.25
        const frames f{ 8, 9, { position::at(7) }, { 8 } };
        const std::vector<double> x(9, 1);
        for (const auto scale : qa::norms)
            for (const auto& [threshold, covered] : { std::pair<double, std::size_t>{ 0.0214, 5 },
                                                      { 0.0215, 4 },
                                                      { 0.2499, 4 },
                                                      { 0.2501, 3 },
                                                      { 0.9, 1 } }) {
                idstft<double> inverse(8, "hann", scale, threshold);
                inverted(inverse, f, analysed(f, x, "hann", scale));
                CPPUNIT_ASSERT_EQUAL_MESSAGE(
                    name_of(scale), std::uint64_t(9 - covered), inverse.uncovered());
            }
        // 1 / (theta / 2) is the top: under a window of 2 and one of 8 samples, 0.1 of the higher one's square, 1, is more
        // than the sum of both, 0.0716 or 0.0547
        for (const auto& two :
             { frames{ 8, 5, { position::at(3.2), position::at(4) }, { 2, 8 } },
               frames{ 8, 5, { position::at(3), position::at(3.2) }, { 8, 2 } } }) {
            const qa::context in_two("two", two);
            const std::vector<double> one{ 0, 0, 0, 0, 1 };
            idstft<double> inverse(8, "hann", norm::l1, 0.1);
            CPPUNIT_ASSERT_EQUAL(0.0,
                                 inverted(inverse, two, analysed(two, one, "hann", norm::l1))[4]);
            idstft<double> lower(8, "hann", norm::l1, 0.05);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                1.0, inverted(lower, two, analysed(two, one, "hann", norm::l1))[4], 1e-14);
        }
        // by default a coverage of 1e-10 of the top does not count, in single precision one of 1e-6
        const auto uncovered = [](auto type, double distance, norm scale) {
            using T = decltype(type);
            const frames one{ 8, 1, { position::at(-4 + distance) }, { 8 } };
            idstft<T> inverse(8, "hann", scale);
            inverted(inverse, one, analysed(one, std::vector<T>(1, 1), "hann", scale));
            return inverse.uncovered();
        };
        // sin^4(pi distance / 8) = 1e-10 at 0.00806, 1e-6 at 0.0805
        for (const auto scale : qa::norms) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(
                name_of(scale), std::uint64_t(1), uncovered(0.0, 0.0079, scale));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(
                name_of(scale), std::uint64_t(0), uncovered(0.0, 0.0082, scale));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(
                name_of(scale), std::uint64_t(1), uncovered(0.0f, 0.079, scale));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(
                name_of(scale), std::uint64_t(0), uncovered(0.0f, 0.082, scale));
        }
    }

    void what_is_ready_is_final()
    {
        // after a frame at t, everything before floor(t) - n_fft / 2
        for (std::size_t n_fft : { 8, 9 }) {
            const qa::context in_n_fft("n_fft", n_fft);
            idstft<double> inverse(n_fft, "hann", norm::peak);
            const values S(inverse.bins(), 1);
            CPPUNIT_ASSERT_EQUAL(std::size_t(0), inverse.ready());
            inverse.add(S.data(), position::at(-20), 8);
            CPPUNIT_ASSERT_EQUAL(std::size_t(0), inverse.ready());
            inverse.add(S.data(), position::at(3.5), 8);
            CPPUNIT_ASSERT_EQUAL(std::size_t(0), inverse.ready());
            inverse.add(S.data(), position::at(10.9), 1);
            CPPUNIT_ASSERT_EQUAL(std::size_t(6), inverse.ready());
            std::vector<double> y(2);
            inverse.read(y.data(), 2);
            CPPUNIT_ASSERT_EQUAL(std::size_t(4), inverse.ready());
            inverse.add(S.data(), position::at(10.9), 8); // at the same place
            CPPUNIT_ASSERT_EQUAL(std::size_t(4), inverse.ready());
        }
    }

    void finish_ends_the_signal()
    {
        const auto ready = [](std::int64_t length, double t, double theta) {
            idstft<double> inverse(8, "hann", norm::peak);
            const values S(inverse.bins(), 1);
            inverse.add(S.data(), position::at(t), theta);
            inverse.finish(length);
            return inverse.ready();
        };
        CPPUNIT_ASSERT_EQUAL(std::size_t(50), ready(50, 10, 8)); // the rest is uncovered
        CPPUNIT_ASSERT_EQUAL(std::size_t(9), ready(9, 10, 8));
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), ready(0, 10, 8));
        // without a length the last sample is the last under a window, |k - t| < theta / 2
        CPPUNIT_ASSERT_EQUAL(std::size_t(14), ready(-1, 10, 8));
        CPPUNIT_ASSERT_EQUAL(std::size_t(15), ready(-1, 10.1, 8));
        CPPUNIT_ASSERT_EQUAL(std::size_t(13), ready(-1, 10.75, 4));
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), ready(-1, -30, 8));
        idstft<double> none(8, "hann", norm::peak);
        none.finish();
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), none.ready());
        none.finish(3);
        std::vector<double> y(3, 1);
        none.read(y.data(), 3);
        CPPUNIT_ASSERT(y == std::vector<double>(3));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(3), none.uncovered());
    }

    void frames_before_and_beyond_the_signal()
    {
        frames f = covering(16, 60);
        for (double t : { -17.0, -100.25, -1e12 }) {
            f.t.insert(f.t.begin(), position::at(t));
            f.theta.insert(f.theta.begin(), 16);
        }
        for (double t : { 80.0, 100.5 }) {
            f.t.push_back(position::at(t));
            f.theta.push_back(16);
        }
        const auto x = qa::noise<double>(60);
        for (std::size_t piece : { 0, 3 }) {
            idstft<double> inverse(16, "hann", norm::l2);
            qa::assert_near(qa::exactly(x),
                            inverted(inverse, f, analysed(f, x, "hann", norm::l2), piece),
                            1e-14,
                            "sixty samples");
        }
    }

    void positions_that_go_back_are_refused()
    {
        idstft<float> inverse(8, "hann", norm::peak);
        const std::vector<std::complex<float>> S(inverse.bins(), 1);
        inverse.add(S.data(), position::at(10.5), 8);
        inverse.add(S.data(), position::at(10.5), 4);
        qa::assert_refused("t: 10.25: must not be before that of the last frame",
                           [&] { inverse.add(S.data(), position::at(10.25), 8); });
        qa::assert_refused("t: 9.5: must not be before that of the last frame",
                           [&] { inverse.add(S.data(), position::at(9.5), 8); });
        CPPUNIT_ASSERT(inverse.takes(8) && !inverse.takes(8.5) && !inverse.takes(0));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_idstft);
