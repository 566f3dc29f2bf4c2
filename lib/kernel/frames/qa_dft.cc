/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "complex_dft.h"
#include "qa/support.h"
#include "real_dft.h"

using namespace gr::stft::kernel;

//! The DFTs below the frames: complex_dft and real_dft against plain sums.
class qa_dft : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_dft);
    CPPUNIT_TEST(complex_dft_is_the_sum_of_its_definition);
    CPPUNIT_TEST(complex_dft_beyond_the_cache_is_computed_in_parts);
    CPPUNIT_TEST(backward_after_forward_is_n_times_the_input);
    CPPUNIT_TEST(real_dft_is_the_sum_of_its_definition);
    CPPUNIT_TEST(bins_taken_in_pieces_are_those_of_forward);
    CPPUNIT_TEST(backward_ignores_imaginary_parts_of_the_outer_bins);
    CPPUNIT_TEST_SUITE_END();

    static constexpr std::size_t small[] = { 1, 2, 3, 4, 5, 8, 9, 15, 16, 31, 64, 100, 127, 256 };
    //! One float's and one double's size that is computed in parts, and sizes on both sides.
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
        qa::values spectrum;
        for (auto k : which) {
            qa::value sum = 0;
            for (std::size_t m = 0; m < x.size(); ++m) {
                const auto twiddle = qa::twiddle(
                    static_cast<std::int64_t>(k), static_cast<std::int64_t>(m), x.size());
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
    static std::vector<std::complex<R>> transformed(dft_kind kind,
                                                    const std::vector<std::complex<R>>& x)
    {
        const complex_dft<R> dft(kind, x.size());
        volk::vector<std::complex<R>> in = aligned_copy(x), out(x.size()),
                                      scratch(dft.scratch_size());
        dft.execute(in.data(), out.data(), scratch.data());
        return { out.begin(), out.end() };
    }

    template <class R>
    void check_complex(std::size_t n, const std::vector<std::size_t>& which)
    {
        const auto x = qa::noise<std::complex<R>>(n, static_cast<unsigned>(n));
        for (const auto kind : { dft_kind::forward, dft_kind::backward }) {
            const auto all = transformed<R>(kind, x);
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

    void complex_dft_beyond_the_cache_is_computed_in_parts()
    {
        for (auto n : large) { // of 64 and 128 KiB
            const bool floats = n == 8192 || n == 16384, doubles = n == 4096 || n == 8192;
            const complex_dft<float> single(dft_kind::forward, n);
            const complex_dft<double> twice(dft_kind::forward, n);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text<float>(n), floats, single.in_parts());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text<double>(n), doubles, twice.in_parts());
        }
        const complex_dft<float> odd(dft_kind::forward, 10935);
        CPPUNIT_ASSERT_MESSAGE("not a power of two", !odd.in_parts());
        for (auto n : large) {
            auto which = some_of(n);
            which.insert(which.end(), { 3 * n / 4 - 1, 3 * n / 4, n - 1 });
            check_complex<float>(n, which);
            check_complex<double>(n, which);
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
        for (std::size_t n : { 1, 2, 5, 16, 30, 31, 256, 16384 }) {
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

    void backward_ignores_imaginary_parts_of_the_outer_bins()
    {
        for (std::size_t n : { 2, 6, 16, 31, 64 }) {
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
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_dft);
