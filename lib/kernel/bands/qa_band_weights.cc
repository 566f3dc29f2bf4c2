/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/bands/band_weights.h>
#include <gnuradio/stft/kernel/machine/band_power.h>

using namespace gr::stft::kernel;

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
using row = std::vector<double>;

band_weights_settings
made(band_kind kind, std::size_t bands, std::size_t n_fft = 512, double samp_rate = 22050)
{
    band_weights_settings s;
    s.n_fft = n_fft;
    s.kind = kind;
    s.bands = bands;
    s.samp_rate = samp_rate;
    return s;
}

//! The weights of one band after another.
std::vector<row> matrix(const band_weights_settings& s)
{
    const band_weights<double> weights(s);
    row all(weights.bands() * weights.bins(), nothing);
    weights.write(all.data());
    std::vector<row> rows;
    for (std::size_t b = 0; b < weights.bands(); ++b)
        rows.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(b * weights.bins()),
                          all.begin() + static_cast<std::ptrdiff_t>((b + 1) * weights.bins()));
    return rows;
}

//! The scales as their authors print them.
double published(band_kind kind, mel_scale mel, double f)
{
    if (kind == band_kind::mel && mel == mel_scale::htk)
        return 1127.01048 * std::log(1 + f / 700);
    if (kind == band_kind::mel)
        return f < 1000 ? f / (200. / 3) : 15 + std::log(f / 1000) / (std::log(6.4) / 27);
    if (kind == band_kind::bark) {
        const auto z = 26.81 / (1 + 1960 / std::max(f, 1e-9)) - 0.53;
        return z < 2 ? z + 0.15 * (2 - z) : z > 20.1 ? z + 0.22 * (z - 20.1) : z;
    }
    if (kind == band_kind::erb)
        return 21.332 * std::log10(1 + 0.00437 * f);
    return f;
}

std::string refusal(const band_weights_settings& s)
{
    return qa::refusal([&] { band_weights<float> made(s); });
}

} // namespace

