/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/denoise/column_medians.h"
#include "kernel/running_median.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/denoise/hpss.h>

using namespace gr::stft::kernel;
using qa::value;

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr double endless = std::numeric_limits<double>::infinity();

hpss_settings made(std::size_t n_fft, std::size_t time, std::size_t frequency, double power = 2)
{
    hpss_settings s;
    s.n_fft = n_fft;
    s.time_kernel = time;
    s.frequency_kernel = frequency;
    s.power = power;
    return s;
}

template <class T>
struct separated {
    std::vector<T> harmonic, percussive;
};

//! All frames, one after another. \param waits counts the calls of add() that give nothing
template <class T>
separated<T> through(hpss<T>& separate, const std::vector<T>& frames, std::size_t* waits = nullptr)
{
    const auto bins = separate.bins(), count = frames.size() / bins;
    separated<T> out{ std::vector<T>(frames.size()), std::vector<T>(frames.size()) };
    std::size_t given = 0, waited = 0;
    for (std::size_t p = 0; p < count; ++p) {
        const bool wrote = separate.add(frames.data() + p * bins,
                                        out.harmonic.data() + given * bins,
                                        out.percussive.data() + given * bins);
        given += wrote;
        waited += !wrote;
    }
    while (given < count) {
        CPPUNIT_ASSERT(separate.flush(out.harmonic.data() + given * bins,
                                      out.percussive.data() + given * bins));
        ++given;
    }
    std::vector<T> none(bins);
    CPPUNIT_ASSERT(!separate.flush(none.data(), none.data()));
    if (waits)
        *waits = waited;
    return out;
}

//! Index i of n values, mirrored (c b a | a b c) or modulo n.
std::size_t source(std::int64_t i, std::size_t n, bool circle)
{
    const auto size = static_cast<std::int64_t>(n);
    while (i < 0 || i >= size)
        i = circle ? (i < 0 ? i + size : i - size) : i < 0 ? -1 - i : 2 * size - 1 - i;
    return static_cast<std::size_t>(i);
}

double middle(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double plain_mask(double value, double other, double power, bool shares)
{
    if (std::isinf(power))
        return value > other;
    const double larger = std::max(value, other);
    if (larger == 0)
        return shares ? 0.5 : 0;
    const double a = std::pow(value / larger, power), b = std::pow(other / larger, power);
    return a / (a + b);
}

//! The definition, cell by cell.
separated<double> plain(const std::vector<double>& size, const hpss_settings& s)
{
    const auto bins = s.bins(), frames = size.size() / bins;
    const bool shares = s.margin_harmonic == 1 && s.margin_percussive == 1;
    separated<double> masks;
    for (std::size_t p = 0; p < frames; ++p)
        for (std::size_t k = 0; k < bins; ++k) {
            std::vector<double> over_time, over_bins;
            const auto t = static_cast<std::int64_t>(s.time_kernel / 2),
                       f = static_cast<std::int64_t>(s.frequency_kernel / 2);
            for (auto i = -t; i <= t; ++i)
                over_time.push_back(
                    size[source(static_cast<std::int64_t>(p) + i, frames, false) * bins + k]);
            for (auto i = -f; i <= f; ++i)
                over_bins.push_back(size[p * bins + source(static_cast<std::int64_t>(k) + i,
                                                           bins,
                                                           s.sides != sides::onesided)]);
            const auto h = middle(over_time), c = middle(over_bins);
            masks.harmonic.push_back(plain_mask(h, s.margin_harmonic * c, s.power, shares));
            masks.percussive.push_back(plain_mask(c, s.margin_percussive * h, s.power, shares));
        }
    return masks;
}

template <class T>
std::vector<double> sizes(const std::vector<T>& frames)
{
    std::vector<double> result;
    for (const auto& each : frames)
        result.push_back(static_cast<double>(std::abs(each)));
    return result;
}

template <class T>
void assert_plain(const std::vector<T>& frames, const hpss_settings& s)
{
    hpss<T> separate(s);
    const auto found = through(separate, frames);
    const auto masks = plain(sizes(frames), s);
    const double limit = std::is_same_v<real_t<T>, float> ? 1e-6 : 1e-13;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const value x(frames[i]);
        CPPUNIT_ASSERT(std::abs(value(found.harmonic[i]) - x * masks.harmonic[i]) <= limit);
        CPPUNIT_ASSERT(std::abs(value(found.percussive[i]) - x * masks.percussive[i]) <= limit);
    }
}

} // namespace

