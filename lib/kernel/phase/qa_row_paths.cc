/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/phase_rows.h"
#include "qa/support.h"
#include <queue>

using namespace gr::stft::kernel;

namespace {

constexpr double silent = row_paths<double>::silent;

struct row {
    std::vector<double> before, here, from_before, steps;
    bool circular;

    //! Random levels, some of them silent.
    row(std::size_t bins, bool is_circular, unsigned seed, double silence) : circular(is_circular)
    {
        std::minstd_rand random(seed);
        const auto next = [&] { return 1.0 * random() / std::minstd_rand::max(); };
        next();
        for (std::size_t k = 0; k < bins; ++k) {
            before.push_back(next() < silence ? silent : next());
            here.push_back(next() < silence ? silent : next());
            from_before.push_back(next());
            steps.push_back(next());
        }
    }
};

//! The published algorithm: a heap of cells of both rows, the largest of which gives its phase to neighbours.
std::vector<double> by_heap(const row& r)
{
    const auto bins = r.here.size();
    std::vector<double> phases(bins, -1);
    std::vector<bool> known(bins);
    std::priority_queue<std::pair<double, std::size_t>>
        heap; // cells of the row before come from `bins` on
    for (std::size_t k = 0; k < bins; ++k)
        if (r.before[k] > silent)
            heap.emplace(r.before[k], bins + k);
    const auto give = [&](std::size_t k, double phase) {
        if (known[k] || !(r.here[k] > silent))
            return;
        known[k] = true;
        phases[k] = phase;
        heap.emplace(r.here[k], k);
    };
    for (;;) {
        if (heap.empty()) {
            std::size_t largest = bins;
            for (std::size_t k = 0; k < bins; ++k)
                if (!known[k] && r.here[k] > silent &&
                    (largest == bins || r.here[k] > r.here[largest]))
                    largest = k;
            if (largest == bins)
                return phases;
            give(largest, 0);
        }
        const auto cell = heap.top().second;
        heap.pop();
        if (cell >= bins) {
            give(cell - bins, r.from_before[cell - bins]);
            continue;
        }
        if (cell + 1 < bins || r.circular) {
            give((cell + 1) % bins, phases[cell] + r.steps[cell]);
        }
        if (cell > 0 || r.circular) {
            const auto left = (cell + bins - 1) % bins;
            give(left, phases[cell] - r.steps[left]);
        }
    }
}

} // namespace

class qa_row_paths : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_row_paths);
    CPPUNIT_TEST(paths_are_those_of_a_heap);
    CPPUNIT_TEST(equal_cells_end_every_path);
    CPPUNIT_TEST_SUITE_END();

    void paths_are_those_of_a_heap()
    {
        for (const bool circular : { false, true })
            for (const std::size_t bins : { 1, 2, 3, 4, 5, 8, 13, 40, 129 })
                for (const double silence : { 0.0, 0.2, 0.6 })
                    for (unsigned seed = 1; seed < 40; ++seed) {
                        const qa::context in_bins("bins", bins);
                        const qa::context in_seed("seed", seed);
                        row r(bins, circular, seed, silence);
                        if (seed % 8 == 0)
                            std::fill(r.before.begin(), r.before.end(), silent);
                        if (circular && bins <= 2)
                            continue; // both neighbours are one cell
                        const bool one_source =
                            1 >= std::count_if(r.before.begin(), r.before.end(), [](double v) {
                                return v > silent;
                            });
                        if (circular && one_source)
                            continue; // paths around both sides are equally wide
                        const auto expected = by_heap(r);
                        std::vector<double> phases(bins, -1);
                        row_paths<double> paths(bins, circular);
                        paths.integrate(r.before.data(),
                                        r.here.data(),
                                        r.from_before.data(),
                                        nullptr,
                                        r.steps.data(),
                                        phases.data());
                        for (std::size_t k = 0; k < bins; ++k) {
                            const qa::context in_k("bin", k);
                            if (circular && is_tie(r, k))
                                continue;
                            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected[k], phases[k], 1e-12);
                        }
                    }
    }

    //! True if the paths from both sides have one and the same smallest cell.
    static bool is_tie(const row& r, std::size_t at)
    {
        const auto bins = r.here.size();
        double width[2];
        for (const std::size_t side : { 0, 1 }) {
            double w = silent;
            for (std::size_t i = bins; i-- > 1;) {
                const auto k = (at + (side ? bins - i : i)) % bins;
                w = std::min(r.here[k], std::max(r.before[k], w));
            }
            width[side] = w;
        }
        return width[0] == width[1] && width[0] >= r.before[at];
    }

    void equal_cells_end_every_path()
    {
        for (const bool circular : { false, true })
            for (const std::size_t bins : { 1, 2, 3, 17 })
                for (const bool has_before : { false, true }) {
                    const qa::context in_bins("bins", bins);
                    std::vector<double> before(bins, has_before ? 1 : silent), here(bins, 1),
                        phases(bins, -7), from(bins, 0.5), steps(bins, 0);
                    row_paths<double> paths(bins, circular);
                    paths.integrate(before.data(),
                                    here.data(),
                                    from.data(),
                                    nullptr,
                                    steps.data(),
                                    phases.data());
                    for (const auto phase : phases)
                        CPPUNIT_ASSERT_EQUAL(has_before ? 0.5 : 0.0, phase);
                }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_row_paths);
