/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_descent.h"
#include "qa/adaptive_support.h"
#include "shortest_path.h"

using namespace gr::stft::kernel;
using qa::criteria;
using qa::small;
using qa::varied;

//! The searches for window lengths: the path among candidates, and descent.
class qa_adaptive_search : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_adaptive_search);
    CPPUNIT_TEST(the_path_is_the_cheapest_of_all);
    CPPUNIT_TEST(a_parabola_finds_what_lies_between_candidates);
    CPPUNIT_TEST(frames_without_a_criterion_keep_the_value);
    CPPUNIT_TEST(the_gradient_is_the_central_difference);
    CPPUNIT_TEST(cells_descend);
    CPPUNIT_TEST_SUITE_END();

    void the_path_is_the_cheapest_of_all()
    {
        for (int trial = 0; trial < 40; ++trial) {
            compare_path(3, 7, trial);
            compare_path(9, 4, trial);
        }
    }

    static void compare_path(std::size_t candidates, std::size_t frames, int trial)
    {
        std::mt19937 random(static_cast<unsigned>(trial));
        std::uniform_real_distribution<double> uniform(0, 0.5);
        const double price = 0.4 / static_cast<double>(candidates);
        const auto value_of = [](std::size_t k) { return 1 + 0.5 * static_cast<double>(k); };
        std::vector<double> values;
        for (std::size_t k = 0; k < candidates; ++k)
            values.push_back(value_of(k));
        std::vector<std::vector<double>> J(frames, values);
        for (auto& row : J)
            for (auto& one : row)
                one = uniform(random);
        const auto empty = static_cast<std::size_t>(trial) % frames;
        shortest_path path(values, price, static_cast<std::int64_t>(frames));
        path.start(0, values.back(), first_frame::free);
        for (std::size_t n = 0; n < frames; ++n)
            path.advance(n == empty ? nullptr : J[n].data());
        std::vector<double> resolved;
        for (std::size_t n = 0; n < frames; ++n)
            resolved.push_back(path.resolve(static_cast<std::int64_t>(n)));

        // every path there is; `found` is the least of those within half a step of the resolved values
        double least = 1e9, found = 1e9;
        const auto paths = std::llround(std::pow(candidates, frames));
        for (std::size_t code = 0; code < static_cast<std::size_t>(paths); ++code) {
            double sum = 0, before = values.back();
            bool belongs = true;
            for (std::size_t n = 0, rest = code; n < frames; ++n, rest /= candidates) {
                const auto k = rest % candidates;
                sum += (n == empty ? 0 : J[n][k]) + price * std::abs(value_of(k) - before);
                belongs = belongs && std::abs(resolved[n] - value_of(k)) < 0.25 + 1e-9;
                before = value_of(k);
            }
            least = std::min(least, sum);
            found = belongs ? std::min(found, sum) : found;
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(least, found, 1e-12);
    }

    void a_parabola_finds_what_lies_between_candidates()
    {
        shortest_path path({ 1, 2, 3, 4 }, 0, 2);
        double J[4];
        for (double least : { 1.7, 2.0, 2.4, 3.2 }) {
            const qa::context in_least("least", least);
            for (int k = 0; k < 4; ++k)
                J[k] = 5 + 3 * (k + 1 - least) * (k + 1 - least);
            path.start(0, 2, first_frame::free);
            path.advance(J);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(least, path.resolve(0), 1e-12);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(5, path.criterion(), 1e-12);
        }
    }

    void frames_without_a_criterion_keep_the_value()
    {
        shortest_path path({ 1, 2, 3 }, 0.1, 3);
        path.start(0, 2.3, first_frame::free);
        for (int n = 0; n < 3; ++n)
            path.advance(nullptr);
        CPPUNIT_ASSERT_EQUAL(2.3, path.resolve(0));
        const double J[]{ 9, 4, 5 };
        path.advance(J);
        path.advance(nullptr);
        path.resolve(1);
        path.resolve(2);
        const double learned = path.resolve(3);
        CPPUNIT_ASSERT(learned != 2.3);
        CPPUNIT_ASSERT_EQUAL(learned, path.resolve(4));
    }

    void the_gradient_is_the_central_difference()
    {
        for (auto which : criteria) {
            auto s = small();
            s.criterion = which;
            s.order = 1.5;
            s.steps = 1;
            s = s.filled();
            difference<double>(s);
            difference<qa::value>(s);
        }
    }

    template <class T>
    static void difference(const adaptive_settings& s)
    {
        // truncation is of the order of h^2, rounding of 1e-16 / h
        constexpr double h = 1e-5;
        const auto x = qa::noise<T>(200, 5);
        const excerpt<T> samples{ x.data(), 0, 200 };
        dstft<T> transform(s.n_fft, s.window, s.norm, s.share);
        frame_descent<T> descent(s, transform);
        spectral_whitener<double> whitener(32, is_real_v<T>, 1e-2);
        std::vector<double> power;
        for (int m = 0; m < 32; ++m)
            power.push_back(1 + (m * m) % 7);
        whitener.update(power.data(), 1);
        descent.whiten(whitener);
        const criterion_sums others{ 3, 5 };
        const position t{ 90, 0.3 };
        const double theta = 41.3;
        const auto here = descent.evaluate(samples, t, theta, others, learned::both);
        CPPUNIT_ASSERT(here.defined);
        const auto J = [&](double ln, double away) {
            return descent
                .evaluate(samples, t + away, std::exp(std::log(theta) + ln), others, learned::both)
                .J;
        };
        CPPUNIT_ASSERT_DOUBLES_EQUAL((J(h, 0) - J(-h, 0)) / (2 * h), here.by_log_theta, 1e-8);
        CPPUNIT_ASSERT_DOUBLES_EQUAL((J(0, h) - J(0, -h)) / (2 * h), here.by_t, 1e-8);
    }

    void cells_descend()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            auto s = small(sharing::cell);
            s.steps = 6;
            s.whiten = 0;
            s.regularisation = 0;
            s.prior = 0;
            s.criterion = adaptive_criterion::frame_entropy; // whose block is the frame
            s = s.filled();
            const auto x = varied<T>(600);
            const excerpt<T> samples{ x.data(), 0, 600 };
            const position t{ 300, 0 };
            dstft<T> transform(s.n_fft, s.window, s.norm, s.share);
            frame_descent<T> descent(s, transform);
            const block_criterion<real_t<T>> criterion(s);
            const auto bins = transform.bins();
            std::vector<double> cells(bins, std::log(30.0)), start = cells;
            const auto J = [&] {
                std::vector<double> theta;
                for (double one : cells)
                    theta.push_back(std::exp(one));
                std::vector<std::complex<real_t<T>>> S(bins);
                transform.analyse(samples, t, theta.data(), S.data());
                std::vector<real_t<T>> q;
                for (const auto& one : S)
                    q.push_back(std::norm(one));
                double sum = 0;
                for (std::size_t b = 0; b < 2; ++b)
                    sum += criterion.value(
                        criterion.sums(q.data(), band_of(s.n_fft, is_real_v<T>, b, 2)));
                return sum;
            };
            const double before = J();
            const criterion_sums none[2];
            descent.refine_cells(samples, t, cells.data(), nullptr, none, 1);
            CPPUNIT_ASSERT(J() < before - 0.01);
            // a strong variation holds cells together
            s.regularisation = 1e6;
            frame_descent<T> stiff(s, transform);
            auto spread = [&](const std::vector<double>& v) {
                return *std::max_element(v.begin(), v.end()) -
                       *std::min_element(v.begin(), v.end());
            };
            const double loose = spread(cells);
            cells = start;
            stiff.refine_cells(samples, t, cells.data(), start.data(), none, 1);
            CPPUNIT_ASSERT(spread(cells) < loose / 2);
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_adaptive_search);
