/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/machine/spectral_kurtosis.h>

using namespace gr::stft::kernel;

namespace {

spectral_kurtosis_settings made(std::size_t n_fft, std::size_t hop, std::uint64_t frames)
{
    spectral_kurtosis_settings s;
    s.n_fft = n_fft;
    s.hop = hop;
    s.frames = frames;
    return s;
}

//! Rows of white Gaussian noise, real or complex.
template <class T>
class noise_rows
{
public:
    explicit noise_rows(const spectral_kurtosis_settings& s, unsigned seed = 1)
        : d_hop(s.hop), d_draw(seed), d_dft(s.n_fft), d_frame(s.n_fft), d_spectrum(s.bins())
    {
        for (const auto& tap : s.taps())
            d_taps.push_back(tap.real());
        fill(0);
    }

    std::vector<double> next()
    {
        std::fill_n(d_dft.buffer(), d_frame.size(), T());
        for (std::size_t i = 0; i < d_taps.size(); ++i)
            d_dft.buffer()[i] = d_taps[i] * d_frame[i];
        d_dft.transform(d_spectrum.data());
        std::vector<double> row;
        for (const auto& x : d_spectrum)
            row.push_back(std::norm(x));
        const auto kept = d_frame.size() - std::min(d_hop, d_frame.size());
        std::copy(
            d_frame.end() - static_cast<std::ptrdiff_t>(kept), d_frame.end(), d_frame.begin());
        fill(kept);
        return row;
    }

private:
    void fill(std::size_t from)
    {
        for (auto i = from; i < d_frame.size(); ++i) {
            if constexpr (is_real_v<T>)
                d_frame[i] = d_normal(d_draw);
            else
                d_frame[i] = { d_normal(d_draw), d_normal(d_draw) };
        }
    }

    std::size_t d_hop;
    std::mt19937 d_draw;
    std::normal_distribution<> d_normal;
    frame_analysis<T> d_dft;
    std::vector<T> d_frame;
    std::vector<std::complex<double>> d_spectrum;
    std::vector<double> d_taps;
};

//! Mean and standard deviation of the kurtosis of a bin over many rows, and how often it exceeds 5 of its sd.
struct distribution {
    double mean, sd, beyond;
};

template <class T>
std::vector<distribution> measured(const spectral_kurtosis_settings& s, int count, int step = 1)
{
    noise_rows<T> rows(s);
    spectral_kurtosis<double> kurtosis(s);
    std::vector<double> out(s.bins()), sum(s.bins()), squares(s.bins()), beyond(s.bins());
    for (int found = 0, seen = 0; found < count;) {
        if (!kurtosis.add(rows.next().data(), out.data()) || std::isnan(out[0]) || seen++ % step)
            continue;
        for (std::size_t m = 0; m < out.size(); ++m) {
            sum[m] += out[m];
            squares[m] += out[m] * out[m];
            beyond[m] += out[m] > 5 * kurtosis.spread()[m];
        }
        ++found;
    }
    std::vector<distribution> all;
    for (std::size_t m = 0; m < out.size(); ++m) {
        const auto mean = sum[m] / count;
        all.push_back({ mean, std::sqrt(squares[m] / count - mean * mean), beyond[m] / count });
    }
    return all;
}

} // namespace

