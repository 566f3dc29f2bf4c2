/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/reassign_support.h"
#include <cstring>
#include <gnuradio/stft/kernel/frames/window_derivative.h>
#include <gnuradio/stft/kernel/stft/stft.h>
#include <limits>

using namespace gr::stft::kernel;
using qa::chirp;
using qa::computed;
using qa::shaped;
using qa::value;
using qa::values;
using qa::wrapped;

namespace {

constexpr auto reach = static_cast<std::int64_t>(derivative_reach);

//! c[j], j = 1 .. reach, of the differentiator that is exact for odd powers: sum_j 2 c[j] j^(2 q + 1) = 1 for q = 0, else 0.
values differentiator()
{
    std::vector<values> matrix(derivative_reach, values(derivative_reach));
    values right(derivative_reach);
    for (std::size_t q = 0; q < derivative_reach; ++q)
        for (std::size_t j = 1; j <= derivative_reach; ++j)
            matrix[q][j - 1] = 2 * std::pow(static_cast<double>(j) / 4, 2 * q + 1);
    right[0] = 0.25;
    return qa::solved(matrix, right);
}

//! w'[m], m = -reach .. size - 1 + reach
values plain_derivative(const values& w)
{
    static const auto c = differentiator();
    values slope(w.size() + 2 * derivative_reach);
    for (std::int64_t m = 0; m < static_cast<std::int64_t>(slope.size()); ++m)
        for (std::int64_t j = 1; j <= reach; ++j) {
            const auto at = [&](std::int64_t i) {
                return i >= 0 && i < static_cast<std::int64_t>(w.size()) ? w[i] : value(0);
            };
            slope[m] += c[j - 1] * (at(m - reach + j) - at(m - reach - j));
        }
    return slope;
}

values times_m(values w)
{
    const auto c = static_cast<double>(w.size() / 2);
    for (std::size_t m = 0; m < w.size(); ++m)
        w[m] *= static_cast<double>(m) - c;
    return w;
}

struct cells {
    values spectrum;
    std::vector<double> frequencies, times;
};

//! The formulas of reassignment's header as plain sums.
cells plain_cells(const values& x,
                  const reassignment_parameters& p,
                  std::int64_t start,
                  std::size_t bins,
                  bool real)
{
    const auto w = p.taps();
    const auto c = static_cast<std::int64_t>(w.size() / 2);
    const auto sum = [&](const values& v, std::int64_t before) {
        return qa::plain_dft(
            qa::excerpt(x, start - before, v.size()), v, c + before, p.n_fft, bins, 0);
    };
    const auto tw = times_m(w);
    const auto X = sum(w, 0), X_t = sum(tw, 0), X_tt = sum(times_m(tw), 0),
               X_d = sum(plain_derivative(w), reach), X_td = sum(plain_derivative(tw), reach);
    cells result{ X, {}, {} };
    for (std::size_t k = 0; k < bins; ++k) {
        const auto n = static_cast<double>(p.n_fft);
        const double own = !real && k >= p.n_fft - p.n_fft / 2 ? static_cast<double>(k) / n - 1
                                                               : static_cast<double>(k) / n;
        const value a = X_t[k] / X[k], b = X_d[k] / X[k];
        value q = b;
        if (p.order == 2)
            q += (X_td[k] / X[k] - a * b) / (a * a - X_tt[k] / X[k]) * a;
        result.frequencies.push_back(own - q.imag() / (2 * qa::pi));
        result.times.push_back(a.real());
    }
    return result;
}

//! The greatest error over the cells above this part of the peak.
double worst(const computed<std::complex<double>>& got,
             double part,
             const std::function<double(std::size_t)>& error)
{
    double peak = 0, largest = 0;
    for (const auto& X : got.spectrum)
        peak = std::max(peak, std::abs(X));
    for (std::size_t k = 0; k < got.spectrum.size(); ++k)
        if (std::abs(got.spectrum[k]) > part * peak)
            largest = std::max(largest, std::abs(error(k)));
    return largest;
}

} // namespace

