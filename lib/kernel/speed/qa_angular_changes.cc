/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/machine_support.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/speed/angular_resampler.h>
#include <algorithm>

using namespace gr::stft::kernel;

namespace {

constexpr std::int64_t hop = 50;
constexpr double rate = 4096;

angular_settings settings(std::size_t samples_per_rev, double f_min = 2)
{
    angular_settings s;
    s.samp_rate = rate;
    s.hop = hop;
    s.samples_per_rev = samples_per_rev;
    s.f_min = f_min;
    return s;
}

struct request {
    std::size_t at; // samples that have come
    angular_settings wanted;
};

template <class T>
struct resampled {
    std::vector<T> samples;
    std::vector<angle_position> where;

    void read(angular_resampler<T>& r, std::size_t room)
    {
        for (std::size_t n = room; n == room;) {
            const auto at = samples.size();
            samples.resize(at + room);
            where.resize(at + room);
            n = r.read(samples.data() + at, where.data() + at, room);
            samples.resize(at + n);
            where.resize(at + n);
        }
    }
};

//! A machine, its samples and its speeds a hop apart.
template <class T>
struct watched {
    std::vector<T> x;
    std::vector<double> speeds;

    watched(const std::function<double(double)>& law, double seconds)
    {
        const qa::machine m(law, rate, seconds);
        for (const auto angle : m.angle)
            x.push_back(static_cast<T>(std::cos(qa::two_pi * 3 * angle) + 0.3));
        for (std::size_t i = 0; i < m.speed.size(); i += static_cast<std::size_t>(hop))
            speeds.push_back(m.speed[i]);
    }

    //! Samples in pieces of at most `most`, the speeds `late` samples after theirs, no more than `known` of them; what is asked
    //! for in between.
    resampled<T> through(const angular_settings& s,
                         const std::vector<request>& requests = {},
                         std::size_t most = 1000,
                         std::int64_t late = 0,
                         std::size_t room = 4096,
                         std::int64_t first = 0,
                         std::size_t known = std::size_t(-1)) const
    {
        angular_resampler<T> r(s, first);
        resampled<T> all;
        auto next = requests.begin();
        std::size_t i = 0, p = 0;
        const auto count = std::min(known, speeds.size());
        for (;;) {
            for (; next != requests.end() && next->at == i; ++next)
                r.change(next->wanted);
            auto n = std::min(most, x.size() - i);
            if (next != requests.end())
                n = std::min(n, next->at - i);
            if (n == 0)
                break;
            r.add(x.data() + i, n);
            i += n;
            for (; p < count &&
                   static_cast<std::int64_t>(p) * hop + late < static_cast<std::int64_t>(i);
                 ++p)
                r.add_speed({ first + static_cast<std::int64_t>(p) * hop, 0 }, speeds[p]);
            if (p == known)
                r.finish_speeds();
            all.read(r, room);
        }
        r.finish_samples();
        for (; p < count; ++p)
            r.add_speed({ first + static_cast<std::int64_t>(p) * hop, 0 }, speeds[p]);
        r.finish_speeds();
        all.read(r, room);
        return all;
    }
};

template <class T>
bool is_same(const resampled<T>& a, std::size_t i, const resampled<T>& b, std::size_t j)
{
    const auto &p = a.where[i], &q = b.where[j];
    return a.samples[i] == b.samples[j] && p.revolution == q.revolution && p.cell == q.cell &&
           p.at.sample == q.at.sample && p.at.fraction == q.at.fraction && p.speed == q.speed &&
           p.after_gap == q.after_gap && p.samples_per_rev == q.samples_per_rev;
}

template <class T>
void assert_same(const resampled<T>& a, const resampled<T>& b)
{
    CPPUNIT_ASSERT_EQUAL(a.samples.size(), b.samples.size());
    for (std::size_t i = 0; i < a.samples.size(); ++i)
        CPPUNIT_ASSERT(is_same(a, i, b, i));
}

//! Index of the first sample of a revolution.
template <class T>
std::size_t index_of(const resampled<T>& all, std::int64_t revolution)
{
    const auto found = std::find_if(all.where.begin(), all.where.end(), [&](const auto& p) {
        return p.revolution == revolution && p.cell == 0;
    });
    CPPUNIT_ASSERT(found != all.where.end());
    return static_cast<std::size_t>(found - all.where.begin());
}

std::size_t reach_of(const angular_settings& s) { return angular_resampler<float>(s).reach(); }

} // namespace

