/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/window_support.h"
#include <numeric>

using gr::stft::kernel::window;
using qa::periodic;
using qa::pi;
using qa::symmetric;
using values = std::vector<double>;

namespace {

double sum(const values& w) { return std::accumulate(w.begin(), w.end(), 0.0); }

//! The real spectrum about the window's centre.
double spectrum(const values& w, double radians)
{
    double s = 0;
    for (std::size_t i = 0; i < w.size(); ++i)
        s += w[i] * std::cos(radians * (i - (w.size() - 1) / 2.0));
    return s;
}

//! Heights of the side lobes in dB below the main lobe.
values side_lobes(const values& w)
{
    const int n_points = 20000; // a maximum is missed by (pi w.size() / n_points)^2 / 8 at most
    values magnitude, lobes;
    for (int i = 0; i <= n_points; ++i)
        magnitude.push_back(std::abs(spectrum(w, pi * i / n_points)) / sum(w));
    for (int i = 1; i < n_points; ++i)
        if (magnitude[i] > magnitude[i - 1] && magnitude[i] >= magnitude[i + 1])
            lobes.push_back(-20 * std::log10(magnitude[i]));
    return lobes;
}

//! Energy within |f| < bandwidth (cycles per sample) over all energy, and the kernel's product.
double concentration(const values& w, double bandwidth, values* product = nullptr)
{
    double inside = 0, energy = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
        double row = 0;
        for (std::size_t j = 0; j < w.size(); ++j) {
            const double d = static_cast<double>(i) - static_cast<double>(j);
            row += w[j] * (i == j ? 2 * bandwidth : std::sin(2 * pi * bandwidth * d) / (pi * d));
        }
        if (product)
            product->push_back(row);
        inside += w[i] * row;
        energy += w[i] * w[i];
    }
    return inside / energy;
}

} // namespace

