/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "pooled_rows.h"
#include "qa/support.h"

using namespace gr::stft::kernel;

//! Sums of frames, pooled over a block.
class qa_pooled_rows : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_pooled_rows);
    CPPUNIT_TEST(the_criterion_of_cells_is_their_entropy);
    CPPUNIT_TEST(a_click_counts_by_the_energy_of_its_frame);
    CPPUNIT_TEST(where_cells_are_more_concentrated_frames_change_nothing);
    CPPUNIT_TEST(each_candidate_has_its_own_measure);
    CPPUNIT_TEST(frames_that_were_not_measured_are_left_out);
    CPPUNIT_TEST(a_candidate_that_repeats_another_one_has_its_criterion);
    CPPUNIT_TEST(a_gain_changes_nothing);
    CPPUNIT_TEST_SUITE_END();

    using frames = std::vector<std::vector<double>>; // powers

    static constexpr std::int64_t half = 4;
    static constexpr double in_noise = -0.42278433509846714; // Euler's constant - 1

    static adaptive_settings settings()
    {
        adaptive_settings s;
        s.criterion = adaptive_criterion::entropy;
        return s;
    }

    //! Frames whose cells have an exponential distribution, scaled by a level for each frame.
    static frames noise(const std::vector<double>& levels, std::size_t cells = 24)
    {
        const auto x = qa::noise<std::complex<double>>(levels.size() * cells, 7);
        frames all;
        for (std::size_t p = 0; p < levels.size(); ++p) {
            all.emplace_back();
            for (std::size_t m = 0; m < cells; ++m)
                all.back().push_back(levels[p] * std::norm(x[p * cells + m]));
        }
        return all;
    }

    //! ln B - Q / B of values; 0 ln 0 is 0
    static double entropy(const std::vector<double>& values)
    {
        double B = 0, Q = 0;
        for (double q : values) {
            B += q;
            Q += q > 0 ? q * std::log(q) : 0;
        }
        const auto count = static_cast<double>(values.size());
        return std::log(B / count) - Q / B;
    }

    static double of_cells(const frames& all)
    {
        std::vector<double> cells;
        for (const auto& one : all)
            cells.insert(cells.end(), one.begin(), one.end());
        return entropy(cells);
    }

    static double of_energies(const frames& all)
    {
        std::vector<double> energies;
        for (const auto& one : all)
            energies.push_back(std::accumulate(one.begin(), one.end(), 0.0));
        return entropy(energies);
    }

    static criterion_sums sums_of(const std::vector<double>& q)
    {
        const block_criterion<double> criterion(settings());
        return criterion.sums(q.data(), { 0, q.size(), 1, 1, 0 }) *
               (1 / static_cast<double>(q.size()));
    }

    //! Measures by which energies count as they are.
    static std::vector<energy_measure> energies() { return { 2, { in_noise, { 0, 0 }, 0, 0 } }; }
    static std::vector<energy_measure> cells() { return {}; }

    //! J of the block in the middle; every second frame of candidate 1 is not measured.
    static std::vector<double> J(const frames& all, const std::vector<energy_measure>& measures)
    {
        pooled_rows<double> rows(2, half, 0, settings(), measures);
        rows.restart(100);
        for (std::size_t p = 0; p < all.size(); ++p) {
            rows.add();
            rows.set(0, sums_of(all[p]));
            if (p % 2 == 0)
                rows.set(1, sums_of(all[p]));
        }
        const auto* found = rows.J(100 + half);
        CPPUNIT_ASSERT(found);
        return { found, found + 2 };
    }

    static frames click() { return noise({ 1, 1, 1, 1, 4, 1, 1, 1, 1 }); }

    void the_criterion_of_cells_is_their_entropy()
    {
        CPPUNIT_ASSERT_DOUBLES_EQUAL(of_cells(click()), J(click(), cells())[0], 1e-12);
    }

    void a_click_counts_by_the_energy_of_its_frame()
    {
        auto flat = click(); // as concentrated in time, and less within its frames than noise
        for (auto& one : flat)
            std::fill(one.begin(), one.end(), one[0]);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(of_energies(flat) + in_noise, J(flat, energies())[0], 1e-12);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(of_energies(flat), J(flat, cells())[0], 1e-12);
        // a click in silence is as concentrated as can be
        auto alone = noise({ 0, 0, 0, 0, 4, 0, 0, 0, 0 });
        std::fill(alone[4].begin(), alone[4].end(), 1);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(-std::log(9) + in_noise, J(alone, energies())[0], 1e-12);
    }

    void where_cells_are_more_concentrated_frames_change_nothing()
    {
        auto tone = click();
        for (auto& one : tone)
            one[3] += 500;
        CPPUNIT_ASSERT(of_cells(tone) < of_energies(tone) + in_noise);
        CPPUNIT_ASSERT_EQUAL(J(tone, cells())[0], J(tone, energies())[0]);
    }

    void each_candidate_has_its_own_measure()
    {
        pooled_rows<double> rows(2,
                                 half,
                                 0,
                                 settings(),
                                 { { in_noise, { 0, 0 }, 0, 0 }, { in_noise, { 0, 0.1 }, 1, 9 } });
        rows.restart(0);
        for (const auto& one : click()) {
            rows.add();
            for (std::size_t k : { 0, 1 })
                rows.set(k, sums_of(one));
        }
        const auto* found = rows.J(half);
        CPPUNIT_ASSERT(found);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(of_energies(click()) + in_noise, found[0], 1e-12);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(10 * of_energies(click()) + in_noise, found[1], 1e-11);
    }

    void frames_that_were_not_measured_are_left_out()
    {
        auto flat = click();
        for (auto& one : flat)
            std::fill(one.begin(), one.end(), one[0]);
        frames measured;
        for (std::size_t p = 0; p < flat.size(); p += 2)
            measured.push_back(flat[p]);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            of_energies(measured) + in_noise, J(flat, energies())[1], 1e-12);
    }

    void a_candidate_that_repeats_another_one_has_its_criterion()
    {
        pooled_rows<double> rows(2, half, 0, settings(), energies());
        rows.restart(0);
        for (auto one : click()) {
            std::fill(one.begin(), one.end(), one[0]);
            rows.add();
            rows.set(0, sums_of(one));
            rows.repeat(1, 0);
        }
        const auto* found = rows.J(half);
        CPPUNIT_ASSERT(found);
        CPPUNIT_ASSERT_EQUAL(found[0], found[1]);
    }

    void a_gain_changes_nothing()
    {
        for (double gain : { 1e-12, 1e12 }) {
            const qa::context in_gain("gain", gain);
            auto loud = click(), usual = click();
            for (auto* all : { &loud, &usual })
                for (auto& one : *all)
                    std::fill(one.begin(), one.end(), one[0] * (all == &loud ? gain : 1));
            CPPUNIT_ASSERT_DOUBLES_EQUAL(J(usual, energies())[0], J(loud, energies())[0], 1e-11);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_pooled_rows);
