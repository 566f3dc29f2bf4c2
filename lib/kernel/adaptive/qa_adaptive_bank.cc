/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "candidate_bank.h"
#include "qa/adaptive_support.h"

using namespace gr::stft::kernel;
using qa::criteria;
using qa::small;
using qa::varied;

namespace {

//! J of one block by its formula, from every bin of every frame: q, and the weight that it counts with.
double plain_criterion(adaptive_criterion which,
                       double order,
                       const std::vector<std::vector<std::pair<double, double>>>& frames)
{
    const auto one = [&](const std::vector<std::pair<double, double>>& bins) {
        double a = 0, b = 0, logs = 0, a_logs = 0, raised = 0, squares = 0;
        for (const auto& [q, c] : bins) {
            a += c * std::sqrt(q);
            b += c * q;
            logs += q > 0 ? c * q * std::log(q) : 0;
            a_logs += q > 0 ? c * std::sqrt(q) * std::log(std::sqrt(q)) : 0;
            raised += c * std::pow(q, order);
            squares += c * q * q;
        }
        switch (which) {
        case adaptive_criterion::l1l2:
            return 2 * std::log(a) - std::log(b);
        case adaptive_criterion::entropy:
            return std::log(b) - logs / b;
        case adaptive_criterion::renyi:
            return (std::log(raised) - order * std::log(b)) / (1 - order);
        case adaptive_criterion::kurtosis:
            return std::log(b * b / squares);
        default:
            return std::log(a) - a_logs / a;
        }
    };
    if (!is_pooled(which)) {
        double sum = 0;
        for (const auto& frame : frames)
            sum += one(frame);
        return sum / static_cast<double>(frames.size());
    }
    std::vector<std::pair<double, double>> all;
    for (const auto& frame : frames)
        for (const auto& [q, c] : frame)
            all.emplace_back(q, c / static_cast<double>(frames.size()));
    return one(all);
}

//! The bank by its definition: plain DFTs, boxes and sums.
struct plain_bank {
    adaptive_settings s;
    bool real;
    std::vector<double> theta;
    qa::values x;
    std::int64_t first; // sample at which frame 0 is centred

    std::size_t n(std::size_t k) const
    {
        std::size_t points = 4;
        while (static_cast<double>(points) < theta[k])
            points *= 2;
        return points;
    }
    std::int64_t every(std::size_t k) const
    {
        return std::clamp<std::int64_t>(
            static_cast<std::int64_t>(theta[k] / (4 * s.hop)), 1, s.block + 1);
    }

    std::vector<double> power(std::size_t k, std::int64_t p) const
    {
        const auto points = n(k);
        // the nearest place where all samples under the window are there
        const auto reach = static_cast<std::int64_t>(std::ceil(theta[k] / 2)) - 1;
        const auto centre =
            std::clamp<std::int64_t>(first + std::llround(static_cast<double>(p) * s.hop),
                                     reach,
                                     static_cast<std::int64_t>(x.size()) - 1 - reach);
        const double scale = 1 / std::sqrt(s.window.energy() * theta[k]);
        std::vector<double> result;
        for (std::size_t m = 0; m < (real ? points / 2 + 1 : points); ++m) {
            qa::value sum = 0;
            for (std::int64_t i = -reach; i <= reach; ++i)
                sum += scale * s.window.evaluate(static_cast<double>(i), theta[k]) *
                       x[static_cast<std::size_t>(centre + i)] *
                       qa::turn(static_cast<std::int64_t>(m), i, points);
            result.push_back(std::norm(sum));
        }
        return result;
    }
};

template <class T>
std::vector<double> grid_of(const adaptive_settings& s)
{
    return { s.theta_min, std::sqrt(s.theta_min * s.theta_max), s.theta_max };
}

} // namespace

