/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_SUPPORT_H

#include "context.h"
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <cppunit/extensions/HelperMacros.h>
#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <stdexcept>

/* What the tests of the kernels share: test signals, the definitions as plain sums in double or better, and
 * comparisons. Nothing here uses what is tested, but for the names of things and the values of windows. */
namespace qa {

using gr::stft::kernel::is_real_v;
using gr::stft::kernel::parameters;
using gr::stft::kernel::phase_reference;
using gr::stft::kernel::real_t;

using value = std::complex<double>;
using values = std::vector<value>;

constexpr double pi = 3.14159265358979323846;

//! One signal and one STFT: samples, window, DFT, hop.
struct shape {
    std::size_t length, win_length, n_fft, hop;

    std::string text() const
    {
        return std::to_string(length) + " samples, window " + std::to_string(win_length) +
               ", n_fft " + std::to_string(n_fft) + ", hop " + std::to_string(hop);
    }
};

//! Odd, even, prime and tiny sizes, padded or not; hops that divide nothing, or exceed the window.
inline const std::vector<shape> shapes{
    { 1, 1, 1, 1 },      { 2, 1, 2, 1 },    { 3, 2, 2, 1 },      { 1, 5, 5, 2 },
    { 5, 3, 3, 2 },      { 16, 4, 4, 3 },   { 7, 1, 3, 4 },      { 40, 5, 5, 2 },
    { 50, 7, 8, 3 },     { 61, 8, 8, 8 },   { 64, 12, 15, 5 },   { 100, 15, 15, 4 },
    { 80, 16, 16, 4 },   { 90, 16, 17, 6 }, { 97, 17, 31, 17 },  { 100, 31, 31, 40 },
    { 200, 64, 64, 16 }, { 9, 64, 64, 24 }, { 150, 50, 64, 13 }, { 300, 127, 127, 64 },
};

//! Calls f with a zero of one type of sample, which the message of a failure names.
template <class T, class F>
void for_type(F f)
{
    const auto name = type_name<T>();
    const context here("type", name);
    f(T());
}

//! Calls f with a zero of each type of sample.
template <class F>
void for_every_type(F f)
{
    for_type<float>(f);
    for_type<double>(f);
    for_type<std::complex<float>>(f);
    for_type<std::complex<double>>(f);
}

//! Largest error allowed, relative to the largest value.
template <class T>
constexpr double limit = std::is_same_v<real_t<T>, float> ? 1e-6 : 1e-11;

//! Samples in -1 .. 1 without any symmetry.
template <class T>
std::vector<T> noise(std::size_t length, unsigned seed = 1)
{
    std::minstd_rand random(seed);
    const auto next = [&] { return real_t<T>(2.0 * random() / std::minstd_rand::max() - 1); };
    std::vector<T> x(length);
    for (auto& sample : x) {
        if constexpr (is_real_v<T>) {
            sample = next();
        } else {
            const auto re = next();
            sample = T(re, next());
        }
    }
    return x;
}

//! Converts samples to double precision.
template <class T>
values exactly(const std::vector<T>& x)
{
    values same;
    for (const auto& sample : x)
        same.emplace_back(sample);
    return same;
}

inline double peak(const values& x)
{
    double largest = 0;
    for (const auto& v : x)
        largest = std::max(largest, std::abs(v));
    return largest;
}

//! Every value is within relative times the largest expected one.
template <class T>
void assert_near(const values& expected,
                 const std::vector<T>& actual,
                 double relative,
                 const std::string& what)
{
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, expected.size(), actual.size());
    const double tolerance = relative * peak(expected);
    for (std::size_t i = 0; i < actual.size(); ++i) {
        const double error = std::abs(expected[i] - value(actual[i]));
        if (!(error <= tolerance)) // a NaN fails, too
            CPPUNIT_FAIL(what + ": value " + std::to_string(i) + " is off by " +
                         std::to_string(error / peak(expected)) + " of the peak, limit " +
                         std::to_string(relative));
    }
}

