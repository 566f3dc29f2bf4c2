/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic_signal.h"
#include "qa/support.h"

using namespace gr::stft::kernel;

//! The analytic signal of real samples that stream.
class qa_analytic_signal : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_analytic_signal);
    CPPUNIT_TEST(the_real_part_is_the_signal);
    CPPUNIT_TEST(negative_frequencies_are_60_dB_below_positive_ones);
    CPPUNIT_TEST(any_split_of_the_input_gives_the_same_bits);
    CPPUNIT_TEST(a_sample_that_is_not_finite_stays_within_the_reach);
    CPPUNIT_TEST_SUITE_END();

    template <class R>
    static std::vector<std::complex<R>> of(const std::vector<R>& x, std::size_t chunk)
    {
        analytic_signal<R> filter;
        std::vector<std::complex<R>> z(x.size() + analytic_signal<R>::most);
        std::size_t written = 0;
        for (std::size_t i = 0; i < x.size(); i += chunk)
            written += filter.push(x.data() + i, std::min(chunk, x.size() - i), z.data() + written);
        const auto late = std::min(x.size(), analytic_signal<R>::reach);
        CPPUNIT_ASSERT_EQUAL(x.size() - late, written);
        written += filter.finish(z.data() + written);
        CPPUNIT_ASSERT_EQUAL(x.size(), written);
        z.resize(written);
        return z;
    }

public:
    void the_real_part_is_the_signal()
    {
        for (std::size_t length : { 0, 1, 62, 63, 64, 65, 500 }) {
            const qa::context here("length", length);
            const auto x = qa::noise<float>(length, 1);
            const auto z = of(x, 100);
            for (std::size_t i = 0; i < length; ++i)
                CPPUNIT_ASSERT_EQUAL(x[i], z[i].real());
        }
    }

    void negative_frequencies_are_60_dB_below_positive_ones()
    {
        constexpr std::size_t length = 1000;
        for (double f : { 0.016, 0.1, 0.25, 0.333, 0.484 }) {
            const qa::context here("f", f);
            std::vector<double> x(length);
            for (std::size_t i = 0; i < length; ++i)
                x[i] = std::cos(2 * M_PI * f * static_cast<double>(i) + 1);
            const auto z = of(x, 100);
            for (std::size_t i = 70; i < length - 70; ++i) {
                const auto expected = std::polar(1.0, 2 * M_PI * f * static_cast<double>(i) + 1);
                // of e^{jw} and e^{-jw}, the second one has half of the difference
                CPPUNIT_ASSERT(std::abs(z[i] - expected) < 2e-3);
            }
        }
    }

    void any_split_of_the_input_gives_the_same_bits()
    {
        const auto x = qa::noise<float>(1500, 2);
        const auto whole = of(x, 1000);
        for (std::size_t chunk : { 1, 7, 63, 64, 65, 1024 }) {
            const qa::context here("chunk", chunk);
            CPPUNIT_ASSERT(whole == of(x, chunk));
        }
    }

    void a_sample_that_is_not_finite_stays_within_the_reach()
    {
        auto x = qa::noise<float>(400, 3);
        x[200] = std::nanf("");
        const auto z = of(x, 50);
        for (std::size_t i = 0; i < x.size(); ++i)
            if (i < 200 - analytic_signal<float>::reach || i > 200 + analytic_signal<float>::reach)
                CPPUNIT_ASSERT(std::isfinite(z[i].imag()));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_analytic_signal);