//! The bank of candidates, against its definition.
class qa_adaptive_bank : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_adaptive_bank);
    CPPUNIT_TEST(the_bank_is_its_plain_sums);
    CPPUNIT_TEST(a_spoilt_frame_is_absent_for_all_candidates);
    CPPUNIT_TEST(far_frames_are_measured_like_near_ones);
    CPPUNIT_TEST_SUITE_END();

    void the_bank_is_its_plain_sums()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (auto which : criteria)
                for (auto share : { sharing::frame, sharing::cell }) {
                    auto s = small(share);
                    s.criterion = which;
                    s.order = 1.5;
                    s.block = 3;
                    s = s.filled();
                    compare_bank<T>(s, qa::noise<T>(400, 7), 120);
                    compare_bank<T>(s, qa::noise<T>(75, 7), 0); // both ends
                }
        });
    }

    template <class T>
    static void
    compare_bank(const adaptive_settings& s, const std::vector<T>& x, std::int64_t first)
    {
        const auto theta = grid_of<T>(s);
        const auto length = static_cast<std::int64_t>(x.size());
        plain_bank plain{ s, is_real_v<T>, theta, qa::exactly(x), first };
        candidate_bank<T> bank(s, theta);
        const std::size_t bands = per_bin(s.share) ? 2 : 1, reference = 1;
        const auto n = plain.n(reference);
        const auto bins = is_real_v<T> ? n / 2 + 1 : n;
        std::vector<double> envelope, W(bins, 1);
        // [candidate][band][frame][bin]
        std::vector<std::vector<std::vector<std::vector<std::pair<double, double>>>>> seen(
            theta.size(), decltype(seen)::value_type(bands));
        std::vector<std::vector<std::int64_t>> when(theta.size());
        for (std::int64_t p = 0; p < 12; ++p) {
            bank.measure(p, { x.data(), 0, length }, first + p * static_cast<std::int64_t>(s.hop));
            if (p % plain.every(reference) == 0) {
                const auto power = plain.power(reference, p);
                const double share = static_cast<double>(plain.every(reference)) / 64;
                if (envelope.empty())
                    envelope = power;
                double mean = 0;
                for (std::size_t m = 0; m < bins; ++m) {
                    envelope[m] += share * (power[m] - envelope[m]);
                    mean += envelope[m] / static_cast<double>(bins);
                }
                for (std::size_t m = 0; m < bins; ++m) {
                    double sum = 0, count = 0;
                    const auto width = static_cast<std::int64_t>(std::min<std::size_t>(n / 8, 8));
                    for (auto i = -width; i <= width; ++i) {
                        const auto at = static_cast<std::int64_t>(m) + i;
                        if (is_real_v<T> && (at < 0 || at >= static_cast<std::int64_t>(bins)))
                            continue;
                        sum += envelope[modulo(at, bins)];
                        ++count;
                    }
                    W[m] = mean / (sum / count + s.whiten * mean);
                }
            }
            for (std::size_t k = 0; k < theta.size(); ++k) {
                if (p % plain.every(k))
                    continue;
                when[k].push_back(p);
                const auto power = plain.power(k, p);
                const auto points = plain.n(k);
                for (std::size_t b = 0; b < bands; ++b) {
                    std::vector<std::pair<double, double>> q;
                    const double width =
                        static_cast<double>(points) / (is_real_v<T> ? 2 : 1) / bands;
                    for (std::size_t m = 0; m < power.size(); ++m) {
                        const double place =
                            static_cast<double>(m * n) / static_cast<double>(points);
                        const auto below = static_cast<std::size_t>(place);
                        const auto above =
                            is_real_v<T> ? std::min(below + 1, bins - 1) : (below + 1) % bins;
                        const double w =
                            W[below] + (place - std::floor(place)) * (W[above] - W[below]);
                        double weight = 0; // the part of the bin that lies within the band
                        for (const double turn : { 0.0, static_cast<double>(points) })
                            if (turn == 0 || !is_real_v<T>)
                                weight += std::max(0.0,
                                                   std::min(m + turn + 0.5, width * (b + 1)) -
                                                       std::max(m + turn - 0.5, width * b));
                        if (!is_real_v<T> && bands == 1)
                            weight = 1;
                        q.emplace_back(w * power[m], weight / static_cast<double>(points));
                    }
                    seen[k][b].push_back(q);
                }
            }
            const auto block = p - s.block;
            if (block < 0)
                continue;
            bank.evaluate(block);
            for (std::size_t b = 0; b < bands; ++b)
                for (std::size_t k = 0; k < theta.size(); ++k) {
                    std::vector<std::vector<std::pair<double, double>>> frames;
                    for (std::size_t i = 0; i < when[k].size(); ++i)
                        if (std::abs(when[k][i] - block) <= s.block)
                            frames.push_back(seen[k][b][i]);
                    const double away =
                        std::log(theta[k]) - std::log(s.theta_min * s.theta_max) / 2;
                    const double J =
                        plain_criterion(s.criterion, s.order, frames) + s.prior / 2 * away * away;
                    CPPUNIT_ASSERT(bank.defined(b));
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        J, bank.J(b)[k], (std::is_same_v<real_t<T>, float> ? 1e-5 : 1e-12));
                }
        }
    }

    void a_spoilt_frame_is_absent_for_all_candidates()
    {
        auto s = small();
        s.block = 3;
        s.whiten = 0;
        s = s.filled();
        const auto theta = grid_of<double>(s);
        const auto J = [&](bool spoilt, double content) {
            auto x = qa::noise<double>(300, 9);
            x[150] = content; // under one shortest window only, that of frame 3
            candidate_bank<double> bank(s, theta);
            for (std::int64_t p = 0; p < 7; ++p) {
                const auto kept = x[150 - 25];
                // at the edge of the longest window
                x[150 - 25] = spoilt && p == 3 ? NAN : kept;
                bank.measure(p, { x.data(), 0, 300 }, 150 + 30 * (p - 3));
                x[150 - 25] = kept;
            }
            bank.evaluate(3);
            CPPUNIT_ASSERT(bank.defined(0));
            return bank.J(0)[0];
        };
        CPPUNIT_ASSERT(J(false, 0.5) != J(false, 5));
        CPPUNIT_ASSERT_EQUAL(J(true, 0.5), J(true, 5));
    }

    void far_frames_are_measured_like_near_ones()
    {
        const auto s = small().filled();
        const auto theta = grid_of<float>(s);
        const auto x = varied<float>(1000);
        candidate_bank<float> near(s, theta), far(s, theta);
        constexpr std::int64_t away = std::int64_t(1) << 53; // beyond, a double skips integers
        far.restart(away, history::cleared);
        for (std::int64_t p = 0; p < 60; ++p) {
            near.measure(p, { x.data(), 0, 1000 }, 100 + 4 * p);
            far.measure(away + p, { x.data(), 0, 1000 }, 100 + 4 * p);
            if (p < s.block)
                continue;
            near.evaluate(p - s.block);
            far.evaluate(away + p - s.block);
            for (std::size_t k = 0; k < theta.size(); ++k)
                CPPUNIT_ASSERT_EQUAL(near.J(0)[k], far.J(0)[k]);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_adaptive_bank);
