/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/denoise/gain_functions.h"
#include "qa/gain_support.h"
#include <boost/math/special_functions/expint.hpp>

using namespace qa::gains;

namespace {

//! The gains of rows whose noise is known, as the definition has them.
std::vector<std::vector<double>> plain_gains(const gain_settings& s,
                                             const std::vector<spectrum_t>& rows)
{
    const auto bins = s.bins();
    const auto a = std::pow(
        s.memory, 4.0 * static_cast<double>(s.hop) / static_cast<double>(s.window_length()));
    const auto least = std::pow(10, s.gain_floor / 20);
    const auto d = std::pow(
        s.detail_memory, 4.0 * static_cast<double>(s.hop) / static_cast<double>(s.window_length()));
    std::vector<double> before(bins, 0), detail(bins, 0);
    std::vector<std::vector<double>> all;
    for (const auto& row : rows) {
        std::vector<double> gains, next, ratios, means;
        for (std::size_t k = 0; k < bins; ++k) {
            const auto half = static_cast<std::ptrdiff_t>(s.smoothing / 2);
            double mean = 0;
            for (auto j = -half; j <= half; ++j) {
                const auto i = bins == 1 ? 0
                                         : folded(static_cast<std::ptrdiff_t>(k) + j,
                                                  static_cast<std::ptrdiff_t>(bins),
                                                  s.sides != sides::onesided);
                mean += std::norm(row[i]) / (s.noise[i] * s.oversubtraction) /
                        static_cast<double>(s.smoothing);
            }
            const auto n = s.noise[k] * s.oversubtraction;
            auto x = std::max(a * before[k] / n + (1 - a) * std::max(mean - 1, 0.0), least * least);
            if (s.refine)
                x = std::max(std::pow(x / (1 + x), 2) * mean, least * least);
            ratios.push_back(x);
            means.push_back(mean);
        }
        std::vector<double> details;
        for (std::size_t k = 0; k < bins; ++k) {
            const auto logarithm = [&](std::size_t i) {
                return std::log(std::clamp(ratios[i], 0.1, 10.0));
            };
            double trend = 0;
            for (std::ptrdiff_t j = -16; j <= 16; ++j)
                trend += logarithm(bins == 1 ? 0
                                             : folded(static_cast<std::ptrdiff_t>(k) + j,
                                                      static_cast<std::ptrdiff_t>(bins),
                                                      s.sides != sides::onesided)) /
                         33;
            const auto now = logarithm(k) - trend;
            details.push_back(all.empty() ? now : d * detail[k] + (1 - d) * now);
            const auto n = s.noise[k] * s.oversubtraction, power = std::norm(row[k]);
            auto x = ratios[k];
            if (s.refine && s.detail_memory > 0) {
                const auto third = std::exp(trend + details[k] + std::min(2 * (trend + 2.15), 0.7));
                x = std::max(std::pow(third / (1 + third), 2) * means[k], least * least);
            }
            if (s.refine)
                x = std::max(std::pow(x / (1 + x), 2) * power / n, least * least);
            const auto mean = means[k];
            auto g = x / (1 + x);
            if (s.method == gain_method::log_mmse)
                g = std::min(1.0, g * std::exp(boost::math::expint(1, g * power / n) / 2));
            if (s.method == gain_method::subtraction)
                g = std::sqrt(1 - 1 / std::max(mean, 1.0));
            next.push_back(g * g * power);
            gains.push_back(std::max(g, least));
        }
        before = next;
        detail = details;
        all.push_back(gains);
    }
    return all;
}

} // namespace

