/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "complex_dft.h"
#include "kernel/simd/dispatch.h"
#include "passing_frames.h"
#include "qa/context.h"
#include "qa/support.h"
#include "quickest.h"
#include "real_dft.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <cstdlib>
#include <numeric>
#include <optional>

using namespace gr::stft::kernel;

//! The DFTs below the frames: complex_dft and real_dft against plain sums.
class qa_dft : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_dft);
    CPPUNIT_TEST(complex_dft_is_the_sum_of_its_definition);
    CPPUNIT_TEST(size_and_prime_factors_decide_the_method);
    CPPUNIT_TEST(dft_in_lines_is_the_sum_of_its_definition);
    CPPUNIT_TEST(dft_in_parts_is_the_sum_of_its_definition);
    CPPUNIT_TEST(chirp_dft_is_the_sum_of_its_definition);
    CPPUNIT_TEST(large_dft_is_that_of_double_precision);
    CPPUNIT_TEST(dft_in_eighths_is_the_sum_of_its_definition);
    CPPUNIT_TEST(methods_take_any_address_and_any_scratch);
    CPPUNIT_TEST(scratch_is_in_proportion_to_n);
    CPPUNIT_TEST(backward_after_forward_is_n_times_the_input);
    CPPUNIT_TEST(real_dft_is_the_sum_of_its_definition);
    CPPUNIT_TEST(bins_taken_in_pieces_are_those_of_forward);
    CPPUNIT_TEST(powers_are_squared_magnitudes);
    CPPUNIT_TEST(backward_ignores_imaginary_parts_of_the_outer_bins);
    CPPUNIT_TEST(quickest_is_measured_unless_the_planner_estimates);
    CPPUNIT_TEST(the_method_of_least_seconds_is_taken);
    CPPUNIT_TEST(frames_that_are_measured_come_and_go);
    CPPUNIT_TEST(a_size_keeps_its_method);
    CPPUNIT_TEST_SUITE_END();

    //! GR_STFT_PLANNER while it lives.
    class planner
    {
    public:
        explicit planner(const char* effort) { setenv(name, effort, 1); }
        ~planner()
        {
            if (d_before)
                setenv(name, d_before->c_str(), 1);
            else
                unsetenv(name);
        }
        planner(const planner&) = delete;
        planner& operator=(const planner&) = delete;

    private:
        static constexpr const char* name = "GR_STFT_PLANNER";
        std::optional<std::string> d_before =
            std::getenv(name) ? std::optional<std::string>(std::getenv(name)) : std::nullopt;
    };

    static constexpr std::size_t small[] = { 1,  2,  3,  4,  5,   8,   9,   15,
                                             16, 31, 34, 64, 100, 127, 255, 256 };
    //! On both sides of the size from which on powers of two are computed in parts.
    static constexpr std::size_t large[] = { 2048, 4096, 8192, 16384, 32768 };

    template <class R>
    static constexpr double tolerance = std::is_same_v<R, float> ? 1e-6 : 1e-13;

    template <class R>
    static std::string text(std::size_t n)
    {
        return std::string(sizeof(R) == sizeof(float) ? "float " : "double ") + std::to_string(n);
    }

    template <class V>
    static volk::vector<V> aligned_copy(const std::vector<V>& x)
    {
        return { x.begin(), x.end() };
    }

    //! Bins `which` of the DFT of x, or of its inverse times n.
    template <class V>
    static qa::values
    plain(const std::vector<V>& x, const std::vector<std::size_t>& which, bool inverse = false)
    {
        qa::values spectrum, twiddles;
        for (std::size_t m = 0; m < x.size(); ++m)
            twiddles.push_back(qa::twiddle(1, static_cast<std::int64_t>(m), x.size()));
        for (auto k : which) {
            qa::value sum = 0;
            for (std::size_t m = 0; m < x.size(); ++m) {
                const auto& twiddle = twiddles[k * m % x.size()];
                sum += qa::value(x[m]) * (inverse ? std::conj(twiddle) : twiddle);
            }
            spectrum.push_back(sum);
        }
        return spectrum;
    }

    static std::vector<std::size_t> up_to(std::size_t count)
    {
        std::vector<std::size_t> all(count);
        for (std::size_t k = 0; k < count; ++k)
            all[k] = k;
        return all;
    }

    template <class R>
    static std::vector<std::complex<R>> transformed(const complex_dft<R>& dft,
                                                    const std::vector<std::complex<R>>& x)
    {
        volk::vector<std::complex<R>> in = aligned_copy(x), out(x.size()),
                                      scratch(dft.scratch_size());
        dft.execute(in.data(), out.data(), scratch.data());
        return { out.begin(), out.end() };
    }

    template <class R>
    static std::vector<std::complex<R>> transformed(dft_kind kind,
                                                    const std::vector<std::complex<R>>& x)
    {
        return transformed(*complex_dft<R>::get(kind, x.size()), x);
    }

    template <class R>
    void check_complex(std::size_t n,
                       const std::vector<std::size_t>& which,
                       std::optional<dft_method> method = {})
    {
        const auto x = qa::noise<std::complex<R>>(n, static_cast<unsigned>(n));
        for (const auto kind : { dft_kind::forward, dft_kind::backward }) {
            const auto all =
                method ? transformed(complex_dft<R>(kind, n, *method), x) : transformed<R>(kind, x);
            std::vector<std::complex<R>> some;
            for (auto k : which)
                some.push_back(all[k]);
            qa::assert_near(plain(x, which, kind == dft_kind::backward),
                            some,
                            tolerance<R>,
                            text<R>(n) + (kind == dft_kind::forward ? " forward" : " backward"));
        }
    }

    template <class R>
    struct real_transform {
        explicit real_transform(std::size_t n)
            : n(n), forward(real_dft<R>::direction::forward, n),
              backward(real_dft<R>::direction::backward, n),
              scratch(std::max(forward.scratch_size(), backward.scratch_size()))
        {}

        std::vector<std::complex<R>> spectrum(const std::vector<R>& x)
        {
            const auto in = aligned_copy(x);
            std::vector<std::complex<R>> out(n / 2 + 1);
            forward.forward(in.data(), out.data(), scratch.data());
            return out;
        }

        std::vector<R> samples(const std::vector<std::complex<R>>& bins)
        {
            volk::vector<R> out(n);
            backward.backward(bins.data(), out.data(), scratch.data());
            return { out.begin(), out.end() };
        }

        std::size_t n;
        real_dft<R> forward, backward;
        volk::vector<std::complex<R>> scratch;
    };

    template <class R>
    void check_real(std::size_t n, const std::vector<std::size_t>& which)
    {
        const auto x = qa::noise<R>(n, static_cast<unsigned>(n));
        real_transform<R> transform(n);
        const auto all = transform.spectrum(x);
        std::vector<std::complex<R>> some;
        for (auto k : which)
            some.push_back(all[k]);
        qa::assert_near(plain(x, which), some, tolerance<R>, text<R>(n) + " forward");
        auto scaled = qa::exactly(x);
        for (auto& sample : scaled)
            sample *= static_cast<double>(n);
        qa::assert_near(scaled, transform.samples(all), tolerance<R>, text<R>(n) + " backward");
    }

    //! Bins at the ends, at the joints of parts, and between.
    static std::vector<std::size_t> some_of(std::size_t n)
    {
        return { 0, 1, n / 8 + 3, n / 4 - 1, n / 4, n / 4 + 1, n / 3, n / 2 - 1, n / 2 };
    }

