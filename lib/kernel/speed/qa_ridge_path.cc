/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/speed/ridge_pairing.h"
#include "kernel/speed/ridge_path.h"
#include "qa/support.h"

using namespace gr::stft::kernel;

namespace {

struct scene {
    ridge_grid grid{ 10, 0.5, 6 };
    std::vector<double> rates{ -1, 0, 1 };
    double hop = 0.1, max_slew = 11.2;
    std::size_t frames = 5;

    std::size_t cells() const { return rates.size() * grid.count; }
    std::vector<float> scores(unsigned seed) const
    {
        std::minstd_rand random(seed);
        std::uniform_real_distribution<float> uniform(0, 2);
        std::vector<float> all(frames * cells());
        for (auto& each : all)
            each = uniform(random);
        return all;
    }

    //! Cost of a move, by its definition; infinite if the move is not allowed.
    double cost(std::size_t from, std::size_t to) const
    {
        const auto count = static_cast<double>(grid.count);
        const auto r = static_cast<double>(from / grid.count),
                   s = static_cast<double>(to / grid.count);
        const auto g = static_cast<double>(from % grid.count),
                   h = static_cast<double>(to % grid.count);
        const auto f = grid.at(h), rate = rates[to / grid.count];
        if (rates.size() == 1) {
            const auto slew = (h - g) * grid.step / hop;
            return std::abs(h - g) <= std::max(1.0, std::floor(max_slew * hop / grid.step))
                       ? slew * slew / (2 * 20 * 20)
                       : HUGE_VAL;
        }
        const auto start = h - std::round(f * rate * hop / grid.step);
        if (start < -1 || start > count || std::abs(start - g) > 1)
            return HUGE_VAL;
        return 0.5 * std::abs(r - s) + 0.02 * std::abs(start - g);
    }

    bool open(std::size_t state) const
    {
        return std::abs(rates[state / grid.count]) *
                   grid.at(static_cast<double>(state % grid.count)) <=
               max_slew;
    }

    //! The best of all paths, each of which is tried.
    double
    best(const std::vector<float>& scores, std::size_t frame, std::size_t state, double sum) const
    {
        if (!open(state))
            return -HUGE_VAL;
        sum += static_cast<double>(scores[frame * cells() + state]);
        if (frame + 1 == frames)
            return sum;
        auto largest = -HUGE_VAL;
        for (std::size_t next = 0; next < cells(); ++next)
            if (const auto c = cost(state, next); c < HUGE_VAL)
                largest = std::max(largest, best(scores, frame + 1, next, sum - c));
        return largest;
    }
};

} // namespace

