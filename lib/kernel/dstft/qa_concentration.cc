/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/criterion_support.h"
#include <gnuradio/stft/kernel/dstft/concentration.h>
#include <limits>
#include <numeric>

using namespace gr::stft::kernel;
using qa::assert_slopes;
using qa::for_both_precisions;
using qa::log_or_0;
using qa::magnitudes;
using qa::mean_power;
using qa::planes;
using qa::reals;
using qa::sizes;

namespace {

//! -sum p ln p, p = a^power / sum
double plain_entropy(const reals& a)
{
    const double sum = std::accumulate(a.begin(), a.end(), 0.0);
    double entropy = 0;
    for (auto v : a)
        entropy -= v / sum * log_or_0(v / sum);
    return entropy;
}

reals frame_of(const reals& a, const sizes& s, std::size_t n)
{
    const auto begin = a.begin() + static_cast<std::ptrdiff_t>(n * s.bins);
    return { begin, begin + static_cast<std::ptrdiff_t>(s.bins) };
}

double plain_renyi(const reals& a, double order, int power)
{
    double norm = 0, sum = 0;
    for (auto v : a)
        norm += std::pow(v, power);
    for (auto v : a)
        sum += std::pow(std::pow(v, power) / norm, order);
    return std::log(sum) / (1 - order);
}

double norm(const reals& a, double p)
{
    double sum = 0;
    for (auto v : a)
        sum += std::pow(v, p);
    return std::pow(sum, 1 / p);
}

reals weights_of(const reals& t)
{
    const auto last = t.size() - 1;
    reals lambda(t.size(), 1);
    for (std::size_t n = 0; last > 0 && n <= last; ++n)
        lambda[n] = n == 0      ? t[1] - t[0]
                    : n == last ? t[last] - t[last - 1]
                                : (t[n + 1] - t[n - 1]) / 2;
    return lambda;
}

reals ascending(std::size_t frames)
{
    auto t = qa::noise<double>(frames, 3);
    for (std::size_t n = 0; n < frames; ++n)
        t[n] = 10 * static_cast<double>(n) + 4 * t[n];
    return t;
}

//! Every loss of magnitudes, by name.
struct measure {
    std::string name;
    std::function<double(const reals&, const sizes&)> plain;
    std::function<double(const double*, const sizes&, double*)> in_double;
    std::function<double(const float*, const sizes&, float*)> in_single;
};

//! f in both precisions, which a generic lambda is and a std::function is not.
template <class F>
measure of(const std::string& name, std::function<double(const reals&, const sizes&)> plain, F f)
{
    return { name,
             plain,
             [f](const double* a, const sizes& s, double* g) { return f(a, s, g); },
             [f](const float* a, const sizes& s, float* g) { return f(a, s, g); } };
}

std::size_t n_fft_of(const sizes& s) { return s.bins == 1 ? 1 : 2 * (s.bins - 1); }

std::vector<measure> every_measure()
{
    std::vector<measure> all;
    all.push_back(of(
        "entropy",
        [](const reals& a, const sizes&) { return plain_entropy(a); },
        [](auto* a, const sizes& s, auto* g) { return entropy(a, s.count(), g); }));
    all.push_back(of(
        "frame_entropy",
        [](const reals& a, const sizes& s) {
            double sum = 0;
            for (std::size_t n = 0; n < s.frames; ++n)
                sum += plain_entropy(frame_of(a, s, n));
            return sum / static_cast<double>(s.frames);
        },
        [](auto* a, const sizes& s, auto* g) { return frame_entropy(a, s.frames, s.bins, g); }));
    for (double order : { 0.5, 0.7, 1.5, 2.0, 2.6, 3.0, 4.0 })
        for (int power : { 1, 2 })
            all.push_back(of(
                "renyi " + std::to_string(order) + ", power " + std::to_string(power),
                [=](const reals& a, const sizes&) { return plain_renyi(a, order, power); },
                [=](auto* a, const sizes& s, auto* g) {
                    return renyi(a, s.count(), order, power, g);
                }));
    for (auto [p, q] : { std::pair(1.0, 2.0), { 2, 1 }, { 4, 2 }, { 0.5, 1.5 }, { 3, 1.2 } })
        all.push_back(of(
            "lp_lq " + std::to_string(p) + ", " + std::to_string(q),
            [p = p, q = q](const reals& a, const sizes&) { return norm(a, p) / norm(a, q); },
            [p = p, q = q](auto* a, const sizes& s, auto* g) {
                return lp_lq(a, s.count(), p, q, g);
            }));
    all.push_back(of(
        "kurtosis",
        [](const reals& a, const sizes& s) {
            const auto lambda = weights_of(ascending(s.frames));
            double sum = 0;
            for (std::size_t n = 0; n < s.frames; ++n) {
                const auto frame = frame_of(a, s, n);
                sum += lambda[n] * mean_power(frame, 4) / std::pow(mean_power(frame, 2), 2);
            }
            return sum / std::accumulate(lambda.begin(), lambda.end(), 0.0);
        },
        [](auto* a, const sizes& s, auto* g) {
            return kurtosis(a, s.frames, s.bins, ascending(s.frames).data(), g);
        }));
    all.push_back(of(
        "tracking_mse",
        [](const reals& a, const sizes& s) {
            double sum = 0;
            for (std::size_t n = 0; n < s.frames; ++n) {
                double moment = 0, mass = 0;
                for (std::size_t m = 0; m < s.bins; ++m) {
                    const double frequency =
                        100.0 * static_cast<double>(m) / static_cast<double>(n_fft_of(s));
                    moment += frequency * a[n * s.bins + m];
                    mass += a[n * s.bins + m];
                }
                sum += std::pow(moment / mass - ascending(s.frames)[n], 2);
            }
            return sum / static_cast<double>(s.frames);
        },
        [](auto* a, const sizes& s, auto* g) {
            return tracking_mse(
                a, s.frames, s.bins, ascending(s.frames).data(), n_fft_of(s), 100, g);
        }));
    return all;
}

} // namespace

