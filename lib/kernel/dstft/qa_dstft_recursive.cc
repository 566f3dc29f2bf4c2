/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/dstft_support.h"
#include <cstring>
#include <numeric>

/* A window length per bin and frames close to each other: what the DSTFT then sums by letting samples enter and
 * leave is the plain sum, whatever came before. */
using namespace gr::stft::kernel;
using qa::plain_dstft;
using qa::value;
using qa::values;

namespace {

template <class T>
using complex_t = std::complex<real_t<T>>;
template <class T>
using spectrum_t = std::vector<complex_t<T>>;

//! Error relative to the largest value of a frame. Central differences of the oracle err by 1e-13.
template <class T>
constexpr double limit = std::is_same_v<real_t<T>, float> ? 1.5e-6 : 2e-13;
template <class T>
constexpr double slope_limit = std::is_same_v<real_t<T>, float> ? 5e-6 : 1e-12;

template <class T>
excerpt<T> whole(const std::vector<T>& x, std::int64_t begin = 0)
{
    return { x.data(), begin, begin + static_cast<std::int64_t>(x.size()) };
}

//! S, and dS/dtheta and dS/dt where wanted.
template <class T>
struct frame {
    spectrum_t<T> S, by_theta, by_t;

    bool operator==(const frame& other) const
    {
        const auto same = [](const spectrum_t<T>& a, const spectrum_t<T>& b) {
            return a.size() == b.size() &&
                   (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0);
        };
        return same(S, other.S) && same(by_theta, other.by_theta) && same(by_t, other.by_t);
    }
};

template <class T>
frame<T> analysed(dstft<T>& transform,
                  const excerpt<T>& x,
                  const position& t,
                  const std::vector<double>& theta,
                  bool derived)
{
    const auto bins = transform.bins();
    frame<T> f{ spectrum_t<T>(bins),
                spectrum_t<T>(derived ? bins : 0),
                spectrum_t<T>(derived ? bins : 0) };
    transform.analyse(x,
                      t,
                      theta.data(),
                      f.S.data(),
                      derived ? f.by_theta.data() : nullptr,
                      derived ? f.by_t.data() : nullptr);
    return f;
}

//! The frame by a transform that knows no other: the direct sum.
template <class T>
frame<T> alone(std::size_t n_fft,
               norm scale,
               const excerpt<T>& x,
               const position& t,
               const std::vector<double>& theta,
               bool derived)
{
    dstft<T> fresh(n_fft, "hann", scale, sharing::bin);
    return analysed(fresh, x, t, theta, derived);
}

//! Mostly long, some short, some of a length of their own.
std::vector<double> lengths(std::size_t bins, std::size_t n_fft)
{
    const auto N = static_cast<double>(n_fft);
    const double some[] = { N, 0.61 * N + 0.013, 0.83 * N, 0.97 * N + 0.007, 0.9 * N };
    std::vector<double> theta;
    for (std::size_t m = 0; m < bins; ++m)
        theta.push_back(m % 23 == 5   ? 0.3
                        : m % 37 == 9 ? 0.01
                        : m % 19 == 2 ? 9.25
                        : m % 16 == 8 ? 0.2 * N
                                      : some[m % 5]);
    return theta;
}

//! Positions at these steps, again and again.
std::vector<position>
positions(const position& from, const std::vector<double>& steps, std::size_t count)
{
    std::vector<position> t{ from };
    for (std::size_t n = 0; n + 1 < count; ++n)
        t.push_back(t.back() + steps[n % steps.size()]);
    return t;
}

struct pattern {
    std::vector<double> steps;
    std::size_t frames;
};

const std::vector<pattern> patterns{
    { { 1 }, 800 },
    { { 2 }, 400 },
    { { 0.37 }, 900 },
    { { 5.5 }, 160 },
    { { 0.25, 3, 1.75, 0.001, 60, 1, 2, 0.5, 4.4, 1, 0, 1, -3, 1.5, 1.5, 1.5, 1.5 }, 170 },
};

template <class T>
void assert_plain(const plain_dstft& plain,
                  const std::vector<T>& x,
                  const position& t,
                  const std::vector<double>& theta,
                  const frame<T>& actual,
                  const std::string& what)
{
    const auto in_double = qa::exactly(x);
    const auto expected = plain.analyse(in_double, 0, t, theta);
    qa::assert_near(expected, actual.S, limit<T>, what + ", S");
    if (actual.by_theta.empty())
        return;
    // times theta: of like size for all lengths
    const auto scaled = [&](auto row) {
        values all;
        for (std::size_t m = 0; m < theta.size(); ++m)
            all.push_back(value(row[m]) * theta[m]);
        return all;
    };
    qa::assert_near(scaled(plain.analyse(in_double, 0, t, theta, wrt::length)),
                    scaled(actual.by_theta),
                    slope_limit<T>,
                    what + ", dS/dtheta");
    qa::assert_near(scaled(plain.analyse(in_double, 0, t, theta, wrt::position)),
                    scaled(actual.by_t),
                    slope_limit<T>,
                    what + ", dS/dt");
}

template <class T>
void assert_frames_are_plain_sums(std::size_t n_fft, norm scale, const pattern& p)
{
    dstft<T> transform(n_fft, "hann", scale, sharing::bin);
    const plain_dstft plain(n_fft, "hann", scale);
    auto theta = lengths(transform.bins(), n_fft);
    if (scale == norm::dcunit &&
        p.steps[0] < 1) // else windows shorter than 2 keep all from running
        for (auto& length : theta)
            length = std::max(length, 2.0);
    const auto x = qa::noise<T>(n_fft + 150, 3);
    const auto t =
        positions({ -static_cast<std::int64_t>(n_fft) / 2 - 4, 0.125 }, p.steps, p.frames);
    for (std::size_t n = 0; n < t.size(); ++n) {
        const auto f = analysed(transform, whole(x), t[n], theta, true);
        const bool reaches = t[n].value() > -0.4 * static_cast<double>(n_fft) &&
                             t[n].value() < 150 + 1.4 * static_cast<double>(n_fft);
        if (n % 53 == 52 && reaches)
            assert_plain(plain,
                         x,
                         t[n],
                         theta,
                         f,
                         "n_fft " + std::to_string(n_fft) + ", steps of " +
                             std::to_string(p.steps[0]) + ", frame " + std::to_string(n));
    }
}

} // namespace

