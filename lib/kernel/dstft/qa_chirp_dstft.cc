/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/dstft_support.h"
#include <gnuradio/stft/kernel/dstft/chirp_dstft.h>
#include <gnuradio/stft/kernel/dstft/idstft.h>
#include <array>
#include <limits>

using namespace gr::stft::kernel;
using qa::extended;
using qa::extended_value;
using qa::plain_dstft;
using qa::value;
using qa::values;

namespace {

template <class T>
using complex_t = std::complex<real_t<T>>;
template <class T>
using spectrum_t = std::vector<complex_t<T>>;

//! Names what the window is differentiated by.
enum variable { nothing, by_theta, by_t, by_c, variables };

/*!
 * The window w(u, theta) exp(-i pi c u^2) of one frame on the integers under it, in extended precision, or its derivative by
 * differences of fourth order of the whole product.
 */
std::vector<extended_value>
taper(const plain_dstft& plain, const position& t, double theta, double c, variable which)
{
    const auto range = plain_dstft::under(t, theta);
    const auto at = [&](extended longer, extended later, extended faster) {
        const auto w = plain.window(range, t, theta + longer, later);
        std::vector<extended_value> turned;
        for (auto r = range.first; r < range.second; ++r) {
            const extended u = static_cast<extended>(r) - t.fraction - later;
            turned.push_back(w[static_cast<std::size_t>(r - range.first)] *
                             std::polar<extended>(
                                 1, -qa::extended_pi * std::remainder((c + faster) * u * u, 2.0L)));
        }
        return turned;
    };
    if (which == nothing)
        return at(0, 0, 0);
    // a step turns the phase by little, and changes the window by little
    const auto length = static_cast<extended>(theta);
    const extended h = which == by_c   ? 1e-4L / (1 + length * length)
                       : which == by_t ? 2e-4L * std::min(1.0L, length)
                                       : 1e-4L * length;
    const auto step = [&](int n) {
        return at(
            which == by_theta ? n * h : 0, which == by_t ? n * h : 0, which == by_c ? n * h : 0);
    };
    const auto a = step(-2), b = step(-1), d = step(1), e = step(2);
    std::vector<extended_value> slope;
    for (std::size_t i = 0; i < a.size(); ++i)
        slope.push_back((a[i] - 8.0L * b[i] + 8.0L * d[i] - e[i]) / (12 * h));
    return slope;
}

//! The plain sum of a frame, bins 0 .. bins - 1.
values plain_frame(const plain_dstft& plain,
                   const values& x,
                   const position& t,
                   double theta,
                   double c,
                   std::size_t bins,
                   variable which = nothing)
{
    const auto W = taper(plain, t, theta, c, which);
    const auto first = plain_dstft::under(t, theta).first;
    values spectrum;
    for (std::size_t m = 0; m < bins; ++m)
        spectrum.emplace_back(plain.sum(W, x, t.sample + first, 0, m));
    return spectrum;
}

//! One transform on one signal.
struct layout {
    std::size_t n_fft, length;
    const char* window;
    norm scale;

