/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/speed/band_decimator.h"
#include "kernel/speed/sample_limiter.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/speed/warped_rows.h>
#include <limits>

using namespace gr::stft::kernel;

namespace {

constexpr double fs = 1000;
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

warped_rows_settings small(const std::function<void(warped_rows_settings&)>& change = {})
{
    warped_rows_settings s;
    s.samp_rate = fs;
    s.f_top = 250; // no decimation
    s.duration = 0.2;
    s.rates = { -2, 0, 2 };
    if (change)
        change(s);
    return s;
}

template <class R>
std::vector<R> noise(std::size_t count, unsigned seed = 3)
{
    std::minstd_rand random(seed);
    std::normal_distribution<double> normal;
    std::vector<R> x(count);
    for (auto& each : x)
        each = static_cast<R>(normal(random));
    return x;
}

template <class R>
struct frames {
    std::vector<std::vector<R>> rows;
    std::vector<std::int64_t> numbers;
    std::vector<bool> damaged;
};

template <class R>
void take(warped_rows<R>& rows, frames<R>& all)
{
    const auto width = rows.design().bank().size() * rows.bins();
    for (; const auto* row = rows.row(); rows.advance()) {
        all.rows.emplace_back(row, row + width);
        all.numbers.push_back(rows.frame());
        all.damaged.push_back(rows.damaged());
    }
}

template <class R>
frames<R> rows_of(const warped_rows_settings& s,
                  const std::vector<R>& x,
                  std::size_t chunk = SIZE_MAX,
                  std::int64_t first = 0)
{
    warped_rows<R> rows(s, 0, first);
    frames<R> all;
    for (std::size_t i = 0; i < x.size();) {
        i += rows.push(x.data() + i, std::min(chunk, x.size() - i));
        take(rows, all);
    }
    rows.finish();
    take(rows, all);
    return all;
}

//! ln(1 + P / F) by its definition: sums, and sorted neighbourhoods of blocks of 8 bins.
std::vector<double> whitened(const std::vector<double>& y, std::size_t n_fft, double reach)
{
    std::vector<double> power(n_fft / 2 + 1), mean, floor, row;
    for (std::size_t m = 0; m < power.size(); ++m) {
        std::complex<double> sum = 0;
        for (std::size_t i = 0; i < y.size(); ++i)
            sum += y[i] * std::polar(1.0,
                                     -2 * qa::pi * static_cast<double>(m * i % n_fft) /
                                         static_cast<double>(n_fft));
        power[m] = std::norm(sum);
    }
    for (std::size_t m = 0; m < power.size(); m += 8) {
        const auto end = std::min(m + 8, power.size());
        double sum = 0;
        for (auto i = m; i < end; ++i)
            sum += power[i];
        mean.push_back(sum / static_cast<double>(end - m));
    }
    const auto half = static_cast<int>(std::lround(reach / 8)),
               last = static_cast<int>(mean.size()) - 1;
    for (int b = 0; b <= last; ++b) {
        std::vector<double> near;
        for (int i = b - half; i <= b + half; ++i) // mirrored at the ends
            near.push_back(mean[static_cast<std::size_t>(i < 0      ? -i
                                                         : i > last ? 2 * last - i
                                                                    : i)]);
        std::sort(near.begin(), near.end());
        floor.push_back(near[near.size() / 2]);
    }
    for (std::size_t m = 0; m < power.size(); ++m) {
        const auto at =
            std::clamp((static_cast<double>(m) - 3.5) / 8, 0.0, static_cast<double>(last));
        const auto b = std::min(static_cast<std::size_t>(at), floor.size() - 2);
        const auto f = floor[b] + (at - static_cast<double>(b)) * (floor[b + 1] - floor[b]);
        row.push_back(std::log(1 + power[m] / f));
    }
    return row;
}

} // namespace

