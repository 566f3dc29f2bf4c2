/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "candidate_bank.h"
#include "qa/adaptive_support.h"

using namespace gr::stft::kernel;
using qa::criteria;
using qa::small;
using qa::varied;

namespace {

//! Whitened powers q of the bins of one frame and band, each with the weight that it counts with.
using weighted_powers = std::vector<std::pair<double, double>>;

//! J of one block by its formula, from every bin of every frame.
double
plain_criterion(adaptive_criterion which, double order, const std::vector<weighted_powers>& frames)
{
    const auto one = [&](const weighted_powers& bins) {
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
    weighted_powers all;
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
            static_cast<std::int64_t>(theta[k] / (3 * s.hop)), 1, s.block + 1);
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
                       qa::twiddle(static_cast<std::int64_t>(m), i, points);
            result.push_back(std::norm(sum));
        }
        return result;
    }
};

//! Measurements of each frame by the definition, and the criterion of a block of frames.
struct plain_blocks {
    static constexpr std::size_t reference = 1; // the candidate whose powers whiten

    struct measured {
        std::int64_t frame;
        weighted_powers q;
    };

    plain_bank plain;
    std::size_t bands;
    std::size_t points = plain.n(reference);
    std::size_t bins = plain.real ? points / 2 + 1 : points;
    std::vector<double> envelope{}, W = std::vector<double>(bins, 1);
    // [candidate][band], frame after frame
    std::vector<std::vector<std::vector<measured>>> seen{ plain.theta.size(),
                                                          std::vector<std::vector<measured>>(
                                                              bands) };

    void measure(std::int64_t p)
    {
        if (p % plain.every(reference) == 0)
            whiten(plain.power(reference, p));
        for (std::size_t k = 0; k < plain.theta.size(); ++k) {
            if (p % plain.every(k))
                continue;
            const auto power = plain.power(k, p);
            for (std::size_t b = 0; b < bands; ++b) {
                weighted_powers q;
                for (std::size_t m = 0; m < power.size(); ++m)
                    q.emplace_back(whitening(m, plain.n(k)) * power[m],
                                   part(m, plain.n(k), b) / static_cast<double>(plain.n(k)));
                seen[k][b].push_back({ p, q });
            }
        }
    }

    //! Takes the powers of a frame into the running mean, and W from boxes of it.
    void whiten(const std::vector<double>& power)
    {
        const double share = static_cast<double>(plain.every(reference)) / 64;
        if (envelope.empty())
            envelope = power;
        double mean = 0;
        for (std::size_t m = 0; m < bins; ++m) {
            envelope[m] += share * (power[m] - envelope[m]);
            mean += envelope[m] / static_cast<double>(bins);
        }
        const auto width = static_cast<std::int64_t>(std::min<std::size_t>(points / 8, 8));
        for (std::size_t m = 0; m < bins; ++m) {
            double sum = 0, count = 0;
            for (auto i = -width; i <= width; ++i) {
                const auto at = static_cast<std::int64_t>(m) + i;
                if (plain.real && (at < 0 || at >= static_cast<std::int64_t>(bins)))
                    continue;
                sum += envelope[modulo(at, bins)];
                ++count;
            }
            W[m] = mean / (sum / count + plain.s.whiten * mean);
        }
    }

    //! W at bin m of a DFT of n points, on the line between its neighbours.
    double whitening(std::size_t m, std::size_t n) const
    {
        const double point = static_cast<double>(m * points) / static_cast<double>(n);
        const auto below = static_cast<std::size_t>(point);
        const auto above = plain.real ? std::min(below + 1, bins - 1) : (below + 1) % bins;
        return W[below] + (point - std::floor(point)) * (W[above] - W[below]);
    }

    //! The part of bin m of a DFT of n points that lies within a band.
    double part(std::size_t m, std::size_t n, std::size_t band) const
    {
        if (!plain.real && bands == 1)
            return 1;
        const auto count = static_cast<double>(bands), bin = static_cast<double>(m);
        const double width = static_cast<double>(n) / (plain.real ? 2 : 1) / count;
        const double begin = width * static_cast<double>(band), end = begin + width;
        const auto within = [&](double at) {
            return std::max(0.0, std::min(at + 0.5, end) - std::max(at - 0.5, begin));
        };
        return within(bin) + (plain.real ? 0 : within(bin + static_cast<double>(n)));
    }

