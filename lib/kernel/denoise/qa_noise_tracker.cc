/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/gain_support.h"

using namespace qa::gains;

namespace {

double mean(const std::vector<double>& values)
{
    double sum = 0;
    for (const auto v : values)
        sum += v;
    return sum / static_cast<double>(values.size());
}

} // namespace

//! Power of the noise in each bin, which is tracked or learned.
class qa_noise_tracker : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_noise_tracker);
    CPPUNIT_TEST(presence_tracking_is_its_definition);
    CPPUNIT_TEST(tracked_noise_has_the_power_of_the_noise_and_follows_its_steps);
    CPPUNIT_TEST(steady_noise_is_tracked_steadily);
    CPPUNIT_TEST(noise_that_is_given_is_where_tracking_begins);
    CPPUNIT_TEST(a_tone_that_stays_is_noise_by_presence_and_signal_by_floor);
    CPPUNIT_TEST(noise_is_learned_from_whole_frames);
    CPPUNIT_TEST_SUITE_END();

    void presence_tracking_is_its_definition()
    {
        // mean of 1 - p over that of (1 - p) g, for g of an exponential distribution
        const auto ratio = std::pow(10, 1.5);
        double weights = 0, powers = 0;
        for (double g = 0.0005; g < 40; g += 0.001) {
            const auto absent = 1 - 1 / (1 + (1 + ratio) * std::exp(-g * ratio / (1 + ratio)));
            weights += absent * std::exp(-g);
            powers += absent * g * std::exp(-g);
        }
        const auto bias = weights / powers;
        for (const auto which : { sides::onesided, sides::twosided }) {
            auto s = made(32, 16, which);
            s.tracking = noise_tracking::presence;
            const auto rows = noise_rows(80, s.bins(), 2, 4);
            spectral_gain<double> gain(s);
            const auto bins = static_cast<std::ptrdiff_t>(s.bins());
            std::vector<double> noise(s.bins(), 0), presence(s.bins(), 0), fast, slow, seen;
            // hop is half of the window: twice as much happens in a frame as the constants are for
            const auto keep_fast = std::pow(0.8, 2), keep_slow = std::pow(0.98, 2),
                       keep_presence = std::pow(0.9, 2),
                       v0 = 0.048 * 9 * (1 - keep_fast) / (1 + keep_fast);
            const auto around = [&](const std::vector<double>& values, std::size_t k) {
                double sum = 0;
                for (std::ptrdiff_t j = -8; j <= 8; ++j)
                    sum += values[folded(
                        static_cast<std::ptrdiff_t>(k) + j, bins, which != sides::onesided)];
                return sum / 17;
            };
            for (std::size_t p = 0; p < rows.size(); ++p) {
                spectrum_t y(s.bins());
                gain.apply(rows[p].data(), y.data());
                std::vector<double> power, ratios, squares;
                for (std::size_t k = 0; k < s.bins(); ++k) {
                    power.push_back(std::norm(rows[p][k]));
                    ratios.push_back(power[k] / noise[k]);
                }
                if (p == 5) {
                    fast = slow = noise;
                    seen.assign(s.bins(), 4);
                }
                for (std::size_t k = 0; k < s.bins(); ++k) {
                    // frame 0 hangs over the start; the mean of frames 1 .. 4, two windows, is the first estimate
                    if (p <= 4) {
                        noise[k] = p <= 1
                                       ? power[k]
                                       : noise[k] + (power[k] - noise[k]) / static_cast<double>(p);
                        continue;
                    }
                    const auto g = std::max(ratios[k], 1.5 * around(ratios, k));
                    auto there = 1 / (1 + (1 + ratio) * std::exp(-g * ratio / (1 + ratio)));
                    presence[k] = keep_presence * presence[k] + (1 - keep_presence) * there;
                    there = presence[k] > 0.99 ? std::min(there, 0.99) : there;
                    fast[k] += (1 - keep_fast) * (1 - there) * (power[k] * bias - fast[k]);
                    seen[k] += 1 - there;
                    slow[k] += std::max(1 - keep_slow, 1 / (1 + seen[k])) * (1 - there) *
                               (power[k] * bias - slow[k]);
                }
                if (p > 4) {
                    for (std::size_t k = 0; k < s.bins(); ++k)
                        squares.push_back(std::pow(std::log(fast[k] / slow[k]), 2));
                    for (std::size_t k = 0; k < s.bins(); ++k)
                        noise[k] = slow[k] * std::exp(std::max(0.0, 1 - v0 / around(squares, k)) *
                                                      std::log(fast[k] / slow[k]));
                }
                for (std::size_t k = 0; k < s.bins(); ++k)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(1, gain.noise()[k] / noise[k], 2e-3);
            }
        }
    }

    void tracked_noise_has_the_power_of_the_noise_and_follows_its_steps()
    {
        for (const auto tracking : { noise_tracking::presence, noise_tracking::floor }) {
            const std::string name = name_of(tracking);
            const qa::context here("tracking", name);
            auto s = made(256, 64, sides::twosided);
            s.tracking = tracking;
            spectral_gain<double> gain(s);
            for (const auto power : { 1.0, 100.0, 0.01 }) {
                through(gain, noise_rows(500, s.bins(), power, 7));
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, decibels(mean(gain.noise()) / power), 0.6);
            }
        }
    }

    void steady_noise_is_tracked_steadily()
    {
        for (const std::size_t hop : { 64, 128 })
            for (const auto which : { sides::onesided, sides::twosided }) {
                auto s = made(256, hop, which);
                s.tracking = noise_tracking::presence;
                spectral_gain<float> gain(s);
                through(gain, noise_rows(600, s.bins(), 1, 5));
                double square = 0;
                for (const auto noise : gain.noise())
                    square += std::pow(decibels(noise), 2) / static_cast<double>(s.bins());
                CPPUNIT_ASSERT(std::sqrt(square) < (hop == 64 ? 0.8 : 1.3));
            }
    }

    void noise_that_is_given_is_where_tracking_begins()
    {
        auto s = made(256, 64);
        s.tracking = noise_tracking::presence;
        s.noise.assign(s.bins(), 1);
        spectral_gain<float> gain(s);
        through(gain, noise_rows(8, s.bins(), 1, 6));
        for (const auto noise : gain.noise())
            CPPUNIT_ASSERT_DOUBLES_EQUAL(0, decibels(noise), 2);
    }

    void a_tone_that_stays_is_noise_by_presence_and_signal_by_floor()
    {
        auto rows = noise_rows(1000, 256);
        for (std::size_t p = 50; p < rows.size(); ++p)
            rows[p][77] += 10.0; // 20 dB over the floor
        for (const auto tracking : { noise_tracking::presence, noise_tracking::floor })
            for (const auto method : { gain_method::wiener, gain_method::log_mmse }) {
                auto s = made(256, 64, sides::twosided);
                s.tracking = tracking;
                s.method = method;
                s.smoothing = 1;
                spectral_gain<double> gain(s);
                through(gain, rows);
                const auto left = 20 * std::log10(gain.gains()[77]);
                if (tracking == noise_tracking::floor)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(0, left, 0.2);
                else
                    CPPUNIT_ASSERT(left < -6);
            }
    }

    void noise_is_learned_from_whole_frames()
    {
        auto s = made(16, 4); // frames 0 and 1 hang over the start
        s.learn = 5;
        const auto rows = noise_rows(20, s.bins());
        spectral_gain<double> gain(s);
        for (std::size_t p = 0; p < rows.size(); ++p) {
            CPPUNIT_ASSERT_EQUAL(std::min<std::size_t>(5,
                                                       p < 2   ? 5
                                                       : p > 7 ? 0
                                                               : 7 - p),
                                 gain.to_learn());
            spectrum_t y(s.bins());
            gain.apply(rows[p].data(), y.data());
        }
        for (std::size_t k = 0; k < s.bins(); ++k) {
            double sum = 0;
            for (std::size_t p = 2; p < 7; ++p)
                sum += std::norm(rows[p][k]);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(sum / 5, gain.noise()[k], 1e-12);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_noise_tracker);
