/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/logarithm.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/dstft/concentration.h>
#include <gnuradio/stft/kernel/dstft/pooled.h>
#include <gnuradio/stft/kernel/dstft/total_variation.h>
#include <gnuradio/stft/kernel/frames/coverage.h>
#include <limits>
#include <numeric>

using namespace gr::stft::kernel;

namespace {

using reals = std::vector<double>;

struct sizes {
    std::size_t frames, bins;

    std::size_t count() const { return frames * bins; }
    std::string text() const { return std::to_string(frames) + " x " + std::to_string(bins); }
};

//! Single cells, rows and columns; more values than are summed in one run.
const std::vector<sizes> planes{ { 1, 1 }, { 1, 2 }, { 2, 1 }, { 1, 7 },  { 5, 1 },
                                 { 3, 4 }, { 4, 9 }, { 7, 5 }, { 3, 131 } };

template <class F>
void for_both_precisions(F f)
{
    f(float());
    f(double());
}

//! A function of many variables, and its gradient where the second argument is not null.
using loss = std::function<double(const reals&, double*)>;

//! Each slope is the central difference: rounding leaves 1e-16 / step of the value, the step squared of the slope.
void assert_slopes(const loss& f, const reals& x, const std::string& what, double step = 1e-5)
{
    reals gradient(x.size(), 7e7), differences;
    const double value = f(x, gradient.data());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, value, f(x, nullptr));
    double largest = 1e-3;
    for (std::size_t i = 0; i < x.size(); ++i) {
        auto moved = x;
        moved[i] += step;
        const double after = f(moved, nullptr);
        moved[i] -= 2 * step;
        differences.push_back((after - f(moved, nullptr)) / (2 * step));
        largest = std::max(largest, std::abs(differences.back()));
    }
    for (std::size_t i = 0; i < x.size(); ++i)
        CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
            what + ", variable " + std::to_string(i), differences[i], gradient[i], 1e-7 * largest);
}

//! Magnitudes well away from 0, without symmetry.
reals magnitudes(std::size_t count)
{
    auto a = qa::noise<double>(count, 5);
    for (auto& v : a)
        v = 0.2 + std::abs(v);
    return a;
}

double log_or_0(double x) { return x > 0 ? std::log(x) : 0; }

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

