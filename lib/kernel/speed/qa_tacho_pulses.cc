/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/machine_support.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/speed/tacho_pulses.h>
#include <limits>

using namespace gr::stft::kernel;

namespace {

constexpr double rate = 25600;

tacho_settings settings(double f_max = 120, std::size_t hop = 256)
{
    tacho_settings s;
    s.samp_rate = rate;
    s.f_max = f_max;
    s.hop = hop;
    return s;
}

struct found {
    std::vector<tacho_pulse> pulses;
    std::vector<float> speeds;
    double separation;
};

template <class T>
found find(const tacho_settings& s,
           const std::vector<T>& y,
           std::size_t piece = std::size_t(-1),
           std::int64_t first = 0)
{
    tacho_pulses<T> tacho(s, first);
    found all;
    const auto collect = [&] {
        for (const auto& pulse : tacho.take())
            all.pulses.push_back(pulse);
        const auto at = all.speeds.size();
        all.speeds.resize(at + tacho.ready());
        tacho.read(all.speeds.data() + at, all.speeds.size() - at);
    };
    for (std::size_t i = 0; i < y.size();) {
        const auto n = std::min(piece, y.size() - i);
        tacho.add(y.data() + i, n);
        collect();
        i += n;
    }
    tacho.finish();
    collect();
    all.separation = tacho.separation();
    return all;
}

void assert_same(const found& a, const found& b, std::int64_t later = 0)
{
    CPPUNIT_ASSERT_EQUAL(a.pulses.size(), b.pulses.size());
    for (std::size_t i = 0; i < a.pulses.size(); ++i) {
        const auto &p = a.pulses[i], &q = b.pulses[i];
        CPPUNIT_ASSERT_EQUAL(p.at.sample + later, q.at.sample);
        CPPUNIT_ASSERT_EQUAL(p.at.fraction, q.at.fraction);
        CPPUNIT_ASSERT_EQUAL(p.number, q.number);
        CPPUNIT_ASSERT_EQUAL(p.speed, q.speed);
        CPPUNIT_ASSERT_EQUAL(p.start, q.start);
    }
    CPPUNIT_ASSERT(a.speeds == b.speeds);
}

double sample_of(const tacho_pulse& p) { return static_cast<double>(p.at.sample) + p.at.fraction; }

//! Hz, rms over the pulses and over the speeds at hops, where the machine turns at least this fast.
std::pair<double, double>
rms_of(const qa::machine& m, const found& all, double slowest, std::size_t hop = 256)
{
    double sum = 0, sum_at_hops = 0;
    std::size_t count = 0, hops = 0;
    for (const auto& p : all.pulses) {
        const auto truth = m.at(m.speed, sample_of(p));
        if (truth < slowest)
            continue;
        sum += (p.speed - truth) * (p.speed - truth);
        ++count;
    }
    for (std::size_t i = 0; i < all.speeds.size(); ++i) {
        const auto truth = m.speed[i * hop], sample = static_cast<double>(i * hop);
        if (truth < slowest || sample < sample_of(all.pulses.front()) ||
            sample > sample_of(all.pulses.back()))
            continue;
        sum_at_hops += (all.speeds[i] - truth) * (all.speeds[i] - truth);
        ++hops;
    }
    CPPUNIT_ASSERT(count > 10 && hops > 10);
    return { std::sqrt(sum / static_cast<double>(count)),
             std::sqrt(sum_at_hops / static_cast<double>(hops)) };
}

//! Pulses are at integer angles: each must be at the angle of its number.
void assert_counted(const qa::machine& m, const found& all, std::int64_t first, int ppr = 1)
{
    for (const auto& p : all.pulses) {
        const qa::context here("number", p.number);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            static_cast<double>(p.number + first), m.at(m.angle, sample_of(p)) * ppr, 0.02);
    }
    CPPUNIT_ASSERT_DOUBLES_EQUAL(std::floor(m.angle.back() * ppr),
                                 static_cast<double>(all.pulses.back().number + first),
                                 1.01);
}

} // namespace

