/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/idstft_support.h"

using namespace qa::inverses;
using qa::value;
using qa::values;

namespace {

//! One column of the matrix that least squares invert: the spectra of an impulse at sample k, times weights' roots.
template <class T>
values column(dstft<T>& transform,
              const frames& f,
              const theta_field& theta,
              const T& impulse,
              std::size_t k,
              const std::vector<double>& weight)
{
    values rows;
    std::vector<complex_t<T>> S(transform.bins());
    const auto at = static_cast<std::int64_t>(k);
    for (std::size_t n = 0; n < f.t.size(); ++n) {
        transform.analyse({ &impulse, at, at + 1 }, f.t[n], theta.frame(n), S.data());
        for (std::size_t m = 0; m < S.size(); ++m)
            rows.push_back(value(S[m]) * std::sqrt(weight[m]));
    }
    return rows;
}

} // namespace

//! The inverse that has the least weighted error, by iterations.
class qa_least_squares_inverse : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_least_squares_inverse);
    CPPUNIT_TEST(least_squares_return_the_signal);
    CPPUNIT_TEST(least_squares_solve_the_normal_equations);
    CPPUNIT_TEST(least_squares_report_and_stop);
    CPPUNIT_TEST(least_squares_of_overlap_adds_are_theirs);
    CPPUNIT_TEST(least_squares_of_any_magnitude_have_the_same_bits);
    CPPUNIT_TEST(least_squares_refuse_gaps_and_what_is_not_finite);
    CPPUNIT_TEST_SUITE_END();

    //! Least squares for spectra S, or for those of x.
    template <class T>
    static convergence solve(const frames& f,
                             sharing share,
                             const std::vector<double>& theta,
                             bool twosided,
                             const std::vector<complex_t<T>>& S,
                             std::vector<T>& y,
                             double tolerance,
                             std::size_t iterations = 500)
    {
        dstft<T> transform(f.n_fft, "hann", norm::l2, share);
        y.assign(f.length, T(-7));
        return least_squares_inverse(transform,
                                     S.data(),
                                     f.t,
                                     { theta.data(), share, transform.bins() },
                                     twosided,
                                     tolerance,
                                     iterations,
                                     f.length,
                                     y.data());
    }

    //! Lengths of a sharing on these frames, long enough to cover every sample.
    static std::vector<double> shared_lengths(sharing share, const frames& f, std::size_t bins)
    {
        std::vector<double> theta;
        const auto N = static_cast<double>(f.n_fft);
        for (std::size_t i = 0; i < theta_field{ nullptr, share, bins }.size(f.t.size()); ++i)
            theta.push_back(N * (1 - 0.09 * static_cast<double>(i * i % 5)));
        return theta;
    }

    template <class T>
    static std::vector<complex_t<T>> spectra_of(const frames& f,
                                                sharing share,
                                                const std::vector<double>& theta,
                                                const std::vector<T>& x)
    {
        dstft<T> transform(f.n_fft, "hann", norm::l2, share);
        const theta_field field{ theta.data(), share, transform.bins() };
        std::vector<complex_t<T>> S(f.t.size() * transform.bins());
        for (std::size_t n = 0; n < f.t.size(); ++n)
            transform.analyse({ x.data(), 0, static_cast<std::int64_t>(x.size()) },
                              f.t[n],
                              field.frame(n),
                              S.data() + n * transform.bins());
        return S;
    }

    void least_squares_return_the_signal()
    {
        qa::for_every_type([](auto type) {
            using T = decltype(type);
            for (std::size_t n_fft : { 2, 9, 16 })
                for (const auto share : qa::sharings)
                    for (const bool twosided : { false, true }) {
                        const auto f = covering(n_fft, 55);
                        const auto theta = shared_lengths(share, f, bins<T>(n_fft));
                        const auto x = qa::noise<T>(f.length);
                        std::vector<T> y;
                        const auto report = solve<T>(f,
                                                     share,
                                                     theta,
                                                     twosided,
                                                     spectra_of(f, share, theta, x),
                                                     y,
                                                     single_precision<T> ? 1e-6 : 1e-13);
                        const auto what = std::to_string(n_fft) + name_of(share);
                        CPPUNIT_ASSERT_MESSAGE(
                            what, report.residual <= (single_precision<T> ? 1e-6 : 1e-13));
                        CPPUNIT_ASSERT_MESSAGE(what,
                                               report.iterations >= 1 && report.iterations <= 60);
                        qa::assert_near(
                            qa::exactly(x), y, single_precision<T> ? 3e-5 : 1e-11, what);
                    }
        });
    }

    //! The dense normal equations Re(A^H C A) y = Re(A^H C S); for complex samples without Re.
    template <class T>
    static void assert_solves(std::size_t n_fft, sharing share, bool twosided)
    {
        const auto f = covering(n_fft, 12);
        dstft<T> transform(n_fft, "hann", norm::l2, share);
        const auto bins = transform.bins();
        const auto theta = shared_lengths(share, f, bins);
        const theta_field field{ theta.data(), share, bins };
        std::vector<double> weight(bins, 1);
        if (is_real_v<T> && twosided)
            for (std::size_t m = 1; 2 * m < n_fft; ++m)
                weight[m] = 2;
        const auto S = qa::noise<complex_t<T>>(f.t.size() * bins);
        std::vector<values> columns;
        for (std::size_t k = 0; k < f.length; ++k)
            columns.push_back(column<T>(transform, f, field, T(1), k, weight));
        std::vector<values> matrix(f.length, values(f.length));
        values right(f.length);
        for (std::size_t i = 0; i < f.length; ++i)
            for (std::size_t r = 0; r < S.size(); ++r) {
                const auto kept = [](const value& v) { return is_real_v<T> ? value(v.real()) : v; };
                right[i] +=
                    kept(std::conj(columns[i][r]) * value(S[r]) * std::sqrt(weight[r % bins]));
                for (std::size_t j = 0; j < f.length; ++j)
                    matrix[i][j] += kept(std::conj(columns[i][r]) * columns[j][r]);
            }
        std::vector<T> y;
        const auto report = solve<T>(f, share, theta, twosided, S, y, 1e-14);
        // conjugate gradients end after as many steps as there are unknowns, but for rounding
        CPPUNIT_ASSERT(report.iterations <= f.length + 1);
        qa::assert_near(qa::solved(matrix, right),
                        y,
                        1e-11,
                        std::to_string(n_fft) + name_of(share) +
                            (twosided ? " twosided" : " onesided"));
    }

    void least_squares_solve_the_normal_equations()
    {
        for (std::size_t n_fft : { 2, 3, 6, 8 })
            for (const auto share : qa::sharings)
                for (const bool twosided : { false, true }) {
                    assert_solves<double>(n_fft, share, twosided);
                    assert_solves<value>(n_fft, share, twosided);
                }
    }

    void least_squares_report_and_stop()
    {
        const auto f = covering(16, 55);
        const auto theta = shared_lengths(sharing::cell, f, 9);
        const auto S = qa::noise<value>(f.t.size() * 9);
        std::vector<double> y, best;
        const auto exact = solve<double>(f, sharing::cell, theta, true, S, best, 1e-13);
        double before = 2;
        for (std::size_t most : { 1, 2, 3 }) {
            const qa::context in_most("most", most);
            const auto report = solve<double>(f, sharing::cell, theta, true, S, y, 1e-13, most);
            CPPUNIT_ASSERT_EQUAL(most, report.iterations);
            CPPUNIT_ASSERT(report.residual > 1e-13 && report.residual < before);
            before = report.residual;
        }
        const auto coarse = solve<double>(f, sharing::cell, theta, true, S, y, 1e-3);
        CPPUNIT_ASSERT(coarse.residual <= 1e-3 && coarse.iterations < exact.iterations);
        // the relative residual of the normal equations is about the error
        qa::assert_near(qa::exactly(best), y, 1e-2, "coarse");
        const auto nothing =
            solve<double>(f, sharing::cell, theta, true, values(S.size()), y, 1e-13);
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), nothing.iterations);
        CPPUNIT_ASSERT_EQUAL(0.0, nothing.residual);
        CPPUNIT_ASSERT(y == std::vector<double>(f.length));
    }

    void least_squares_of_overlap_adds_are_theirs()
    {
        // with one length for each frame and complete spectra both are the same minimum
        const auto f = covering(10, 40);
        const auto S = qa::noise<value>(f.t.size() * 10);
        std::vector<value> y;
        // normal equations of one theta per frame are diagonal, so the preconditioner solves them
        CPPUNIT_ASSERT_EQUAL(
            std::size_t(1), solve<value>(f, sharing::frame, f.theta, true, S, y, 1e-13).iterations);
        idstft<value> inverse(10, "hann", norm::l2);
        qa::assert_near(inverted(inverse, f, S), y, 1e-11, "complex");
        std::vector<double> real;
        // imaginary parts of DC and Nyquist belong to no real signal
        auto half = qa::noise<value>(f.t.size() * 6, 3);
        solve<double>(f, sharing::frame, f.theta, true, half, real, 1e-14);
        idstft<double> of_half(10, "hann", norm::l2);
        qa::assert_near(qa::exactly(inverted(of_half, f, half)), real, 1e-11, "real");
    }

    void least_squares_of_any_magnitude_have_the_same_bits()
    {
        qa::for_every_type([](auto type) {
            using T = decltype(type);
            using real = real_t<T>;
            const auto f = covering(9, 55);
            dstft<T> transform(f.n_fft, "hann", norm::l2, sharing::cell);
            const auto theta = shared_lengths(sharing::cell, f, transform.bins());
            const theta_field field{ theta.data(), sharing::cell, transform.bins() };
            const auto times = [](auto values, real gain) {
                for (auto& v : values)
                    v *= gain;
                return values;
            };
            const auto S = spectra_of(f, sharing::cell, theta, qa::noise<T>(f.length));
            const auto right_side = qa::noise<T>(f.length, 5);
            const auto by_right_side = [&](real gain) {
                std::vector<T> y(f.length);
                solve_normal_equations(transform,
                                       times(right_side, gain).data(),
                                       f.t,
                                       field,
                                       true,
                                       1e-6,
                                       500,
                                       f.length,
                                       y.data());
                return y;
            };
            std::vector<T> expected, y;
            solve<T>(f, sharing::cell, theta, true, S, expected, 1e-6);
            constexpr int most = std::numeric_limits<real>::max_exponent;
            for (const int exponent : { most - 8, most / 2, 20, -20, -most / 2, -most * 11 / 16 }) {
                const qa::context in_exponent("exponent", exponent);
                const auto gain = std::ldexp(real(1), exponent);
                const auto report =
                    solve<T>(f, sharing::cell, theta, true, times(S, gain), y, 1e-6);
                CPPUNIT_ASSERT(report.iterations > 1 && report.residual <= 1e-6);
                CPPUNIT_ASSERT(times(expected, gain) == y);
                CPPUNIT_ASSERT(times(by_right_side(1), gain) == by_right_side(gain));
            }
        });
    }

    void least_squares_refuse_gaps_and_what_is_not_finite()
    {
        for (const auto share : qa::sharings) {
            const qa::context in_share("share", share);
            // |k - 4| < 4 and |k - 20| < 4: the first sample under none is 0, then 8
            frames f{ 8, 24, { position::at(4), position::at(20) }, {} };
            const std::vector<double> theta(theta_field{ nullptr, share, 5 }.size(2), 8);
            std::vector<double> y;
            values S(10, 1);
            qa::assert_refused("t: sample 0: is under no window, so it has no inverse",
                               [&] { solve<double>(f, share, theta, true, S, y, 1e-9); });
            CPPUNIT_ASSERT(y == std::vector<double>(24, -7)); // not written
            f.t = { position::at(3), position::at(20) };
            qa::assert_refused("t: sample 7: is under no window, so it has no inverse",
                               [&] { solve<double>(f, share, theta, true, S, y, 1e-9); });
            f.length = 7;
            for (double bad : { double(NAN), double(INFINITY) }) {
                const qa::context in_bad("bad", bad);
                S[3] = bad;
                CPPUNIT_ASSERT(qa::refusal([&] {
                                   solve<double>(f, share, theta, true, S, y, 1e-9);
                               }).find("S: ") == 0);
                CPPUNIT_ASSERT(y == std::vector<double>(7, -7));
            }
            f.length = 0;
            CPPUNIT_ASSERT_EQUAL(
                std::size_t(0),
                solve<double>(f, share, theta, true, values(10, 1), y, 1e-9).iterations);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_least_squares_inverse);
