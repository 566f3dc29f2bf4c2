/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/frames/dual.h>

using namespace gr::stft::kernel;
using qa::value;
using qa::values;

namespace {

struct pair {
    values taps;
    std::size_t hop;

    std::string text() const
    {
        return std::to_string(taps.size()) + " taps, hop " + std::to_string(hop);
    }
};

//! Windows and hops with a dual: real and complex, odd, even, prime, hops that do not divide.
std::vector<pair> invertible()
{
    std::vector<pair> pairs;
    for (std::size_t length : { 1, 2, 3, 5, 8, 12, 17, 31 })
        for (std::size_t hop : { 1, 2, 3, 4, 5, 7, 12, 31 }) {
            if (hop > length)
                continue;
            pairs.push_back({ window("hamming").sample(length), hop });
            pairs.push_back({ qa::exactly(qa::noise<value>(length, 3)), hop });
        }
    return pairs;
}

//! sum_i conj(w[r + i hop]) d[r + i hop] is 1 for every r.
void assert_dual(const pair& w, const values& dual, double tolerance = 1e-12)
{
    CPPUNIT_ASSERT_EQUAL(w.taps.size(), dual.size());
    for (std::size_t r = 0; r < w.hop; ++r) {
        value sum = 0;
        for (auto m = r; m < dual.size(); m += w.hop)
            sum += std::conj(w.taps[m]) * dual[m];
        CPPUNIT_ASSERT_MESSAGE(w.text(), std::abs(sum - 1.0) < tolerance);
    }
}

/*!
 * The window nearest to desired among those with the sums above, by Lagrange's equations:
 * d - sum_r l_r w_r = desired and w_r^H d = 1, w_r being the window where m mod hop = r.
 */
values nearest(const pair& w, const values& desired)
{
    const auto length = w.taps.size(), n = length + w.hop;
    std::vector<values> matrix(n, values(n));
    auto right = desired;
    right.resize(n, 1);
    for (std::size_t m = 0; m < length; ++m) {
        matrix[m][m] = 1;
        matrix[m][length + m % w.hop] = -w.taps[m];
        matrix[length + m % w.hop][m] = std::conj(w.taps[m]);
    }
    auto dual = qa::solved(matrix, right);
    dual.resize(length);
    return dual;
}

double distance(const values& a, const values& b, value factor)
{
    double sum = 0;
    for (std::size_t m = 0; m < a.size(); ++m)
        sum += std::norm(a[m] - factor * b[m]);
    return sum;
}

} // namespace

