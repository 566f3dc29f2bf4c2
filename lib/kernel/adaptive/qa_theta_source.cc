/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/adaptive_support.h"
#include "theta_source.h"

using namespace gr::stft::kernel;

namespace {

constexpr std::size_t length = 1500;

//! Settings that take different ways through a source, by name.
std::vector<std::pair<std::string, adaptive_settings>> sources()
{
    std::vector<std::pair<std::string, adaptive_settings>> all;
    for (const auto share : { sharing::frame, sharing::constant, sharing::bin, sharing::cell })
        all.emplace_back(std::string("bank, ") + name_of(share), qa::small(share).filled());
    auto s = qa::small();
    s.method = learning_method::gradient;
    all.emplace_back("gradient", s.filled());
    s.whiten = 0;
    all.emplace_back("gradient without whitening", s.filled());
    return all;
}

//! A source, and what it is given.
struct running {
    adaptive_settings s;
    std::vector<float> x = qa::varied<float>(length);
    frame_grid grid{ s };
    stream_excerpt<float> signal{ length };
    dstft<float> transform{ s.n_fft, s.window, s.norm, s.share };
    frame_descent<float> descent{ s, transform };
    theta_source<float> source{ s, s.theta_init };
    std::vector<double> log_theta;

    explicit running(const adaptive_settings& settings) : s(settings)
    {
        restart(0, first_frame::free, history::cleared);
    }

    void restart(std::int64_t p, first_frame first, history past)
    {
        source.restart(p, { static_cast<float>(s.theta_init) }, first, past);
    }

    //! Pushes samples up to number `to`.
    void push(std::size_t to)
    {
        const auto from = static_cast<std::size_t>(signal.received());
        signal.push(x.data() + from, to - from);
    }

    bool resolve()
    {
        if (!source.resolve_next(grid, signal, descent))
            return false;
        log_theta.insert(log_theta.end(), source.log_theta(), source.log_theta() + source.bands());
        return true;
    }

    void resolve_all()
    {
        while (source.resolved() < static_cast<std::int64_t>(length / s.hop) && resolve())
            ;
    }
};

} // namespace