    std::string text() const
    {
        return std::to_string(length) + " samples, n_fft " + std::to_string(n_fft) + ", " + window +
               ", " + name_of(scale);
    }
};

struct frame {
    position t;
    double theta, c;
};

//! Frames before the signal, across its ends and inside, with rates that jump from one end of their range to the other.
std::vector<frame> frames_of(const layout& l)
{
    // no difference may straddle a sample on a kink of the window
    const std::string window = l.window;
    const double beside =
        window == "bartlett" || window == "parzen" || window == "bohman" ? 0.11 : 0;
    const auto N = static_cast<double>(l.n_fft), L = static_cast<double>(l.length);
    const std::array<double, 7> steepness{ 0.5, -0.5, 0, 0.31, -0.07, 1e-3, -0.27 };
    const std::array<double, 5> lengths{
        N, 0.61 * N + 0.013, 0.83 * N, std::min(N, 3.0), 0.37 * N + 0.29
    };
    std::vector<frame> frames;
    for (double at : { -2 * N - 7.25,
                       -N / 2 + 0.625,
                       -0.3,
                       0.0,
                       0.37 * L + 0.0625,
                       std::floor(L / 2),
                       0.61 * L + 0.9990234375,
                       L - 1,
                       L + N / 2 - 0.75,
                       L + 3 * N + 0.5 }) {
        const auto n = frames.size();
        const double theta = lengths[n % lengths.size()];
        frames.push_back(
            { position::at(at + beside), theta, steepness[n % steepness.size()] / theta });
    }
    return frames;
}

//! Samples of T that are the same in single precision.
template <class T>
std::vector<T> signal(std::size_t length)
{
    std::vector<T> x;
    for (const auto& v : qa::noise<std::complex<float>>(length, 5)) {
        if constexpr (is_real_v<T>)
            x.push_back(v.real());
        else
            x.push_back(T(v.real(), v.imag()));
    }
    return x;
}

template <class T>
excerpt<T> all_of(const std::vector<T>& x)
{
    return { x.data(), 0, static_cast<std::int64_t>(x.size()) };
}

template <class T>
constexpr bool is_single = std::is_same_v<real_t<T>, float>;
//! No error may exceed this, relative to the largest value of all frames.
template <class T>
constexpr double limit = is_single<T> ? 3e-6 : 4e-13;
template <class T>
constexpr double slope_limit = is_single<T> ? 2e-5 : 2e-11;

//! Factor that makes derivatives alike in size, whatever the window's length.
double size_of(variable which, double theta)
{
    return which == nothing ? 1 : which == by_c ? theta * theta : theta;
}

template <class T>
void assert_is_the_plain_sum(const layout& l)
{
    chirp_dstft<T> transform(l.n_fft, l.window, l.scale);
    const plain_dstft plain(l.n_fft, l.window, l.scale);
    const auto bins = transform.bins();
    const auto x = signal<T>(l.length);
    const auto in_double = qa::exactly(x);
    std::array<values, variables> expected;
    std::array<spectrum_t<T>, variables> actual;
    for (const auto& f : frames_of(l)) {
        CPPUNIT_ASSERT_MESSAGE(l.text(), transform.takes(f.c, f.theta));
        std::array<spectrum_t<T>, variables> row;
        for (auto& r : row)
            r.resize(bins);
        transform.analyse(all_of(x),
                          f.t,
                          f.theta,
                          f.c,
                          row[0].data(),
                          row[1].data(),
                          row[2].data(),
                          row[3].data());
        for (int k = 0; k < variables; ++k) {
            const auto which = static_cast<variable>(k);
            const double size = size_of(which, f.theta);
            for (const auto& v : plain_frame(plain, in_double, f.t, f.theta, f.c, bins, which))
                expected[static_cast<std::size_t>(k)].push_back(v * size);
            for (const auto& v : row[static_cast<std::size_t>(k)])
                actual[static_cast<std::size_t>(k)].push_back(v * static_cast<real_t<T>>(size));
        }
        // each alone is the same as with the others
        for (std::size_t k = 0; k < variables; ++k) {
            spectrum_t<T> one(bins);
            std::array<complex_t<T>*, variables> to{};
            to[k] = one.data();
            transform.analyse(all_of(x), f.t, f.theta, f.c, to[0], to[1], to[2], to[3]);
            CPPUNIT_ASSERT_MESSAGE(l.text(), one == row[k]);
        }
    }
    qa::assert_near(expected[0], actual[0], limit<T>, l.text() + ", S");
    qa::assert_near(expected[1], actual[1], slope_limit<T>, l.text() + ", dS/dtheta");
    qa::assert_near(expected[2], actual[2], slope_limit<T>, l.text() + ", dS/dt");
    qa::assert_near(expected[3], actual[3], slope_limit<T>, l.text() + ", dS/dc");
}

template <class T>
void assert_pulls_back(const layout& l)
{
    chirp_dstft<T> transform(l.n_fft, l.window, l.scale);
    const plain_dstft plain(l.n_fft, l.window, l.scale);
    const auto bins = transform.bins();
    const auto x = signal<T>(l.length);
    const auto in_double = qa::exactly(x);
    std::vector<T> to_x(l.length, T(1)); // a gradient adds to what is there
    values expected_x(l.length, value(1));
    std::array<values, variables> expected, actual;
    for (const auto& f : frames_of(l)) {
        const auto G =
            qa::noise<complex_t<T>>(bins, static_cast<unsigned>(expected[1].size()) + 20);
        const auto cotangent = qa::exactly(G);
        std::array<double, variables> sums{ 0, 2, 3, 4 };
        // in two excerpts
        const auto cut = l.length / 3;
        const auto end = static_cast<std::int64_t>(l.length),
                   middle = static_cast<std::int64_t>(cut);
        const auto pull = [&](std::int64_t from, std::int64_t to) {
            transform.pull_back({ x.data() + from, from, to },
                                f.t,
                                f.theta,
                                f.c,
                                G.data(),
                                &sums[by_theta],
                                &sums[by_t],
                                &sums[by_c],
                                to_x.data() + from);
        };
        pull(0, middle);
        pull(middle, end);
        for (const auto which : { by_theta, by_t, by_c }) {
            double gradient = which + 1;
            const auto slope = plain_frame(plain, in_double, f.t, f.theta, f.c, bins, which);
            for (std::size_t m = 0; m < bins; ++m)
                gradient += std::real(std::conj(cotangent[m]) * slope[m]);
            expected[which].emplace_back(gradient * size_of(which, f.theta));
            actual[which].emplace_back(sums[which] * size_of(which, f.theta));
        }
        const auto W = taper(plain, f.t, f.theta, f.c, nothing);
        const auto first = f.t.sample + plain_dstft::under(f.t, f.theta).first;
        for (std::size_t j = 0; j < W.size(); ++j) {
            const auto k = first + static_cast<std::int64_t>(j);
            if (k < 0 || k >= end)
                continue;
            value sum = 0;
            for (std::size_t m = 0; m < bins; ++m)
                sum += std::conj(value(W[j]) * plain.rotation(m, k)) * cotangent[m];
            expected_x[static_cast<std::size_t>(k)] += is_real_v<T> ? value(sum.real()) : sum;
        }

        // each alone is the same as with the others
        double one = 0, other = 0, both = 0;
        transform.pull_back(
            all_of(x), f.t, f.theta, f.c, G.data(), &one, nullptr, nullptr, nullptr);
        transform.pull_back(
            all_of(x), f.t, f.theta, f.c, G.data(), nullptr, nullptr, &other, nullptr);
        double again = 0;
        transform.pull_back(
            all_of(x), f.t, f.theta, f.c, G.data(), &again, nullptr, &both, nullptr);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(l.text(), one, again);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(l.text(), other, both);
    }
    qa::assert_near(expected_x, to_x, 2 * limit<T>, l.text() + ", dL/dx");
    qa::assert_near(expected[by_theta], actual[by_theta], slope_limit<T>, l.text() + ", dL/dtheta");
    qa::assert_near(expected[by_t], actual[by_t], slope_limit<T>, l.text() + ", dL/dt");
    qa::assert_near(expected[by_c], actual[by_c], slope_limit<T>, l.text() + ", dL/dc");
}

template <class F>
void for_sizes(F f)
{
    const std::vector<std::pair<std::size_t, std::size_t>> sizes{
        { 2, 9 },  { 3, 10 },  { 4, 1 },   { 5, 13 },    { 6, 20 },   { 7, 30 },
        { 12, 0 }, { 17, 40 }, { 64, 90 }, { 129, 150 }, { 302, 400 }
    };
    for (const auto& [n_fft, length] : sizes)
        f(layout{ n_fft, length, "hann", norm::l2 });
}

template <class F>
void for_windows_and_norms(F f)
{
    for (const auto& plain : qa::plain_families)
        for (const auto scale : qa::norms)
            f(layout{ 22, 40, plain.name, scale });
}

} // namespace