class qa_dual : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_dual);
    CPPUNIT_TEST(steady_coverage_is_the_sum_over_many_frames);
    CPPUNIT_TEST(canonical_dual_is_the_dual_of_least_energy);
    CPPUNIT_TEST(tight_window_is_its_own_dual_and_the_nearest_such_one);
    CPPUNIT_TEST(closest_dual_is_the_nearest_one);
    CPPUNIT_TEST(scaled_closest_dual_is_nearest_to_any_multiple);
    CPPUNIT_TEST(desired_window_defaults_to_ones);
    CPPUNIT_TEST(a_dual_is_its_own_closest_one);
    CPPUNIT_TEST(conditioning_of_known_windows);
    CPPUNIT_TEST(known_windows_overlap_to_a_constant);
    CPPUNIT_TEST(nola_compares_the_least_with_the_largest_coverage);
    CPPUNIT_TEST(hops_beyond_the_window_are_neither);
    CPPUNIT_TEST(what_has_no_dual_is_refused);
    CPPUNIT_TEST_SUITE_END();

    void steady_coverage_is_the_sum_over_many_frames()
    {
        for (const auto& w : invertible()) {
            const qa::context in_w("w", w);
            const auto length = w.taps.size();
            const auto starts = qa::regular(-static_cast<std::int64_t>(40 * w.hop), w.hop, 80);
            const auto sums = qa::overlapped(w.taps, w.taps, starts, length);
            const auto coverage = steady_coverage(w.taps, w.hop, w.hop);
            CPPUNIT_ASSERT_EQUAL(w.hop, coverage.size());
            for (std::size_t r = 0; r < w.hop; ++r) {
                const qa::context in_r("r", r);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(sums[r].real(), coverage[r], 1e-12);
            }
        }
        CPPUNIT_ASSERT(steady_coverage({ 1, 2, 3 }, 2, 5) == (std::vector<double>{ 1, 4 }));
    }

    void canonical_dual_is_the_dual_of_least_energy()
    {
        for (const auto& w : invertible()) {
            const auto dual = dual_window(w.taps, w.hop);
            assert_dual(w, dual);
            // the canonical dual is the dual nearest to 0
            qa::assert_near(nearest(w, values(w.taps.size())), dual, 1e-12, w.text());
        }
    }

    void tight_window_is_its_own_dual_and_the_nearest_such_one()
    {
        for (const auto& w : invertible()) {
            const auto tight = tight_window(w.taps, w.hop);
            assert_dual({ tight, w.hop }, tight);
            const double here = distance(w.taps, tight, 1);
            // other tight windows multiply each residue's taps by a unitary matrix: a phase, or a
            // rotation of two taps
            for (std::size_t m = 0; m < tight.size(); ++m) {
                auto other = tight;
                other[m] *= std::polar(1.0, 0.02);
                CPPUNIT_ASSERT_MESSAGE(w.text(), distance(w.taps, other, 1) >= here - 1e-12);
                if (m < w.hop)
                    continue;
                other = tight;
                const double c = std::cos(0.02), s = std::sin(0.02);
                other[m] = c * tight[m] + s * tight[m - w.hop];
                other[m - w.hop] = c * tight[m - w.hop] - s * tight[m];
                assert_dual({ other, w.hop }, other);
                CPPUNIT_ASSERT_MESSAGE(w.text(), distance(w.taps, other, 1) >= here - 1e-12);
            }
        }
    }

    void closest_dual_is_the_nearest_one()
    {
        for (const auto& w : invertible()) {
            const qa::context in_w("w", w);
            const auto desired = qa::exactly(qa::noise<value>(w.taps.size(), 8));
            value alpha = 7;
            const auto dual = closest_dual_window(w.taps, w.hop, desired, false, &alpha);
            assert_dual(w, dual);
            qa::assert_near(nearest(w, desired), dual, 1e-12, w.text());
            CPPUNIT_ASSERT_EQUAL(value(1), alpha);
        }
    }

    void scaled_closest_dual_is_nearest_to_any_multiple()
    {
        for (const auto& w : invertible()) {
            const auto desired = qa::exactly(qa::noise<value>(w.taps.size(), 8));
            value alpha;
            const auto dual = closest_dual_window(w.taps, w.hop, desired, true, &alpha);
            assert_dual(w, dual, 1e-11);
            auto multiple = desired;
            for (auto& v : multiple)
                v *= alpha;
            qa::assert_near(nearest(w, multiple), dual, 1e-11, w.text());
            // the distance is a parabola over the plane of alpha, whose bottom this is
            const double here = distance(dual, desired, alpha);
            for (value step : { value(0.01), value(-0.01), value(0, 0.01), value(0, -0.01) }) {
                auto other = desired;
                for (auto& v : other)
                    v *= alpha + step;
                const double there = distance(nearest(w, other), desired, alpha + step);
                CPPUNIT_ASSERT_MESSAGE(w.text(), there >= here - 1e-11 * (1 + here));
            }
        }
    }

    void desired_window_defaults_to_ones()
    {
        for (const auto& w : invertible()) {
            const qa::context in_w("w", w);
            for (bool scaled : { false, true }) {
                const qa::context in_scaled("scaled", scaled);
                CPPUNIT_ASSERT(
                    closest_dual_window(w.taps, w.hop, {}, scaled) ==
                    closest_dual_window(w.taps, w.hop, values(w.taps.size(), 1), scaled));
            }
        }
        // Hann at a quarter overlaps to 2: the constant is a dual up to scale
        value alpha;
        const auto ones = closest_dual_window(window("hann").sample(16), 4, {}, true, &alpha);
        CPPUNIT_ASSERT(std::abs(alpha - 0.5) < 1e-14);
        qa::assert_near(values(16, 0.5), ones, 1e-14, "Hann");
    }

    void a_dual_is_its_own_closest_one()
    {
        for (const auto& w : invertible()) {
            const auto some = closest_dual_window(
                w.taps, w.hop, qa::exactly(qa::noise<value>(w.taps.size())), false);
            qa::assert_near(some, closest_dual_window(w.taps, w.hop, some, false), 1e-12, w.text());
        }
    }

    //! max D / min D for 48 periodic samples
    void conditioning_of_known_windows()
    {
        const struct {
            const char* name;
            double half, two_thirds, three_quarters, five_sixths, half_of_the_last_digit;
        } table[]{
            { "boxcar", 1, 1, 1, 1, 1e-12 },
            { "bartlett", 2, 1.375, 1.2, 1.09, 5e-3 },
            { "hann", 2, 1, 1, 1, 1e-12 },
            { "hamming", 1.73, 1, 1, 1, 5e-3 },
            { "blackman", 4.33, 1.3, 1.02, 1, 5e-3 },
            { "blackmanharris", 10.6, 1.86, 1.13, 1, 5e-2 },
            { "flattop", 190, 12.8, 2.54, 1.06, 0.5 },
        };
        const auto ratio = [](const values& taps, std::size_t hop) {
            const auto coverage = steady_coverage(taps, hop, hop);
            const auto [least, most] = std::minmax_element(coverage.begin(), coverage.end());
            return *most / *least;
        };
        for (const auto& row : table) {
            const qa::context in_row("row", row);
            const auto taps = window(row.name).sample(48);
            const double tolerance = row.half_of_the_last_digit;
            CPPUNIT_ASSERT_DOUBLES_EQUAL(row.half, ratio(taps, 24), tolerance);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                row.two_thirds, ratio(taps, 16), std::min(tolerance, 5e-2));
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                row.three_quarters, ratio(taps, 12), std::min(tolerance, 5e-3));
            CPPUNIT_ASSERT_DOUBLES_EQUAL(
                row.five_sixths, ratio(taps, 8), std::min(tolerance, 5e-3));
        }
        for (std::size_t hop : { 24, 16, 12, 8 }) {
            const qa::context in_hop("hop", hop);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(1, ratio(window("cosine").sample(48, true), hop), 1e-12);
        }
        CPPUNIT_ASSERT_DOUBLES_EQUAL(156, ratio(window("hamming").sample(48), 48), 0.5);
    }

    void known_windows_overlap_to_a_constant()
    {
        const struct {
            const char* name;
            bool half, two_thirds, three_quarters, five_sixths;
        } table[]{
            { "boxcar", true, true, true, true },
            { "bartlett", true, false, true, true },
            { "hann", true, true, true, true },
            { "hamming", true, true, true, true },
            { "blackman", false, true, true, true },
            { "blackmanharris", false, false, true, true },
            { "flattop", false, false, false, true },
            { "cosine", false, false, false, false },
        };
        for (const auto& row : table) {
            const auto taps = window(row.name).sample(48);
            const std::string name = row.name;
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, row.half, check_cola(taps, 24, 1e-10));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, row.two_thirds, check_cola(taps, 16, 1e-10));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, row.three_quarters, check_cola(taps, 12, 1e-10));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, row.five_sixths, check_cola(taps, 8, 1e-10));
        }
        CPPUNIT_ASSERT(!check_cola(window("hann").sample(48), 17, 1e-10)); // does not divide
        CPPUNIT_ASSERT(check_cola(window("hann").sample(48), 17, 0.1));
        const value a(1, 2), b(0, 1), c(0, 3);
        CPPUNIT_ASSERT(check_cola({ a, c, b, 1 }, 2, 1e-10)); // 1 + 3j twice
        CPPUNIT_ASSERT(!check_cola({ a, c, b, -1 }, 2, 1e-10));
        CPPUNIT_ASSERT(!check_cola({ 1, 1, -1, -1 }, 2, 1e-10)); // a constant, but 0
    }

    void nola_compares_the_least_with_the_largest_coverage()
    {
        for (double scale : { 1e-100, 1.0, 1e100 }) {
            const qa::context in_scale("scale", scale);
            const values taps{ scale, 0.01 * scale }; // D is 1 and 1e-4
            CPPUNIT_ASSERT(check_nola(taps, 2, 0.99e-4));
            CPPUNIT_ASSERT(!check_nola(taps, 2, 1.01e-4));
            CPPUNIT_ASSERT(check_nola(taps, 1, 0.99));
        }
        for (const char* name : { "hann", "bartlett", "blackman" }) {
            const qa::context in_name("name", name);
            CPPUNIT_ASSERT(!check_nola(window(name).sample(16), 16, 1e-10));
            CPPUNIT_ASSERT(check_nola(window(name).sample(16), 15, 1e-10));
        }
    }

    void hops_beyond_the_window_are_neither()
    {
        CPPUNIT_ASSERT(check_nola({ 1, 1, 1, 1 }, 4, 1e-10));
        CPPUNIT_ASSERT(check_cola({ 1, 1, 1, 1 }, 4, 1e-10));
        CPPUNIT_ASSERT(!check_nola({ 1, 1, 1, 1 }, 5, 1e-10));
        CPPUNIT_ASSERT(!check_cola({ 1, 1, 1, 1 }, 5, 1e-10));
    }

    void what_has_no_dual_is_refused()
    {
        const auto hann = window("hann").sample(16);
        const std::string no_dual =
            ": leaves samples uncovered by the window of 16 taps, which has no dual (NOLA)";
        qa::assert_refused("hop: 16" + no_dual, [&] { dual_window(hann, 16); });
        qa::assert_refused("hop: 17" + no_dual, [&] { closest_dual_window(hann, 17, {}, true); });
        qa::assert_refused("desired: 15 taps: must have as many as the window, 16",
                           [&] { closest_dual_window(hann, 4, values(15, 1), true); });
        // at hop 1 a window's duals have no part in what is orthogonal to it
        const values flat(4, 1), odd{ 1, -1, 1, -1 };
        qa::assert_refused("desired: this window: is orthogonal to every dual; give scaled=False",
                           [&] { closest_dual_window(flat, 1, odd, true); });
        qa::assert_refused("accepted", [&] { closest_dual_window(flat, 1, odd, false); });
        values sine; // orthogonal but for rounding
        for (int m = 0; m < 16; ++m)
            sine.push_back(std::sin(2 * M_PI * m / 16));
        qa::assert_refused("desired: this window: is orthogonal to every dual; give scaled=False",
                           [&] { closest_dual_window(hann, 1, sine, true); });
        qa::assert_refused(
            "hop: 2: leaves samples uncovered by the window of 2 taps, which has no dual (NOLA)",
            [&] {
                tight_window({ 1, 1e-3 }, 2, 1e-5);
            });
        qa::assert_refused("accepted", [&] { dual_window({ 1, 1e-6 }, 2, 1e-13); });
        for (const auto& action :
             std::vector<std::function<void()>>{ [&] { dual_window(hann, 0); },
                                                 [&] { steady_coverage(hann, 1, 0); },
                                                 [&] { check_cola(hann, 0, 0); },
                                                 [&] { check_nola(hann, 0, 0); } })
            qa::assert_refused("hop: 0: must be 1 or more", action);
        qa::assert_refused("window: 0 taps: must have one or more", [] { dual_window({}, 1); });
        const values broken{ 1, NAN, 1, 1 }, endless{ 1, 1, { 1, HUGE_VAL }, 1 };
        qa::assert_refused("window: tap 1: must be finite", [&] { dual_window(broken, 2); });
        qa::assert_refused("window: tap 2: must be finite", [&] { tight_window(endless, 2); });
        qa::assert_refused("window: tap 1: must be finite",
                           [&] { closest_dual_window(broken, 2, {}, true); });
        qa::assert_refused("desired: tap 1: must be finite",
                           [&] { closest_dual_window(flat, 2, broken, true); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_dual);
