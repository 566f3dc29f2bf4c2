/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/istft_support.h"
#include <limits>

using namespace gr::stft::kernel;
using qa::forward;
using qa::inverted;
using qa::placements;
using qa::spectra_of;
using qa::starts_of;
using qa::value;
using qa::values;

namespace {

//! The signal where D > threshold max D, within the limit that holds for this D; 0 elsewhere.
template <class T>
void assert_recovered(const std::vector<T>& x,
                      const std::vector<T>& y,
                      const parameters& p,
                      const std::vector<std::int64_t>& starts,
                      const std::string& what)
{
    const double threshold = std::is_same_v<real_t<T>, float> ? 1e-6 : 1e-10;
    const auto taps = p.taps();
    const auto coverage = qa::overlapped(taps, taps, starts, x.size());
    const auto steady = steady_coverage(taps, p.hop, p.hop);
    const double most = *std::max_element(steady.begin(), steady.end());
    CPPUNIT_ASSERT_EQUAL(x.size(), y.size());
    for (std::size_t n = 0; n < x.size(); ++n) {
        const double d = coverage[n].real();
        const bool lost = d <= threshold * most;
        const double tolerance = lost ? 0 : 2 * qa::limit<T> * std::sqrt(std::max(1.0, most / d));
        const auto error = std::abs(value(y[n]) - (lost ? value(0) : value(x[n])));
        CPPUNIT_ASSERT_MESSAGE(what + ", sample " + std::to_string(n), error <= tolerance);
    }
}

} // namespace

