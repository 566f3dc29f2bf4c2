/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/stft/istft.h>
#include <gnuradio/stft/kernel/stft/stft.h>
#include <limits>

using namespace gr::stft::kernel;
using qa::value;
using qa::values;

namespace {

constexpr placement placements[]{ placement::centred, placement::left, placement::full };

template <class T>
using spectra_of = std::vector<std::complex<real_t<T>>>;

std::vector<std::int64_t> starts_of(const parameters& p, std::size_t length)
{
    const auto f = p.frames();
    return qa::regular(f.first(), p.hop, f.frames(static_cast<std::int64_t>(length)));
}

template <class T>
spectra_of<T>
forward(const parameters& p, const std::vector<T>& x, std::int64_t first, std::size_t frames)
{
    stft<T> transform(p);
    spectra_of<T> spectra(frames * transform.bins());
    transform.analyse(x.data(), static_cast<std::int64_t>(x.size()), first, frames, spectra.data());
    return spectra;
}

template <class T>
spectra_of<T> forward(const parameters& p, const std::vector<T>& x)
{
    const auto starts = starts_of(p, x.size());
    return forward(p, x, starts.front(), starts.size());
}

template <class T>
std::vector<T> inverted(istft<T> inverse, const spectra_of<T>& spectra, std::size_t length)
{
    std::vector<T> y(length, T(-99));
    inverse.invert(spectra.data(),
                   spectra.size() / inverse.bins(),
                   y.data(),
                   static_cast<std::int64_t>(length));
    return y;
}

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

//! Part of a stream in which the STFT's parameters change: `frames` frames with p.
struct section {
    parameters p;
    std::size_t frames;
};

//! Transforms and inverts frame by frame, each section's first frame `gap` after where the last hop leads.
values through_changes(const std::vector<section>& sections, const values& x, std::int64_t gap = 0)
{
    istft<value> inverse(sections.front().p);
    values y(x.size()), spectrum(inverse.bins());
    std::size_t read = 0;
    const auto read_all = [&] { read += inverse.read(y.data() + read, y.size() - read); };
    const auto length = static_cast<std::int64_t>(x.size());
    auto start = inverse.next_start();
    bool more = true;
    for (const auto& s : sections) {
        const qa::context in_s("s", s);
        if (&s != &sections.front()) {
            start += gap;
            inverse.change(s.p, start);
            if (gap > 0) // nothing can reach it any more
                CPPUNIT_ASSERT_EQUAL(std::size_t(start) - read, inverse.ready());
            read_all();
        }
        stft<value> transform(s.p);
        for (std::size_t frame = 0; more && frame < s.frames; ++frame, start += s.p.hop) {
            more = s.p.frames().continues(start, length);
            transform.analyse(x.data(), length, start, 1, spectrum.data());
            inverse.add(spectrum.data());
            if (!more)
                inverse.finish(length);
            read_all();
        }
    }
    CPPUNIT_ASSERT_EQUAL(x.size(), read);
    y.resize(read);
    return y;
}

parameters tuned(const window& w,
                 std::size_t length,
                 std::size_t hop,
                 scaling scale = scaling::none,
                 const phase_reference& phase = "absolute")
{
    parameters p{ 32, hop, w, length };
    p.scale = scale;
    p.phase = phase;
    return p;
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
    CPPUNIT_TEST(samples_leave_when_no_frame_can_reach_them);
    CPPUNIT_TEST(reading_in_pieces_changes_no_bit);
    CPPUNIT_TEST(runs_of_frames_change_no_bit);
    CPPUNIT_TEST(runs_begin_where_the_overlap_is_steady);
    CPPUNIT_TEST(first_frame_may_start_anywhere);
    CPPUNIT_TEST(window_hop_and_scaling_may_change);
    CPPUNIT_TEST(gaps_give_zeros);
    CPPUNIT_TEST(synthesis_window_ends_with_a_change);
    CPPUNIT_TEST(finish_decides_the_length);
    CPPUNIT_TEST(finish_may_come_after_all_is_read);
    CPPUNIT_TEST(no_frames_give_zeros);
    CPPUNIT_TEST(alignment_changes_no_bit);
    CPPUNIT_TEST(not_a_number_stays_under_its_frames);
    CPPUNIT_TEST(restarted_it_gives_what_a_new_one_gives);
    CPPUNIT_TEST(what_cannot_be_inverted_is_refused);
    CPPUNIT_TEST(wrong_changes_are_refused);
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
                    const qa::context in_where("hop, where", std::to_string(hop) + name_of(where));
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

    void samples_leave_when_no_frame_can_reach_them()
    {
        for (const auto& s : qa::shapes)
            for (auto where : placements) {
                const qa::context in_where("where", where);
                if (s.hop > s.win_length)
                    continue;
                istft<float> inverse({ s.n_fft, s.hop, "boxcar", s.win_length, where });
                const std::vector<std::complex<float>> spectrum(inverse.bins());
                std::vector<float> out(s.win_length + s.hop);
                std::int64_t read = 0;
                for (int frame = 0; frame < 20; ++frame) {
                    const qa::context in_frame("frame", frame);
                    const auto start = inverse.next_start();
                    inverse.add(spectrum.data());
                    CPPUNIT_ASSERT_EQUAL(start + std::int64_t(s.hop), inverse.next_start());
                    CPPUNIT_ASSERT_EQUAL(std::max<std::int64_t>(0, start + s.win_length),
                                         std::max<std::int64_t>(0, inverse.covered_end()));
                    const auto due = start + std::int64_t(std::min(s.hop, s.win_length / 2));
                    CPPUNIT_ASSERT_EQUAL(std::max(read, due) - read, std::int64_t(inverse.ready()));
                    read += inverse.read(out.data(), out.size());
                }
            }
    }

    void reading_in_pieces_changes_no_bit()
    {
        parameters p{ 16, 5, "hamming", 12, placement::full };
        const auto x = qa::noise<float>(97);
        const auto spectra = forward(p, x);
        const auto whole = inverted(istft<float>(p), spectra, 97);
        for (std::size_t piece : { 1, 2, 3, 7 }) {
            const qa::context in_piece("piece", piece);
            istft<float> inverse(p);
            std::vector<float> y;
            const auto read_all = [&] {
                while (inverse.ready()) {
                    std::vector<float> part(piece);
                    const auto expected = std::min(piece, inverse.ready());
                    CPPUNIT_ASSERT_EQUAL(expected, inverse.read(part.data(), piece));
                    y.insert(y.end(), part.begin(), part.begin() + expected);
                }
            };
            for (std::size_t i = 0; i < spectra.size(); i += inverse.bins()) {
                inverse.add(&spectra[i]);
                if (i + inverse.bins() == spectra.size())
                    inverse.finish(97);
                read_all();
            }
            CPPUNIT_ASSERT(whole == y);
        }
    }

    //! Frame by frame, and as much as possible in runs of `most`, changing to `then` in the middle.
    template <class T>
    void assert_runs_change_nothing(const parameters& p,
                                    const parameters& then,
                                    const std::vector<std::complex<double>>& synthesis,
                                    std::size_t most,
                                    const std::string& what)
    {
        constexpr std::size_t frames = 60, changed_at = 31;
        istft<T> single(p, synthesis), running(p, synthesis);
        const auto spectra = qa::noise<std::complex<real_t<T>>>(frames * single.bins());
        std::vector<T> expected(frames * 64, T(7)), y(frames * 64, T(7));
        std::size_t read = 0, run = 0;
        for (std::size_t f = 0; f < frames; ++f) {
            if (f == changed_at)
                single.change(then, single.next_start());
            single.add(&spectra[f * single.bins()]);
            read += single.read(&expected[read], single.ready());
        }
        std::size_t got = 0;
        for (std::size_t f = 0; f < frames;) {
            if (f == changed_at)
                running.change(then, running.next_start());
            const auto left = (f < changed_at ? changed_at : frames) - f;
            const auto* next = &spectra[f * running.bins()];
            const auto hop = running.design().hop;
            const auto taken = running.add_run(next, std::min(most, left), &y[got]);
            f += taken;
            run += taken;
            got += taken * hop;
            if (taken == 0) {
                running.add(next);
                ++f;
            }
            got += running.read(&y[got], running.ready());
        }
        CPPUNIT_ASSERT_MESSAGE(what, run > 0);
        single.finish(single.ends_at());
        running.finish(running.ends_at());
        read += single.read(&expected[read], single.ready());
        got += running.read(&y[got], running.ready());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(what, read, got);
        CPPUNIT_ASSERT_MESSAGE(what, expected == y);
    }

    void runs_of_frames_change_no_bit()
    {
        for (auto where : placements)
            for (const char* phase : { "start", "centre", "absolute" })
                for (std::size_t hop : { 1, 3, 7, 8 })
                    for (std::size_t most : { 1, 2, 100 }) {
                        parameters p{ 37, hop, "hamming", 23, where };
                        p.phase = phase;
                        auto then = p, brief = p;
                        then.hop = 5;
                        brief.hop = 2;
                        brief.win_length = 9; // what the long windows reach is not its own
                        const auto what = std::string(phase) + ", hop " + std::to_string(hop) +
                                          ", at most " + std::to_string(most);
                        assert_runs_change_nothing<float>(p, then, {}, most, what);
                        assert_runs_change_nothing<double>(p, then, {}, most, what);
                        assert_runs_change_nothing<double>(p, brief, {}, most, what);
                        assert_runs_change_nothing<std::complex<float>>(p, then, {}, most, what);
                        assert_runs_change_nothing<value>(p, then, p.taps(), most, what);
                        auto slope = p;
                        const auto taps = qa::noise<value>(23);
                        slope.window = window(values(taps.begin(), taps.end()));
                        assert_runs_change_nothing<value>(slope, p, {}, most, what);
                    }
    }

    void runs_begin_where_the_overlap_is_steady()
    {
        const parameters p{ 16, 4, "hann", 16, placement::left };
        istft<float> inverse(p);
        const std::vector<std::complex<float>> spectra(20 * inverse.bins());
        std::vector<float> samples(100);
        std::size_t alone = 0;
        while (inverse.add_run(spectra.data(), 10, samples.data()) == 0) {
            inverse.add(spectra.data());
            inverse.read(samples.data(), inverse.ready());
            CPPUNIT_ASSERT(++alone < 10);
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t(4 * (alone + 10)), inverse.next_start());
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), inverse.add_run(spectra.data(), 0, samples.data()));
        inverse.add(spectra.data()); // samples of this frame have not been read
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), inverse.add_run(spectra.data(), 10, samples.data()));
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

    void restarted_it_gives_what_a_new_one_gives()
    {
        const auto x = qa::noise<double>(80);
        const parameters p{ 15, 5, "hamming", 12 };
        istft<double> used(p);
        std::vector<double> got(80), expected(80), end(500);
        for (std::int64_t first : { -6, 0, 7, -50 })
            for (std::size_t frames : { 0, 1, 3, 30 }) {
                const qa::context in_frames("frames", frames);
                const auto spectra = forward(p, x, first, 30);
                used.restart(first);
                used.invert(spectra.data(), frames, got.data(), 80);
                istft<double> fresh(p);
                fresh.begin_at(first);
                fresh.invert(spectra.data(), frames, expected.data(), 80);
                CPPUNIT_ASSERT(got == expected);
                const std::vector<std::complex<double>> bad(
                    spectra.size(),
                    std::nan("")); // and leaves off within a frame
                used.restart(first);
                used.invert(bad.data(), 30, end.data(), first % 2 ? 500 : 33);
            }
    }

    void window_hop_and_scaling_may_change()
    {
        const auto x = qa::noise<value>(400);
        const window slope(values{ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 });
        const std::vector<std::vector<section>> cases{
            { { tuned("hamming", 16, 4), 20 }, { tuned("hamming", 16, 7), 100 } },
            { { tuned("hamming", 16, 15), 5 }, { tuned("hamming", 16, 1), 400 } },
            { { tuned("hann", 16, 5), 9 }, { tuned(slope, 16, 5), 100 } },
            { { tuned("hamming", 16, 4), 9 }, { tuned("hamming", 31, 4), 100 } },
            { { tuned("hamming", 5, 2), 9 }, { tuned("hamming", 32, 9), 100 } },
            { { tuned("hann", 16, 4, scaling::psd), 9 }, { tuned("hann", 16, 4), 100 } },
            { { tuned("hann", 16, 4), 9 }, { tuned("hann", 16, 4, scaling::none, "centre"), 100 } },
            { { tuned("hamming", 32, 8), 9 }, { tuned("hamming", 8, 2), 200 } },
            // before any sample was read
            { { tuned("hamming", 32, 4), 1 }, { tuned("hamming", 32, 8), 100 } },
            { { tuned("hamming", 32, 3), 2 }, { tuned("hamming", 12, 4), 200 } },
            { { tuned("hamming", 32, 8), 9 }, { tuned("hamming", 2, 1), 400 } },
            { { tuned("boxcar", 8, 8, scaling::ortho), 1 },
              { tuned("hamming", 16, 3, scaling::psd), 1 },
              { tuned("hamming", 20, 7, scaling::magnitude), 2 },
              { tuned("boxcar", 32, 32), 1 },
              { tuned("hamming", 32, 6), 100 } },
        };
        for (const auto& sections : cases)
            qa::assert_near(x, through_changes(sections, x), 1e-12, "changed stream");
    }

    void gaps_give_zeros()
    {
        const auto x = qa::noise<value>(100);
        const auto p = tuned("boxcar", 16, 8);
        for (std::int64_t gap :
             { 1, 8, 9, 17, 40 }) { // the first ten frames reach as far as sample 80
            auto expected = x;
            for (std::int64_t n = 80; n < std::min<std::int64_t>(72 + gap, 100); ++n)
                expected[n] = 0;
            qa::assert_near(expected,
                            through_changes({ { p, 10 }, { p, 10 } }, x, gap),
                            1e-12,
                            "gap of " + std::to_string(gap));
        }
    }

    void synthesis_window_ends_with_a_change()
    {
        const auto x = qa::noise<double>(200);
        const parameters p{ 16, 4 };
        istft<double> inverse(p, dual_window(p.taps(), 4));
        const auto spectra = forward(p, x);
        std::vector<double> y(200);
        std::size_t read = 0;
        for (std::size_t frame = 0; frame < spectra.size() / 9; ++frame) {
            if (frame == 20)
                inverse.change(p, inverse.next_start());
            inverse.add(&spectra[9 * frame]);
            if (frame + 1 == spectra.size() / 9)
                inverse.finish(200);
            read += inverse.read(y.data() + read, 200 - read);
        }
        // the dual window fades in and does not know of the edge; from there on all is exact
        for (std::size_t n = 8; n < 200; ++n)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(x[n], y[n], 1e-12);
    }

    void finish_decides_the_length()
    {
        parameters p{ 16, 4, "hamming" };
        const auto x = qa::noise<double>(40);
        const auto spectra = forward(p, x, -8, 11); // as far as sample 48
        for (std::size_t length : { 0, 1, 5, 33, 40, 44, 48, 49, 70 }) {
            auto padded = x;
            padded.resize(length);
            qa::assert_near(qa::exactly(padded),
                            inverted(istft<double>(p), spectra, length),
                            1e-12,
                            std::to_string(length) + " samples");
        }
    }

    void finish_may_come_after_all_is_read()
    {
        const parameters p{ 16, 4, "hamming" };
        const auto x = qa::noise<double>(60);
        const auto spectra = forward(p, x, -8, 14); // as far as sample 60
        for (std::size_t length = 48; length <= 60; ++length) {
            const qa::context in_length("length", length);
            istft<double> inverse(p);
            std::vector<double> y(length);
            std::size_t read = 0;
            for (std::size_t i = 0; i < spectra.size(); i += inverse.bins()) {
                inverse.add(&spectra[i]);
                read += inverse.read(y.data() + read, length - read);
            }
            CPPUNIT_ASSERT_EQUAL(std::size_t(48), read);
            inverse.finish(static_cast<std::int64_t>(length));
            read += inverse.read(y.data() + read, length - read);
            CPPUNIT_ASSERT_EQUAL(length, read);
            qa::assert_near(
                qa::exactly(std::vector<double>(x.begin(), x.begin() + static_cast<long>(length))),
                y,
                1e-12,
                std::to_string(length) + " samples");
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

    void wrong_changes_are_refused()
    {
        istft<double> inverse({ 16, 4 });
        const std::vector<std::complex<double>> spectrum(9);
        std::vector<double> out(16);
        for (int frame = 0; frame < 5; ++frame) {
            inverse.add(spectrum.data());
            inverse.read(out.data(), out.size());
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t(12), inverse.next_start()); // all samples before are read
        qa::assert_refused("n_fft: 32: cannot change from 16", [&] {
            inverse.change({ 32, 4 }, 12);
        });
        qa::assert_refused("start: 11: must not lie before sample 12", [&] {
            inverse.change({ 16, 4 }, 11);
        });
        istft<double> unread({ 16, 4 });
        unread.add(spectrum.data());
        qa::assert_refused("start: -9: must not lie before sample -8", [&] {
            unread.change({ 16, 4 }, -9);
        });
        qa::assert_refused("hop: 0: must be 1 .. 2^40 samples", [&] {
            inverse.change({ 16, 0 }, 12);
        });
        qa::assert_refused("accepted", [&] { inverse.change({ 16, 40 }, 12); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_istft);
