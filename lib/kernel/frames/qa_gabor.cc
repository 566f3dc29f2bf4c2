/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/frames/gabor.h>
#include <numeric>

using namespace gr::stft::kernel;
using qa::value;
using qa::values;

namespace {

struct frame {
    values taps;
    std::size_t hop, n_fft;

    std::string text() const
    {
        return std::to_string(taps.size()) + " taps, hop " + std::to_string(hop) + ", n_fft " +
               std::to_string(n_fft);
    }
};

//! Windows longer than n_fft: real and complex, hops that divide n_fft or have nothing in common with it.
std::vector<frame> long_windows()
{
    std::vector<frame> all;
    const auto hann = [](std::size_t length) { return window("hann").sample(length); };
    all.push_back({ hann(16), 2, 8 });
    all.push_back({ hann(15), 3, 8 });
    all.push_back({ hann(20), 5, 12 });
    all.push_back({ hann(25), 6, 16 });
    all.push_back({ hann(24), 4, 15 });
    all.push_back({ window("blackman").sample(33), 4, 12 });
    const auto decaying = [](std::size_t length, unsigned seed) {
        auto taps = qa::exactly(qa::noise<value>(length, seed));
        for (std::size_t m = 0; m < length; ++m) // well conditioned, and without symmetry
            taps[m] *= std::exp(-0.5 * static_cast<double>(m));
        return taps;
    };
    for (std::size_t hop : { 1, 2, 3, 4 })
        for (std::size_t length : { 9, 14, 21 })
            all.push_back({ decaying(length, static_cast<unsigned>(length + hop)), hop, 8 });
    all.push_back({ decaying(70, 3), 1, 2 }); // 35 samples in a chain, one row in its matrix
    return all;
}

//! sum_p w[n - p hop] conj(w[n' - p hop]) where n - n' is a multiple of n_fft, else 0: S / n_fft.
value element(const frame& f, std::int64_t n, std::int64_t other)
{
    value sum = 0;
    if ((n - other) % static_cast<std::int64_t>(f.n_fft) != 0)
        return sum;
    const auto length = static_cast<std::int64_t>(f.taps.size()),
               hop = static_cast<std::int64_t>(f.hop);
    for (auto m = (n % hop + hop) % hop; m < length; m += hop)
        if (const auto o = m - n + other; o >= 0 && o < length)
            sum += f.taps[static_cast<std::size_t>(m)] *
                   std::conj(f.taps[static_cast<std::size_t>(o)]);
    return sum;
}

//! S x / n_fft for x that begins at sample -side; what lies beyond x is left out.
values applied(const frame& f, const values& x, std::int64_t side)
{
    values y(x.size());
    const auto size = static_cast<std::int64_t>(x.size()),
               n_fft = static_cast<std::int64_t>(f.n_fft),
               steps = static_cast<std::int64_t>(f.taps.size()) / n_fft + 1;
    for (std::int64_t i = 0; i < size; ++i)
        for (auto j = -steps; j <= steps; ++j)
            if (const auto o = i + j * n_fft; o >= 0 && o < size)
                y[static_cast<std::size_t>(i)] +=
                    element(f, i - side, o - side) * x[static_cast<std::size_t>(o)];
    return y;
}

//! S / n_fft on signals of this period.
std::vector<values> periodic(const frame& f, std::size_t period)
{
    std::vector<values> matrix(period, values(period));
    const auto size = static_cast<std::int64_t>(period),
               steps = static_cast<std::int64_t>(f.taps.size() / f.n_fft) + 1;
    for (std::int64_t n = 0; n < size; ++n)
        for (auto j = -steps; j <= steps; ++j) {
            const auto other = n + j * static_cast<std::int64_t>(f.n_fft);
            matrix[static_cast<std::size_t>(n)]
                  [static_cast<std::size_t>((other % size + size) % size)] += element(f, n, other);
        }
    return matrix;
}

//! True if sign matrix + shift has positive pivots only.
bool positive(std::vector<values> matrix, double sign, double shift)
{
    const auto n = matrix.size();
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < n; ++k)
            matrix[i][k] = sign * matrix[i][k] + (i == k ? shift : 0);
    for (std::size_t c = 0; c < n; ++c) {
        if (!(matrix[c][c].real() > 0))
            return false;
        for (std::size_t r = c + 1; r < n; ++r) {
            const auto factor = matrix[r][c] / matrix[c][c];
            if (factor == 0.0)
                continue;
            for (std::size_t k = c; k < n; ++k)
                matrix[r][k] -= factor * matrix[c][k];
        }
    }
    return true;
}

