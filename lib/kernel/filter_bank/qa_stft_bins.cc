/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>
#include <cstring>
#include <limits>

using namespace gr::stft::kernel;
using qa::value;
using qa::values;

namespace {

const bins_method methods[]{ bins_method::sliding, bins_method::direct, bins_method::fft };
const std::vector<phase_reference> phases{ "start",
                                           "centre",
                                           "absolute",
                                           phase_reference::fixed(-5) };
const std::int64_t far = std::int64_t(1) << 40;

bins_parameters
shaped(const qa::shape& s, const phase_reference& phase, const window& w = "hamming")
{
    bins_parameters p;
    p.n_fft = s.n_fft;
    p.hop = s.hop;
    p.window = w;
    p.win_length = s.win_length;
    p.phase = phase;
    return p;
}

//! Some whole bins of n_fft, in no order, one of them twice if there are few.
std::vector<double> whole_bins(std::size_t n_fft, std::size_t count = 5)
{
    std::vector<double> bins;
    for (std::size_t j = 0; j < count; ++j)
        bins.push_back(static_cast<double>((3 * count - 2 * j) % (n_fft / 2 + 1)));
    return bins;
}

//! X[k] = sum_m frame[m] conj(w[m]) exp(-2j pi k (m - r) / n_fft), k any real number
values plain_sum(const values& frame, const values& taps, std::int64_t r, const bins_parameters& p)
{
    values row;
    for (const auto bin : p.bins) {
        value sum = 0;
        const double whole = std::floor(bin);
        // the rest is an integer in units of 2^-digits, but for what 2^-90 samples cannot matter
        int exponent = 0;
        std::frexp(bin - whole, &exponent);
        const int digits = std::min(53 - exponent, 90);
        const auto fraction = static_cast<std::int64_t>(std::ldexp(bin - whole, digits));
        const auto one_cycle = static_cast<__int128>(p.n_fft) << digits;
        for (std::size_t m = 0; m < taps.size(); ++m) {
            const auto from_r = static_cast<std::int64_t>(m) - r;
            const auto cycles =
                static_cast<long double>(static_cast<__int128>(fraction) * from_r % one_cycle) /
                static_cast<long double>(one_cycle);
            const long double angle = -2 * 3.14159265358979323846264338327950288L * cycles;
            sum +=
                frame[m] * std::conj(taps[m]) *
                qa::twiddle(static_cast<std::int64_t>(whole), from_r, p.n_fft) *
                value(static_cast<double>(std::cos(angle)), static_cast<double>(std::sin(angle)));
        }
        row.push_back(sum);
    }
    return row;
}

template <class T>
values plain_rows(const bins_parameters& p,
                  const std::vector<T>& x,
                  const std::vector<std::int64_t>& starts)
{
    const auto taps = p.taps();
    values rows;
    for (const auto start : starts) {
        const auto r = qa::counted_from(p.phase, start, taps.size());
        const auto row = plain_sum(qa::excerpt(qa::exactly(x), start, taps.size()), taps, r, p);
        rows.insert(rows.end(), row.begin(), row.end());
    }
    return rows;
}

template <class T>
std::vector<std::complex<real_t<T>>> rows_of(const bins_parameters& p,
                                             bins_method method,
                                             const std::vector<T>& x,
                                             std::int64_t first,
                                             std::size_t frames)
{
    stft_bins<T> transform(p, method);
    std::vector<std::complex<real_t<T>>> rows(frames * p.bins.size());
    transform.analyse(x.data(), static_cast<std::int64_t>(x.size()), first, frames, rows.data());
    return rows;
}

template <class V>
bool same_bits(const V* a, const V* b, std::size_t count)
{
    return std::memcmp(a, b, count * sizeof(V)) == 0;
}

//! A signal that goes on for ever, by its sample's number.
float endless(std::int64_t n)
{
    const auto hash = static_cast<std::uint64_t>(n) * 0x9E3779B97F4A7C15u;
    return static_cast<float>(static_cast<double>(hash >> 40) / (1 << 23) - 1);
}

} // namespace