class qa_tacho_pulses : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_tacho_pulses);
    CPPUNIT_TEST(speed_and_revolutions_are_right_with_missing_and_bounced_pulses);
    CPPUNIT_TEST(a_standstill_has_no_speed_and_is_told);
    CPPUNIT_TEST(a_machine_that_gathers_speed_is_counted_from_its_first_pulses);
    CPPUNIT_TEST(a_bounce_as_first_edge_is_no_pulse);
    CPPUNIT_TEST(five_missing_pulses_are_counted_and_six_tenths_of_an_interval_is_a_bounce);
    CPPUNIT_TEST(noise_a_ramp_and_a_sine_have_no_pulses_unless_levels_are_given);
    CPPUNIT_TEST(teeth_at_unequal_angles_do_not_disturb_the_speed);
    CPPUNIT_TEST(falling_pulses_are_those_of_a_base_above_the_top);
    CPPUNIT_TEST(any_split_and_any_count_of_samples_before_give_the_same);
    CPPUNIT_TEST(gain_and_offset_change_nothing);
    CPPUNIT_TEST(a_sample_that_is_not_finite_hides_its_own_edge_only);
    CPPUNIT_TEST(
        speed_is_held_for_an_interval_and_a_half_before_the_first_pulse_and_after_the_last);
    CPPUNIT_TEST(streams_of_any_length_have_a_speed_for_each_hop);
    CPPUNIT_TEST(slow_slopes_and_levels_between_the_thresholds_do_not_stop_the_stream);
    CPPUNIT_TEST(an_edge_goes_from_below_35_to_above_65_percent);
    CPPUNIT_TEST(a_few_samples_at_the_end_have_no_levels_of_their_own);
    CPPUNIT_TEST(a_standstill_is_known_while_it_lasts);
    CPPUNIT_TEST(bad_settings_are_refused_by_name_value_and_rule);
    CPPUNIT_TEST_SUITE_END();

    void speed_and_revolutions_are_right_with_missing_and_bounced_pulses()
    {
        for (const auto& law : { qa::run_up, qa::swing, qa::start_and_stop })
            for (double missing : { 0.0, 0.05 })
                for (double bounced : { 0.0, 0.05 })
                    for (unsigned seed : { 1, 2, 3 }) {
                        const qa::context in_seed("seed", seed);
                        const qa::machine m(law, rate, 20);
                        const auto y =
                            qa::tacho_signal<float>(m, 1, { missing, bounced, 0.02, seed });
                        const auto all = find(settings(), y);
                        const auto [at_pulses, at_hops] = rms_of(m, all, 8);
                        CPPUNIT_ASSERT(at_pulses <= 0.002);
                        CPPUNIT_ASSERT(at_hops <= 0.002);
                        const auto first = std::lround(m.at(m.angle, sample_of(all.pulses[0])));
                        CPPUNIT_ASSERT(first <= 4);
                        assert_counted(m, all, first);
                    }
    }

    void a_standstill_has_no_speed_and_is_told()
    {
        const auto twice = [](double t) { return qa::start_and_stop(std::fmod(t, 20)); };
        const qa::machine m(twice, rate, 40);
        const auto all = find(settings(), qa::tacho_signal<float>(m, 1, {}));
        std::size_t starts = 0;
        for (const auto& p : all.pulses)
            starts += p.start;
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), starts);
        CPPUNIT_ASSERT_EQUAL(0.0f, all.speeds[static_cast<std::size_t>(19 * rate / 256)]);
        CPPUNIT_ASSERT_EQUAL(0.0f, all.speeds[static_cast<std::size_t>(20.5 * rate / 256)]);
        CPPUNIT_ASSERT(all.speeds[static_cast<std::size_t>(10 * rate / 256)] > 44);
    }

    void a_machine_that_gathers_speed_is_counted_from_its_first_pulses()
    {
        const auto law = [](double t) {
            return 2 * t;
        }; // pulses at sqrt(k): intervals 0.41, 0.32, 0.27 ..
        const qa::machine m(law, rate, 12);
        for (const auto& bounces : { std::set<int>{}, std::set<int>{ 1, 2 } }) {
            qa::tacho_faults faults;
            faults.bounces = bounces;
            const auto all = find(settings(), qa::tacho_signal<float>(m, 1, faults));
            const auto first = std::lround(m.at(m.angle, sample_of(all.pulses[0])));
            CPPUNIT_ASSERT(first <= (bounces.empty() ? 1 : 4));
            assert_counted(m, all, first);
            CPPUNIT_ASSERT(all.pulses[0].start);
        }
    }

    void a_bounce_as_first_edge_is_no_pulse()
    {
        const qa::machine m([](double) { return 25.0; }, rate, 4);
        for (std::size_t from : { 20, 40 }) { // the stream begins within pulse 0, before its bounce
            qa::tacho_faults faults;
            faults.bounces = { 0, 2 };
            auto y = qa::tacho_signal<float>(m, 1, faults);
            y.erase(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(from));
            const auto all = find(settings(), y);
            for (std::size_t i = 0; i < all.pulses.size(); ++i) {
                const qa::context here("pulse", i);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    25, all.pulses[i].speed, i < 3 ? 2.5 : 0.01); // the first one is a bounce
            }
            const auto end =
                m.at(m.angle, sample_of(all.pulses.back()) + static_cast<double>(from));
            const auto start = m.at(m.angle, sample_of(all.pulses[1]) + static_cast<double>(from));
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                end - start,
                static_cast<double>(all.pulses.back().number - all.pulses[1].number),
                0.01);
        }
    }

    void five_missing_pulses_are_counted_and_six_tenths_of_an_interval_is_a_bounce()
    {
        const qa::machine m(qa::swing, rate, 10);
        for (int lost = 0; lost <= 12; ++lost) {
            const qa::context here("lost", lost);
            qa::tacho_faults faults;
            for (int i = 0; i < lost; ++i)
                faults.lost.insert(100 + i);
            const auto all = find(settings(), qa::tacho_signal<float>(m, 1, faults));
            if (lost <= 5)
                assert_counted(m, all, 0);
            for (const auto& p : all.pulses)
                CPPUNIT_ASSERT(p.number < 5 || lost > 5 || !p.start);
            auto s = settings();
            s.levels = { 0, 5 };
            const auto y = qa::tacho_signal<float>(m, 1, faults);
            assert_same(find(s, y), find(s, y, 50));
        }
    }

    void noise_a_ramp_and_a_sine_have_no_pulses_unless_levels_are_given()
    {
        std::vector<float> noise(100000), ramp(noise.size()), sine(noise.size()), two(noise.size());
        std::mt19937 random(3);
        std::normal_distribution<float> normal;
        for (std::size_t i = 0; i < noise.size(); ++i) {
            noise[i] = 0.003f * normal(random);
            ramp[i] = static_cast<float>(i);
            sine[i] = static_cast<float>(std::sin(qa::two_pi * 25 * static_cast<double>(i) / rate));
        }
        for (const auto& y : { noise, ramp, sine, std::vector<float>(100000, 2.5f) }) {
            const auto all = find(settings(), y);
            CPPUNIT_ASSERT(all.pulses.empty());
            CPPUNIT_ASSERT(all.separation < 6);
            CPPUNIT_ASSERT(
                std::all_of(all.speeds.begin(), all.speeds.end(), [](float f) { return f == 0; }));
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(2.65, find(settings(), noise).separation, 0.05);
        auto s = settings();
        s.levels = { -1, 1 };
        const auto all = find(s, sine);
        CPPUNIT_ASSERT_EQUAL(std::size_t(97),
                             all.pulses.size()); // of 97.66 periods, the first has no edge
        for (const auto& p : all.pulses)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(25, p.speed, 1e-3);
    }

    void teeth_at_unequal_angles_do_not_disturb_the_speed()
    {
        constexpr int teeth = 8;
        const qa::machine m(qa::swing, rate, 10);
        std::vector<float> y(m.angle.size());
        for (std::size_t i = 0; i < y.size(); ++i) {
            const auto tooth = std::fmod(m.angle[i], 1) * teeth;
            const auto k = std::floor(tooth), shift = 0.1 * std::sin(5 * k);
            y[i] = static_cast<float>(std::clamp(
                (tooth - k - 0.3 - shift) * m.samp_rate / (2 * m.speed[i] * teeth), 0.0, 1.0));
            if (tooth - k > 0.3 + shift + 0.4)
                y[i] = 0;
        }
        auto s = settings(50);
        s.ppr = teeth;
        const auto all = find(s, y);
        CPPUNIT_ASSERT(all.pulses.size() > 2300);
        const auto [at_pulses, at_hops] = rms_of(m, all, 8);
        CPPUNIT_ASSERT(at_pulses < 0.002);
        CPPUNIT_ASSERT(at_hops <
                       0.02); // the neighbours' error is half a revolution's slope at the ends
    }

    void falling_pulses_are_those_of_a_base_above_the_top()
    {
        const qa::machine m(qa::run_up, rate, 5);
        auto y = qa::tacho_signal<double>(m, 1, {});
        auto s = settings();
        s.levels = { 0, 5 };
        const auto rising = find(s, y);
        for (auto& x : y)
            x = 5 - x;
        s.levels = { 5, 0 };
        const auto falling = find(s, y);
        CPPUNIT_ASSERT_EQUAL(rising.pulses.size(), falling.pulses.size());
        for (std::size_t i = 0; i < rising.pulses.size(); ++i)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                sample_of(rising.pulses[i]), sample_of(falling.pulses[i]), 1e-6);
    }

    void any_split_and_any_count_of_samples_before_give_the_same()
    {
        const qa::machine m(qa::start_and_stop, rate, 20);
        const auto y = qa::tacho_signal<float>(m, 1, { 0.1, 0.1 });
        const auto all = find(settings(), y);
        CPPUNIT_ASSERT(all.pulses.size() > 300);
        for (std::size_t piece : { 1, 7, 1000, 51199, 51200, 51201 }) {
            const qa::context here("piece", piece);
            assert_same(all, find(settings(), y, piece));
        }
        auto s = settings();
        s.levels = { 0, 5 };
        const auto given = find(s, y);
        for (std::size_t piece : { 1, 13, 4096 })
            assert_same(given, find(s, y, piece));
        constexpr std::int64_t later = std::int64_t(1) << 40; // a multiple of the hop
        assert_same(all, find(settings(), y, 1000, later), later);
        // in double precision the same edges are found
        const auto in_double = find(settings(), std::vector<double>(y.begin(), y.end()));
        CPPUNIT_ASSERT_EQUAL(all.pulses.size(), in_double.pulses.size());
    }

    void gain_and_offset_change_nothing()
    {
        const qa::machine m(qa::run_up, rate, 6);
        const auto y = qa::tacho_signal<double>(m, 1, { 0.05, 0.05 });
        const auto all = find(settings(), y);
        for (double gain : { 1e-6, 1e6 })
            for (double offset : { 0.0, -30.0 }) {
                auto other = y;
                for (auto& x : other)
                    x = gain * (x + offset);
                const auto found = find(settings(), other);
                CPPUNIT_ASSERT_EQUAL(all.pulses.size(), found.pulses.size());
                for (std::size_t i = 0; i < all.pulses.size(); ++i)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        sample_of(all.pulses[i]), sample_of(found.pulses[i]), 1e-6);
            }
    }

    void a_sample_that_is_not_finite_hides_its_own_edge_only()
    {
        const qa::machine m(qa::run_up, rate, 6);
        const auto y = qa::tacho_signal<float>(m, 1, {});
        const auto all = find(settings(), y);
        for (float bad : { std::numeric_limits<float>::quiet_NaN(),
                           std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity(),
                           1e30f }) {
            auto other = y;
            const auto edge = all.pulses[40].at.sample;
            for (int i = -1; i < 4; ++i)
                other[static_cast<std::size_t>(edge + i)] = bad;
            const auto found = find(settings(), other);
            assert_counted(m, found, 0);
            CPPUNIT_ASSERT(found.pulses.size() + 1 >= all.pulses.size());
            for (std::size_t i = 0; !std::isfinite(bad) && i < found.pulses.size(); ++i)
                CPPUNIT_ASSERT_EQUAL(sample_of(all.pulses[i + (i >= 40)]),
                                     sample_of(found.pulses[i]));
        }
    }

    void speed_is_held_for_an_interval_and_a_half_before_the_first_pulse_and_after_the_last()
    {
        const qa::machine m([](double) { return 10.0; }, rate, 5);
        auto y = qa::tacho_signal<float>(m, 1, { 0, 0, 0.001 });
        std::fill(y.begin(), y.begin() + 12700, 0.0f); // pulses 0 .. 4 at 0 .. 10240
        std::fill(y.begin() + 99000, y.end(), 0.0f);   // the last one at 97280
        const auto all = find(settings(120, 100), y);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(12801, sample_of(all.pulses[0]), 0.1);
        for (std::size_t i = 0; i < all.speeds.size(); ++i) {
            const qa::context here("speed", i);
            const auto sample = static_cast<double>(100 * i);
            if (std::abs(sample - 8961) < 5 || std::abs(sample - 101121) < 5)
                continue;
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                sample > 8961 && sample < 101121 ? 10 : 0, all.speeds[i], 0.01);
        }
    }

    void streams_of_any_length_have_a_speed_for_each_hop()
    {
        const qa::machine m(qa::run_up, rate, 2);
        const auto y = qa::tacho_signal<float>(m, 1, {});
        for (std::size_t hop : { 1, 7, 256, 100000 })
            for (std::size_t length : { 0, 1, 2, 63, 64, 255, 256, 257, 20000 }) {
                const qa::context here("length", length);
                const auto all = find(
                    settings(120, hop),
                    std::vector<float>(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(length)),
                    100);
                CPPUNIT_ASSERT_EQUAL((length + hop - 1) / hop, all.speeds.size());
            }
        CPPUNIT_ASSERT(find(settings(), std::vector<float>(1000, NAN)).pulses.empty());
    }

    void slow_slopes_and_levels_between_the_thresholds_do_not_stop_the_stream()
    {
        auto s = settings();
        s.levels = { 0, 5 };
        tacho_pulses<float> tacho(s);
        std::vector<float> y(1000000, 2.8f); // above half of the height, below the upper threshold
        std::fill(y.begin(), y.begin() + 100, 0.0f);
        tacho.add(y.data(), y.size());
        CPPUNIT_ASSERT(tacho.ready() * 256 + 8 * 25600 > y.size());
    }

    void an_edge_goes_from_below_35_to_above_65_percent()
    {
        auto s = settings();
        s.levels = { 0, 10 };
        for (const auto& [low, high, found] : { std::tuple(3.4, 6.6, true),
                                                std::tuple(3.6, 6.6, false),
                                                std::tuple(3.4, 6.4, false) }) {
            std::vector<double> y(25600);
            for (std::size_t i = 0; i < y.size(); ++i)
                y[i] = i % 512 < 256 ? low : high;
            y[0] = 0;
            const auto pulses = find(s, y).pulses.size();
            CPPUNIT_ASSERT_EQUAL(found ? std::size_t(50) : std::size_t(0), pulses);
        }
    }

    void a_few_samples_at_the_end_have_no_levels_of_their_own()
    {
        const qa::machine m([](double) { return 10.0; }, rate, 3);
        auto s = settings();
        s.level_time = 0.5; // 12800 samples, four times up to 51200
        for (unsigned seed = 1; seed <= 20; ++seed)
            for (std::size_t rest : { 2, 3, 4, 6 }) {
                const qa::context here("rest", rest);
                auto y = qa::tacho_signal<float>(m, 1, { 0, 0, 0.02, seed });
                y.erase(y.begin(), y.begin() + 2000); // pulses at 49200 and 51760
                y.resize(51200 + rest);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(49201, sample_of(find(s, y).pulses.back()), 0.5);
            }
    }

    void a_standstill_is_known_while_it_lasts()
    {
        const qa::machine m([](double t) { return std::max(0.0, 20 - 20 * std::max(0.0, t - 2)); },
                            rate,
                            20); // it stops within a second, at angle 50
        const auto y = qa::tacho_signal<float>(m, 1, {});
        auto s = settings();
        s.levels = { 0, 5 };
        tacho_pulses<float> tacho(s);
        tacho.add(y.data(), y.size());
        CPPUNIT_ASSERT(tacho.ready() * 256 + 3 * 25600 > y.size());
        CPPUNIT_ASSERT(tacho.take().size() >= 49);
    }

    void bad_settings_are_refused_by_name_value_and_rule()
    {
        const auto refused = [](const std::string& message, auto change) {
            auto s = settings();
            change(s);
            qa::assert_refused(message, [&] { tacho_pulses<float> t(s); });
        };
        refused("samp_rate: 0: must be 1e-30 .. 1e30 Hz", [](auto& s) { s.samp_rate = 0; });
        refused("ppr: 0: must be 1 .. 10^6 pulses per revolution", [](auto& s) { s.ppr = 0; });
        const std::string two = "must be 0 (samp_rate / (8 ppr)), or positive with at least two "
                                "samples for a pulse";
        refused("f_max: 12801: " + two, [](auto& s) { s.f_max = 12801; });
        refused("f_max: nan: " + two, [](auto& s) { s.f_max = NAN; });
        const std::string below =
            "must be 0 (0.5 Hz, at most f_max / 10), or positive, below f_max";
        refused("f_min: 120: " + below, [](auto& s) { s.f_min = 120; });
        refused("f_min: -1: " + below, [](auto& s) { s.f_min = -1; });
        const std::string levels = "must be two different numbers, base and top of a pulse";
        refused("levels: (1): " + levels, [](auto& s) { s.levels = { 1 }; });
        refused("levels: (1, 1): " + levels, [](auto& s) { s.levels = { 1, 1 }; });
        refused("slew: -1: must be 0 .. 1e30 Hz/s", [](auto& s) { s.slew = -1; });
        refused("hop: 0: must be 1 .. 2^40 samples", [](auto& s) { s.hop = 0; });
        refused("level_time: 0: must be positive, of at most 2^28 samples",
                [](auto& s) { s.level_time = 0; });
        tacho_settings automatic;
        automatic.check(); // what follows from samp_rate fits it
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_tacho_pulses);