//! (S / n_fft)^-power w by the binomial series of (1 - (1 - S / B))^-power, from `side` samples before the window on.
values by_series(const frame& f, double upper, double power, std::size_t side)
{
    values term(f.taps.size() + 2 * side);
    std::copy(f.taps.begin(), f.taps.end(), term.begin() + static_cast<std::ptrdiff_t>(side));
    const double scale = upper / static_cast<double>(f.n_fft);
    auto sum = term;
    for (int k = 1; k < 1500; ++k) {
        const auto image = applied(f, term, static_cast<std::int64_t>(side));
        double largest = 0;
        for (std::size_t n = 0; n < term.size(); ++n) {
            term[n] = (power + k - 1) / k * (term[n] - image[n] / scale);
            sum[n] += term[n];
            largest = std::max(largest, std::abs(term[n]));
        }
        if (largest < 1e-16)
            break;
    }
    for (auto& v : sum)
        v *= std::pow(scale, -power);
    return sum;
}

//! The middle of a longer list of taps.
values middle(const values& taps, std::size_t length)
{
    const auto skipped = static_cast<std::ptrdiff_t>((taps.size() - length) / 2);
    return { taps.begin() + skipped, taps.begin() + skipped + static_cast<std::ptrdiff_t>(length) };
}

} // namespace

