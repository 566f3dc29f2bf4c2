/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/dstft_cases.h"

using namespace gr::stft::kernel;
using qa::analysed;
using qa::complex_t;
using qa::for_kernel;
using qa::plain_dstft;
using qa::signal;
using qa::spectrum_t;
using qa::value;
using qa::values;

namespace {

//! One transform on one signal.
struct layout {
    std::size_t n_fft, length;
    const char* window;
    norm scale;
    sharing share;

    std::string text() const
    {
        return std::to_string(length) + " samples, n_fft " + std::to_string(n_fft) + ", " + window +
               ", " + name_of(scale) + ", " + name_of(share);
    }
};

//! Before the signal, on its first sample, between samples, with samples on a window's edge, at and beyond its end.
//! Samples on a kink of the window, which no difference may straddle, are passed by.
std::vector<position> positions(std::size_t n_fft, std::size_t length, const std::string& window)
{
    const double beside =
        window == "bartlett" || window == "parzen" || window == "bohman" ? 0.11 : 0;
    const auto N = static_cast<double>(n_fft), L = static_cast<double>(length);
    std::vector<position> t;
    for (double at : { -2 * N - 7.25,
                       -N / 2 + 0.625,
                       -0.3,
                       0.0,
                       0.37 * L + 0.0625,
                       std::floor(L / 2),
                       0.61 * L + 0.9990234375,
                       L - 1,
                       L + N / 2 - 0.75,
                       L + 3 * N + 0.5 })
        t.push_back(position::at(at + beside));
    return t;
}

/*!
 * Fourth-order differences of the oracle err by 1e-13 of a derivative, and by 1e-9 where Bohman's third derivative
 * jumps between two of the values.
 */
template <class T>
constexpr double slope_limit = std::is_same_v<real_t<T>, float> ? 2e-5 : 1e-11;

template <class T>
void assert_is_the_plain_sum(const layout& l)
{
    dstft<T> transform(l.n_fft, l.window, l.scale, l.share);
    const plain_dstft plain(l.n_fft, l.window, l.scale);
    const auto bins = transform.bins();
    const auto x = signal<T>(l.length);
    const auto in_double = qa::exactly(x);
    const auto t = positions(l.n_fft, l.length, l.window);
    const auto lengths = qa::window_lengths(l.share, t.size(), bins, l.n_fft);
    const excerpt<T> whole{ x.data(), 0, static_cast<std::int64_t>(x.size()) };

    // values, then dS/dtheta theta and dS/dt theta, which are of like size for all lengths
    values expected[3];
    spectrum_t<T> actual[3], alone;
    for (std::size_t n = 0; n < t.size(); ++n) {
        const auto theta = qa::taken(lengths, n, bins);
        const auto in = for_kernel(transform, theta);
        spectrum_t<T> row[3] = { spectrum_t<T>(bins), spectrum_t<T>(bins), spectrum_t<T>(bins) };
        transform.analyse(whole, t[n], in.data(), row[0].data(), row[1].data(), row[2].data());
        const wrt variables[] = { wrt::nothing, wrt::length, wrt::position };
        for (int k = 0; k < 3; ++k) {
            const auto frame = plain.analyse(in_double, 0, t[n], theta, variables[k]);
            for (std::size_t m = 0; m < bins; ++m) {
                const auto per = k ? static_cast<real_t<T>>(theta[m]) : real_t<T>(1);
                expected[k].push_back(frame[m] * (k ? theta[m] : 1));
                actual[k].push_back(row[k][m] * per);
            }
        }
        // each result alone is the same, whatever else is asked for
        spectrum_t<T> one(bins);
        transform.analyse(whole, t[n], in.data(), one.data());
        for (std::size_t m = 0; m < bins; ++m)
            alone.push_back(one[m]);
        transform.analyse(whole, t[n], in.data(), nullptr, one.data(), nullptr);
        CPPUNIT_ASSERT_MESSAGE(l.text(), one == row[1]);
        transform.analyse(whole, t[n], in.data(), nullptr, nullptr, one.data());
        CPPUNIT_ASSERT_MESSAGE(l.text(), one == row[2]);
    }
    qa::assert_near(expected[0], actual[0], qa::dstft_limit<T>, l.text() + ", S");
    qa::assert_near(expected[0], alone, qa::dstft_limit<T>, l.text() + ", S alone");
    qa::assert_near(expected[1], actual[1], slope_limit<T>, l.text() + ", dS/dtheta");
    qa::assert_near(expected[2], actual[2], slope_limit<T>, l.text() + ", dS/dt");
}

template <class T>
void assert_pulls_back(const layout& l)
{
    dstft<T> transform(l.n_fft, l.window, l.scale, l.share);
    const plain_dstft plain(l.n_fft, l.window, l.scale);
    const auto bins = transform.bins();
    const auto x = signal<T>(l.length);
    const auto in_double = qa::exactly(x);
    const auto t = positions(l.n_fft, l.length, l.window);
    const auto lengths = qa::window_lengths(l.share, t.size(), bins, l.n_fft);
    // a gradient adds to what is there
    std::vector<T> to_x(l.length, T(1));
    values expected_x(l.length, value(1)), expected_theta, expected_t, actual_theta, actual_t;
    for (std::size_t n = 0; n < t.size(); ++n) {
        const auto theta = qa::taken(lengths, n, bins);
        const auto in = for_kernel(transform, theta);
        const auto G = qa::noise<complex_t<T>>(bins, static_cast<unsigned>(n) + 20);
        const auto cotangent = qa::exactly(G);
        std::vector<double> to_theta(in.size(), 2);
        double to_t = 3;
        // in two excerpts, of which only one has samples to the gradient of
        const auto cut = l.length / 3;
        const auto end = static_cast<std::int64_t>(l.length),
                   middle = static_cast<std::int64_t>(cut);
        transform.pull_back({ x.data(), 0, middle },
                            t[n],
                            in.data(),
                            G.data(),
                            to_theta.data(),
                            &to_t,
                            to_x.data());
        transform.pull_back({ x.data() + cut, middle, end },
                            t[n],
                            in.data(),
                            G.data(),
                            to_theta.data(),
                            &to_t,
                            to_x.data() + cut);
        const auto adjoint = plain.adjoint(cotangent, 0, l.length, t[n], theta);
        for (std::size_t k = 0; k < l.length; ++k)
            expected_x[k] += is_real_v<T> ? value(adjoint[k].real()) : adjoint[k];
        const auto by_theta = plain.analyse(in_double, 0, t[n], theta, wrt::length);
        const auto by_t = plain.analyse(in_double, 0, t[n], theta, wrt::position);
        std::vector<double> gradient(in.size(), 2);
        double t_gradient = 3;
        for (std::size_t m = 0; m < bins; ++m) {
            gradient[in.size() == 1 ? 0 : m] += std::real(std::conj(cotangent[m]) * by_theta[m]);
            t_gradient += std::real(std::conj(cotangent[m]) * by_t[m]);
        }
        // of like size for all lengths, as above
        for (std::size_t m = 0; m < in.size(); ++m) {
            expected_theta.emplace_back(gradient[m] * in[m]);
            actual_theta.emplace_back(to_theta[m] * in[m]);
        }
        expected_t.emplace_back(t_gradient);
        actual_t.emplace_back(to_t);

        // each alone is the same as with the others
        std::vector<double> alone(in.size(), 0), with(in.size(), 0);
        double t_alone = 0, t_with = 0;
        const excerpt<T> whole{ x.data(), 0, end };
        transform.pull_back(whole, t[n], in.data(), G.data(), alone.data(), nullptr, nullptr);
        transform.pull_back(whole, t[n], in.data(), G.data(), nullptr, &t_alone, nullptr);
        transform.pull_back(whole, t[n], in.data(), G.data(), with.data(), &t_with, nullptr);
        CPPUNIT_ASSERT_MESSAGE(l.text(), alone == with);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(l.text(), t_with, t_alone);
    }
    qa::assert_near(expected_x, to_x, 2 * qa::dstft_limit<T>, l.text() + ", dL/dx");
    qa::assert_near(expected_theta, actual_theta, slope_limit<T>, l.text() + ", dL/dtheta");
    qa::assert_near(expected_t, actual_t, slope_limit<T>, l.text() + ", dL/dt");
}

//! Sizes: tiny, odd, even, prime, multiples of 4 or not, around 64, and longer than two restarts of the recurrences.
const std::vector<std::pair<std::size_t, std::size_t>> sizes{ { 2, 9 },    { 3, 10 },   { 4, 1 },
                                                              { 5, 13 },   { 6, 20 },   { 7, 30 },
                                                              { 12, 0 },   { 17, 40 },  { 64, 150 },
                                                              { 129, 90 }, { 302, 700 } };

template <class F>
void for_sizes_and_sharings(F f)
{
    for (const auto& [n_fft, length] : sizes)
        for (const auto share : qa::sharings)
            f(layout{ n_fft, length, "hann", norm::l2, share });
    f(layout{ 403, 900, "hann", norm::peak, sharing::cell });
}

template <class F>
void for_windows_and_norms(F f)
{
    for (const auto& plain : qa::plain_families)
        for (const auto scale : qa::norms)
            for (const auto share : { sharing::frame, sharing::cell })
                f(layout{ 22, 40, plain.name, scale, share });
}

} // namespace

