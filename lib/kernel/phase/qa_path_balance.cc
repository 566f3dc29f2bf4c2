/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/path_balance.h"
#include "qa/support.h"
#include <set>

using namespace gr::stft::kernel;

namespace {

struct row {
    static constexpr double weight = 0.7;
    std::vector<double> before, here, levels, from_before, steps, phases;
    std::set<std::size_t> left_out; // joints

    //! Random numbers; paths begin in about a third of the bins.
    row(std::size_t bins, unsigned seed)
    {
        std::minstd_rand random(seed);
        const auto next = [&] { return 1.0 * random() / std::minstd_rand::max(); };
        next();
        for (std::size_t k = 0; k < bins; ++k) {
            before.push_back(next());
            here.push_back(next());
            levels.push_back(0);
            from_before.push_back(next());
            steps.push_back(next() - 0.5);
            phases.push_back(next() < 0.33 ? from_before[k] : next());
        }
    }

    double begins(std::size_t k) const
    {
        return phases[k] == from_before[k] ? std::pow(std::min(before[k], here[k]), 2) : 0;
    }

    //! Joint of bin k and the next one, which may be the first.
    double joint(std::size_t k) const
    {
        const auto next = (k + 1) % here.size();
        return left_out.count(k) ? 0 : weight * std::pow(std::min(here[k], here[next]), 2);
    }

    std::size_t weakest(std::size_t from, std::size_t end) const
    {
        auto least = from;
        for (auto k = from; k < end; ++k)
            if (joint(k) < joint(least))
                least = k;
        return least;
    }

    //! Leaves out what joins the ends of a row that is not circular, and the weakest joint about the middle if that
    //! is long.
    void leave_out(bool circular)
    {
        const auto bins = here.size();
        left_out.clear();
        if (circular)
            return;
        left_out.insert(bins - 1);
        if (bins >= 64)
            left_out.insert(weakest(bins / 2 - bins / 8, bins / 2 + bins / 8));
    }

    //! Half the derivative of the sum that is minimised, by the correction of bin k.
    double slope(const std::vector<double>& c, std::size_t k) const
    {
        const auto pull = [&](std::size_t i) {
            const auto next = (i + 1) % c.size();
            return joint(i) *
                   (c[next] - c[i] - std::remainder(phases[i] + steps[i] - phases[next], 1));
        };
        return begins(k) * c[k] - pull(k) + pull((k + c.size() - 1) % c.size());
    }
};

template <class R>
std::vector<double> corrections(const row& r, bool circular, double gain = 1)
{
    const auto rounded = [](const std::vector<double>& x, double factor) {
        std::vector<R> y;
        for (const double v : x)
            y.push_back(static_cast<R>(factor * v));
        return y;
    };
    const auto before = rounded(r.before, gain), here = rounded(r.here, gain),
               levels = rounded(r.levels, 1), from_before = rounded(r.from_before, 1),
               steps = rounded(r.steps, 1);
    auto phases = rounded(r.phases, 1);
    path_balance<R> paths(here.size(), circular);
    paths.balance(before.data(),
                  here.data(),
                  levels.data(),
                  from_before.data(),
                  steps.data(),
                  static_cast<R>(gain),
                  static_cast<R>(row::weight),
                  phases.data());
    std::vector<double> c;
    for (std::size_t k = 0; k < phases.size(); ++k)
        c.push_back(static_cast<double>(phases[k]) - r.phases[k]);
    return c;
}

} // namespace

class qa_path_balance : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_path_balance);
    CPPUNIT_TEST(corrections_minimise_their_sum);
    CPPUNIT_TEST(paths_that_agree_stay);
    CPPUNIT_TEST(what_is_not_finite_joins_nothing);
    CPPUNIT_TEST(cells_without_a_phase_join_nothing);
    CPPUNIT_TEST_SUITE_END();

    void corrections_minimise_their_sum()
    {
        for (std::size_t bins = 2; bins < 130; bins += bins < 20 ? 1 : 7)
            for (unsigned seed = 1; seed < 8; ++seed) {
                const qa::context in_bins("bins", bins);
                const qa::context in_seed("seed", seed);
                const bool circular = seed % 2 == 0;
                row r(bins, seed);
                r.leave_out(circular);
                const auto exact = corrections<double>(r, circular);
                for (std::size_t k = 0; k < bins; ++k)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(0, r.slope(exact, k), 1e-9);
                for (const double gain : { 1e-20, 1.0, 1e20 }) {
                    const auto single = corrections<float>(r, circular, gain);
                    for (std::size_t k = 0; k < bins; ++k)
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(0, r.slope(single, k), 1e-5);
                }
            }
    }

    void paths_that_agree_stay()
    {
        row r(17, 3);
        for (std::size_t k = 0; k < 17; ++k) // modulo 1
            r.steps[k] = r.phases[(k + 1) % 17] - r.phases[k] + static_cast<double>(k % 3) - 1;
        for (const bool circular : { false, true })
            for (const double c : corrections<double>(r, circular))
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, c, 1e-12);
    }

    void what_is_not_finite_joins_nothing()
    {
        for (const double bad : { std::nan(""), double(INFINITY) }) {
            row r(12, 5), other = r;
            r.here[5] = r.before[5] = bad;
            other.here[5] = other.before[5] = 0;
            for (const bool circular : { false, true })
                CPPUNIT_ASSERT(corrections<double>(r, circular) ==
                               corrections<double>(other, circular));
        }
    }

    void cells_without_a_phase_join_nothing()
    {
        for (const std::size_t silent : { 0, 5, 11 })
            for (const bool circular : { false, true }) {
                row r(12, 5);
                r.levels[silent] = -INFINITY;
                r.leave_out(circular);
                r.left_out.insert({ silent, (silent + 11) % 12 });
                const auto c = corrections<double>(r, circular);
                for (std::size_t k = 0; k < 12; ++k)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(0, r.slope(c, k), 1e-9);
            }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_path_balance);
