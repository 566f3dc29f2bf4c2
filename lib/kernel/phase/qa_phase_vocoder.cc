/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/phase_support.h"
#include <gnuradio/stft/kernel/phase/phase_vocoder.h>
#include <gnuradio/stft/kernel/stft/istft.h>

using namespace gr::stft::kernel;
using qa::phases::chirp, qa::phases::likeness;

namespace {

template <class R>
using spectra = std::vector<std::complex<R>>;

vocoder_settings made(std::size_t n_fft, std::size_t hop, double rate)
{
    vocoder_settings s;
    s.n_fft = n_fft;
    s.hop = hop;
    s.rate = rate;
    return s;
}

template <class R>
spectra<R> pulled(phase_vocoder<R>& vocoder)
{
    spectra<R> all;
    while (vocoder.ready()) {
        all.resize(all.size() + vocoder.bins());
        vocoder.pull(all.data() + all.size() - vocoder.bins());
    }
    return all;
}

template <class R>
spectra<R> pushed(phase_vocoder<R>& vocoder, const spectra<R>& X)
{
    spectra<R> all;
    for (std::size_t i = 0; i < X.size(); i += vocoder.bins()) {
        CPPUNIT_ASSERT(!vocoder.ready());
        vocoder.push(X.data() + i);
        const auto some = pulled(vocoder);
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

template <class R>
spectra<R> stretched(const vocoder_settings& s, const spectra<R>& X)
{
    phase_vocoder<R> vocoder(s);
    auto all = pushed(vocoder, X);
    vocoder.finish();
    const auto rest = pulled(vocoder);
    all.insert(all.end(), rest.begin(), rest.end());
    return all;
}

//! Frames of a chirp that has begun before sample 0.
template <class T>
spectra<real_t<T>>
frames_of_chirp(const vocoder_settings& s, double f0, double rate, std::size_t frames)
{
    auto p = s.frames_of();
    p.window = "hann";
    const auto x = chirp<T>(frames * s.hop + 2 * s.n_fft, f0, rate, s.n_fft);
    stft<T> forward(p);
    spectra<real_t<T>> X(frames * forward.bins());
    for (std::size_t i = 0; i < frames; ++i) // sample n_fft of x is sample 0
        forward.analyse(x.data() + s.n_fft - s.n_fft / 2 + i * s.hop,
                        p.frames().first() + static_cast<std::int64_t>(i * s.hop),
                        X.data() + i * forward.bins());
    return X;
}

} // namespace

class qa_phase_vocoder : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_phase_vocoder);
    CPPUNIT_TEST(rate_1_returns_the_input);
    CPPUNIT_TEST(tones_keep_their_frequency);
    CPPUNIT_TEST(sweeps_take_another_time);
    CPPUNIT_TEST(clicks_stay_clicks);
    CPPUNIT_TEST(a_new_rate_goes_on_from_the_old_one);
    CPPUNIT_TEST(late_frames_are_as_exact_as_early_ones);
    CPPUNIT_TEST(what_is_not_finite_stays_in_its_bin);
    CPPUNIT_TEST(another_stream_comes_out_as_it_is);
    CPPUNIT_TEST(wrong_settings_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void rate_1_returns_the_input()
    {
        qa::for_every_type([](auto zero) {
            using R = real_t<decltype(zero)>;
            for (const std::size_t n_fft : { 1, 2, 5, 16 })
                for (const auto which : { sides::onesided, sides::twosided, sides::centered })
                    for (const std::size_t frames : { 0, 1, 2, 3, 20 }) {
                        auto s = made(n_fft, 3, 1);
                        s.sides = which;
                        s.phase = "absolute";
                        const auto X = qa::noise<std::complex<R>>(frames * s.bins());
                        CPPUNIT_ASSERT(stretched(s, X) == X);
                        phase_vocoder<R> at_once(s); // each frame leaves at once
                        CPPUNIT_ASSERT(pushed(at_once, X) == X);
                    }
        });
    }

    void tones_keep_their_frequency()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const double rate : { 0.3, 0.5, 0.77, 1.25, 2.0, 3.1 })
                for (const std::size_t n_fft : { 128, 135 }) {
                    const qa::context in_rate("rate", rate);
                    auto s = made(n_fft, 16, rate);
                    s.sides = is_real_v<T> ? sides::onesided : sides::twosided;
                    s.phase = n_fft == 128 ? "centre" : "absolute";
                    const auto X = frames_of_chirp<T>(s, 0.2134, 0, 60);
                    const auto Y = stretched(s, X);
                    const auto frames = static_cast<std::size_t>(std::floor(59 / rate + 1e-9)) + 1;
                    CPPUNIT_ASSERT_EQUAL(frames * s.bins(), Y.size());
                    CPPUNIT_ASSERT(likeness(frames_of_chirp<T>(s, 0.2134, 0, frames), Y) > 0.996);
                }
        });
    }

    void sweeps_take_another_time()
    {
        for (const double rate : { 0.5, 0.8, 1.25, 2.0 }) {
            const qa::context in_rate("rate", rate);
            auto s = made(256, 16, rate);
            s.sides = sides::centered;
            const auto X = frames_of_chirp<std::complex<double>>(s, 0.45, 2e-5, 200);
            const auto Y = stretched(s, X);
            const auto expected = frames_of_chirp<std::complex<double>>(
                s, 0.45, 2e-5 * rate, Y.size() / s.bins()); // passes the border of the bins
            const auto like = likeness(expected, Y);
            if (like < 0.98)
                CPPUNIT_FAIL("likeness " + std::to_string(like));
        }
    }

    void clicks_stay_clicks()
    {
        for (const double rate : { 0.5, 2.0 }) {
            const qa::context in_rate("rate", rate);
            const auto s = made(128, 16, rate);
            auto p = s.frames_of();
            p.window = "hann";
            std::vector<double> x(1600), y(static_cast<std::size_t>(1600 / rate));
            x[800] = 1;
            const auto first = p.frames().first();
            stft<double> forward(p);
            spectra<double> X(101 * s.bins());
            forward.analyse(x.data(), 1600, first, 101, X.data());
            const auto Y = stretched(s, X);
            istft<double>(p).invert(
                Y.data(), Y.size() / s.bins(), y.data(), static_cast<std::int64_t>(y.size()));
            double all = 0, near = 0;
            for (std::size_t n = 0; n < y.size(); ++n) {
                all += y[n] * y[n];
                near += std::abs(static_cast<double>(n) - 800 / rate) <= 8 ? y[n] * y[n] : 0;
            }
            CPPUNIT_ASSERT(near > 0.9 * all);
        }
    }

    void a_new_rate_goes_on_from_the_old_one()
    {
        const auto s = made(128, 16, 1);
        phase_vocoder<float> vocoder(s);
        const auto X = frames_of_chirp<float>(s, 0.2134, 0, 120);
        spectra<float> Y;
        std::size_t used = 0;
        for (const double rate : { 1.0, 0.6, 1.0, 1.7 }) {
            vocoder.set_rate(rate);
            const spectra<float> some(X.begin() + static_cast<std::ptrdiff_t>(used * s.bins()),
                                      X.begin() +
                                          static_cast<std::ptrdiff_t>((used + 30) * s.bins()));
            used += 30;
            const auto got = pushed(vocoder, some);
            Y.insert(Y.end(), got.begin(), got.end());
        }
        CPPUNIT_ASSERT(likeness(frames_of_chirp<float>(s, 0.2134, 0, Y.size() / s.bins()), Y) >
                       0.999);
    }

    void late_frames_are_as_exact_as_early_ones()
    {
        auto s = made(60, 7, 0.7);
        s.phase = "absolute";
        const auto X = qa::noise<std::complex<float>>(40 * s.bins());
        const auto early = stretched(s, X);
        phase_vocoder<float> vocoder(s);
        const auto late = (std::int64_t(60) << 40) + vocoder.start();
        vocoder.restart(s, late, late);
        CPPUNIT_ASSERT_EQUAL(late, vocoder.start());
        auto Y = pushed(vocoder, X);
        vocoder.finish();
        const auto rest = pulled(vocoder);
        Y.insert(Y.end(), rest.begin(), rest.end());
        CPPUNIT_ASSERT(early == Y); // a multiple of n_fft later
    }

    void what_is_not_finite_stays_in_its_bin()
    {
        const auto s = made(32, 8, 0.7);
        auto X = qa::noise<std::complex<double>>(30 * s.bins());
        X[10 * s.bins() + 5] = std::nan("");
        const auto Y = stretched(s, X);
        std::size_t bad = 0;
        for (std::size_t i = 0; i < Y.size(); ++i)
            if (!std::isfinite(Y[i].real()) || !std::isfinite(Y[i].imag())) {
                CPPUNIT_ASSERT_EQUAL(std::size_t(5), i % s.bins());
                const auto position = 0.7 * static_cast<double>(i / s.bins());
                CPPUNIT_ASSERT(std::abs(position - 10) < 1);
                ++bad;
            }
        CPPUNIT_ASSERT(bad > 0);
    }

    void another_stream_comes_out_as_it_is()
    {
        const auto s = made(32, 8, 0.7);
        const auto X = qa::noise<std::complex<float>>(30 * s.bins());
        phase_vocoder<float> vocoder(s);
        pushed(vocoder, X);
        auto other = s;
        other.rate = 1;
        other.hop = 4;
        vocoder.restart(other, -16, -16);
        CPPUNIT_ASSERT(pushed(vocoder, X) == X);
    }

    void wrong_settings_are_refused()
    {
        for (const double rate : { 0.0, -1.0, 101.0 })
            qa::assert_refused("rate: " + std::to_string(static_cast<int>(rate)) +
                                   ": must be 0.01 .. 100",
                               [&] { phase_vocoder<float> given(made(64, 16, rate)); });
        phase_vocoder<float> vocoder(made(64, 16, 1));
        qa::assert_refused("rate: 0.001: must be 0.01 .. 100", [&] { vocoder.set_rate(0.001); });
        qa::assert_refused("n_fft: 32: must stay 64",
                           [&] { vocoder.restart(made(32, 16, 1), 0, 0); });
        qa::assert_refused("hop: 0: must be 1 .. 2^40 samples",
                           [&] { phase_vocoder<float> given(made(64, 0, 1)); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_phase_vocoder);
