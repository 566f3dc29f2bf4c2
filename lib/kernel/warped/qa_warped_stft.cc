/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/warped/warped_stft.h>
#include <algorithm>

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
    CPPUNIT_TEST(a_steady_sweep_takes_the_longest_window_and_a_wobble_the_shortest);
    CPPUNIT_TEST(noise_alone_keeps_the_middle_window);
    CPPUNIT_TEST(learned_lengths_follow_from_the_samples_and_not_from_their_chunks);
    CPPUNIT_TEST(learned_frames_are_those_of_the_middle_window);
    CPPUNIT_TEST(a_frame_comes_after_the_latency);
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

    static warped_stft_settings learned()
    {
        auto s = settings();
        s.theta = 0;
        return s;
    }

    //! Ten orders of a rotation whose speed is that of a function of the sample, in noise.
    template <class Law>
    static std::vector<float> machine(std::size_t length, float noise, Law speed)
    {
        auto x = qa::noise<float>(length, 5);
        double turns = 0;
        for (std::size_t i = 0; i < length; ++i) {
            turns += speed(static_cast<double>(i));
            x[i] *= noise;
            for (int order = 1; order <= 10; ++order)
                x[i] += static_cast<float>(std::cos(2 * M_PI * order * turns + order));
        }
        return x;
    }

    static double sweep(double i) { return 0.025 + 4e-7 * i; }
    static double wobble(double i) { return 0.03 + 8e-4 * std::sin(2 * M_PI * i / 900); }

    struct output {
        std::vector<std::complex<float>> spectra;
        std::vector<double> rates, theta;
        std::int64_t first = 0;
    };

    static output run(const std::vector<float>& x, std::size_t chunk = 1 << 20)
    {
        return run(settings(), x, chunk);
    }
    static output
    run(const warped_stft_settings& s, const std::vector<float>& x, std::size_t chunk = 1 << 20)
    {
        warped_stft<float> warped(s);
        output out;
        out.first = warped.frame();
        const auto take = [&] {
            while (warped.ready()) {
                out.spectra.resize(out.spectra.size() + warped.bins());
                out.rates.push_back(warped.next(&*out.spectra.end() - warped.bins()));
                out.theta.push_back(warped.theta());
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

    static double part_with(const output& out, double theta)
    {
        return static_cast<double>(std::count(out.theta.begin(), out.theta.end(), theta)) /
               static_cast<double>(out.theta.size());
    }

    void a_steady_sweep_takes_the_longest_window_and_a_wobble_the_shortest()
    {
        const auto x = machine(20000, 1.0F, sweep);
        const auto all = run(learned(), x), longest = run(settings(), x);
        CPPUNIT_ASSERT(part_with(all, 512) > 0.6);
        // the last frames of the middle window lie within the signal, those of the longest one hang over its end
        const auto common =
            longest.rates.size() + static_cast<std::size_t>(longest.first - all.first);
        CPPUNIT_ASSERT(common < all.theta.size());
        CPPUNIT_ASSERT_EQUAL(512.0, all.theta[common - 1]);
        for (auto n = common; n < all.theta.size(); ++n)
            CPPUNIT_ASSERT_EQUAL(362.0, all.theta[n]);
        CPPUNIT_ASSERT(part_with(run(learned(), machine(12000, 0.3F, wobble)), 256) > 0.7);
    }

    void noise_alone_keeps_the_middle_window()
    {
        CPPUNIT_ASSERT(part_with(run(learned(), qa::noise<float>(16000, 2)), 362) > 0.9);
    }

    void learned_lengths_follow_from_the_samples_and_not_from_their_chunks()
    {
        auto x = machine(6000, 0.5F, wobble);
        x[3000] = std::nanf("");
        const auto whole = run(learned(), x);
        CPPUNIT_ASSERT(part_with(whole, 256) > 0.1 && part_with(whole, 256) < 1);
        for (std::size_t chunk : { 1, 1000 }) {
            const qa::context here("chunk", chunk);
            const auto split = run(learned(), x, chunk);
            CPPUNIT_ASSERT(whole.rates == split.rates);
            CPPUNIT_ASSERT(whole.theta == split.theta);
            CPPUNIT_ASSERT(whole.spectra == split.spectra);
        }
        for (const auto& value : whole.spectra)
            CPPUNIT_ASSERT(std::isfinite(value.real()));
        // each frame is that of the transform with its length alone
        for (double theta : { 256.0, 362.0, 512.0 }) {
            auto s = settings();
            s.theta = theta;
            const auto alone = run(s, x);
            for (std::size_t n = 0; n < whole.theta.size(); ++n) {
                if (whole.theta[n] != theta)
                    continue;
                const auto k = n + static_cast<std::size_t>(whole.first - alone.first);
                CPPUNIT_ASSERT_EQUAL(alone.rates[k], whole.rates[n]);
                CPPUNIT_ASSERT(
                    std::equal(whole.spectra.begin() + static_cast<std::ptrdiff_t>(513 * n),
                               whole.spectra.begin() + static_cast<std::ptrdiff_t>(513 * (n + 1)),
                               alone.spectra.begin() + static_cast<std::ptrdiff_t>(513 * k)));
            }
        }
    }

    void learned_frames_are_those_of_the_middle_window()
    {
        auto s = settings();
        s.theta = 362;
        for (std::size_t length : { 0, 1, 100, 380, 500, 700, 5000 }) {
            const qa::context here("length", length);
            const auto x = shaft<float>(length, 0.02, 0);
            const auto middle = run(s, x), all = run(learned(), x);
            CPPUNIT_ASSERT_EQUAL(middle.first, all.first);
            CPPUNIT_ASSERT_EQUAL(middle.rates.size(), all.rates.size());
        }
        for (double hop : { 1.0, 300.0 }) { // the rule for the hop forbids some lengths
            const qa::context here("hop", hop);
            auto given = learned();
            s.hop = given.hop = hop;
            s.n_fft = given.n_fft = hop == 1 ? 2048 : 1024;
            s.theta = hop == 1 ? 724 : 362;
            const auto x = shaft<float>(hop == 1 ? 1100 : 2500, 0.02, 0);
            CPPUNIT_ASSERT_EQUAL(run(s, x).rates.size(), run(given, x).rates.size());
        }
    }

    void a_frame_comes_after_the_latency()
    {
        const auto x = machine(6000, 0.5F, sweep);
        for (const auto& s : { settings(), learned() }) {
            warped_stft<float> warped(s);
            const auto needed = 64 * warped.frame() + warped.latency();
            std::int64_t taken = 0;
            while (!warped.ready())
                taken += static_cast<std::int64_t>(warped.push(x.data() + taken, 1));
            CPPUNIT_ASSERT(taken <= needed + 1 && taken > needed - 400);
        }
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