class qa_reassign : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_reassign);
    CPPUNIT_TEST(derivative_is_the_flattest_difference);
    CPPUNIT_TEST(derivative_has_the_stated_spectrum);
    CPPUNIT_TEST(cells_are_plain_sums);
    CPPUNIT_TEST(spectrum_is_that_of_the_stft_to_the_bit);
    CPPUNIT_TEST(a_tone_has_its_frequency_by_any_window);
    CPPUNIT_TEST(a_chirp_has_its_frequency_at_its_time_by_any_window);
    CPPUNIT_TEST(second_order_gives_a_chirps_frequency_at_the_frames_centre);
    CPPUNIT_TEST(an_impulse_has_its_time);
    CPPUNIT_TEST(weak_cells_keep_their_place);
    CPPUNIT_TEST(windows_of_a_family_are_those_of_its_values);
    CPPUNIT_TEST(windows_of_a_family_replace_complex_ones);
    CPPUNIT_TEST(reassigned_power_adds_up);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void derivative_is_the_flattest_difference()
    {
        for (const std::size_t size : { 1, 2, 7, 30 }) {
            const auto w = qa::exactly(qa::noise<std::complex<double>>(size));
            values slope(size + 2 * derivative_reach);
            differentiate(w.data(), size, slope.data());
            qa::assert_near(plain_derivative(w), slope, 1e-13, std::to_string(size));
        }
    }

    void derivative_has_the_stated_spectrum()
    {
        // of the window [1] the derivative's spectrum is j rho(nu) itself
        const value one = 1;
        values slope(1 + 2 * derivative_reach);
        differentiate(&one, 1, slope.data());
        for (double nu = 0.05; nu <= 2; nu += 0.05) {
            const qa::context in_nu("nu", nu);
            value sum = 0;
            for (std::int64_t i = 0; i < static_cast<std::int64_t>(slope.size()); ++i)
                sum += slope[i] * std::polar(1.0, -nu * static_cast<double>(i - reach));
            const double short_by = nu - sum.imag();
            CPPUNIT_ASSERT(std::abs(sum.real()) < 1e-15);
            CPPUNIT_ASSERT(short_by > -1e-15);
            CPPUNIT_ASSERT(short_by < 4.6e-6 * std::pow(nu, 17) + 1e-15);
            if (nu > 0.7 && nu < 1)
                CPPUNIT_ASSERT(short_by > 0.5 * 4.6e-6 * std::pow(nu, 17));
        }
    }

    void cells_are_plain_sums()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            // cells well above the rounding errors of quotients
            const bool single = std::is_same_v<real_t<T>, float>;
            const double part = single ? 0.1 : 1e-3, tolerance = single ? 3e-5 : 1e-9;
            for (const auto& s : qa::shapes)
                for (const int order : { 1, 2 }) {
                    const auto p = shaped(s, order);
                    reassignment<T> transform(p);
                    const auto x = qa::noise<T>(s.length, 3);
                    for (const auto start :
                         qa::regular(-static_cast<std::int64_t>(s.win_length) / 2, 7, 5)) {
                        const computed<T> got(transform, x, start);
                        const auto plain =
                            plain_cells(qa::exactly(x), p, start, transform.bins(), is_real_v<T>);
                        const auto what = s.text() + " order " + std::to_string(order);
                        qa::assert_near(plain.spectrum, got.spectrum, qa::limit<T>, what);
                        const double peak = qa::peak(plain.spectrum);
                        const auto m = static_cast<double>(s.win_length);
                        for (std::size_t k = 0; k < transform.bins(); ++k) {
                            const double a = std::abs(plain.times[k]) / m,
                                         f = std::abs(plain.frequencies[k]);
                            if (std::abs(plain.spectrum[k]) <= part * peak || !std::isfinite(f) ||
                                f > 2)
                                continue;
                            CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(what,
                                                                 0,
                                                                 got.times[k] / m -
                                                                     plain.times[k] / m,
                                                                 tolerance * (1 + a));
                            if (order == 1 ||
                                !single) // a quotient of differences may lose all of a float's digits
                                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                                    what, plain.frequencies[k], got.frequencies[k], tolerance * 10);
                        }
                    }
                }
        });
    }

    void spectrum_is_that_of_the_stft_to_the_bit()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& s : qa::shapes) {
                const qa::context in_s("s", s);
                const auto p = shaped(s, 2);
                reassignment<T> transform(p);
                stft<T> plain(p);
                const auto x = qa::noise<T>(s.length);
                std::vector<std::complex<real_t<T>>> row(plain.bins());
                for (const std::int64_t start : { -3, 0, 4, 30 }) {
                    const qa::context in_start("start", start);
                    const computed<T> got(transform, x, start);
                    plain.analyse(
                        x.data(), static_cast<std::int64_t>(x.size()), start, 1, row.data());
                    CPPUNIT_ASSERT(std::memcmp(row.data(),
                                               got.spectrum.data(),
                                               row.size() * sizeof(row[0])) == 0);
                }
            }
        });
    }

    void a_tone_has_its_frequency_by_any_window()
    {
        for (const auto& name :
             { "hann", "hamming", "boxcar", "flattop", "bartlett", "exponential", "nuttall" })
            for (const std::size_t m : { 33, 64, 128 }) {
                const double f = 0.1234567;
                const auto x = chirp(400, f, 0);
                auto p = shaped({ 400, m, 128, 1 }, 1, name);
                p.sides = sides::centered;
                reassignment<std::complex<double>> transform(p);
                const computed<std::complex<double>> got(transform, x, 120);
                // up to a part of the peak: nu there is at most 3 rows of a transform of m points, for flattop 5
                const double error = worst(got, 1e-2, [&](std::size_t k) {
                    const double nu =
                        2 * qa::pi * std::abs(static_cast<double>(transform.bin(k)) / 128 - f);
                    const double derived = 4.6e-6 * std::pow(nu, 17) / (2 * qa::pi);
                    return std::max(0.0, std::abs(wrapped(got.frequencies[k] - f)) - derived);
                });
                CPPUNIT_ASSERT_MESSAGE(std::string(name) + " off by " +
                                           std::to_string(error * 1e12) + "e-12",
                                       error < 1e-13);
            }
    }

    void a_chirp_has_its_frequency_at_its_time_by_any_window()
    {
        // 0.0002 per sample: seven rows under the window; nu < 0.31 in cells above a tenth of the peak, 1e-14 by the
        // differentiator's bound
        for (const auto& name : { "hann", "hamming", "boxcar", "bartlett", "flattop" }) {
            const double f = 0.05, rate = 2e-4;
            const auto x = chirp(600, f, rate);
            reassignment<std::complex<double>> transform(shaped({ 600, 128, 256, 1 }, 1, name));
            for (const std::int64_t start : { 60, 237 }) {
                const computed<std::complex<double>> got(transform, x, start);
                const double error = worst(got, 0.1, [&](std::size_t k) {
                    return wrapped(got.frequencies[k] - f -
                                   rate * (static_cast<double>(start + 64) + got.times[k]));
                });
                CPPUNIT_ASSERT_MESSAGE(std::string(name) + std::to_string(error * 1e12),
                                       error < 1e-13);
            }
        }
    }

    void second_order_gives_a_chirps_frequency_at_the_frames_centre()
    {
        for (const auto& name : { "hann", "hamming", "boxcar", "blackman" }) {
            const qa::context in_name("name", name);
            for (const double deviation : { 1e9, 60.0 }) {
                const qa::context in_deviation("deviation", deviation);
                const double f = 0.05, rate = 2e-4;
                const auto x = chirp(600, f, rate, deviation);
                const auto error_of_order = [&](int order) {
                    reassignment<std::complex<double>> transform(
                        shaped({ 600, 128, 256, 1 }, order, name));
                    const computed<std::complex<double>> got(transform, x, 260);
                    return worst(got, 0.1, [&](std::size_t k) {
                        return wrapped(got.frequencies[k] - f - rate * (260 + 64));
                    });
                };
                CPPUNIT_ASSERT_MESSAGE(std::string(name) + std::to_string(1e12 * error_of_order(2)),
                                       error_of_order(2) < 1e-11);
                CPPUNIT_ASSERT(error_of_order(1) > 1e-3);
            }
        }
    }

    void an_impulse_has_its_time()
    {
        std::vector<double> x(200);
        x[97] = 3;
        reassignment<double> transform(shaped({ 200, 51, 64, 1 }));
        const computed<double> got(transform, x, 80); // centre 105
        for (std::size_t k = 0; k < transform.bins(); ++k) {
            const qa::context in_k("k", k);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(97 - 105, got.times[k], 1e-12);
        }
    }

    void weak_cells_keep_their_place()
    {
        const auto x = chirp(300, 0.21, 0);
        auto p = shaped({ 300, 64, 64, 1 });
        reassignment<std::complex<double>> all(p);
        p.threshold = 1e-2;
        reassignment<std::complex<double>> strong(p);
        const computed<std::complex<double>> a(all, x, 100), s(strong, x, 100);
        const double peak = qa::peak(values(a.spectrum.begin(), a.spectrum.end()));
        std::size_t kept = 0;
        for (std::size_t k = 0; k < 64; ++k) {
            const qa::context in_k("k", k);
            const bool weak = std::abs(a.spectrum[k]) <= 1e-2 * peak;
            kept += weak;
            CPPUNIT_ASSERT_EQUAL(weak ? static_cast<double>(all.bin(k)) / 64 : a.frequencies[k],
                                 s.frequencies[k]);
            CPPUNIT_ASSERT_EQUAL(weak ? 0 : a.times[k], s.times[k]);
        }
        CPPUNIT_ASSERT(kept > 30 && kept < 64);
        // what is not finite, or nothing at all, stays where it is
        auto y = x;
        y[100] = std::numeric_limits<double>::quiet_NaN();
        for (const auto& z : { y, std::vector<std::complex<double>>(300) }) {
            const qa::context in_z("z", z);
            const computed<std::complex<double>> got(all, z, 90);
            for (std::size_t k = 0; k < 64; ++k) {
                const qa::context in_k("k", k);
                CPPUNIT_ASSERT_EQUAL(static_cast<double>(all.bin(k)) / 64, got.frequencies[k]);
            }
        }
    }

    void windows_of_a_family_are_those_of_its_values()
    {
        const window_family family("hann");
        for (const std::size_t n_fft : { 31, 32 }) {
            const qa::context in_n_fft("n_fft", n_fft);
            auto p = shaped({ 100, n_fft, n_fft, 1 }, 2);
            p.scale = scaling::psd;
            reassignment<double> lengths(p);
            const auto x = qa::noise<double>(100);
            for (const double theta : { 9.3, 31.0, 4.5 }) {
                const qa::context in_theta("theta", theta);
                std::vector<double> taps;
                for (std::size_t m = 0; m < n_fft; ++m) {
                    const double u =
                        (static_cast<double>(m) - static_cast<double>(n_fft / 2)) / theta;
                    taps.push_back(std::abs(u) < 0.5 ? std::pow(std::cos(qa::pi * u), 2) : 0);
                }
                p.window = window(taps);
                reassignment<double> plain(p);
                lengths.set_window(family, theta);
                const computed<double> a(plain, x, 20), b(lengths, x, 20);
                const auto peak = qa::peak(values(a.spectrum.begin(), a.spectrum.end()));
                for (std::size_t k = 0; k < a.spectrum.size(); ++k) {
                    const qa::context in_k("k", k);
                    CPPUNIT_ASSERT(std::abs(a.spectrum[k] - b.spectrum[k]) < 1e-13 * peak);
                    if (std::abs(a.spectrum[k]) > 0.1 * peak)
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(a.times[k], b.times[k], 1e-10);
                }
            }
        }
    }

    void windows_of_a_family_replace_complex_ones()
    {
        auto p = shaped({ 100, 16, 16, 1 });
        const auto x = qa::noise<std::complex<double>>(100);
        reassignment<std::complex<double>> real(p);
        p.window = window(qa::exactly(qa::noise<std::complex<double>>(16)));
        reassignment<std::complex<double>> was_complex(p);
        for (auto* transform : { &real, &was_complex })
            transform->set_window("hann", 11);
        const computed<std::complex<double>> a(real, x, 30), b(was_complex, x, 30);
        CPPUNIT_ASSERT(a.spectrum == b.spectrum && a.times == b.times);
    }

    void reassigned_power_adds_up()
    {
        for (const bool doubled : { false, true }) {
            const qa::context in_doubled("doubled", doubled);
            const auto x = qa::noise<double>(300);
            auto p = shaped({ 300, 32, 40, 5 });
            reassigned_spectrogram<double> spread(p, power_kind::psd, doubled);
            p.scale = scaling::psd;
            stft<double> plain(p);
            std::vector<double> rows(61 * 21);
            std::vector<std::complex<double>> X(21);
            double before = 0, after = 0;
            for (std::size_t f = 0; f < 61; ++f) {
                const auto start = static_cast<std::int64_t>(5 * f) - 16;
                spread.add(x.data(), 300, start, f, 61, rows.data());
                plain.analyse(x.data(), 300, start, 1, X.data());
                for (std::size_t k = 0; k < 21; ++k)
                    before += std::norm(X[k]) * (doubled && k != 0 && k != 20 ? 2 : 1);
            }
            for (const auto power : rows)
                after += power;
            CPPUNIT_ASSERT_DOUBLES_EQUAL(before, after, 1e-12 * before);
        }
    }

    void wrong_arguments_are_refused()
    {
        auto p = shaped({ 10, 8, 8, 1 });
        p.order = 3;
        qa::assert_refused("order: 3: must be 1 or 2", [&] { reassignment<float>{ p }; });
        p.order = 1;
        p.threshold = 1;
        qa::assert_refused("threshold: 1: must be 0 <= threshold < 1",
                           [&] { reassignment<float>{ p }; });
        p.threshold = -1;
        p.phase = "start";
        qa::assert_refused("phase: start: must be centre, that of a sum over bins",
                           [&] { synchrosqueezing<float>{ p }; });
        p.phase = "centre";
        qa::assert_refused("kind: magnitude: must be psd or power, which add up where cells meet",
                           [&] { reassigned_spectrogram<float>(p, power_kind::magnitude, false); });
        p.hop = 2;
        qa::assert_refused("hop: 2: must be 1, each spectrum gives one sample",
                           [&] { synchrosqueezing_inverse<float>{ p }; });
        p.hop = 1;
        p.window = window(std::vector<double>{ 1, 1, 0, 1 });
        p.win_length = 4;
        qa::assert_refused("window: 4 taps: is 0 at its centre, value 2, which is divided by",
                           [&] { synchrosqueezing_inverse<float>{ p }; });
        reassignment<double> lengths(shaped({ 10, 8, 8, 1 }));
        for (const double theta : { 0.0, 8.5, std::nan("") }) {
            const qa::context in_theta("theta", theta);
            CPPUNIT_ASSERT(
                qa::refusal([&] { lengths.set_window("hann", theta); }).rfind("theta: ", 0) == 0);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_reassign);
