/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/phase_support.h"

using namespace gr::stft::kernel;
using namespace qa::phases;

namespace {

//! A kernel of phases, and what it has written.
struct written_phases {
    phase_from_magnitude<float> phases;
    std::vector<std::complex<float>> spectra;

    explicit written_phases(const phase_settings& s) : phases(s) {}

    //! Other settings from the next frame on, and frames of these magnitudes.
    void change(const phase_settings& s, std::int64_t start, const std::vector<float>& magnitudes)
    {
        finish();
        phases.change(s, start);
        std::vector<std::complex<float>> row(s.bins());
        for (std::size_t i = 0; i < magnitudes.size(); i += row.size())
            if (phases.push(magnitudes.data() + i, row.data()))
                spectra.insert(spectra.end(), row.begin(), row.end());
    }
    void finish()
    {
        std::vector<std::complex<float>> row(phases.bins());
        if (phases.finish(row.data()))
            spectra.insert(spectra.end(), row.begin(), row.end());
    }
};

//! Calls f(settings) with each look-ahead and with 0, 1 and 2 iterations.
template <class F>
void for_each_kind(phase_settings s, F f)
{
    for (const std::size_t look_ahead : { 0, 1 })
        for (const std::size_t iterations : { 0, 1, 2 }) {
            const qa::context in_ahead("look_ahead", look_ahead);
            const qa::context in_iterations("iterations", iterations);
            s.look_ahead = look_ahead;
            s.iterations = iterations;
            f(s);
        }
}

void assert_alike(double least,
                  const std::vector<std::complex<float>>& expected,
                  const std::vector<std::complex<float>>& got)
{
    CPPUNIT_ASSERT_EQUAL(expected.size(), got.size());
    const auto like = likeness(expected, got);
    if (!(like > least))
        CPPUNIT_FAIL("likeness " + std::to_string(like));
}

} // namespace

class qa_phase_changes : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_phase_changes);
    CPPUNIT_TEST(a_changed_hop_is_followed);
    CPPUNIT_TEST(a_tone_goes_on_through_other_windows);
    CPPUNIT_TEST(what_comes_after_a_gap_depends_on_nothing_before);
    CPPUNIT_TEST(settings_change_at_any_frame);
    CPPUNIT_TEST_SUITE_END();

    void a_changed_hop_is_followed()
    {
        const auto x = chirp<float>(4000, 0.1, 0.00005);
        for_each_kind(made(256, 16, window("gaussian", { 28 })), [&](auto s) {
            written_phases got(s);
            got.phases.begin_at(200);
            std::vector<std::complex<float>> all;
            for (const std::size_t hop : { 16, 9, 32 }) {
                const auto start = got.phases.start();
                s.hop = hop;
                const auto X = analysed(s, x, start, 40);
                all.insert(all.end(), X.begin(), X.end());
                got.change(s, start, magnitudes_of(X));
            }
            got.finish();
            assert_alike(0.99, all, got.spectra);
        });
    }

    void a_tone_goes_on_through_other_windows()
    {
        // centres go on at one hop, and starts do not
        const auto x = chirp<float>(4000, 0.1171, 0);
        for_each_kind(made(128, 8, "hann", 64), [&](auto s) {
            written_phases got(s);
            got.phases.begin_at(200);
            std::vector<std::complex<float>> all;
            for (const std::size_t length : { 64, 128, 37 }) {
                const auto start = got.phases.start() +
                                   static_cast<std::int64_t>(s.win_length / 2) -
                                   static_cast<std::int64_t>(length / 2);
                s.win_length = length;
                const auto X = analysed(s, x, start, 40);
                all.insert(all.end(), X.begin(), X.end());
                got.change(s, start, magnitudes_of(X));
            }
            got.finish();
            assert_alike(0.98, all, got.spectra);
        });
    }

    void what_comes_after_a_gap_depends_on_nothing_before()
    {
        const auto x = qa::noise<float>(3000);
        for_each_kind(made(64, 8, "hann"), [&](const auto& s) {
            auto before = magnitudes_of(analysed(s, x, 0, 30));
            const auto after = magnitudes_of(analysed(s, x, 2000, 30));
            std::vector<std::complex<float>> ways[2];
            for (auto& way : ways) {
                written_phases got(s);
                got.change(s, 0, before);
                got.change(s, 2000, after);
                got.finish();
                way = got.spectra;
                std::reverse(before.begin(), before.end());
            }
            const auto second = static_cast<std::ptrdiff_t>(before.size());
            CPPUNIT_ASSERT(!std::equal(ways[0].begin(), ways[0].begin() + second, ways[1].begin()));
            CPPUNIT_ASSERT(
                std::equal(ways[0].begin() + second, ways[0].end(), ways[1].begin() + second));
        });
    }

    void settings_change_at_any_frame()
    {
        std::mt19937 generator(1);
        const auto any = [&](std::size_t count) { return generator() % count; };
        const auto x = chirp<float>(8000, 0.1, 0.00004);
        for (const std::size_t look_ahead : { 0, 1 })
            for (const bool gaps : { false, true }) {
                auto s = made(128, 8, window("gaussian", { 14 }));
                s.look_ahead = look_ahead;
                std::vector<std::complex<float>> all;
                written_phases got(s);
                for (int change = 0; change < 60; ++change) {
                    auto next = got.phases.start();
                    if (gaps && any(3) == 0)
                        next += static_cast<std::int64_t>(any(300)) - 40;
                    if (any(3) == 0)
                        s.hop = gaps ? 1 + any(140) : 6 + any(5);
                    s.iterations = 1 + any(5);
                    const auto X = analysed(s, x, next, 1 + any(8));
                    all.insert(all.end(), X.begin(), X.end());
                    got.change(s, next, magnitudes_of(X));
                }
                got.finish();
                CPPUNIT_ASSERT_EQUAL(all.size(), got.spectra.size());
                for (std::size_t i = 0; i < all.size(); ++i)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(std::abs(all[i]), std::abs(got.spectra[i]), 2e-5);
                CPPUNIT_ASSERT(gaps || likeness(all, got.spectra) > 0.99);
            }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_phase_changes);