class qa_dstft_recursive : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_dstft_recursive);
    CPPUNIT_TEST(close_frames_run_and_distant_ones_do_not);
    CPPUNIT_TEST(frames_at_any_step_are_plain_sums);
    CPPUNIT_TEST(every_norm_is_a_plain_sum);
    CPPUNIT_TEST(lone_samples_at_an_edge_keep_their_digits);
    CPPUNIT_TEST(derivatives_come_and_go);
    CPPUNIT_TEST(the_samples_under_the_windows_are_enough);
    CPPUNIT_TEST(a_signal_analysed_again_gives_the_same);
    CPPUNIT_TEST(the_past_is_forgotten_after_n_fft_samples);
    CPPUNIT_TEST(far_positions_are_as_exact_as_near_ones);
    CPPUNIT_TEST(a_repeated_frame_is_the_same);
    CPPUNIT_TEST(changed_samples_and_lengths_are_seen);
    CPPUNIT_TEST(non_finite_samples_leave_no_trace);
    CPPUNIT_TEST(enormous_samples_leave_no_trace);
    CPPUNIT_TEST(what_dies_away_stays_exact);
    CPPUNIT_TEST(gradients_run_too);
    CPPUNIT_TEST(errors_do_not_grow);
    CPPUNIT_TEST(long_windows_are_as_exact_as_short_ones);
    CPPUNIT_TEST_SUITE_END();

    template <class T>
    static void assert_runs(double step, bool runs)
    {
        const std::size_t n_fft = 256;
        dstft<T> transform(n_fft, "hann", norm::l2, sharing::bin);
        const auto theta = lengths(transform.bins(), n_fft);
        const auto x = qa::noise<T>(2000);
        const auto t = positions({ 200, 0.25 }, { step }, 12);
        for (std::size_t n = 0; n < t.size(); ++n) {
            const qa::context in_n("n", n);
            const auto f = analysed(transform, whole(x), t[n], theta, true);
            const bool direct = f == alone(n_fft, norm::l2, whole(x), t[n], theta, true);
            // the first two frames show that frames are close
            CPPUNIT_ASSERT_EQUAL(!runs || n < 2, direct);
        }
    }

    void close_frames_run_and_distant_ones_do_not()
    {
        qa::for_every_type([](auto type) {
            for (double step : { 0.3, 1.0, 2.0 })
                assert_runs<decltype(type)>(step, true);
            for (double step : { 0.0, -1.0, 100.0, 128.5 })
                assert_runs<decltype(type)>(step, false);
        });
    }

    void frames_at_any_step_are_plain_sums()
    {
        for (const auto& p : patterns)
            for (std::size_t n_fft : { 128, 157 }) {
                assert_frames_are_plain_sums<double>(n_fft, norm::l2, p);
                assert_frames_are_plain_sums<std::complex<double>>(n_fft, norm::l2, p);
            }
        for (const auto& p : patterns) { // steps of 5.5 are small for long windows only
            const bool long_steps = p.steps[0] > 5;
            assert_frames_are_plain_sums<float>(long_steps ? 259 : 131, norm::l2, p);
            assert_frames_are_plain_sums<std::complex<float>>(long_steps ? 258 : 126, norm::l2, p);
        }
    }

    void every_norm_is_a_plain_sum()
    {
        for (const auto scale : qa::norms)
            for (const auto& p : { patterns[0], patterns[2] }) {
                assert_frames_are_plain_sums<double>(130, scale, p);
                assert_frames_are_plain_sums<std::complex<float>>(99, scale, p);
            }
    }

    void lone_samples_at_an_edge_keep_their_digits()
    {
        const std::size_t n_fft = 128;
        const auto x = qa::noise<double>(300);
        struct {
            norm scale;
            double theta, fraction;
        } const cases[] = { { norm::dcunit, 0.3, 0.1499 },
                            { norm::dcunit, 0.3, 0.8501 },
                            { norm::peak, least_theta, 1 - 2e-7 } };
        for (const auto& one : cases) {
            const qa::context in_one("one", one);
            dstft<double> transform(n_fft, "hann", one.scale, sharing::bin);
            const plain_dstft plain(n_fft, "hann", one.scale);
            std::vector<double> theta(transform.bins(), 100);
            theta[9] = one.theta;
            for (const auto& t : positions({ 100, one.fraction }, { 1 }, 20)) {
                const qa::context in_t("t", t);
                const auto f = analysed(transform, whole(x), t, theta, false);
                const auto expected = plain.analyse(qa::exactly(x), 0, t, theta);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(0, std::abs(expected[9] - f.S[9]), 1e-14);
            }
        }
    }

    void derivatives_come_and_go()
    {
        const std::size_t n_fft = 128;
        dstft<double> transform(n_fft, "hann", norm::l1, sharing::bin);
        const plain_dstft plain(n_fft, "hann", norm::l1);
        const auto theta = lengths(transform.bins(), n_fft);
        const auto x = qa::noise<double>(400);
        const auto t = positions({ 100, 0.5 }, { 1, 1.25 }, 90);
        for (std::size_t n = 0; n < t.size(); ++n) {
            const qa::context in_n("n", n);
            const auto f = analysed(transform, whole(x), t[n], theta, n / 7 % 3 == 1);
            if (n % 7 < 2)
                assert_plain(plain, x, t[n], theta, f, "frame " + std::to_string(n));
            if (n % 10 == 3) { // one alone
                spectrum_t<double> one(transform.bins()), two(transform.bins());
                transform.analyse(whole(x), t[n], theta.data(), nullptr, one.data());
                CPPUNIT_ASSERT(f.by_theta.empty() || f.by_theta == one);
                transform.analyse(whole(x), t[n], theta.data(), nullptr, nullptr, two.data());
                assert_plain(plain, x, t[n], theta, frame<double>{ f.S, one, two }, "one alone");
            }
        }
    }

    template <class T>
    static void assert_excerpts_are_enough(const pattern& p)
    {
        const std::size_t n_fft = 128;
        dstft<T> of_all(n_fft, "hann", norm::l2, sharing::bin),
            of_some(n_fft, "hann", norm::l2, sharing::bin);
        const auto theta = lengths(of_all.bins(), n_fft);
        const std::int64_t length = 500;
        const auto x = qa::noise<T>(500);
        for (const auto& t : positions({ -70, 0.25 }, p.steps, p.frames)) {
            const qa::context in_t("t", t);
            // |k - t| < n_fft / 2
            const auto begin = std::clamp<std::int64_t>(t.sample - 63, 0, length);
            const auto end =
                std::clamp<std::int64_t>(t.sample + 64 + (t.fraction > 0 ? 1 : 0), begin, length);
            const excerpt<T> some{ x.data() + begin, begin, end };
            CPPUNIT_ASSERT(analysed(of_all, whole(x), t, theta, true) ==
                           analysed(of_some, some, t, theta, true));
        }
    }

    void the_samples_under_the_windows_are_enough()
    {
        qa::for_every_type([](auto type) {
            for (const auto& p : patterns)
                assert_excerpts_are_enough<decltype(type)>(p);
        });
    }

    void a_signal_analysed_again_gives_the_same()
    {
        const std::size_t n_fft = 100;
        dstft<float> used(n_fft, "hann", norm::l2, sharing::bin);
        const auto theta = lengths(used.bins(), n_fft);
        const auto a = qa::noise<float>(300, 1), b = qa::noise<float>(300, 2);
        for (const auto& x : { a, a, b, a }) {
            const qa::context in_x("x", x);
            dstft<float> fresh(n_fft, "hann", norm::l2, sharing::bin);
            for (const auto& t : positions({ 0, 0 }, { 1 }, 300))
                CPPUNIT_ASSERT(analysed(fresh, whole(x), t, theta, false) ==
                               analysed(used, whole(x), t, theta, false));
        }
    }

    void the_past_is_forgotten_after_n_fft_samples()
    {
        const std::size_t n_fft = 120;
        dstft<double> early(n_fft, "hann", norm::l2, sharing::bin),
            late(n_fft, "hann", norm::l2, sharing::bin);
        const auto theta = lengths(early.bins(), n_fft);
        auto x = qa::noise<double>(700);
        x[150] = 1e5;
        const auto t = positions({ 0, 0 }, { 1.5, 2 }, 350);
        for (std::size_t n = 0; n < t.size(); ++n) {
            const qa::context in_n("n", n);
            const auto f = analysed(early, whole(x), t[n], theta, true);
            if (n >= 60) {
                const bool same = f == analysed(late, whole(x), t[n], theta, true);
                CPPUNIT_ASSERT(same || t[n].sample < t[62].sample + 120);
            }
        }
    }

    void far_positions_are_as_exact_as_near_ones()
    {
        const std::size_t n_fft = 90;
        const auto x = qa::noise<double>(300);
        for (const std::int64_t away : { 900000000000000000, -900000000000000000 }) {
            const qa::context in_away("away", away);
            dstft<double> near(n_fft, "hann", norm::l2, sharing::bin),
                far(n_fft, "hann", norm::l2, sharing::bin);
            const auto theta = lengths(near.bins(), n_fft);
            for (const auto& t : positions({ 20, 0.5 }, { 1.25 }, 200))
                CPPUNIT_ASSERT(
                    analysed(near, whole(x), t, theta, true) ==
                    analysed(far, whole(x, away), { t.sample + away, t.fraction }, theta, true));
        }
    }

    void a_repeated_frame_is_the_same()
    {
        const std::size_t n_fft = 128;
        dstft<double> once(n_fft, "hann", norm::l2, sharing::bin),
            often(n_fft, "hann", norm::l2, sharing::bin);
        const auto theta = lengths(once.bins(), n_fft);
        auto x = qa::noise<double>(500);
        x[200] = 1e9;
        for (const auto& t : positions({ 100, 0 }, { 1.5, 1, 1, 40, 0.5 }, 150)) {
            const qa::context in_t("t", t);
            const auto f = analysed(once, whole(x), t, theta, true);
            for (int i = 0; i < 3; ++i)
                CPPUNIT_ASSERT(f == analysed(often, whole(x), t, theta, true));
        }
    }

    void changed_samples_and_lengths_are_seen()
    {
        const std::size_t n_fft = 128;
        dstft<double> transform(n_fft, "hann", norm::peak, sharing::bin);
        const plain_dstft plain(n_fft, "hann", norm::peak);
        auto theta = lengths(transform.bins(), n_fft);
        theta[9] = least_theta;
        auto x = qa::noise<double>(400);
        const auto t = positions({ 120, 0 }, { 1 }, 120);
        const auto again = [&](std::size_t n) {
            return alone(n_fft, norm::peak, whole(x), t[n], theta, false);
        };
        for (std::size_t n = 0; n < t.size(); ++n) {
            const qa::context in_n("n", n);
            const auto k = static_cast<std::size_t>(t[n].sample);
            if (n % 12 == 4)
                x[k - 63] += 1; // the first under the new window
            if (n % 12 == 8)
                x[k + 62] += 1; // the last under the old one
            if (n % 24 == 11)
                theta[7] *= 0.99;
            const auto f = analysed(transform, whole(x), t[n], theta, false);
            assert_plain(plain, x, t[n], theta, f, "frame " + std::to_string(n));
            CPPUNIT_ASSERT_EQUAL(
                n < 2 || n % 12 == 4 || n % 12 == 8 || n % 24 == 11 || n % 24 == 12, f == again(n));
            // samples that no window holds
            x[k - 64] += 1;
            x[k + 66] += 1;
        }
        // another signal at the same position
        x[238] += 1;
        CPPUNIT_ASSERT(analysed(transform, whole(x), t[119], theta, false) == again(119));
        // samples that are no longer there
        analysed(transform, whole(x), t[118], theta, false);
        analysed(transform, whole(x), t[118] + 0.5, theta, false);
        const excerpt<double> half{ x.data(), 0, 240 };
        x.resize(240);
        assert_plain(plain, x, t[119], theta, analysed(transform, half, t[119], theta, false), "");
    }

    template <class T>
    static void assert_bad_leaves(real_t<T> bad)
    {
        const std::size_t n_fft = 128;
        dstft<T> transform(n_fft, "hann", norm::l2, sharing::bin);
        const plain_dstft plain(n_fft, "hann", norm::l2);
        const auto theta = lengths(transform.bins(), n_fft);
        auto x = qa::noise<T>(500);
        auto without = x;
        x[250] = T(bad);
        without[250] = 0;
        for (const auto& t : positions({ 150, 0 }, { 1 }, 200)) {
            const qa::context in_t("t", t);
            const auto f = analysed(transform, whole(x), t, theta, true);
            if (std::abs(t.sample - 250) < 64)
                CPPUNIT_ASSERT(f == alone(n_fft, norm::l2, whole(x), t, theta, true));
            else if (t.sample % 5 == 0)
                assert_plain(plain, without, t, theta, f, std::to_string(t.sample));
        }
    }

    void non_finite_samples_leave_no_trace()
    {
        assert_bad_leaves<double>(INFINITY);
        assert_bad_leaves<double>(1e300); // whose moments would be infinite
        assert_bad_leaves<float>(NAN);
        assert_bad_leaves<std::complex<double>>(NAN);
    }

    template <class T>
    static void assert_enormous_leaves(real_t<T> enormous)
    {
        const std::size_t n_fft = 128;
        dstft<T> transform(n_fft, "hann", norm::peak, sharing::bin);
        const plain_dstft plain(n_fft, "hann", norm::peak);
        const auto theta = lengths(transform.bins(), n_fft);
        auto x = qa::noise<T>(500);
        x[250] = T(enormous);
        const auto in_double = qa::exactly(x);
        for (const auto& t : positions({ 150, 0 }, { 1 }, 200)) {
            const qa::context in_t("t", t);
            const auto f = analysed(transform, whole(x), t, theta, true);
            if (t.sample % 4)
                continue;
            const auto expected = plain.analyse(in_double, 0, t, theta);
            for (std::size_t m = 0; m < theta.size(); ++m) {
                const qa::context in_m("m", m);
                const bool holds = std::abs(t.value() - 250) < theta[m] / 2;
                const double size =
                    holds ? static_cast<double>(enormous) : std::sqrt(std::max(theta[m], 1.0));
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    0, std::abs(expected[m] - value(f.S[m])), limit<T> * size);
            }
        }
    }

    void enormous_samples_leave_no_trace()
    {
        assert_enormous_leaves<float>(1e30f);
        assert_enormous_leaves<double>(1e18);
        assert_enormous_leaves<std::complex<double>>(1e7);
    }

    void what_dies_away_stays_exact()
    {
        const std::size_t n_fft = 128;
        dstft<double> transform(n_fft, "hann", norm::l2, sharing::bin);
        const plain_dstft plain(n_fft, "hann", norm::l2);
        const auto theta = lengths(transform.bins(), n_fft);
        auto x = qa::noise<double>(1200);
        for (std::size_t k = 0; k < x.size(); ++k)
            x[k] *= std::exp(-0.1 * static_cast<double>(k)); // to 1e-52
        for (const auto& t : positions({ 0, 0 }, { 1 }, 1100)) {
            const auto f = analysed(transform, whole(x), t, theta, true);
            if (t.sample % 41 == 0)
                assert_plain(plain, x, t, theta, f, std::to_string(t.sample));
        }
    }

    void gradients_run_too()
    {
        const std::size_t n_fft = 128;
        dstft<double> transform(n_fft, "hann", norm::l1, sharing::bin);
        const plain_dstft plain(n_fft, "hann", norm::l1);
        const auto theta = lengths(transform.bins(), n_fft);
        const auto x = qa::noise<double>(500);
        const auto G = qa::noise<std::complex<double>>(transform.bins(), 4);
        for (const auto& t : positions({ 100, 0 }, { 1.5 }, 80)) {
            const qa::context in_t("t", t);
            std::vector<double> theta_gradient(theta.size());
            double t_gradient = 0;
            transform.pull_back(
                whole(x), t, theta.data(), G.data(), theta_gradient.data(), &t_gradient, nullptr);
            if (t.sample % 9)
                continue;
            const auto by_theta = plain.analyse(qa::exactly(x), 0, t, theta, wrt::length),
                       by_t = plain.analyse(qa::exactly(x), 0, t, theta, wrt::position);
            values expected;
            double expected_t = 0, size = 0;
            for (std::size_t m = 0; m < theta.size(); ++m) {
                expected.push_back(std::real(std::conj(G[m]) * by_theta[m]) * theta[m]);
                theta_gradient[m] *= theta[m];
                expected_t += std::real(std::conj(G[m]) * by_t[m]);
                size += std::abs(G[m] * by_t[m]);
            }
            qa::assert_near(expected, theta_gradient, slope_limit<double>, "dL/dtheta");
            CPPUNIT_ASSERT_DOUBLES_EQUAL(expected_t, t_gradient, slope_limit<double> * size);
        }
    }

    void errors_do_not_grow()
    {
        const std::size_t n_fft = 64;
        dstft<double> transform(n_fft, "hann", norm::l2, sharing::bin);
        const plain_dstft plain(n_fft, "hann", norm::l2);
        const std::vector<double> theta(transform.bins(), 47.3);
        auto x = qa::noise<double>(100100);
        for (auto& sample : x)
            sample += 1; // which lets errors of one sign add up
        const std::int64_t first = 99900;
        const values last(x.begin() + first, x.end());
        for (const auto& t : positions({ 32, 0 }, { 1 }, 100000)) {
            const auto f = analysed(transform, whole(x), t, theta, true);
            if (t.sample < first + 40)
                continue;
            qa::assert_near(plain.analyse(last, first, t, theta), f.S, 2e-15, "S");
            qa::assert_near(
                plain.analyse(last, first, t, theta, wrt::length), f.by_theta, 1e-13, "dS/dtheta");
        }
    }

    void long_windows_are_as_exact_as_short_ones()
    {
        const std::size_t n_fft = 4096;
        dstft<double> transform(n_fft, "hann", norm::l2, sharing::bin);
        const plain_dstft plain(n_fft, "hann", norm::l2);
        const std::vector<double> theta(transform.bins(), 4000.3);
        const auto x = qa::noise<double>(10000);
        for (const auto& t : positions({ 3000, 0 }, { 1 }, 4096))
            if (const auto f = analysed(transform, whole(x), t, theta, false); t.sample == 7095)
                qa::assert_near(plain.analyse(qa::exactly(x), 0, t, theta), f.S, 2e-14, "S");
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_dstft_recursive);
