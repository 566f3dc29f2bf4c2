/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/speed/ridge_pairing.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/speed/ridge_tracker.h>
#include <cmath>
#include <functional>
#include <random>

using namespace gr::stft::kernel;

namespace {

constexpr double hop = 1.0 / 16, reach = 2.66, apart = 3;
const std::vector<double> orders{ 1, 2, 3, 5 };
const auto width = ridge_amplitudes + orders.size();

//! A shaft: its speed (Hz) at a time (s), and the amplitude of an order at a speed.
struct shaft {
    std::function<double(double)> speed;
    std::function<double(double order, double f)> amplitude;
};

std::function<double(double, double)> constant(double a)
{
    return [a](double, double) { return a; };
}

/*!
 * Ridges of two shafts, as they come: the first one's name is that of the second from the time `swapped` on. Values of all frames,
 * shaft by shaft if the names are kept.
 */
std::vector<double> ridges(const shaft& a, const shaft& b, double seconds, double swapped)
{
    std::mt19937 random(1);
    std::normal_distribution<double> noise;
    std::vector<double> values;
    for (double t = 0; t < seconds; t += hop)
        for (const std::size_t track : { 0, 1 }) {
            const auto& s = (track == 0) == (t < swapped) ? a : b;
            const auto f = s.speed(t) + 0.05 * noise(random);
            values.insert(values.end(), { f, 0, 2, 0 });
            for (const auto k : orders)
                values.push_back(s.amplitude(k, f) * std::exp(0.1 * noise(random)));
        }
    return values;
}

std::vector<double> paired(const std::vector<double>& values, double gain = 1)
{
    ridge_pairing pairing(2, orders, hop, reach, apart);
    std::vector<double> all;
    const auto take = [&](bool ended) {
        for (; const auto* frame = pairing.frame(ended); pairing.advance())
            all.insert(all.end(), frame, frame + 2 * width);
    };
    for (std::size_t i = 0; i < values.size(); i += 2 * width) {
        auto* to = pairing.add();
        for (std::size_t n = 0; n < 2 * width; ++n)
            to[n] = values[i + n] * (n % width < ridge_amplitudes ? 1 : gain);
        pairing.added();
        take(false);
    }
    take(true);
    CPPUNIT_ASSERT_EQUAL(values.size(), all.size());
    return all;
}

//! True if the first ridge is shaft a from the beginning to the end.
bool kept(const std::vector<double>& found, const shaft& a, const shaft& b)
{
    const auto last = found.size() / (2 * width) - 1;
    const auto is_a = [&](std::size_t frame) {
        const auto f = found[frame * 2 * width], t = static_cast<double>(frame) * hop;
        return std::abs(f - a.speed(t)) < std::abs(f - b.speed(t));
    };
    CPPUNIT_ASSERT(is_a(0));
    return is_a(last);
}

bool may_have_swapped(const std::vector<double>& found)
{
    for (std::size_t i = 0; i < found.size(); i += width)
        if (found[i + ridge_swap_possible] > 0)
            return true;
    return false;
}

} // namespace

