/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/machine/band_power.h>

using namespace gr::stft::kernel;

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

band_power_settings made(std::size_t n_fft, const std::string& bands, double samp_rate = 1)
{
    band_power_settings s;
    s.n_fft = n_fft;
    s.bands = bands;
    s.samp_rate = samp_rate;
    return s;
}

template <class R = double>
std::vector<R> levels_of(const band_power_settings& s, const std::vector<R>& row)
{
    band_power<R> power(s);
    std::vector<R> levels(power.bands());
    CPPUNIT_ASSERT(power.add(row.data(), levels.data()));
    return levels;
}

std::vector<double> random_row(std::size_t bins)
{
    std::mt19937 draw(5);
    std::vector<double> row;
    for (std::size_t m = 0; m < bins; ++m)
        row.push_back(std::exponential_distribution<>()(draw));
    return row;
}

std::string refusal(const band_power_settings& s)
{
    try {
        band_power<float> made(s);
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "";
}

//! Density of a Hann frame of n samples of x(t), one-sided.
template <class F>
std::vector<double> density(std::size_t n, double samp_rate, F x)
{
    const auto taps = window("hann").sample(n);
    frame_analysis<double> dft(n);
    double energy = 0;
    for (std::size_t i = 0; i < n; ++i) {
        dft.buffer()[i] = taps[i].real() * x(static_cast<double>(i) / samp_rate);
        energy += std::norm(taps[i]);
    }
    std::vector<std::complex<double>> spectrum(n / 2 + 1);
    dft.transform(spectrum.data());
    std::vector<double> row;
    for (std::size_t m = 0; m <= n / 2; ++m)
        row.push_back(std::norm(spectrum[m]) / energy / samp_rate * (m && 2 * m != n ? 2 : 1));
    return row;
}

} // namespace

