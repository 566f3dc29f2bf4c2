/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/istft_support.h"

using namespace gr::stft::kernel;
using qa::forward;
using qa::inverted;
using qa::placements;
using qa::value;
using qa::values;

namespace {

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

//! Frames one after the other, and runs of them; parameters that change between them; the end.
class qa_istft_stream : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_istft_stream);
    CPPUNIT_TEST(samples_leave_when_no_frame_can_reach_them);
    CPPUNIT_TEST(reading_in_pieces_changes_no_bit);
    CPPUNIT_TEST(runs_of_frames_change_no_bit);
    CPPUNIT_TEST(runs_begin_where_the_overlap_is_steady);
    CPPUNIT_TEST(window_hop_and_scaling_may_change);
    CPPUNIT_TEST(gaps_give_zeros);
    CPPUNIT_TEST(synthesis_window_ends_with_a_change);
    CPPUNIT_TEST(finish_decides_the_length);
    CPPUNIT_TEST(finish_may_come_after_all_is_read);
    CPPUNIT_TEST(restarted_it_gives_what_a_new_one_gives);
    CPPUNIT_TEST(wrong_changes_are_refused);
    CPPUNIT_TEST_SUITE_END();

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

CPPUNIT_TEST_SUITE_REGISTRATION(qa_istft_stream);