class qa_istft : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_istft);
    CPPUNIT_TEST(unmodified_stft_returns_the_signal);
    CPPUNIT_TEST(long_spectra_return_the_signal);
    CPPUNIT_TEST(every_phase_and_scaling_is_undone);
    CPPUNIT_TEST(modified_spectra_give_the_least_squares_signal);
    CPPUNIT_TEST(uncovered_samples_are_zero);
    CPPUNIT_TEST(what_window_and_hop_leave_uncovered_is_zero_and_counted);
    CPPUNIT_TEST(threshold_is_relative_to_the_largest_coverage);
    CPPUNIT_TEST(given_synthesis_window_is_used_undivided);
    CPPUNIT_TEST(powers_of_the_window_weigh_and_divide);
    CPPUNIT_TEST(dual_window_recovers_what_is_steadily_covered);
    CPPUNIT_TEST(first_frame_may_start_anywhere);
    CPPUNIT_TEST(no_frames_give_zeros);
    CPPUNIT_TEST(alignment_changes_no_bit);
    CPPUNIT_TEST(not_a_number_stays_under_its_frames);
    CPPUNIT_TEST(what_cannot_be_inverted_is_refused);
    CPPUNIT_TEST_SUITE_END();

    void unmodified_stft_returns_the_signal()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& s : qa::shapes)
                for (auto where : placements)
                    for (const char* name : { "hann", "hamming", "boxcar" }) {
                        parameters p{ s.n_fft, s.hop, name, s.win_length, where };
                        if (!check_nola(p.taps(), s.hop, 1e-10))
                            continue;
                        const auto x = qa::noise<T>(s.length);
                        assert_recovered(x,
                                         inverted(istft<T>(p), forward(p, x), x.size()),
                                         p,
                                         starts_of(p, x.size()),
                                         s.text() + " " + name + " " + name_of(where));
                    }
        });
    }

    void long_spectra_return_the_signal()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (std::size_t n_fft : { 4096, 8192, 8200, 16384, 32768 })
                for (bool centered : { false, true }) {
                    parameters p{ n_fft, n_fft / 4 };
                    if (centered && !is_real_v<T>)
                        p.sides = sides::centered;
                    const auto x = qa::noise<T>(3 * n_fft + 5);
                    assert_recovered(x,
                                     inverted(istft<T>(p), forward(p, x), x.size()),
                                     p,
                                     starts_of(p, x.size()),
                                     "n_fft " + std::to_string(n_fft));
                }
        });
    }

    void every_phase_and_scaling_is_undone()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            const auto x = qa::noise<T>(100);
            for (std::size_t n_fft : { 15, 16 })
                for (const auto& phase : { phase_reference("start"),
                                           phase_reference("centre"),
                                           phase_reference("absolute"),
                                           phase_reference::fixed(-5) })
                    for (auto scale :
                         { scaling::none, scaling::magnitude, scaling::psd, scaling::ortho })
                        for (bool centered : { false, true }) {
                            parameters p{ n_fft, 4, "hamming", 12 };
                            p.phase = phase;
                            p.scale = scale;
                            p.samp_rate = 48e3;
                            if (centered && !is_real_v<T>)
                                p.sides = sides::centered;
                            assert_recovered(x,
                                             inverted(istft<T>(p), forward(p, x), x.size()),
                                             p,
                                             starts_of(p, x.size()),
                                             phase.name() + " " + name_of(scale));
                        }
        });
        parameters p{ 15, 4, window(qa::exactly(qa::noise<value>(12))) };
        const auto x = qa::noise<value>(100);
        assert_recovered(
            x, inverted(istft<value>(p), forward(p, x), 100), p, starts_of(p, 100), "complex taps");
    }

    //! Normal equations of the weighted distance, from the STFTs of unit impulses by definition.
    template <class T>
    static values nearest(const parameters& p, const spectra_of<T>& spectra, std::size_t length)
    {
        const auto bin_count = bins<T>(p.n_fft);
        const auto starts = starts_of(p, length);
        std::vector<values> columns;
        for (std::size_t n = 0; n < length; ++n) {
            values impulse(length);
            impulse[n] = 1;
            columns.push_back(qa::plain_stft(impulse, p, starts, bin_count));
        }
        const auto product = [&](const values& a, const values& b) {
            value sum = 0;
            for (std::size_t i = 0; i < a.size(); ++i) {
                const auto k = i % bin_count;
                const bool inner = is_real_v<T> && k > 0 && 2 * k < p.n_fft; // stands for two bins
                sum += (inner ? 2.0 : 1.0) * std::conj(a[i]) * b[i];
            }
            return is_real_v<T> ? value(sum.real()) : sum;
        };
        std::vector<values> matrix(length, values(length));
        values right;
        for (std::size_t r = 0; r < length; ++r) {
            for (std::size_t c = 0; c < length; ++c)
                matrix[r][c] = product(columns[r], columns[c]);
            right.push_back(product(columns[r], qa::exactly(spectra)));
        }
        return qa::solved(matrix, right);
    }

    void modified_spectra_give_the_least_squares_signal()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& s : std::vector<qa::shape>{
                     { 1, 1, 1, 1 }, { 9, 4, 4, 3 }, { 14, 5, 8, 2 }, { 20, 8, 9, 5 } })
                for (auto where : placements)
                    for (const char* phase : { "start", "centre", "absolute" }) {
                        parameters p{ s.n_fft, s.hop, "hamming", s.win_length, where };
                        p.phase = phase;
                        const auto count = starts_of(p, s.length).size() * bins<T>(s.n_fft);
                        const auto any = qa::noise<std::complex<real_t<T>>>(count, 3);
                        qa::assert_near(nearest<T>(p, any, s.length),
                                        inverted(istft<T>(p), any, s.length),
                                        5 * qa::limit<T>, // Hamming at its edges
                                        s.text() + " " + phase + " " + name_of(where));
                    }
        });
    }

    void uncovered_samples_are_zero()
    {
        parameters p{ 16, 5, "hann", 0, placement::left };
        const auto x = qa::noise<double>(60);
        const auto y = inverted(istft<double>(p), forward(p, x, 0, 4), 60);
        CPPUNIT_ASSERT_EQUAL(0.0, y[0]); // Hann begins with 0
        for (std::size_t n = 1; n < 31; ++n)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(x[n], y[n], 1e-10);
        for (std::size_t n = 31; n < 60; ++n) // three hops and a window
            CPPUNIT_ASSERT_EQUAL(0.0, y[n]);
    }

    void what_window_and_hop_leave_uncovered_is_zero_and_counted()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            const taps_t gap{ 1, 2, 0, 0, 0, 3, 0, 1, 2, 0, 0, 1 }, ends{ 0, 0, 1, 1, 0, 0 };
            const std::vector<std::pair<taps_t, int>> cases{
                { gap, 8 }, { gap, 6 }, { gap, 12 }, { ends, 3 }
            };
            for (const auto& [taps, hop] : cases)
                for (auto where : placements) {
                    const qa::context in_hop("hop", hop), in_where("where", where);
                    const parameters p{ 16, std::size_t(hop), window(taps), 0, where };
                    const auto x = qa::noise<T>(131);
                    const auto spectra = forward(p, x);
                    const auto starts = starts_of(p, x.size());
                    const auto coverage = qa::overlapped(p.taps(), p.taps(), starts, x.size());
                    const auto lost = std::count(coverage.begin(), coverage.end(), value(0));
                    CPPUNIT_ASSERT(lost > 20);

                    istft<T> whole(p, {}, -1, false), by_frame(whole);
                    std::vector<T> y(x.size()), z(x.size() + 1);
                    const auto length = static_cast<std::int64_t>(x.size());
                    whole.invert(spectra.data(), starts.size(), y.data(), length);
                    assert_recovered(x, y, p, starts, "not strict");
                    CPPUNIT_ASSERT_EQUAL(std::uint64_t(lost), whole.uncovered());
                    CPPUNIT_ASSERT(y == inverted(istft<T>(p, {}, 1e-6), spectra, x.size()));

                    std::size_t read = 0;
                    const auto read_one_by_one = [&] {
                        while (by_frame.read(z.data() + read, 1))
                            ++read;
                    };
                    for (std::size_t i = 0; i < starts.size(); ++i) {
                        read_one_by_one();
                        by_frame.add(spectra.data() + i * by_frame.bins());
                        if (i + 1 == starts.size())
                            by_frame.finish(length);
                        read_one_by_one();
                    }
                    CPPUNIT_ASSERT_EQUAL(x.size(), read);
                    z.pop_back();
                    CPPUNIT_ASSERT(y == z);
                    CPPUNIT_ASSERT_EQUAL(std::uint64_t(lost), by_frame.uncovered());
                    by_frame.restart(starts.front());
                    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), by_frame.uncovered());
                }
        });
    }

    void threshold_is_relative_to_the_largest_coverage()
    {
        for (double scale : { 1e-100, 1.0, 1e100 }) {
            const qa::context in_scale("scale", scale);
            const values taps{ 0.01 * scale, scale, scale, scale };
            parameters p{ 4, 2, window(taps), 0, placement::left };
            const auto x = qa::noise<double>(8);
            const auto first = [&](double threshold) {
                return inverted(istft<double>(p, {}, threshold), forward(p, x), 8)[0];
            };
            // the first sample's D is 1e-4, max D is 2
            CPPUNIT_ASSERT_DOUBLES_EQUAL(x[0], first(0), 1e-12);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(x[0], first(0.49e-4), 1e-12);
            CPPUNIT_ASSERT_EQUAL(0.0, first(0.51e-4));
        }
    }

    //! y[n] = sum_p w^a f_p / sum_p w^(a + 1), of frames that each belong to a signal of their own.
    void powers_of_the_window_weigh_and_divide()
    {
        const std::size_t length = 90;
        for (const auto& name : { "hamming", "flattop" })
            for (const double a : { 0.0, 1.0, 2.0, 3.0 })
                for (const std::size_t hop : { 1, 3, 4 }) {
                    const qa::context in_a("a", a);
                    const qa::context in_hop("hop", hop);
                    parameters p;
                    p.n_fft = 16;
                    p.win_length = 13;
                    p.hop = hop;
                    p.window = name;
                    const auto w = p.taps();
                    const auto starts = starts_of(p, length);
                    spectra_of<double> spectra;
                    values sums(length);
                    std::vector<double> weights(length);
                    for (std::size_t f = 0; f < starts.size(); ++f) {
                        const auto own = qa::noise<double>(length, static_cast<unsigned>(f) + 1);
                        const auto frame = forward(p, own, starts[f], 1);
                        spectra.insert(spectra.end(), frame.begin(), frame.end());
                        for (std::size_t m = 0; m < w.size(); ++m) {
                            const auto n = starts[f] + static_cast<std::int64_t>(m);
                            if (n < 0 || n >= static_cast<std::int64_t>(length))
                                continue;
                            const auto at = static_cast<std::size_t>(n);
                            const auto power = std::pow(w[m].real(), a);
                            sums[at] += power * w[m].real() * own[at];
                            weights[at] += power * w[m].real();
                        }
                    }
                    for (std::size_t n = 0; n < length; ++n)
                        sums[n] /= weights[n];
                    const auto y = inverted(istft<double>(p, {}, 0, true, a), spectra, length);
                    for (std::size_t n = 20; n < 70; ++n)
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(
                            sums[n].real(), y[n], 1e-12 * (1 + std::abs(sums[n])));
                    const auto x = qa::noise<double>(length);
                    const auto back =
                        inverted(istft<double>(p, {}, 0, true, a), forward(p, x), length);
                    for (std::size_t n = 20; n < 70; ++n)
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(x[n], back[n], 1e-12);
                }
        parameters p;
        p.n_fft = p.win_length = 8;
        p.hop = 2;
        qa::assert_refused("win_exp: -1: must be 0 .. 16",
                           [&] { istft<double> inverse(p, {}, -1, true, -1); });
        qa::assert_refused("win_exp: 0: must be 1 if synthesis is given",
                           [&] { istft<double> inverse(p, values(8, 1), -1, true, 0); });
        p.window = window(values(8, value(1, 1)));
        qa::assert_refused("win_exp: 2: must be 1 unless the window is real, and not negative or "
                           "the exponent an integer",
                           [&] { istft<value> inverse(p, {}, -1, true, 2); });
        p.window = window(std::vector<double>{ 1, 1, -1, 1, 1, 1, 1, 1 });
        qa::assert_refused("win_exp: 0.5: must be 1 unless the window is real, and not negative or "
                           "the exponent an integer",
                           [&] { istft<value> inverse(p, {}, -1, true, 0.5); });
    }

    void given_synthesis_window_is_used_undivided()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (const auto& s : qa::shapes) {
                if (s.hop > s.win_length)
                    continue;
                parameters p{ s.n_fft, s.hop, "hamming", s.win_length };
                p.scale = scaling::ortho;
                auto taps = qa::exactly(qa::noise<T>(s.win_length, 9));
                const auto x = qa::noise<T>(s.length);
                auto expected = qa::overlapped(p.taps(), taps, starts_of(p, s.length), s.length);
                for (std::size_t n = 0; n < s.length; ++n)
                    expected[n] *= value(x[n]);
                qa::assert_near(expected,
                                inverted(istft<T>(p, taps), forward(p, x), s.length),
                                4 * qa::limit<T>, // sums that nearly cancel
                                s.text());
            }
        });
    }

    void dual_window_recovers_what_is_steadily_covered()
    {
        parameters p{ 16, 4, "hann", 0, placement::full };
        const auto x = qa::noise<float>(100);
        const auto dual = closest_dual_window(p.taps(), p.hop, {}, true);
        qa::assert_near(qa::exactly(x),
                        inverted(istft<float>(p, dual), forward(p, x), 100),
                        1e-6,
                        "dual of Hann");
    }

    void first_frame_may_start_anywhere()
    {
        const auto x = qa::noise<double>(80);
        for (auto where : placements)
            for (std::int64_t first : { -50, -12, -11, -1, 0, 1, 7, 30 }) {
                const qa::context in_first("first", first);
                parameters p{ 15, 5, "hamming", 12, where };
                p.phase = "absolute";
                istft<double> inverse(p);
                inverse.begin_at(first);
                CPPUNIT_ASSERT_EQUAL(first, inverse.next_start());
                const auto starts = qa::regular(first, 5, 30);
                assert_recovered(x,
                                 inverted(inverse, forward(p, x, first, 30), 80),
                                 p,
                                 starts,
                                 "first frame at " + std::to_string(first));
            }
    }

    void no_frames_give_zeros()
    {
        const auto y = inverted(istft<float>({ 16, 4 }), {}, 10);
        CPPUNIT_ASSERT(y == std::vector<float>(10, 0));
    }

    void alignment_changes_no_bit()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            const parameters p{ 15, 4 };
            const auto x = qa::noise<T>(50);
            auto spectra = forward(p, x);
            const auto frames = spectra.size() / bins<T>(15);
            const auto expected = inverted(istft<T>(p), spectra, 50);
            for (std::size_t at = 1; at < 9; ++at) {
                const qa::context in_at("at", at);
                spectra.insert(spectra.begin(), 0);
                std::vector<T> y(50);
                istft<T>(p).invert(spectra.data() + at, frames, y.data(), 50);
                CPPUNIT_ASSERT(expected == y);
            }
        });
    }

    void not_a_number_stays_under_its_frames()
    {
        for (std::size_t n_fft : { 15, 16 }) {
            const qa::context in_n_fft("n_fft", n_fft);
            const parameters p{ n_fft, 5, "hamming", 12 };
            auto x = qa::noise<float>(100);
            const auto clean = inverted(istft<float>(p), forward(p, x), 100);
            x[50] = std::numeric_limits<float>::quiet_NaN();
            const auto spoilt = inverted(istft<float>(p), forward(p, x), 100);
            std::vector<bool> under(100);
            for (auto start : starts_of(p, 100))
                for (std::int64_t n = start; n < start + 12; ++n)
                    if (start <= 50 && 50 < start + 12)
                        under[n] = true;
            for (std::size_t n = 0; n < 100; ++n)
                CPPUNIT_ASSERT(under[n] ? std::isnan(spoilt[n]) : spoilt[n] == clean[n]);
        }
    }

    void what_cannot_be_inverted_is_refused()
    {
        const auto refused = [](const std::string& message,
                                const parameters& p,
                                const taps_t& synthesis = {},
                                double threshold = -1,
                                bool strict = true) {
            qa::assert_refused(message, [&] { istft<float>(p, synthesis, threshold, strict); });
        };
        const std::string no_inverse = " samples, so its STFT has no inverse (NOLA)";
        refused("hop: 16: leaves samples uncovered by the window hann of 16" + no_inverse,
                { 16, 16 });
        refused("accepted", { 16, 15 });
        refused("hop: 17: leaves samples uncovered by the window boxcar of 16" + no_inverse,
                { 16, 17, "boxcar" });
        refused("accepted", { 16, 16, "boxcar" });
        refused("hop: 5: leaves samples uncovered by the window hamming of 4" + no_inverse,
                { 16, 5, "hamming", 4 },
                taps_t(4, 1));
        refused("accepted", { 16, 16 }, taps_t(16, 1)); // whatever it may be good for
        refused("accepted", { 16, 16 }, {}, 0);
        refused("accepted", { 16, 16 }, {}, -1, false);
        refused("hop: 17: leaves samples uncovered by the window boxcar of 16" + no_inverse,
                { 16, 17, "boxcar" },
                {},
                0.5,
                false);
        refused("synthesis: 15 taps: must be win_length = 16", { 16, 4 }, taps_t(15, 1));
        taps_t spoilt(16, 1);
        spoilt[3] = std::numeric_limits<double>::quiet_NaN();
        refused("synthesis: (nan,0): must be finite", { 16, 4 }, spoilt);
        refused("threshold: 1: must be 0 <= threshold < 1", { 16, 4 }, {}, 1);
        refused("win_length: 17: must be 1 .. n_fft = 16", { 16, 4, "hann", 17 });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_istft);
