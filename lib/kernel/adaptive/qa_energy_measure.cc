/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "block_criterion.h"
#include "energy_measure.h"
#include "qa/support.h"
#include <random>

using namespace gr::stft::kernel;

//! The energies of frames as a criterion.
class qa_energy_measure : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_energy_measure);
    CPPUNIT_TEST(energies_as_in_noise_count_once);
    CPPUNIT_TEST(what_exceeds_noise_counts_as_a_deviation_of_cells_does);
    CPPUNIT_TEST(energies_make_up_for_no_more_than_chance_offers);
    CPPUNIT_TEST(energies_that_do_not_scatter_count_once);
    CPPUNIT_TEST(noise_has_the_value_of_its_cells);
    CPPUNIT_TEST(the_most_is_the_greatest_of_several_deviations);
    CPPUNIT_TEST(a_deviation_of_the_energies_of_measured_frames_counts_as_one_of_cells);
    CPPUNIT_TEST(other_criteria_and_single_frames_have_no_measure);
    CPPUNIT_TEST_SUITE_END();

    static constexpr double within = -0.4, mean = -0.01, deviation = 0.002, sigma = 0.01,
                            most = 0.03;
    const energy_measure d_measure{ within, { mean, deviation }, sigma, most };

    static adaptive_settings settings(adaptive_criterion criterion)
    {
        adaptive_settings s;
        s.n_fft = 256;
        s.criterion = criterion;
        return s.filled();
    }

    void energies_as_in_noise_count_once()
    {
        for (double J : { 0.0, -0.004, mean }) {
            const qa::context in_J("J", J);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(J + within, d_measure.value(J), 1e-15);
        }
    }

    void what_exceeds_noise_counts_as_a_deviation_of_cells_does()
    {
        for (double deviations : { 0.5, 2.0, 3.5 }) {
            const qa::context in_deviations("deviations", deviations);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(mean + within - deviations * sigma,
                                         d_measure.value(mean - deviations * deviation),
                                         1e-15);
        }
    }

    void energies_make_up_for_no_more_than_chance_offers()
    {
        for (double J : { mean - 0.01, -0.5, -5.0 }) {
            const qa::context in_J("J", J);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(J + within - most, d_measure.value(J), 1e-12);
        }
    }

    void energies_that_do_not_scatter_count_once()
    {
        const energy_measure alone(within, { 0, 0 }, sigma, most);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(within, alone.value(0), 1e-15);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(within - 0.2, alone.value(-0.2), 1e-15);
    }

    //! J of white noise whose cells all have the same window is that of equal energies.
    void noise_has_the_value_of_its_cells()
    {
        constexpr std::size_t cells = 60000;
        std::mt19937 random(3);
        std::exponential_distribution<double> power;
        std::vector<double> q(cells);
        for (auto& one : q)
            one = power(random);
        for (auto which : { adaptive_criterion::l1l2, adaptive_criterion::entropy })
            for (double part : { 1.0, 0.5 }) {
                const qa::context in_which("criterion", which);
                const qa::context in_part("part", part);
                const auto s = settings(which);
                const block_criterion<double> criterion(s);
                const auto sums = criterion.sums(q.data(), { 0, cells, 1, 1, 0 }) * (part / cells);
                const auto one = energy_measures(s, { 64 }, { 1 }, 1, part);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(criterion.value(sums), one[0].value(0), 0.01);
                // equal energies of frames
                const double e = 0.37;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, criterion.value({ criterion.term(e), e }), 1e-12);
            }
    }

    void the_most_is_the_greatest_of_several_deviations()
    {
        const auto s = settings(adaptive_criterion::entropy);
        const auto one = energy_measures(s, { 64 }, { 1 }, 0.5, 1);
        const double expected =
            deviation_of_cells(s, 0.5) * std::sqrt(2 * std::log(1 + std::log(8)));
        CPPUNIT_ASSERT_DOUBLES_EQUAL(expected, one[0].value(0) - one[0].value(-1) - 1, 1e-12);
    }

    //! A length that is measured in one frame of `every` has as many fewer frames in a block, as many times farther apart.
    void a_deviation_of_the_energies_of_measured_frames_counts_as_one_of_cells()
    {
        constexpr double theta = 64, bandwidth = 0.5;
        for (auto which : { adaptive_criterion::l1l2, adaptive_criterion::entropy })
            for (std::int64_t every : { 1, 2, 3 }) {
                const qa::context in_which("criterion", which);
                const qa::context in_every("every", every);
                const auto s = settings(which);
                const auto one = energy_measures(s, { theta }, { every }, bandwidth, 1)[0];
                const auto noise = energies_of_noise(s.window,
                                                     theta,
                                                     static_cast<double>(every) * s.hop,
                                                     2 * s.block / every + 1,
                                                     bandwidth);
                // the criterion of energies 1 + a and 1 - a, whose entropy is -a^2 / 2
                const block_criterion<double> criterion(s);
                constexpr double a = 1e-3;
                const double root = criterion.term(1 + a) + criterion.term(1 - a);
                const double order = criterion.value({ root / 2, 1 }) / (-a * a / 2);
                const double J = order * noise.mean, deviation = order * noise.deviation;
                const double sigma = deviation_of_cells(s, bandwidth);
                const double flat = one.value(0);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(J + flat, one.value(J), 1e-4 * sigma);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    J + flat - sigma, one.value(J - deviation), 1e-4 * sigma);
            }
    }

    void other_criteria_and_single_frames_have_no_measure()
    {
        auto alone = settings(adaptive_criterion::entropy);
        CPPUNIT_ASSERT_EQUAL(std::size_t(2),
                             energy_measures(alone, { 64, 99 }, { 1, 1 }, 1, 1).size());
        alone.block = 0;
        CPPUNIT_ASSERT(energy_measures(alone, { 64 }, { 1 }, 1, 1).empty());
        for (auto which : { adaptive_criterion::renyi,
                            adaptive_criterion::kurtosis,
                            adaptive_criterion::magnitude_entropy,
                            adaptive_criterion::frame_entropy })
            CPPUNIT_ASSERT(energy_measures(settings(which), { 64 }, { 1 }, 1, 1).empty());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_energy_measure);
