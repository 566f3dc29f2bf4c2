/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bins_direct.h"
#include "bins_sliding.h"
#include "qa/support.h"

using namespace gr::stft::kernel;

//! The two ways to sum chosen bins, each by itself: bins_direct and bins_sliding against plain sums.
class qa_bin_sums : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_bin_sums);
    CPPUNIT_TEST(a_sum_for_each_frame_is_its_definition);
    CPPUNIT_TEST(sums_that_slide_are_their_definition);
    CPPUNIT_TEST(sliding_in_any_steps_gives_the_same_bits);
    CPPUNIT_TEST(after_forget_a_frame_does_not_depend_on_those_before);
    CPPUNIT_TEST(only_windows_that_are_sums_of_cosines_slide);
    CPPUNIT_TEST_SUITE_END();

    struct design {
        std::size_t n_fft, win_length, hop;
        const char* window;
    };

    static inline const std::vector<design> designs{
        { 8, 8, 1, "hann" },     { 16, 16, 5, "boxcar" },     { 31, 20, 1, "hamming" },
        { 64, 64, 64, "hann" },  { 64, 50, 7, "blackman" },   { 100, 100, 130, "nuttall" },
        { 127, 127, 3, "hann" }, { 256, 255, 32, "flattop" }, { 2048, 2048, 100, "hann" },
    };

    template <class T>
    static bins_parameters with_bins(const design& d, const phase_reference& phase)
    {
        bins_parameters p;
        p.n_fft = d.n_fft;
        p.hop = d.hop;
        p.win_length = d.win_length;
        p.window = window(d.window);
        p.phase = phase;
        const auto N = static_cast<double>(d.n_fft);
        p.bins = { 0, N / 2, N / 4 + 0.3, 1, 0.123 * N, 1e-3 };
        if (!is_real_v<T>)
            p.bins.insert(p.bins.end(), { -N / 2, -1.7, N - 1, 0.77 * N });
        p.check<T>();
        return p;
    }

    static std::complex<long double> turn(double bin, std::int64_t samples, std::size_t n_fft)
    {
        constexpr long double pi = 3.14159265358979323846264338327950288L;
        return std::polar(
            1.0L, 2 * pi * std::fmod(static_cast<long double>(bin) * samples / n_fft, 1.0L));
    }

    //! Bins between bins too, phases from each frame's first sample; [frame][bin] in extended precision.
    template <class T>
    static std::vector<std::complex<long double>> plain_from_start(const std::vector<T>& x,
                                                                   const bins_parameters& p)
    {
        const auto taps = p.taps();
        std::vector<std::complex<long double>> rows, turns; // turns: [bin][m]
        for (const double bin : p.bins)
            for (std::size_t m = 0; m < taps.size(); ++m)
                turns.push_back(turn(bin, -static_cast<std::int64_t>(m), p.n_fft));
        for (std::size_t first = 0; first + taps.size() <= x.size(); first += p.hop)
            for (std::size_t i = 0; i < p.bins.size(); ++i) {
                std::complex<long double> sum = 0;
                for (std::size_t m = 0; m < taps.size(); ++m) {
                    const auto product = qa::value(x[first + m]) * std::conj(taps[m]);
                    sum += std::complex<long double>(product) * turns[i * taps.size() + m];
                }
                rows.push_back(sum);
            }
        return rows;
    }

    //! `from_start` with the phases that p asks for; sample `start` is the first.
    static qa::values plain(const std::vector<std::complex<long double>>& from_start,
                            const bins_parameters& p,
                            std::int64_t start)
    {
        qa::values rows;
        for (std::size_t i = 0; i < from_start.size(); ++i) {
            const auto first = start + static_cast<std::int64_t>(i / p.bins.size() * p.hop);
            const auto r = qa::counted_from(p.phase, first, p.taps().size());
            rows.emplace_back(from_start[i] * turn(p.bins[i % p.bins.size()], r, p.n_fft));
        }
        return rows;
    }

    static std::string text(const design& d, const phase_reference& phase)
    {
        return std::string(d.window) + ", n_fft " + std::to_string(d.n_fft) + ", win_length " +
               std::to_string(d.win_length) + ", hop " + std::to_string(d.hop) + ", phase " +
               phase.name();
    }

    static std::size_t frames_of(const design& d) { return 2 * d.win_length / d.hop + 3; }

    template <class T>
    static std::vector<T> signal_of(const design& d)
    {
        return qa::noise<T>((frames_of(d) - 1) * d.hop + d.win_length);
    }

    //! Calls f(signal, parameters, number of the first sample, frames, text) for all designs, phases and starts.
    template <class T, class F>
    static void for_all(F f)
    {
        for (const auto& d : designs)
            for_all<T>(d, f);
    }

    template <class T, class F>
    static void for_all(const design& d, F f)
    {
        for (const auto& phase : { phase_reference("start"),
                                   phase_reference("centre"),
                                   phase_reference("absolute"),
                                   phase_reference::fixed(3) })
            for (std::int64_t start : { 0, -17, 1000 })
                f(signal_of<T>(d),
                  with_bins<T>(d, phase),
                  start,
                  frames_of(d),
                  text(d, phase) + ", start " + std::to_string(start));
    }

    //! Calls f as for_all() does, with the plain sums before the text.
    template <class T, class F>
    static void for_all_sums(F f)
    {
        for (const auto& d : designs) {
            const auto from_start =
                plain_from_start(signal_of<T>(d), with_bins<T>(d, phase_reference("start")));
            for_all<T>(
                d, [&](const auto& x, const auto& p, auto start, auto frames, const auto& what) {
                    f(x, p, start, frames, plain(from_start, p, start), what);
                });
        }
    }

    template <class T>
    static std::vector<std::complex<real_t<T>>> slid(bins_sliding<T>& sums,
                                                     const std::vector<T>& x,
                                                     const bins_parameters& p,
                                                     std::int64_t start,
                                                     std::size_t frames,
                                                     std::size_t step)
    {
        std::vector<std::complex<real_t<T>>> rows(frames * p.bins.size());
        for (std::size_t n = 0; n < frames; n += step) {
            const auto at = static_cast<std::int64_t>(n * p.hop);
            sums.run(x.data() + at,
                     start + at,
                     std::min(step, frames - n),
                     rows.data() + n * p.bins.size());
        }
        return rows;
    }