//! Properties that single windows are known for.
class qa_named_windows : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_named_windows);
    CPPUNIT_TEST(tukey_joins_boxcar_and_hann);
    CPPUNIT_TEST(exponential_takes_a_centre);
    CPPUNIT_TEST(cosine_sums_overlap_to_a_constant);
    CPPUNIT_TEST(noise_bandwidths_are_the_known_ones);
    CPPUNIT_TEST(kaiser_equals_its_integral_for_any_beta);
    CPPUNIT_TEST(kaiser_bessel_derived_preserves_power);
    CPPUNIT_TEST(taylor_side_lobes_start_at_the_asked_level);
    CPPUNIT_TEST(taylor_without_norm_has_unit_mean);
    CPPUNIT_TEST(chebwin_side_lobes_are_equal);
    CPPUNIT_TEST(chebwin_edge_equals_leading_coefficient);
    CPPUNIT_TEST(dpss_solves_the_concentration_problem);
    CPPUNIT_TEST(dpss_peak_is_scipys);
    CPPUNIT_TEST(long_dpss_keeps_its_shape);
    CPPUNIT_TEST_SUITE_END();

    void tukey_joins_boxcar_and_hann()
    {
        for (std::size_t length : { 3, 4, 17, 64 }) {
            const qa::context in_length("length", length);
            for (double alpha : { 0.0, -1.0 }) {
                const qa::context in_alpha("alpha", alpha);
                CPPUNIT_ASSERT(values(length, 1) == symmetric("tukey", { alpha }, length));
            }
            const auto hann = symmetric("hann", {}, length);
            for (double alpha : { 1.0, 2.0 }) {
                const qa::context in_alpha("alpha", alpha);
                const auto tukey = symmetric("tukey", { alpha }, length);
                for (std::size_t i = 0; i < length; ++i) {
                    const qa::context in_i("i", i);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(hann[i], tukey[i], 1e-15);
                }
            }
        }
    }

    void exponential_takes_a_centre()
    {
        const auto w = periodic("exponential", { 2.5, 3 }, 7);
        for (std::size_t i = 0; i < 7; ++i) {
            const qa::context in_i("i", i);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(std::exp(-std::abs(i - 2.5) / 3), w[i], 1e-15);
        }
    }

    void cosine_sums_overlap_to_a_constant()
    {
        const struct {
            std::string name;
            std::size_t overlap;
            double mean;
        } cases[]{ { "bartlett", 2, 0.5 },       { "hann", 2, 0.5 },
                   { "hamming", 2, 0.54 },       { "blackman", 3, 0.42 },
                   { "nuttall", 4, 0.3635819 },  { "nuttall_cfd", 4, 0.355768 },
                   { "flattop", 5, 0.21557895 }, { "blackmanharris", 4, 0.35875 } };
        for (const auto& it : cases) {
            const std::size_t hop = 7;
            const auto w = periodic(it.name, {}, hop * it.overlap);
            for (std::size_t r = 0; r < hop; ++r) {
                double sum = 0;
                for (std::size_t i = r; i < w.size(); i += hop)
                    sum += w[i];
                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(it.name, it.overlap * it.mean, sum, 1e-14);
            }
        }
    }

    void noise_bandwidths_are_the_known_ones()
    {
        const struct {
            std::string name;
            values parameters;
            double bins, half_digit;
        } cases[]{ { "boxcar", {}, 1, 1e-12 },
                   { "hann", {}, 1.5, 1e-12 },
                   { "hamming", {}, 1.363, 5e-4 },
                   { "kaiser", { 8.6 }, 1.72, 5e-3 },
                   { "flattop", {}, 3.770, 5e-4 } };
        for (const auto& it : cases) {
            const auto w = periodic(it.name, it.parameters, 4096);
            const double energy = std::inner_product(w.begin(), w.end(), w.begin(), 0.0);
            CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                it.name, it.bins, 4096 * energy / std::pow(sum(w), 2), it.half_digit);
        }
    }

    void kaiser_equals_its_integral_for_any_beta()
    {
        // I0(z) is the mean of exp(z cos t); the rectangle rule converges faster than any power
        const auto bessel = [](double z, double beta) {
            double s = 0;
            for (int i = 0; i < 1000; ++i)
                s += std::exp(z * std::cos(2 * pi * i / 1000) - beta);
            return s;
        };
        for (double beta : { 0.1, 8.6, 499.0, 501.0, 1400.0 }) {
            const qa::context in_beta("beta", beta);
            const auto w = symmetric("kaiser", { beta }, 12);
            for (std::size_t i = 0; i < 12; ++i) {
                const qa::context in_i("i", i);
                const double u = (i - 5.5) / 5.5;
                const double expected =
                    bessel(beta * std::sqrt(1 - u * u), beta) / bessel(beta, beta);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(expected, w[i], 1e-12 * expected);
            }
        }
    }

    void kaiser_bessel_derived_preserves_power()
    {
        for (std::size_t half : { 1, 2, 5, 8 }) {
            const qa::context in_half("half", half);
            const auto w = symmetric("kaiser_bessel_derived", { 4 }, 2 * half);
            const auto kaiser = symmetric("kaiser", { 4 }, half + 1);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(kaiser[0] / sum(kaiser), w[0] * w[0], 1e-15);
            for (std::size_t i = 0; i < half; ++i) {
                const qa::context in_i("i", i);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1, w[i] * w[i] + w[i + half] * w[i + half], 1e-15);
            }
        }
    }

    void taylor_side_lobes_start_at_the_asked_level()
    {
        for (double level : { 30.0, 45.0 }) {
            const qa::context in_level("level", level);
            for (std::size_t length : { 64, 101 }) {
                const qa::context in_length("length", length);
                const auto lobes = side_lobes(symmetric("taylor", { 6, level }, length));
                for (int i = 0; i < 3; ++i) {
                    const qa::context in_i("i", i);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(level, lobes[i], 1);
                }
            }
        }
    }

    void taylor_without_norm_has_unit_mean()
    {
        for (std::size_t length : { 16, 17 }) {
            const qa::context in_length("length", length);
            const auto w = symmetric("taylor", { 4, 35, 0 }, length);
            const auto normed = symmetric("taylor", { 4, 35, 1 }, length);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(length, sum(w), 1e-13);
            for (std::size_t i = 0; i < length; ++i) {
                const qa::context in_i("i", i);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(w[i] / w[0], normed[i] / normed[0], 1e-13);
            }
        }
    }

    void chebwin_side_lobes_are_equal()
    {
        for (double attenuation : { 20.0, 60.0, 100.0 }) {
            const qa::context in_attenuation("attenuation", attenuation);
            for (std::size_t length : { 16, 17, 64 }) {
                const qa::context in_length("length", length);
                const auto lobes = side_lobes(symmetric("chebwin", { attenuation }, length));
                CPPUNIT_ASSERT_EQUAL((length - 2) / 2, lobes.size());
                for (auto lobe : lobes) {
                    const qa::context in_lobe("lobe", lobe);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(attenuation, lobe, 1e-3);
                }
            }
        }
    }

    void chebwin_edge_equals_leading_coefficient()
    {
        // T_N(b cos t) = b^N cos(N t) + ..., the sum of its Fourier coefficients is T_N(b) = ratio
        for (double attenuation : { 1.0, 100.0, 300.0 }) {
            const qa::context in_attenuation("attenuation", attenuation);
            for (std::size_t length : { 2, 3, 4, 101, 1 << 18 }) {
                const qa::context in_length("length", length);
                const double ratio = std::pow(10, attenuation / 20), N = length - 1;
                const double expected = std::pow(std::cosh(std::acosh(ratio) / N), N) / (2 * ratio);
                const auto w = symmetric("chebwin", { attenuation }, length);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(expected, w[0] / sum(w), 1e-10 * expected);
            }
        }
    }

    void dpss_solves_the_concentration_problem()
    {
        for (std::size_t length : { 2, 3, 4, 5, 16, 33 }) {
            const qa::context in_length("length", length);
            for (double nw : { 0.1, 0.9, 0.3 * length, 0.49 * length }) {
                const qa::context in_nw("nw", nw);
                const auto w = symmetric("dpss", { nw }, length);
                values product;
                const double most = concentration(w, nw / length, &product);
                for (std::size_t i = 0; i < length; ++i) {
                    const qa::context in_i("i", i);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(most * w[i], product[i], 1e-14);
                    CPPUNIT_ASSERT(w[i] > 0); // of orthogonal solutions, only one has no zero
                }
            }
        }
        const double best = concentration(symmetric("dpss", { 1.5 }, 20), 1.5 / 20);
        CPPUNIT_ASSERT(best > concentration(symmetric("hann", {}, 20), 1.5 / 20));
        for (double beta : { 4.0, 1.5 * pi, 5.5 }) {
            const qa::context in_beta("beta", beta);
            CPPUNIT_ASSERT(best > concentration(symmetric("kaiser", { beta }, 20), 1.5 / 20));
        }
    }

    void dpss_peak_is_scipys()
    {
        CPPUNIT_ASSERT_EQUAL(1.0, symmetric("dpss", { 2.5 }, 33)[16]);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            32 * 32 / (32 * 32 + 2.5), symmetric("dpss", { 2.5 }, 32)[16], 1e-15);
    }

    void long_dpss_keeps_its_shape()
    {
        // every third value of 3 n is at the place of one of n; the shapes differ by O(1 / n^2)
        const std::size_t n = 350001;
        const auto coarse = symmetric("dpss", { 4 }, n), fine = symmetric("dpss", { 4 }, 3 * n);
        for (std::size_t i = 0; i < n; ++i) {
            const qa::context in_i("i", i);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(coarse[i], fine[3 * i + 1], 10.0 / n / n);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_named_windows);