public:
    void complex_dft_is_the_sum_of_its_definition()
    {
        for (auto n : small) {
            check_complex<float>(n, up_to(n));
            check_complex<double>(n, up_to(n));
        }
    }

    //! The method that is taken without measuring.
    void size_and_prime_factors_decide_the_method()
    {
        const auto first = [](auto zero, std::size_t n) {
            return complex_dft<decltype(zero)>::methods(n).front();
        };
        for (std::size_t n : { 1, 13, 64, 1001, 1050, 2 * 17, 3 * 17 * 16 }) {
            CPPUNIT_ASSERT_MESSAGE(text<float>(n), first(0.0F, n) == dft_method::plan);
            CPPUNIT_ASSERT_MESSAGE(text<double>(n), first(0.0, n) == dft_method::plan);
        }
        const bool many_registers = simd::chosen_level() == simd::level::avx512;
        for (std::size_t n : { 128, 1000, 2048 }) {
            const auto by_level = many_registers ? dft_method::lines : dft_method::plan;
            CPPUNIT_ASSERT_MESSAGE(text<float>(n), first(0.0F, n) == by_level);
            CPPUNIT_ASSERT_MESSAGE(text<double>(n), first(0.0, n) == by_level);
        }
        for (std::size_t n : { 10000, 15625, 7 * 11 * 13 * 16, 1 << 20, 3 << 18, 1 << 28 }) {
            CPPUNIT_ASSERT_MESSAGE(text<float>(n), first(0.0F, n) == dft_method::parts);
            CPPUNIT_ASSERT_MESSAGE(text<double>(n), first(0.0, n) == dft_method::parts);
        }
        const auto by_level = many_registers ? dft_method::parts : dft_method::eighths;
        for (std::size_t n : { 8192, 12 * 1024, 16384 }) {
            CPPUNIT_ASSERT_MESSAGE(text<float>(n), first(0.0F, n) == by_level);
            CPPUNIT_ASSERT_MESSAGE(text<double>(n), first(0.0, n) == by_level);
        }
        CPPUNIT_ASSERT(first(0.0, 4096) == by_level);
        for (std::size_t n : { 29, 127, 1103, 44101, 131071, (1 << 20) + 1, 62 * 1024 }) {
            CPPUNIT_ASSERT_MESSAGE(text<float>(n), first(0.0F, n) == dft_method::chirp);
            CPPUNIT_ASSERT_MESSAGE(text<double>(n), first(0.0, n) == dft_method::chirp);
        }
    }

    void dft_in_lines_is_the_sum_of_its_definition()
    {
        for (std::size_t n : { 24, 65, 1004, 17 * 64 })
            CPPUNIT_ASSERT_MESSAGE(text<float>(n), !dft_in_lines<float>::takes(n));
        // 8 and 16 lines, some that do not divide their points, each radix along them, one pass, two and three
        for (std::size_t n :
             { 64, 128, 192, 256, 320, 448, 512, 576, 704, 832, 1024, 4096, 8192 }) {
            CPPUNIT_ASSERT_MESSAGE(text<float>(n), dft_in_lines<float>::takes(n));
            CPPUNIT_ASSERT_MESSAGE(text<double>(n), dft_in_lines<double>::takes(n));
            const auto which = n < 600 ? up_to(n) : some_of(n);
            check_complex<float>(n, which, dft_method::lines);
            check_complex<double>(n, which, dft_method::lines);
        }
    }

    void dft_in_parts_is_the_sum_of_its_definition()
    {
        // sides 16 x 16, odd ones, each radix, lines that do not divide the sides, sides far from each other
        for (std::size_t n : { 256, 17 * 15, 15 * 17 }) {
            const bool has = dft_in_parts<float>::takes(n);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text<float>(n), n == 256, has);
        }
        for (std::size_t n :
             { 256, 18 * 21, 22 * 26, 25 * 27, 33 * 35, 39 * 49, 50 * 121, 128 * 169, 17 * 1024 }) {
            const qa::context here("n", n);
            if (!dft_in_parts<float>::takes(n)) {
                CPPUNIT_ASSERT_EQUAL(std::size_t(17 * 1024), n);
                continue;
            }
            const auto which = n < 600 ? up_to(n) : some_of(n);
            check_complex<float>(n, which, dft_method::parts);
            check_complex<double>(n, which, dft_method::parts);
        }
        check_complex<float>(32768, { 0, 3, 8193, 32767 }, dft_method::parts);
        check_complex<double>(32768, { 0, 3, 8193, 32767 }, dft_method::parts);
    }

    void dft_in_eighths_is_the_sum_of_its_definition()
    {
        for (std::size_t n : { 64, 72, 128, 192, 320, 448 }) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text<float>(n), n != 72, dft_in_eighths<float>::takes(n));
            if (n == 72)
                continue;
            check_complex<float>(n, up_to(n), dft_method::eighths);
            check_complex<double>(n, up_to(n), dft_method::eighths);
        }
        check_complex<float>(8192, some_of(8192), dft_method::eighths);
        check_complex<double>(8192, some_of(8192), dft_method::eighths);
    }

    void chirp_dft_is_the_sum_of_its_definition()
    {
        for (std::size_t n : { 1, 2, 3, 4, 5, 31, 64, 127, 129, 257, 509 }) {
            check_complex<float>(n, up_to(n), dft_method::chirp);
            check_complex<double>(n, up_to(n), dft_method::chirp);
        }
        for (std::size_t n : { 1103, 4099, 10007 }) {
            check_complex<float>(n, { 1, n / 3, n - 1 }, dft_method::chirp);
            check_complex<double>(n, { 1, n / 3, n - 1 }, dft_method::chirp);
        }
    }

    //! Against FFTW in double precision, which knows neither parts nor chirps.
    void large_dft_is_that_of_double_precision()
    {
        for (std::size_t n : { 3 << 16, 131101, 1 << 18, (1 << 20) + 1 }) {
            const auto x = qa::noise<std::complex<float>>(n, static_cast<unsigned>(n));
            const auto expected = dft_once({ x.begin(), x.end() });
            const auto actual = transformed<float>(dft_kind::forward, x);
            double error = 0, power = 0;
            for (std::size_t k = 0; k < n; ++k) {
                error += std::norm(qa::value(actual[k]) - expected[k]);
                power += std::norm(expected[k]);
            }
            const double chirp = n % 2 ? 1.5 : 1; // three DFTs have each its error
            const auto relative = std::sqrt(error / power);
            CPPUNIT_ASSERT_MESSAGE(text<float>(n) + ": " + std::to_string(1e7 * relative) + "e-7",
                                   relative <= chirp * 2e-7);
        }
    }

    //! Bits do not depend on where numbers lie or what scratch holds, and nothing next to them is touched.
    void methods_take_any_address_and_any_scratch()
    {
        using complex = std::complex<float>;
        constexpr complex mark(-7, 7), nothing(NAN, NAN);
        constexpr std::size_t margin = 32;
        for (std::size_t n : { 127, 576, 35 * 33, 1103, 8192 })
            for (const auto method :
                 { dft_method::lines, dft_method::parts, dft_method::eighths, dft_method::chirp }) {
                if (method == dft_method::lines && !dft_in_lines<float>::takes(n))
                    continue;
                if (method == dft_method::parts && !dft_in_parts<float>::takes(n))
                    continue;
                if (method == dft_method::eighths && !dft_in_eighths<float>::takes(n))
                    continue;
                const qa::context here("n", n);
                const complex_dft<float> dft(dft_kind::forward, n, method);
                CPPUNIT_ASSERT(dft.takes_any_address());
                const auto x = qa::noise<complex>(n);
                const auto expected = transformed(dft, x);
                for (std::size_t shift : { 1, 3 }) {
                    volk::vector<complex> in(n + margin, nothing), out(n + margin, mark);
                    volk::vector<complex> scratch(dft.scratch_size() + margin, nothing);
                    const auto after = scratch.end() - margin;
                    std::fill(after, scratch.end(), mark);
                    std::copy(x.begin(), x.end(), in.begin() + shift);
                    dft.execute(in.data() + shift, out.data() + shift, scratch.data());
                    CPPUNIT_ASSERT(
                        std::equal(expected.begin(), expected.end(), out.begin() + shift));
                    for (std::size_t i = 0; i < shift; ++i)
                        CPPUNIT_ASSERT(out[i] == mark);
                    for (auto i = n + shift; i < out.size(); ++i)
                        CPPUNIT_ASSERT(out[i] == mark);
                    CPPUNIT_ASSERT(std::count(after, scratch.end(), mark) == margin);
                }
            }
    }

    void scratch_is_in_proportion_to_n()
    {
        for (std::size_t n : { 1 << 16, 1000000, 1 << 20 }) {
            const complex_dft<float> dft(dft_kind::forward, n, dft_method::parts);
            CPPUNIT_ASSERT_MESSAGE(text<float>(n), dft.scratch_size() <= n + n / 2);
        }
        for (std::size_t n : { 65537, 131101, 160001 }) { // the longer size is up to 2.5 n
            const complex_dft<float> dft(dft_kind::forward, n, dft_method::chirp);
            CPPUNIT_ASSERT_MESSAGE(text<float>(n), dft.scratch_size() <= 10 * n);
        }
    }

    void backward_after_forward_is_n_times_the_input()
    {
        for (auto n : large) {
            const auto x = qa::noise<std::complex<float>>(n);
            auto scaled = qa::exactly(x);
            for (auto& sample : scaled)
                sample *= static_cast<double>(n);
            qa::assert_near(
                scaled,
                transformed<float>(dft_kind::backward, transformed<float>(dft_kind::forward, x)),
                1e-6,
                text<float>(n));
        }
    }

    void real_dft_is_the_sum_of_its_definition()
    {
        for (auto n : small) {
            check_real<float>(n, up_to(n / 2 + 1));
            check_real<double>(n, up_to(n / 2 + 1));
        }
        for (auto n : large) {
            check_real<float>(n, some_of(n));
            check_real<double>(n, some_of(n));
        }
    }

    void bins_taken_in_pieces_are_those_of_forward()
    {
        for (std::size_t n : { 1, 2, 5, 16, 30, 31, 127, 254, 256, 16384 }) {
            const auto x = qa::noise<float>(n, 3);
            real_transform<float> transform(n);
            const auto whole = transform.spectrum(x);
            const auto in = aligned_copy(x);
            transform.forward.transform(in.data(), transform.scratch.data());
            for (std::size_t begin : { std::size_t(0), std::size_t(1), n / 4 })
                for (std::size_t end : { n / 4 + 1, n / 2, n / 2 + 1 }) {
                    if (begin >= end)
                        continue;
                    std::vector<std::complex<float>> out(n / 2 + 1, { -7, 7 });
                    transform.forward.take(transform.scratch.data(), begin, end, out.data());
                    for (std::size_t k = 0; k < out.size(); ++k)
                        CPPUNIT_ASSERT_MESSAGE(
                            text<float>(n) + " bins " + std::to_string(begin) + " .. " +
                                std::to_string(end) + ": bin " + std::to_string(k),
                            out[k] ==
                                (k >= begin && k < end ? whole[k] : std::complex<float>(-7, 7)));
                }
        }
    }

    void powers_are_squared_magnitudes()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            using R = real_t<T>;
            for (std::size_t n : { 1, 2, 4, 6, 12, 31, 34, 64, 66, 100, 128, 134, 192, 1024 }) {
                const qa::context here("n", n);
                const auto x = qa::noise<T>(n, 5);
                frame_analysis<T> analysis(n);
                std::copy(x.begin(), x.end(), analysis.buffer());
                std::vector<std::complex<R>> spectrum(bins<T>(n));
                analysis.transform(spectrum.data());
                std::vector<R> powers(bins<T>(n) + 1, R(-7));
                analysis.powers(powers.data());
                CPPUNIT_ASSERT_EQUAL(R(-7), powers.back());
                const double all = std::accumulate(powers.begin(), powers.end() - 1, 0.0);
                for (std::size_t m = 0; m < spectrum.size(); ++m) {
                    const qa::context in_m("bin", m);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        std::norm(qa::value(spectrum[m])), powers[m], tolerance<R> * all);
                }
            }
        });
    }

    void backward_ignores_imaginary_parts_of_the_outer_bins()
    {
        for (std::size_t n : { 2, 6, 15, 16, 31, 64, 127 }) {
            real_transform<double> transform(n);
            auto bins = qa::noise<std::complex<double>>(n / 2 + 1);
            auto real_ends = bins;
            real_ends.front().imag(0);
            if (n % 2 == 0)
                real_ends.back().imag(0);
            CPPUNIT_ASSERT_MESSAGE(text<double>(n),
                                   transform.samples(bins) == transform.samples(real_ends));
        }
    }

    void quickest_is_measured_unless_the_planner_estimates()
    {
        std::vector<int> turns;
        const auto chosen = [&](const char* effort, const std::vector<int>& choices) {
            const planner set(effort);
            turns.clear();
            return *quickest<const int>(
                choices,
                [](int seconds) { return std::make_shared<const int>(seconds); },
                [&](int seconds) {
                    turns.push_back(seconds);
                    return seconds;
                });
        };
        const int estimated = chosen("estimate", { 3, 1, 2 });
        const bool asked = !turns.empty();
        const int nearly = chosen("measure", { 100, 99 }), clearly = chosen("measure", { 100, 90 });
        const int measured = chosen("measure", { 3, 1, 2 });
        CPPUNIT_ASSERT_EQUAL(3, estimated);
        CPPUNIT_ASSERT(!asked);
        CPPUNIT_ASSERT_EQUAL(1, measured);
        CPPUNIT_ASSERT_EQUAL(100, nearly);
        CPPUNIT_ASSERT_EQUAL(90, clearly);
        CPPUNIT_ASSERT(turns.size() > 3 && turns[0] == 3 && turns[1] == 1 && turns[3] == 3);
        volatile double sum = 0;
        const auto adding = [&](int terms) {
            return seconds_of([&] {
                for (int i = 0; i < terms; ++i)
                    sum = sum + 1;
            });
        };
        CPPUNIT_ASSERT(adding(1000) < adding(4000));
    }

    void the_method_of_least_seconds_is_taken()
    {
        const planner set("measure");
        for (std::size_t n : { 127, 256, 1024, 4096 }) {
            const qa::context here("n", n);
            const auto choices = complex_dft<float>::methods(n);
            const auto x = qa::noise<std::complex<float>>(n);
            std::vector<std::complex<float>> expected;
            for (const auto kind : { dft_kind::forward, dft_kind::backward })
                for (const auto wanted : choices) {
                    const auto dft = complex_dft<float>::quickest_of(
                        kind, n, [=](const auto& one) { return one.method() == wanted ? 1 : 2; });
                    CPPUNIT_ASSERT(dft->method() == wanted);
                    const auto bins = transformed(*dft, x);
                    if (wanted == choices.front())
                        expected = bins;
                    qa::assert_near(qa::exactly(expected), bins, 1e-6, "each method's bins");
                }
            const auto taken = complex_dft<float>::get(dft_kind::forward, n)->method();
            CPPUNIT_ASSERT(std::count(choices.begin(), choices.end(), taken) == 1);
        }
    }

    //! A transform again and again of what stays in the nearest cache says little about an STFT.
    void frames_that_are_measured_come_and_go()
    {
        using complex = std::complex<float>;
        constexpr std::size_t cache = 48 * 1024;
        for (std::size_t n : { 127, 1024, 4096, 32768 })
            for (const bool forward : { true, false }) {
                const qa::context here("n", n);
                passing_frames<float> frames(forward, n);
                std::vector<const complex*> rows, buffers;
                const auto pass = [&] {
                    rows.clear();
                    frames.pass([&](const complex* in, complex* out) {
                        CPPUNIT_ASSERT(dft_plan<float>::aligned(in));
                        CPPUNIT_ASSERT(dft_plan<float>::aligned(out));
                        std::fill_n(out, n, complex(1));
                        rows.push_back(forward ? out : in);
                        buffers.push_back(forward ? in : out);
                    });
                };
                pass();
                const auto first = rows;
                pass();
                CPPUNIT_ASSERT(first == rows);
                CPPUNIT_ASSERT(std::count(buffers.begin(), buffers.end(), buffers[0]) ==
                               std::ptrdiff_t(buffers.size()));
                for (std::size_t p = 1; p < rows.size(); ++p)
                    CPPUNIT_ASSERT(rows[p] >= rows[p - 1] + n);
                CPPUNIT_ASSERT(rows.size() * n * sizeof(complex) > cache);
            }
    }

    void a_size_keeps_its_method()
    {
        for (std::size_t n : { 63, 127, 4096, 8192 }) {
            const auto x = qa::noise<std::complex<float>>(n);
            const auto method = complex_dft<float>::get(dft_kind::forward, n)->method();
            const auto bins = transformed<float>(dft_kind::forward, x);
            const auto again =
                complex_dft<float>::get(dft_kind::forward, n); // the first one is gone
            CPPUNIT_ASSERT_MESSAGE(text<float>(n), again->method() == method);
            CPPUNIT_ASSERT_MESSAGE(text<float>(n), transformed(*again, x) == bins);
            CPPUNIT_ASSERT_MESSAGE(text<float>(n),
                                   complex_dft<float>::get(dft_kind::forward, n) == again);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_dft);