class qa_concentration : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_concentration);
    CPPUNIT_TEST(values_are_the_plain_sums);
    CPPUNIT_TEST(gradients_are_central_differences);
    CPPUNIT_TEST(single_precision_follows_double);
    CPPUNIT_TEST(silence_has_value_and_gradient_0);
    CPPUNIT_TEST(silent_frames_change_nothing_but_the_mean);
    CPPUNIT_TEST(zeros_within_a_plane_have_finite_gradients);
    CPPUNIT_TEST(slopes_beyond_the_range_are_its_end);
    CPPUNIT_TEST(infinite_slopes_at_0_are_0);
    CPPUNIT_TEST(level_cancels);
    CPPUNIT_TEST(not_a_number_is_told);
    CPPUNIT_TEST(kurtosis_follows_its_weights);
    CPPUNIT_TEST(centroids_are_handed_out);
    CPPUNIT_TEST(modulus_and_cotangent);
    CPPUNIT_TEST(entropy_of_a_plane_row_by_row);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void values_are_the_plain_sums()
    {
        for (const auto& loss : every_measure())
            for (const auto& s : planes) {
                const auto a = magnitudes(s.count());
                const double expected = loss.plain(a, s);
                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(loss.name + ", " + s.text(),
                                                     expected,
                                                     loss.in_double(a.data(), s, nullptr),
                                                     1e-12 * std::max(1.0, expected));
            }
    }

    void gradients_are_central_differences()
    {
        for (const auto& loss : every_measure())
            for (const auto& s : planes)
                assert_slopes(
                    [&](const reals& a, double* g) { return loss.in_double(a.data(), s, g); },
                    magnitudes(s.count()),
                    loss.name + ", " + s.text());
    }

    void single_precision_follows_double()
    {
        for (const auto& loss : every_measure())
            for (const auto& s : planes) {
                const auto a = magnitudes(s.count());
                const std::vector<float> single(a.begin(), a.end());
                const reals same(single.begin(), single.end()); // the rounding of a is not at issue
                reals expected(a.size());
                std::vector<float> gradient(a.size());
                const double value = loss.in_double(same.data(), s, expected.data());
                const auto what = loss.name + ", " + s.text();
                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                    what,
                    value,
                    loss.in_single(single.data(), s, gradient.data()),
                    1e-6 * std::max(1.0, value));
                double largest = 0.1;
                for (auto v : expected)
                    largest = std::max(largest, std::abs(v));
                for (std::size_t i = 0; i < a.size(); ++i)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                        what, expected[i], gradient[i], 1e-5 * largest);
            }
    }

    void silence_has_value_and_gradient_0()
    {
        const sizes s{ 3, 5 };
        for (const auto& loss : every_measure())
            for (double level : { 0.0, 1e-45, 1e-30 }) {
                const std::vector<float> a(s.count(), static_cast<float>(level));
                std::vector<float> gradient(s.count(), 1);
                CPPUNIT_ASSERT_EQUAL_MESSAGE(
                    loss.name, 0.0, loss.in_single(a.data(), s, gradient.data()));
                CPPUNIT_ASSERT_MESSAGE(loss.name, gradient == std::vector<float>(s.count()));

                const reals wide(s.count(), level * 1e-278);
                reals slopes(s.count(), 1);
                CPPUNIT_ASSERT_EQUAL_MESSAGE(
                    loss.name, 0.0, loss.in_double(wide.data(), s, slopes.data()));
                CPPUNIT_ASSERT_MESSAGE(loss.name, slopes == reals(s.count()));
            }
    }

    void silent_frames_change_nothing_but_the_mean()
    {
        const sizes three{ 3, 5 };
        const auto sound = magnitudes(5);
        auto a = sound;
        a.resize(three.count());
        reals alone(5), gradient(15, 1);
        const auto assert_third = [&](double value, double expected) {
            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected / 3, value, 1e-14);
            for (std::size_t i = 0; i < 15; ++i)
                CPPUNIT_ASSERT_DOUBLES_EQUAL(i < 5 ? alone[i] / 3 : 0, gradient[i], 1e-14);
        };
        double expected = frame_entropy(sound.data(), 1, 5, alone.data());
        assert_third(frame_entropy(a.data(), 3, 5, gradient.data()), expected);

        const double t[]{ 0, 1, 2 };
        expected = kurtosis(sound.data(), 1, 5, t, alone.data());
        assert_third(kurtosis(a.data(), 3, 5, t, gradient.data()), expected);

        const double truth[]{ 3, 4, 5 };
        expected = tracking_mse(sound.data(), 1, 5, truth, 8, 8, alone.data());
        assert_third(tracking_mse(a.data(), 3, 5, truth, 8, 8, gradient.data()), expected);
    }

    void zeros_within_a_plane_have_finite_gradients()
    {
        const sizes s{ 2, 4 };
        for (const auto& loss : every_measure()) {
            std::vector<float> a(s.count(), 0), gradient(s.count());
            a[1] = 2;
            a[2] = 1e-44f;
            a[5] = 1e-20f;
            const double value = loss.in_single(a.data(), s, gradient.data());
            CPPUNIT_ASSERT_MESSAGE(loss.name, std::isfinite(value));
            for (auto v : gradient)
                CPPUNIT_ASSERT_MESSAGE(loss.name, std::isfinite(v));
        }
        const reals a{ 0, 3, 1, 2 }, same{ 3, 1, 2 };
        CPPUNIT_ASSERT_DOUBLES_EQUAL(plain_entropy(same), entropy(a.data(), 4), 1e-15);
    }

    void slopes_beyond_the_range_are_its_end()
    {
        // of order 0.01: 0.01 / 1e-25 times the -0.99th power of 1e-19, over 1.6
        const std::vector<float> a{ 1e-25f, 1e-44f };
        std::vector<float> gradient(2);
        renyi(a.data(), 2, 0.01, 1, gradient.data());
        CPPUNIT_ASSERT_EQUAL(std::numeric_limits<float>::max(), gradient[1]);
    }

    void infinite_slopes_at_0_are_0()
    {
        const reals a{ 0, 3, 1, 2 };
        const auto first = [](auto f) {
            reals gradient(4, 7);
            f(gradient.data());
            return gradient[0];
        };
        CPPUNIT_ASSERT_EQUAL(0.0, first([&](auto* g) { entropy(a.data(), 4, g); }));
        CPPUNIT_ASSERT_EQUAL(0.0, first([&](auto* g) { frame_entropy(a.data(), 1, 4, g); }));
        for (double order : { 0.5, 0.8 }) {
            const qa::context in_order("order", order);
            CPPUNIT_ASSERT_EQUAL(0.0, first([&](auto* g) { renyi(a.data(), 4, order, 1, g); }));
            CPPUNIT_ASSERT_EQUAL(0.0, first([&](auto* g) { lp_lq(a.data(), 4, order, 1.0, g); }));
            CPPUNIT_ASSERT_EQUAL(0.0, first([&](auto* g) { lp_lq(a.data(), 4, 1.0, order, g); }));
        }
        // but finite ones stay: 1 / ||a||_2, and for order 3 of p = a / 6 the derivative of the norm alone
        const double root = std::sqrt(14.0);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            1 / root, first([&](auto* g) { lp_lq(a.data(), 4, 1.0, 2.0, g); }), 1e-15);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            1.5 / 6, first([&](auto* g) { renyi(a.data(), 4, 3.0, 1, g); }), 1e-15);
    }

    void level_cancels()
    {
        const sizes s{ 3, 7 };
        const auto a = magnitudes(s.count());
        for (const auto& loss : every_measure())
            for (double level : { 1e-24, 1e-12, 1e15, 1e30 }) {
                std::vector<float> scaled, gradient(a.size()), expected(a.size());
                for (auto v : a)
                    scaled.push_back(static_cast<float>(level * v));
                const std::vector<float> plain(a.begin(), a.end());
                const double value = loss.in_single(plain.data(), s, expected.data());
                const auto what = loss.name + ", level " + std::to_string(std::log10(level));
                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                    what,
                    value,
                    loss.in_single(scaled.data(), s, gradient.data()),
                    1e-5 * std::max(1.0, value));
                for (std::size_t i = 0; i < a.size(); ++i)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                        what, expected[i], level * gradient[i], 1e-4 * (1 + std::abs(expected[i])));
            }
    }

    void not_a_number_is_told()
    {
        const sizes s{ 2, 3 };
        for (const auto& loss : every_measure())
            for (bool all : { false, true }) {
                std::vector<float> a(s.count(), all ? std::nanf("") : 1), gradient(s.count());
                a[4] = std::nanf("");
                CPPUNIT_ASSERT_MESSAGE(loss.name,
                                       std::isnan(loss.in_single(a.data(), s, gradient.data())));
                a[4] = std::numeric_limits<float>::infinity();
                loss.in_single(a.data(), s, gradient.data()); // does not crash
            }
    }

    void kurtosis_follows_its_weights()
    {
        for (const auto& s : planes) {
            const qa::context in_s("s", s);
            const auto a = magnitudes(s.count());
            assert_slopes(
                [&](const reals& t, double* g) {
                    return kurtosis(a.data(), s.frames, s.bins, t.data(), (double*)nullptr, g);
                },
                ascending(s.frames),
                s.text());
            reals kappa(s.frames);
            kurtosis(a.data(),
                     s.frames,
                     s.bins,
                     ascending(s.frames).data(),
                     (double*)nullptr,
                     nullptr,
                     kappa.data());
            for (std::size_t n = 0; n < s.frames; ++n) {
                const qa::context in_n("n", n);
                const auto frame = frame_of(a, s, n);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    mean_power(frame, 4) / std::pow(mean_power(frame, 2), 2), kappa[n], 1e-13);
            }
        }
    }

    void centroids_are_handed_out()
    {
        const reals a{ 0, 0, 1, 1, 0, 0, 0, 0 }, truth{ 2, 2 };
        reals centroids(2, 7);
        // bins 2 and 3 of 4 bins of 6 points at 12 Hz: 5 Hz
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            4.5,
            tracking_mse(a.data(), 2, 4, truth.data(), 6, 12, (double*)nullptr, centroids.data()),
            1e-14);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(5, centroids[0], 1e-14);
        CPPUNIT_ASSERT_EQUAL(0.0, centroids[1]);
    }

    void modulus_and_cotangent()
    {
        for_both_precisions([](auto zero) {
            using R = decltype(zero);
            for (std::size_t count : { 1, 2, 3, 16, 131 }) {
                auto spectra = qa::noise<std::complex<R>>(count);
                spectra[count / 2] = 0;
                std::vector<R> a(count);
                modulus(spectra.data(), count, a.data());
                const auto slopes = qa::noise<R>(count, 9);
                std::vector<std::complex<R>> G(count);
                cotangent(spectra.data(), a.data(), slopes.data(), count, G.data());
                qa::values magnitudes, expected;
                for (std::size_t i = 0; i < count; ++i) {
                    const qa::value z(spectra[i]);
                    magnitudes.push_back(std::abs(z));
                    expected.push_back(
                        i == count / 2 ? 0 : static_cast<double>(slopes[i]) * z / std::abs(z));
                }
                qa::assert_near(magnitudes, a, qa::limit<R>, "modulus");
                qa::assert_near(expected, G, qa::limit<R>, "cotangent");
            }
        });
    }

    void entropy_of_a_plane_row_by_row()
    {
        for_both_precisions([](auto zero) {
            using R = decltype(zero);
            constexpr std::size_t bins = 131, rows = 3, count = rows * bins;
            auto spectra = qa::noise<std::complex<R>>(count);
            spectra[200] = 0;
            double sum = 0, entropy = 0;
            for (const auto& s : spectra)
                sum += std::abs(qa::value(s));
            for (const auto& s : spectra)
                if (const double p = std::abs(qa::value(s)) / sum; p > 0)
                    entropy -= p * std::log(p);
            qa::values expected; // dH/da S / a, dH/da = -(H + ln p) / sum a
            for (const auto& s : spectra) {
                const double a = std::abs(qa::value(s));
                expected.push_back(a > 0 ? -(entropy + std::log(a / sum)) / sum * qa::value(s) / a
                                         : 0);
            }

            plane_entropy<R> plane;
            std::vector<R> a(count), logs(count);
            std::vector<std::complex<R>> G(count);
            for (std::size_t row = 0; row < count; row += bins)
                plane.add(spectra.data() + row, bins, a.data() + row, logs.data() + row);
            for (std::size_t row = 0; row < count; row += bins)
                plane.cotangent(
                    spectra.data() + row, bins, a.data() + row, logs.data() + row, G.data() + row);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(entropy, plane.value(), qa::limit<R>);
            qa::assert_near(expected, G, qa::limit<R>, "cotangent");

            plane_entropy<R> silence;
            const std::vector<std::complex<R>> zeros(bins);
            silence.add(zeros.data(), bins, a.data(), logs.data());
            silence.cotangent(zeros.data(), bins, a.data(), logs.data(), G.data());
            CPPUNIT_ASSERT_EQUAL(0.0, silence.value());
            CPPUNIT_ASSERT(std::all_of(
                G.begin(), G.begin() + bins, [](auto g) { return g == std::complex<R>(0); }));
        });
    }

    void wrong_arguments_are_refused()
    {
        const auto infinity = std::numeric_limits<double>::infinity();
        const reals a(6, 1);
        reals t{ 0, 1 };
        reals untouched(6, 7);
        auto* g = untouched.data();
        qa::assert_refused("a: no values: must have one or more", [&] { entropy(a.data(), 0, g); });
        qa::assert_refused("bins: 0: must be 1 or more", [&] { frame_entropy(a.data(), 2, 0, g); });
        qa::assert_refused("frames: 0: must be 1 or more",
                           [&] { frame_entropy(a.data(), 0, 2, g); });
        for (double order : { 0.0, -1.0, infinity })
            CPPUNIT_ASSERT(qa::refusal([&] { renyi(a.data(), 6, order, 1, g); }).find("order: ") ==
                           0);
        qa::assert_refused("order: 0: must be positive and finite",
                           [&] { renyi(a.data(), 6, 0, 1, g); });
        qa::assert_refused("order: 1: must not be 1, which is Shannon's entropy",
                           [&] { renyi(a.data(), 6, 1, 1, g); });
        qa::assert_refused("power: 3: must be 1 or 2", [&] { renyi(a.data(), 6, 2, 3, g); });
        qa::assert_refused("p: -1: must be positive and finite",
                           [&] { lp_lq(a.data(), 6, -1, 2, g); });
        qa::assert_refused("q: 0: must be positive and finite",
                           [&] { lp_lq(a.data(), 6, 1, 0, g); });
        qa::assert_refused("q: 2: must differ from p", [&] { lp_lq(a.data(), 6, 2, 2, g); });
        t[1] = -1;
        qa::assert_refused(
            "t: -2: the weights made of it must have a positive sum: give ascending centres",
            [&] { kurtosis(a.data(), 2, 3, t.data(), g); });
        t[1] = infinity;
        qa::assert_refused("t: inf: must be finite",
                           [&] { kurtosis(a.data(), 2, 3, t.data(), g); });
        qa::assert_refused("f_true: inf: must be finite",
                           [&] { tracking_mse(a.data(), 2, 3, t.data(), 4, 1, g); });
        t[1] = 1;
        qa::assert_refused("n_fft: 6: must suit the number of bins, 3",
                           [&] { tracking_mse(a.data(), 2, 3, t.data(), 6, 1, g); });
        qa::assert_refused("samp_rate: 0: must be positive and finite",
                           [&] { tracking_mse(a.data(), 2, 3, t.data(), 4, 0, g); });
        CPPUNIT_ASSERT(untouched == reals(6, 7));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_concentration);
