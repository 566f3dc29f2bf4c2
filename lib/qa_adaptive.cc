/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/candidate_bank.h"
#include "kernel/frame_descent.h"
#include "kernel/shortest_path.h"
#include "qa_support.h"

using namespace gr::stft::kernel;

namespace {

constexpr adaptive_criterion criteria[]{ adaptive_criterion::l1l2,
                                         adaptive_criterion::entropy,
                                         adaptive_criterion::renyi,
                                         adaptive_criterion::kurtosis,
                                         adaptive_criterion::magnitude_entropy,
                                         adaptive_criterion::frame_entropy };

adaptive_settings small(sharing share = sharing::frame)
{
    adaptive_settings s;
    s.n_fft = 64;
    s.share = share;
    s.bands = 2;
    return s;
}

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
    qa::values x; // sample 0 is x[offset]
    std::int64_t offset;

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
        const auto centre = static_cast<std::int64_t>(std::llround(static_cast<double>(p) * s.hop));
        const double scale = 1 / std::sqrt(s.window.energy() * theta[k]);
        std::vector<double> result;
        for (std::size_t m = 0; m < (real ? points / 2 + 1 : points); ++m) {
            qa::value sum = 0;
            for (std::int64_t i = -static_cast<std::int64_t>(points);
                 i <= static_cast<std::int64_t>(points);
                 ++i)
                sum += scale * s.window.evaluate(static_cast<double>(i), theta[k]) *
                       x[static_cast<std::size_t>(offset + centre + i)] *
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

//! Everything that comes out of one signal.
template <class T>
struct output {
    std::vector<std::complex<real_t<T>>> spectra;
    std::vector<float> theta;
    std::vector<position> t;

    bool operator==(const output& o) const
    {
        const auto same = [](const position& a, const position& b) {
            return a.sample == b.sample && a.fraction == b.fraction;
        };
        return spectra == o.spectra && theta == o.theta && t.size() == o.t.size() &&
               std::equal(t.begin(), t.end(), o.t.begin(), same);
    }
};

template <class T>
void take(adaptive_stft<T>& learner, output<T>& out)
{
    while (learner.ready()) {
        const auto bins = out.spectra.size(), thetas = out.theta.size();
        out.spectra.resize(bins + learner.bins());
        out.theta.resize(thetas + learner.thetas());
        out.t.emplace_back();
        learner.next(out.spectra.data() + bins, out.theta.data() + thetas, out.t.back());
    }
}

//! \param chunk samples at once, 0: all of them; before each frame, change() may do something to the learner
template <class T>
output<T> run(const adaptive_settings& s,
              const std::vector<T>& x,
              std::size_t chunk = 0,
              std::function<void(adaptive_stft<T>&)> change = {})
{
    adaptive_stft<T> learner(s);
    output<T> out;
    const auto drain = [&] {
        for (;;) {
            if (change)
                change(learner);
            if (!learner.ready())
                return;
            const auto bins = out.spectra.size(), thetas = out.theta.size();
            out.spectra.resize(bins + learner.bins());
            out.theta.resize(thetas + learner.thetas());
            out.t.emplace_back();
            learner.next(out.spectra.data() + bins, out.theta.data() + thetas, out.t.back());
        }
    };
    for (std::size_t taken = 0; taken < x.size(); drain())
        taken +=
            learner.push(x.data() + taken, std::min(chunk ? chunk : x.size(), x.size() - taken));
    learner.finish();
    drain();
    CPPUNIT_ASSERT(learner.over());
    return out;
}

//! Tone, clicks, noise in turn.
template <class T>
std::vector<T> varied(std::size_t length)
{
    auto x = qa::noise<T>(length, 3);
    for (std::size_t i = 0; i < length; ++i) {
        x[i] *= real_t<T>(0.1);
        if (i / 400 % 3 == 0)
            x[i] += T(static_cast<real_t<T>>(std::cos(0.7 * static_cast<double>(i))));
        if (i / 400 % 3 == 1 && i % 90 == 0)
            x[i] += T(8);
    }
    return x;
}

//! Settings that take different ways through the learner.
std::vector<adaptive_settings> ways()
{
    std::vector<adaptive_settings> all(13, small());
    all[1].learn = learned::both;
    all[2].method = learning_method::gradient;
    all[3].method = learning_method::gradient;
    all[3].learn = learned::both;
    all[3].criterion = adaptive_criterion::entropy;
    all[4].alpha = 0.3;
    all[5].hop = 5.37;
    all[5].steps = 2;
    all[6].share = sharing::constant;
    all[7].share = sharing::bin;
    all[8].share = sharing::cell;
    all[8].steps = 2;
    all[9].learn = learned::t;
    all[9].criterion = adaptive_criterion::kurtosis;
    all[10].block = all[10].lag = 0;
    all[11].freeze = true;
    all[12].causal = true;
    return all;
}

} // namespace

class qa_adaptive : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_adaptive);
    CPPUNIT_TEST(the_bank_is_its_plain_sums);
    CPPUNIT_TEST(bands_share_their_edges);
    CPPUNIT_TEST(the_path_is_the_cheapest_of_all);
    CPPUNIT_TEST(a_parabola_finds_what_lies_between_candidates);
    CPPUNIT_TEST(frames_without_a_criterion_keep_the_value);
    CPPUNIT_TEST(the_gradient_is_the_central_difference);
    CPPUNIT_TEST(cells_descend);
    CPPUNIT_TEST(any_split_of_the_input_gives_the_same_bits);
    CPPUNIT_TEST(frames_are_those_of_the_transform);
    CPPUNIT_TEST(a_frame_is_ready_after_the_latency);
    CPPUNIT_TEST(silence_keeps_theta);
    CPPUNIT_TEST(samples_that_are_not_finite_do_not_reach_theta);
    CPPUNIT_TEST(a_spoilt_frame_is_absent_for_all_candidates);
    CPPUNIT_TEST(overflow_is_forgotten);
    CPPUNIT_TEST(the_level_does_not_matter);
    CPPUNIT_TEST(clicks_are_short_and_tones_long);
    CPPUNIT_TEST(positions_stay_where_coverage_is_one);
    CPPUNIT_TEST(a_theta_that_is_set_comes_out_next);
    CPPUNIT_TEST(frozen_theta_stays_and_learning_goes_on_from_it);
    CPPUNIT_TEST(bounds_that_move_clip_theta);
    CPPUNIT_TEST(a_retune_keeps_the_frame_and_the_theta);
    CPPUNIT_TEST(a_reset_forgets_everything);
    CPPUNIT_TEST(lateness_drops_evaluations_and_never_frames);
    CPPUNIT_TEST(loud_frames_leave_no_trace);
    CPPUNIT_TEST(far_frames_are_measured_like_near_ones);
    CPPUNIT_TEST(what_cannot_work_is_refused);
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
                    compare_bank<T>(s);
                }
        });
    }

    template <class T>
    static void compare_bank(const adaptive_settings& s)
    {
        const auto theta = grid_of<T>(s);
        const auto x = qa::noise<T>(400, 7);
        plain_bank plain{ s, is_real_v<T>, theta, qa::exactly(x), 120 };
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
            bank.measure(p, x.data() + 120 + p * static_cast<std::int64_t>(s.hop));
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

    void bands_share_their_edges()
    {
        for (bool one_sided : { true, false })
            for (std::size_t n : { 8, 9, 64, 100 })
                for (std::size_t count : { 1, 2, 3, 4 }) {
                    const auto bins = one_sided ? n / 2 + 1 : n;
                    std::vector<double> weight(bins);
                    for (std::size_t b = 0; b < count; ++b) {
                        const auto band = band_of(n, one_sided, b, count);
                        double sum = band.bin_0_weight;
                        for (auto m = band.begin; m < band.end; ++m)
                            sum += band.weight(m);
                        const double width = static_cast<double>(n) / (one_sided ? 2 : 1);
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(width / count, sum, 1e-12);
                        weight[0] += band.bin_0_weight;
                        for (auto m = band.begin; m < band.end; ++m)
                            weight[m] += band.weight(m);
                    }
                    for (std::size_t m = 0; m < bins; ++m)
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(
                            one_sided && (m == 0 || 2 * m == n) ? 0.5 : 1.0, weight[m], 1e-12);
                }
    }

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
        const auto place = [](std::size_t k) { return 1 + 0.5 * static_cast<double>(k); };
        std::vector<double> places;
        for (std::size_t k = 0; k < candidates; ++k)
            places.push_back(place(k));
        std::vector<std::vector<double>> J(frames, places);
        for (auto& row : J)
            for (auto& one : row)
                one = uniform(random);
        const auto empty = static_cast<std::size_t>(trial) % frames;
        shortest_path path(places, price, static_cast<std::int64_t>(frames));
        path.start(0, places.back(), false);
        for (std::size_t n = 0; n < frames; ++n)
            path.advance(n == empty ? nullptr : J[n].data());
        std::vector<double> value;
        for (std::size_t n = 0; n < frames; ++n)
            value.push_back(path.resolve(static_cast<std::int64_t>(n)));

        // every path there is; one that belongs to the values, which leave its places by half a step at most
        double least = 1e9, found = 1e9;
        const auto paths = std::llround(std::pow(candidates, frames));
        for (std::size_t code = 0; code < static_cast<std::size_t>(paths); ++code) {
            double sum = 0, before = places.back();
            bool belongs = true;
            for (std::size_t n = 0, rest = code; n < frames; ++n, rest /= candidates) {
                const auto k = rest % candidates;
                sum += (n == empty ? 0 : J[n][k]) + price * std::abs(place(k) - before);
                belongs = belongs && std::abs(value[n] - place(k)) < 0.25 + 1e-9;
                before = place(k);
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
            for (int k = 0; k < 4; ++k)
                J[k] = 5 + 3 * (k + 1 - least) * (k + 1 - least);
            path.start(0, 2, false);
            path.advance(J);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(least, path.resolve(0), 1e-12);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(5, path.criterion(), 1e-12);
        }
    }

    void frames_without_a_criterion_keep_the_value()
    {
        shortest_path path({ 1, 2, 3 }, 0.1, 3);
        path.start(0, 2.3, false);
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
        const auto here = descent.look(samples, t, theta, others, learned::both);
        CPPUNIT_ASSERT(here.defined);
        const auto J = [&](double ln, double away) {
            return descent
                .look(samples, t + away, std::exp(std::log(theta) + ln), others, learned::both)
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

    void any_split_of_the_input_gives_the_same_bits()
    {
        for (const auto& s : ways())
            qa::for_every_type([&](auto zero) {
                using T = decltype(zero);
                const auto x = varied<T>(1003);
                const auto whole = run<T>(s, x);
                CPPUNIT_ASSERT(!whole.t.empty());
                for (std::size_t chunk : { 1, 7, 64, 500 })
                    CPPUNIT_ASSERT(whole == run<T>(s, x, chunk));
            });
    }

    void frames_are_those_of_the_transform()
    {
        for (const auto& s : ways())
            qa::for_every_type([&](auto zero) {
                using T = decltype(zero);
                const auto x = varied<T>(777);
                const auto out = run<T>(s, x);
                const auto f = s.filled();
                dstft<T> transform(f.n_fft, f.window, f.norm, f.share);
                const auto bins = transform.bins(), thetas = transform.thetas();
                CPPUNIT_ASSERT_EQUAL(out.t.size() * thetas, out.theta.size());
                exact_position at;
                for (std::size_t n = 0; n < out.t.size(); ++n) {
                    std::vector<double> theta(out.theta.begin() + n * thetas,
                                              out.theta.begin() + (n + 1) * thetas);
                    for (double one : theta)
                        CPPUNIT_ASSERT(one >= f.theta_min && one <= f.theta_max);
                    std::vector<std::complex<real_t<T>>> S(bins);
                    transform.analyse({ x.data(), 0, 777 }, out.t[n], theta.data(), S.data());
                    CPPUNIT_ASSERT(std::equal(S.begin(), S.end(), out.spectra.begin() + n * bins));
                    const auto there = at.rounded();
                    if (f.learn == learned::theta) {
                        CPPUNIT_ASSERT_EQUAL(there.sample, out.t[n].sample);
                        CPPUNIT_ASSERT_EQUAL(there.fraction, out.t[n].fraction);
                    }
                    at.move(f.alpha > 0 ? f.alpha * theta[0] : f.hop);
                }
                const auto next = at.rounded();
                if (f.alpha == 0)
                    CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(777 / f.hop) + 1, out.t.size());
                else
                    CPPUNIT_ASSERT(next.sample > 776);
            });
    }

    void a_frame_is_ready_after_the_latency()
    {
        for (const auto& s : ways()) {
            const auto x = varied<float>(700);
            adaptive_stft<float> learner(s);
            output<float> out;
            for (std::size_t i = 0; i < x.size(); ++i) {
                const auto centre = learner.centre();
                const bool due = learner.received() >= centre.sample + 1 + learner.latency();
                CPPUNIT_ASSERT(!due || learner.ready());
                const auto wanted = learner.wanted();
                CPPUNIT_ASSERT(learner.ready() ? wanted == 0 : wanted > 0);
                CPPUNIT_ASSERT(wanted <= learner.latency() + 70);
                take(learner, out);
                CPPUNIT_ASSERT_EQUAL(std::size_t(1), learner.push(&x[i], 1));
            }
        }
    }

    void silence_keeps_theta()
    {
        for (const auto& s : ways()) {
            auto x = varied<float>(350);
            x.resize(2000);
            const auto out = run<float>(s, x);
            const auto thetas = adaptive_stft<float>(s).thetas();
            // where no block of a frame holds a sample of the signal
            const auto frames = out.t.size();
            std::size_t first = 0;
            while (out.t[first].value() < 600)
                ++first;
            for (auto n = first; n < frames; ++n)
                for (std::size_t m = 0; m < thetas; ++m)
                    CPPUNIT_ASSERT_EQUAL(out.theta[first * thetas + m], out.theta[n * thetas + m]);
            const auto nothing = run<float>(s, std::vector<float>(500));
            for (float theta : nothing.theta)
                CPPUNIT_ASSERT_DOUBLES_EQUAL(s.filled().theta_init, theta, 1e-4);
        }
    }

    void samples_that_are_not_finite_do_not_reach_theta()
    {
        for (const auto& s : ways())
            for (float bad : { std::nanf(""), HUGE_VALF }) {
                auto x = varied<float>(1500);
                x[700] = bad;
                const auto out = run<float>(s, x);
                for (float theta : out.theta)
                    CPPUNIT_ASSERT(std::isfinite(theta));
                const auto none = run<float>(s, std::vector<float>(500, bad));
                for (float theta : none.theta)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(s.filled().theta_init, theta, 1e-4);
            }
        // what is learned from other frames goes on as if the spoilt ones were not there
        auto s = small();
        auto x = varied<double>(3000), y = x;
        y[100] = NAN;
        const auto clean = run<double>(s, x), spoilt = run<double>(s, y);
        for (std::size_t n = clean.t.size() / 2; n < clean.t.size(); ++n)
            CPPUNIT_ASSERT_DOUBLES_EQUAL(clean.theta[n], spoilt.theta[n], 0.05 * clean.theta[n]);
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
                bank.measure(p, x.data() + 150 + 30 * (p - 3));
                x[150 - 25] = kept;
            }
            bank.evaluate(3);
            CPPUNIT_ASSERT(bank.defined(0));
            return bank.J(0)[0];
        };
        CPPUNIT_ASSERT(J(false, 0.5) != J(false, 5));
        CPPUNIT_ASSERT_EQUAL(J(true, 0.5), J(true, 5));
    }

    void overflow_is_forgotten()
    {
        for (auto share : { sharing::constant, sharing::frame }) {
            std::vector<float> x;
            for (int i = 0; i < 3000; ++i)
                x.push_back(i < 100 ? 1e30F : std::cos(0.5F * static_cast<float>(i)));
            const auto out = run<float>(small(share), x);
            CPPUNIT_ASSERT(out.theta.front() < 30);
            CPPUNIT_ASSERT(out.theta[600] > 45);
        }
    }

    void the_level_does_not_matter()
    {
        for (const auto& s : ways()) {
            const auto x = varied<double>(900);
            auto loud = x, quiet = x;
            for (std::size_t i = 0; i < x.size(); ++i) {
                loud[i] *= std::ldexp(1, 60);
                quiet[i] *= std::ldexp(1, -60);
            }
            const auto out = run<double>(s, x);
            // powers of two change no rounding, but the logarithms of the entropies
            const double limit = s.criterion == adaptive_criterion::entropy ? 1e-3 : 0;
            const auto louder = run<double>(s, loud), quieter = run<double>(s, quiet);
            for (std::size_t i = 0; i < out.theta.size(); ++i) {
                CPPUNIT_ASSERT_DOUBLES_EQUAL(out.theta[i], louder.theta[i], limit + 1e-4);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(out.theta[i], quieter.theta[i], limit + 1e-4);
            }
        }
    }

    void clicks_are_short_and_tones_long()
    {
        std::vector<float> x;
        for (int i = 0; i < 4000; ++i)
            x.push_back(std::cos(0.5F * i));
        x.resize(8000);
        for (std::size_t i = 4500; i < 8000; i += 300)
            x[i] = 5;
        for (auto which :
             { adaptive_criterion::l1l2, adaptive_criterion::entropy, adaptive_criterion::renyi }) {
            auto s = small();
            s.n_fft = 256;
            s.criterion = which;
            const auto out = run<float>(s, x);
            for (std::size_t n = 20; n < 230; ++n)
                CPPUNIT_ASSERT(out.theta[n] > 200);
            for (std::size_t i = 4500; i < 7800; i += 300)
                CPPUNIT_ASSERT(out.theta[i / 16] < 50);
        }
    }

    void positions_stay_where_coverage_is_one()
    {
        auto s = small();
        s.learn = learned::both;
        s.rate = 1; // as far as they may go
        s.steps = 9;
        const auto out = run<float>(s, varied<float>(3000));
        double farthest = 0;
        for (std::size_t n = 0; n < out.t.size(); ++n) {
            const double away = out.t[n].value() - 4.0 * static_cast<double>(n);
            farthest = std::max(farthest, std::abs(away));
            CPPUNIT_ASSERT(std::abs(away) <= 2);
            if (n > 0) {
                const double gap = out.t[n].value() - out.t[n - 1].value();
                CPPUNIT_ASSERT(gap >= 0);
                CPPUNIT_ASSERT(gap <= 0.75 * (out.theta[n] + out.theta[n - 1]) / 2);
            }
        }
        CPPUNIT_ASSERT(farthest > 1.9);
    }

    void a_theta_that_is_set_comes_out_next()
    {
        for (const auto& s : ways()) {
            const auto out = run<float>(s, varied<float>(1000), 50, [](auto& learner) {
                if (learner.frame() == 40)
                    learner.set_theta({ 20.3 });
            });
            const auto thetas = adaptive_stft<float>(s).thetas();
            for (std::size_t m = 0; m < thetas; ++m)
                CPPUNIT_ASSERT_EQUAL(20.3F, out.theta[40 * thetas + m]);
        }
        auto positions = small();
        positions.learn = learned::t;
        const auto kept = run<float>(positions, varied<float>(1000), 50, [](auto& learner) {
            if (learner.frame() == 40)
                learner.set_theta({ 20.3 });
        });
        for (std::size_t n = 40; n < kept.theta.size(); ++n) // where theta is not learned
            CPPUNIT_ASSERT_EQUAL(20.3F, kept.theta[n]);
        auto s = small(sharing::cell);
        const auto each = run<float>(s, varied<float>(1000), 50, [](auto& learner) {
            std::vector<double> theta(learner.thetas(), 10);
            theta[3] = 33;
            if (learner.frame() == 40)
                learner.set_theta(theta);
        });
        CPPUNIT_ASSERT_EQUAL(10.0F, each.theta[40 * 33]);
        CPPUNIT_ASSERT_EQUAL(33.0F, each.theta[40 * 33 + 3]);
        adaptive_stft<float> learner(small());
        qa::assert_refused("theta: 65: must be in theta_min .. theta_max = 8 .. 64",
                           [&] { learner.set_theta({ 65 }); });
        qa::assert_refused("theta: nan: must be in theta_min .. theta_max = 8 .. 64",
                           [&] { learner.set_theta({ NAN }); });
        qa::assert_refused("theta: 2 values: must be one", [&] { learner.set_theta({ 9, 9 }); });
    }

    void frozen_theta_stays_and_learning_goes_on_from_it()
    {
        for (auto s : ways()) {
            if (s.freeze || s.alpha > 0)
                continue;
            const auto out = run<float>(s, varied<float>(1500), 50, [](auto& learner) {
                if (learner.frame() == 60)
                    learner.set_freeze(true);
                if (learner.frame() == 120)
                    learner.set_freeze(false);
            });
            const auto thetas = adaptive_stft<float>(s).thetas();
            bool moved = false;
            for (std::size_t n = 59; n < 120; ++n)
                for (std::size_t m = 0; m < thetas; ++m)
                    CPPUNIT_ASSERT_EQUAL(out.theta[59 * thetas + m], out.theta[n * thetas + m]);
            for (std::size_t n = 120; n < out.t.size(); ++n)
                for (std::size_t m = 0; m < thetas; ++m)
                    moved = moved || out.theta[59 * thetas + m] != out.theta[n * thetas + m];
            CPPUNIT_ASSERT_EQUAL(s.learn != learned::t, moved);
        }
    }

    void bounds_that_move_clip_theta()
    {
        for (const auto& s : ways()) {
            const auto out = run<float>(s, varied<float>(1000), 50, [](auto& learner) {
                if (learner.frame() == 40)
                    learner.set_bounds(12, 20);
            });
            const auto thetas = adaptive_stft<float>(s).thetas();
            for (auto i = 40 * thetas; i < out.theta.size(); ++i)
                CPPUNIT_ASSERT(out.theta[i] >= 12 && out.theta[i] <= 20);
        }
        adaptive_stft<float> learner(small());
        qa::assert_refused("theta_min: 30: must be below theta_max = 20",
                           [&] { learner.set_bounds(30, 20); });
        CPPUNIT_ASSERT_EQUAL(64.0, learner.settings().theta_max);
    }

    void a_retune_keeps_the_frame_and_the_theta()
    {
        for (const auto& s : ways()) {
            if (s.alpha > 0)
                continue;
            std::vector<float> x;
            for (int i = 0; i < 3000; ++i)
                x.push_back(std::cos(0.5F * i));
            const auto retune = [](auto& learner) {
                if (learner.frame() == 100 && learner.settings().hop != 7.5)
                    learner.set_hop(7.5);
            };
            const auto out = run<float>(s, x, 50, retune);
            CPPUNIT_ASSERT(out == run<float>(s, x, 1, retune));
            const double hop = s.filled().hop;
            for (std::size_t n = 0; n < out.t.size(); ++n) {
                const double place = std::min<double>(n, 100) * hop +
                                     std::max<double>(0, static_cast<double>(n) - 100) * 7.5;
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    place, out.t[n].value(), s.learn == learned::theta ? 1e-9 : 4);
            }
            if (s.share == sharing::frame && s.learn != learned::t && !s.freeze)
                for (std::size_t n = 98; n < 103; ++n)
                    CPPUNIT_ASSERT(out.theta[n] > 45);
        }
    }

    void a_reset_forgets_everything()
    {
        for (const auto& s : ways()) {
            if (s.alpha > 0 || s.hop != 0)
                continue;
            // what comes after the reset is that of a signal that begins there
            const auto x = varied<double>(1200);
            const auto out = run<double>(s, x, 50, [](auto& learner) {
                if (learner.frame() == 150)
                    learner.reset();
            });
            auto rest = x;
            std::fill_n(rest.begin(), 600 - 32 - 4, 0);
            const auto thetas = adaptive_stft<double>(s).thetas();
            adaptive_stft<double> fresh(s);
            const auto init = static_cast<float>(s.filled().theta_init);
            CPPUNIT_ASSERT(std::isfinite(out.theta[150 * thetas]) && init > 0);
            const auto alone = run<double>(s, rest, 50, [](auto& learner) {
                if (learner.frame() == 150)
                    learner.reset();
            });
            for (auto i = 150 * thetas; i < out.theta.size(); ++i)
                CPPUNIT_ASSERT_EQUAL(alone.theta[i], out.theta[i]);
        }
    }

    void lateness_drops_evaluations_and_never_frames()
    {
        const auto x = varied<float>(3000);
        auto s = small();
        s.n_fft = 256;
        s.hop = 8;
        const auto counted = [&](double limit, int calls) {
            auto settings = s;
            settings.load_limit = limit;
            adaptive_stft<float> learner(settings);
            for (int i = 0; i < calls; ++i)
                learner.late(true);
            output<float> out;
            learner.push(x.data(), x.size());
            learner.finish();
            take(learner, out);
            CPPUNIT_ASSERT_EQUAL(std::size_t(376), out.t.size());
            return learner.report();
        };
        const auto all = counted(1, 0), fewer = counted(1, 1), fewest = counted(1, 2),
                   unlimited = counted(0, 2);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), all.dropped);
        CPPUNIT_ASSERT_EQUAL(all.evaluations, fewer.evaluations + fewer.dropped);
        CPPUNIT_ASSERT_EQUAL(all.evaluations, fewest.evaluations + fewest.dropped);
        CPPUNIT_ASSERT(fewer.dropped > 0 && fewest.dropped > fewer.dropped);
        CPPUNIT_ASSERT_EQUAL(all.evaluations, unlimited.evaluations);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(376), all.frames);
        s.method = learning_method::gradient;
        s.whiten = 0;
        s.steps = 4;
        const auto steps = counted(1, 0), half = counted(1, 1), quarter = counted(1, 2);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(4 * 376), steps.evaluations);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(2 * 376), half.evaluations);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(376), quarter.evaluations);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(3 * 376), quarter.dropped);
        CPPUNIT_ASSERT(fewest.theta_least >= 16 && fewest.theta_greatest <= 256);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(all.theta_mean, fewest.theta_mean, 0.2 * all.theta_mean);
    }

    void loud_frames_leave_no_trace()
    {
        auto s = small();
        s.whiten = 0; // its envelope is meant to remember
        auto x = varied<float>(4000), y = x;
        for (std::size_t i = 0; i < 1000; ++i)
            y[i] *= 1e7F;
        const auto calm = run<float>(s, x), loud = run<float>(s, y);
        // from where the path has forgotten, too
        for (std::size_t n = 500; n < calm.t.size(); ++n)
            CPPUNIT_ASSERT_EQUAL(calm.theta[n], loud.theta[n]);
    }

    void far_frames_are_measured_like_near_ones()
    {
        const auto s = small().filled();
        const auto theta = grid_of<float>(s);
        const auto x = varied<float>(1000);
        candidate_bank<float> near(s, theta), far(s, theta);
        constexpr std::int64_t away = std::int64_t(1) << 53; // beyond, a double skips integers
        far.restart(away, true);
        for (std::int64_t p = 0; p < 60; ++p) {
            near.measure(p, x.data() + 100 + 4 * p);
            far.measure(away + p, x.data() + 100 + 4 * p);
            if (p < s.block)
                continue;
            near.evaluate(p - s.block);
            far.evaluate(away + p - s.block);
            for (std::size_t k = 0; k < theta.size(); ++k)
                CPPUNIT_ASSERT_EQUAL(near.J(0)[k], far.J(0)[k]);
        }
    }

    static void refused(const std::string& message,
                        const std::function<void(adaptive_settings&)>& edit)
    {
        auto s = small();
        edit(s);
        qa::assert_refused(message, [&] { adaptive_stft<float> learner(s); });
    }

    void what_cannot_work_is_refused()
    {
        refused("n_fft: 7: must be at least 8", [](auto& s) { s.n_fft = 7; });
        refused("hop: 0.5: must be at least 1 sample", [](auto& s) { s.hop = 0.5; });
        refused("hop: 32: must be below theta_max / 2 = 32: windows shorter than two hops miss "
                "what lies between two frames",
                [](auto& s) { s.hop = 32; });
        refused("hop: 8: must be at most theta_min / 2 = 6: the shortest window, missing what "
                "lies between two frames, would always win (invertible=False takes it)",
                [](auto& s) {
                    s.hop = 8;
                    s.theta_min = 12;
                });
        refused("theta_max: 65: must be above 4, and at most n_fft",
                [](auto& s) { s.theta_max = 65; });
        refused("theta_min: 3: must be at least 4 samples: shorter windows have no derivative",
                [](auto& s) { s.theta_min = 3; });
        refused("theta_min: 40: must be below theta_max = 30", [](auto& s) {
            s.theta_min = 40;
            s.theta_max = 30;
        });
        refused("theta_init: 70: must be in theta_min .. theta_max = 8 .. 64",
                [](auto& s) { s.theta_init = 70; });
        refused("theta_init: nan: must be in theta_min .. theta_max = 8 .. 64",
                [](auto& s) { s.theta_init = NAN; });
        refused("alpha: 0.6: must be at most 0.5: with window lengths that change, frames farther "
                "apart leave gaps (invertible=False takes it)",
                [](auto& s) { s.alpha = 0.6; });
        refused("alpha: 0.3: must be 0 where t is learned: it makes positions follow theta",
                [](auto& s) {
                    s.alpha = 0.3;
                    s.learn = learned::both;
                });
        refused("norm: l1: must be l2 where theta varies: others move the level with theta",
                [](auto& s) { s.norm = norm::l1; });
        refused("candidates: 1: must be in 2 .. 64", [](auto& s) { s.candidates = 1; });
        refused("bands: 3: must be in 1 .. 2, so that each has some bins of the shortest window's "
                "DFT",
                [](auto& s) {
                    s.bands = 3;
                    s.share = sharing::cell;
                });
        refused("share: bin: needs method bank, whose bands are where bins and cells start from",
                [](auto& s) {
                    s.share = sharing::bin;
                    s.method = learning_method::gradient;
                });
        refused("share: cell: must be constant or frame where t is learned", [](auto& s) {
            s.share = sharing::cell;
            s.learn = learned::both;
        });
        refused("order: 1: must be positive, at most 8, and not 1", [](auto& s) {
            s.criterion = adaptive_criterion::renyi;
            s.order = 1;
        });
        refused("block: -2: must be in 0 .. 65536 frames, or -1", [](auto& s) { s.block = -2; });
        refused("lag: 65537: must be in 0 .. 65536 frames, or -1", [](auto& s) { s.lag = 65537; });
        refused("lag: 60000: must not reach more than 2^26 samples: they are held until their "
                "frame is decided",
                [](auto& s) {
                    s.n_fft = 1 << 20;
                    s.lag = 60000;
                });
        refused("lag: 3: must be 0 for method gradient, which has no path", [](auto& s) {
            s.method = learning_method::gradient;
            s.lag = 3;
        });
        refused("smoothness: -1: must be in 0 .. 1e6", [](auto& s) { s.smoothness = -1; });
        refused("prior: inf: must be in 0 .. 1e6", [](auto& s) { s.prior = HUGE_VAL; });
        refused("whiten: -1: must be 0 (no whitening) or in 1e-9 .. 1e9",
                [](auto& s) { s.whiten = -1; });
        refused("steps: 0: must be 1 or more for method gradient, and where t is learned",
                [](auto& s) {
                    s.learn = learned::both;
                    s.steps = 0;
                });
        refused("steps: 2: must be 0 for share constant and bin, which pool all frames",
                [](auto& s) {
                    s.share = sharing::constant;
                    s.steps = 2;
                });
        refused("rate: 2: must be 0 (the default) or in 1e-6 .. 1", [](auto& s) { s.rate = 2; });
        refused("regularisation: -2: must be in 0 .. 1e6, or -1",
                [](auto& s) { s.regularisation = -2; });
        refused("load_limit: -1: must be in 0 .. 1e6", [](auto& s) { s.load_limit = -1; });
        qa::assert_refused("criterion: best: must be l1l2, entropy, renyi, kurtosis, "
                           "magnitude_entropy or frame_entropy",
                           [] { adaptive_criterion_named("best"); });
        qa::assert_refused("method: best: must be bank or gradient",
                           [] { learning_method_named("best"); });
        qa::assert_refused("learn: best: must be theta, t or both", [] { learned_named("best"); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_adaptive);