//! Levels of bands.
class qa_band_power : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_band_power);
    CPPUNIT_TEST(the_whole_band_has_the_whole_power);
    CPPUNIT_TEST(bands_that_meet_share_the_power);
    CPPUNIT_TEST(a_level_is_the_weighted_sum_of_its_cells);
    CPPUNIT_TEST(velocity_and_displacement_of_a_tone_are_exact_beside_a_large_offset);
    CPPUNIT_TEST(powers_are_averaged_and_the_last_average_is_of_what_is_left);
    CPPUNIT_TEST(decibels_are_those_of_the_rms_and_silence_is_minus_infinity);
    CPPUNIT_TEST(what_is_not_finite_stays_in_its_band_and_average);
    CPPUNIT_TEST(a_gain_scales_levels_and_nothing_else);
    CPPUNIT_TEST(what_is_wrong_is_refused_by_name);
    CPPUNIT_TEST_SUITE_END();

    void the_whole_band_has_the_whole_power()
    {
        for (const std::size_t n : { 2, 3, 4, 5, 16, 17, 1000, 1001 }) {
            const qa::context here("n_fft", n);
            const auto row = random_row(n / 2 + 1);
            double sum = 0;
            for (const auto p : row)
                sum += p * 48e3 / static_cast<double>(n);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                std::sqrt(sum), levels_of(made(n, "0:24000", 48e3), row)[0], 1e-12 * sum);
        }
    }

    void bands_that_meet_share_the_power()
    {
        for (const auto edge : { 0.1, 3.0, 7.3, 7.5, 7.9, 15.6, 15.9 }) {
            const qa::context here("edge", edge);
            const auto text = std::to_string(edge);
            const auto row = random_row(17);
            const auto levels = levels_of(made(32, "0:" + text + "," + text + ":16,0:16", 32), row);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(levels[2] * levels[2],
                                         levels[0] * levels[0] + levels[1] * levels[1],
                                         1e-12 * levels[2] * levels[2]);
            CPPUNIT_ASSERT(levels[0] > 0 && levels[1] > 0);
        }
    }

    // the definition as a sum over all bins
    void a_level_is_the_weighted_sum_of_its_cells()
    {
        for (const std::size_t n : { 40, 41, 64 })
            for (const std::size_t i : { 0, 1, 2 })
                for (const auto band :
                     { frequency_range{ 6, 7 }, { 5.2, 5.3 }, { 6.49, 17.01 }, { 5, 20 } }) {
                    const qa::context here("n_fft", n), there("integrate", i);
                    const qa::context edge("f1", band.lower);
                    auto s =
                        made(n, std::to_string(band.lower) + ":" + std::to_string(band.upper), 40);
                    s.win_length = 40; // one second
                    s.integrate = i;
                    s.factor = 3;
                    const auto step = 40.0 / static_cast<double>(n);
                    const auto row = random_row(n / 2 + 1);
                    double sum = 0;
                    for (std::size_t m = 1; m <= n / 2; ++m) {
                        const auto f = static_cast<double>(m) * step;
                        const auto end = std::min(f + step / 2, 20.0), begin = f - step / 2;
                        const auto part =
                            std::max(0.0, std::min(end, band.upper) - std::max(begin, band.lower)) /
                            (end - begin);
                        sum += part * row[m] * step /
                               std::pow(2 * qa::pi * f, 2.0 * static_cast<double>(i));
                    }
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        1, levels_of(s, row)[0] / (3 * std::sqrt(sum)), 1e-12);
                }
    }

    // amplitude a of an acceleration: velocity a / (2 pi f), rms by sqrt 2; 1 s of Hann is ten periods of 10 Hz
    void velocity_and_displacement_of_a_tone_are_exact_beside_a_large_offset()
    {
        for (const auto offset : { 0.0, 100.0, -100.0 })
            for (const auto hertz : { 50.0, 50.37, 217.5, 900.25 }) {
                const qa::context here("offset", offset), there("Hz", hertz);
                const auto omega = 2 * qa::pi * hertz;
                const auto row = density(
                    2560, 2560, [=](double t) { return offset + std::cos(omega * t + 0.4); });
                auto s = made(2560, "10:1000", 2560);
                const auto expect = [&](std::size_t times, double divisor, double within) {
                    s.integrate = times;
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        1, levels_of(s, row)[0] * std::sqrt(2) * divisor, within);
                };
                expect(0, 1, 0.005);
                expect(1, omega, 0.005);
                if (offset == 0)
                    expect(2, omega * omega, 0.01);
            }
    }

    void powers_are_averaged_and_the_last_average_is_of_what_is_left()
    {
        auto s = made(4, "0:0.5");
        s.average = 3;
        band_power<float> power(s);
        float level = -1;
        const auto add = [&](float p) {
            const float row[]{ 0, p, 0 };
            return power.add(row, &level);
        };
        CPPUNIT_ASSERT(!add(4) && !add(12) && level == -1);
        CPPUNIT_ASSERT(add(20));
        CPPUNIT_ASSERT_EQUAL(std::sqrt(12.0f / 4), level);
        CPPUNIT_ASSERT(!power.flush(&level));
        CPPUNIT_ASSERT(!add(16));
        CPPUNIT_ASSERT(power.flush(&level));
        CPPUNIT_ASSERT_EQUAL(2.0f, level);
        CPPUNIT_ASSERT(!power.flush(&level));
        CPPUNIT_ASSERT(!add(16));
        s.average = 2;
        power.change(s);
        CPPUNIT_ASSERT(add(64));
        CPPUNIT_ASSERT_EQUAL(std::sqrt(40.0f / 4), level);
        CPPUNIT_ASSERT(!add(16));
        s.samp_rate = 4; // bins are four times as wide
        s.bands = "0:2";
        power.change(s);
        CPPUNIT_ASSERT(add(16));
        CPPUNIT_ASSERT_EQUAL(std::sqrt((16.0f / 4 + 16) / 2), level);
        s.bands = "0:1,1:2";
        qa::assert_refused("bands: 0:1,1:2: must stay 1 bands", [&] { power.change(s); });
        s.n_fft = 8;
        qa::assert_refused("n_fft: 8: must stay 4", [&] { power.change(s); });
    }

    void decibels_are_those_of_the_rms_and_silence_is_minus_infinity()
    {
        auto s = made(4, "0:0.5");
        s.db = true;
        CPPUNIT_ASSERT_DOUBLES_EQUAL(20, levels_of(s, std::vector<double>{ 0, 400, 0 })[0], 1e-12);
        CPPUNIT_ASSERT_EQUAL(-std::numeric_limits<double>::infinity(),
                             levels_of(s, std::vector<double>{ 0, 0, 0 })[0]);
    }

    void what_is_not_finite_stays_in_its_band_and_average()
    {
        band_power<double> power(made(32, "0:5,5:10,12:16", 32));
        std::vector<double> levels(3), row(17, 1.0);
        row[7] = nothing;
        power.add(row.data(), levels.data());
        CPPUNIT_ASSERT(!std::isnan(levels[0]) && std::isnan(levels[1]) && !std::isnan(levels[2]));
        row[7] = 1;
        power.add(row.data(), levels.data());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(std::sqrt(5), levels[1], 1e-12);
        row[11] = nothing; // the cell lies between the bands
        power.add(row.data(), levels.data());
        CPPUNIT_ASSERT(!std::isnan(levels[1]) && !std::isnan(levels[2]));
    }

    void a_gain_scales_levels_and_nothing_else()
    {
        const auto row = random_row(17);
        for (const auto gain : { 0x1p-40f, 0x1p40f }) {
            std::vector<float> plain(row.begin(), row.end()), scaled;
            for (const auto p : plain)
                scaled.push_back(p * gain * gain);
            auto s = made(32, "6:12", 32);
            s.integrate = 1;
            CPPUNIT_ASSERT_EQUAL(levels_of(s, plain)[0] * gain, levels_of(s, scaled)[0]);
        }
    }

    void what_is_wrong_is_refused_by_name()
    {
        const auto expect = [](const std::string& start, const band_power_settings& s) {
            const auto text = refusal(s);
            CPPUNIT_ASSERT_EQUAL(start, text.substr(0, start.size()));
        };
        const auto good = made(1000, "10:100", 1000);
        expect("", good);
        CPPUNIT_ASSERT(refusal(good).empty());
        expect("n_fft: 1: ", made(1, "10:100", 1000));
        expect("bands: '100:10': ", made(1000, "100:10", 1000));
        expect("bands: '': ", made(1000, "", 1000));
        expect("bands: 'x': ", made(1000, "x", 1000));
        expect("bands: 10:501: must end", made(1000, "10:501", 1000));
        expect("bands: -1:10: must not", made(1000, "-1:10", 1000));
        expect("samp_rate: 0: ", made(1000, "10:100", 0));
        auto s = good;
        s.integrate = 1;
        CPPUNIT_ASSERT(refusal(s).empty());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(10, s.periods(), 1e-12);
        s.win_length = 500;
        CPPUNIT_ASSERT(refusal(s).empty());
        s.win_length = 499;
        expect("bands: 10:100: must begin at 10.02004", s);
        s.integrate = 0;
        CPPUNIT_ASSERT(refusal(s).empty());
        CPPUNIT_ASSERT(std::isinf(s.periods()));
        s.win_length = 1001;
        expect("win_length: 1001: ", s);
        s = good;
        s.integrate = 3;
        expect("integrate: 3: ", s);
        s = good;
        s.factor = 0;
        expect("factor: 0: ", s);
        s = good;
        s.average = 0;
        expect("average: 0: ", s);
        s = good;
        s.samp_rate = nothing;
        expect("samp_rate: nan: ", s);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_band_power);