class qa_ridge_path : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_ridge_path);
    CPPUNIT_TEST(scores_are_sums_of_what_the_rows_have_at_the_orders);
    CPPUNIT_TEST(path_is_the_best_of_all);
    CPPUNIT_TEST(a_path_that_left_its_ridge_pays);
    CPPUNIT_TEST(ridges_that_cross_keep_their_names);
    CPPUNIT_TEST(ridges_that_meet_and_part_keep_their_names);
    CPPUNIT_TEST(a_long_encounter_raises_swap_possible);
    CPPUNIT_TEST_SUITE_END();

    //! Below bin 2, above the last bin and above the samples' own Nyquist frequency there is nothing.
    void scores_are_sums_of_what_the_rows_have_at_the_orders()
    {
        const row_axis axis{ 32, 2, 55 };
        std::vector<float> row;
        for (int m = 0; m < 32; ++m)
            row.push_back(static_cast<float>(m * m + 1));
        const ridge_grid grid{ 3, 0.25, 200 };
        const std::vector<double> orders{ 0.5, 1, 2.5 };
        const std::vector<float> weights{ 0.25f, 1, 2 };
        std::vector<float> scores(grid.count);
        order_score(grid, orders, axis).sum(row.data(), weights, scores.data());
        for (std::size_t g = 0; g < grid.count; ++g) {
            double expected = 0;
            for (std::size_t k = 0; k < orders.size(); ++k) {
                const auto hz = orders[k] * (3 + 0.25 * static_cast<double>(g)), m = hz / 2;
                const auto low = std::floor(m);
                const auto value = low * low + 1 + (m - low) * (2 * low + 1);
                if (hz >= 4 && hz < 55 && m < 31)
                    expected += static_cast<double>(weights[k]) * value;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    hz >= 4 && hz < 55 && m < 31 ? value : 0, axis.at(row.data(), hz), 1e-3);
            }
            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected, scores[g], 1e-2);
        }
    }

    void path_is_the_best_of_all()
    {
        for (const bool plain : { false, true })
            for (unsigned seed = 1; seed < 12; ++seed) {
                const qa::context here("plain", plain);
                const qa::context there("seed", seed);
                scene s;
                if (plain)
                    s.rates = { 0 };
                const auto scores = s.scores(seed);
                ridge_path path(s.grid, s.rates, s.hop, s.max_slew, s.frames);
                for (std::size_t p = 0; p < s.frames; ++p)
                    path.add(scores.data() + p * s.cells(), 0, s.grid.count - 1);
                std::vector<ridge_path::state> states(s.frames);
                CPPUNIT_ASSERT_EQUAL(s.frames, path.trace(s.frames, states.data()));
                double sum = 0;
                std::size_t before = 0;
                for (std::size_t p = 0; p < s.frames; ++p) {
                    const auto at = states[s.frames - 1 - p];
                    const auto state = at.rate * s.grid.count + at.cell;
                    CPPUNIT_ASSERT(s.open(state));
                    sum += static_cast<double>(scores[p * s.cells() + state]) -
                           (p ? s.cost(before, state) : 0);
                    before = state;
                }
                auto largest = -HUGE_VAL;
                for (std::size_t state = 0; state < s.cells(); ++state)
                    largest = std::max(largest, s.best(scores, 0, state, 0));
                CPPUNIT_ASSERT_DOUBLES_EQUAL(largest, sum, 1e-5);
            }
    }

    void a_path_that_left_its_ridge_pays()
    {
        scene s;
        s.rates = { 0 };
        s.grid.count = 100;
        ridge_path path(s.grid, s.rates, s.hop, s.max_slew, 10);
        std::vector<float> scores(100);
        for (int p = 0; p < 8; ++p) { // two ridges, of which the second is a little stronger
            scores[20] = 5;
            scores[80] = 5.1f;
            path.add(scores.data(), 0, 99);
        }
        CPPUNIT_ASSERT_EQUAL(80u, path.best().cell);
        path.favour(4, 20, 3, 2);
        CPPUNIT_ASSERT_EQUAL(20u, path.best().cell);
    }

    struct two {
        std::vector<double> first, second, swaps;
    };

    //! Frames of two ridges, as they come, through a pairing.
    static two paired(std::size_t frames,
                      const std::function<void(std::size_t, double*, double*)>& f)
    {
        ridge_pairing pairing(2, { 1 }, 1.0 / 16, 2.67, 3);
        two all;
        const auto take = [&](bool ended) {
            for (; const auto* v = pairing.frame(ended); pairing.advance()) {
                all.first.push_back(v[0]);
                all.second.push_back(v[5]);
                all.swaps.push_back(v[3]);
                CPPUNIT_ASSERT_EQUAL(v[4] > 15, v[0] > 0); // what belongs to a ridge goes with it
            }
        };
        for (std::size_t p = 0; p < frames; ++p) {
            auto* v = pairing.add();
            std::fill_n(v, 10, 0.0);
            v[2] = v[7] = 2;
            v[4] = v[9] = 20;
            f(p, v, v + 5);
            pairing.added();
            take(false);
        }
        CPPUNIT_ASSERT_EQUAL(frames - std::min(frames, pairing.latency()), all.first.size());
        take(true);
        CPPUNIT_ASSERT_EQUAL(frames, all.first.size());
        return all;
    }

    void ridges_that_cross_keep_their_names()
    {
        const auto up = [](std::size_t p) { return 20 + 0.2 * static_cast<double>(p); };
        const auto down = [](std::size_t p) { return 50 - 0.2 * static_cast<double>(p); };
        const auto all = paired(160, [&](std::size_t p, double* v, double* w) {
            v[0] = std::min(up(p), down(p)); // the tracker takes the lower one for the first
            w[0] = std::max(up(p), down(p));
        });
        for (std::size_t p = 0; p < 160; ++p) {
            CPPUNIT_ASSERT_DOUBLES_EQUAL(up(p), all.first[p], 0.01);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(down(p), all.second[p], 0.01);
            CPPUNIT_ASSERT_EQUAL(0.0, all.swaps[p]);
        }
    }

    void ridges_that_meet_and_part_keep_their_names()
    {
        const auto distance = [](std::size_t p) {
            return 0.9 + 0.03 * std::abs(static_cast<double>(p) - 80);
        };
        const auto all = paired(160, [&](std::size_t p, double* v, double* w) {
            const double side = p < 84 ? 1 : -1; // the tracker swaps them
            v[0] = 30 + side * distance(p);
            w[0] = 30 - side * distance(p);
        });
        for (std::size_t p = 0; p < 160; ++p)
            if (p < 60 || p > 100) {
                CPPUNIT_ASSERT_DOUBLES_EQUAL(30 + distance(p), all.first[p], 0.01);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(30 - distance(p), all.second[p], 0.01);
            }
    }

    void a_long_encounter_raises_swap_possible()
    {
        const auto all = paired(200, [&](std::size_t p, double* v, double* w) {
            v[0] = 30;
            w[0] = p < 60 || p > 140 ? 40 : 31;
        });
        CPPUNIT_ASSERT_EQUAL(0.0, all.swaps[40]);
        CPPUNIT_ASSERT_EQUAL(1.0, all.swaps[130]);
        CPPUNIT_ASSERT_EQUAL(0.0, all.swaps[170]);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_ridge_path);