//! Separation by medians.
class qa_hpss : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_hpss);
    CPPUNIT_TEST(masks_are_those_of_plain_medians);
    CPPUNIT_TEST(short_streams_and_small_spectra_are_mirrored_as_often_as_needed);
    CPPUNIT_TEST(powers_margins_and_sides);
    CPPUNIT_TEST(columns_have_the_medians_of_their_last_rows);
    CPPUNIT_TEST(medians_of_doubles_are_exact);
    CPPUNIT_TEST(results_are_late_by_half_the_kernel_and_no_more);
    CPPUNIT_TEST(a_line_is_harmonic_and_a_knock_percussive);
    CPPUNIT_TEST(without_margins_parts_add_up);
    CPPUNIT_TEST(silence_is_shared);
    CPPUNIT_TEST(what_is_not_finite_stays_in_its_cell);
    CPPUNIT_TEST(a_gain_passes);
    CPPUNIT_TEST(masks_come_out_where_they_are_asked_for);
    CPPUNIT_TEST(reset_forgets_and_change_keeps);
    CPPUNIT_TEST(what_is_wrong_is_refused_by_name);
    CPPUNIT_TEST_SUITE_END();

    void masks_are_those_of_plain_medians()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const std::size_t time : { 1, 3, 17 })
                for (const std::size_t frequency : { 1, 5, 9 }) {
                    const qa::context in_time("time", time);
                    const qa::context in_frequency("frequency", frequency);
                    const auto s = made(32, time, frequency);
                    assert_plain(qa::noise<T>(40 * s.bins(), 3), s);
                }
        });
        const auto wide = made(1400, 5, 31); // more bins than are looked at at once
        assert_plain(qa::noise<float>(9 * wide.bins(), 4), wide);
    }

    void short_streams_and_small_spectra_are_mirrored_as_often_as_needed()
    {
        for (const std::size_t frames : { 0, 1, 2, 3, 5, 8, 9, 10 })
            for (const std::size_t n_fft : { 1, 2, 4, 7 }) {
                const qa::context in_frames("frames", frames);
                const qa::context in_n_fft("n_fft", n_fft);
                const auto s = made(n_fft, 17, 15);
                assert_plain(qa::noise<std::complex<double>>(frames * s.bins(), 5), s);
            }
    }

    void powers_margins_and_sides()
    {
        for (const double power : { 1.0, 2.0, 1.5, 10.0, endless })
            for (const double harmonic : { 1.0, 1.7 })
                for (const double percussive : { 1.0, 3.0 })
                    for (const auto which : { sides::onesided, sides::twosided, sides::centered }) {
                        const qa::context in_power("power", power);
                        const qa::context in_sides("sides", name_of(which));
                        auto s = made(8, 5, 7, power);
                        s.margin_harmonic = harmonic;
                        s.margin_percussive = percussive;
                        s.sides = which;
                        assert_plain(qa::noise<std::complex<double>>(30 * s.bins(), 6), s);
                    }
    }

    void columns_have_the_medians_of_their_last_rows()
    {
        for (const std::size_t rows : { 1, 3, 31 })
            for (const std::size_t bins : { 1, 255, 256, 257, 600 }) {
                const qa::context in_rows("rows", rows);
                const qa::context in_bins("bins", bins);
                column_medians<float> columns(bins, rows);
                auto values = qa::noise<float>(bins * 3 * rows, 8);
                for (auto& each : values) // many are equal
                    each = std::round(std::abs(each) * 20);
                for (std::size_t p = 0; p < 3 * rows; ++p) {
                    columns.replace(p < rows ? nullptr : values.data() + (p - rows) * bins,
                                    values.data() + p * bins);
                    if (p + 1 < rows)
                        continue;
                    for (std::size_t b = 0; b < bins; ++b) {
                        std::vector<double> last;
                        for (auto i = p + 1 - rows; i <= p; ++i)
                            last.push_back(values[i * bins + b]);
                        CPPUNIT_ASSERT_EQUAL(middle(last),
                                             static_cast<double>(columns.medians()[b]));
                    }
                }
            }
    }

    void medians_of_doubles_are_exact()
    {
        running_median_of<double> medians;
        auto values = qa::noise<double>(300, 9);
        for (auto& each : values)
            each = std::exp2(900 * each);
        values[7] = values[90] = 0;
        std::vector<double> found;
        for (const std::size_t width : { 1, 3, 63, 129 }) {
            medians.run(values, width, found);
            for (std::size_t i = 0; i + width <= values.size(); ++i)
                CPPUNIT_ASSERT_EQUAL(
                    middle({ values.begin() + static_cast<std::ptrdiff_t>(i),
                             values.begin() + static_cast<std::ptrdiff_t>(i + width) }),
                    found[i]);
        }
    }

    void results_are_late_by_half_the_kernel_and_no_more()
    {
        for (const std::size_t time : { 1, 3, 31 }) {
            const auto s = made(8, time, 3);
            CPPUNIT_ASSERT_EQUAL(time / 2, s.delay());
            hpss<float> separate(s);
            std::size_t waits = 0;
            through(separate, qa::noise<float>(50 * s.bins()), &waits);
            CPPUNIT_ASSERT_EQUAL(time / 2, waits);
        }
    }

    void a_line_is_harmonic_and_a_knock_percussive()
    {
        const auto s = made(128, 17, 17);
        std::vector<float> frames(60 * s.bins(), 0.01f);
        for (std::size_t p = 0; p < 60; ++p)
            frames[p * s.bins() + 20] = 1;
        for (std::size_t k = 0; k < s.bins(); ++k)
            frames[30 * s.bins() + k] = k == 20 ? 1 : 0.5f;
        hpss<float> separate(s);
        const auto found = through(separate, frames);
        for (std::size_t p = 0; p < 60; ++p)
            if (p != 30)
                CPPUNIT_ASSERT(found.harmonic[p * s.bins() + 20] > 0.999f);
        for (std::size_t k = 0; k < s.bins(); ++k)
            if (k != 20)
                CPPUNIT_ASSERT(found.percussive[30 * s.bins() + k] > 0.499f);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.8, found.harmonic[30 * s.bins() + 20], 1e-6); // 1 : 1/4
    }

    void without_margins_parts_add_up()
    {
        const auto s = made(64, 9, 9);
        hpss<std::complex<float>> separate(s);
        const auto x = qa::noise<std::complex<float>>(50 * s.bins());
        const auto found = through(separate, x);
        for (std::size_t i = 0; i < x.size(); ++i)
            CPPUNIT_ASSERT(std::abs(found.harmonic[i] + found.percussive[i] - x[i]) < 3e-7);
    }

    void silence_is_shared()
    {
        auto s = made(8, 3, 3);
        std::vector<double> frames(5 * s.bins());
        frames[2 * s.bins() + 2] = 4; // alone, both of its medians are 0
        hpss<double> alike(s);
        CPPUNIT_ASSERT_EQUAL(2.0, through(alike, frames).harmonic[2 * s.bins() + 2]);
        for (const double harmonic : { 1, 2 }) {
            s.margin_harmonic = harmonic;
            s.margin_percussive = 3 - harmonic;
            hpss<double> neither(s);
            const auto found = through(neither, frames);
            CPPUNIT_ASSERT_EQUAL(0.0, found.harmonic[2 * s.bins() + 2]);
            CPPUNIT_ASSERT_EQUAL(0.0, found.percussive[2 * s.bins() + 2]);
        }
    }

    void what_is_not_finite_stays_in_its_cell()
    {
        for (const float bad :
             { std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity() }) {
            const auto s = made(32, 5, 5);
            auto x = qa::noise<std::complex<float>>(20 * s.bins(), 2), silent = x;
            x[9 * s.bins() + 7] = { bad, 1 };
            silent[9 * s.bins() + 7] = 0;
            hpss<std::complex<float>> separate(s), other(s);
            const auto found = through(separate, x), expected = through(other, silent);
            for (std::size_t i = 0; i < x.size(); ++i)
                if (i == 9 * s.bins() + 7)
                    CPPUNIT_ASSERT(!std::isfinite(found.harmonic[i].real()) &&
                                   !std::isfinite(found.percussive[i].real()));
                else
                    CPPUNIT_ASSERT(found.harmonic[i] == expected.harmonic[i] &&
                                   found.percussive[i] == expected.percussive[i]);
        }
    }

    void a_gain_passes()
    {
        const auto s = made(32, 5, 5);
        const auto x = qa::noise<std::complex<float>>(20 * s.bins(), 2);
        hpss<std::complex<float>> separate(s);
        const auto expected = through(separate, x);
        for (const int exponent : { -120, -20, 20, 120 }) {
            const auto gain = std::ldexp(1.0f, exponent);
            auto louder = x;
            for (auto& each : louder)
                each *= gain;
            separate.reset();
            const auto found = through(separate, louder);
            for (std::size_t i = 0; i < x.size(); ++i)
                CPPUNIT_ASSERT(std::abs(found.harmonic[i] / gain - expected.harmonic[i]) < 1e-6);
        }
        hpss<std::complex<float>> largest(s);
        std::vector<std::complex<float>> loud(20 * s.bins(), { 3e38f, 3e38f });
        for (const auto& each : through(largest, loud).harmonic)
            CPPUNIT_ASSERT(std::isfinite(each.real()) && each.real() > 1e38f);
        auto wide = s;
        wide.margin_harmonic = wide.margin_percussive = 3;
        hpss<std::complex<float>> margins(wide);
        const auto found = through(margins, loud);
        for (std::size_t i = 0; i < loud.size(); ++i)
            CPPUNIT_ASSERT(std::isfinite(found.harmonic[i].real()) &&
                           std::isfinite(found.percussive[i].real()));
    }

    void masks_come_out_where_they_are_asked_for()
    {
        auto s = made(32, 5, 5);
        const auto x = qa::noise<std::complex<double>>(20 * s.bins(), 2);
        const auto masks = plain(sizes(x), s);
        s.mask = true;
        hpss<std::complex<double>> separate(s);
        const auto found = through(separate, x);
        for (std::size_t i = 0; i < x.size(); ++i) {
            CPPUNIT_ASSERT(std::abs(found.harmonic[i] - masks.harmonic[i]) < 1e-13);
            CPPUNIT_ASSERT(std::abs(found.percussive[i] - masks.percussive[i]) < 1e-13);
        }
    }

    void reset_forgets_and_change_keeps()
    {
        auto s = made(16, 9, 5);
        const auto x = qa::noise<double>(30 * s.bins(), 2);
        hpss<double> separate(s);
        const auto expected = through(separate, x);
        separate.reset();
        std::vector<double> h(s.bins()), p(s.bins());
        for (std::size_t i = 0; i < 13; ++i)
            separate.add(x.data() + (29 - i) * s.bins(), h.data(), p.data());
        separate.reset();
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), separate.pending());
        CPPUNIT_ASSERT(through(separate, x).harmonic == expected.harmonic);
        // with another power from frame 11 on, results are those of either
        auto hard = s;
        hard.power = endless;
        hpss<double> whole(hard), changed(s);
        const auto others = through(whole, x);
        std::vector<double> found;
        for (std::size_t i = 0; i < 30; ++i) {
            if (i == 11 + s.delay())
                changed.change(hard);
            if (changed.add(x.data() + i * s.bins(), h.data(), p.data()))
                found.insert(found.end(), h.begin(), h.end());
        }
        for (std::size_t i = 0; i < found.size(); ++i)
            CPPUNIT_ASSERT_EQUAL(i / s.bins() < 11 ? expected.harmonic[i] : others.harmonic[i],
                                 found[i]);
        hard.time_kernel = 11;
        qa::assert_refused("time_kernel: 11: must stay 9", [&] { changed.change(hard); });
    }

    void what_is_wrong_is_refused_by_name()
    {
        const auto refused = [](const std::string& rule, auto change) {
            auto s = made(16, 9, 5);
            change(s);
            qa::assert_refused(rule, [&] { hpss<float> separate(s); });
        };
        using settings = hpss_settings;
        refused("accepted", [](settings&) {});
        refused("time_kernel: 0: must be odd, 1 .. 4095", [](settings& s) { s.time_kernel = 0; });
        refused("time_kernel: 8: must be odd, 1 .. 4095", [](settings& s) { s.time_kernel = 8; });
        refused("time_kernel: 4097: must be odd, 1 .. 4095",
                [](settings& s) { s.time_kernel = 4097; });
        refused("time_kernel: 4001: must be at most 2^28 / bins", [](settings& s) {
            s.time_kernel = 4001;
            s.n_fft = 1 << 18;
        });
        refused("frequency_kernel: 2: must be odd, 1 .. 65535",
                [](settings& s) { s.frequency_kernel = 2; });
        refused("power: 0: must be positive", [](settings& s) { s.power = 0; });
        refused("power: nan: must be positive", [](settings& s) { s.power = nothing; });
        refused("margin_harmonic: 0.9: must be 1 .. 1e6",
                [](settings& s) { s.margin_harmonic = 0.9; });
        refused("margin_percussive: inf: must be 1 .. 1e6",
                [](settings& s) { s.margin_percussive = endless; });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_hpss);
