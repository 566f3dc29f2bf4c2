/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/stft/averaged_rows.h>
#include <limits>

using namespace gr::stft::kernel;

namespace {

using row = std::vector<double>;

//! |sum_m w[m] x[s + m] exp(-2j pi k m / n)|^2 / (fs sum w^2), its bins in the order of the frequencies, inner bins of real
//! samples doubled.
template <class T>
row density(const std::vector<T>& x, std::size_t start, const parameters& p)
{
    const auto taps = p.taps();
    const auto n = static_cast<int>(p.n_fft);
    double energy = 0;
    for (const auto& w : taps)
        energy += std::norm(w);
    row result;
    const int first = is_real_v<T> ? 0 : -(n / 2), end = is_real_v<T> ? n / 2 + 1 : n - n / 2;
    for (int k = first; k < end; ++k) {
        std::complex<double> sum = 0;
        for (std::size_t m = 0; m < taps.size(); ++m)
            sum += std::conj(taps[m]) * std::complex<double>(x[start + m]) *
                   std::polar(1.0, -2 * qa::pi * k * static_cast<double>(m) / n);
        const bool inner = is_real_v<T> && k > 0 && 2 * k != n;
        result.push_back((inner ? 2 : 1) * std::norm(sum) / (p.samp_rate * energy));
    }
    return result;
}

struct known_row {
    std::int64_t first;
    std::uint64_t frames;
    row values;
};

//! Means of frames of x, each of `average` frames, the last one of those that are left.
template <class T>
std::vector<known_row>
means(const std::vector<T>& x, const parameters& p, std::uint64_t average, std::int64_t first)
{
    std::vector<known_row> rows;
    const auto length = p.window_length();
    for (std::size_t s = 0; s + length <= x.size(); s += p.hop) {
        const auto values = density(x, s, p);
        if (rows.empty() || rows.back().frames == average)
            rows.push_back({ first + static_cast<std::int64_t>(s), 0, row(values.size(), 0) });
        auto& last = rows.back();
        for (std::size_t k = 0; k < values.size(); ++k)
            last.values[k] += values[k];
        ++last.frames;
    }
    for (auto& each : rows)
        for (auto& value : each.values)
            value /= static_cast<double>(each.frames);
    return rows;
}

template <class T>
std::vector<known_row> taken(averaged_rows<T>& from, std::size_t which, std::size_t step)
{
    std::vector<known_row> rows;
    for (const auto& run : from.take(which))
        for (std::size_t at = 0; at < run.values.size(); at += from.bins())
            rows.push_back(
                { run.first + static_cast<std::int64_t>(at / from.bins() * step),
                  run.frames,
                  row(run.values.begin() + static_cast<std::ptrdiff_t>(at),
                      run.values.begin() + static_cast<std::ptrdiff_t>(at + from.bins())) });
    return rows;
}

void assert_same(const std::vector<known_row>& expected,
                 const std::vector<known_row>& got,
                 double error)
{
    CPPUNIT_ASSERT_EQUAL(expected.size(), got.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        const qa::context at("row", i);
        CPPUNIT_ASSERT_EQUAL(expected[i].first, got[i].first);
        CPPUNIT_ASSERT_EQUAL(expected[i].frames, got[i].frames);
        CPPUNIT_ASSERT_EQUAL(expected[i].values.size(), got[i].values.size());
        const auto most = *std::max_element(expected[i].values.begin(), expected[i].values.end());
        for (std::size_t k = 0; k < got[i].values.size(); ++k)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected[i].values[k], got[i].values[k], error * most);
    }
}

template <class F>
void for_both_types(F f)
{
    qa::for_type<float>(f);
    qa::for_type<std::complex<float>>(f);
}

} // namespace

