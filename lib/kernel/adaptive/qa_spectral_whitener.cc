/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include "spectral_whitener.h"
#include <gnuradio/stft/kernel/frames/phase.h>

using namespace gr::stft::kernel;

//! Weights of bins, against their definition.
class qa_spectral_whitener : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_spectral_whitener);
    CPPUNIT_TEST(weights_are_those_of_the_definition);
    CPPUNIT_TEST(weights_do_not_depend_on_the_level);
    CPPUNIT_TEST(silence_changes_nothing);
    CPPUNIT_TEST_SUITE_END();

    //! The running mean of powers, and W from boxes of it.
    struct plain {
        std::size_t n;
        bool one_sided;
        double floor;
        std::vector<double> mean{};

        std::vector<double> W(const std::vector<double>& power, double share)
        {
            if (mean.empty())
                mean = power;
            const auto bins = power.size();
            double level = 0;
            for (std::size_t m = 0; m < bins; ++m) {
                mean[m] += share * (power[m] - mean[m]);
                level += mean[m] / static_cast<double>(bins);
            }
            const auto least = std::min<std::size_t>(n / 8, 8);
            const auto width = static_cast<std::int64_t>(std::max(n / 32, least));
            std::vector<double> all;
            for (std::int64_t m = 0; m < static_cast<std::int64_t>(bins); ++m) {
                double sum = 0, count = 0;
                for (auto at = m - width; at <= m + width; ++at)
                    if (!one_sided || (at >= 0 && at < static_cast<std::int64_t>(bins))) {
                        sum += mean[modulo(at, bins)];
                        ++count;
                    }
                all.push_back(level / (sum / count + floor * level));
            }
            return all;
        }
    };

    template <class R>
    static std::vector<R> weights(const spectral_whitener<R>& whitener, bool one_sided)
    {
        const auto n = whitener.points();
        std::vector<R> W(one_sided ? n / 2 + 1 : n);
        whitener.weights(n, W.data());
        return W;
    }

    //! Powers with a line and a slope. \param at number of the frame
    static std::vector<double> powers(std::size_t bins, double level, unsigned at)
    {
        const auto noise = qa::noise<double>(bins, at + 1);
        std::vector<double> all;
        for (std::size_t m = 0; m < bins; ++m) {
            const double slope = 1 + 10 * static_cast<double>(m) / static_cast<double>(bins);
            all.push_back(level * slope * noise[m] * noise[m]);
        }
        all[bins / 3] += 300 * level;
        all[0] += 50 * level;
        return all;
    }

    template <class R>
    static void compare(std::size_t n, bool one_sided, double level, double floor)
    {
        const qa::context in_n("n", n);
        const qa::context in_level("level", level);
        constexpr double limit = std::is_same_v<R, float> ? 2e-6 : 1e-13;
        spectral_whitener<R> whitener(n, one_sided, floor);
        plain expected{ n, one_sided, floor };
        for (unsigned frame = 0; frame < 3; ++frame) {
            const auto exact = powers(one_sided ? n / 2 + 1 : n, level, frame);
            const std::vector<R> power(exact.begin(), exact.end());
            whitener.update(power.data(), 0.25);
            const auto W = expected.W({ power.begin(), power.end() }, 0.25);
            const auto actual = weights(whitener, one_sided);
            for (std::size_t m = 0; m < W.size(); ++m) {
                const qa::context in_m("bin", m);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1, actual[m] / W[m], limit);
            }
        }
    }

    void weights_are_those_of_the_definition()
    {
        for (const bool one_sided : { true, false })
            for (std::size_t n : { 4, 8, 16, 30, 64, 128, 256, 352, 512, 1024, 2048 }) {
                compare<float>(n, one_sided, 1, 1e-2);
                compare<double>(n, one_sided, 1, 1e-3);
            }
    }

    void weights_do_not_depend_on_the_level()
    {
        for (const double level : { 1e-28, 1e33 })
            compare<float>(512, true, level, 1e-2);
        for (const double level : { 1e-290, 1e303 })
            compare<double>(512, false, level, 1e-2);
    }

    void silence_changes_nothing()
    {
        spectral_whitener<float> whitener(64, true, 1e-2);
        const auto exact = powers(33, 1, 0);
        const std::vector<float> power(exact.begin(), exact.end()), silence(33);
        whitener.update(power.data(), 1);
        const auto before = weights(whitener, true);
        const auto version = whitener.version();
        whitener.update(silence.data(), 1);
        CPPUNIT_ASSERT_EQUAL(version, whitener.version());
        CPPUNIT_ASSERT(before == weights(whitener, true));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_spectral_whitener);
