/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/frames/framer.h>
#include <limits>

using namespace gr::stft::kernel;

namespace {

constexpr placement placements[]{ placement::centred, placement::left, placement::full };

//! The frames of a signal by the words of the placements: which ones are there at all.
std::vector<std::int64_t> enumerated(placement where, int length, int win_length, int hop)
{
    std::vector<std::int64_t> starts;
    if (length == 0)
        return starts;
    const auto holds_a_sample_from = [&](int start, int from) {
        for (int n = start; n < start + win_length; ++n)
            if (n >= from && n < length)
                return true;
        return false;
    };
    const int centre = win_length / 2, beyond = length + win_length + hop;
    if (where == placement::centred) {
        for (int t = 0; t == 0 || t - hop < length; t += hop)
            starts.push_back(t - centre);
    } else if (where == placement::left) {
        for (int start = 0; start < beyond; start += hop)
            if (start == 0 || holds_a_sample_from(start, start - hop + win_length))
                starts.push_back(start);
    } else {
        for (int p = -beyond; p <= beyond; ++p)
            if (holds_a_sample_from(p * hop - centre, 0))
                starts.push_back(p * hop - centre);
    }
    return starts;
}

template <class F>
void for_many(F f)
{
    for (auto where : placements)
        for (int win_length : { 1, 2, 3, 4, 5, 7, 8, 12, 15, 31 })
            for (int hop : { 1, 2, 3, 4, 5, 8, 11, 31, 40 })
                for (int length : { 1, 2, 3, 4, 7, 8, 9, 16, 30, 31, 33, 62, 80 })
                    f(where, length, win_length, hop);
}

struct cut_frame {
    std::int64_t start;
    std::vector<double> samples;
    bool last;

    bool operator==(const cut_frame& other) const
    {
        return start == other.start && samples == other.samples && last == other.last;
    }
};
using cut_frames = std::vector<cut_frame>;

//! Framing that holds from frame number `frame` on.
struct regime {
    std::size_t frame;
    framing frames;
};

//! The frames by hand: no chunks, no buffer.
cut_frames cut_at_once(const std::vector<double>& signal, std::vector<regime> regimes)
{
    cut_frames frames;
    auto how = regimes.front().frames;
    auto start = how.first();
    const auto length = static_cast<std::int64_t>(signal.size());
    for (bool more = length > 0; more; start += how.hop()) {
        for (const auto& r : regimes)
            if (r.frame == frames.size())
                how = r.frames;
        more = how.continues(start, length);
        frames.push_back({ start, {}, !more });
        for (const auto& v : qa::excerpt(qa::exactly(signal), start, how.win_length()))
            frames.back().samples.push_back(v.real());
    }
    return frames;
}

//! The frames as a framer gives them that gets its samples in pieces, as a stream does.
cut_frames cut_in_pieces(const std::vector<double>& signal,
                         std::vector<regime> regimes,
                         const std::function<std::size_t()>& piece)
{
    cut_frames frames;
    framer<double> cutter(regimes.front().frames);
    for (std::size_t at = 0;;) {
        const qa::context in_at("at", at);
        for (const auto& r : regimes)
            if (r.frame == frames.size())
                cutter.reframe(r.frames);
        if (const auto* frame = cutter.frame()) {
            std::size_t most = 1 + frames.size() % 4;
            for (const auto& r : regimes)
                if (r.frame > frames.size())
                    most = std::min(most, r.frame - frames.size());
            const auto count = cutter.run(most), hop = cutter.frames().hop();
            CPPUNIT_ASSERT(count >= 1 && count <= most);
            for (std::size_t i = 0; i < count; ++i, frame += hop)
                frames.push_back({ cutter.start() + std::int64_t(i * hop),
                                   { frame, frame + cutter.frames().win_length() },
                                   cutter.last() });
            cutter.advance(count);
        } else if (at < signal.size()) {
            const auto count = std::min(piece(), signal.size() - at);
            const auto taken = cutter.push(signal.data() + at, count);
            CPPUNIT_ASSERT(taken > 0 || count == 0);
            at += taken;
            CPPUNIT_ASSERT_EQUAL(std::int64_t(at), cutter.received());
        } else if (cutter.wanted() > 0) {
            cutter.finish();
        } else {
            return frames;
        }
    }
}

void assert_any_split_gives_the_same(const std::vector<double>& signal,
                                     const std::vector<regime>& regimes,
                                     const std::string& what)
{
    const auto expected = cut_at_once(signal, regimes);
    std::minstd_rand random(7);
    const std::function<std::size_t()> pieces[]{
        [] { return 1; },
        [] { return 3; },
        [] { return std::numeric_limits<std::size_t>::max(); },
        [&] { return random() % 50; },
    };
    for (const auto& piece : pieces)
        CPPUNIT_ASSERT_MESSAGE(what, expected == cut_in_pieces(signal, regimes, piece));
}

} // namespace