//! Gains against noise.
class qa_spectral_gain : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_spectral_gain);
    CPPUNIT_TEST(quick_functions_are_what_they_stand_for);
    CPPUNIT_TEST(gains_are_those_of_their_definition);
    CPPUNIT_TEST(a_cell_that_stands_out_counts_for_less_among_noise);
    CPPUNIT_TEST(noise_alone_is_left_at_the_least_gain);
    CPPUNIT_TEST(a_frame_that_is_not_finite_changes_no_other);
    CPPUNIT_TEST(gains_do_not_depend_on_the_unit);
    CPPUNIT_TEST(silence_stays_silent_and_counts_for_nothing);
    CPPUNIT_TEST(a_change_acts_from_the_next_frame_on);
    CPPUNIT_TEST(a_reset_leads_to_the_start_and_a_copy_goes_on_alike);
    CPPUNIT_TEST(wrong_settings_are_refused_by_name);
    CPPUNIT_TEST_SUITE_END();

    void quick_functions_are_what_they_stand_for()
    {
        for (double v = 1.3e-6; v < 1e4; v *= 1.037) {
            const auto exact = std::exp(boost::math::expint(1, v) / 2);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1, log_mmse_correction<double>::get()(v) / exact, 2e-5);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                1,
                static_cast<double>(log_mmse_correction<float>::get()(static_cast<float>(v))) /
                    exact,
                2e-5);
        }
        for (double g = 0.0012; g < 1000; g = g * 1.01 + 0.01) {
            const auto s = std::pow(10, 1.5), x = std::min(g * s / (1 + s), 80.0);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1 / (1 + (1 + s) * std::exp(-x)),
                                         presence_of_signal(static_cast<float>(std::min(g, 80.0))),
                                         1e-6);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(std::log(g), logarithm_of(static_cast<float>(g)), 1e-6);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                std::log(g) - 60, logarithm_of(static_cast<float>(g * std::exp(-60))), 1e-5);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                1, falling_exponential(static_cast<float>(-x)) * std::exp(-x), 3e-7 + 2e-7 * x);
            // the rounding of x costs 6e-8 x
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                1, falling_exponential(static_cast<float>(x)) / std::exp(-x), 3e-7 + 2e-7 * x);
        }
    }

    void gains_are_those_of_their_definition()
    {
        unsigned seed = 0;
        for (const auto n_fft : { 1, 2, 3, 8, 31, 64 })
            for (const auto which : { sides::onesided, sides::twosided, sides::centered })
                for (const auto method :
                     { gain_method::subtraction, gain_method::wiener, gain_method::log_mmse })
                    for (const std::size_t smoothing : { 1, 3, 7 }) {
                        const qa::context here("n_fft", n_fft);
                        auto s = made(static_cast<std::size_t>(n_fft),
                                      1 + static_cast<std::size_t>(n_fft) / 3,
                                      which);
                        s.method = method;
                        s.smoothing = smoothing;
                        s.refine = seed % 3;
                        s.detail_memory = seed % 2 ? 0.6 : 0;
                        s.gain_floor = -20;
                        s.oversubtraction = 1.5;
                        const auto rows = noise_rows(12, s.bins(), 3, ++seed);
                        for (std::size_t k = 0; k < s.bins(); ++k)
                            s.noise.push_back(0.5 + 0.1 * static_cast<double>(k % 7));
                        const auto expected = plain_gains(s, rows);
                        spectral_gain<double> gain(s);
                        for (std::size_t p = 0; p < rows.size(); ++p) {
                            spectrum_t y(s.bins());
                            gain.apply(rows[p].data(), y.data());
                            for (std::size_t k = 0; k < s.bins(); ++k) {
                                CPPUNIT_ASSERT_DOUBLES_EQUAL(expected[p][k],
                                                             gain.gains()[k],
                                                             method == gain_method::log_mmse ? 5e-5
                                                             : s.refine && s.detail_memory > 0
                                                                 ? 1e-5
                                                                 : 1e-12);
                                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                                    0, std::abs(y[k] - rows[p][k] * gain.gains()[k]), 1e-15);
                            }
                        }
                    }
    }

    void a_cell_that_stands_out_counts_for_less_among_noise()
    {
        for (const bool among : { false, true }) {
            auto s = made(512, 128);
            s.noise.assign(s.bins(), 1);
            spectral_gain<double> gain(s);
            spectrum_t row(s.bins(), 1.0);
            through(gain, std::vector<spectrum_t>(20, row));
            const auto half = among ? 30 : 1;
            std::fill(row.begin() + 100 - half, row.begin() + 101 + half, std::sqrt(12));
            through(gain, { row, row });
            CPPUNIT_ASSERT_EQUAL(among, gain.gains()[100] > 0.8);
            CPPUNIT_ASSERT_EQUAL(!among, gain.gains()[100] < 0.3);
        }
    }

    void noise_alone_is_left_at_the_least_gain()
    {
        auto s = made(512, 128);
        s.noise.assign(s.bins(), 1);
        const auto plain = noise_rows(600, s.bins() + 2, 1, 8);
        std::vector<spectrum_t> rows(plain.size(), spectrum_t(s.bins()));
        for (std::size_t p = 0; p < rows.size();
             ++p) // Hann windows, three quarters of which overlap
            for (std::size_t k = 0; k < s.bins(); ++k) {
                const auto& z = plain[p];
                rows[p][k] = (0.5 * z[k + 1] - 0.25 * (z[k] + z[k + 2])) / std::sqrt(0.375);
                if (p > 0)
                    rows[p][k] = 0.66 * rows[p - 1][k] + std::sqrt(1 - 0.66 * 0.66) * rows[p][k];
            }
        spectral_gain<double> gain(s);
        double left = 0, square = 0, count = 0;
        for (const auto& row : through(gain, rows))
            for (const auto& x : row)
                left += std::norm(x), square += std::pow(std::norm(x), 2), ++count;
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-35, decibels(left / count), 0.2);
        CPPUNIT_ASSERT(square * count / (left * left) < 2 * 1.5); // 2 of the noise itself
    }

    void a_frame_that_is_not_finite_changes_no_other()
    {
        for (const auto tracking : { noise_tracking::presence, noise_tracking::floor }) {
            auto s = made(64, 16);
            s.tracking = tracking;
            spectral_gain<float> with(s), without(s);
            const auto rows = mixed_rows(60, s.bins());
            for (std::size_t p = 0; p < rows.size(); ++p) {
                std::vector<std::complex<float>> x(rows[p].begin(), rows[p].end()), y(x.size()),
                    z(x.size());
                if (p == 0 || p == 3 || p == 30) {
                    auto bad = x;
                    bad[p % x.size()] =
                        p == 3 ? std::complex<float>(0, INFINITY) : std::complex<float>(NAN, 1);
                    with.apply(bad.data(), y.data());
                    CPPUNIT_ASSERT(!(std::abs(y[p % x.size()]) < 1e30f));
                    CPPUNIT_ASSERT(std::abs(y[5]) <= std::abs(x[5]));
                    with.begin_at(without.start());
                }
                with.apply(x.data(), y.data());
                without.apply(x.data(), z.data());
                CPPUNIT_ASSERT(y == z);
            }
        }
    }

    void gains_do_not_depend_on_the_unit()
    {
        for (const auto tracking : { noise_tracking::presence, noise_tracking::floor })
            for (const auto unit : { 1e-6, 1e6 }) {
                auto s = made(64, 16);
                s.tracking = tracking;
                spectral_gain<float> one(s), other(s);
                for (const auto& row : mixed_rows(100, s.bins())) {
                    std::vector<std::complex<float>> x(row.begin(), row.end()), y(x.size()),
                        z(x.size());
                    one.apply(x.data(), y.data());
                    for (auto& value : x)
                        value *= static_cast<float>(unit);
                    other.apply(x.data(), z.data());
                    for (std::size_t k = 0; k < s.bins(); ++k)
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(one.gains()[k], other.gains()[k], 2e-3);
                }
            }
    }

    void silence_stays_silent_and_counts_for_nothing()
    {
        for (const auto tracking : { noise_tracking::presence, noise_tracking::floor })
            for (const auto method :
                 { gain_method::subtraction, gain_method::wiener, gain_method::log_mmse }) {
                auto s = made(64, 16);
                s.tracking = tracking;
                s.method = method;
                spectral_gain<float> gain(s), fresh(s);
                fresh.begin_at(10 * 16 + gain.start());
                for (const auto& row :
                     through(gain, std::vector<spectrum_t>(10, spectrum_t(s.bins()))))
                    for (const auto& y : row)
                        CPPUNIT_ASSERT_EQUAL(0.0f, std::abs(y));
                const auto rows = mixed_rows(20, s.bins());
                CPPUNIT_ASSERT(through(gain, rows) == through(fresh, rows));
            }
    }

    void a_change_acts_from_the_next_frame_on()
    {
        auto s = made(64, 16);
        const auto rows = noise_rows(60, s.bins());
        spectral_gain<double> gain(s);
        through(gain, { rows.begin(), rows.begin() + 30 });
        const auto noise = gain.noise();
        s.gain_floor = -10;
        s.tracking = noise_tracking::held;
        gain.change(s, false);
        through(gain, { rows.begin() + 30, rows.end() });
        CPPUNIT_ASSERT(noise == gain.noise());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            std::pow(10, -0.5), *std::min_element(gain.gains().begin(), gain.gains().end()), 1e-12);
        s.learn = 4;
        gain.change(s, true);
        CPPUNIT_ASSERT_EQUAL(std::size_t(4), gain.to_learn());
        through(gain, { rows.begin(), rows.begin() + 4 });
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), gain.to_learn());
        CPPUNIT_ASSERT_DOUBLES_EQUAL((std::norm(rows[0][9]) + std::norm(rows[1][9]) +
                                      std::norm(rows[2][9]) + std::norm(rows[3][9])) /
                                         4,
                                     gain.noise()[9],
                                     1e-12);
        gain.scale_noise(4);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(std::norm(rows[0][9]) + std::norm(rows[1][9]) +
                                         std::norm(rows[2][9]) + std::norm(rows[3][9]),
                                     gain.noise()[9],
                                     1e-12);
        spectral_gain<double> plain(made(64, 16)), scaled(made(64, 16));
        for (const auto& row : mixed_rows(60, s.bins())) {
            if (plain.start() == 30 * 16 - 32)
                scaled.scale_noise(4);
            auto x = row;
            spectrum_t y(x.size());
            plain.apply(x.data(), y.data());
            if (plain.start() > 30 * 16 - 32)
                for (auto& value : x)
                    value *= 2;
            scaled.apply(x.data(), y.data());
            for (std::size_t k = 0; k < s.bins(); ++k)
                CPPUNIT_ASSERT_DOUBLES_EQUAL(plain.gains()[k], scaled.gains()[k], 1e-12);
        }
        s.n_fft = 65;
        assert_begins(qa::refusal([&] { gain.change(s, false); }), "n_fft: 65: ");
    }

    void a_reset_leads_to_the_start_and_a_copy_goes_on_alike()
    {
        for (const auto tracking : { noise_tracking::presence, noise_tracking::floor }) {
            auto s = made(64, 16);
            s.tracking = tracking;
            spectral_gain<float> gain(s), fresh(s);
            const auto rows = mixed_rows(100, s.bins());
            through(gain, rows);
            auto copy = gain;
            CPPUNIT_ASSERT(through(gain, rows) == through(copy, rows));
            gain.reset();
            gain.begin_at(fresh.start());
            CPPUNIT_ASSERT(through(gain, rows) == through(fresh, rows));
        }
    }

    void wrong_settings_are_refused_by_name()
    {
        const auto with = [](const std::function<void(gain_settings&)>& set,
                             sides which = sides::onesided) {
            auto s = made(64, 16, which);
            set(s);
            return qa::refusal([&] { spectral_gain<float> gain(s); });
        };
        CPPUNIT_ASSERT_EQUAL(std::string("accepted"), with([](auto&) {}));
        assert_begins(with([](auto& s) { s.n_fft = 0; }), "n_fft: 0: ");
        assert_begins(with([](auto& s) { s.hop = 0; }), "hop: 0: ");
        assert_begins(with([](auto& s) { s.win_length = 65; }), "win_length: 65: ");
        assert_begins(with([](auto& s) { s.samp_rate = 0; }), "samp_rate: 0: ");
        assert_begins(with([](auto& s) { s.gain_floor = 1; }), "gain_floor: 1: ");
        assert_begins(with([](auto& s) { s.gain_floor = NAN; }), "gain_floor: nan: ");
        assert_begins(with([](auto& s) { s.oversubtraction = 0; }), "oversubtraction: 0: ");
        assert_begins(with([](auto& s) { s.memory = 1; }), "memory: 1: ");
        assert_begins(with([](auto& s) { s.smoothing = 2; }), "smoothing: 2: ");
        assert_begins(with([](auto& s) { s.smoothing = 65; }), "smoothing: 65: ");
        assert_begins(with([](auto& s) { s.learn = 2000000000; }), "learn: 2000000000: ");
        assert_begins(with([](auto& s) { s.noise.assign(32, 1); }), "noise: 32 values: ");
        assert_begins(with([](auto& s) { s.noise.assign(33, -1); }), "noise: -1: ");
        assert_begins(with([](auto& s) { s.noise.assign(33, NAN); }), "noise: nan: ");
        assert_begins(with([](auto& s) { s.mask.assign(33, 1.5); }), "mask: 1.5: ");
        assert_begins(with([](auto& s) { s.mask.assign(1, 1); }), "mask: 1 values: ");
        assert_begins(with([](auto& s) { s.keep = "3:2"; }), "keep: '3:2': ");
        assert_begins(with([](auto& s) { s.reject = "a"; }), "reject: 'a': ");
        assert_begins(with([](auto& s) { s.noise.assign(33, 1), s.learn = 3; }), "learn: 3: ");
        assert_begins(with([](auto& s) { s.tracking = noise_tracking::floor, s.learn = 3; }),
                      "tracking: floor: ");
        assert_begins(
            with([](auto& s) { s.n_fft = 7, s.hop = 2, s.tracking = noise_tracking::floor; }),
            "tracking: floor: ");
        CPPUNIT_ASSERT_THROW(gain_method_named("mmse"), std::invalid_argument);
        CPPUNIT_ASSERT_THROW(noise_tracking_named(""), std::invalid_argument);
        CPPUNIT_ASSERT_THROW(event_use_named("pass"), std::invalid_argument);
        CPPUNIT_ASSERT(made(64, 16, sides::twosided).tracking_used() == noise_tracking::floor);
        CPPUNIT_ASSERT(made(7, 2, sides::twosided).tracking_used() == noise_tracking::presence);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_spectral_gain);