//! Message of the exception that action throws, or "accepted".
inline std::string refusal(const std::function<void()>& action)
{
    try {
        action();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

inline void assert_refused(const std::string& message, const std::function<void()>& action)
{
    CPPUNIT_ASSERT_EQUAL(message, refusal(action));
}

//! exp(-2j pi a b / n), the product reduced as an integer.
inline value twiddle(std::int64_t a, std::int64_t b, std::size_t n)
{
    const auto size = static_cast<__int128>(n);
    const auto index = (static_cast<__int128>(a) * b % size + size) % size;
    const long double angle = 2 * 3.14159265358979323846264338327950288L *
                              static_cast<long double>(index) / static_cast<long double>(n);
    return { static_cast<double>(std::cos(angle)), static_cast<double>(-std::sin(angle)) };
}

//! The r of a reference for the frame that starts at start.
inline std::int64_t
counted_from(const phase_reference& phase, std::int64_t start, std::size_t win_length)
{
    const auto name = phase.name();
    if (name == "start")
        return 0;
    if (name == "centre")
        return static_cast<std::int64_t>(win_length / 2);
    if (name == "absolute")
        return -start;
    return std::stoll(name);
}

//! X[k] = sum_m frame[m] conj(w[m]) exp(-2j pi k (m - r) / n_fft), k = first_bin ... (bins of them)
inline values plain_dft(const values& frame,
                        const values& taps,
                        std::int64_t r,
                        std::size_t n_fft,
                        std::size_t bins,
                        std::int64_t first_bin = 0)
{
    values twiddles;
    for (std::size_t j = 0; j < n_fft; ++j)
        twiddles.push_back(twiddle(1, static_cast<std::int64_t>(j), n_fft));
    values spectrum(bins);
    for (std::size_t k = 0; k < bins; ++k) {
        const auto bin = first_bin + static_cast<std::int64_t>(k);
        const auto factor = twiddle(bin, -(r % static_cast<std::int64_t>(n_fft)), n_fft);
        const auto step = gr::stft::kernel::modulo(bin, n_fft);
        for (std::size_t m = 0; m < taps.size(); ++m)
            spectrum[k] += frame[m] * std::conj(taps[m]) * twiddles[step * m % n_fft];
        spectrum[k] *= factor;
    }
    return spectrum;
}

//! The samples start .. start + count - 1 of x, zero outside.
inline values excerpt(const values& x, std::int64_t start, std::size_t count)
{
    values frame(count);
    for (std::size_t m = 0; m < count; ++m) {
        const auto n = start + static_cast<std::int64_t>(m);
        if (n >= 0 && n < static_cast<std::int64_t>(x.size()))
            frame[m] = x[static_cast<std::size_t>(n)];
    }
    return frame;
}

//! The STFT by its definition, [frame][bin], for frames at these starts; scaling left out.
inline values plain_stft(const values& x,
                         const parameters& p,
                         const std::vector<std::int64_t>& starts,
                         std::size_t bins)
{
    const auto taps = p.taps();
    const auto first_bin = p.centered() ? -static_cast<std::int64_t>(p.n_fft / 2) : 0;
    values spectra;
    for (auto start : starts) {
        const auto frame = plain_dft(excerpt(x, start, taps.size()),
                                     taps,
                                     counted_from(p.phase, start, taps.size()),
                                     p.n_fft,
                                     bins,
                                     first_bin);
        spectra.insert(spectra.end(), frame.begin(), frame.end());
    }
    return spectra;
}

//! sum_p conj(a[n - s_p]) b[n - s_p], n = 0 .. length - 1
inline values overlapped(const values& a,
                         const values& b,
                         const std::vector<std::int64_t>& starts,
                         std::size_t length)
{
    values sums(length);
    for (auto start : starts)
        for (std::size_t m = 0; m < a.size(); ++m) {
            const auto n = start + static_cast<std::int64_t>(m);
            if (n >= 0 && n < static_cast<std::int64_t>(length))
                sums[static_cast<std::size_t>(n)] += std::conj(a[m]) * b[m];
        }
    return sums;
}

//! first, first + hop, ...
inline std::vector<std::int64_t> regular(std::int64_t first, std::size_t hop, std::size_t frames)
{
    std::vector<std::int64_t> starts;
    for (std::size_t p = 0; p < frames; ++p)
        starts.push_back(first + static_cast<std::int64_t>(p * hop));
    return starts;
}

//! Solves matrix y = right, a small square system, by elimination.
inline values solved(std::vector<values> matrix, values right)
{
    const auto n = right.size();
    for (std::size_t c = 0; c < n; ++c) {
        auto pivot = c;
        for (auto r = c; r < n; ++r)
            if (std::abs(matrix[r][c]) > std::abs(matrix[pivot][c]))
                pivot = r;
        std::swap(matrix[c], matrix[pivot]);
        std::swap(right[c], right[pivot]);
        for (std::size_t r = 0; r < n; ++r) {
            if (r == c)
                continue;
            const auto factor = matrix[r][c] / matrix[c][c];
            for (auto i = c; i < n; ++i)
                matrix[r][i] -= factor * matrix[c][i];
            right[r] -= factor * right[c];
        }
    }
    for (std::size_t c = 0; c < n; ++c)
        right[c] /= matrix[c][c];
    return right;
}

} // namespace qa
#endif