class qa_warped_rows : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_warped_rows);
    CPPUNIT_TEST(the_length_of_a_row_is_known_without_making_anything);
    CPPUNIT_TEST(equal_the_definition);
    CPPUNIT_TEST(a_line_that_speeds_up_is_a_tone_on_its_own_time_axis);
    CPPUNIT_TEST(decimation_keeps_the_band_and_removes_what_falls_on_it);
    CPPUNIT_TEST(values_of_the_decimator_lie_at_quarters_of_its_factor);
    CPPUNIT_TEST(any_split_gives_the_same_bits);
    CPPUNIT_TEST(frames_count_from_any_sample);
    CPPUNIT_TEST(gain_changes_nothing);
    CPPUNIT_TEST(a_missing_sample_stays_in_its_frames);
    CPPUNIT_TEST(frames_are_damaged_alike_in_pieces_of_any_size);
    CPPUNIT_TEST(a_frame_with_samples_at_its_ends_alone_says_little);
    CPPUNIT_TEST(knocks_are_clipped_at_six_medians);
    CPPUNIT_TEST(short_and_silent_signals_are_no_trouble);
    CPPUNIT_TEST(what_is_wrong_is_refused);
    CPPUNIT_TEST_SUITE_END();

    void the_length_of_a_row_is_known_without_making_anything()
    {
        for (const double duration : { 0.02, 0.2, 0.257 })
            for (const double f_top : { 500.0, 250.0, 100.0 }) {
                const auto s = small([&](auto& each) {
                    each.duration = duration;
                    each.f_top = f_top;
                });
                CPPUNIT_ASSERT_EQUAL(3 * warped_rows<float>(s).bins(),
                                     warped_rows<float>::row_length(s));
            }
        const auto large = small([](auto& each) {
            each.duration = 5e3;
            each.rates = { -1e-4, 0, 1e-4 };
        });
        CPPUNIT_ASSERT_EQUAL(std::size_t(3) * ((1 << 23) + 1),
                             warped_rows<float>::row_length(large));
        qa::assert_refused(
            "duration: 12000: must give at most 2^25 samples in the frames of all 3 rates", [] {
                warped_rows<float>::row_length(small([](auto& each) {
                    each.duration = 12e3;
                    each.rates = { -1e-5, 0, 1e-5 };
                }));
            });
    }

    //! Samples between the given ones follow from the tones' formula, not from interpolation.
    void equal_the_definition()
    {
        const auto value = [](double t) {
            double sum = 0;
            for (int k = 1; k <= 40; ++k) // many tones, none above 0.35 fs
                sum += std::cos(2 * qa::pi * (8.3 * k * t + 0.37 * k * k)) / (1 + k % 7);
            return sum;
        };
        const auto s = small([](auto& p) { p.limit = 0; });
        std::vector<double> x;
        for (int i = 0; i < 1500; ++i)
            x.push_back(value(i / fs));
        const auto all = rows_of(s, x);
        const warped_rows<double> design(s);
        const std::size_t count = 200, n_fft = 512;
        CPPUNIT_ASSERT_EQUAL(n_fft, design.n_fft());
        CPPUNIT_ASSERT_EQUAL(std::size_t(25), design.hop());
        for (const auto p : { all.rows.size() / 3, all.rows.size() / 2 }) {
            const auto t = static_cast<double>(all.numbers[p]) * 25 / fs;
            for (std::size_t r = 0; r < 3; ++r) {
                const qa::context here("rate", s.rates[r]);
                std::vector<double> y(count);
                double mean = 0, weights = 0;
                const auto taper = window("hann").sample(count);
                for (std::size_t i = 0; i < count; ++i) {
                    const auto u = (static_cast<double>(i) - 100) / fs, a = s.rates[r];
                    y[i] = value(t + (a == 0 ? u : (std::sqrt(1 + 2 * a * u) - 1) / a));
                    mean += y[i] * taper[i].real();
                    weights += taper[i].real();
                }
                for (std::size_t i = 0; i < count; ++i)
                    y[i] = (y[i] - mean / weights) * taper[i].real();
                const auto expected = whitened(y, n_fft, 30 * static_cast<double>(n_fft) / fs);
                for (std::size_t m = 0; m < 180; ++m) // below 0.35 fs
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        expected[m], all.rows[p][r * design.bins() + m], 0.05);
            }
        }
    }

    //! The phase of a frequency f (1 + a tau) is f (tau + a tau^2 / 2) turns, which is f u on the warped axis.
    void a_line_that_speeds_up_is_a_tone_on_its_own_time_axis()
    {
        const double f = 31.7, a = 2, t0 = 1; // frame 40 is centred at 1 s
        std::vector<double> x;
        for (int i = 0; i < 2000; ++i) {
            const auto tau = i / fs - t0;
            x.push_back(std::cos(2 * qa::pi * f * (tau + a * tau * tau / 2)));
        }
        warped_rows<double> rows(small(), 2);
        CPPUNIT_ASSERT_EQUAL(x.size(), rows.push(x.data(), x.size()));
        while (rows.row())
            rows.advance();
        std::vector<double> y(300);
        rows.cut(40, a, y.size(), y.data());
        for (std::size_t i = 0; i < y.size(); ++i)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                std::cos(2 * qa::pi * f * (static_cast<double>(i) - 150) / fs), y[i], 2e-3);
    }

    //! Decimation by 4 from 1000 Hz: 250 Hz, of which 97 Hz pass, and what is above 153 Hz must not come back.
    void decimation_keeps_the_band_and_removes_what_falls_on_it()
    {
        for (const double f : { 3.0, 40.0, 96.0, 154.0, 243.0, 407.0 }) {
            const qa::context here("Hz", f);
            band_decimator<double> decimator(4);
            double largest = 0;
            std::vector<double> x;
            for (int i = 0; i < 3000; ++i)
                x.push_back(std::sin(2 * qa::pi * f * i / fs));
            std::size_t number = 0;
            decimator.push(x.data(), x.size(), [&](const double* y, std::size_t count) {
                for (std::size_t i = 0; i < count; ++i, ++number)
                    if (number > 500) {
                        const auto expected =
                            f < 100 ? std::sin(2 * qa::pi * f * static_cast<double>(number) / fs)
                                    : 0;
                        largest = std::max(largest, std::abs(y[i] - expected));
                    }
            });
            CPPUNIT_ASSERT(number > 2900);
            CPPUNIT_ASSERT(largest < 1e-3);
        }
    }

    void values_of_the_decimator_lie_at_quarters_of_its_factor()
    {
        for (const std::size_t factor : { 1, 2, 3, 7 }) {
            const qa::context here("factor", factor);
            band_decimator<double> decimator(factor);
            std::vector<double> x(997), all;
            for (std::size_t i = 0; i < x.size(); ++i)
                x[i] = std::cos(0.01 * static_cast<double>(i));
            const auto keep = [&](const double* y, std::size_t count) {
                all.insert(all.end(), y, y + count);
            };
            decimator.push(x.data(), x.size(), keep);
            decimator.finish(keep);
            CPPUNIT_ASSERT_EQUAL((4 * x.size() + factor - 1) / factor, all.size());
            for (auto i = 40 * 4 / factor; i + 320 < all.size(); ++i) {
                const auto at = static_cast<double>(i * factor) / 4;
                if (at > 80 && at < 900)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(std::cos(0.01 * at), all[i], 1e-3);
            }
        }
    }

    void any_split_gives_the_same_bits()
    {
        for (const double f_top : { 250.0, 50.0, 11.0 }) {
            const qa::context here("f_top", f_top);
            const auto s = small([&](auto& p) { p.f_top = f_top; });
            const auto x = noise<float>(3011);
            const auto whole = rows_of(s, x);
            CPPUNIT_ASSERT(whole.rows.size() > 50);
            for (const std::size_t chunk : { 1, 7, 300, 2999 })
                CPPUNIT_ASSERT(rows_of(s, x, chunk).rows == whole.rows);
        }
    }

    void frames_count_from_any_sample()
    {
        const auto x = noise<float>(2000);
        const auto plain = rows_of(small(), x);
        const std::int64_t frames = std::int64_t(1) << 40;
        const auto late = rows_of(small(), x, 100, 25 * frames);
        CPPUNIT_ASSERT(late.rows == plain.rows);
        CPPUNIT_ASSERT_EQUAL(plain.numbers[0] + frames, late.numbers[0]);
        // samples before the next whole frame are left out
        std::vector<float> longer(18, 5.0f);
        longer.insert(longer.end(), x.begin(), x.end());
        const auto between = rows_of(small(), longer, 100, 25 * frames - 18);
        CPPUNIT_ASSERT(between.rows == plain.rows);
        CPPUNIT_ASSERT(between.numbers == late.numbers);
    }

    void gain_changes_nothing()
    {
        const auto x = noise<float>(2000);
        const auto plain = rows_of(small(), x);
        for (const float gain : { 1e-22f, 0x1p-40f, 1e-6f, 1e6f, 0x1p40f, 1e17f }) {
            const qa::context here("gain", gain);
            auto y = x;
            for (auto& each : y)
                each *= gain;
            const auto other = rows_of(small(), y);
            for (std::size_t p = 0; p < plain.rows.size(); ++p)
                for (std::size_t i = 0; i < plain.rows[p].size(); ++i)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(plain.rows[p][i], other.rows[p][i], 2e-3);
        }
    }

    void a_missing_sample_stays_in_its_frames()
    {
        const auto s = small([](auto& p) { p.limit = 0; });
        auto x = noise<float>(3000);
        const auto plain = rows_of(s, x);
        for (const float bad : { not_a_number, HUGE_VALF, -1e30f }) {
            const qa::context here("value", bad);
            auto y = x;
            y[1500] = bad;
            const auto other = rows_of(s, y);
            std::size_t damaged = 0;
            for (std::size_t p = 0; p < plain.rows.size(); ++p) {
                damaged += other.damaged[p];
                if (!other.damaged[p])
                    CPPUNIT_ASSERT(plain.rows[p] == other.rows[p]);
                for (const auto v : other.rows[p])
                    CPPUNIT_ASSERT(std::isfinite(v));
            }
            CPPUNIT_ASSERT(damaged >= 8 && damaged <= 15); // frames of 0.2 s, warped up to 0.27 s
        }
    }

    void frames_are_damaged_alike_in_pieces_of_any_size()
    {
        const auto s = small([](auto& p) {
            p.limit = 0;
            p.rates = { 0 };
        });
        auto x = noise<float>(9000);
        // many of them come before a frame of the samples between the first and the others is made
        for (std::size_t start = 500; start + 3000 < x.size(); start += 4000) {
            x[start] = not_a_number;
            for (std::size_t i = 0; i < 50; ++i)
                x[start + 1000 + 40 * i] = not_a_number;
        }
        const auto whole = rows_of(s, x);
        CPPUNIT_ASSERT(!whole.damaged[0]);
        const auto damaged =
            static_cast<std::size_t>(std::count(whole.damaged.begin(), whole.damaged.end(), true));
        CPPUNIT_ASSERT(damaged > whole.rows.size() / 4 && damaged < whole.rows.size() * 3 / 4);
        for (const std::size_t chunk : { 1, 100, 5000 })
            CPPUNIT_ASSERT(rows_of(s, x, chunk).damaged == whole.damaged);
    }

    void a_frame_with_samples_at_its_ends_alone_says_little()
    {
        auto x = noise<float>(3000);
        std::fill_n(x.begin() + 1500 - 85, 170, 0.0f); // frame 60 holds 200 samples about 1500
        const auto all = rows_of(small([](auto& s) { s.rates = { 0 }; }), x);
        const auto mean = [&](std::size_t p) {
            double sum = 0;
            for (const auto v : all.rows[p])
                sum += v;
            return sum;
        };
        const auto p = static_cast<std::size_t>(60 - all.numbers[0]);
        CPPUNIT_ASSERT(mean(p) < 0.1 * mean(p - 10));
        CPPUNIT_ASSERT(mean(p + 10) > 0.5 * mean(p - 10));
    }

    void knocks_are_clipped_at_six_medians()
    {
        sample_limiter<double> limiter(100, 6);
        std::vector<double> x, y;
        for (int i = 0; i < 1000; ++i)
            x.push_back(5 + (i % 2 ? 1 : -1)); // |x - mean| = 1
        x[450] = 100;
        x[451] = -100;
        limiter.push(x.data(), x.size(), [&](const double* some, std::size_t count) {
            y.insert(y.end(), some, some + count);
        });
        CPPUNIT_ASSERT_EQUAL(x.size(), y.size());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(11, y[450], 1e-9);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-1, y[451], 1e-9);
        x[450] = x[451] = y[450] = y[451] = 0;
        CPPUNIT_ASSERT(x == y);
    }

    void short_and_silent_signals_are_no_trouble()
    {
        for (const std::size_t count : { 0, 1, 2, 150 })
            CPPUNIT_ASSERT(rows_of(small(), noise<float>(count)).rows.empty());
        const auto silent = rows_of(small(), std::vector<double>(2000, 3.0));
        for (std::size_t p = 0; p < silent.rows.size(); ++p)
            for (const auto v : silent.rows[p]) // the first and last frames hold a step
                CPPUNIT_ASSERT(p < 10 || p + 10 > silent.rows.size() ? std::isfinite(v) : v == 0);
        CPPUNIT_ASSERT(silent.rows.size() > 40);
    }

    void what_is_wrong_is_refused()
    {
        const auto refused = [](const char* message, auto change) {
            qa::assert_refused(message, [&] { warped_rows<float> rows(small(change)); });
        };
        refused("samp_rate: 0: must be positive, at most 1e12 Hz",
                [](auto& s) { s.samp_rate = 0; });
        refused("f_top: 600: must be positive, at most samp_rate / 2 = 500 Hz",
                [](auto& s) { s.f_top = 600; });
        refused(
            "samp_rate: 53000000: must be at most 2^19 times the highest frequency, 100 Hz: the "
            "filter before the rows would hold too many samples",
            [](auto& s) {
                s.samp_rate = 5.3e7;
                s.f_top = 100;
            });
        refused("duration: -1: must be positive, at most 1e6 s", [](auto& s) { s.duration = -1; });
        refused("hop: 0.3: must be 0 .. duration, 0.2 s", [](auto& s) { s.hop = 0.3; });
        refused("rates: (0, 5): must be at most 0.9 / duration = 4.5 1/s", [](auto& s) {
            s.rates = { 0, 5 };
        });
        refused("rates: (1, 0): must ascend", [](auto& s) { s.rates = { 1, 0 }; });
        refused("whiten: 0: must be positive, at most 1e12 Hz", [](auto& s) { s.whiten = 0; });
        refused("limit: 0.5: must be 0, or 1 .. 1e6", [](auto& s) { s.limit = 0.5; });
        refused("samp_rate: nan: must be positive, at most 1e12 Hz",
                [](auto& s) { s.samp_rate = NAN; });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_warped_rows);
