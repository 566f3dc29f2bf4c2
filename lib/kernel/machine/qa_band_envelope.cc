/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/machine/band_envelope.h>
#include <limits>

using namespace gr::stft::kernel;

namespace {

band_envelope_settings settings_of(std::size_t n_fft, std::size_t constant, double clip = 12)
{
    band_envelope_settings s;
    s.n_fft = n_fft;
    s.samp_rate = 16000;
    s.f_min = 1000;
    s.constant = constant;
    s.clip = clip;
    return s;
}

//! Rows of noise, each bin with a level of its own, some of them bursts.
template <class R>
std::vector<R> rows_of(std::size_t count, std::size_t bins, double gain = 1)
{
    std::minstd_rand random(3);
    std::exponential_distribution<double> noise(1);
    std::vector<R> rows(count * bins);
    for (std::size_t p = 0; p < count; ++p)
        for (std::size_t m = 0; m < bins; ++m)
            rows[p * bins + m] = static_cast<R>(
                gain * noise(random) * static_cast<double>(1 + m * m) * (p % 37 == 5 ? 40 : 1));
    return rows;
}

template <class R>
std::vector<R> envelope_of(const band_envelope_settings& s, const std::vector<R>& rows)
{
    std::vector<R> e(rows.size() / s.bins());
    band_envelope<R>(s).add(rows.data(), e.size(), e.data());
    return e;
}

template <class R>
std::vector<R> record_of(const band_envelope_settings& s, const std::vector<R>& rows)
{
    std::vector<R> e(rows.size() / s.bins());
    record_envelope<R> record(s);
    record.learn(rows.data(), e.size());
    record.add(rows.data(), e.size(), e.data());
    record.limit(e.data(), e.size());
    return e;
}

//! The definition, bin by bin.
template <class R>
std::vector<double> plain_envelope(const band_envelope_settings& s, const std::vector<R>& rows)
{
    const auto count = rows.size() / s.bins();
    std::vector<double> e(count, 0), means(s.bins(), 0);
    double median = 0;
    for (std::size_t p = 0; p < count; ++p) {
        double sum = 0, used = 0;
        const double weight = 1.0 / static_cast<double>(std::min(p + 1, s.constant));
        for (std::size_t m = 0; m < s.bins(); ++m) {
            const auto hertz = static_cast<double>(m) * s.samp_rate / static_cast<double>(s.n_fft);
            if (hertz < s.f_min || (s.f_max > 0 && hertz > s.f_max))
                continue;
            const auto power = static_cast<double>(rows[p * s.bins() + m]);
            if (p == 0)
                means[m] = power;
            sum += power / means[m];
            ++used;
            means[m] += weight * (std::min(power, 16 * means[m]) - means[m]);
        }
        e[p] = sum / used - 1;
        const auto step = 1 + std::max(1.0 / 64, weight);
        median = median > 0 ? median : std::abs(e[p]);
        median *= std::abs(e[p]) > median ? step : 1 / step;
        if (s.clip > 0)
            e[p] = std::clamp(e[p], -s.clip * median, s.clip * median);
    }
    return e;
}

template <class R>
std::vector<double> plain_record(const band_envelope_settings& s, const std::vector<R>& rows)
{
    const auto count = rows.size() / s.bins();
    std::vector<double> e(count, 0);
    double used = 0;
    for (std::size_t m = 0; m < s.bins(); ++m) {
        const auto hertz = static_cast<double>(m) * s.samp_rate / static_cast<double>(s.n_fft);
        if (hertz < s.f_min || (s.f_max > 0 && hertz > s.f_max))
            continue;
        ++used;
        double mean = 0;
        for (std::size_t p = 0; p < count; ++p)
            mean += static_cast<double>(rows[p * s.bins() + m]) / static_cast<double>(count);
        for (std::size_t p = 0; p < count; ++p)
            e[p] += static_cast<double>(rows[p * s.bins() + m]) / mean;
    }
    std::vector<double> magnitudes;
    for (auto& each : e) {
        each = each / used - 1;
        magnitudes.push_back(std::abs(each));
    }
    std::sort(magnitudes.begin(), magnitudes.end());
    const auto bound = s.clip * magnitudes[count / 2];
    for (auto& each : e)
        each = s.clip > 0 ? std::clamp(each, -bound, bound) : each;
    return e;
}

template <class R>
void assert_near(const std::vector<double>& expected, const std::vector<R>& found)
{
    CPPUNIT_ASSERT_EQUAL(expected.size(), found.size());
    for (std::size_t p = 0; p < found.size(); ++p) {
        const qa::context here("sample", p);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(expected[p],
                                     static_cast<double>(found[p]),
                                     (std::is_same_v<R, float> ? 2e-4 : 1e-10) *
                                         (1 + std::abs(expected[p])));
    }
}

template <class F>
void for_real_types(F f)
{
    qa::for_type<float>(f);
    qa::for_type<double>(f);
}

} // namespace