double mean_power(const reals& a, double p)
{
    double sum = 0;
    for (auto v : a)
        sum += std::pow(v, p);
    return sum / static_cast<double>(a.size());
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

//! J of one block, from its definition.
double plain_block(const reals& q, const reals& c, pooled_criterion criterion, double order)
{
    double root = 0, power = 0, logs = 0, high = 0;
    for (std::size_t i = 0; i < q.size(); ++i) {
        root += c[i] * std::sqrt(q[i]);
        power += c[i] * q[i];
        logs += c[i] * q[i] * log_or_0(q[i]);
        high += c[i] * std::pow(q[i], order);
    }
    if (criterion == pooled_criterion::l1l2)
        return 2 * std::log(root) - std::log(power);
    if (criterion == pooled_criterion::entropy)
        return std::log(power) - logs / power;
    return (std::log(high) - order * std::log(power)) / (1 - order);
}

//! The mean of J over the blocks; spectra as pairs of numbers.
double
plain_pooled(const reals& parts, std::size_t frames, const pooled_parameters& p, const reals& W)
{
    double sum = 0;
    for (std::size_t n = 0; n < frames; ++n) {
        reals q, c;
        for (std::size_t i = 0; i < frames; ++i)
            for (std::size_t m = 0; (i > n ? i - n : n - i) <= p.half_block && m < p.bins(); ++m) {
                const auto* z = &parts[2 * (i * p.bins() + m)];
                q.push_back(W[m] * (z[0] * z[0] + z[1] * z[1]));
                c.push_back(p.one_sided && (m == 0 || 2 * m == p.n_fft) ? 0.5 : 1);
            }
        sum += plain_block(q, c, p.criterion, p.order);
    }
    return sum / static_cast<double>(frames);
}

std::vector<std::pair<pooled_criterion, double>> every_criterion()
{
    return { { pooled_criterion::l1l2, 2 },    { pooled_criterion::entropy, 2 },
             { pooled_criterion::renyi, 2 },   { pooled_criterion::renyi, 3 },
             { pooled_criterion::renyi, 0.5 }, { pooled_criterion::renyi, 2.7 } };
}

template <class R>
const std::complex<R>* as_complex(const std::vector<R>& parts)
{
    return reinterpret_cast<const std::complex<R>*>(parts.data());
}

//! The union of windows in 0 .. length by counting points on a grid of 1 / fine.
double counted_coverage(const reals& t, const reals& theta, double length)
{
    constexpr int fine = 1000;
    int covered = 0;
    const int points = static_cast<int>(length * fine);
    for (int i = 0; i < points; ++i) {
        const double x = (i + 0.5) / fine;
        for (std::size_t n = 0; n < t.size(); ++n)
            if (std::abs(x - t[n]) < theta[n] / 2) {
                ++covered;
                break;
            }
    }
    return static_cast<double>(covered) / points;
}

//! Both halves of x are one argument each: t, then theta.
loss of_windows(double (*f)(const double*, const double*, std::size_t, double, double*, double*),
                double length)
{
    return [=](const reals& x, double* gradient) {
        const auto frames = x.size() / 2;
        return f(x.data(),
                 x.data() + frames,
                 frames,
                 length,
                 gradient,
                 gradient ? gradient + frames : nullptr);
    };
}

} // namespace