//! Window lengths of the grid frames.
class qa_theta_source : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_theta_source);
    CPPUNIT_TEST(nothing_is_measured_further_ahead_than_a_frame_needs);
    CPPUNIT_TEST(a_frame_without_its_samples_stays_unresolved);
    CPPUNIT_TEST(any_split_of_the_samples_gives_the_same_theta);
    CPPUNIT_TEST(first_frames_wait_for_a_longest_window_or_the_end);
    CPPUNIT_TEST(a_restart_goes_on_from_the_theta_that_it_is_given);
    CPPUNIT_TEST(a_held_first_frame_keeps_its_theta);
    CPPUNIT_TEST(a_cleared_history_is_that_of_a_new_source);
    CPPUNIT_TEST(counters_survive_a_rebuild);
    CPPUNIT_TEST(a_block_has_the_frames_around_its_middle);
    CPPUNIT_TEST_SUITE_END();

    void nothing_is_measured_further_ahead_than_a_frame_needs()
    {
        for (const auto& [name, s] : sources()) {
            running r(s);
            r.push(length);
            for (std::int64_t n = 0; n < 100; ++n) {
                CPPUNIT_ASSERT_MESSAGE(name, r.resolve());
                CPPUNIT_ASSERT_EQUAL_MESSAGE(name, n, r.source.resolved());
                const auto ahead = n + s.lag + s.block;
                CPPUNIT_ASSERT_EQUAL_MESSAGE(name, ahead, r.source.measured());
            }
        }
    }

    void a_frame_without_its_samples_stays_unresolved()
    {
        for (const auto& [name, s] : sources()) {
            running r(s);
            const auto last = r.grid.at(5 + s.lag + s.block).sample + r.source.reach();
            r.push(static_cast<std::size_t>(last)); // all but sample number `last`
            for (int n = 0; n < 5; ++n)
                CPPUNIT_ASSERT_MESSAGE(name, r.resolve());
            for (int again = 0; again < 2; ++again) {
                CPPUNIT_ASSERT_MESSAGE(name, !r.resolve());
                CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::int64_t(4), r.source.resolved());
            }
            r.push(static_cast<std::size_t>(last) + 1);
            CPPUNIT_ASSERT_MESSAGE(name, r.resolve());
        }
    }

    void any_split_of_the_samples_gives_the_same_theta()
    {
        for (const auto& [name, s] : sources()) {
            running whole(s), split(s);
            whole.push(length);
            whole.signal.finish();
            whole.resolve_all();
            for (std::size_t to = 1; to <= length; to += 7) {
                split.push(to);
                split.resolve_all();
            }
            split.push(length);
            split.signal.finish();
            split.resolve_all();
            CPPUNIT_ASSERT_EQUAL_MESSAGE(
                name, (length / 4 + 1) * whole.source.bands(), whole.log_theta.size());
            CPPUNIT_ASSERT_MESSAGE(name, whole.log_theta == split.log_theta);
            const auto [least, greatest] =
                std::minmax_element(whole.log_theta.begin(), whole.log_theta.end());
            CPPUNIT_ASSERT_MESSAGE(name, *greatest > *least + 0.1);
        }
    }

    void first_frames_wait_for_a_longest_window_or_the_end()
    {
        auto s = qa::small();
        s.block = s.lag = 0;
        running r(s.filled());
        const auto reach = r.source.reach(); // 31
        r.push(static_cast<std::size_t>(2 * reach));
        CPPUNIT_ASSERT(r.resolve());
        CPPUNIT_ASSERT_EQUAL(std::int64_t(-1), r.source.measured());
        CPPUNIT_ASSERT_EQUAL(std::log(static_cast<float>(r.s.theta_init) * 1.0), r.log_theta[0]);
        r.push(length);
        while (r.source.resolved() < 8) // at sample 32
            CPPUNIT_ASSERT(r.resolve());
        CPPUNIT_ASSERT_EQUAL(std::int64_t(8), r.source.measured());

        running ended(s.filled());
        ended.push(static_cast<std::size_t>(reach));
        ended.signal.finish();
        CPPUNIT_ASSERT(ended.resolve());
        CPPUNIT_ASSERT_EQUAL(std::int64_t(0), ended.source.measured());
    }

    void a_restart_goes_on_from_the_theta_that_it_is_given()
    {
        for (const auto& [name, s] : sources()) {
            running r(s);
            r.source.restart(7, { 20.5F }, first_frame::free, history::kept);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::int64_t(6), r.source.resolved());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::int64_t(6), r.source.measured());
            for (std::size_t b = 0; b < r.source.bands(); ++b)
                CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::log(20.5), r.source.log_theta()[b]);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::int64_t(0), r.source.frames_in(7));
        }
    }

    void a_held_first_frame_keeps_its_theta()
    {
        for (const auto first : { first_frame::free, first_frame::held }) {
            const qa::context in_first("first", first);
            running r(qa::small().filled());
            r.push(length);
            r.source.restart(150, { 20.5F }, first, history::kept);
            CPPUNIT_ASSERT(r.resolve());
            const bool kept = r.log_theta[0] == std::log(20.5);
            CPPUNIT_ASSERT_EQUAL(first == first_frame::held, kept);
        }
    }

    void a_cleared_history_is_that_of_a_new_source()
    {
        for (const auto& [name, s] : sources())
            for (const auto past : { history::kept, history::cleared }) {
                running fresh(s), used(s);
                fresh.push(length);
                used.push(length);
                used.resolve_all();
                used.log_theta.clear();
                fresh.restart(200, first_frame::free, history::cleared);
                used.restart(200, first_frame::free, past);
                for (int n = 0; n < 60; ++n) {
                    CPPUNIT_ASSERT_MESSAGE(name, fresh.resolve());
                    CPPUNIT_ASSERT_MESSAGE(name, used.resolve());
                }
                // without whitening and totals, nothing is kept
                const bool same = past == history::cleared || name == "gradient without whitening";
                if (name != "gradient") // whose whitener goes on in frames that overlap
                    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, same, fresh.log_theta == used.log_theta);
            }
    }

    void counters_survive_a_rebuild()
    {
        running r(qa::small().filled());
        r.push(length);
        r.source.set_load(2);
        for (int n = 0; n < 50; ++n) {
            const qa::context in_n("n", n);
            CPPUNIT_ASSERT(r.resolve());
        }
        const auto evaluations = r.source.evaluations(), dropped = r.source.dropped();
        const double criterion = r.source.criterion();
        CPPUNIT_ASSERT(evaluations > 0 && dropped > 0 && criterion != 0);
        auto narrower = qa::small();
        narrower.theta_max = 40;
        r.source.rebuild(narrower.filled(), 20);
        CPPUNIT_ASSERT_EQUAL(evaluations, r.source.evaluations());
        CPPUNIT_ASSERT_EQUAL(dropped, r.source.dropped());
        CPPUNIT_ASSERT_EQUAL(criterion, r.source.criterion());
        CPPUNIT_ASSERT_EQUAL(std::int64_t(19), r.source.reach());
    }

    void a_block_has_the_frames_around_its_middle()
    {
        for (const auto& [name, s] : sources()) {
            running r(s);
            r.push(length);
            for (int n = 0; n < 40; ++n)
                CPPUNIT_ASSERT_MESSAGE(name, r.resolve());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, 2 * s.block + 1, r.source.frames_in(39));
            const auto* means = r.source.block_means(39);
            for (std::size_t b = 0; b < r.source.bands(); ++b)
                CPPUNIT_ASSERT_MESSAGE(name, means[b].first > 0 && means[b].second > 0);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_theta_source);
