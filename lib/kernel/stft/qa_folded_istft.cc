/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/frames/gabor.h>
#include <gnuradio/stft/kernel/stft/folded_istft.h>
#include <gnuradio/stft/kernel/stft/istft.h>
#include <gnuradio/stft/kernel/stft/stft.h>
#include <array>
#include <cstring>

using namespace gr::stft::kernel;
using qa::value;
using qa::values;

namespace {

//! Windows longer than n_fft that have well conditioned inverses, of odd, even and prime sizes.
std::vector<parameters> designs()
{
    std::vector<parameters> all;
    for (const auto& [n_fft, hop, length] : std::vector<std::array<std::size_t, 3>>{ { 8, 2, 16 },
                                                                                     { 8, 3, 15 },
                                                                                     { 9, 4, 16 },
                                                                                     { 16, 4, 23 },
                                                                                     { 7, 1, 13 },
                                                                                     { 12, 5, 20 },
                                                                                     { 4, 2, 5 } })
        all.push_back({ n_fft, hop, "hann", length });
    auto prototype = window("hann").sample(
        33, true); // of a polyphase filter bank: joins samples up to 4 n_fft apart
    for (int m = 0; m < 33; ++m)
        if (m != 16)
            prototype[static_cast<std::size_t>(m)] *=
                std::sin(qa::pi * (m - 16) / 8) / (qa::pi * (m - 16) / 8);
    all.push_back({ 8, 3, window(prototype) });
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].phase = i % 3 == 0 ? "centre" : i % 3 == 1 ? "start" : "absolute";
        all[i].scale = i % 2 ? scaling::psd : scaling::none;
        all[i].samp_rate = 3;
    }
    return all;
}

std::string text(const parameters& p)
{
    return "n_fft " + std::to_string(p.n_fft) + ", hop " + std::to_string(p.hop) + ", window " +
           p.window.description() + " of " + std::to_string(p.window_length());
}

template <class T>
std::vector<std::complex<real_t<T>>>
analysed(const parameters& p, const std::vector<T>& x, std::size_t& frames)
{
    stft<T> transform(p);
    const auto length = static_cast<std::int64_t>(x.size());
    frames = static_cast<std::size_t>(p.frames().frames(length));
    std::vector<std::complex<real_t<T>>> spectra(frames * transform.bins());
    transform.analyse(x.data(), length, p.frames().first(), frames, spectra.data());
    return spectra;
}

template <class T>
std::vector<T> inverted(folded_istft<T>& inverse,
                        const std::vector<std::complex<real_t<T>>>& spectra,
                        std::size_t length)
{
    std::vector<T> y(length);
    inverse.invert(spectra.data(),
                   spectra.size() / inverse.bins(),
                   y.data(),
                   static_cast<std::int64_t>(length));
    return y;
}

