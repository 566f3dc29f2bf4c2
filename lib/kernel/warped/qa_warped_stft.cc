/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/warped/warped_stft.h>

using namespace gr::stft::kernel;

//! Frames with a relative rate each.
class qa_warped_stft : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_warped_stft);
    CPPUNIT_TEST(orders_of_a_shaft_that_runs_up_are_sharp_and_their_rate_is_found);
    CPPUNIT_TEST(a_steady_shaft_has_no_rate);
    CPPUNIT_TEST(any_split_of_the_input_gives_the_same_bits);
    CPPUNIT_TEST(frames_lie_within_the_signal);
    CPPUNIT_TEST(a_sample_that_is_not_finite_does_not_reach_other_frames);
    CPPUNIT_TEST(wrong_parameters_are_refused);
    CPPUNIT_TEST_SUITE_END();

    static warped_stft_settings settings()
    {
        warped_stft_settings s;
        s.n_fft = 1024;
        s.theta = 512;
        return s;
    }

    //! Five orders of a rotation that starts at f and has the relative rate a (per sample) at its start: f (1 + a k).
    template <class R>
    static std::vector<R> shaft(std::size_t length, double f, double a)
    {
        auto x = qa::noise<R>(length, 3);
        for (std::size_t i = 0; i < length; ++i) {
            const auto k = static_cast<double>(i);
            x[i] *= R(0.05);
            for (int order = 1; order <= 5; ++order)
                x[i] +=
                    static_cast<R>(std::cos(2 * M_PI * order * f * (k + a * k * k / 2) + order));
        }
        return x;
    }

    struct output {
        std::vector<std::complex<float>> spectra;
        std::vector<double> rates;
        std::int64_t first = 0;
    };

    static output run(const std::vector<float>& x, std::size_t chunk = 1 << 20)
    {
        warped_stft<float> warped(settings());
        output out;
        out.first = warped.frame();
        const auto take = [&] {
            while (warped.ready()) {
                out.spectra.resize(out.spectra.size() + warped.bins());
                out.rates.push_back(warped.next(&*out.spectra.end() - warped.bins()));
            }
        };
        for (std::size_t taken = 0; taken < x.size(); take())
            taken += warped.push(x.data() + taken, std::min(chunk, x.size() - taken));
        warped.finish();
        take();
        return out;
    }

public:
    void orders_of_a_shaft_that_runs_up_are_sharp_and_their_rate_is_found()
    {
        const double f = 0.01, a = 5e-4;
        const auto out = run(shaft<float>(12000, f, a));
        CPPUNIT_ASSERT(out.rates.size() > 150);
        double sum = 0;
        int frames = 0;
        for (std::size_t n = 0; n < out.rates.size(); ++n) {
            const qa::context in_n("n", n);
            const double t = 64.0 * static_cast<double>(out.first + static_cast<std::int64_t>(n));
            const double rate = a / (1 + a * t), there = f * (1 + a * t);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(rate, out.rates[n], 1e-4); // a step of the bank
            if (5 * there > 0.4)
                continue;
            // under a Hann window of unit energy a tone of amplitude 1 has the level sqrt(theta / 6)
            const auto bin = static_cast<std::size_t>(std::lround(5 * there * 1024));
            double level = 0;
            for (auto m = bin - 2; m <= bin + 2; ++m)
                level = std::max(level, static_cast<double>(std::abs(out.spectra[n * 513 + m])));
            sum += level;
            ++frames;
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(std::sqrt(512 / 6.0), sum / frames, 0.7);
    }

    void a_steady_shaft_has_no_rate()
    {
        const auto out = run(shaft<float>(8000, 0.03, 0));
        CPPUNIT_ASSERT(!out.rates.empty());
        for (double rate : out.rates)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(0, rate, 2e-5);
    }

    void any_split_of_the_input_gives_the_same_bits()
    {
        const auto x = shaft<float>(6000, 0.02, 1e-4);
        const auto whole = run(x);
        CPPUNIT_ASSERT(!whole.rates.empty());
        for (std::size_t chunk : { 1, 63, 1000 }) {
            const qa::context here("chunk", chunk);
            const auto split = run(x, chunk);
            CPPUNIT_ASSERT(whole.rates == split.rates);
            CPPUNIT_ASSERT(whole.spectra == split.spectra);
        }
    }

    void frames_lie_within_the_signal()
    {
        for (std::size_t length : { 0, 1, 100, 600 }) {
            const qa::context here("length", length);
            CPPUNIT_ASSERT(run(shaft<float>(length, 0.02, 0)).rates.empty());
        }
        const auto out = run(shaft<float>(5000, 0.02, 0));
        CPPUNIT_ASSERT(64 * out.first >= 256);
        const auto last = out.first + static_cast<std::int64_t>(out.rates.size()) - 1;
        CPPUNIT_ASSERT(64 * last + 256 <= 5000 && 64 * last + 900 > 5000);
    }

    void a_sample_that_is_not_finite_does_not_reach_other_frames()
    {
        auto x = shaft<float>(8000, 0.02, 1e-4);
        x[4000] = std::nanf("");
        const auto out = run(x);
        for (double rate : out.rates)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(8e-5, rate, 8e-5);
        for (const auto& value : out.spectra)
            CPPUNIT_ASSERT(std::isfinite(value.real()));
    }

    void wrong_parameters_are_refused()
    {
        const auto refused = [](const std::string& message, auto edit) {
            auto s = settings();
            edit(s);
            qa::assert_refused(message, [&] { warped_stft<float> warped(s); });
        };
        refused("n_fft: 32: must be at least 64", [](auto& s) { s.n_fft = 32; });
        refused("hop: 10.5: must be a whole number of samples, 1 .. n_fft, where time is warped",
                [](auto& s) { s.hop = 10.5; });
        refused("theta_init: 2000: must be an even number of samples, 16 .. n_fft, where time is "
                "warped",
                [](auto& s) { s.theta = 2000; });
        refused(
            "theta_init: 101: must be an even number of samples, 16 .. n_fft, where time is warped",
            [](auto& s) { s.theta = 101; });
        refused("hop: 600: must be theta / 1000 .. theta where time is warped",
                [](auto& s) { s.hop = 600; });
        refused("lag: -2: must be in 0 .. 65536 frames, and 2^24 samples at most, or -1",
                [](auto& s) { s.lag = -2; });
        refused("smoothness: nan: must be in 0 .. 1e6",
                [](auto& s) { s.smoothness = std::nan(""); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_warped_stft);