class qa_chirp_dstft : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_chirp_dstft);
    CPPUNIT_TEST(spectra_and_derivatives_are_plain_sums);
    CPPUNIT_TEST(every_window_and_norm_is_a_plain_sum);
    CPPUNIT_TEST(gradients_are_plain_sums);
    CPPUNIT_TEST(every_window_and_norm_is_pulled_back);
    CPPUNIT_TEST(derivatives_are_differences_of_the_kernel_itself);
    CPPUNIT_TEST(a_rate_of_0_gives_the_dstft_to_the_bit);
    CPPUNIT_TEST(a_chirp_of_its_rate_is_a_tone);
    CPPUNIT_TEST(phases_of_long_windows_are_exact);
    CPPUNIT_TEST(far_positions_are_as_exact_as_near_ones);
    CPPUNIT_TEST(a_frame_does_not_depend_on_those_before);
    CPPUNIT_TEST(non_finite_samples_stay_under_their_windows);
    CPPUNIT_TEST(frames_with_rates_that_jump_add_up_to_the_signal);
    CPPUNIT_TEST(an_inverse_refuses_rates_of_one_sided_spectra);
    CPPUNIT_TEST(rates_are_bounded_by_the_window);
    CPPUNIT_TEST_SUITE_END();

    void spectra_and_derivatives_are_plain_sums()
    {
        qa::for_every_type([](auto type) { for_sizes(assert_is_the_plain_sum<decltype(type)>); });
    }

    void every_window_and_norm_is_a_plain_sum()
    {
        for_windows_and_norms(assert_is_the_plain_sum<double>);
        for_windows_and_norms(assert_is_the_plain_sum<std::complex<float>>);
    }

    void gradients_are_plain_sums()
    {
        qa::for_every_type([](auto type) { for_sizes(assert_pulls_back<decltype(type)>); });
    }

    void every_window_and_norm_is_pulled_back()
    {
        for_windows_and_norms(assert_pulls_back<double>);
        for_windows_and_norms(assert_pulls_back<std::complex<float>>);
    }

    void derivatives_are_differences_of_the_kernel_itself()
    {
        using C = std::complex<double>;
        const auto x = signal<C>(60);
        const auto t = position::at(27.3);
        const double theta = 23.7, h = 1e-4;
        for (const double c : { 0.0, 0.013, -0.02 }) {
            chirp_dstft<C> transform(26, "hann", norm::dcunit);
            const auto at = [&](double longer, double later, double faster) {
                values S(26);
                transform.analyse(all_of(x), t + later, theta + longer, c + faster, S.data());
                return S;
            };
            const auto slope = [](const values& above, const values& below, double width) {
                values quotient;
                for (std::size_t m = 0; m < above.size(); ++m)
                    quotient.push_back((above[m] - below[m]) / width);
                return quotient;
            };
            std::array<values, variables> of;
            for (auto& one : of)
                one.resize(26);
            transform.analyse(
                all_of(x), t, theta, c, of[0].data(), of[1].data(), of[2].data(), of[3].data());
            qa::assert_near(slope(at(h, 0, 0), at(-h, 0, 0), 2 * h), of[by_theta], 1e-7, "theta");
            qa::assert_near(slope(at(0, h, 0), at(0, -h, 0), 2 * h), of[by_t], 1e-7, "t");
            const double g = 1e-2 * h;
            qa::assert_near(slope(at(0, 0, g), at(0, 0, -g), 2 * g), of[by_c], 1e-7, "c");
        }
    }

    template <class T>
    static void assert_equals_the_dstft()
    {
        for (const std::size_t n_fft : { 17u, 64u, 300u }) {
            chirp_dstft<T> transform(n_fft, "hann", norm::l2);
            dstft<T> plain(n_fft, "hann", norm::l2, sharing::frame);
            const auto bins = transform.bins();
            const auto x = signal<T>(2 * n_fft + 9);
            const auto G = qa::noise<complex_t<T>>(bins, 3);
            for (const double at : { 3.25, 60.5, 200.0 }) {
                const auto t = position::at(at);
                const double theta = 0.77 * static_cast<double>(n_fft);
                std::array<spectrum_t<T>, variables> one, other;
                for (auto* rows : { &one, &other })
                    for (auto& row : *rows)
                        row.resize(bins);
                transform.analyse(
                    all_of(x), t, theta, 0.1 / theta, one[0].data()); // leaves no trace
                transform.analyse(all_of(x),
                                  t,
                                  theta,
                                  0,
                                  one[0].data(),
                                  one[1].data(),
                                  one[2].data(),
                                  one[3].data());
                plain.analyse(
                    all_of(x), t, &theta, other[0].data(), other[1].data(), other[2].data());
                for (std::size_t k = 0; k < 3; ++k)
                    CPPUNIT_ASSERT(one[k] == other[k]);
                std::vector<T> to_x(x.size()), plain_to_x(x.size());
                double to_theta = 0, to_t = 0, to_c = 0, plain_to_theta = 0, plain_to_t = 0;
                transform.pull_back(
                    all_of(x), t, theta, 0, G.data(), &to_theta, &to_t, &to_c, to_x.data());
                plain.pull_back(all_of(x),
                                t,
                                &theta,
                                G.data(),
                                &plain_to_theta,
                                &plain_to_t,
                                plain_to_x.data());
                CPPUNIT_ASSERT(to_x == plain_to_x);
                CPPUNIT_ASSERT_EQUAL(plain_to_theta, to_theta);
                CPPUNIT_ASSERT_EQUAL(plain_to_t, to_t);
                std::vector<T> sum(x.size()), plain_sum(x.size());
                std::vector<real_t<T>> energy(x.size()), plain_energy(x.size()), peak(x.size());
                const auto end = static_cast<std::int64_t>(x.size());
                transform.overlap_add(
                    G.data(), t, theta, 0, 0, end, sum.data(), energy.data(), peak.data());
                plain.overlap_add(
                    G.data(), t, theta, 0, end, plain_sum.data(), plain_energy.data(), peak.data());
                CPPUNIT_ASSERT(sum == plain_sum);
                CPPUNIT_ASSERT(energy == plain_energy);
            }
        }
    }

    void a_rate_of_0_gives_the_dstft_to_the_bit()
    {
        qa::for_every_type([](auto type) { assert_equals_the_dstft<decltype(type)>(); });
    }

    //! The peak of a chirp under the window of its rate is that of a tone under a plain window.
    void a_chirp_of_its_rate_is_a_tone()
    {
        using C = std::complex<float>;
        const std::size_t n_fft = 256;
        const double c = 1.0 / 700, middle = 300.25;
        std::vector<C> x;
        for (std::size_t k = 0; k < 600; ++k) {
            const double u = static_cast<double>(k) - middle;
            x.push_back(C(std::polar(1.0, 2 * qa::pi * (0.25 * u + c * u * u / 2))));
        }
        chirp_dstft<C> transform(n_fft, "hann", norm::l1);
        const auto peak = [&](double rate) {
            spectrum_t<C> S(n_fft);
            transform.analyse(all_of(x), position::at(middle), 250, rate, S.data());
            return static_cast<double>(std::abs(S[64]));
        };
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1, peak(c), 1e-4);
        CPPUNIT_ASSERT(peak(0) < 0.3);
        CPPUNIT_ASSERT(peak(-c) < 0.3);
    }

    //! A tone of unit amplitude at every sample shows each tap of the window: thousands of cycles, counted exactly.
    void phases_of_long_windows_are_exact()
    {
        using C = std::complex<float>;
        const std::size_t n_fft = 1u << 18;
        const double theta = static_cast<double>(n_fft), c = 0.4987 / theta;
        chirp_dstft<C> transform(n_fft, "hann", norm::peak);
        std::vector<C> sum(n_fft), ones(n_fft, C(static_cast<float>(n_fft)));
        std::vector<float> energy(n_fft), peak(n_fft);
        const auto t = position::at(theta / 2 + 0.3);
        // the inverse DFT of an impulse's spectrum is 1 at sample 0 alone: all bins at 1 would be that; a single bin is
        // a constant at all samples
        std::fill(ones.begin() + 1, ones.end(), C(0));
        transform.overlap_add(ones.data(),
                              t,
                              theta,
                              c,
                              0,
                              static_cast<std::int64_t>(n_fft),
                              sum.data(),
                              energy.data(),
                              peak.data());
        for (std::size_t k = 1; k < n_fft; k += 997) {
            const extended u = static_cast<extended>(k) - theta / 2 - 0.3L;
            const extended w = 0.5L + 0.5L * std::cos(2 * qa::extended_pi * u / theta);
            const auto expected =
                w * std::polar<extended>(1, qa::extended_pi * std::remainder(c * u * u, 2.0L));
            CPPUNIT_ASSERT(std::abs(expected - extended_value(value(sum[k]))) < 1e-6L);
        }
    }

    void far_positions_are_as_exact_as_near_ones()
    {
        using C = std::complex<double>;
        const std::size_t n_fft = 60;
        const auto x = signal<C>(80);
        const std::int64_t far = (std::int64_t(1) << 50) / 60 * 60;
        chirp_dstft<C> transform(n_fft, "hann", norm::l2);
        spectrum_t<C> near(n_fft), there(n_fft);
        transform.analyse({ x.data(), 0, 80 }, { 40, 0.125 }, 55, 0.004, near.data());
        transform.analyse(
            { x.data(), far, far + 80 }, { far + 40, 0.125 }, 55, 0.004, there.data());
        CPPUNIT_ASSERT(near == there);
    }

    void a_frame_does_not_depend_on_those_before()
    {
        qa::for_every_type([](auto type) {
            using T = decltype(type);
            const auto x = signal<T>(200);
            const layout l{ 45, 200, "hann", norm::l1 };
            chirp_dstft<T> used(45, "hann", norm::l1);
            for (const auto& f : frames_of(l)) {
                chirp_dstft<T> fresh(45, "hann", norm::l1);
                spectrum_t<T> one(fresh.bins()), other(fresh.bins());
                used.analyse(all_of(x), f.t, f.theta, f.c, one.data());
                fresh.analyse(all_of(x), f.t, f.theta, f.c, other.data());
                CPPUNIT_ASSERT(one == other);
            }
        });
    }

    void non_finite_samples_stay_under_their_windows()
    {
        using C = std::complex<float>;
        auto x = signal<C>(200);
        x[100] = std::numeric_limits<float>::quiet_NaN();
        chirp_dstft<C> transform(32, "hann", norm::l2);
        for (double at = 60; at < 140; at += 7.3) {
            spectrum_t<C> S(32);
            transform.analyse(all_of(x), position::at(at), 30, 0.01, S.data());
            const bool finite =
                std::all_of(S.begin(), S.end(), [](C v) { return std::isfinite(std::abs(v)); });
            CPPUNIT_ASSERT_EQUAL(std::abs(at - 100) >= 15, finite);
        }
    }

    template <class T>
    static void assert_inverts(std::size_t n_fft, std::size_t length, double hop)
    {
        const auto x = signal<T>(length);
        chirp_dstft<T> transform(n_fft, "hann", norm::l2);
        idstft<T> inverse(n_fft, "hann", norm::l2);
        const auto N = static_cast<double>(n_fft);
        std::vector<T> y(length);
        std::size_t done = 0;
        const auto drain = [&] {
            const auto count = std::min(inverse.ready(), length - done);
            inverse.read(y.data() + done, count);
            done += count;
        };
        const std::array<double, 4> steepness{ 0.5, -0.5, 0, -0.2 };
        std::size_t n = 0;
        for (double at = 0; at < static_cast<double>(length) + N / 2; at += hop, ++n) {
            const double theta = n % 3 == 1 ? 0.7 * N : N, c = steepness[n % 4] / theta;
            spectrum_t<T> S(n_fft);
            transform.analyse(all_of(x), position::at(at), theta, c, S.data());
            inverse.add(S.data(), position::at(at), theta, c);
            drain();
        }
        inverse.finish(static_cast<std::int64_t>(length));
        drain();
        CPPUNIT_ASSERT_EQUAL(length, done);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), inverse.uncovered());
        qa::assert_near(qa::exactly(x), y, is_single<T> ? 3e-6 : 1e-14, "inverse");
    }

    void frames_with_rates_that_jump_add_up_to_the_signal()
    {
        for (const std::size_t n_fft : { 31u, 64u, 1024u })
            for (const std::size_t length : { 0u, 1u, 500u, 3001u }) {
                assert_inverts<std::complex<float>>(
                    n_fft, length, 0.23 * static_cast<double>(n_fft));
                assert_inverts<std::complex<double>>(
                    n_fft, length, 0.23 * static_cast<double>(n_fft));
            }
    }

    void an_inverse_refuses_rates_of_one_sided_spectra()
    {
        idstft<float> inverse(16, "hann", norm::l2);
        const spectrum_t<float> S(9);
        inverse.add(S.data(), position::at(0), 12, 0);
        qa::assert_refused("c: 0.01: must be 0 for one-sided spectra, which do not hold all of a "
                           "signal under a chirp",
                           [&] { inverse.add(S.data(), position::at(4), 12, 0.01); });
    }

    void rates_are_bounded_by_the_window()
    {
        using transform = chirp_dstft<float>;
        CPPUNIT_ASSERT(transform::takes(0.5 / 37, 37));
        CPPUNIT_ASSERT(transform::takes(-0.5 / 37, 37));
        CPPUNIT_ASSERT(!transform::takes(0.50001 / 37, 37));
        CPPUNIT_ASSERT(!transform::takes(-0.50001 / 37, 37));
        CPPUNIT_ASSERT(!transform::takes(std::nan(""), 37));
        CPPUNIT_ASSERT(!transform::takes(HUGE_VAL, 37));
        qa::assert_refused("n_fft: 1: must be at least 2", [] { transform(1, "hann", norm::l2); });
        CPPUNIT_ASSERT(!transform(16, "hann", norm::l2).takes(16.01));
        CPPUNIT_ASSERT(!transform(16, "hann", norm::l2).takes(0));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_chirp_dstft);