class qa_stft_bins : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_stft_bins);
    CPPUNIT_TEST(each_method_is_the_plain_sum);
    CPPUNIT_TEST(bins_between_bins_are_the_plain_sum);
    CPPUNIT_TEST(windows_of_one_to_five_cosines_slide);
    CPPUNIT_TEST(rows_by_fft_are_rows_of_the_stft_to_the_bit);
    CPPUNIT_TEST(any_split_and_any_hop_give_the_same_bits);
    CPPUNIT_TEST(a_signal_that_begins_where_another_ended_is_another);
    CPPUNIT_TEST(long_windows_are_taken_up_where_steps_begin);
    CPPUNIT_TEST(errors_do_not_grow_with_the_stream);
    CPPUNIT_TEST(a_large_sample_leaves_no_trace);
    CPPUNIT_TEST(not_a_number_stays_in_its_frames);
    CPPUNIT_TEST(scaling_is_that_of_the_stft);
    CPPUNIT_TEST(the_cheapest_method_is_taken);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void each_method_is_the_plain_sum()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& s : qa::shapes)
                for (const auto& phase : phases) {
                    auto p = shaped(s, phase);
                    p.bins = whole_bins(s.n_fft);
                    if (!is_real_v<T>)
                        p.bins[0] = -static_cast<double>(s.n_fft / 2);
                    const auto x = qa::noise<T>(s.length);
                    const auto first = -static_cast<std::int64_t>(s.win_length) - 1;
                    const auto frames = (s.length + s.win_length) / s.hop + 3; // past both ends
                    const auto plain = plain_rows(p, x, qa::regular(first, s.hop, frames));
                    for (const auto method : methods)
                        qa::assert_near(plain,
                                        rows_of(p, method, x, first, frames),
                                        qa::limit<T>,
                                        s.text() + ", " + name_of(method) + ", " + phase.name());
                }
        });
    }

    void bins_between_bins_are_the_plain_sum()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& s : qa::shapes)
                for (const auto& phase : phases) {
                    auto p = shaped(s, phase);
                    const double half = static_cast<double>(s.n_fft) / 2;
                    p.bins = { half, 0.3 * half, 1e-9 * half, 0.7071067811865476 * half };
                    if (!is_real_v<T>)
                        p.bins.insert(p.bins.end(), { -0.77 * half, 1.9 * half, -1e-300, -half });
                    const auto x = qa::noise<T>(s.length);
                    const auto frames = s.length / s.hop + 1;
                    const auto plain = plain_rows(p, x, qa::regular(-2, s.hop, frames));
                    for (const auto method : { bins_method::sliding, bins_method::direct })
                        qa::assert_near(plain,
                                        rows_of(p, method, x, -2, frames),
                                        qa::limit<T>,
                                        s.text() + ", " + name_of(method) + ", " + phase.name());
                }
        });
    }

    void windows_of_one_to_five_cosines_slide()
    {
        for (const auto& w : { window("boxcar"),
                               window("hann"),
                               window("general_hamming", { 0.7 }),
                               window("blackman"),
                               window("nuttall"),
                               window("blackmanharris"),
                               window("flattop"),
                               window("general_cosine", { 0.1, 0.2, 0.3, 0.25 }) })
            for (const std::size_t length : { 1, 2, 7, 16, 31, 64 }) {
                auto p = shaped({ 150, length, 64, 1 }, "centre", w);
                p.bins = { 0, 3, 17.5, 32 };
                const auto x = qa::noise<value>(150);
                qa::assert_near(plain_rows(p, x, qa::regular(-3, 1, 140)),
                                rows_of(p, bins_method::sliding, x, -3, 140),
                                1e-13,
                                w.description());
            }
    }

    void rows_by_fft_are_rows_of_the_stft_to_the_bit()
    {
        for (const auto& s : qa::shapes) {
            const qa::context in_s("s", s);
            auto p = shaped(s, "absolute");
            p.bins = whole_bins(s.n_fft);
            const auto x = qa::noise<float>(s.length);
            const auto rows = rows_of(p, bins_method::fft, x, -3, 9);
            stft<float> transform(p);
            std::vector<std::complex<float>> spectra(9 * transform.bins());
            transform.analyse(x.data(), static_cast<std::int64_t>(x.size()), -3, 9, spectra.data());
            for (std::size_t i = 0; i < rows.size(); ++i) {
                const qa::context in_i("i", i);
                const auto bin = static_cast<std::size_t>(p.bins[i % p.bins.size()]);
                CPPUNIT_ASSERT(rows[i] == spectra[i / p.bins.size() * transform.bins() + bin]);
            }
        }
    }

    void any_split_and_any_hop_give_the_same_bits()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const std::size_t win_length : { 1, 2, 13, 32 })
                for (const std::size_t count : { 1, 2, 3, 8, 11 })
                    for (const auto& phase : phases)
                        for (const auto method : methods) {
                            const qa::shape s{ 200, win_length, 40, 1 };
                            auto p = shaped(s, phase, "blackman");
                            p.bins = whole_bins(40, count);
                            const auto x = qa::noise<T>(s.length);
                            const auto every = rows_of(p, method, x, 0, s.length - win_length);
                            for (const std::size_t hop : { 1, 2, 5, 31, 33, 50 }) {
                                p.hop = hop;
                                stft_bins<T> transform(p, method);
                                std::vector<std::complex<real_t<T>>> row(count);
                                for (const std::size_t from :
                                     { 0, 3, 77 }) // begun at several samples
                                    for (auto n = from; n < s.length - win_length; n += hop) {
                                        const std::vector<T> frame(x.begin() + n,
                                                                   x.begin() + n + win_length);
                                        transform.run(frame.data(),
                                                      static_cast<std::int64_t>(n),
                                                      1,
                                                      row.data());
                                        CPPUNIT_ASSERT_MESSAGE(
                                            s.text() + ", " + name_of(method),
                                            same_bits(row.data(), every.data() + n * count, count));
                                    }
                            }
                        }
        });
    }

    void a_signal_that_begins_where_another_ended_is_another()
    {
        auto p = shaped({ 0, 16, 16, 1 }, "centre");
        p.bins = { 3 };
        const auto x = qa::noise<float>(100), y = qa::noise<float>(100, 2);
        stft_bins<float> transform(p, bins_method::sliding);
        std::vector<std::complex<float>> rows(20);
        transform.analyse(x.data(), 100, 3, 20, rows.data());
        transform.analyse(y.data(), 100, 23, 20, rows.data());
        CPPUNIT_ASSERT(rows == rows_of(p, bins_method::sliding, y, 23, 20));
    }

    void long_windows_are_taken_up_where_steps_begin()
    {
        for (const std::size_t win_length : { 1023, 1024, 1025, 2048, 3000, 5000 })
            for (const std::size_t hop : { 1, 7, 1024, 1500 }) {
                auto p = shaped({ 0, win_length, win_length, hop }, "centre", "hann");
                p.bins = { 5, 77.25 };
                const auto x = qa::noise<double>(3 * win_length);
                const auto frames = 2 * win_length / hop;
                const auto rows = rows_of(p, bins_method::sliding, x, 1, frames);
                for (std::size_t f = 0; f < frames; f += 1 + frames / 23) {
                    const auto start = static_cast<std::int64_t>(1 + f * hop);
                    const std::vector<std::complex<double>> row(
                        rows.begin() + static_cast<std::ptrdiff_t>(2 * f),
                        rows.begin() + static_cast<std::ptrdiff_t>(2 * f + 2));
                    qa::assert_near(
                        plain_rows(p, x, { start }), row, 1e-12, std::to_string(win_length));
                }
            }
    }

    void errors_do_not_grow_with_the_stream()
    {
        // what is summed depends on the samples' numbers alone: two stretches, near and far, stand for all between
        for (const auto& phase : phases)
            for (const auto begin :
                 { std::int64_t(0), std::int64_t(1000000000), far, far * 100000 }) {
                auto p = shaped({ 0, 100, 128, 1 }, phase, "hann");
                p.bins = { 1, 17, 20.123456789, 1.0 / 3e6 };
                std::vector<float> x;
                for (std::int64_t n = 0; n < 3000; ++n)
                    x.push_back(endless(begin + n));
                stft_bins<float> transform(p, bins_method::sliding);
                std::vector<std::complex<float>> row(4);
                for (std::int64_t n = 0; n < 2900; ++n) {
                    transform.run(x.data() + n, begin + n, 1, row.data());
                    if (n % 29)
                        continue;
                    const auto r = qa::counted_from(p.phase, begin + n, 100);
                    qa::assert_near(plain_sum(qa::excerpt(qa::exactly(x), n, 100), p.taps(), r, p),
                                    row,
                                    1e-6,
                                    phase.name() + " at " + std::to_string(begin + n));
                }
            }
    }

    void a_large_sample_leaves_no_trace()
    {
        auto p = shaped({ 400, 31, 32, 1 }, "centre", "hann");
        p.bins = { 2, 9.5 };
        auto x = qa::noise<float>(400);
        const auto clean = rows_of(p, bins_method::sliding, x, 0, 369);
        x[150] = 1e30f;
        const auto spoilt = rows_of(p, bins_method::sliding, x, 0, 369);
        for (std::size_t n = 0; n < 369; ++n) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT_EQUAL(n > 150 || n + 31 <= 150,
                                 same_bits(&clean[2 * n], &spoilt[2 * n], 2));
        }
    }

    void not_a_number_stays_in_its_frames()
    {
        for (const float bad :
             { std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity() }) {
            const qa::context in_bad("bad", bad);
            for (const auto method : methods) {
                const qa::context in_method("method", method);
                for (const std::size_t hop : { 1, 4 }) {
                    const qa::context in_hop("hop", hop);
                    auto p = shaped({ 300, 24, 32, hop }, "absolute", "hann");
                    p.bins = { 2, 9 };
                    auto x = qa::noise<float>(300);
                    const auto clean = rows_of(p, method, x, -24, 324 / hop);
                    x[150] = bad;
                    const auto spoilt = rows_of(p, method, x, -24, 324 / hop);
                    for (std::size_t i = 0; i < clean.size(); ++i) {
                        const qa::context in_i("i", i);
                        const auto start = static_cast<std::int64_t>(i / 2 * hop) - 24;
                        const bool inside = start <= 150 && 150 < start + 24;
                        CPPUNIT_ASSERT_EQUAL(inside, !std::isfinite(std::abs(spoilt[i])));
                        CPPUNIT_ASSERT_EQUAL(!inside, same_bits(&clean[i], &spoilt[i], 1));
                    }
                }
            }
        }
    }

    void scaling_is_that_of_the_stft()
    {
        for (const auto scale : { scaling::magnitude, scaling::psd, scaling::ortho })
            for (const auto method : methods) {
                auto p = shaped({ 100, 24, 32, 3 }, "centre", "hann");
                p.bins = { 0, 5 };
                p.samp_rate = 8;
                const auto x = qa::noise<double>(100);
                auto expected = plain_rows(p, x, qa::regular(0, 3, 20));
                p.scale = scale;
                for (auto& bin : expected)
                    bin *= gain(scale, p.taps(), 32, 8);
                qa::assert_near(expected, rows_of(p, method, x, 0, 20), 1e-13, name_of(scale));
            }
    }

    void the_cheapest_method_is_taken()
    {
        const auto taken =
            [](std::size_t n_fft, std::size_t hop, std::size_t count, const window& w = "hann") {
                auto p = shaped({ 0, 0, n_fft, hop }, "centre", w);
                p.bins = whole_bins(n_fft, count);
                return std::string(name_of(stft_bins<float>(p).method()));
            };
        CPPUNIT_ASSERT_EQUAL(std::string("sliding"), taken(1024, 1, 8));
        CPPUNIT_ASSERT_EQUAL(std::string("sliding"), taken(65536, 64, 8));
        CPPUNIT_ASSERT_EQUAL(std::string("fft"), taken(1024, 512, 400));
        CPPUNIT_ASSERT_EQUAL(std::string("direct"), taken(4096, 4096, 1));
        CPPUNIT_ASSERT_EQUAL(std::string("direct"), taken(1024, 1, 1, window("kaiser", { 8 })));
        CPPUNIT_ASSERT_EQUAL(std::string("fft"), taken(1024, 1, 100, window("kaiser", { 8 })));
    }

    void wrong_arguments_are_refused()
    {
        const auto refused = [](const std::string& message,
                                bins_parameters p,
                                std::vector<double> bins,
                                bool real = true,
                                bins_method method = bins_method::automatic) {
            p.bins = bins;
            qa::assert_refused(message, [&] {
                if (real)
                    stft_bins<float>(p, method);
                else
                    stft_bins<std::complex<float>>(p, method);
            });
        };
        const auto even = shaped({ 0, 8, 8, 1 }, "centre"), odd = shaped({ 0, 7, 7, 1 }, "centre");
        const double nan = std::numeric_limits<double>::quiet_NaN();
        refused("bins: none: must be one or more", even, {});
        refused("bins: -1: must be 0 .. n_fft / 2 = 4", even, { 3, -1 });
        refused("bins: 4.1: must be 0 .. n_fft / 2 = 4", even, { 4.1 });
        refused("bins: 4: must be 0 .. n_fft / 2 = 3.5", odd, { 3.5, 4 });
        refused("bins: nan: must be 0 .. n_fft / 2 = 4", even, { nan });
        refused(
            "bins: 8: must be -n_fft / 2 or more and below n_fft = 8", even, { 7.9, -4, 8 }, false);
        refused(
            "bins: -4.5: must be -n_fft / 2 or more and below n_fft = 8", even, { -4.5 }, false);
        refused("bins: nan: must be -n_fft / 2 or more and below n_fft = 8", even, { nan }, false);
        refused("hop: 0: must be 1 .. 2^40 samples", shaped({ 0, 8, 8, 0 }, "centre"), { 1 });
        refused("method: fft: needs whole bins", even, { 1.5 }, true, bins_method::fft);
        refused("method: sliding: needs a window by name that is a sum of at most 5 cosines, not "
                "bartlett",
                shaped({ 0, 8, 8, 1 }, "centre", "bartlett"),
                { 1 },
                true,
                bins_method::sliding);
        qa::assert_refused("method: quick: must be auto, sliding, direct or fft",
                           [] { bins_method_named("quick"); });
        auto ordered = even;
        ordered.sides = sides::centered;
        refused("sides: centered: must not be given: bins come in their own order",
                ordered,
                { 1 },
                false);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_stft_bins);