//! The envelope of a whitened band.
class qa_band_envelope : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_band_envelope);
    CPPUNIT_TEST(a_stream_has_the_envelope_of_the_definition);
    CPPUNIT_TEST(a_record_has_the_envelope_of_the_definition);
    CPPUNIT_TEST(any_split_gives_the_same_bits);
    CPPUNIT_TEST(a_row_without_signal_is_zero_and_leaves_the_others_alone);
    CPPUNIT_TEST(a_gain_changes_nothing);
    CPPUNIT_TEST(a_knock_is_clipped_and_soon_forgotten);
    CPPUNIT_TEST(a_step_of_the_level_is_followed);
    CPPUNIT_TEST(a_silent_half_of_a_record_does_not_clip_the_other);
    CPPUNIT_TEST(the_band_begins_at_1_kHz_or_an_eighth_of_the_rate);
    CPPUNIT_TEST(bad_settings_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void a_stream_has_the_envelope_of_the_definition()
    {
        for_real_types([](auto zero) {
            using R = decltype(zero);
            for (const std::size_t n_fft : { 16, 63, 64, 1000 })
                for (const std::size_t constant : { 1, 7, 100 })
                    for (const double clip : { 0.0, 3.0 }) {
                        const qa::context length("n_fft", n_fft);
                        const qa::context rows("constant", constant);
                        const auto s = settings_of(n_fft, constant, clip);
                        const auto power = rows_of<R>(300, s.bins());
                        assert_near(plain_envelope(s, power), envelope_of(s, power));
                    }
        });
    }

    void a_record_has_the_envelope_of_the_definition()
    {
        for_real_types([](auto zero) {
            using R = decltype(zero);
            for (const std::size_t count : { 1, 2, 301 })
                for (const double f_max : { 0.0, 5000.0 }) {
                    const qa::context here("rows", count);
                    auto s = settings_of(64, 1, 3);
                    s.f_max = f_max;
                    const auto power = rows_of<R>(count, s.bins());
                    assert_near(plain_record(s, power), record_of(s, power));
                }
        });
    }

    void any_split_gives_the_same_bits()
    {
        const auto s = settings_of(66, 50);
        const auto rows = rows_of<float>(400, s.bins());
        const auto whole = envelope_of(s, rows);
        std::vector<float> pieces(400);
        band_envelope<float> stream(s);
        for (std::size_t p = 0, size = 0; p < 400; p += size, size = (size * 5 + 1) % 23) {
            size = std::min<std::size_t>(size, 400 - p);
            stream.add(rows.data() + p * s.bins(), size, pieces.data() + p);
        }
        CPPUNIT_ASSERT(whole == pieces);
        record_envelope<float> record(s);
        for (std::size_t p = 0; p < 400; p += 8)
            record.learn(rows.data() + p * s.bins(), 8);
        for (std::size_t p = 0; p < 400; p += 5)
            record.add(rows.data() + p * s.bins(), 5, pieces.data() + p);
        record.limit(pieces.data(), 400);
        CPPUNIT_ASSERT(record_of(s, rows) == pieces);
    }

    void a_row_without_signal_is_zero_and_leaves_the_others_alone()
    {
        const auto s = settings_of(64, 50);
        const auto rows = rows_of<float>(100, s.bins());
        const auto stream = envelope_of(s, rows), record = record_of(s, rows);
        for (const float bad : { 0.0f,
                                 std::numeric_limits<float>::quiet_NaN(),
                                 std::numeric_limits<float>::infinity() })
            for (const std::size_t at : { 0, 40, 100 }) {
                const qa::context here("row", at);
                auto damaged = rows;
                const std::vector<float> row(s.bins(), bad);
                damaged.insert(damaged.begin() + static_cast<std::ptrdiff_t>(at * s.bins()),
                               row.begin(),
                               row.end());
                for (auto [found, whole] : { std::pair(envelope_of(s, damaged), stream),
                                             std::pair(record_of(s, damaged), record) }) {
                    CPPUNIT_ASSERT_EQUAL(0.0f, found[at]);
                    found.erase(found.begin() + static_cast<std::ptrdiff_t>(at));
                    CPPUNIT_ASSERT(found == whole);
                }
            }
    }

    void a_gain_changes_nothing()
    {
        const auto s = settings_of(64, 50);
        for (const double gain : { 1e-12, 1e12 }) { // of power
            const qa::context here("gain", gain);
            const auto plain = envelope_of(s, rows_of<float>(200, s.bins()));
            const auto louder = envelope_of(s, rows_of<float>(200, s.bins(), gain));
            const auto record = record_of(s, rows_of<float>(200, s.bins()));
            const auto louder_record = record_of(s, rows_of<float>(200, s.bins(), gain));
            for (std::size_t p = 0; p < plain.size(); ++p) {
                CPPUNIT_ASSERT_DOUBLES_EQUAL(plain[p], louder[p], 1e-3);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(record[p], louder_record[p], 1e-3);
            }
        }
    }

    void a_knock_is_clipped_and_soon_forgotten()
    {
        const auto s = settings_of(64, 500);
        std::minstd_rand random(3);
        std::exponential_distribution<double> noise(1);
        std::vector<double> rows(3000 * s.bins());
        for (auto& each : rows)
            each = noise(random);
        const auto before = envelope_of(s, rows);
        for (std::size_t m = 0; m < s.bins(); ++m)
            rows[2000 * s.bins() + m] *= 1e6;
        const auto after = envelope_of(s, rows);
        CPPUNIT_ASSERT(after[2000] > 0.5 && after[2000] < 3); // 12 medians of about 0.13
        for (std::size_t p = 2001; p < 3000; ++p)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(before[p], after[p], 0.05);
    }

    void a_step_of_the_level_is_followed()
    {
        const auto s = settings_of(64, 500);
        std::vector<float> rows(8000 * s.bins(), 1.0f);
        std::fill(rows.begin() + static_cast<std::ptrdiff_t>(1000 * s.bins()), rows.end(), 1e6f);
        const auto e = envelope_of(s, rows);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, e[999], 1e-6);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, e.back(), 1e-3);
    }

    void a_silent_half_of_a_record_does_not_clip_the_other()
    {
        const auto s = settings_of(64, 1);
        auto rows = rows_of<float>(100, s.bins());
        const auto loud = record_of(s, rows);
        rows.resize(300 * s.bins(), 0.0f);
        auto found = record_of(s, rows);
        found.resize(100);
        CPPUNIT_ASSERT(found == loud);
    }

    void the_band_begins_at_1_kHz_or_an_eighth_of_the_rate()
    {
        for (const double rate : { 1.0, 4096.0, 8000.0, 51200.0 }) {
            const qa::context here("rate", rate);
            band_envelope_settings s;
            s.samp_rate = rate;
            CPPUNIT_ASSERT_EQUAL(rate < 8000 ? rate / 8 : 1000.0, s.lower());
            CPPUNIT_ASSERT_EQUAL(s.first() + s.count(), s.bins());
            s.check();
        }
    }

    void bad_settings_are_refused()
    {
        const auto refused = [](const char* name, auto change) {
            auto s = settings_of(64, 100);
            change(s);
            const qa::context here("parameter", name);
            try {
                band_envelope<float> made(s);
            } catch (const std::invalid_argument& e) {
                CPPUNIT_ASSERT_EQUAL(std::string(name) + ":",
                                     std::string(e.what()).substr(0, std::string(name).size() + 1));
                return;
            }
            CPPUNIT_FAIL("not refused");
        };
        refused("n_fft", [](auto& s) { s.n_fft = 3; });
        refused("samp_rate", [](auto& s) { s.samp_rate = 0; });
        refused("samp_rate", [](auto& s) { s.samp_rate = NAN; });
        refused("f_min", [](auto& s) { s.f_min = 8000; });
        refused("f_min", [](auto& s) { s.f_min = NAN; });
        refused("f_max", [](auto& s) { s.f_max = 900; });
        refused("f_max", [](auto& s) { s.f_max = 8001; });
        refused("f_min", [](auto& s) { s.f_min = 1001, s.f_max = 1250; });
        refused("constant", [](auto& s) { s.constant = 0; });
        refused("clip", [](auto& s) { s.clip = 0.5; });
        refused("clip", [](auto& s) { s.clip = NAN; });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_band_envelope);