class qa_averaged_rows : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_averaged_rows);
    CPPUNIT_TEST(rows_are_the_means_of_the_frames_densities);
    CPPUNIT_TEST(any_split_gives_the_same_bits);
    CPPUNIT_TEST(after_a_cut_frames_begin_again_and_samples_are_counted);
    CPPUNIT_TEST(few_samples_have_no_row);
    CPPUNIT_TEST(nan_stays_in_its_rows);
    CPPUNIT_TEST(what_cannot_be_is_refused);
    CPPUNIT_TEST_SUITE_END();

    void rows_are_the_means_of_the_frames_densities()
    {
        for_both_types([](auto zero) {
            using T = decltype(zero);
            for (const auto& shape : qa::shapes) {
                const auto text = shape.text();
                const qa::context at("shape", text);
                parameters p{ shape.n_fft, shape.hop };
                p.win_length = shape.win_length;
                p.samp_rate = 48e3;
                const auto x = qa::noise<T>(shape.length);
                const std::vector<std::uint64_t> averages{ 3, 1, 1000 };
                averaged_rows<T> rows(p, averages, std::int64_t(1) << 40);
                rows.add(x.data(), x.size());
                rows.cut();
                for (std::size_t which = 0; which < averages.size(); ++which)
                    assert_same(means(x, p, averages[which], std::int64_t(1) << 40),
                                taken(rows, which, shape.hop * averages[which]),
                                1e-5);
            }
        });
    }

    void any_split_gives_the_same_bits()
    {
        for_both_types([](auto zero) {
            using T = decltype(zero);
            const parameters p{ 64, 24 };
            const auto x = qa::noise<T>(5000);
            const auto values = [&](std::size_t most) {
                averaged_rows<T> rows(p, { 5, 2 });
                std::mt19937 random(3);
                std::vector<float> all;
                std::size_t length = 0;
                for (std::size_t at = 0; at < x.size(); at += length) {
                    length =
                        std::min<std::size_t>(most > 1 ? 1 + random() % most : 1, x.size() - at);
                    rows.add(x.data() + at, length);
                    if (at == 0 || random() % 3)
                        for (const auto& run : rows.take(0))
                            all.insert(all.end(), run.values.begin(), run.values.end());
                }
                rows.cut();
                for (const std::size_t which : { 0, 1 })
                    for (const auto& run : rows.take(which))
                        all.insert(all.end(), run.values.begin(), run.values.end());
                return all;
            };
            const auto at_once = values(5000);
            CPPUNIT_ASSERT(!at_once.empty());
            for (const std::size_t most : { 1, 7, 100, 1000 })
                CPPUNIT_ASSERT(at_once == values(most));
        });
    }

    void after_a_cut_frames_begin_again_and_samples_are_counted()
    {
        const parameters p{ 16, 8 };
        const auto x = qa::noise<float>(300), y = qa::noise<float>(200, 2);
        averaged_rows<float> rows(p, { 4 });
        rows.add(x.data(), x.size());
        CPPUNIT_ASSERT_EQUAL(std::int64_t(300), rows.samples());
        rows.cut(1000003);
        rows.add(y.data(), y.size());
        rows.cut();
        auto expected = means(x, p, 4, 0);
        for (const auto& each : means(y, p, 4, 1000303))
            expected.push_back(each);
        assert_same(expected, taken(rows, 0, 32), 1e-5);
        CPPUNIT_ASSERT(rows.take(0).empty());
        rows.cut();
        CPPUNIT_ASSERT(rows.take(0).empty());
    }

    void few_samples_have_no_row()
    {
        for (const std::size_t length : { 0, 1, 15 }) {
            const auto x = qa::noise<float>(length);
            averaged_rows<float> rows({ 16, 4 }, { 1, 9 });
            rows.add(x.data(), length);
            rows.cut();
            CPPUNIT_ASSERT(rows.take(0).empty() && rows.take(1).empty());
        }
    }

    void nan_stays_in_its_rows()
    {
        auto x = qa::noise<float>(400);
        x[200] = std::numeric_limits<float>::quiet_NaN();
        averaged_rows<float> rows({ 16, 16 }, { 1 });
        rows.add(x.data(), x.size());
        rows.cut();
        const auto got = taken(rows, 0, 16);
        CPPUNIT_ASSERT_EQUAL(std::size_t(25), got.size());
        for (const auto& each : got)
            for (const double value : each.values)
                CPPUNIT_ASSERT_EQUAL(each.first == 192, std::isnan(value));
    }

    void what_cannot_be_is_refused()
    {
        CPPUNIT_ASSERT_THROW(averaged_rows<float>({ 16, 4 }, {}), std::invalid_argument);
        CPPUNIT_ASSERT_THROW(averaged_rows<float>({ 16, 4 }, { 0 }), std::invalid_argument);
        CPPUNIT_ASSERT_THROW(averaged_rows<float>({ 0, 4 }, { 1 }), std::invalid_argument);
        averaged_rows<float> rows({ 16, 4 }, { 1 });
        CPPUNIT_ASSERT_THROW(rows.cut(-1), std::invalid_argument);
        CPPUNIT_ASSERT_THROW(rows.cut((std::int64_t(1) << 62) + 1), std::invalid_argument);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_averaged_rows);