//! Spectral kurtosis, and how much it scatters in noise.
class qa_spectral_kurtosis : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_spectral_kurtosis);
    CPPUNIT_TEST(correlations_are_those_of_the_window_with_itself);
    CPPUNIT_TEST(independent_frames_are_as_worked_out_by_hand);
    CPPUNIT_TEST(a_steady_tone_has_minus_one_and_a_burst_much);
    CPPUNIT_TEST(it_is_the_quotient_of_plain_means);
    CPPUNIT_TEST(spread_and_mean_in_noise_are_as_predicted);
    CPPUNIT_TEST(bins_near_dc_of_real_samples_have_their_own_moments);
    CPPUNIT_TEST(a_bin_that_is_partly_circular_has_its_own_spread_and_bias);
    CPPUNIT_TEST(exponential_means_scatter_as_predicted);
    CPPUNIT_TEST(exponential_means_are_the_weighted_ones);
    CPPUNIT_TEST(what_is_not_finite_stays_in_its_bin_and_block);
    CPPUNIT_TEST(a_gain_changes_nothing);
    CPPUNIT_TEST(what_is_wrong_is_refused_by_name);
    CPPUNIT_TEST_SUITE_END();

    void correlations_are_those_of_the_window_with_itself()
    {
        const std::vector<std::complex<double>> taps{ 1, 2, 3, { 0, 1 } };
        const auto rho = frame_correlation(taps, 2); // (3 * 1 + j * 2) / 15
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), rho.size());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(std::sqrt(13) / 15, rho[0], 1e-12);
        CPPUNIT_ASSERT(frame_correlation(taps, 4).empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), frame_correlation(taps, 1).size());
        // periodic Hann at half overlap: 1/6 in the limit, known as -2 lg ... of Welch's method
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            1.0 / 6, frame_correlation(window("hann").sample(4096), 2048)[0], 1e-6);
    }

    void independent_frames_are_as_worked_out_by_hand()
    {
        const auto blocks = independent_frames_of({ 0.5, 0.25 }, mean_kind::blocks, 10);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(10 / (1 + 2 * (0.9 / 4 + 0.8 / 16)), blocks.of_power, 1e-12);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            10 / (1 + 2 * (0.9 / 16 + 0.8 / 256)), blocks.of_square, 1e-12);
        const auto one = independent_frames_of({}, mean_kind::exponential, 10);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(19, one.of_power, 1e-12);
        // sum of a_i a_j rho^2(|i - j|), a_i = 0.1 * 0.9^i
        const std::vector<double> rho{ 1, 0.5, 0.25 };
        double variance = 0;
        for (int i = 0; i < 600; ++i)
            for (int j = 0; j < 600; ++j)
                if (std::abs(i - j) < 3)
                    variance += 0.01 * std::pow(0.9, i + j) *
                                std::pow(rho[static_cast<std::size_t>(std::abs(i - j))], 2);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            1 / variance,
            independent_frames_of({ 0.5, 0.25 }, mean_kind::exponential, 10).of_power,
            1e-9);
        // a block shorter than the overlap has no pairs beyond its ends
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            2 / 1.25, independent_frames_of({ 0.5, 0.9 }, mean_kind::blocks, 2).of_power, 1e-12);
    }

    void a_steady_tone_has_minus_one_and_a_burst_much()
    {
        spectral_kurtosis<double> kurtosis(made(16, 16, 1000)); // bins 3 .. 5 are circular
        std::vector<double> row(9, 2.0), out(9);
        for (int p = 0; p < 1000; ++p) {
            row[3] = p == 7 ? 1e6 : 2;
            kurtosis.add(row.data(), out.data());
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-1, out[4], 0.01); // mean P^2 = (mean P)^2: 1 - 2
        CPPUNIT_ASSERT(out[3] > 900);
    }

    void it_is_the_quotient_of_plain_means()
    {
        const auto s = made(16, 5, 7);
        noise_rows<double> rows(s);
        spectral_kurtosis<double> kurtosis(s);
        std::vector<double> out(9);
        for (int block = 0; block < 3; ++block) {
            double power = 0, square = 0;
            for (int p = 0; p < 7; ++p) {
                const auto row = rows.next();
                power += row[4] / 7;
                square += row[4] * row[4] / 7;
                CPPUNIT_ASSERT_EQUAL(p == 6, kurtosis.add(row.data(), out.data()));
            }
            const auto k2 = kurtosis.independent().of_power;
            CPPUNIT_ASSERT_DOUBLES_EQUAL((1 + 1 / k2) * square / (power * power) - 2, out[4], 1e-9);
        }
    }

    // 400 blocks: the sd of a bin is known to 4 % and more for its tail, that of 20 bins together to 1 .. 2 %
    void spread_and_mean_in_noise_are_as_predicted()
    {
        for (const std::size_t hop : { 64, 32, 16, 8 }) {
            const qa::context here("hop", hop);
            auto s = made(64, hop, 300);
            s.sides = sides::twosided;
            const auto all = measured<std::complex<double>>(s, 150);
            const auto predicted = spectral_kurtosis<double>(s).spread();
            double mean = 0, variance = 0, beyond = 0;
            for (const auto& each : all) {
                mean += each.mean / 64;
                variance += each.sd * each.sd / 64;
                beyond += each.beyond / 64;
            }
            CPPUNIT_ASSERT_DOUBLES_EQUAL(predicted[5], predicted[0], 1e-12);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(0, mean, 0.06 * predicted[0]);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1, std::sqrt(variance) / predicted[0], 0.06);
            CPPUNIT_ASSERT(beyond < 0.003);
        }
    }

    void bins_near_dc_of_real_samples_have_their_own_moments()
    {
        auto s = made(24, 12, 400);
        s.win_length = 12; // zero-padded: bins 0 .. 3 and those near Nyquist are not circular
        const auto all = measured<double>(s, 2000);
        const auto predicted = spectral_kurtosis<double>(s).spread();
        for (std::size_t m = 0; m < 13; ++m) {
            const qa::context here("bin", m);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(0, all[m].mean, 0.1 * predicted[m]);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1, all[m].sd / predicted[m], 0.08);
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(std::sqrt(6), predicted[0] / predicted[6], 1e-3); // 24 / 4
        CPPUNIT_ASSERT(predicted[1] > 1.2 * predicted[6] && predicted[1] < 2.4 * predicted[6]);
    }

    // P = a x^2 + b y^2 with a - b = q, without overlap; without its second-order part the sd would be 3 % less
    void a_bin_that_is_partly_circular_has_its_own_spread_and_bias()
    {
        const auto measure = [](double q, std::uint64_t frames, int blocks) {
            spectral_kurtosis<double> kurtosis({}, { q }, mean_kind::blocks, frames);
            std::mt19937_64 draw(1);
            std::normal_distribution<> normal;
            double sum = 0, squares = 0, out = 0;
            for (int found = 0; found < blocks;) {
                const auto x = normal(draw), y = normal(draw);
                const auto power = ((1 + q) * x * x + (1 - q) * y * y) / 2;
                if (kurtosis.add(&power, &out)) {
                    sum += out / blocks;
                    squares += out * out / blocks;
                    ++found;
                }
            }
            return std::pair(sum, std::sqrt(squares - sum * sum) / kurtosis.spread()[0]);
        };
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1, measure(0.58, 400, 20000).second, 0.017);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, measure(0.58, 40, 100000).first, 0.01); // 0.1 without
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, measure(1, 20, 100000).first, 0.01);
    }

    void exponential_means_scatter_as_predicted()
    {
        auto s = made(64, 16, 150);
        s.sides = sides::twosided;
        s.mean = mean_kind::exponential;
        const auto all = measured<std::complex<double>>(s, 200, 150);
        const auto predicted = spectral_kurtosis<double>(s).spread();
        double mean = 0, variance = 0;
        for (const auto& each : all) {
            mean += each.mean / 64;
            variance += each.sd * each.sd / 64;
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, mean, 0.1 * predicted[0]);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1, std::sqrt(variance) / predicted[0], 0.08);
    }

    void exponential_means_are_the_weighted_ones()
    {
        auto s = made(16, 16, 5);
        s.mean = mean_kind::exponential;
        noise_rows<double> rows(s);
        spectral_kurtosis<double> kurtosis(s);
        std::vector<double> out(9), seen;
        for (int p = 0; p < 30; ++p) {
            const auto row = rows.next();
            seen.push_back(row[3]);
            CPPUNIT_ASSERT(kurtosis.add(row.data(), out.data()));
            double weight = 0, power = 0, square = 0;
            for (std::size_t i = 0; i < seen.size(); ++i) {
                const auto w = std::pow(0.8, static_cast<double>(seen.size() - i));
                weight += w;
                power += w * seen[i];
                square += w * seen[i] * seen[i];
            }
            CPPUNIT_ASSERT_EQUAL(std::pow(0.8, p + 1) > std::exp(-4), std::isnan(out[3]));
            if (!std::isnan(out[3]))
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    (1 + 1.0 / 9) * square * weight / (power * power) - 2, out[3], 1e-9);
        }
    }

    void what_is_not_finite_stays_in_its_bin_and_block()
    {
        for (const auto mean : { mean_kind::blocks, mean_kind::exponential }) {
            auto s = made(8, 8, 4);
            s.mean = mean;
            spectral_kurtosis<float> with(s), without(s);
            std::vector<float> row(5), out(5), expected(5);
            std::mt19937 draw(3);
            for (int p = 0; p < 64; ++p) {
                const qa::context here("row", p);
                for (auto& value : row)
                    value = std::exponential_distribution<float>()(draw);
                if (p != 33 || mean == mean_kind::blocks)
                    without.add(row.data(), expected.data());
                if (p == 33)
                    row[2] = std::numeric_limits<float>::quiet_NaN();
                const bool any = with.add(row.data(), out.data());
                const bool lost = mean == mean_kind::blocks ? p == 35 : p == 33;
                if (any && p >= 33) {
                    CPPUNIT_ASSERT_EQUAL(lost, std::isnan(out[2]));
                    CPPUNIT_ASSERT(!std::isnan(out[1]));
                    if (!lost)
                        CPPUNIT_ASSERT_EQUAL(expected[2], out[2]);
                }
            }
        }
        spectral_kurtosis<float> silent(made(8, 8, 2));
        std::vector<float> row(5), out(5);
        silent.add(row.data(), out.data());
        CPPUNIT_ASSERT(silent.add(row.data(), out.data()) && std::isnan(out[2]));
    }

    void a_gain_changes_nothing()
    {
        for (const auto gain : { 0x1p-60, 0x1p60 }) {
            const auto s = made(16, 4, 50);
            noise_rows<double> rows(s);
            spectral_kurtosis<float> plain(s), scaled(s);
            std::vector<float> a(9), b(9);
            for (int p = 0; p < 50; ++p) {
                const auto row = rows.next();
                std::vector<float> one(row.begin(), row.end()), other;
                for (const auto value : one)
                    other.push_back(value * static_cast<float>(gain));
                plain.add(one.data(), a.data());
                scaled.add(other.data(), b.data());
            }
            CPPUNIT_ASSERT(a == b);
        }
    }

    void what_is_wrong_is_refused_by_name()
    {
        const auto expect = [](const std::string& start, const spectral_kurtosis_settings& s) {
            try {
                spectral_kurtosis<float> made(s);
                CPPUNIT_FAIL("not refused: " + start);
            } catch (const std::invalid_argument& e) {
                CPPUNIT_ASSERT_EQUAL(start, std::string(e.what()).substr(0, start.size()));
            }
        };
        expect("frames: 1: ", made(16, 4, 1));
        expect("hop: 0: ", made(16, 0, 10));
        expect("n_fft: 0: ", made(0, 4, 10));
        try {
            spectral_kurtosis<float>({ 1.5 }, { 0 }, mean_kind::blocks, 10);
            CPPUNIT_FAIL("not refused");
        } catch (const std::invalid_argument& e) {
            CPPUNIT_ASSERT_EQUAL(std::string("correlation: 1.5: must be -1 .. 1"),
                                 std::string(e.what()));
        }
        CPPUNIT_ASSERT_THROW(mean_kind_named("block"), std::invalid_argument);
        CPPUNIT_ASSERT_EQUAL(std::string("exponential"),
                             std::string(name_of(mean_kind_named("exponential"))));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_spectral_kurtosis);