//! Weights of bins in bands.
class qa_band_weights : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_band_weights);
    CPPUNIT_TEST(bands_are_at_equal_steps_of_the_published_scales);
    CPPUNIT_TEST(unless_told_mel_has_128_bands_and_others_one_for_each_unit);
    CPPUNIT_TEST(triangles_are_the_plain_formula);
    CPPUNIT_TEST(mel_frequencies_are_those_that_librosa_prints);
    CPPUNIT_TEST(octaves_are_those_of_the_standard);
    CPPUNIT_TEST(octaves_hold_the_ends_of_their_range_and_are_as_wide_as_a_bin);
    CPPUNIT_TEST(rectangles_share_each_cell);
    CPPUNIT_TEST(levels_have_the_same_weights);
    CPPUNIT_TEST(norms_make_areas_or_sums_one);
    CPPUNIT_TEST(sums_are_plain_and_see_no_other_bin);
    CPPUNIT_TEST(weights_of_the_users_are_taken_as_they_are);
    CPPUNIT_TEST(bands_without_a_bin_are_counted);
    CPPUNIT_TEST(what_is_wrong_is_refused_by_name);
    CPPUNIT_TEST_SUITE_END();

    void bands_are_at_equal_steps_of_the_published_scales()
    {
        for (const auto kind :
             { band_kind::mel, band_kind::bark, band_kind::erb, band_kind::linear })
            for (const auto mel : { mel_scale::slaney, mel_scale::htk })
                for (const auto shape : { band_shape::triangle, band_shape::rectangle })
                    for (const double from : { 0.0, 37.5, 1200.0 }) {
                        const qa::context name("kind", name_of(kind));
                        const qa::context low("f_min", from);
                        auto s = made(kind, 17);
                        s.mel_scale = mel;
                        s.shape = shape;
                        s.f_min = from;
                        const auto bands = s.bands_of();
                        CPPUNIT_ASSERT_EQUAL(std::size_t(17), bands.size());
                        CPPUNIT_ASSERT_EQUAL(from, bands.front().lower);
                        CPPUNIT_ASSERT_EQUAL(11025.0, bands.back().upper);
                        const auto z = [&](double f) { return published(kind, mel, f); };
                        const bool triangles = shape == band_shape::triangle;
                        const auto step =
                            (z(11025) - z(from)) / static_cast<double>(triangles ? 18 : 17);
                        for (std::size_t b = 0; b < bands.size(); ++b) {
                            const auto at = z(from) + static_cast<double>(b) * step;
                            CPPUNIT_ASSERT_DOUBLES_EQUAL(at, z(bands[b].lower), 1e-5 * z(11025));
                            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                                at + step,
                                z(triangles ? bands[b].centre : bands[b].upper),
                                1e-5 * z(11025));
                            if (b > 0)
                                CPPUNIT_ASSERT_EQUAL(triangles ? bands[b - 1].centre
                                                               : bands[b - 1].upper,
                                                     bands[b].lower);
                        }
                    }
    }

    void unless_told_mel_has_128_bands_and_others_one_for_each_unit()
    {
        CPPUNIT_ASSERT_EQUAL(std::size_t(128), made(band_kind::mel, 0).bands_of().size());
        CPPUNIT_ASSERT_EQUAL(std::size_t(23),
                             made(band_kind::bark, 0).bands_of().size()); // 22.70 + 0.15
        CPPUNIT_ASSERT_EQUAL(std::size_t(36), made(band_kind::erb, 0).bands_of().size()); // 35.96
    }

    void triangles_are_the_plain_formula()
    {
        for (const std::size_t n : { 64, 65, 400 })
            for (const auto kind :
                 { band_kind::mel, band_kind::bark, band_kind::edges, band_kind::octave }) {
                const qa::context name("kind", name_of(kind));
                const qa::context size("n_fft", n);
                auto s = made(kind, kind == band_kind::mel || kind == band_kind::bark ? 9 : 0, n);
                s.shape = band_shape::triangle;
                s.edges = row{ 0, 100.5, 3000, 3001, 11025 };
                const auto bands = s.bands_of();
                const auto rows = matrix(s);
                CPPUNIT_ASSERT_EQUAL(bands.size(), rows.size());
                for (std::size_t b = 0; b < rows.size(); ++b)
                    for (std::size_t m = 0; m < rows[b].size(); ++m) {
                        const auto f = static_cast<double>(m) * 22050 / static_cast<double>(n);
                        const auto [low, peak, high] = bands[b];
                        double weight = 0;
                        if (f > low && f <= peak)
                            weight = (f - low) / (peak - low);
                        else if (f > peak && f < high)
                            weight = (high - f) / (high - peak);
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(weight, rows[b][m], 1e-12);
                    }
            }
    }

    //! The example of librosa's mel_frequencies(n_mels=40): the points of 38 triangles.
    void mel_frequencies_are_those_that_librosa_prints()
    {
        const auto bands = made(band_kind::mel, 38).bands_of();
        const std::vector<std::pair<std::size_t, double>> printed{
            { 1, 85.317 },    { 10, 853.173 }, { 11, 938.49 },   { 12, 1024.856 },
            { 13, 1119.114 }, { 20, 2071.84 }, { 30, 4994.285 }, { 38, 10096.408 }
        };
        for (const auto& [at, f] : printed)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(f, bands[at - 1].centre, 6e-4);
    }

    void octaves_are_those_of_the_standard()
    {
        auto s = made(band_kind::octave, 0, 65536, 48e3);
        s.f_min = 20;
        s.f_max = 20e3;
        const auto thirds = s.bands_of();
        CPPUNIT_ASSERT_EQUAL(std::size_t(31), thirds.size()); // 20 Hz .. 20 kHz
        for (std::size_t b = 0; b < thirds.size(); ++b) {
            const auto x = static_cast<double>(b) - 17;
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                1, thirds[b].centre / (1000 * std::pow(10, x / 10)), 1e-12);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                std::pow(10, 0.05), thirds[b].upper / thirds[b].centre, 1e-12);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                std::pow(10, 0.05), thirds[b].centre / thirds[b].lower, 1e-12);
        }
        s.per_octave = 1;
        s.f_min = 31.5;
        s.f_max = 16e3;
        const auto whole = s.bands_of();
        CPPUNIT_ASSERT_EQUAL(std::size_t(10), whole.size()); // 31.5 Hz .. 16 kHz
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1, whole[5].centre / 1000, 1e-12);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1412.538, whole[5].upper, 1e-3);
        s.per_octave = 12; // an even number: 1 kHz is an edge
        s.f_min = 1001;
        s.f_max = 1100;
        const auto twelfths = s.bands_of();
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), twelfths.size());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1000, twelfths[0].lower, 1e-9);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1000 * std::pow(10, 0.3 / 24), twelfths[0].centre, 1e-9);
        CPPUNIT_ASSERT_EQUAL(twelfths[0].upper, twelfths[1].lower);
        s.per_octave = 3;
        s.shape = band_shape::triangle;
        s.f_min = s.f_max = 0;
        s.f_min = 900;
        s.f_max = 1300;
        const auto triangles = s.bands_of();
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), triangles.size());
        CPPUNIT_ASSERT_DOUBLES_EQUAL(1000, triangles[0].centre, 1e-9);
        CPPUNIT_ASSERT_EQUAL(triangles[0].upper, triangles[1].centre);
        CPPUNIT_ASSERT_EQUAL(triangles[0].centre, triangles[1].lower);
    }

    void octaves_hold_the_ends_of_their_range_and_are_as_wide_as_a_bin()
    {
        for (const std::size_t b : { 1, 3, 6, 12, 24 }) {
            const qa::context here("per_octave", b);
            auto s = made(band_kind::octave, 0, 4096, 44100);
            s.per_octave = b;
            const auto bands = s.bands_of();
            const auto width = [](const band_edges& e) { return e.upper - e.lower; };
            const auto bin = 44100. / 4096, ratio = std::pow(10, 0.3 / static_cast<double>(b));
            CPPUNIT_ASSERT(width(bands.front()) >= bin * (1 - 1e-12));
            CPPUNIT_ASSERT(width(bands.front()) / ratio < bin * (1 + 1e-12));
            CPPUNIT_ASSERT(bands.back().upper <= 22050);
            CPPUNIT_ASSERT(bands.back().upper * ratio > 22050);
            s.f_min = 333;
            s.f_max = 5000;
            const auto some = s.bands_of();
            CPPUNIT_ASSERT(some.front().lower <= 333 && some.front().upper > 333);
            CPPUNIT_ASSERT(some.back().lower <= 5000 && some.back().upper > 5000);
        }
    }

    void rectangles_share_each_cell()
    {
        for (const std::size_t n : { 2, 3, 64, 65 })
            for (const auto kind : { band_kind::linear, band_kind::edges, band_kind::erb }) {
                const qa::context size("n_fft", n);
                const qa::context name("kind", name_of(kind));
                auto s = made(kind, kind == band_kind::edges ? 0 : 7, n);
                s.shape = band_shape::rectangle;
                s.edges = row{ 0, 171, 172, 5000, 5001.5, 11025 };
                const auto rows = matrix(s);
                for (std::size_t m = 0; m < s.bins(); ++m) {
                    double sum = 0;
                    for (const auto& each : rows)
                        sum += each[m];
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(1, sum, 1e-12);
                }
            }
    }

    //! Third-octave levels are sums with these weights.
    void levels_have_the_same_weights()
    {
        auto s = made(band_kind::octave, 0, 1000, 8000);
        s.f_min = 100;
        band_power_settings levels;
        levels.n_fft = s.n_fft;
        levels.samp_rate = s.samp_rate;
        std::ostringstream text;
        text.precision(17);
        for (const auto& band : s.bands_of())
            text << (text.tellp() > 0 ? "," : "") << band.lower << ':' << band.upper;
        levels.bands = text.str();
        const auto rows = matrix(s);
        for (std::size_t m = 0; m < s.bins(); m += 7) {
            row unit(s.bins());
            unit[m] = 1;
            band_power<double> power(levels);
            CPPUNIT_ASSERT_EQUAL(rows.size(), power.bands());
            row found(rows.size());
            CPPUNIT_ASSERT(power.add(unit.data(), found.data()));
            for (std::size_t b = 0; b < rows.size(); ++b)
                CPPUNIT_ASSERT_EQUAL(std::sqrt(rows[b][m] * 8), found[b]); // df is 8 Hz
        }
    }

    void norms_make_areas_or_sums_one()
    {
        for (const auto shape : { band_shape::triangle, band_shape::rectangle }) {
            auto s = made(band_kind::mel, 12, 8192);
            s.shape = shape;
            const auto plain = matrix(s);
            s.norm = band_norm::area;
            const auto area = matrix(s);
            s.norm = band_norm::sum;
            const auto sum = matrix(s);
            const auto bands = s.bands_of();
            for (std::size_t b = 0; b < plain.size(); ++b) {
                double total = 0, surface = 0;
                for (std::size_t m = 0; m < s.bins(); ++m) {
                    total += sum[b][m];
                    surface += area[b][m] * 22050 / 8192;
                    const auto factor =
                        (shape == band_shape::triangle ? 2 : 1) / (bands[b].upper - bands[b].lower);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(plain[b][m] * factor, area[b][m], 1e-15);
                }
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1, total, 1e-12);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(1, surface, 0.01);
            }
        }
    }

    void sums_are_plain_and_see_no_other_bin()
    {
        const auto check = [](auto zero) {
            using R = decltype(zero);
            for (const auto kind : { band_kind::mel, band_kind::octave }) {
                const auto s = made(kind, kind == band_kind::mel ? 20 : 0, 256);
                const auto rows = matrix(s);
                const band_weights<R> weights(s);
                const auto powers = qa::noise<R>(s.bins(), 4);
                std::vector<R> sums(weights.bands());
                weights.apply(powers.data(), sums.data());
                for (std::size_t b = 0; b < rows.size(); ++b) {
                    double sum = 0;
                    auto bad = powers;
                    for (std::size_t m = 0; m < s.bins(); ++m) {
                        sum += rows[b][m] * static_cast<double>(powers[m]);
                        if (rows[b][m] == 0)
                            bad[m] = static_cast<R>(nothing);
                    }
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        sum, static_cast<double>(sums[b]), qa::limit<R> * 10);
                    std::vector<R> again(weights.bands());
                    weights.apply(bad.data(), again.data());
                    CPPUNIT_ASSERT_EQUAL(sums[b], again[b]);
                }
                auto bad = powers;
                bad[60] = static_cast<R>(nothing);
                weights.apply(bad.data(), sums.data());
                for (std::size_t b = 0; b < rows.size(); ++b)
                    CPPUNIT_ASSERT_EQUAL(rows[b][60] != 0, std::isnan(sums[b]));
            }
        };
        check(0.0f);
        check(0.0);
    }

    void weights_of_the_users_are_taken_as_they_are()
    {
        auto s = made(band_kind::weights, 0, 4);
        s.weights = { 0, 0, 0, 1, 0, 3, 0, 2, 0 };
        const auto rows = matrix(s);
        CPPUNIT_ASSERT((rows == std::vector<row>{ { 0, 0, 0 }, { 1, 0, 3 }, { 0, 2, 0 } }));
        const band_weights<double> weights(s.weights.data(), 3, 3);
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), weights.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), weights.empty_bands());
        const row powers{ 1, nothing, 10 };
        row sums(3);
        weights.apply(powers.data(), sums.data());
        CPPUNIT_ASSERT_EQUAL(0.0, sums[0]);
        CPPUNIT_ASSERT_EQUAL(31.0, sums[1]);
        CPPUNIT_ASSERT(std::isnan(sums[2]));
    }

    void bands_without_a_bin_are_counted()
    {
        CPPUNIT_ASSERT_EQUAL(std::size_t(0),
                             band_weights<float>(made(band_kind::mel, 20)).empty_bands());
        const auto s = made(band_kind::mel, 100, 64);
        const auto rows = matrix(s);
        const auto empty = std::count_if(rows.begin(), rows.end(), [](const row& r) {
            return std::all_of(r.begin(), r.end(), [](double w) { return w == 0; });
        });
        CPPUNIT_ASSERT(empty > 0);
        CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(empty), band_weights<float>(s).empty_bands());
    }

    void what_is_wrong_is_refused_by_name()
    {
        const auto changed = [](band_kind kind, auto change) {
            auto s = made(kind, kind == band_kind::mel ? 4 : 0);
            s.edges = row{ 1, 2, 3 };
            s.weights.assign(257, 1);
            change(s);
            return refusal(s);
        };
        using settings = band_weights_settings;
        const auto mel = [&](auto change) { return changed(band_kind::mel, change); };
        const auto is = [](const std::string& expected, const std::string& found) {
            CPPUNIT_ASSERT_EQUAL(expected, found);
        };
        is("accepted", mel([](settings&) {}));
        is("n_fft: 1: must be 2 .. 2^28", mel([](settings& s) { s.n_fft = 1; }));
        is("bands: 0: must be 1 .. 65536", changed(band_kind::linear, [](settings&) {}));
        is("bands: 65537: must be 1 .. 65536", mel([](settings& s) { s.bands = 65537; }));
        is("samp_rate: nan: must be 1e-30 .. 1e30 Hz",
           mel([](settings& s) { s.samp_rate = nothing; }));
        for (const auto kind : { band_kind::mel, band_kind::bark, band_kind::erb }) {
            is("samp_rate: 40: must be above 40 Hz for mel, bark and erb: they are scales of "
               "hearing, from 20 Hz on",
               changed(kind, [](settings& s) { s.samp_rate = 40; }));
            is("accepted", changed(kind, [](settings& s) { s.samp_rate = 41; }));
        }
        is("accepted", changed(band_kind::octave, [](settings& s) { s.samp_rate = 1; }));
        is("f_min: -1: must be at least 0 Hz, and below half the sample rate",
           mel([](settings& s) { s.f_min = -1; }));
        is("f_max: 11026: must be at most half the sample rate",
           mel([](settings& s) { s.f_max = 11026; }));
        is("f_max: 50: must be above f_min", mel([](settings& s) { s.f_min = s.f_max = 50; }));
        const auto octave = [&](auto change) { return changed(band_kind::octave, change); };
        is("accepted", octave([](settings&) {}));
        is("per_octave: 0: must be 1 .. 1200", octave([](settings& s) { s.per_octave = 0; }));
        is("reference: 0: must be 1e-30 .. 1e30 Hz", octave([](settings& s) { s.reference = 0; }));
        is("f_min: 10000: leaves no bands", octave([](settings& s) { s.f_min = 10000; }));
        is("bands: 3: must be as many as there are, 17", octave([](settings& s) { s.bands = 3; }));
        is("f_min: 1e-300: leaves too many bands", octave([](settings& s) {
               s.f_min = 1e-300;
               s.per_octave = 1200;
           }));
        const auto edges = [&](auto change) { return changed(band_kind::edges, change); };
        is("accepted", edges([](settings&) {}));
        is("edges: 1 frequencies: must be 2 .. 65536",
           edges([](settings& s) { s.edges = row{ 1 }; }));
        is("edges: 2 frequencies: must be 3 .. 65536", edges([](settings& s) {
               s.edges = row{ 1, 2 };
               s.shape = band_shape::triangle;
           }));
        is("edges: 2: must rise, from 0 Hz or above", edges([](settings& s) {
               s.edges = row{ 1, 2, 2 };
           }));
        is("edges: nan: must rise, from 0 Hz or above", edges([](settings& s) {
               s.edges = row{ 1, nothing, 2 };
           }));
        is("edges: 20000: must be at most half the sample rate", edges([](settings& s) {
               s.edges = row{ 1, 20000 };
           }));
        const auto weights = [&](auto change) { return changed(band_kind::weights, change); };
        is("accepted", weights([](settings&) {}));
        is("weights: 0 values: must be n_fft / 2 + 1 = 257 for each band",
           weights([](settings& s) { s.weights.clear(); }));
        is("weights: -1: must be finite, and not negative",
           weights([](settings& s) { s.weights[3] = -1; }));
        is("bands: 2: must be as many as there are, 1", weights([](settings& s) { s.bands = 2; }));
        is("kind: bart: must be mel, bark, erb, octave, linear, edges or weights",
           qa::refusal([] { band_kind_named("bart"); }));
        CPPUNIT_ASSERT(band_norm_named("slaney") == band_norm::area);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_band_weights);
