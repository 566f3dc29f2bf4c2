/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/monitor/noise_floor.h>
#include <limits>
#include <map>

using namespace gr::stft::kernel;

namespace {

//! Rows of exponential noise with a level of their own in each bin and row.
struct scene {
    std::size_t rows, bins;
    std::function<double(std::size_t row, std::size_t bin)> level = [](auto, auto) { return 1.0; };
    std::function<double(std::size_t row, std::size_t bin)> line = [](auto, auto) { return 0.0; };

    std::vector<float> power() const
    {
        std::minstd_rand random(5);
        std::exponential_distribution<double> noise(1);
        std::vector<float> x;
        x.reserve(rows * bins);
        for (std::size_t p = 0; p < rows; ++p)
            for (std::size_t k = 0; k < bins; ++k)
                x.push_back(static_cast<float>(level(p, k) * noise(random) + line(p, k)));
        return x;
    }
};

double decibels(double ratio) { return 10 * std::log10(ratio); }

//! Median of the absolute error of the floor in dB, over all bins and the rows that f accepts.
double median_error(noise_floor& floor,
                    const scene& s,
                    const std::vector<float>& x,
                    const std::function<bool(std::size_t row, std::size_t bin)>& f)
{
    constexpr std::size_t warm_up = 256;
    floor.begin(x.data(), warm_up);
    std::vector<double> errors;
    for (auto p = warm_up; p < s.rows; ++p) {
        const auto gain = floor.follow(x.data() + p * s.bins).gain;
        for (std::size_t k = 0; k < s.bins; ++k)
            if (f(p, k))
                errors.push_back(std::abs(
                    decibels(static_cast<double>(floor.shape()[k] * gain) / s.level(p, k))));
    }
    const auto middle = errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2);
    std::nth_element(errors.begin(), middle, errors.end());
    return *middle;
}

const auto everywhere = [](std::size_t, std::size_t) { return true; };

} // namespace

