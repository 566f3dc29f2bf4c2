/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/denoise/gain_functions.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/denoise/spectral_gain.h>
#include <boost/math/special_functions/expint.hpp>

using namespace gr::stft::kernel;

namespace {

using spectrum_t = std::vector<std::complex<double>>;

gain_settings made(std::size_t n_fft, std::size_t hop, sides which = sides::onesided)
{
    gain_settings s;
    s.n_fft = n_fft;
    s.hop = hop;
    s.sides = which;
    return s;
}

//! Spectra of complex noise of this power in each bin.
std::vector<spectrum_t>
noise_rows(std::size_t rows, std::size_t bins, double power = 1, unsigned seed = 1)
{
    std::mt19937 draw(seed);
    std::normal_distribution<> normal(0, std::sqrt(power / 2));
    std::vector<spectrum_t> all(rows, spectrum_t(bins));
    for (auto& row : all)
        for (auto& x : row)
            x = { normal(draw), normal(draw) };
    return all;
}

//! Noise in which some cells hold a signal, so that gains are of all sizes.
std::vector<spectrum_t> mixed_rows(std::size_t rows, std::size_t bins, unsigned seed = 1)
{
    auto all = noise_rows(rows, bins, 1, seed);
    for (std::size_t p = 0; p < rows; ++p)
        for (std::size_t k = 0; k < bins; ++k)
            if ((p / 6 + k / 3) % 4 == 3)
                all[p][k] *= 4.0;
    return all;
}

template <class R = double>
std::vector<std::vector<std::complex<R>>> through(spectral_gain<R>& gain,
                                                  const std::vector<spectrum_t>& rows)
{
    std::vector<std::vector<std::complex<R>>> results;
    for (const auto& row : rows) {
        std::vector<std::complex<R>> x(row.begin(), row.end()), y(row.size());
        gain.apply(x.data(), y.data());
        results.push_back(y);
    }
    return results;
}

//! The bin that stands for one beyond the ends.
std::size_t folded(std::ptrdiff_t bin, std::ptrdiff_t bins, bool circular)
{
    for (;;)
        if (bin < 0)
            bin = circular ? bin + bins : -bin;
        else if (bin >= bins)
            bin = circular ? bin - bins : 2 * (bins - 1) - bin;
        else
            return static_cast<std::size_t>(bin);
}

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

std::string refusal(const std::function<void()>& action)
{
    try {
        action();
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "";
}

std::string refusal(const gain_settings& s)
{
    return refusal([&] { spectral_gain<float> gain(s); });
}

void assert_begins(const std::string& text, const std::string& begin)
{
    CPPUNIT_ASSERT_EQUAL(begin, text.substr(0, begin.size()));
}

double decibels(double ratio) { return 10 * std::log10(ratio); }

double mean(const std::vector<double>& values)
{
    double sum = 0;
    for (const auto v : values)
        sum += v;
    return sum / static_cast<double>(values.size());
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
    CPPUNIT_TEST(presence_tracking_is_its_definition);
    CPPUNIT_TEST(tracked_noise_has_the_power_of_the_noise_and_follows_its_steps);
    CPPUNIT_TEST(steady_noise_is_tracked_steadily);
    CPPUNIT_TEST(noise_that_is_given_is_where_tracking_begins);
    CPPUNIT_TEST(a_tone_that_stays_is_noise_by_presence_and_signal_by_floor);
    CPPUNIT_TEST(noise_is_learned_from_whole_frames);
    CPPUNIT_TEST(a_frame_that_is_not_finite_changes_no_other);
    CPPUNIT_TEST(gains_do_not_depend_on_the_unit);
    CPPUNIT_TEST(silence_stays_silent_and_counts_for_nothing);
    CPPUNIT_TEST(bands_and_masks_act_on_their_bins);
    CPPUNIT_TEST(events_act_on_their_cells);
    CPPUNIT_TEST(events_that_never_end_take_no_more_than_their_share_of_memory);
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

    void bands_and_masks_act_on_their_bins()
    {
        for (const auto which : { sides::onesided, sides::twosided, sides::centered }) {
            auto s = made(16, 4, which);
            s.samp_rate = 1600; // 100 Hz from bin to bin
            s.noise.assign(s.bins(), 1e9);
            s.gain_floor = -20;
            s.keep = "180:320,-500:-350";
            s.reject = "260:310";
            s.mask.assign(s.bins(), 0.5);
            spectral_gain<double> gain(s);
            through(gain, noise_rows(1, s.bins()));
            for (int hz = -800; hz <= 800; hz += 100) {
                if ((which == sides::onesided) ? hz < 0 : hz == 800)
                    continue;
                const auto bin = which == sides::centered ? hz / 100 + 8
                                 : hz < 0                 ? hz / 100 + 16
                                                          : hz / 100;
                const auto expected = hz == 300                  ? 0.0
                                      : hz == 200                ? 1.0
                                      : hz >= -500 && hz <= -400 ? 1.0
                                                                 : 0.05;
                const qa::context here("hz", hz);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    expected, gain.gains()[static_cast<std::size_t>(bin)], 1e-7);
            }
        }
    }

    void events_that_never_end_take_no_more_than_their_share_of_memory()
    {
        cell_mask mask(made(16, 4, sides::twosided));
        for (std::uint64_t id = 0; id < 65536; ++id)
            mask.add({ id, 0, id < 9 ? 5 : 100, 0, 1 });
        assert_begins(refusal([&] { mask.add({ 65536, 0, 100, 0, 1 }); }), "event: 65536: ");
        mask.add({ 65535, 0, 100, 0, 1 }); // replaces one
        CPPUNIT_ASSERT_EQUAL(std::size_t(65536), mask.size());
        mask.row(5); // nine are over
        mask.add({ 65536, 0, 100, 0, 1 });
        CPPUNIT_ASSERT_EQUAL(std::size_t(65528), mask.size());
    }

    void events_act_on_their_cells()
    {
        for (const std::int64_t origin : { std::int64_t(0), std::int64_t(1) << 40 })
            for (const auto use : { event_use::keep, event_use::reject, event_use::only }) {
                auto s = made(16, 4, sides::twosided);
                s.samp_rate = 16;
                s.noise.assign(16, 1e9);
                s.gain_floor = -20;
                s.events = use;
                s.reject = "6.8:7.2"; // wins over events that are kept
                spectral_gain<double> gain(s);
                gain.begin_at(origin);
                gain.mask().add({ 3, origin + 16, origin + 24, 2, 3 });
                gain.mask().add(
                    { 4, origin + 24, std::numeric_limits<std::int64_t>::max(), -4, -4 + 0.4 });
                gain.mask().add({ 5, origin, origin + 1000, 0, 7 });
                gain.mask().add({ 7, origin, origin + 8 + 4 * 12, 7, 7 });
                gain.mask().remove(5);
                event report;
                report.id = 8;
                report.kind = event_kind::gap; // no cells
                report.sample_start = origin;
                report.sample_count = 1000;
                report.freq_upper = 8;
                gain.mask().take(report);
                report.id = 6;
                report.kind = event_kind::carrier;
                report.state = event_state::begin;
                gain.mask().take(report);
                report.state = event_state::end;
                report.cut = event_cut::withdrawn;
                gain.mask().take(report);
                report.id = 3; // cells as added above
                report.cut = event_cut::none;
                report.sample_start = origin + 16;
                report.sample_count = 8;
                report.freq_lower = 2;
                report.freq_upper = 3;
                gain.mask().remove(3);
                gain.mask().take(report);
                report.freq_upper = NAN;
                assert_begins(refusal([&] { gain.mask().take(report); }), "event: 3: ");
                for (int p = 0; p < 12; ++p) {
                    if (p == 8)
                        gain.mask().end(4, origin + 8 + 4 * 10);
                    through(gain, noise_rows(1, 16));
                    const auto centre = 8 + 4 * p;
                    for (std::size_t k = 0; k < 16; ++k) {
                        const auto inside = (centre >= 16 && centre < 24 && (k == 2 || k == 3)) ||
                                            (centre >= 24 && p < 10 && k == 12);
                        const auto expected = use == event_use::keep     ? (inside ? 1 : 0.1)
                                              : use == event_use::reject ? (inside ? 0 : 0.1)
                                                                         : (inside ? 0.1 : 0);
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(k == 7 ? 0 : expected, gain.gains()[k], 1e-7);
                    }
                }
                gain.mask().row(origin + 1000);
                CPPUNIT_ASSERT_EQUAL(std::size_t(0), gain.mask().size());
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
        assert_begins(refusal([&] { gain.change(s, false); }), "n_fft: 65: ");
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
            return refusal(s);
        };
        CPPUNIT_ASSERT_EQUAL(std::string(), with([](auto&) {}));
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
