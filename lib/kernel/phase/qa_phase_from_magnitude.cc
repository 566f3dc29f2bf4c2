/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/phase_support.h"
#include <gnuradio/stft/kernel/phase/gaussian_fit.h>
#include <gnuradio/stft/kernel/stft/istft.h>

using namespace gr::stft::kernel;
using namespace qa::phases;

namespace {

//! All frames through the streaming kernel.
template <class R>
std::vector<std::complex<R>>
streamed(const phase_settings& s, const std::vector<R>& magnitudes, std::int64_t first)
{
    phase_from_magnitude<R> phases(s);
    phases.begin_at(first);
    std::vector<std::complex<R>> spectra(magnitudes.size());
    const auto bins = phases.bins();
    std::size_t written = 0;
    for (std::size_t i = 0; i < magnitudes.size(); i += bins)
        written += phases.push(magnitudes.data() + i, spectra.data() + written * bins);
    written += phases.finish(spectra.data() + written * bins);
    CPPUNIT_ASSERT_EQUAL(magnitudes.size(), written * bins);
    CPPUNIT_ASSERT(!phases.finish(spectra.data()));
    return spectra;
}

//! Every way to phases: [0] all at once, [1] streamed, [2] and [3] with one and two iterations, [4] to [6] the same
//! with a frame of look-ahead.
template <class R>
std::vector<std::vector<std::complex<R>>>
every_way(phase_settings s, const std::vector<R>& magnitudes, std::int64_t first)
{
    std::vector<std::vector<std::complex<R>>> ways(1);
    ways[0].resize(magnitudes.size());
    integrate_phases(s, magnitudes.data(), magnitudes.size() / s.bins(), first, ways[0].data());
    for (const std::size_t look_ahead : { 0, 1 }) {
        s.look_ahead = look_ahead;
        for (const std::size_t iterations : { 0, 1, 2 }) {
            s.iterations = iterations;
            ways.push_back(streamed(s, magnitudes, first));
        }
    }
    return ways;
}

} // namespace