class qa_angular_changes : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_angular_changes);
    CPPUNIT_TEST(a_change_joins_what_two_resamplers_give);
    CPPUNIT_TEST(any_split_and_any_lag_of_the_speed_give_the_same);
    CPPUNIT_TEST(a_higher_lowest_speed_makes_a_gap_and_a_lower_one_ends_it);
    CPPUNIT_TEST(a_machine_that_slows_down_under_the_lowest_speed_begins_the_next_revolution);
    CPPUNIT_TEST(sums_that_grow_take_no_sample_that_is_gone);
    CPPUNIT_TEST(longer_sums_wait_for_the_revolution_that_has_them);
    CPPUNIT_TEST(the_lowest_speed_still_changes_when_no_speed_comes_any_more);
    CPPUNIT_TEST(a_revolution_that_waits_for_its_samples_has_the_settings_of_its_beginning);
    CPPUNIT_TEST(before_the_first_sample_it_is_as_if_made_so);
    CPPUNIT_TEST(a_change_after_the_end_changes_nothing);
    CPPUNIT_TEST(bad_changes_are_refused_and_nothing_changes);
    CPPUNIT_TEST_SUITE_END();

    template <class T>
    static void check_join()
    {
        const watched<T> machine(qa::run_up, 12);
        for (const auto& [from, to] : { std::pair(std::size_t(64), std::size_t(100)),
                                        std::pair(std::size_t(128), std::size_t(17)),
                                        std::pair(std::size_t(2), std::size_t(1024)) })
            for (std::size_t at : { 1, 9000, 20011 }) {
                const qa::context with("to", to), here("at", at);
                const auto before = machine.through(settings(from)),
                           after = machine.through(settings(to)),
                           got = machine.through(settings(from), { { at, settings(to) } });
                const auto change = static_cast<std::int64_t>(
                    at + std::max(reach_of(settings(from)), reach_of(settings(to))));
                std::int64_t revolution = 0; // the first that begins late enough
                while (after.where[index_of(after, revolution)].at.sample < change)
                    ++revolution;
                const auto i = index_of(before, revolution), j = index_of(after, revolution);
                CPPUNIT_ASSERT(i > 0 && after.samples.size() > j + 100 * to);
                CPPUNIT_ASSERT_EQUAL(i + after.samples.size() - j, got.samples.size());
                for (std::size_t n = 0; n < got.samples.size(); ++n)
                    CPPUNIT_ASSERT(n < i ? is_same(got, n, before, n)
                                         : is_same(got, n, after, j + n - i));
            }
    }

    void a_change_joins_what_two_resamplers_give()
    {
        check_join<float>();
        check_join<double>();
        check_join<std::complex<float>>();
    }

    void any_split_and_any_lag_of_the_speed_give_the_same()
    {
        const watched<float> machine(qa::start_and_stop, 20);
        const std::vector<request> requests{
            { 20000, settings(100, 6) }, { 20001, settings(33, 20) }, { 35003, settings(64, 1) },
            { 50000, settings(300, 9) }, { 64000, settings(64) },
        };
        const auto all = machine.through(settings(64), requests);
        std::vector<std::size_t> counts;
        for (const auto& p : all.where)
            if (counts.empty() || counts.back() != p.samples_per_rev)
                counts.push_back(p.samples_per_rev);
        CPPUNIT_ASSERT(counts == (std::vector<std::size_t>{ 64, 33, 64, 300, 64 }));
        for (const auto& [most, late, room] : { std::tuple(1UL, 0L, 4096UL),
                                                std::tuple(77UL, 5000L, 3UL),
                                                std::tuple(5000UL, 30000L, 1UL),
                                                std::tuple(90000UL, 100000L, 500UL) }) {
            const qa::context here("most", most);
            const qa::context with("late", late);
            assert_same(all, machine.through(settings(64), requests, most, late, room));
        }
        const auto later = std::int64_t(1) << 40;
        auto far = machine.through(settings(64), requests, 1000, 0, 4096, later);
        for (auto& p : far.where)
            p.at.sample -= later;
        assert_same(all, far);
    }

    void a_higher_lowest_speed_makes_a_gap_and_a_lower_one_ends_it()
    {
        const watched<double> steady([](double) { return 10.0; }, 30);
        const auto got =
            steady.through(settings(64), { { 30000, settings(64, 11) }, { 80000, settings(64) } });
        const auto gap = std::find_if(got.where.begin() + 1,
                                      got.where.end(),
                                      [](const angle_position& p) { return p.after_gap; });
        CPPUNIT_ASSERT(gap != got.where.end());
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), gap->cell);
        const auto from = std::prev(gap)->at.sample, to = gap->at.sample;
        CPPUNIT_ASSERT(from >= 30000 - hop && from <= 30000 + hop);
        const auto reach = static_cast<std::int64_t>(reach_of(settings(64)));
        CPPUNIT_ASSERT(to >= 80000 + reach && to <= 80000 + reach + hop + 410);
        // 409.6 samples a revolution, gap or not
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            409.6 * static_cast<double>(gap->revolution), static_cast<double>(to), 1);
        for (auto p = got.where.begin() + 1; p != got.where.end(); ++p)
            if (p != gap)
                CPPUNIT_ASSERT(!p->after_gap);
        CPPUNIT_ASSERT(got.where.back().at.sample > 122000);
    }

    //! The speed falls below the former f_min within a revolution, when a change to a lower one has come.
    void a_machine_that_slows_down_under_the_lowest_speed_begins_the_next_revolution()
    {
        const watched<double> slower([](double t) { return 10 - t / 3; }, 12);
        const std::int64_t falls = 12288; // under 9 Hz
        for (std::size_t to : { 17, 100 })
            for (std::int64_t off = -800; off < 800; off += 61) {
                const auto s = settings(to, 3);
                const auto at =
                    static_cast<std::size_t>(falls + off - static_cast<std::int64_t>(reach_of(s)));
                const qa::context with("to", to), here("at", at);
                const auto got = slower.through(settings(64, 9), { { at, s } });
                const auto all = slower.through(s);
                const auto changed =
                    std::find_if(got.where.begin() + 1, got.where.end(), [&](auto& p) {
                        return p.after_gap || p.samples_per_rev != 64;
                    });
                CPPUNIT_ASSERT(changed != got.where.end());
                CPPUNIT_ASSERT_EQUAL(std::size_t(0), changed->cell);
                auto i = static_cast<std::size_t>(changed - got.where.begin());
                for (auto j = index_of(all, changed->revolution); j < all.where.size(); ++i, ++j) {
                    CPPUNIT_ASSERT(i < got.where.size());
                    CPPUNIT_ASSERT_EQUAL(all.where[j].revolution, got.where[i].revolution);
                    CPPUNIT_ASSERT_EQUAL(all.where[j].cell, got.where[i].cell);
                    CPPUNIT_ASSERT_EQUAL(all.samples[j], got.samples[i]);
                }
            }
    }

    void sums_that_grow_take_no_sample_that_is_gone()
    {
        // the longest sums need 8 times the samples that are held before
        const watched<float> slow([](double t) { return t < 6 ? 40 : 6.0; }, 20);
        const auto after = slow.through(settings(16, 5));
        for (std::size_t at : { 1, 1000, 23000, 30000 }) {
            const qa::context here("at", at);
            const auto got = slow.through(settings(16, 39), { { at, settings(16, 5) } }, 7);
            CPPUNIT_ASSERT(got.samples.size() > 1000);
            for (std::size_t n = 1; n < 16 * 60; ++n) // from the end
                CPPUNIT_ASSERT_EQUAL(after.samples[after.samples.size() - n],
                                     got.samples[got.samples.size() - n]);
        }
    }

    void longer_sums_wait_for_the_revolution_that_has_them()
    {
        // between two speeds of 8 Hz the cubic dips below; a sum of 8 times the length is the longest one for 8 Hz
        watched<double> machine([](double) { return 10.0; }, 20);
        for (std::size_t i = 0; i < machine.speeds.size(); ++i)
            machine.speeds[i] = i % 4 == 1 || i % 4 == 2 ? 8 : 12;
        const auto before = machine.through(settings(64, 8)),
                   got = machine.through(settings(64, 8), { { 40000, settings(64, 2) } });
        const auto reach = static_cast<std::int64_t>(reach_of(settings(64, 2)));
        CPPUNIT_ASSERT(before.where[5000].at.sample < 40000 + reach);
        for (std::size_t i = 0; before.where[i].at.sample < 40000 + reach; ++i)
            CPPUNIT_ASSERT(is_same(before, i, got, i));
        bool differs = false; // later there are longer ones
        for (std::size_t i = 0; i < got.samples.size(); ++i)
            differs = differs || got.samples[i] != before.samples[i];
        CPPUNIT_ASSERT(differs);
    }

    //! 10 Hz hold to the end; from the first revolution that begins after a change, all is as with its settings from the beginning.
    void the_lowest_speed_still_changes_when_no_speed_comes_any_more()
    {
        const watched<double> steady([](double) { return 10.0; }, 8);
        const auto reach = static_cast<std::int64_t>(reach_of(settings(64)));
        const auto check = [&](double first,
                               const std::vector<request>& requests,
                               const std::vector<std::int64_t>& changes,
                               std::size_t known,
                               std::int64_t late) {
            const qa::context with("late", late);
            const qa::context here("known", known);
            const auto expected = steady.through(settings(64), {}, 1000, late, 4096, 0, known);
            const auto got =
                steady.through(settings(64, first), requests, 1000, late, 4096, 0, known);
            // revolutions of the others, whose samples are the same
            std::vector<std::size_t> wanted;
            bool turns = first < 10, after_gap = false;
            auto change = changes.begin();
            for (std::size_t i = 0; i < expected.samples.size(); i += 64) {
                for (; change != changes.end() && *change + reach <= expected.where[i].at.sample;
                     ++change)
                    turns = !turns;
                for (std::size_t n = i; turns && n < std::min(i + 64, expected.samples.size()); ++n)
                    wanted.push_back(n);
            }
            CPPUNIT_ASSERT_EQUAL(wanted.size(), got.samples.size());
            for (std::size_t n = 0; n < wanted.size(); ++n) {
                after_gap = n > 0 ? wanted[n] != wanted[n - 1] + 1 : wanted[0] > 0;
                CPPUNIT_ASSERT_EQUAL(after_gap, got.where[n].after_gap);
                auto where = expected.where[wanted[n]];
                CPPUNIT_ASSERT_EQUAL(expected.samples[wanted[n]], got.samples[n]);
                CPPUNIT_ASSERT_EQUAL(where.revolution, got.where[n].revolution);
                CPPUNIT_ASSERT_EQUAL(where.cell, got.where[n].cell);
                CPPUNIT_ASSERT_EQUAL(where.at.sample, got.where[n].at.sample);
                CPPUNIT_ASSERT_EQUAL(where.at.fraction, got.where[n].at.fraction);
            }
        };
        for (const std::size_t known : { 1, 140 }) {
            const auto late = std::int64_t(0);
            check(11, { { 10000, settings(64) } }, { 10000 }, known, late);
            check(2, { { 10000, settings(64, 11) } }, { 10000 }, known, late);
            check(2,
                  { { 10000, settings(64, 11) }, { 20000, settings(64) } },
                  { 10000, 20000 },
                  known,
                  late);
            check(11,
                  { { 10000, settings(64) }, { 16000, settings(64, 12) }, { 21401, settings(64) } },
                  { 10000, 16000, 21401 },
                  known,
                  late);
            check(11,
                  { { 10000, settings(64, 12) },
                    { 10001, settings(64, 13) },
                    { 10002, settings(64) } },
                  { 10002 },
                  known,
                  late);
        }
        // a lower one that a higher one follows before the last speed, which is a gap by the higher one
        check(11,
              { { 9500, settings(64) }, { 9990, settings(64, 12) }, { 20000, settings(64) } },
              { 20000 },
              201,
              0);
        // asked for while the last speed is still to come
        check(11, { { 10000, settings(64) } }, { 10000 }, 140, 9000);
        check(2,
              { { 10000, settings(64, 11) }, { 20000, settings(64) } },
              { 10000, 20000 },
              140,
              5000);
    }

    //! After a gap the next revolution of a slow machine begins later than a change that comes while it waits.
    void a_revolution_that_waits_for_its_samples_has_the_settings_of_its_beginning()
    {
        const watched<float> slow([](double) { return 2.1; }, 12);
        for (std::size_t at = 40000; at < 42000; at += 480) {
            const qa::context here("at", at);
            const std::vector<request> requests{ { 20000, settings(64, 5) },
                                                 { 40000, settings(64) },
                                                 { at + 1, settings(100) } };
            const auto all = slow.through(settings(64), requests, 1000, 0, 4096, 0, 3);
            assert_same(all, slow.through(settings(64), requests, 37, 0, 4096, 0, 3));
            const auto reach = static_cast<std::int64_t>(reach_of(settings(64)));
            CPPUNIT_ASSERT(all.where.back().at.sample > 45000);
            for (const auto& p : all.where)
                if (p.cell == 0 && p.at.sample >= 40000 + reach)
                    CPPUNIT_ASSERT_EQUAL(
                        std::size_t(p.at.sample >= static_cast<std::int64_t>(at) + 1 + reach ? 100
                                                                                             : 64),
                        p.samples_per_rev);
        }
    }

    void before_the_first_sample_it_is_as_if_made_so()
    {
        const watched<float> machine(qa::run_up, 4);
        const auto expected = machine.through(settings(50, 3));
        assert_same(expected, machine.through(settings(64), { { 0, settings(50, 3) } }));
        angular_resampler<float> r(settings(64));
        r.change(settings(50, 3));
        CPPUNIT_ASSERT_EQUAL(std::size_t(50), r.design().samples_per_rev);
        CPPUNIT_ASSERT_EQUAL(reach_of(settings(50, 3)), r.reach());
    }

    void a_change_after_the_end_changes_nothing()
    {
        const watched<float> machine(qa::run_up, 4);
        const auto expected = machine.through(settings(64, 8));
        angular_resampler<float> r(settings(64, 8));
        r.add(machine.x.data(), machine.x.size());
        r.finish_samples();
        r.change(settings(16, 2)); // longer sums than the end has zeros for
        for (std::size_t p = 0; p < machine.speeds.size(); ++p)
            r.add_speed({ static_cast<std::int64_t>(p) * hop, 0 }, machine.speeds[p]);
        r.finish_speeds();
        resampled<float> got;
        got.read(r, 100);
        assert_same(expected, got);
    }

    void bad_changes_are_refused_and_nothing_changes()
    {
        angular_resampler<float> r(settings(64));
        qa::assert_refused("samples_per_rev: 1: must be 2 .. 2^20", [&] { r.change(settings(1)); });
        CPPUNIT_ASSERT_EQUAL(std::size_t(64), r.design().samples_per_rev);
        const std::vector<float> x(100);
        r.add(x.data(), x.size());
        const auto reach = r.reach();
        qa::assert_refused("samples_per_rev: 0: must be 2 .. 2^20", [&] { r.change(settings(0)); });
        CPPUNIT_ASSERT_EQUAL(std::size_t(64), r.design().samples_per_rev);
        CPPUNIT_ASSERT_EQUAL(reach, r.reach());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_angular_changes);