class qa_framing : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_framing);
    CPPUNIT_TEST(frames_are_those_of_the_placement);
    CPPUNIT_TEST(another_first_sample_moves_the_rule);
    CPPUNIT_TEST(covered_end_is_the_end_of_the_last_frame);
    CPPUNIT_TEST(positions_are_64_bits_wide);
    CPPUNIT_TEST(modulo_is_never_negative);
    CPPUNIT_TEST(any_split_gives_the_same_frames);
    CPPUNIT_TEST(long_signals_pass_a_short_buffer);
    CPPUNIT_TEST(window_and_hop_may_change_between_frames);
    CPPUNIT_TEST(signals_without_samples_have_no_frames);
    CPPUNIT_TEST(frame_leaves_after_latency_samples);
    CPPUNIT_TEST(no_frame_comes_before_the_wanted_samples);
    CPPUNIT_TEST(every_type_of_sample_is_cut);
    CPPUNIT_TEST(axes_of_images_have_the_frames_of_their_tail);
    CPPUNIT_TEST(frames_begin_within_2_to_62);
    CPPUNIT_TEST(wrong_arguments_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void frames_are_those_of_the_placement()
    {
        for_many([](placement where, int length, int win_length, int hop) {
            const framing f(win_length, hop, where);
            const auto expected = enumerated(where, length, win_length, hop);
            const auto what =
                name_of(where) +
                (" " +
                 qa::shape{ std::size_t(length), std::size_t(win_length), 0, std::size_t(hop) }
                     .text());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(what, expected.front(), f.first());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(what, std::int64_t(expected.size()), f.frames(length));
            for (auto start : expected)
                CPPUNIT_ASSERT_EQUAL_MESSAGE(
                    what, start != expected.back(), f.continues(start, length));
        });
    }

    void another_first_sample_moves_the_rule()
    {
        for_many([](placement where, int length, int win_length, int hop) {
            const framing f(win_length, hop, where);
            for (std::int64_t first :
                 { f.first() - 9, f.first() - 1, f.first() + 1, f.first() + 25 }) {
                const qa::context in_first("first", first);
                auto start = first;
                std::int64_t frames = 1;
                for (; f.continues(start, length); start += hop)
                    ++frames;
                CPPUNIT_ASSERT_EQUAL(frames, f.frames(length, first));
            }
        });
    }

    void covered_end_is_the_end_of_the_last_frame()
    {
        for (std::int64_t first : { -100, -7, 0, 4 })
            for (std::size_t frames : { 0, 1, 2, 9 })
                for (std::size_t hop : { 1, 5, 40 }) {
                    const qa::context in_hop("hop", hop);
                    std::int64_t end = 0;
                    for (auto start : qa::regular(first, hop, frames))
                        end = std::max(end, start + 8);
                    CPPUNIT_ASSERT_EQUAL(end, covered_end(first, hop, 8, frames));
                }
    }

    void positions_are_64_bits_wide()
    {
        const std::int64_t length = (std::int64_t(1) << 61) + 1;
        const std::size_t hop = std::size_t(1) << 40;
        CPPUNIT_ASSERT_EQUAL((std::int64_t(1) << 21) + 2, framing(5, hop).frames(length));
        CPPUNIT_ASSERT_EQUAL((std::int64_t(1) << 21) + 1,
                             framing(5, hop, placement::left).frames(length));
        CPPUNIT_ASSERT_EQUAL(length + 4, framing(5, 1, placement::full).frames(length));
        CPPUNIT_ASSERT_EQUAL(length + 3, covered_end(-2, hop, 5, (std::size_t(1) << 21) + 1) + 1);
    }

    void modulo_is_never_negative()
    {
        for (std::int64_t a = -20; a <= 20; ++a)
            for (std::size_t n : { 1, 2, 3, 7 }) {
                const qa::context in_n("n", n);
                const auto r = modulo(a, n);
                CPPUNIT_ASSERT(r < n);
                CPPUNIT_ASSERT_EQUAL(std::int64_t(0), (a - std::int64_t(r)) % std::int64_t(n));
            }
    }

    void any_split_gives_the_same_frames()
    {
        for_many([](placement where, int length, int win_length, int hop) {
            assert_any_split_gives_the_same(qa::noise<double>(length),
                                            { { 0, framing(win_length, hop, where) } },
                                            name_of(where));
        });
    }

    void long_signals_pass_a_short_buffer()
    {
        // the buffer holds 2 win_length + 16384 samples
        for (auto where : placements)
            for (std::size_t hop : { 500, 1900, 18000, 30000 })
                assert_any_split_gives_the_same(
                    qa::noise<double>(50000), { { 0, framing(1000, hop, where) } }, name_of(where));
    }

    void window_and_hop_may_change_between_frames()
    {
        for (auto where : placements) {
            const auto cut = [&](std::size_t win_length, std::size_t hop) {
                return framing(win_length, hop, where);
            };
            const std::vector<std::vector<regime>> cases{
                { { 0, cut(8, 3) }, { 2, cut(8, 5) } },   // another hop
                { { 0, cut(8, 3) }, { 3, cut(31, 3) } },  // longer
                { { 0, cut(31, 4) }, { 2, cut(5, 2) } },  // shorter
                { { 0, cut(4, 9) }, { 1, cut(15, 4) } },  // gaps end
                { { 0, cut(15, 4) }, { 3, cut(3, 11) } }, // gaps begin
                { { 0, cut(5, 2) }, { 4, cut(1, 1) }, { 9, cut(12, 7) }, { 10, cut(7, 7) } },
            };
            for (const auto& regimes : cases)
                for (std::size_t length : { 1, 2, 20, 33, 47, 100 })
                    assert_any_split_gives_the_same(
                        qa::noise<double>(length), regimes, name_of(where));
            // a window that no longer fits the buffer
            assert_any_split_gives_the_same(qa::noise<double>(70000),
                                            { { 0, cut(8, 1000) }, { 5, cut(40000, 9000) } },
                                            name_of(where));
        }
    }

    void signals_without_samples_have_no_frames()
    {
        for (auto where : placements) {
            const qa::context in_where("where", where);
            const framing f(8, 3, where);
            CPPUNIT_ASSERT_EQUAL(std::int64_t(0), f.frames(0));
            framer<float> cutter(f);
            CPPUNIT_ASSERT(!cutter.frame());
            cutter.finish();
            CPPUNIT_ASSERT(!cutter.frame());
            CPPUNIT_ASSERT_EQUAL(std::int64_t(0), cutter.wanted());
        }
    }

    void frame_leaves_after_latency_samples()
    {
        for_many([](placement where, int length, int win_length, int hop) {
            const framing f(win_length, hop, where);
            framer<float> cutter(f);
            const float sample = 0;
            for (int n = 0; n < length; ++n) {
                const qa::context in_n("n", n);
                cutter.push(&sample, 1);
                while (cutter.frame()) {
                    const auto centre = cutter.start() + std::int64_t(f.centre());
                    // a frame that lies before the signal leaves with the signal's first sample
                    CPPUNIT_ASSERT_EQUAL(std::max<std::int64_t>(0, centre + f.latency()),
                                         std::int64_t(n));
                    CPPUNIT_ASSERT(!cutter.last());
                    cutter.advance();
                }
            }
        });
    }

    void no_frame_comes_before_the_wanted_samples()
    {
        for_many([](placement where, int length, int win_length, int hop) {
            framer<float> cutter(framing(win_length, hop, where));
            const float sample = 0;
            for (int n = 0; n < length;) {
                const qa::context in_n("n", n);
                const auto wanted = cutter.wanted();
                CPPUNIT_ASSERT(wanted > 0);
                for (std::int64_t i = 0; i < wanted; ++i, ++n) {
                    const qa::context in_i("i", i);
                    CPPUNIT_ASSERT(!cutter.frame());
                    cutter.push(&sample, 1);
                }
                while (cutter.frame())
                    cutter.advance();
            }
        });
    }

    void every_type_of_sample_is_cut()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            const auto x = qa::noise<T>(20);
            framer<T> cutter(framing(6, 4, placement::left));
            CPPUNIT_ASSERT_EQUAL(x.size(), cutter.push(x.data(), x.size()));
            for (std::int64_t start : { 0, 4, 8, 12 }) {
                const qa::context in_start("start", start);
                CPPUNIT_ASSERT_EQUAL(start, cutter.start());
                const T* frame = cutter.frame();
                CPPUNIT_ASSERT(frame && std::equal(frame, frame + 6, x.begin() + start));
                cutter.advance();
            }
            CPPUNIT_ASSERT(!cutter.frame()); // the last one, until it is known to be
            cutter.finish();
            CPPUNIT_ASSERT(cutter.last());
            const auto* frame = cutter.frame();
            CPPUNIT_ASSERT(std::equal(frame, frame + 4, x.begin() + 16));
            CPPUNIT_ASSERT(frame[4] == zero && frame[5] == zero);
            cutter.advance();
            CPPUNIT_ASSERT(!cutter.frame());
        });
    }

    //! floor: those that fit between the padded ends; ceil: until a centre, or an end, is at or
    //! after the last sample.
    void axes_of_images_have_the_frames_of_their_tail()
    {
        for (bool centred : { true, false })
            for_many([&](placement where, int length, int win_length, int hop) {
                if (where != placement::centred) // of signals, not of images
                    return;
                const int before = centred ? win_length / 2 : 0, longest = 3 * 80;
                int fit = 0, cover = 1;
                while (fit * hop - before + win_length <= length + before)
                    ++fit;
                while (centred ? (cover - 1) * hop < length
                               : (cover - 1) * hop + win_length < length)
                    ++cover;
                for (auto rule : { tail::floor, tail::ceil }) {
                    const qa::context in_rule("rule", rule);
                    const axis_framing axis(win_length, hop, centred, rule);
                    const int frames = rule == tail::floor ? fit : cover;
                    CPPUNIT_ASSERT_EQUAL(std::int64_t(frames), axis.frames(length));
                    const auto end = axis.start(frames - 1) + win_length;
                    CPPUNIT_ASSERT_EQUAL(std::max<std::int64_t>(before, frames ? end - length : 0),
                                         std::int64_t(axis.after(length)));
                    std::int64_t shortest = 1;
                    while (axis.frames(shortest) <= frames && shortest < longest)
                        ++shortest;
                    CPPUNIT_ASSERT_EQUAL(shortest,
                                         std::min<std::int64_t>(longest, axis.shortest(frames)));
                }
            });
    }

    void frames_begin_within_2_to_62()
    {
        const std::int64_t far = std::int64_t(1) << 62;
        const framing frames(8, 3);
        const std::string rule = ": must be -2^62 .. 2^62";
        for (std::int64_t first : { far + 1, -far - 1, 2 * (far - 1) + 1, -2 * far }) {
            const auto message = "first: " + std::to_string(first) + rule;
            qa::assert_refused(message, [=] { check_starts(first, 1, 1); });
            qa::assert_refused(message, [=] { covered_end(first, 1, 8, 1); });
            qa::assert_refused(message, [=] { frames.frames(10, first); });
        }
        for (std::int64_t first : { far, -far })
            qa::assert_refused("accepted", [=] { check_starts(first, 1, 1); });
        CPPUNIT_ASSERT_EQUAL(std::int64_t(1), frames.frames(10, far));
        CPPUNIT_ASSERT_EQUAL((far + 10 - 4 + 2) / 3 + 1, frames.frames(10, -far));
        CPPUNIT_ASSERT_EQUAL(far + 8, covered_end(far - 6, 3, 8, 3));
        qa::assert_refused(
            "frames: 4: must begin at 2^62 or before, from first = 4611686018427387898 on",
            [=] { covered_end(far - 6, 3, 8, 4); });
        const std::size_t longest = std::size_t(1) << 40, most = std::size_t(1) << 23;
        qa::assert_refused("accepted", [=] { check_starts(-far, longest, most + 1); });
        qa::assert_refused(
            "frames: 18446744073709551615: must begin at 2^62 or before, from first = "
            "-4611686018427387904 on",
            [=] { check_starts(-far, longest, -1); });
    }

    void wrong_arguments_are_refused()
    {
        const std::size_t long_window = (std::size_t(1) << 28) + 1,
                          long_hop = (std::size_t(1) << 40) + 1;
        const std::string windows = ": must be 1 .. 2^28 samples",
                          hops = ": must be 1 .. 2^40 samples";
        qa::assert_refused("win_length: 0" + windows, [] { framing(0, 1); });
        qa::assert_refused("win_length: 268435457" + windows, [=] { framing(long_window, 1); });
        qa::assert_refused("win_length: -1" + windows, [] { framing(-1, 1); });
        qa::assert_refused("hop: 0" + hops, [] { framing(1, 0); });
        qa::assert_refused("hop: -3" + hops, [] { framing(1, -3); });
        qa::assert_refused("hop: 1099511627777" + hops, [=] { framing(1, long_hop); });
        qa::assert_refused("accepted", [=] { framing(long_window - 1, long_hop - 1); });
        qa::assert_refused("placement: Left: must be centred, left or full",
                           [] { placement_named("Left"); });
        for (auto where : placements)
            CPPUNIT_ASSERT(where == placement_named(name_of(where)));
        CPPUNIT_ASSERT(placement_named("centered") == placement::centred);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_framing);
