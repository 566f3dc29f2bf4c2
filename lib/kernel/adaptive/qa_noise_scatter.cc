/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "noise_scatter.h"
#include "qa/support.h"
#include <random>

using namespace gr::stft::kernel;

//! Scatter of the energies of frames in noise; that of cells is compared in qa_rate_cost.
class qa_noise_scatter : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_noise_scatter);
    CPPUNIT_TEST(energies_of_noise_have_the_entropy_predicted);
    CPPUNIT_TEST(one_frame_has_no_entropy_to_lose);
    CPPUNIT_TEST(cells_scatter_less_the_more_of_them_there_are);
    CPPUNIT_TEST_SUITE_END();

    //! Normal noise, real or complex.
    template <class T>
    static std::vector<T> normal_noise(std::size_t length, unsigned seed)
    {
        std::mt19937 random(seed);
        std::normal_distribution<double> normal;
        std::vector<T> x(length);
        for (auto& one : x) {
            const double re = normal(random);
            if constexpr (is_real_v<T>)
                one = re;
            else
                one = T(re, normal(random));
        }
        return x;
    }

    //! Entropy of the energies of frames of white noise, less that of equal ones.
    template <class T>
    static double entropy(const window_family& window,
                          double theta,
                          std::size_t hop,
                          std::size_t frames,
                          unsigned seed)
    {
        const auto length = static_cast<std::size_t>(theta);
        const auto x = normal_noise<T>(frames * hop + length, seed);
        double sum = 0, logs = 0;
        for (std::size_t n = 0; n < frames; ++n) {
            double energy = 0;
            for (std::size_t i = 0; i < length; ++i) {
                const double u = static_cast<double>(i) - (theta - 1) / 2;
                energy += std::pow(window.evaluate(u, theta), 2) * std::norm(x[n * hop + i]);
            }
            sum += energy;
            logs += energy * std::log(energy);
        }
        return std::log(sum / static_cast<double>(frames)) - logs / sum;
    }

    template <class T>
    static void
    compare(const window_family& window, double theta, std::size_t hop, std::size_t frames)
    {
        constexpr unsigned count = 300; // know their deviation to 4 %
        double sum = 0, square = 0;
        for (unsigned seed = 1; seed <= count; ++seed) {
            const double one = entropy<T>(window, theta, hop, frames, seed);
            sum += one;
            square += one * one;
        }
        const double mean = sum / count, deviation = std::sqrt(square / count - mean * mean);
        const auto predicted = energies_of_noise(window,
                                                 theta,
                                                 static_cast<double>(hop),
                                                 static_cast<std::int64_t>(frames),
                                                 is_real_v<T> ? 0.5 : 1);
        // to second order in the energies; the third lowers both by a few percent
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1, predicted.mean / mean, 0.1);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1, predicted.deviation / deviation, 0.15);
    }

    void energies_of_noise_have_the_entropy_predicted()
    {
        struct one_case {
            const char* window;
            double theta;
            std::size_t hop, frames;
        };
        for (const auto& c : { one_case{ "hann", 64, 32, 17 },
                               one_case{ "hann", 64, 8, 17 },
                               one_case{ "hann", 90, 45, 5 },
                               one_case{ "sine", 64, 16, 9 } }) {
            const qa::context in_theta("theta", c.theta);
            const qa::context in_frames("frames", c.frames);
            compare<std::complex<double>>(c.window, c.theta, c.hop, c.frames);
            compare<double>(c.window, c.theta, c.hop, c.frames);
        }
    }

    void one_frame_has_no_entropy_to_lose()
    {
        const auto one = energies_of_noise("hann", 64, 32, 1, 1);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, one.mean, 1e-15);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, one.deviation, 1e-9);
    }

    void cells_scatter_less_the_more_of_them_there_are()
    {
        adaptive_settings s;
        s.n_fft = 64;
        s.criterion = adaptive_criterion::entropy;
        s.block = 50;
        const double usual = deviation_of_cells(s.filled(), 1);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            2 * usual, deviation_of_cells(s.filled(), 0.25), 1e-12 * usual);
        s.block = 202; // 405 frames are about four times 101
        CPPUNIT_ASSERT_DOUBLES_EQUAL(usual / 2, deviation_of_cells(s.filled(), 1), 0.02 * usual);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_noise_scatter);