class qa_concentration : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_concentration);
    CPPUNIT_TEST(logarithm_is_that_of_the_library);
    CPPUNIT_TEST(logarithm_of_zero_is_finite);
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
    CPPUNIT_TEST(union_counts_what_is_covered);
    CPPUNIT_TEST(coverages_slopes_are_central_differences);
    CPPUNIT_TEST(papers_coverage_is_its_sum);
    CPPUNIT_TEST(total_variation_is_its_sum);
    CPPUNIT_TEST(total_variations_slopes_are_central_differences);
    CPPUNIT_TEST(pooled_is_the_mean_over_blocks);
    CPPUNIT_TEST(pooled_cotangent_is_central_differences);
    CPPUNIT_TEST(pooled_in_single_precision_follows_double);
    CPPUNIT_TEST(quiet_blocks_beside_loud_ones_keep_their_precision);
    CPPUNIT_TEST(silent_blocks_have_no_criterion);
    CPPUNIT_TEST(bins_whose_power_underflows_have_no_slope);
    CPPUNIT_TEST(weights_scale_cancels);
    CPPUNIT_TEST(whitener_is_its_formula);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST_SUITE_END();

    template <class R>
    static double worst_logarithm(double from, double to, bool absolute)
    {
        double worst = 0;
        const double ratio = std::pow(to / from, 1e-5);
        for (double x = from; x < to; x *= ratio) {
            const auto rounded = static_cast<R>(x);
            const long double exact = std::log(static_cast<long double>(rounded));
            const double error = static_cast<double>(std::abs(natural_log(rounded) - exact));
            worst =
                std::max(worst, absolute ? error : error / std::abs(static_cast<double>(exact)));
        }
        return worst;
    }

    void logarithm_is_that_of_the_library()
    {
        CPPUNIT_ASSERT(worst_logarithm<float>(1.2e-38, 0.5, false) < 1.3e-7);
        CPPUNIT_ASSERT(worst_logarithm<float>(0.5, 2, true) < 1.3e-7);
        CPPUNIT_ASSERT(worst_logarithm<float>(2, 3.4e38, false) < 1.3e-7);
        CPPUNIT_ASSERT(worst_logarithm<double>(2.3e-308, 0.9, false) < 3e-16);
        CPPUNIT_ASSERT(worst_logarithm<double>(0.9, 1.1, true) < 2e-17);
        CPPUNIT_ASSERT(worst_logarithm<double>(1.1, 1.7e308, false) < 3e-16);
        for_both_precisions([](auto zero) {
            using R = decltype(zero);
            CPPUNIT_ASSERT_EQUAL(R(0), natural_log(R(1)));
        });
    }

    void logarithm_of_zero_is_finite()
    {
        for_both_precisions([](auto zero) {
            using limits = std::numeric_limits<decltype(zero)>;
            for (auto x : { zero, limits::denorm_min(), limits::infinity(), limits::quiet_NaN() })
                CPPUNIT_ASSERT(std::isfinite(natural_log(x)));
            CPPUNIT_ASSERT(natural_log(zero) < -88);
        });
    }

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

    //! Cases of t and theta: apart, overlapping, nested, unsorted, across both ends, outside.
    static std::vector<std::pair<reals, reals>> windows()
    {
        return { { { 5 }, { 4 } },
                 { { 1, 9 }, { 4, 5 } },
                 { { 2, 5, 8 }, { 2.5, 3, 5 } },
                 { { 5, 5.2 }, { 8, 1 } },
                 { { 7, 2, 4.5 }, { 2, 3, 3.1 } },
                 { { -5, 20, 3 }, { 4, 3, 1 } },
                 { { 5 }, { 30 } },
                 { { 4, 4.3, 4.7, 8 }, { 2, 2.2, 0.5, 2 } },
                 { { 0.5, 3, 6, 9.8 }, { 3, 4, 3.5, 6 } } };
    }

    void union_counts_what_is_covered()
    {
        for (const auto& [t, theta] : windows())
            CPPUNIT_ASSERT_DOUBLES_EQUAL(counted_coverage(t, theta, 10),
                                         coverage_union(t.data(), theta.data(), t.size(), 10),
                                         1e-12);
    }

    void coverages_slopes_are_central_differences()
    {
        for (auto [t, theta] : windows()) {
            t.insert(t.end(), theta.begin(), theta.end());
            assert_slopes(of_windows(&coverage_union, 10), t, "union");
            assert_slopes(of_windows(&coverage_min, 10), t, "min");
        }
    }

    void papers_coverage_is_its_sum()
    {
        for (const auto& [t, theta] : windows()) {
            double sum = theta.back();
            for (std::size_t n = 0; n + 1 < t.size(); ++n)
                sum += std::min(theta[n], t[n + 1] - theta[n + 1] / 2 - (t[n] - theta[n] / 2));
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                sum / 10, coverage_min(t.data(), theta.data(), t.size(), 10), 1e-14);
        }
    }

    void total_variation_is_its_sum()
    {
        for (const auto& s : planes) {
            const qa::context in_s("s", s);
            const auto theta = magnitudes(s.count());
            const auto at = [&](std::size_t n, std::size_t m) { return theta[n * s.bins + m]; };
            double four = 0, forward = 0;
            for (std::size_t n = 0; n < s.frames; ++n)
                for (std::size_t m = 0; m < s.bins; ++m) {
                    const auto square = [&](bool inside, std::size_t i, std::size_t k) {
                        return inside ? std::pow(at(n, m) - at(i, k), 2) : 0;
                    };
                    const double ahead =
                        square(n + 1 < s.frames, n + 1, m) + square(m + 1 < s.bins, n, m + 1);
                    const double back = square(n > 0, n - 1, m) + square(m > 0, n, m - 1);
                    four += std::sqrt(0.01 + 0.3 * (ahead + back));
                    if ((n + 1 < s.frames || s.frames == 1) && (m + 1 < s.bins || s.bins == 1))
                        forward += std::sqrt(0.01 + 0.3 * ahead);
                }
            const auto value = [&](neighbourhood around) {
                return total_variation(theta.data(), s.frames, s.bins, around, 0.01, 0.3);
            };
            CPPUNIT_ASSERT_DOUBLES_EQUAL(four, value(neighbourhood::nonlocal4), 1e-12 * four);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(forward, value(neighbourhood::forward), 1e-12 * forward);
        }
    }

    void total_variations_slopes_are_central_differences()
    {
        for (auto around : { neighbourhood::nonlocal4, neighbourhood::forward })
            for (const auto& s : planes)
                assert_slopes(
                    [&](const reals& theta, double* g) {
                        return total_variation(
                            theta.data(), s.frames, s.bins, around, 0.01, 0.3, g);
                    },
                    magnitudes(s.count()),
                    s.text());
    }

    //! Calls f with parameters, frames and weights of many forms.
    template <class F>
    static void for_blocks(F f)
    {
        for (auto [criterion, order] : every_criterion())
            for (std::size_t n_fft : { 1, 2, 7, 8 })
                for (bool one_sided : { true, false })
                    for (std::size_t frames : { 1, 2, 6, 11 })
                        for (std::size_t half_block : { 0, 1, 2, 5, 40 }) {
                            const pooled_parameters p{
                                n_fft, half_block, criterion, order, one_sided
                            };
                            f(p,
                              frames,
                              magnitudes(p.bins()),
                              "n_fft " + std::to_string(n_fft) + ", " + std::to_string(frames) +
                                  " frames, half block " + std::to_string(half_block) +
                                  ", criterion " + std::to_string(static_cast<int>(criterion)) +
                                  ", order " + std::to_string(order));
                        }
    }

    static reals parts_of(const pooled_parameters& p, std::size_t frames)
    {
        return qa::noise<double>(2 * frames * p.bins(), 11);
    }

    void pooled_is_the_mean_over_blocks()
    {
        for_blocks([](const auto& p, auto frames, const auto& W, const auto& what) {
            const auto parts = parts_of(p, frames);
            CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(what,
                                                 plain_pooled(parts, frames, p, W),
                                                 pooled(as_complex(parts), frames, p, W.data()),
                                                 1e-12);
            CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(what,
                                                 plain_pooled(parts, frames, p, reals(p.bins(), 1)),
                                                 pooled(as_complex(parts), frames, p),
                                                 1e-12);
        });
    }

    void pooled_cotangent_is_central_differences()
    {
        for_blocks([](const auto& p, auto frames, const auto& W, const auto& what) {
            if (frames == 11)
                return; // for the tests' time
            auto parts = parts_of(p, frames);
            for (auto& v : parts) // away from 0, where l1l2 has a corner
                v += v < 0 ? -0.3 : 0.3;
            assert_slopes(
                [&](const reals& x, double* g) {
                    return pooled(as_complex(x),
                                  frames,
                                  p,
                                  W.data(),
                                  reinterpret_cast<std::complex<double>*>(g));
                },
                parts,
                what);
        });
    }

    void pooled_in_single_precision_follows_double()
    {
        for (auto [criterion, order] : every_criterion())
            for (double level : { 1e-20, 1.0, 1e20 }) {
                const qa::context in_level("level", level);
                const pooled_parameters p{ 300, 2, criterion, order };
                std::vector<std::complex<float>> S(7 * p.bins()), G(S.size());
                std::vector<std::complex<double>> wide, expected(S.size());
                S = qa::noise<std::complex<float>>(S.size());
                for (auto& z : S)
                    wide.emplace_back(z *= static_cast<float>(level));
                const double value = pooled(wide.data(), 7, p, (double*)nullptr, expected.data());
                CPPUNIT_ASSERT_DOUBLES_EQUAL(value,
                                             pooled(S.data(), 7, p, (float*)nullptr, G.data()),
                                             1e-6 * std::abs(value));
                qa::assert_near(expected, G, 1e-5, "cotangent");
            }
    }

    void quiet_blocks_beside_loud_ones_keep_their_precision()
    {
        // 200 dB apart: the loud frames' rounding errors exceed the quiet ones
        for (auto [criterion, order] : every_criterion()) {
            const pooled_parameters p{ 8, 1, criterion, order };
            const std::size_t frames = 9;
            auto parts = parts_of(p, frames);
            for (std::size_t i = 0; i < parts.size() / 2; ++i)
                parts[i] *= 1e10;
            CPPUNIT_ASSERT_DOUBLES_EQUAL(plain_pooled(parts, frames, p, reals(5, 1)),
                                         pooled(as_complex(parts), frames, p),
                                         1e-11);
        }
    }

    void silent_blocks_have_no_criterion()
    {
        for_both_precisions([](auto zero) {
            using R = decltype(zero);
            for (auto [criterion, order] : every_criterion()) {
                const pooled_parameters p{ 8, 1, criterion, order };
                std::vector<std::complex<R>> S(9 * 5), G(S.size(), R(7));
                for (R level : { R(0),
                                 std::numeric_limits<R>::denorm_min(),
                                 std::numeric_limits<R>::min() * 1000 }) {
                    const qa::context in_level("level", level);
                    std::fill(S.begin(), S.end(), level);
                    CPPUNIT_ASSERT_EQUAL(0.0, pooled(S.data(), 9, p, (R*)nullptr, G.data()));
                    CPPUNIT_ASSERT(G == std::vector<std::complex<R>>(S.size()));
                }
                // one line in frame 4: three blocks of three hold it, the others are silent
                std::fill(S.begin(), S.end(), R(0));
                S[4 * 5 + 2] = S[4 * 5 + 3] = 3;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    std::log(2.0) * 3 / 9, pooled(S.data(), 9, p, (R*)nullptr, G.data()), 1e-6);
                for (std::size_t i = 0; i < S.size(); ++i)
                    CPPUNIT_ASSERT(S[i] == R(0) ? G[i] == R(0) : std::isfinite(std::abs(G[i])));

                S[0] = std::numeric_limits<R>::quiet_NaN();
                CPPUNIT_ASSERT(std::isnan(pooled(S.data(), 9, p, (R*)nullptr, G.data())));
                CPPUNIT_ASSERT(std::isfinite(std::abs(G[6 * 5 + 2]))); // out of its reach
            }
        });
    }

    void bins_whose_power_underflows_have_no_slope()
    {
        for (auto [criterion, order] : every_criterion()) {
            const pooled_parameters p{ 4, 0, criterion, order };
            const std::vector<std::complex<float>> S{ 1, 1e-25f, 2 };
            std::vector<std::complex<float>> G(3);
            pooled(S.data(), 1, p, (float*)nullptr, G.data());
            CPPUNIT_ASSERT(std::abs(G[1]) < 1e-20f);
        }
    }

    void weights_scale_cancels()
    {
        for (auto [criterion, order] : every_criterion()) {
            const pooled_parameters p{ 8, 1, criterion, order };
            const auto S = qa::noise<std::complex<float>>(4 * 5);
            std::vector<float> W{ 1, 2, 0, 4, 5 }, scaled;
            for (auto w : W)
                scaled.push_back(w * 1e-37f);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                pooled(S.data(), 4, p, W.data()), pooled(S.data(), 4, p, scaled.data()), 1e-5);
            std::fill(W.begin(), W.end(), 0.0f);
            std::vector<std::complex<float>> G(S.size(), 7);
            CPPUNIT_ASSERT_EQUAL(0.0, pooled(S.data(), 4, p, W.data(), G.data()));
            CPPUNIT_ASSERT(G == std::vector<std::complex<float>>(S.size()));
        }
    }

    void whitener_is_its_formula()
    {
        for_both_precisions([](auto zero) {
            using R = decltype(zero);
            for (const auto& s : planes)
                for (std::size_t width : { 0, 1, 3, 500 }) {
                    const auto S = qa::noise<std::complex<R>>(s.count());
                    qa::values expected;
                    reals envelope;
                    for (std::size_t m = 0; m < s.bins; ++m) {
                        double sum = 0, count = 0;
                        for (std::size_t k = 0; k < s.bins; ++k)
                            for (std::size_t n = 0;
                                 (k > m ? k - m : m - k) <= width && n < s.frames;
                                 ++n, ++count)
                                sum += std::norm(qa::value(S[n * s.bins + k]));
                        envelope.push_back(sum / count);
                    }
                    const double mean = mean_power(envelope, 1);
                    for (auto v : envelope)
                        expected.push_back(mean / (v + 0.03 * mean));
                    std::vector<R> W(s.bins);
                    whitener(S.data(), s.frames, s.bins, width, 0.03, W.data());
                    qa::assert_near(expected, W, qa::limit<R>, s.text());
                }
            const std::vector<std::complex<R>> silence(6);
            std::vector<R> W(3);
            whitener(silence.data(), 2, 3, 1, 0.01, W.data());
            CPPUNIT_ASSERT(W == std::vector<R>(3, 1));
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
        for (auto* coverage : { &coverage_union, &coverage_min }) {
            const reals lengths{ 1, 0 };
            qa::assert_refused("frames: 0: must be 1 or more",
                               [&] { coverage(t.data(), a.data(), 0, 10, g, g); });
            qa::assert_refused("length: 0: must be positive and finite",
                               [&] { coverage(t.data(), a.data(), 2, 0, g, g); });
            qa::assert_refused("theta: 0: must be positive and finite",
                               [&] { coverage(t.data(), lengths.data(), 2, 10, g, g); });
            const reals far{ 0, -infinity };
            qa::assert_refused("t: -inf: must be finite",
                               [&] { coverage(far.data(), a.data(), 2, 10, g, g); });
        }
        const auto variation = [&](std::size_t bins, double eps, double gamma) {
            total_variation(a.data(), 2, bins, neighbourhood::forward, eps, gamma, g);
        };
        qa::assert_refused("eps: 0: must be positive and finite", [&] { variation(3, 0, 1); });
        qa::assert_refused("gamma: -1: must not be negative, and finite",
                           [&] { variation(3, 1, -1); });
        qa::assert_refused("bins: 0: must be 1 or more", [&] { variation(0, 1, 1); });

        const auto* S = as_complex(a);
        auto* G = reinterpret_cast<std::complex<double>*>(g);
        pooled_parameters p{ 4, 1, pooled_criterion::renyi };
        qa::assert_refused("frames: 0: must be 1 or more",
                           [&] { pooled(S, 0, p, (double*)nullptr, G); });
        for (double order : { 0.0, 1.0, 9.0 }) {
            const qa::context in_order("order", order);
            p.order = order;
            CPPUNIT_ASSERT_EQUAL(std::size_t(0), qa::refusal([&] {
                                                     pooled(S, 1, p, (double*)nullptr, G);
                                                 }).find("order: "));
        }
        p.order = 2;
        const reals negative{ 1, -1, 1 };
        qa::assert_refused("whitening: -1: must not be negative, and finite",
                           [&] { pooled(S, 1, p, negative.data(), G); });
        p.n_fft = 0;
        qa::assert_refused("n_fft: 0: must be 1 or more",
                           [&] { pooled(S, 1, p, (double*)nullptr, G); });
        qa::assert_refused("floor: 0: must be positive and finite",
                           [&] { whitener(S, 1, 3, 1, 0, g); });
        qa::assert_refused("bins: 0: must be 1 or more", [&] { whitener(S, 1, 0, 1, 1, g); });
        CPPUNIT_ASSERT(untouched == reals(6, 7));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_concentration);
