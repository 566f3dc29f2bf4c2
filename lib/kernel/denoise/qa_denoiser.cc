/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/denoise/denoiser.h>

using namespace gr::stft::kernel;

namespace {

template <class T>
std::vector<T>
denoised(denoiser<T> d, const std::vector<T>& x, const std::vector<std::size_t>& pieces)
{
    std::vector<T> y;
    std::size_t at = 0;
    for (std::size_t i = 0; at < x.size(); ++i) {
        const auto count = std::min(pieces[i % pieces.size()], x.size() - at);
        d.push(x.data() + at, count, y);
        CPPUNIT_ASSERT(y.size() <= at + count);
        at += count;
    }
    d.finish(y);
    return y;
}

template <class T>
parameters made(const qa::shape& shape)
{
    parameters p{ shape.n_fft, shape.hop, "boxcar", shape.win_length };
    return p;
}

} // namespace

//! Samples without their noise.
class qa_denoiser : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_denoiser);
    CPPUNIT_TEST(any_split_gives_the_bits_of_stft_gain_and_inverse);
    CPPUNIT_TEST(gains_of_one_give_the_input_back);
    CPPUNIT_TEST(a_weak_tone_is_left_as_it_is_and_noise_is_not);
    CPPUNIT_TEST(the_power_of_noise_is_the_mean_of_whole_frames);
    CPPUNIT_TEST_SUITE_END();

    void any_split_gives_the_bits_of_stft_gain_and_inverse()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& shape : qa::shapes) {
                if (shape.hop > shape.win_length)
                    continue;
                for (const auto where : { placement::centred, placement::left, placement::full })
                    for (const std::size_t length : { std::size_t(0),
                                                      std::size_t(1),
                                                      std::size_t(2),
                                                      shape.length,
                                                      5 * shape.length }) {
                        const auto name = shape.text();
                        const qa::context here("shape", name);
                        auto p = made<T>(shape);
                        p.where = where;
                        const auto x = qa::noise<T>(length);
                        gain_settings s;
                        s.gain_floor = -12;
                        s.tracking = noise_tracking::presence;
                        const denoiser<T> fresh(p, s);
                        const auto whole = denoised(fresh, x, { length + 1 });
                        CPPUNIT_ASSERT_EQUAL(length, whole.size());
                        CPPUNIT_ASSERT(whole == denoised(fresh, x, { 1 }));
                        CPPUNIT_ASSERT(whole == denoised(fresh, x, { 3, 1, 17, 2, 64 }));

                        stft<T> forward(p);
                        const auto frames = static_cast<std::size_t>(
                            p.frames().frames(static_cast<std::int64_t>(length)));
                        std::vector<std::complex<real_t<T>>> X(frames * forward.bins());
                        forward.analyse(x.data(),
                                        static_cast<std::int64_t>(length),
                                        p.frames().first(),
                                        frames,
                                        X.data());
                        spectral_gain<real_t<T>> gain(denoiser<T>::settings_for(p, s));
                        for (std::size_t f = 0; f < frames; ++f)
                            gain.apply(&X[f * forward.bins()], &X[f * forward.bins()]);
                        std::vector<T> y(length);
                        istft<T>(p).invert(
                            X.data(), frames, y.data(), static_cast<std::int64_t>(length));
                        CPPUNIT_ASSERT(whole == y);
                    }
            }
        });
    }

    void gains_of_one_give_the_input_back()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            parameters p{ 60, 13, "hann" };
            gain_settings s;
            s.gain_floor = 0;
            const auto x = qa::noise<T>(1001);
            const auto y = denoised(denoiser<T>(p, s), x, { 100 });
            for (std::size_t n = 0; n < x.size(); ++n)
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, std::abs(y[n] - x[n]), 10 * qa::limit<T>);
        });
    }

    //! A tone whose bin has 100 times the power of the noise, in the middle between two bins or of one.
    void a_weak_tone_is_left_as_it_is_and_noise_is_not()
    {
        constexpr std::size_t n = 512, length = 200 * n;
        for (const double bin : { 100.0, 100.5 })
            for (const bool learned : { false, true }) {
                const qa::context here("bin", bin);
                std::mt19937 draw(3);
                std::normal_distribution<> normal;
                const auto cosine = [&](std::size_t i) {
                    return std::cos(2 * qa::pi * bin * static_cast<double>(i) / n);
                };
                // a Hann window of n samples: the tone has (a n / 4)^2 in its bin (and 1.42 dB less in both next to the middle), noise 3 n / 8
                const auto a =
                    std::sqrt(100 * 16 * 3.0 / 8 / n * (bin == 100.5 ? std::pow(10, 0.142) : 1));
                std::vector<double> x, noise, y;
                for (std::size_t i = 0; i < length; ++i) {
                    noise.push_back(normal(draw));
                    x.push_back(a * cosine(i) + noise.back());
                }
                parameters p{ n, n / 4, "hann" };
                gain_settings s;
                if (learned)
                    s.noise = noise_power(p, noise.data(), length / 10);
                else
                    s.tracking = noise_tracking::floor;
                denoiser<double> d(p, s);
                d.push(x.data(), x.size(), y);
                d.finish(y);
                double before = 0, after = 0, left = 0;
                for (std::size_t i = length / 2; i < length; ++i) {
                    before += x[i] * cosine(i);
                    after += y[i] * cosine(i);
                }
                for (std::size_t i = length / 2; i < length; ++i)
                    left += std::pow(y[i] - after / (length / 4.0) * cosine(i), 2);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, 20 * std::log10(after / before), 0.2);
                CPPUNIT_ASSERT(10 * std::log10(left / (length / 2.0)) < -15);
            }
    }

    void the_power_of_noise_is_the_mean_of_whole_frames()
    {
        parameters p{ 8, 3, "hann" };
        const auto x = qa::noise<double>(16);
        const auto power = noise_power(p, x.data(), 16);
        stft<double> transform(p);
        std::vector<double> expected(5, 0);
        for (const auto start : { 0, 3, 6 })
            for (std::size_t k = 0; k < 5; ++k) {
                std::vector<std::complex<double>> X(5);
                transform.analyse(x.data() + start, 0, X.data());
                expected[k] += std::norm(X[k]) / 3;
            }
        for (std::size_t k = 0; k < 5; ++k)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected[k], power[k], 1e-13);
        CPPUNIT_ASSERT_THROW(noise_power(p, x.data(), 7), std::invalid_argument);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_denoiser);
