/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/criterion_support.h"
#include <gnuradio/stft/kernel/dstft/pooled.h>
#include <limits>

using namespace gr::stft::kernel;
using qa::as_complex;
using qa::assert_slopes;
using qa::for_both_precisions;
using qa::log_or_0;
using qa::magnitudes;
using qa::mean_power;
using qa::planes;
using qa::reals;

namespace {

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

} // namespace

class qa_pooled : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_pooled);
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
        const reals a(6, 1);
        reals untouched(6, 7);
        auto* g = untouched.data();
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

CPPUNIT_TEST_SUITE_REGISTRATION(qa_pooled);