class qa_gabor : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_gabor);
    CPPUNIT_TEST(bounds_of_short_windows_are_extremes_of_the_coverage);
    CPPUNIT_TEST(bounds_of_periodic_signals_are_extreme_eigenvalues);
    CPPUNIT_TEST(bounds_of_all_signals_enclose_those_of_periodic_ones);
    CPPUNIT_TEST(bounds_of_hann_twice_as_long_as_n_fft);
    CPPUNIT_TEST(without_an_inverse_the_lower_bound_is_0);
    CPPUNIT_TEST(long_chains_have_bounds_too);
    CPPUNIT_TEST(energies_lie_between_the_bounds);
    CPPUNIT_TEST(canonical_dual_solves_its_equation);
    CPPUNIT_TEST(tight_window_is_the_inverse_root);
    CPPUNIT_TEST(tight_window_has_equal_bounds);
    CPPUNIT_TEST(short_windows_have_their_own_duals);
    CPPUNIT_TEST(gain_scales_what_it_should);
    CPPUNIT_TEST(what_is_wrong_is_refused);
    CPPUNIT_TEST_SUITE_END();

    void bounds_of_short_windows_are_extremes_of_the_coverage()
    {
        for (std::size_t length : { 1, 5, 16 })
            for (std::size_t hop : { 1, 3, 4, 7, 16, 20 }) {
                const qa::context in_length("length", length), in_hop("hop", hop);
                const auto taps = qa::exactly(qa::noise<value>(length, 3));
                double least = hop > length ? 0 : HUGE_VAL, most = 0;
                for (std::size_t r = 0; r < hop; ++r) {
                    double sum = 0;
                    for (auto m = r; m < length; m += hop)
                        sum += std::norm(taps[m]);
                    least = std::min(least, sum);
                    most = std::max(most, sum);
                }
                const auto bounds = frame_bounds(taps, hop, 16);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(16 * least, bounds.lower, 1e-12);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(16 * most, bounds.upper, 1e-12);
            }
    }

    void bounds_of_periodic_signals_are_extreme_eigenvalues()
    {
        for (const auto& f : long_windows()) {
            const qa::context in_f("f", f);
            const auto common = std::lcm(f.hop, f.n_fft);
            for (std::size_t periods : { 1, 2, 5 }) {
                const qa::context in_periods("periods", periods);
                if (common * periods > 80)
                    continue;
                const auto bounds = frame_bounds(f.taps, f.hop, f.n_fft, common * periods);
                const auto n = static_cast<double>(f.n_fft);
                const double low = bounds.lower / n, high = bounds.upper / n, near = 1e-10 * high;
                const auto matrix = periodic(f, common * periods);
                CPPUNIT_ASSERT(positive(matrix, 1, near - low));
                CPPUNIT_ASSERT(!positive(matrix, 1, -near - low));
                CPPUNIT_ASSERT(positive(matrix, -1, high + near));
                CPPUNIT_ASSERT(!positive(matrix, -1, high - near));
            }
        }
    }

    void bounds_of_all_signals_enclose_those_of_periodic_ones()
    {
        for (const auto& f : long_windows()) {
            const qa::context in_f("f", f);
            const auto all = frame_bounds(f.taps, f.hop, f.n_fft);
            const auto common = std::lcm(f.hop, f.n_fft);
            const double rounding = 1e-12 * all.upper;
            for (std::size_t periods : { 1, 3, 4, 1000 }) {
                const qa::context in_periods("periods", periods);
                const auto some = frame_bounds(f.taps, f.hop, f.n_fft, common * periods);
                CPPUNIT_ASSERT(some.lower >= all.lower - rounding);
                CPPUNIT_ASSERT(some.upper <= all.upper + rounding);
                if (periods == 1000) { // extremes are flat
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(some.lower, all.lower, 1e-4 * all.upper);
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(some.upper, all.upper, 1e-4 * all.upper);
                }
            }
        }
    }

    //! sin^2 and cos^2 meet in a chain: their sum is 1, and the squares of their difference add up to half as much.
    void bounds_of_hann_twice_as_long_as_n_fft()
    {
        for (std::size_t hop : { 1, 2, 4, 8 }) {
            const qa::context in_hop("hop", hop);
            const auto bounds = frame_bounds(window("hann").sample(64), hop, 32);
            const double most = 32.0 * 32 / static_cast<double>(hop);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(most, bounds.upper, 1e-10);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(most / 2, bounds.lower, 1e-10);
        }
        // four times as long, samples with signs in turn add up to nothing
        CPPUNIT_ASSERT_DOUBLES_EQUAL(
            0, frame_bounds(window("hann").sample(128), 8, 32).lower, 1e-10);
    }

    void without_an_inverse_the_lower_bound_is_0()
    {
        for (const char* name : { "hann", "hamming" })
            for (std::size_t n_fft : { 4, 16, 32, 100 })
                for (std::size_t hop : { 1, 2, 3 }) {
                    const qa::context in_name("name", name);
                    const qa::context in_n_fft("n_fft", n_fft), in_hop("hop", hop);
                    const auto w = window(name).sample(4 * n_fft);
                    CPPUNIT_ASSERT_EQUAL(0.0, frame_bounds(w, hop, n_fft).lower);
                }
        const auto nearly = window("hann").sample(401); // does have one
        CPPUNIT_ASSERT(frame_bounds(nearly, 1, 100).lower > 0);
    }

    void long_chains_have_bounds_too()
    {
        // 127 rows, more than are exact
        const frame f{ window("hann").sample(250), 127, 128 };
        const auto bounds = frame_bounds(f.taps, f.hop, f.n_fft);
        const auto dual = frame_bounds(f.taps, 64, f.n_fft);
        CPPUNIT_ASSERT(bounds.lower > 0 && bounds.lower < bounds.upper);
        CPPUNIT_ASSERT(bounds.upper < dual.upper);
        const auto at_most = [&](double x) { return x * (1 + 1e-9); };
        // energy of a frame's own signal, the window
        double energy = 0, image = 0;
        const auto y = applied(f, f.taps, 0);
        for (std::size_t m = 0; m < y.size(); ++m) {
            energy += std::norm(f.taps[m]);
            image += std::real(std::conj(f.taps[m]) * y[m]);
        }
        CPPUNIT_ASSERT(image * 128 <= at_most(bounds.upper) * energy);
        CPPUNIT_ASSERT(image * 128 >= bounds.lower * energy);
    }

    //! Parameters at random; X by its definition.
    void energies_lie_between_the_bounds()
    {
        std::minstd_rand random(5);
        for (int trial = 0; trial < 60; ++trial) {
            const std::size_t n_fft = 1 + random() % 16, hop = 1 + random() % 18,
                              length = 1 + random() % (4 * n_fft);
            const auto taps =
                qa::exactly(qa::noise<value>(length, static_cast<unsigned>(trial + 1)));
            const frame f{ taps, hop, n_fft };
            const qa::context in_f("f", f);
            const auto bounds = frame_bounds(taps, hop, n_fft);
            const auto x = qa::exactly(qa::noise<value>(1 + random() % 30, 9));
            parameters p{ n_fft, hop, window(taps) };
            const auto back = static_cast<std::int64_t>((length / hop + 1) * hop);
            const auto starts =
                qa::regular(-back, hop, (static_cast<std::size_t>(back) + x.size()) / hop + 1);
            double energy = 0, sum = 0;
            for (const auto& v : x)
                energy += std::norm(v);
            for (const auto& v : qa::plain_stft(x, p, starts, n_fft))
                sum += std::norm(v);
            CPPUNIT_ASSERT(sum <= bounds.upper * energy * (1 + 1e-10));
            CPPUNIT_ASSERT(sum >= bounds.lower * energy * (1 - 1e-10));
        }
    }

    void canonical_dual_solves_its_equation()
    {
        for (const auto& f : long_windows()) {
            const qa::context in_f("f", f);
            const auto bounds = frame_bounds(f.taps, f.hop, f.n_fft);
            if (bounds.lower < 0.01 * bounds.upper)
                continue;
            const auto dual = canonical_dual(f.taps, f.hop, f.n_fft);
            const auto side = (dual.size() - f.taps.size()) / 2;
            CPPUNIT_ASSERT_EQUAL(f.taps.size() + 2 * side, dual.size());
            CPPUNIT_ASSERT(side > 0);
            values window_within(dual.size());
            std::copy(f.taps.begin(),
                      f.taps.end(),
                      window_within.begin() + static_cast<std::ptrdiff_t>(side));
            qa::assert_near(
                window_within, applied(f, dual, static_cast<std::int64_t>(side)), 1e-12, f.text());
        }
    }

    void tight_window_is_the_inverse_root()
    {
        int tried = 0;
        for (const auto& f : long_windows()) {
            const qa::context in_f("f", f);
            const auto bounds = frame_bounds(f.taps, f.hop, f.n_fft);
            if (bounds.lower < 0.1 * bounds.upper)
                continue;
            ++tried;
            const auto tight = canonical_tight(f.taps, f.hop, f.n_fft);
            const auto side = (tight.size() - f.taps.size()) / 2;
            qa::assert_near(by_series(f, bounds.upper, 0.5, side), tight, 1e-12, f.text());
            const auto dual = canonical_dual(f.taps, f.hop, f.n_fft);
            qa::assert_near(by_series(f, bounds.upper, 1, (dual.size() - f.taps.size()) / 2),
                            dual,
                            1e-12,
                            f.text());
        }
        CPPUNIT_ASSERT(tried > 5);
    }

    void tight_window_has_equal_bounds()
    {
        for (const auto& f : long_windows()) {
            const qa::context in_f("f", f);
            const auto bounds = frame_bounds(f.taps, f.hop, f.n_fft);
            if (bounds.lower < 0.01 * bounds.upper)
                continue;
            const auto tight = canonical_tight(f.taps, f.hop, f.n_fft);
            const auto of_tight = frame_bounds(tight, f.hop, f.n_fft);
            const auto n = static_cast<double>(f.n_fft);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(n, of_tight.lower, 1e-11 * n);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(n, of_tight.upper, 1e-11 * n);
        }
    }

    void short_windows_have_their_own_duals()
    {
        const auto taps = window("hamming").sample(16);
        for (std::size_t n_fft : { 16, 17, 40 }) {
            const qa::context in_n_fft("n_fft", n_fft);
            CPPUNIT_ASSERT(canonical_dual(taps, 4, n_fft) == dual_window(taps, 4));
            CPPUNIT_ASSERT(canonical_tight(taps, 4, n_fft) == tight_window(taps, 4));
        }
        // a long window whose last taps are 0 is a short one
        auto padded = taps;
        padded.resize(24);
        auto dual = middle(canonical_dual(padded, 4, 16), 24);
        dual.resize(16);
        qa::assert_near(dual_window(taps, 4), dual, 1e-14, "padded");
    }

    void gain_scales_what_it_should()
    {
        const frame f{ window("hann").sample(20), 5, 12 };
        const auto bounds = frame_bounds(f.taps, f.hop, f.n_fft);
        const auto dual = canonical_dual(f.taps, f.hop, f.n_fft),
                   tight = canonical_tight(f.taps, f.hop, f.n_fft);
        for (double g : { 1e-6, 1e6 }) {
            const qa::context in_g("g", g);
            auto taps = f.taps;
            for (auto& w : taps)
                w *= g;
            const auto scaled = frame_bounds(taps, f.hop, f.n_fft);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(bounds.lower, scaled.lower / (g * g), 1e-11);
            CPPUNIT_ASSERT_DOUBLES_EQUAL(bounds.upper, scaled.upper / (g * g), 1e-11);
            auto other = canonical_dual(taps, f.hop, f.n_fft);
            for (auto& v : other)
                v *= g;
            qa::assert_near(middle(dual, 30), middle(other, 30), 1e-13, "dual");
            qa::assert_near(middle(tight, 30),
                            middle(canonical_tight(taps, f.hop, f.n_fft), 30),
                            1e-13,
                            "tight");
        }
    }

    void what_is_wrong_is_refused()
    {
        const auto hann = window("hann").sample(32);
        qa::assert_refused("hop: 0: must be 1 or more", [&] { frame_bounds(hann, 0, 8); });
        qa::assert_refused("n_fft: 0: must be 1 or more", [&] { frame_bounds(hann, 4, 0); });
        qa::assert_refused("window: 0 taps: must have one or more", [] { frame_bounds({}, 1, 1); });
        qa::assert_refused("window: tap 1: must be finite", [] {
            canonical_dual({ 1, NAN, 1, 1 }, 1, 2);
        });
        qa::assert_refused("period: 12: must be a multiple of hop and n_fft, that is of 24",
                           [&] { frame_bounds(hann, 6, 8, 12); });
        // before bounds are looked for, which are 0 and take long
        const taps_t flat(1 << 18, 1);
        qa::assert_refused(
            "n_fft: 64: must be larger for a window of 262144 taps: it would take 272 GiB",
            [&] { canonical_tight(flat, 64, 64); });
        const std::string no_dual = ": leaves what the window of 32 taps and n_fft = 8 do not "
                                    "determine, so there is no dual";
        for (std::size_t hop : { 4, 9 }) { // four times n_fft; fewer values than samples
            const qa::context in_hop("hop", hop);
            const auto refused = "hop: " + std::to_string(hop) + no_dual;
            qa::assert_refused(refused, [&] { canonical_dual(hann, hop, 8); });
            qa::assert_refused(refused, [&] { canonical_tight(hann, hop, 8); });
        }
        qa::assert_refused(
            "hop: 9: leaves samples uncovered by the window of 4 taps, which has no dual (NOLA)",
            [] {
                canonical_dual({ 1, 1, 1, 1 }, 9, 4);
            });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_gabor);