//! The least-squares signal by dense normal equations: rows of the STFT's matrix are spectra of impulses.
values
least_squares(const parameters& p, const values& spectra, std::size_t length, std::size_t frames)
{
    std::vector<values> columns;
    const auto starts = qa::regular(p.frames().first(), p.hop, frames);
    for (std::size_t n = 0; n < length; ++n) {
        values impulse(length);
        impulse[n] = 1;
        columns.push_back(qa::plain_stft(impulse, p, starts, p.n_fft));
    }
    std::vector<values> matrix(length, values(length));
    values right(length);
    for (std::size_t n = 0; n < length; ++n) {
        for (std::size_t i = 0; i < spectra.size(); ++i)
            right[n] += std::conj(columns[n][i]) * spectra[i];
        for (std::size_t k = 0; k < length; ++k)
            for (std::size_t i = 0; i < spectra.size(); ++i)
                matrix[n][k] += std::conj(columns[n][i]) * columns[k][i];
    }
    return qa::solved(matrix, right);
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b)
{
    return a.size() == b.size() &&
           (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

} // namespace

class qa_folded_istft : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_folded_istft);
    CPPUNIT_TEST(folded_spectra_are_those_of_the_definition);
    CPPUNIT_TEST(input_comes_back);
    CPPUNIT_TEST(input_comes_back_from_long_streams);
    CPPUNIT_TEST(any_spectra_give_the_least_squares_signal);
    CPPUNIT_TEST(random_windows_invert);
    CPPUNIT_TEST(what_left_frames_do_not_determine_stays_small);
    CPPUNIT_TEST(short_windows_invert_as_by_coverage);
    CPPUNIT_TEST(given_dual_is_used_as_it_is);
    CPPUNIT_TEST(samples_leave_as_frames_come);
    CPPUNIT_TEST(frames_may_start_anywhere);
    CPPUNIT_TEST(a_second_run_is_like_the_first);
    CPPUNIT_TEST(nan_stays_near_its_frame);
    CPPUNIT_TEST(gains_do_not_matter);
    CPPUNIT_TEST(changes_come_before_the_first_frame);
    CPPUNIT_TEST(what_is_wrong_is_refused);
    CPPUNIT_TEST_SUITE_END();

    void folded_spectra_are_those_of_the_definition()
    {
        for (auto p : designs()) {
            const auto name = text(p);
            const qa::context in_p("p", name);
            p.scale = scaling::none;
            qa::for_every_type([&](auto zero) {
                using T = decltype(zero);
                const auto x = qa::noise<T>(75);
                std::size_t frames = 0;
                const auto spectra = analysed(p, x, frames);
                qa::assert_near(qa::plain_stft(qa::exactly(x),
                                               p,
                                               qa::regular(p.frames().first(), p.hop, frames),
                                               bins<T>(p.n_fft)),
                                spectra,
                                qa::limit<T>,
                                name);
            });
        }
    }

    void input_comes_back()
    {
        for (auto p : designs())
            for (auto where : { placement::centred, placement::full })
                for (std::size_t length : { 0, 1, 2, 7, 40, 111, 400 }) {
                    p.where = where;
                    const auto name = text(p);
                    const qa::context in_p("p", name);
                    const qa::context in_length("length", length);
                    const std::string placed = name_of(where);
                    const qa::context in_where("where", placed);
                    qa::for_every_type([&](auto zero) {
                        using T = decltype(zero);
                        const auto x = qa::noise<T>(length);
                        std::size_t frames = 0;
                        const auto spectra = analysed(p, x, frames);
                        folded_istft<T> inverse(p);
                        const double limit = std::is_same_v<real_t<T>, float> ? 1e-5 : 1e-12;
                        qa::assert_near(
                            qa::exactly(x), inverted(inverse, spectra, length), limit, name);
                    });
                }
    }

    void input_comes_back_from_long_streams()
    {
        parameters p{ 64, 16, "hann", 128 };
        const auto x = qa::noise<double>(50000);
        std::size_t frames = 0;
        const auto spectra = analysed(p, x, frames);
        folded_istft<double> inverse(p);
        qa::assert_near(qa::exactly(x), inverted(inverse, spectra, x.size()), 1e-13, "long");
    }

    void any_spectra_give_the_least_squares_signal()
    {
        for (auto p : designs()) {
            p.scale = scaling::none;
            const auto name = text(p);
            const qa::context in_p("p", name);
            const std::size_t length = 41;
            const auto frames = static_cast<std::size_t>(p.frames().frames(length));
            const auto spectra = qa::noise<value>(frames * p.n_fft, 4);
            folded_istft<value> inverse(p);
            qa::assert_near(least_squares(p, spectra, length, frames),
                            inverted(inverse, spectra, length),
                            1e-10,
                            name);
        }
    }

    void random_windows_invert()
    {
        std::minstd_rand random(3);
        int tried = 0;
        for (int trial = 0; trial < 100; ++trial) {
            const std::size_t n_fft = 2 + random() % 14, hop = 1 + random() % ((n_fft + 1) / 2),
                              length = n_fft + 1 + random() % (3 * n_fft);
            const auto taps =
                qa::exactly(qa::noise<value>(length, static_cast<unsigned>(trial + 1)));
            parameters p{ n_fft, hop, window(taps) };
            p.where = placement::full;
            const auto name = text(p);
            const qa::context in_p("p", name);
            const auto bounds = frame_bounds(taps, hop, n_fft);
            if (bounds.lower < 1e-3 * bounds.upper)
                continue;
            ++tried;
            const auto x = qa::noise<value>(random() % 200, 2);
            std::size_t frames = 0;
            const auto spectra = analysed(p, x, frames);
            folded_istft<value> inverse(p);
            qa::assert_near(qa::exactly(x), inverted(inverse, spectra, x.size()), 1e-12, name);
        }
        CPPUNIT_ASSERT(tried > 20);
    }

    void what_left_frames_do_not_determine_stays_small()
    {
        auto all = designs();
        auto prototype = window("hann").sample(128);
        for (int m = 0; m < 128; ++m)
            if (m != 64)
                prototype[static_cast<std::size_t>(m)] *=
                    std::sin(qa::pi * (m - 64) / 16) / (qa::pi * (m - 64) / 16);
        all.push_back({ 16, 12, window(prototype) });
        for (auto p : all) {
            p.where = placement::left;
            const auto name = text(p);
            const qa::context in_p("p", name);
            const auto x = qa::noise<double>(6000);
            std::size_t frames = 0;
            const auto spectra = analysed(p, x, frames);
            folded_istft<double> inverse(p);
            const auto y = inverted(inverse, spectra, x.size());
            for (std::size_t n = 0; n < x.size(); ++n) {
                CPPUNIT_ASSERT(std::abs(y[n]) < 20);
                if (n > p.window_length() + inverse.lookahead() && n + p.window_length() < 5000)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(x[n], y[n], 1e-12);
            }
        }
    }

    void short_windows_invert_as_by_coverage()
    {
        for (std::size_t length : { 5, 16 })
            for (std::size_t hop : { 1, 3, 4 }) {
                const qa::context in_length("length", length), in_hop("hop", hop);
                const parameters p{ 16, hop, "hamming", length };
                const auto spectra = qa::noise<value>(11 * 16);
                folded_istft<value> folded(p);
                CPPUNIT_ASSERT_EQUAL(std::size_t(0), folded.lookahead());
                istft<value> plain(p);
                values y(30);
                plain.invert(spectra.data(), 11, y.data(), 30);
                qa::assert_near(y, inverted(folded, spectra, 30), 1e-11, "short window");
            }
    }

    void given_dual_is_used_as_it_is()
    {
        for (auto p : designs()) {
            p.where = placement::full;
            const auto name = text(p);
            const qa::context in_p("p", name);
            const auto dual = canonical_dual(p.taps(), p.hop, p.n_fft);
            const auto x = qa::noise<double>(150);
            std::size_t frames = 0;
            const auto spectra = analysed(p, x, frames);
            folded_istft<double> inverse(p, dual);
            qa::assert_near(qa::exactly(x), inverted(inverse, spectra, 150), 1e-12, name);
            // the window itself gives S x / n_fft
            folded_istft<double> plain(p, p.taps());
            const auto y = inverted(plain, spectra, 150);
            double energy = 0, product = 0;
            for (std::size_t n = 0; n < y.size(); ++n)
                product += x[n] * y[n];
            p.scale = scaling::none;
            stft<value> all(p);
            const auto z = qa::exactly(x);
            values spectrum(p.n_fft * frames);
            all.analyse(z.data(), 150, p.frames().first(), frames, spectrum.data());
            for (const auto& v : spectrum)
                energy += std::norm(v) / static_cast<double>(p.n_fft);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(energy, product, 1e-10 * energy);
        }
    }

    void samples_leave_as_frames_come()
    {
        for (auto p : designs())
            for (auto where : { placement::centred, placement::left, placement::full }) {
                p.where = where;
                const auto name = text(p);
                const qa::context in_p("p", name);
                const std::string placed = name_of(where);
                const qa::context in_where("where", placed);
                const auto x = qa::noise<double>(700);
                std::size_t frames = 0;
                const auto spectra = analysed(p, x, frames);
                folded_istft<double> whole(p), inverse(p);
                const auto expected = inverted(whole, spectra, x.size());
                std::vector<double> y;
                const auto read = [&](std::size_t most) {
                    while (inverse.ready()) {
                        const auto before = y.size();
                        const auto count = std::min(most, inverse.ready());
                        y.resize(before + count);
                        CPPUNIT_ASSERT_EQUAL(count, inverse.read(y.data() + before, count));
                    }
                };
                for (std::size_t f = 0; f < frames; ++f) {
                    inverse.expect_next();
                    read(5);
                    const auto centre =
                        inverse.next_start() + static_cast<std::int64_t>(p.window_length() / 2);
                    inverse.add(spectra.data() + f * inverse.bins());
                    // no more than a signal with this frame must have; and what latency() promises
                    CPPUNIT_ASSERT(y.size() + inverse.ready() <= x.size());
                    CPPUNIT_ASSERT(static_cast<std::int64_t>(y.size() + inverse.ready()) >=
                                   centre - inverse.latency());
                    if (f + 1 == frames)
                        inverse.finish(static_cast<std::int64_t>(x.size()));
                    read(7);
                }
                CPPUNIT_ASSERT(same(expected, y));
            }
    }

    void frames_may_start_anywhere()
    {
        parameters p{ 8, 2, "hann", 16 };
        const auto x = qa::noise<double>(60);
        for (std::int64_t first :
             { std::int64_t(-20), std::int64_t(0), std::int64_t(5), std::int64_t(1) << 20 }) {
            const qa::context in_first("first", first);
            stft<double> transform(p);
            std::vector<double> late(static_cast<std::size_t>(std::max<std::int64_t>(0, first)));
            const auto skipped = late.size();
            late.insert(late.end(), x.begin(), x.end());
            const auto length = static_cast<std::int64_t>(late.size());
            const std::size_t frames = static_cast<std::size_t>(length - first) / 2 + 1;
            values spectra(frames * 5);
            transform.analyse(late.data(), length, first, frames, spectra.data());
            folded_istft<double> inverse(p);
            inverse.begin_at(first);
            auto y = inverted(inverse, spectra, late.size());
            for (std::size_t n = 0; n < skipped; ++n)
                CPPUNIT_ASSERT_EQUAL(0.0, y[n]);
            // what no frame before the first one determines may be lost; all else comes back
            y.erase(y.begin(),
                    y.begin() + static_cast<std::ptrdiff_t>(skipped + (first < -7 ? 0 : 16)));
            values expected = qa::exactly(x);
            expected.erase(expected.begin(), expected.begin() + (first < -7 ? 0 : 16));
            qa::assert_near(expected, y, 1e-9, "late");
        }
        // counters far from 0: only what is not ready is stored
        folded_istft<double> far(p);
        far.begin_at(std::int64_t(1) << 40);
        CPPUNIT_ASSERT_EQUAL(std::size_t(1) << 40, far.ready());
    }

    void a_second_run_is_like_the_first()
    {
        for (auto p : designs()) {
            const auto name = text(p);
            const qa::context in_p("p", name);
            std::size_t frames = 0;
            const auto x = qa::noise<float>(300);
            const auto spectra = analysed(p, x, frames);
            folded_istft<float> inverse(p);
            const auto first = inverted(inverse, spectra, 300);
            inverse.restart(p.frames().first());
            CPPUNIT_ASSERT(same(first, inverted(inverse, spectra, 300)));
            inverse.restart(p.frames().first());
            inverse.add(spectra.data()); // broken off
            inverse.restart(p.frames().first());
            CPPUNIT_ASSERT(same(first, inverted(inverse, spectra, 300)));
        }
    }

    void nan_stays_near_its_frame()
    {
        for (auto p : designs()) {
            const auto name = text(p);
            const qa::context in_p("p", name);
            const auto x = qa::noise<double>(900);
            std::size_t frames = 0;
            auto spectra = analysed(p, x, frames);
            const auto broken = frames / 2;
            spectra[broken * bins<double>(p.n_fft) + 1] = { 0, HUGE_VAL };
            folded_istft<double> inverse(p);
            const auto y = inverted(inverse, spectra, x.size());
            const auto start = p.frames().first() + static_cast<std::int64_t>(broken * p.hop);
            const auto reach = static_cast<std::int64_t>(inverse.lookahead());
            for (std::int64_t n = 0; n < 900; ++n) {
                const bool near = n >= start - reach &&
                                  n < start + static_cast<std::int64_t>(p.window_length()) + reach;
                const auto i = static_cast<std::size_t>(n);
                if (near)
                    CPPUNIT_ASSERT(std::isnan(y[i]));
                else
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(x[i], y[i], 1e-12);
            }
        }
    }

    void gains_do_not_matter()
    {
        const parameters p{ 8, 3, "hann", 15 };
        for (float g : { 1e-6f, 1e6f }) {
            const qa::context in_g("g", g);
            auto x = qa::noise<float>(200);
            for (auto& v : x)
                v *= g;
            std::size_t frames = 0;
            const auto spectra = analysed(p, x, frames);
            folded_istft<float> inverse(p);
            qa::assert_near(qa::exactly(x), inverted(inverse, spectra, 200), 1e-5, "gain");
        }
    }

    void changes_come_before_the_first_frame()
    {
        const parameters p{ 8, 2, "hann", 16 };
        folded_istft<double> inverse(p);
        auto other = p;
        other.hop = 4;
        inverse.change(other, -8);
        CPPUNIT_ASSERT_EQUAL(std::size_t(4), inverse.design().hop);
        std::vector<std::complex<double>> spectrum(5);
        inverse.add(spectrum.data());
        inverse.change(other, inverse.next_start()); // nothing new
        const std::string fixed = ": cannot change once frames were added, since the window is "
                                  "longer than n_fft";
        qa::assert_refused("window, hop and start: -4" + fixed, [&] { inverse.change(p, -4); });
        qa::assert_refused("window, hop and start: 0" + fixed, [&] { inverse.change(other, 0); });
        other.n_fft = 10;
        qa::assert_refused("n_fft: 10: cannot change from 8", [&] { inverse.change(other, -4); });
    }

    void what_is_wrong_is_refused()
    {
        const auto refused =
            [](const std::string& message, const parameters& p, const taps_t& synthesis = {}) {
                qa::assert_refused(message, [&] { folded_istft<double>(p, synthesis); });
            };
        const std::string tail = " do not determine, so its STFT has no inverse";
        refused("hop: 2: leaves what the window hann of 32 samples and n_fft = 8" + tail,
                { 8, 2, "hann", 32 });
        refused("hop: 9: leaves what the window hann of 16 samples and n_fft = 8" + tail,
                { 8, 9, "hann", 16 });
        refused("hop: 16: leaves what the window hann of 16 samples and n_fft = 16" + tail,
                { 16, 16, "hann", 16 });
        // wide windows are refused before that takes long
        refused("hop: 3: leaves what the window hann of 1025 samples and n_fft = 15" + tail,
                { 15, 3, "hann", 1025 });
        refused("win_length: 6600: must be at most 16 n_fft, or win_length^3 / n_fft^2 below "
                "2^30: n_fft = 16",
                { 16, 4, "hann", 6600 });
        refused("synthesis: 15 taps: must be win_length = 16 and as many more on both sides",
                { 8, 2, "hann", 16 },
                taps_t(15, 1));
        refused("synthesis: 17 taps: must be win_length = 16 and as many more on both sides",
                { 8, 2, "hann", 16 },
                taps_t(17, 1));
        taps_t broken(18, 1);
        broken[3] = NAN;
        refused("synthesis: (nan,0): must be finite", { 8, 2, "hann", 16 }, broken);
        // istft knows short windows only
        qa::assert_refused("win_length: 16: must be 1 .. n_fft = 8", [] {
            istft<double>({ 8, 2, "hann", 16 });
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_folded_istft);