class qa_dstft : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_dstft);
    CPPUNIT_TEST(spectra_and_derivatives_are_plain_sums);
    CPPUNIT_TEST(every_window_and_norm_is_a_plain_sum);
    CPPUNIT_TEST(gradients_are_plain_sums);
    CPPUNIT_TEST(every_window_and_norm_is_pulled_back);
    CPPUNIT_TEST(derivatives_are_differences_of_the_kernel_itself);
    CPPUNIT_TEST(gradient_by_the_signal_is_the_adjoint);
    CPPUNIT_TEST(sharings_of_equal_lengths_agree);
    CPPUNIT_TEST(energy_is_a_plain_sum);
    CPPUNIT_TEST(sizes_and_lengths_are_checked);
    CPPUNIT_TEST_SUITE_END();

    void spectra_and_derivatives_are_plain_sums()
    {
        qa::for_every_type(
            [](auto type) { for_sizes_and_sharings(assert_is_the_plain_sum<decltype(type)>); });
    }

    void every_window_and_norm_is_a_plain_sum()
    {
        for_windows_and_norms(assert_is_the_plain_sum<double>);
        for_windows_and_norms(assert_is_the_plain_sum<float>);
        for_windows_and_norms(assert_is_the_plain_sum<std::complex<float>>);
    }

    void gradients_are_plain_sums()
    {
        qa::for_every_type(
            [](auto type) { for_sizes_and_sharings(assert_pulls_back<decltype(type)>); });
    }

    void every_window_and_norm_is_pulled_back()
    {
        for_windows_and_norms(assert_pulls_back<double>);
        for_windows_and_norms(assert_pulls_back<std::complex<float>>);
    }

    void derivatives_are_differences_of_the_kernel_itself()
    {
        const std::size_t n_fft = 26;
        const auto x = signal<double>(50);
        const excerpt<double> whole{ x.data(), 0, 50 };
        const auto at = position::at(21.3);
        const double h = 1e-4; // truncation error h^2, rounding error 1e-16 / h
        for (const auto& plain : qa::plain_families)
            for (const auto scale : qa::norms)
                for (const auto share : { sharing::frame, sharing::cell }) {
                    dstft<double> transform(n_fft, plain.name, scale, share);
                    std::vector<double> theta, longer, shorter;
                    for (std::size_t m = 0; m < transform.thetas(); ++m) {
                        theta.push_back(17.93 + 0.41 * static_cast<double>(m));
                        longer.push_back(theta.back() + h);
                        shorter.push_back(theta.back() - h);
                    }
                    const auto bins = transform.bins();
                    spectrum_t<double> by_theta(bins), by_t(bins);
                    transform.analyse(
                        whole, at, theta.data(), nullptr, by_theta.data(), by_t.data());
                    const auto above = analysed(transform, whole, at, longer),
                               below = analysed(transform, whole, at, shorter);
                    const auto after = analysed(transform, whole, at + h, theta),
                               before = analysed(transform, whole, at + -h, theta);
                    values theta_slope, t_slope;
                    for (std::size_t m = 0; m < bins; ++m) {
                        theta_slope.push_back((above[m] - below[m]) / (2 * h));
                        t_slope.push_back((after[m] - before[m]) / (2 * h));
                    }
                    qa::assert_near(theta_slope, by_theta, 1e-7, plain.name);
                    qa::assert_near(t_slope, by_t, 1e-7, plain.name);
                }
    }

    template <class T>
    static void assert_adjoint(std::size_t n_fft, sharing share)
    {
        const std::size_t length = 2 * n_fft + 5;
        dstft<T> transform(n_fft, "hann", norm::l1, share);
        const auto x = signal<T>(length);
        const auto t = position::at(static_cast<double>(n_fft) + 0.3);
        const auto theta =
            for_kernel(transform, qa::window_lengths(share, 1, transform.bins(), n_fft));
        const auto G = qa::noise<complex_t<T>>(transform.bins(), 8);
        const auto S =
            analysed<T>(transform, { x.data(), 0, static_cast<std::int64_t>(length) }, t, theta);
        std::vector<T> to_x(length);
        transform.pull_back({ nullptr, 0, static_cast<std::int64_t>(length) },
                            t,
                            theta.data(),
                            G.data(),
                            nullptr,
                            nullptr,
                            to_x.data());
        double left = 0, right = 0, size = 0;
        for (std::size_t m = 0; m < S.size(); ++m) {
            left += std::real(std::conj(value(G[m])) * value(S[m]));
            size += std::abs(value(G[m]) * value(S[m]));
        }
        for (std::size_t k = 0; k < length; ++k)
            right += std::real(std::conj(value(to_x[k])) * value(x[k]));
        const double limit = std::is_same_v<real_t<T>, float> ? 1e-6 : 1e-14;
        CPPUNIT_ASSERT_DOUBLES_EQUAL(left, right, limit * size);
    }

    void gradient_by_the_signal_is_the_adjoint()
    {
        qa::for_every_type([](auto type) {
            for (std::size_t n_fft : { 2, 3, 8, 31, 200 })
                for (const auto share : qa::sharings)
                    assert_adjoint<decltype(type)>(n_fft, share);
        });
    }

    template <class T>
    static void assert_sharings_agree()
    {
        const std::size_t n_fft = 36;
        const auto x = signal<T>(90);
        const auto end = static_cast<std::int64_t>(x.size());
        for (double theta : { 0.5, 2.0, 7.99, 8.0, 20.3, 36.0 })
            for (const auto& t : { position{ 40, 0 }, position{ 40, 0.45 } })
                for (const auto scale : qa::norms) {
                    const qa::context in_scale("scale", scale);
                    dstft<T> one(n_fft, "hann", scale, sharing::constant);
                    dstft<T> many(n_fft, "hann", scale, sharing::bin);
                    spectrum_t<T> a[3], b[3];
                    for (auto* rows : { a, b })
                        for (int k = 0; k < 3; ++k)
                            rows[k].resize(one.bins());
                    const std::vector<double> each(one.bins(), theta);
                    one.analyse(
                        { x.data(), 0, end }, t, &theta, a[0].data(), a[1].data(), a[2].data());
                    many.analyse({ x.data(), 0, end },
                                 t,
                                 each.data(),
                                 b[0].data(),
                                 b[1].data(),
                                 b[2].data());
                    for (int k = 0; k < 3; ++k) {
                        const qa::context in_k("k", k);
                        // a derivative may vanish by symmetry
                        const double size = qa::peak(qa::exactly(a[0])) / (k ? theta : 1);
                        for (std::size_t m = 0; m < one.bins(); ++m)
                            CPPUNIT_ASSERT_DOUBLES_EQUAL(0,
                                                         std::abs(value(a[k][m] - b[k][m])),
                                                         20 * qa::dstft_limit<T> * size);
                    }
                }
    }

    void sharings_of_equal_lengths_agree()
    {
        qa::for_every_type([](auto type) { assert_sharings_agree<decltype(type)>(); });
    }

    template <class T>
    static void assert_energy(std::size_t n_fft, sharing share)
    {
        for (const auto scale : { norm::peak, norm::dcunit, norm::l2 }) {
            dstft<T> transform(n_fft, "blackman", scale, share);
            const plain_dstft plain(n_fft, "blackman", scale);
            const auto bins = transform.bins();
            const auto lengths = qa::window_lengths(share, 1, bins, n_fft);
            const auto theta = for_kernel(transform, lengths);
            const position t{ 3, 0.4 };
            std::vector<real_t<T>> weight;
            for (std::size_t m = 0; m < bins; ++m)
                weight.push_back(static_cast<real_t<T>>(1 + m % 3));
            const std::int64_t begin = 1, end = 2 + static_cast<std::int64_t>(n_fft);
            std::vector<double> sum(static_cast<std::size_t>(end - begin), 5);
            transform.energy(t, theta.data(), weight.data(), begin, end, sum.data());
            const values actual(sum.begin(), sum.end());
            auto expected = plain.energies(weight, begin, sum.size(), t, lengths);
            for (auto& one : expected)
                one += 5;
            qa::assert_near(expected,
                            actual,
                            2 * qa::dstft_limit<T>,
                            "energy, n_fft " + std::to_string(n_fft) + name_of(share));
        }
    }

    void energy_is_a_plain_sum()
    {
        qa::for_every_type([](auto type) {
            for (std::size_t n_fft : { 2, 3, 12, 15, 150 })
                for (const auto share : qa::sharings)
                    assert_energy<decltype(type)>(n_fft, share);
        });
    }

    void sizes_and_lengths_are_checked()
    {
        qa::assert_refused("n_fft: 1: must be at least 2",
                           [] { dstft<float>(1, "hann", norm::l2, sharing::frame); });
        CPPUNIT_ASSERT(qa::refusal([] {
                           dstft<float>(0, "hann", norm::l2, sharing::cell);
                       }).find("n_fft: 0: ") == 0);
        CPPUNIT_ASSERT(qa::refusal([] {
                           dstft<float>((1u << 28) + 1, "hann", norm::l2, sharing::cell);
                       }).find("n_fft: ") == 0);
        const dstft<float> transform(8, "hann", norm::l2, sharing::frame);
        for (double good : { least_theta, 0.5, 8.0 })
            CPPUNIT_ASSERT(transform.takes(good));
        for (double bad : { 0.0, -1.0, 8.001, 0.9e-6, double(NAN), double(INFINITY) })
            CPPUNIT_ASSERT(!transform.takes(bad));
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), transform.thetas());
        CPPUNIT_ASSERT_EQUAL(std::size_t(5),
                             dstft<float>(8, "hann", norm::l2, sharing::bin).thetas());
        CPPUNIT_ASSERT_EQUAL(
            std::size_t(8),
            dstft<std::complex<float>>(8, "hann", norm::l2, sharing::cell).thetas());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_dstft);