    //! J of candidate k in the block around a frame.
    double J(std::size_t k, std::size_t band, std::int64_t block) const
    {
        const auto& s = plain.s;
        std::vector<weighted_powers> frames;
        for (const auto& one : seen[k][band])
            if (std::abs(one.frame - block) <= s.block)
                frames.push_back(one.q);
        const double away = std::log(plain.theta[k]) - std::log(s.theta_min * s.theta_max) / 2;
        const double of_cells = plain_criterion(s.criterion, s.order, frames);
        return std::min(of_cells, of_energies(k, frames)) + s.prior / 2 * away * away;
    }

    //! J of the energies of candidate k in these frames.
    double of_energies(std::size_t k, const std::vector<weighted_powers>& frames) const
    {
        const double part = (plain.real ? 0.5 : 1) / static_cast<double>(bands);
        const auto measures =
            energy_measures(plain.s, { plain.theta[k] }, { plain.every(k) }, part, part);
        if (measures.empty())
            return std::numeric_limits<double>::infinity();
        std::vector<weighted_powers> energies;
        for (const auto& frame : frames) {
            double sum = 0;
            for (const auto& [q, c] : frame)
                sum += c * q;
            energies.push_back({ { sum, 1 } });
        }
        return measures[0].value(plain_criterion(plain.s.criterion, plain.s.order, energies));
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
    CPPUNIT_TEST(the_frames_with_a_spoilt_sample_are_absent);
    CPPUNIT_TEST(far_frames_are_measured_like_near_ones);
    CPPUNIT_TEST_SUITE_END();

    void the_bank_is_its_plain_sums()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            for (auto which : criteria)
                for (auto share : { sharing::frame, sharing::cell }) {
                    const qa::context in_which("criterion", which);
                    const qa::context in_share("share", share);
                    auto s = small(share);
                    s.criterion = which;
                    s.order = 1.5;
                    s.block = 3;
                    s = s.filled();
                    compare_bank<T>(s, grid_of<T>(s), qa::noise<T>(400, 7), 120);
                    compare_bank<T>(s, grid_of<T>(s), qa::noise<T>(75, 7), 0); // both ends
                    // two candidates with DFTs of the same length
                    compare_bank<T>(s, { 20, 32, 64 }, qa::noise<T>(400, 7), 120);
                }
        });
    }

    template <class T>
    static void compare_bank(const adaptive_settings& s,
                             const std::vector<double>& theta,
                             const std::vector<T>& x,
                             std::int64_t first)
    {
        const auto length = static_cast<std::int64_t>(x.size());
        const std::size_t bands = per_bin(s.share) ? 2 : 1;
        plain_blocks plain{ { s, is_real_v<T>, theta, qa::exactly(x), first }, bands };
        candidate_bank<T> bank(s, theta);
        constexpr double limit = std::is_same_v<real_t<T>, float> ? 1e-5 : 1e-12;
        for (std::int64_t p = 0; p < 12; ++p) {
            const qa::context in_p("frame", p);
            bank.measure(p, { x.data(), 0, length }, first + p * static_cast<std::int64_t>(s.hop));
            plain.measure(p);
            const auto block = p - s.block;
            if (block < 0)
                continue;
            bank.evaluate(block);
            for (std::size_t b = 0; b < bands; ++b) {
                const qa::context in_b("band", b);
                CPPUNIT_ASSERT(bank.defined(b));
                for (std::size_t k = 0; k < theta.size(); ++k) {
                    const qa::context in_k("candidate", k);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(plain.J(k, b, block), bank.J(b)[k], limit);
                }
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
        // the last sample under the longest window of frame 3, the first one, and those next to them
        const auto reach = static_cast<std::int64_t>(s.theta_max) / 2 - 1;
        const auto J = [&](std::int64_t bad, double content) {
            auto x = qa::noise<double>(800, 9);
            x[400] = content; // under one shortest window only, that of frame 3
            if (bad != 0)
                x[static_cast<std::size_t>(400 + bad)] = NAN;
            candidate_bank<double> bank(s, theta);
            for (std::int64_t p = 0; p < 7; ++p)
                bank.measure(p, { x.data(), 0, 800 }, 400 + (2 * reach + 2) * (p - 3));
            bank.evaluate(3);
            CPPUNIT_ASSERT(bank.defined(0));
            return bank.J(0)[0];
        };
        CPPUNIT_ASSERT(J(0, 0.5) != J(0, 5));
        for (const auto edge : { -reach, reach }) {
            const qa::context here("edge", edge);
            CPPUNIT_ASSERT_EQUAL(J(edge, 0.5), J(edge, 5));
            const auto beyond = edge + (edge < 0 ? -1 : 1); // under no window
            CPPUNIT_ASSERT_EQUAL(J(0, 5), J(beyond, 5));
        }
    }

    //! Windows overlap, or leave samples out, or lie where one was before.
    void the_frames_with_a_spoilt_sample_are_absent()
    {
        qa::for_every_type([](auto zero) {
            using T = decltype(zero);
            auto s = small();
            s.block = 3;
            s = s.filled();
            const auto reach = static_cast<std::int64_t>(s.theta_max) / 2 - 1;
            auto x = qa::noise<T>(600, 9);
            for (const std::size_t bad : { 200, 203, 330 })
                x[bad] = std::numeric_limits<real_t<T>>::infinity();
            candidate_bank<T> bank(s, grid_of<T>(s));
            std::int64_t p = 0;
            const auto compare =
                [&](const excerpt<T>& samples, std::int64_t begin, std::int64_t end) {
                    const qa::context in_begin("begin", begin);
                    const auto before = bank.evaluations();
                    bank.measure(p++, samples, (begin + end) / 2);
                    CPPUNIT_ASSERT_EQUAL(all_finite(x, begin, end), bank.evaluations() > before);
                };
            const excerpt<T> all{ x.data(), 0, 600 };
            compare({ x.data() + 240, 240, 290 }, 240, 290); // shorter than the longest window
            for (std::int64_t centre :
                 { 270, 100, 168, 169, 231, 234, 235, 168, 170, 100, 280, 298, 299, 361, 362, 100 })
                compare(all, centre - reach, centre + reach + 1);
            const std::vector<T> last(x.begin() + 250, x.end()); // without the samples in between
            compare({ last.data(), 250, 600 }, 260, 260 + 2 * reach + 1);
        });
    }

    template <class T>
    static bool all_finite(const std::vector<T>& x, std::int64_t begin, std::int64_t end)
    {
        return std::all_of(
            x.begin() + begin, x.begin() + end, [](T one) { return std::isfinite(std::abs(one)); });
    }

    void far_frames_are_measured_like_near_ones()
    {
        const auto s = small().filled();
        const auto theta = grid_of<float>(s);
        const auto x = varied<float>(1000);
        candidate_bank<float> near(s, theta), far(s, theta);
        // beyond 2^53 a double skips integers; a multiple of 1 .. 10, the intervals between measurements
        constexpr std::int64_t away = std::int64_t(2520) << 42;
        far.restart(away, history::cleared);
        for (std::int64_t p = 0; p < 60; ++p) {
            const qa::context in_p("p", p);
            near.measure(p, { x.data(), 0, 1000 }, 100 + 4 * p);
            far.measure(away + p, { x.data(), 0, 1000 }, 100 + 4 * p);
            if (p < s.block)
                continue;
            near.evaluate(p - s.block);
            far.evaluate(away + p - s.block);
            for (std::size_t k = 0; k < theta.size(); ++k) {
                const qa::context in_k("k", k);
                CPPUNIT_ASSERT_EQUAL(near.J(0)[k], far.J(0)[k]);
            }
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_adaptive_bank);