public:
    void a_sum_for_each_frame_is_its_definition()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for_all_sums<T>([](const auto& x,
                               const auto& p,
                               auto start,
                               auto frames,
                               const auto& expected,
                               const auto& what) {
                bins_direct<T> sums(p);
                std::vector<std::complex<real_t<T>>> rows(frames * p.bins.size());
                for (std::size_t n = 0; n < frames; ++n)
                    sums.analyse(x.data() + n * p.hop,
                                 start + static_cast<std::int64_t>(n * p.hop),
                                 rows.data() + n * p.bins.size());
                qa::assert_near(expected, rows, qa::limit<T>, what);
            });
        });
    }

    void sums_that_slide_are_their_definition()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for_all_sums<T>([](const auto& x,
                               const auto& p,
                               auto start,
                               auto frames,
                               const auto& expected,
                               const auto& what) {
                CPPUNIT_ASSERT_MESSAGE(what, bins_sliding<T>::fits(p));
                bins_sliding<T> sums(p);
                qa::assert_near(
                    expected, slid(sums, x, p, start, frames, frames), qa::limit<T>, what);
            });
        });
    }

    void sliding_in_any_steps_gives_the_same_bits()
    {
        for_all<float>([](const auto& x, const auto& p, auto start, auto frames, const auto& what) {
            bins_sliding<float> whole(p);
            const auto expected = slid(whole, x, p, start, frames, frames);
            for (std::size_t step : { 1, 2, 7 }) {
                bins_sliding<float> sums(p);
                CPPUNIT_ASSERT_MESSAGE(what + ", " + std::to_string(step) + " frames a call",
                                       expected == slid(sums, x, p, start, frames, step));
            }
        });
    }

    void after_forget_a_frame_does_not_depend_on_those_before()
    {
        const auto p = with_bins<double>(designs[4], phase_reference("absolute"));
        const auto frames = frames_of(designs[4]);
        const auto x = signal_of<double>(designs[4]);
        bins_sliding<double> fresh(p), used(p);
        const auto expected = slid(fresh, x, p, 0, frames, frames);
        auto loud = x;
        for (auto& sample : loud)
            sample *= 1e30;
        // the last of these frames lies a hop before sample 0
        slid(used, loud, p, -static_cast<std::int64_t>(frames * p.hop), frames, frames);
        used.forget();
        CPPUNIT_ASSERT(expected == slid(used, x, p, 0, frames, frames));
    }

    void only_windows_that_are_sums_of_cosines_slide()
    {
        auto p = with_bins<float>(designs[0], phase_reference("start"));
        for (const char* name : { "boxcar", "hann", "hamming", "blackman", "nuttall", "flattop" }) {
            p.window = window(name);
            CPPUNIT_ASSERT_MESSAGE(name, bins_sliding<float>::fits(p));
        }
        for (const char* name : { "bartlett", "parzen", "bohman", "cosine" }) {
            p.window = window(name);
            CPPUNIT_ASSERT_MESSAGE(name, !bins_sliding<float>::fits(p));
        }
        p.window = window("kaiser", { 8.0 });
        CPPUNIT_ASSERT(!bins_sliding<float>::fits(p));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_bin_sums);