class qa_ridge_pairing : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_ridge_pairing);
    CPPUNIT_TEST(alike_ridges_are_paired_by_their_slopes);
    CPPUNIT_TEST(amplitudes_decide_where_lines_do_not);
    CPPUNIT_TEST(amplitudes_that_rise_with_the_speed_do_not_mislead);
    CPPUNIT_TEST(an_order_of_its_own_does_not_decide);
    CPPUNIT_TEST(amplitudes_near_a_line_of_the_other_do_not_count);
    CPPUNIT_TEST(gains_change_nothing);
    CPPUNIT_TEST(one_ridge_passes);
    CPPUNIT_TEST_SUITE_END();

    void alike_ridges_are_paired_by_their_slopes()
    {
        const shaft up{ [](double t) { return 22 + 1.7 * t; }, constant(1) },
            down{ [](double t) { return 42 - 1.8 * t; }, constant(1) };
        const shaft above{ [](double t) { return 32.2 + 1.7 * std::abs(t - 5.7); }, constant(1) },
            below{ [](double t) { return 29.8 - 1.7 * std::abs(t - 5.7); }, constant(1) };
        for (const double swapped : { 5.4, 5.7, 6.0, 99.0 }) {
            const qa::context here("swapped", swapped);
            for (const auto& [a, b] : { std::pair(up, down), std::pair(down, up) }) {
                const auto found = paired(ridges(a, b, 12, swapped));
                CPPUNIT_ASSERT(kept(found, a, b));
                CPPUNIT_ASSERT(!may_have_swapped(found));
            }
            CPPUNIT_ASSERT(kept(paired(ridges(above, below, 12, swapped)), above, below));
        }
    }

    //! Both come to 30 Hz in straight lines; when they are known again they go on side by side.
    static std::pair<shaft, shaft> that_touch(double a, double b)
    {
        const auto part = [](double t) { return t < 5 ? 1.6 * (t - 4.17) : 3.2; };
        return { { [=](double t) { return 30 + part(t); }, constant(a) },
                 { [=](double t) { return 30 - part(t); }, constant(b) } };
    }

    void amplitudes_decide_where_lines_do_not()
    {
        for (const double level : { 0.3, 0.5 }) {
            const qa::context here("level", level);
            for (const double swapped : { 4.0, 4.4, 99.0 }) {
                const auto [a, b] = that_touch(1, level);
                const auto found = paired(ridges(a, b, 12, swapped));
                CPPUNIT_ASSERT(kept(found, a, b));
            }
        }
        const auto [a, b] = that_touch(1, 1);
        CPPUNIT_ASSERT(may_have_swapped(paired(ridges(a, b, 12, 4.4))));
    }

    void amplitudes_that_rise_with_the_speed_do_not_mislead()
    {
        const auto law = [](double, double f) { return std::pow(f / 30, 3); };
        const shaft up{ [](double t) { return 22 + 1.7 * t; }, law },
            down{ [](double t) { return 42 - 1.8 * t; }, law };
        for (const double swapped : { 5.5, 5.9, 99.0 })
            CPPUNIT_ASSERT(kept(paired(ridges(up, down, 12, swapped)), up, down));
    }

    //! A resonance lifts one order by 26 dB on one side.
    void an_order_of_its_own_does_not_decide()
    {
        const auto law = [](double k, double f) { return k == 2 && f > 31 ? 20.0 : 1.0; };
        const shaft up{ [](double t) { return 22 + 1.7 * t; }, law },
            down{ [](double t) { return 42 - 1.8 * t; }, law };
        for (const double swapped : { 5.5, 5.9, 99.0 })
            CPPUNIT_ASSERT(kept(paired(ridges(up, down, 12, swapped)), up, down));
    }

    void amplitudes_near_a_line_of_the_other_do_not_count()
    {
        const auto [a, b] = that_touch(1, 0.3);
        auto values = ridges(a, b, 12, 4.4);
        const auto expected = paired(values);
        for (std::size_t i = 0; i < values.size(); i += 2 * width)
            for (const std::size_t track : { 0, 1 })
                for (std::size_t k = 0; k < orders.size(); ++k) {
                    const auto line = orders[k] * values[i + track * width];
                    bool near = false;
                    for (const auto other : orders)
                        near = near ||
                               std::abs(line - other * values[i + (1 - track) * width]) < apart;
                    if (near)
                        values[i + track * width + ridge_amplitudes + k] *= track ? 1e3 : 1e-3;
                }
        const auto found = paired(values);
        for (std::size_t i = 0; i < found.size(); i += width)
            CPPUNIT_ASSERT_EQUAL(expected[i], found[i]);
        CPPUNIT_ASSERT(kept(found, a, b));
    }

    void gains_change_nothing()
    {
        const auto [a, b] = that_touch(1, 0.7);
        const auto values = ridges(a, b, 12, 4.4);
        const auto expected = paired(values);
        for (const double gain : { 1e-6, 1e6 }) {
            const auto found = paired(values, gain);
            for (std::size_t i = 0; i < found.size(); i += width)
                CPPUNIT_ASSERT_EQUAL(expected[i], found[i]);
        }
        for (const double amplitude : { 0.0, double(NAN) }) { // orders above half the sample rate
            auto silent = values;
            for (std::size_t i = 0; i < silent.size(); ++i)
                if (i % width >= ridge_amplitudes)
                    silent[i] = amplitude;
            CPPUNIT_ASSERT(may_have_swapped(paired(silent)));
        }
    }

    void one_ridge_passes()
    {
        ridge_pairing pairing(1, orders, hop, reach, apart);
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), pairing.latency());
        for (int i = 0; i < 100; ++i) {
            std::fill_n(pairing.add(), width, i);
            pairing.added();
            CPPUNIT_ASSERT(pairing.frame(false));
            CPPUNIT_ASSERT_EQUAL(double(i), *pairing.frame(false));
            pairing.advance();
            CPPUNIT_ASSERT(!pairing.frame(true));
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_ridge_pairing);