class qa_phase_from_magnitude : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_phase_from_magnitude);
    CPPUNIT_TEST(gaussians_fit_themselves_and_windows_are_centred);
    CPPUNIT_TEST(chirps_come_back);
    CPPUNIT_TEST(tones_come_back_from_other_windows);
    CPPUNIT_TEST(levels_are_mirrored_at_the_ends_of_onesided_rows);
    CPPUNIT_TEST(real_bins_tell_the_phases_of_what_reaches_them);
    CPPUNIT_TEST(clicks_stay_where_they_are);
    CPPUNIT_TEST(iterations_bring_magnitudes_nearer);
    CPPUNIT_TEST(a_frame_that_has_left_is_what_it_was);
    CPPUNIT_TEST(any_gain_gives_the_same_phases);
    CPPUNIT_TEST(silence_is_random_by_seed);
    CPPUNIT_TEST(what_is_not_finite_stays_in_its_cell);
    CPPUNIT_TEST(negative_magnitudes_count_as_0);
    CPPUNIT_TEST(late_frames_are_as_exact_as_early_ones);
    CPPUNIT_TEST(few_frames_and_bins_have_phases);
    CPPUNIT_TEST(wrong_settings_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void gaussians_fit_themselves_and_windows_are_centred()
    {
        for (const std::size_t length : { 64, 65 })
            for (const double deviation : { 2.0, 7.0 }) {
                const qa::context in_length("length", length);
                const auto fit = fit_gaussian(window("gaussian", { deviation }).sample(length));
                // a periodic window of even length is even about its centre; that of odd length lies half a sample
                // later
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    1, fit.gamma / (2 * qa::pi * deviation * deviation), 1e-3);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(length % 2 ? 0.5 : 0, fit.shift, 1e-3);
            }
        // of a rectangle from -1/2 to 1/2: the g = exp(-pi x^2 / gamma) whose integral over it is largest for its
        // norm solves erf(u) = 4 / sqrt(pi) u exp(-u^2), u^2 = pi / (4 gamma): u = 0.989939
        const auto fit = fit_gaussian(window("boxcar").sample(10000));
        CPPUNIT_ASSERT_DOUBLES_EQUAL(qa::pi / 4 / (0.989939 * 0.989939), fit.gamma / 1e8, 2e-4);
    }

    void chirps_come_back()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            struct one {
                std::size_t n_fft, win_length, hop;
                double deviation;
                const char* phase;
            };
            for (const one c : { one{ 256, 256, 16, 28, "centre" },
                                 { 255, 255, 13, 28, "start" },
                                 { 300, 201, 9, 24, "absolute" },
                                 { 256, 256, 24, 30, "17" } }) {
                const qa::context in_n("n_fft", c.n_fft);
                auto s = made(c.n_fft, c.hop, window("gaussian", { c.deviation }), c.win_length);
                s.phase = phase_reference::named(c.phase);
                for (const auto which : { sides::onesided, sides::twosided, sides::centered }) {
                    if (is_real_v<T> != (which == sides::onesided))
                        continue;
                    const qa::context in_sides("sides", which);
                    s.sides = which;
                    // the complex one passes n_fft / 2
                    const auto x =
                        is_real_v<T> ? chirp<T>(3000, 0.12, 0.00008) : chirp<T>(3000, 0.35, 0.0001);
                    const std::int64_t first = 100;
                    const auto X = analysed(s, x, first, 2500 / c.hop);
                    for (const auto& Y : every_way(s, magnitudes_of(X), first)) {
                        const auto like = likeness(X, Y);
                        if (like < 0.99)
                            CPPUNIT_FAIL("likeness " + std::to_string(like));
                    }
                }
            }
        });
    }

    void tones_come_back_from_other_windows()
    {
        for (const std::string name : { "hann", "hamming", "blackman", "cosine", "bartlett" }) {
            const qa::context in_name("window", name);
            const auto s = made(128, 8, name, 96);
            const auto X = analysed(s, chirp<double>(1000, 0.1234, 0), 96, 90);
            for (const auto& Y : every_way(s, magnitudes_of(X), 96))
                CPPUNIT_ASSERT(likeness(X, Y) > 0.97);
        }
    }

    void levels_are_mirrored_at_the_ends_of_onesided_rows()
    {
        // magnitudes that are flat across the border have no slope there, so that bins advance by their own frequency
        for (const std::size_t n_fft : { 16, 17 }) {
            const auto s = made(n_fft, 4, "hann");
            const auto bins = s.bins();
            std::vector<double> A(4 * bins, 1e-3);
            for (std::size_t p = 0; p < 4; ++p)
                for (const auto k : { bins - 1, n_fft - (bins - 1) })
                    if (k < bins)
                        A[p * bins + k] =
                            1; // n_fft / 2, or for odd n_fft the bin whose mirror is its neighbour
            const auto ways = every_way(s, A, 0);
            for (const std::size_t i :
                 { 0, 1, 4 }) { // iterations find out that no signal has such magnitudes
                const auto& Y = ways[i];
                const auto advance =
                    std::arg(Y[3 * bins - 1] * std::conj(Y[2 * bins - 1])) / (2 * qa::pi);
                // odd n_fft: the neighbour on one side is as large, the other one 1000 times smaller
                const double expected =
                    static_cast<double>((bins - 1) * 4) / static_cast<double>(n_fft) +
                    (n_fft % 2 ? pull_towards_large_neighbour(s) : 0);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, std::remainder(advance - expected, 1), 1e-9);
            }
        }
    }

    //! Cycles by which a bin advances more in a hop if its upper neighbour is as large and its lower one 1000 times
    //! smaller.
    static double pull_towards_large_neighbour(const phase_settings& s)
    {
        const auto taps = s.frames_of().taps();
        const auto gamma = fit_gaussian(taps).gamma, n = static_cast<double>(s.n_fft);
        const double bins_away = std::log(1000) / 2 * n * n / (2 * qa::pi * gamma);
        const double reach = static_cast<double>(taps.size()) / 2 * n / gamma;
        return std::min(bins_away, reach) * static_cast<double>(s.hop) / n;
    }

    void real_bins_tell_the_phases_of_what_reaches_them()
    {
        // two bursts of different phases, whose skirts reach bin 0, or n_fft / 2: but for a sign, either has its own
        // phases
        struct one {
            std::size_t n_fft;
            double f;
        };
        for (const one c : { one{ 256, 3.2 / 256 }, { 255, 3.4 / 255 }, { 256, 124.9 / 256 } }) {
            const qa::context in_n("n_fft", c.n_fft);
            const auto s = made(c.n_fft, 16, window("gaussian", { 32 }));
            std::vector<double> x(6000);
            for (std::size_t n = 0; n < x.size(); ++n) {
                const auto t = static_cast<double>(n);
                for (const double centre : { 1500.0, 4500.0 })
                    x[n] += std::exp(-std::pow((t - centre) / 400, 2)) *
                            std::cos(2 * qa::pi * c.f * t + (centre < 3000 ? 0.7 : 2.3));
            }
            const auto X = analysed(s, x, 0, 360);
            std::vector<std::complex<double>> Y(X.size());
            integrate_phases(s, magnitudes_of(X).data(), 360, 0, Y.data());
            for (const std::size_t half : { 0, 1 }) {
                const auto from = half * X.size() / 2, to = (half + 1) * X.size() / 2;
                double product = 0, energy = 0;
                for (auto i = from; i < to; ++i) {
                    product += std::real(X[i] * std::conj(Y[i]));
                    energy += std::norm(X[i]);
                }
                CPPUNIT_ASSERT(std::abs(product) > 0.999 * energy);
            }
        }
    }

    //! Samples by which the clicks of Y are later than those of X.
    static double delay(const std::vector<std::complex<double>>& X,
                        const std::vector<std::complex<double>>& Y,
                        std::size_t bins,
                        std::size_t n_fft)
    {
        qa::value sum = 0;
        for (std::size_t i = 0; i + 1 < X.size(); ++i)
            if ((i + 1) % bins)
                sum += X[i + 1] * std::conj(X[i]) * std::conj(Y[i + 1] * std::conj(Y[i]));
        return std::arg(sum) * static_cast<double>(n_fft) / (2 * qa::pi);
    }

    void clicks_stay_where_they_are()
    {
        // a short Gaussian late in its frame: phases count from the window's own middle
        std::vector<double> late(96);
        for (std::size_t m = 0; m < late.size(); ++m)
            late[m] = std::exp(-std::pow((static_cast<double>(m) - 66) / 8, 2) / 2);
        for (const auto& w : { window("hann"), window("blackman"), window(late) })
            for (const std::size_t at : { 500, 503, 504 }) {
                const qa::context in_at("at", at);
                const auto s = made(128, 8, w, 96);
                std::vector<double> x(1000);
                x[at] = 1;
                const auto X = analysed(s, x, 96, 90);
                const auto ways = every_way(s, magnitudes_of(X), 96);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, delay(X, ways[0], s.bins(), 128), 1.5);
                for (std::size_t i = 1; i < ways.size();
                     ++i) // the first, quiet frame of the click decides
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(0, delay(X, ways[i], s.bins(), 128), 14);
            }
    }

    //! | |STFT(y)| - A | / |A| of the signal y that phases for A lead to.
    template <class T>
    static double distance(const phase_settings& s, const std::vector<T>& x)
    {
        const auto frames = x.size() / s.hop;
        const auto A = magnitudes_of(analysed(s, x, 0, frames));
        istft<T> inverse(s.frames_of());
        inverse.begin_at(0);
        std::vector<T> y(x.size());
        inverse.invert(
            streamed(s, A, 0).data(), frames, y.data(), static_cast<std::int64_t>(y.size()));
        const auto B = magnitudes_of(analysed(s, y, 0, frames));
        double off = 0, energy = 0;
        for (std::size_t i = 0; i < A.size(); ++i) {
            off += std::pow(static_cast<double>(A[i] - B[i]), 2);
            energy += std::pow(static_cast<double>(A[i]), 2);
        }
        return std::sqrt(off / energy);
    }

    void iterations_bring_magnitudes_nearer()
    {
        // pulses of a chirp in noise: onsets, decays, and zeros between
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            auto x = chirp<T>(6000, 0.06, 0.00003);
            const auto rest = qa::noise<T>(6000);
            for (std::size_t n = 0; n < x.size(); ++n)
                x[n] =
                    x[n] * static_cast<real_t<T>>(std::exp(-static_cast<double>(n % 700) / 100)) +
                    rest[n] * real_t<T>(0.3);
            for (const auto& w : { window("gaussian", { 32 }), window("hann") })
                for (const std::size_t look_ahead : { 0, 1 }) {
                    const qa::context in_window("window", w.name());
                    const qa::context in_ahead("look_ahead", look_ahead);
                    auto s = made(256, 16, w);
                    s.sides = is_real_v<T> ? sides::onesided : sides::twosided;
                    s.look_ahead = look_ahead;
                    std::vector<double> distances;
                    for (const std::size_t iterations : { 0, 1, 4 }) {
                        s.iterations = iterations;
                        distances.push_back(distance(s, x));
                    }
                    const bool is_gaussian = w.name() != "hann";
                    if (!(distances[1] < (is_gaussian ? 0.55 : 0.7) * distances[0] &&
                          distances[2] < (is_gaussian ? 0.55 : 0.6) * distances[0]))
                        CPPUNIT_FAIL("distances " + std::to_string(distances[0]) + " " +
                                     std::to_string(distances[1]) + " " +
                                     std::to_string(distances[2]));
                }
        });
    }

    void a_frame_that_has_left_is_what_it_was()
    {
        // without look-ahead, frames do not depend on later ones
        const auto s = made(64, 8, "hann");
        const auto A = magnitudes_of(analysed(s, qa::noise<float>(900), 0, 100));
        auto other = A;
        for (auto i = 60 * s.bins(); i < other.size(); ++i)
            other[i] = A[other.size() - 1 - i];
        const auto first = streamed(s, A, 0), second = streamed(s, other, 0);
        const auto same = first.begin() + static_cast<std::ptrdiff_t>(60 * s.bins());
        CPPUNIT_ASSERT(std::equal(first.begin(), same, second.begin()));
        CPPUNIT_ASSERT(!std::equal(same, first.end(), second.begin() + (same - first.begin())));
    }

    void any_gain_gives_the_same_phases()
    {
        const auto s = made(64, 8, "hann");
        const auto x = qa::noise<float>(900);
        const auto A = magnitudes_of(analysed(s, x, 0, 100));
        for (const float gain : { 1e-6f, 1e6f }) {
            auto scaled = A;
            for (auto& a : scaled)
                a *= gain;
            const auto ways = every_way(s, A, 0), ways_scaled = every_way(s, scaled, 0);
            for (std::size_t i = 0; i < ways.size(); ++i)
                CPPUNIT_ASSERT(likeness(ways[i], ways_scaled[i]) > 0.999);
        }
    }

    void silence_is_random_by_seed()
    {
        auto s = made(64, 16, "hann");
        s.tolerance = 1; // all cells
        const std::vector<double> A(s.bins() * 200, 1);
        const auto ways = every_way(s, A, 0);
        CPPUNIT_ASSERT(ways[0] == ways[1] && ways[1] == ways[4]);
        CPPUNIT_ASSERT(every_way(s, A, 0) == ways);
        s.seed = 1;
        const auto others = every_way(s, A, 0);
        for (std::size_t i = 0; i < ways.size(); ++i)
            CPPUNIT_ASSERT(likeness(ways[i], others[i]) < 0.1);
        qa::value sum = 0, squares = 0;
        std::size_t count = 0;
        for (std::size_t i = 0; i < A.size(); ++i) {
            const auto k = i % s.bins();
            if (k == 0 || k + 1 == s.bins()) {
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    0, ways[1][i].imag(), 1e-15); // a real signal has real ones there
                continue;
            }
            sum += ways[1][i];
            squares += ways[1][i] * ways[1][i];
            ++count;
        }
        const auto n = static_cast<double>(count); // uniform: both means are 0 but for 1 / sqrt(n)
        CPPUNIT_ASSERT(std::abs(sum) / n < 4 / std::sqrt(n));
        CPPUNIT_ASSERT(std::abs(squares) / n < 4 / std::sqrt(n));
    }

    void what_is_not_finite_stays_in_its_cell()
    {
        const auto s = made(32, 4, "hann");
        auto A = magnitudes_of(analysed(s, qa::noise<double>(300), 0, 60));
        const auto bins = s.bins();
        const auto at = 20 * bins + 5;
        const auto stays = [&](double bad) {
            A[at] = bad;
            for (const auto& Y : every_way(s, A, 0))
                for (std::size_t i = 0; i < Y.size(); ++i) {
                    const bool finite = std::isfinite(Y[i].real()) && std::isfinite(Y[i].imag());
                    CPPUNIT_ASSERT(finite == std::isfinite(A[i]));
                    if (finite && i != at)
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(A[i], std::abs(Y[i]), 1e-12);
                }
        };
        for (const double bad : { std::nan(""), double(INFINITY), -double(INFINITY), -1.0 })
            stays(bad);
        for (std::size_t i = 19 * bins; i < 23 * bins; ++i) // silence about it
            A[i] = 0;
        for (const double bad : { -double(INFINITY), -1.0, -1e-300 })
            stays(bad);
    }

    void negative_magnitudes_count_as_0()
    {
        const auto s = made(32, 4, "hann");
        auto A = magnitudes_of(analysed(s, qa::noise<float>(300), 0, 60));
        auto other = A;
        for (const std::size_t k : { 0, 3, 7, 16 })
            for (std::size_t frame = 10; frame < 13; ++frame) {
                A[frame * s.bins() + k] = 0;
                other[frame * s.bins() + k] = -0.7f;
            }
        CPPUNIT_ASSERT(every_way(s, A, 0) == every_way(s, other, 0));
    }

    void late_frames_are_as_exact_as_early_ones()
    {
        auto s = made(60, 7, "hann");
        s.phase = "absolute";
        const auto A = magnitudes_of(analysed(s, qa::noise<float>(400), 0, 50));
        const auto early = streamed(s, A, 0), late = streamed(s, A, std::int64_t(60) << 40);
        CPPUNIT_ASSERT(early == late); // a multiple of n_fft later
    }

    void few_frames_and_bins_have_phases()
    {
        for (const std::size_t n_fft : { 1, 2, 3, 5 })
            for (const auto which : { sides::onesided, sides::twosided, sides::centered })
                for (const std::size_t frames : { 0, 1, 2, 3 }) {
                    const qa::context in_n("n_fft", n_fft);
                    for (const std::size_t hop : { std::size_t(3), std::size_t(1) << 40 }) {
                        auto s = made(n_fft, hop, "boxcar");
                        s.sides = which;
                        std::vector<double> A(frames * s.bins(), 2);
                        for (const auto& Y : every_way(s, A, 0))
                            for (const auto& y : Y)
                                CPPUNIT_ASSERT_DOUBLES_EQUAL(2, std::abs(y), 1e-12);
                    }
                }
    }

    void wrong_settings_are_refused()
    {
        const auto refused = [](const std::string& message, auto change) {
            auto s = made(64, 16, "hann");
            change(s);
            qa::assert_refused(message, [&] { phase_from_magnitude<float> given(s); });
        };
        refused("look_ahead: 2: must be 0 or 1", [](auto& s) { s.look_ahead = 2; });
        refused("iterations: 101: must be 0 .. 100", [](auto& s) { s.iterations = 101; });
        refused("tolerance: 1.5: must be 0 .. 1", [](auto& s) { s.tolerance = 1.5; });
        refused("win_length: 65: must be 1 .. n_fft = 64", [](auto& s) { s.win_length = 65; });
        refused("n_fft: 0: must be 1 .. 2^28", [](auto& s) { s.n_fft = 0; });
        refused("window: complex taps: must be real: phases follow from magnitudes of even windows",
                [](auto& s) {
                    s.window = window(qa::values(64, { 0, 1 }));
                });
        phase_from_magnitude<float> phases(made(64, 16, "hann"));
        qa::assert_refused("n_fft: 32: must stay 64",
                           [&] { phases.change(made(32, 16, "hann"), 0); });
        auto none = made(64, 16, "hann");
        none.iterations = 0;
        qa::assert_refused("iterations: 0: must stay 1 or more", [&] { phases.change(none, 0); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_phase_from_magnitude);
