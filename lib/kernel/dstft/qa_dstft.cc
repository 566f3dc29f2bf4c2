/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/dstft_support.h"
#include <memory>

using namespace gr::stft::kernel;
using qa::plain_dstft;
using qa::value;
using qa::values;

namespace {

template <class T>
using complex_t = std::complex<real_t<T>>;
template <class T>
using spectrum_t = std::vector<complex_t<T>>;

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

//! Window lengths that the kernel's frame takes: one theta, or one per bin.
template <class T>
std::vector<double> for_kernel(const dstft<T>& transform, const std::vector<double>& theta)
{
    return { theta.begin(), theta.begin() + static_cast<std::ptrdiff_t>(transform.thetas()) };
}

//! No error may exceed this, relative to the largest value of all frames.
template <class T>
constexpr double limit = std::is_same_v<real_t<T>, float> ? 3e-6 : 4e-13;

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
    qa::assert_near(expected[0], actual[0], limit<T>, l.text() + ", S");
    qa::assert_near(expected[0], alone, limit<T>, l.text() + ", S alone");
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
    qa::assert_near(expected_x, to_x, 2 * limit<T>, l.text() + ", dL/dx");
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

template <class T>
std::vector<complex_t<T>> analysed(dstft<T>& transform,
                                   const excerpt<T>& x,
                                   const position& t,
                                   const std::vector<double>& theta)
{
    spectrum_t<T> spectrum(transform.bins());
    transform.analyse(x, t, theta.data(), spectrum.data());
    return spectrum;
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
    CPPUNIT_TEST(longest_windows_hold_n_fft_samples);
    CPPUNIT_TEST(far_positions_are_as_exact_as_near_ones);
    CPPUNIT_TEST(samples_outside_of_the_excerpt_are_zero);
    CPPUNIT_TEST(spectra_are_smooth_where_t_crosses_a_sample);
    CPPUNIT_TEST(sharings_of_equal_lengths_agree);
    CPPUNIT_TEST(energy_is_a_plain_sum);
    CPPUNIT_TEST(a_window_between_samples_gives_zero);
    CPPUNIT_TEST(non_finite_samples_stay_under_their_windows);
    CPPUNIT_TEST(a_frame_does_not_depend_on_those_before);
    CPPUNIT_TEST(positions_split_and_add);
    CPPUNIT_TEST(theta_fields_have_offsets);
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
            limit<T>,
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
            qa::assert_near(qa::exactly(whole), sum, limit<T>, "excerpt");
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
                            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                                0, std::abs(value(a[k][m] - b[k][m])), 20 * limit<T> * size);
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
                            2 * limit<T>,
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