//! The floor that follows the noise.
class qa_noise_floor : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_noise_floor);
    CPPUNIT_TEST(any_number_of_bins_has_its_floor);
    CPPUNIT_TEST(a_drift_is_followed);
    CPPUNIT_TEST(a_step_of_the_gain_is_followed_within_two_rows);
    CPPUNIT_TEST(few_bins_accept_a_level_once_it_has_stayed);
    CPPUNIT_TEST(steps_of_few_bins_are_accepted_by_their_mean);
    CPPUNIT_TEST(a_row_that_may_be_of_either_level_does_not_divide_a_step);
    CPPUNIT_TEST(a_receivers_slope_is_its_shape);
    CPPUNIT_TEST(a_carrier_stays_above_the_shape_and_is_steady);
    CPPUNIT_TEST(a_carrier_that_comes_is_steady_after_so_many_rows);
    CPPUNIT_TEST(the_offset_belongs_to_the_floor_of_bursts);
    CPPUNIT_TEST(the_floor_is_never_below_the_least);
    CPPUNIT_TEST(the_floor_scales_with_the_rows);
    CPPUNIT_TEST(bad_settings_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void any_number_of_bins_has_its_floor()
    {
        for (const std::size_t bins : { 33, 100, 513, 1024, 16384 })
            for (const bool circular : { false, true }) {
                const qa::context in_bins("bins", bins);
                const scene s{ bins > 5000 ? 300u : 600u, bins };
                noise_floor floor(bins, circular, std::nullopt, {});
                CPPUNIT_ASSERT(median_error(floor, s, s.power(), everywhere) < 0.5);
            }
        const scene s{ 400, 8 };
        noise_floor floor(8, true, std::nullopt, {});
        CPPUNIT_ASSERT(median_error(floor, s, s.power(), everywhere) < 2.5);
    }

    void a_drift_is_followed()
    {
        const scene s{ 2000, 256, [](auto p, auto) {
                          return std::pow(10, 0.3 * std::sin(static_cast<double>(p) / 150));
                      } };
        noise_floor floor(256, true, std::nullopt, {});
        CPPUNIT_ASSERT(median_error(floor, s, s.power(), everywhere) < 0.5);
    }

    void a_step_of_the_gain_is_followed_within_two_rows()
    {
        for (const double step : { 0.1, 10.0 }) {
            const qa::context in_step("step", step);
            const scene s{ 500, 256, [&](auto p, auto) { return p < 400 ? 1 : step; } };
            noise_floor floor(256, true, std::nullopt, {});
            CPPUNIT_ASSERT(median_error(floor, s, s.power(), [](auto p, auto) {
                               return p >= 402 && p < 410;
                           }) < 1);
        }
    }

    void few_bins_accept_a_level_once_it_has_stayed()
    {
        const std::map<std::size_t, std::size_t> rows_of{ { 16, 32 }, { 64, 8 },  { 100, 5 },
                                                          { 128, 4 }, { 256, 2 }, { 1024, 2 } };
        for (const auto& [bins, rows] : rows_of) {
            const qa::context in_bins("bins", bins);
            CPPUNIT_ASSERT_EQUAL(rows, noise_floor(bins, true, std::nullopt, {}).rows_to_accept());
        }
        // a pulse of 7 rows, and a level that stays
        const scene s{ 440, 64, [](auto p, auto) {
                          return (p >= 400 && p < 407) || p >= 420 ? 100.0 : 1.0;
                      } };
        const auto x = s.power();
        noise_floor floor(64, true, std::nullopt, {});
        floor.begin(x.data(), 256);
        for (std::size_t p = 256; p < s.rows; ++p) {
            const qa::context in_row("row", p);
            const auto found = floor.follow(x.data() + p * 64);
            CPPUNIT_ASSERT(p < 427 ? found.gain < 3 : found.gain > 30);
            CPPUNIT_ASSERT_EQUAL(p == 427, found.step != 1);
        }
    }

    //! Steps of 4 .. 10 dB; noise has none.
    void steps_of_few_bins_are_accepted_by_their_mean()
    {
        for (const double step : { 0.1, 0.25, 0.4, 1.0, 2.5, 3.2, 4.0, 10.0 }) {
            const qa::context in_step("step", step);
            const scene s{ 6000, 64, [&](auto p, auto) { return p < 5000 ? 1 : step; } };
            const auto x = s.power();
            noise_floor floor(64, true, std::nullopt, {});
            floor.begin(x.data(), 256);
            std::size_t accepted = 0;
            for (std::size_t p = 256; p < s.rows; ++p) {
                const qa::context in_row("row", p);
                const auto found = floor.follow(x.data() + p * 64);
                if (found.step != 1) {
                    ++accepted;
                    CPPUNIT_ASSERT(p >= 5006 && p < 5030);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        10 * std::log10(step), 10 * std::log10(found.step), 1.0);
                }
                if (p < 5000) // no row of noise is measured against a gain of its own
                    CPPUNIT_ASSERT(found.gain > 0.7f && found.gain < 1.4f);
            }
            CPPUNIT_ASSERT_EQUAL(std::size_t(step != 1), accepted);
        }
    }

    //! Eight rows of 64 bins agree on a level that differs by 0.64 (in ln) at least.
    void a_row_that_may_be_of_either_level_does_not_divide_a_step()
    {
        // the quantiles of noise, each in another bin in each row, so that all rows have the same mean
        const auto add_row = [](std::vector<float>& rows, double log_level) {
            const auto p = rows.size() / 64;
            for (std::size_t k = 0; k < 64; ++k) {
                const auto share = (static_cast<double>((13 * k + 7 * p) % 64) + 0.5) / 64;
                rows.push_back(static_cast<float>(-std::log(1 - share) * std::exp(log_level)));
            }
        };
        // Rows after the step until it is accepted, 0: never. The last one's level stays.
        const auto rows_of = [&](const std::vector<double>& log_levels) {
            std::vector<float> x;
            for (int p = 0; p < 256; ++p)
                add_row(x, 0);
            noise_floor floor(64, true, std::nullopt, {});
            floor.begin(x.data(), 256);
            for (std::size_t p = 0; p < 40; ++p) {
                add_row(x, log_levels[std::min(p, log_levels.size() - 1)]);
                const auto found = floor.follow(&x[x.size() - 64]);
                if (found.step != 1)
                    return p + 1;
            }
            return std::size_t(0);
        };
        for (const double up : { 1.0, -1.0 }) {
            const qa::context in_up("up", up);
            const auto step = 0.75 * up;
            CPPUNIT_ASSERT_EQUAL(std::size_t(8), rows_of({ step }));
            // nearer to the new level: it does not count
            CPPUNIT_ASSERT_EQUAL(std::size_t(9), rows_of({ step, step, step, 0.6 * up, step }));
            CPPUNIT_ASSERT_EQUAL(std::size_t(10),
                                 rows_of({ step, step, 0.5 * up, step, 0.6 * up, step }));
            // nearer to the former one, or on its other side: the step begins again
            CPPUNIT_ASSERT_EQUAL(std::size_t(12), rows_of({ step, step, step, 0.3 * up, step }));
            CPPUNIT_ASSERT_EQUAL(std::size_t(12), rows_of({ step, step, step, -0.1 * up, step }));
            // a pulse of seven rows with three that may be of it is no level
            const std::vector<double> pulse(7, step);
            auto with_doubt = pulse;
            with_doubt.insert(with_doubt.end(), { 0.6 * up, 0.6 * up, 0.6 * up, 0 });
            CPPUNIT_ASSERT_EQUAL(std::size_t(0), rows_of(with_doubt));
        }
    }

    void a_receivers_slope_is_its_shape()
    {
        const scene s{ 1000, 512, [](auto, auto k) { // 40 dB from bin 400 on, up to 480
                          const auto edge =
                              std::clamp((static_cast<double>(k) - 400) / 80, 0.0, 1.0);
                          return std::pow(10, -4 * edge);
                      } };
        noise_floor floor(512, false, std::nullopt, {});
        CPPUNIT_ASSERT(median_error(floor, s, s.power(), [](auto, auto k) {
                           return k < 380 || k > 500;
                       }) < 0.5);
        CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t(0),
                             std::count(floor.steady().begin(), floor.steady().end(), 1));
    }

    void a_carrier_stays_above_the_shape_and_is_steady()
    {
        const scene s{ 900,
                       256,
                       [](auto, auto) { return 1.0; },
                       [](auto, auto k) { return k == 70 ? 100.0 : 0.0; } };
        noise_floor floor(256, true, std::nullopt, {});
        const auto error =
            median_error(floor, s, s.power(), [](auto, auto k) { return k >= 68 && k <= 72; });
        CPPUNIT_ASSERT(error < 1);
        CPPUNIT_ASSERT_EQUAL(std::uint8_t(1), floor.steady()[70]);
        CPPUNIT_ASSERT_EQUAL(std::uint8_t(0), floor.steady()[80]);
        CPPUNIT_ASSERT(floor.burst_floor()[70] > 50 && floor.shape()[70] < 2);
    }

    void a_carrier_that_comes_is_steady_after_so_many_rows()
    {
        const scene s{ 1400,
                       256,
                       [](auto, auto) { return 1.0; },
                       [](auto p, auto k) { return p >= 300 && k == 70 ? 100.0 : 0.0; } };
        const auto x = s.power();
        noise_floor floor(256, true, std::nullopt, {});
        floor.begin(x.data(), 256);
        std::size_t at = 0;
        for (std::size_t p = 256; p < s.rows; ++p) {
            floor.follow(x.data() + p * 256);
            if (floor.steady()[70] && !at)
                at = p;
        }
        // the quantile doubles in ln 2 / (0.01 x 0.2) = 347 rows, from which on it is a line
        CPPUNIT_ASSERT(at >= 300 + 512 && at <= 300 + 347 + 512 + 128);
    }

    void the_offset_belongs_to_the_floor_of_bursts()
    {
        const scene s{ 900,
                       256,
                       [](auto, auto) { return 1.0; },
                       [](auto, auto k) { return k == 128 ? 1000.0 : 0.0; } };
        const auto x = s.power();
        noise_floor floor(256, true, 128, {});
        median_error(floor, s, x, everywhere);
        CPPUNIT_ASSERT(floor.burst_floor()[128] > 500);
        CPPUNIT_ASSERT_EQUAL(std::uint8_t(0), floor.steady()[128]);
        CPPUNIT_ASSERT(floor.shape()[128] < 2);
    }

    void the_floor_is_never_below_the_least()
    {
        noise_floor_settings settings;
        settings.least = 3;
        const scene s{ 600, 64 };
        noise_floor floor(64, true, std::nullopt, settings);
        median_error(floor, s, s.power(), everywhere);
        for (const auto each : floor.shape())
            CPPUNIT_ASSERT(each >= 3);
    }

    void the_floor_scales_with_the_rows()
    {
        const scene s{ 700,
                       128,
                       [](auto p, auto) { return p < 500 ? 1.0 : 5.0; },
                       [](auto, auto k) { return k == 30 ? 300.0 : 0.0; } };
        const auto x = s.power();
        for (const int exponent : { 7, 80, -70 }) {
            const qa::context here("exponent", exponent);
            auto scaled = x;
            for (auto& each : scaled)
                each = std::ldexp(each, exponent);
            noise_floor a(128, true, 64, {}), b(128, true, 64, {});
            a.begin(x.data(), 256);
            b.begin(scaled.data(), 256);
            for (std::size_t p = 256; p < s.rows; ++p) {
                const auto of_a = a.follow(x.data() + p * 128),
                           of_b = b.follow(scaled.data() + p * 128);
                CPPUNIT_ASSERT_EQUAL(of_a.gain, of_b.gain);
                CPPUNIT_ASSERT_EQUAL(of_a.step, of_b.step);
            }
            for (std::size_t k = 0; k < 128; ++k)
                CPPUNIT_ASSERT_EQUAL(std::ldexp(a.shape()[k], exponent), b.shape()[k]);
            CPPUNIT_ASSERT(a.steady() == b.steady());
        }
    }

    void bad_settings_are_refused()
    {
        const auto refused = [](const std::string& message, std::size_t bins, auto change) {
            qa::assert_refused(message, [&] {
                noise_floor_settings s;
                change(s);
                noise_floor(bins, true, std::nullopt, s);
            });
        };
        refused("bins: 7: a noise floor needs 8 at least", 7, [](auto&) {});
        refused("quantile: 0: must be between 0 and 1", 64, [](auto& s) { s.quantile = 0; });
        refused("adaptation: 1: must be between 0 and 1", 64, [](auto& s) { s.adaptation = 1; });
        refused("cap: 1: must be a factor above 1, at most 1e6", 64, [](auto& s) { s.cap = 1; });
        refused("warm_up: 15: must be 16 .. 1000000 rows", 64, [](auto& s) { s.warm_up = 15; });
        refused("steady: 15: must be 16 .. 1e9 rows", 64, [](auto& s) { s.steady = 15; });
        refused("least: -1: must be 0 or a power, at most 1e30", 64, [](auto& s) { s.least = -1; });
        refused("neighbourhood: 33: must be 4 bins .. half of the bins", 64, [](auto& s) {
            s.neighbourhood = 33;
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_noise_floor);
