/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/image/istft2d.h>
#include <gnuradio/stft/kernel/image/stft2d.h>
#include <gnuradio/stft/kernel/image/stft2d_adjoint.h>

using namespace gr::stft::kernel;
using qa::value;
using qa::values;

namespace {

//! One image and one 2-D STFT.
struct image_case {
    std::size_t height, width;
    parameters2d p;
    std::string what;
};

//! Odd, even, prime and tiny sizes, unlike on both axes; every choice at least twice.
const std::vector<image_case> cases{
    { 20, 27, { { 8, 4 }, { 6, 3 } }, "even" },
    { 17, 13, { { 7, 2 }, { 5, 3 } }, "odd" },
    { 19, 23, { { 7, 3, 11 }, { 9, 4, 13 }, false, true, pad::reflect }, "odd, filled, mirrored" },
    { 21, 18, { { 8, 4 }, { 10, 4, 15 }, true, true, pad::edge, tail::floor }, "even by odd" },
    { 16,
      31,
      { { 5, 2, 9 }, { 8, 2 }, false, false, pad::constant, tail::floor, fill::centred },
      "odd by even" },
    { 15,
      14,
      { { 6, 3, 12 }, { 6, 2, 10 }, true, true, pad::reflect, tail::ceil, fill::centred },
      "centred fill" },
    { 12, 40, { { 4, 5 }, { 3, 7, 4 }, false, true, pad::reflect }, "hops beyond the windows" },
    { 11, 12, { { 4, 7 }, { 5, 6 }, false, false, pad::edge }, "gaps, not centred" },
    { 3, 9, { { 1, 1 }, { 1, 1 } }, "single samples" },
    { 5, 6, { { 2, 1 }, { 2, 1 }, true }, "two samples" },
    { 4, 5, { { 9, 3 }, { 11, 4 } }, "windows beyond the image" },
    { 6, 7, { { 1, 1, 2 }, { 2, 1, 3 } }, "tiny DFTs" },
    { 40,
      71,
      { { 16, 8 }, { 34, 17 }, false, true, pad::reflect, tail::floor },
      "a chunk and a bit" },
    { 70, 66, { { 32, 16 }, { 64, 16 }, true }, "several chunks" },
    { 33, 64, { { 12, 6, 16 }, { 25, 5, 33 }, false, true, pad::edge }, "a long odd row" },
};

//! A window without symmetry, so that no index may be mirrored; positive, so that it has a root.
parameters2d with_taps(parameters2d p)
{
    for (auto* axis : { &p.height, &p.width }) {
        std::vector<double> taps;
        for (std::size_t i = 0; i < axis->win_length; ++i)
            taps.push_back(0.2 + std::abs(std::sin(1.7 * static_cast<double>(i + 1))));
        axis->window = window(taps);
    }
    return p;
}

struct plain_axis {
    std::size_t L, a, M, P, o, frames, length;
    std::vector<double> w;
    std::vector<values> twiddles; // [k][i]
    pad outside;

    plain_axis(const axis_parameters& p, const parameters2d& all, std::size_t size)
        : L(p.win_length), a(p.hop), M(p.n_fft ? p.n_fft : L), P(all.centred ? L / 2 : 0),
          o(all.offset == fill::centred ? (M - L) / 2 : 0), frames(0), length(size),
          outside(all.pad)
    {
        const auto signed_of = [](std::size_t n) { return static_cast<double>(n); };
        const double room = signed_of(size) + 2 * signed_of(P) - signed_of(L);
        double count;
        if (all.tail == tail::floor)
            count = std::max(0.0, 1 + std::floor(room / signed_of(a)));
        else if (all.centred)
            count = 1 + std::ceil(signed_of(size) / signed_of(a));
        else
            count = 1 + std::max(0.0, std::ceil((signed_of(size) - signed_of(L)) / signed_of(a)));
        frames = static_cast<std::size_t>(count);
        for (const auto& tap : p.window.sample(L))
            w.push_back(all.win_sqrt ? std::sqrt(tap.real()) : tap.real());
        for (std::size_t k = 0; k < M; ++k) {
            twiddles.emplace_back();
            for (std::size_t i = 0; i < L; ++i)
                twiddles.back().push_back(
                    qa::twiddle(static_cast<std::int64_t>(k), static_cast<std::int64_t>(i + o), M));
        }
    }

    //! Index of the sample under tap i of frame m, -1 for zero.
    std::int64_t at(std::size_t m, std::size_t i) const
    {
        const auto n = static_cast<std::int64_t>(m * a + i) - static_cast<std::int64_t>(P);
        const auto end = static_cast<std::int64_t>(length);
        if (n >= 0 && n < end)
            return n;
        if (outside == pad::constant)
            return -1;
        if (outside == pad::edge)
            return n < 0 ? 0 : end - 1;
        return n < 0 ? -n : 2 * end - 2 - n;
    }

    double coverage(std::size_t n) const
    {
        double sum = 0;
        for (std::size_t m = 0; m < frames; ++m)
            for (std::size_t i = 0; i < L; ++i)
                if (m * a + i == n + P)
                    sum += w[i] * w[i];
        return sum;
    }
};

struct plain_transform {
    plain_axis h, w;
    std::size_t bins;

    explicit plain_transform(const image_case& c)
        : h(c.p.height, c.p, c.height), w(c.p.width, c.p, c.width), bins(h.M / 2 + 1)
    {}

    std::size_t size() const { return h.frames * w.frames * bins * w.M; }

    //! The definition; x: any image, also a complex one.
    values forward(const values& x) const
    {
        values X;
        for (std::size_t m = 0; m < h.frames; ++m)
            for (std::size_t n = 0; n < w.frames; ++n)
                for (std::size_t kh = 0; kh < bins; ++kh)
                    for (std::size_t kw = 0; kw < w.M; ++kw) {
                        value sum = 0;
                        for (std::size_t i = 0; i < h.L; ++i) {
                            value row = 0;
                            for (std::size_t j = 0; j < w.L; ++j)
                                if (h.at(m, i) >= 0 && w.at(n, j) >= 0)
                                    row += w.w[j] * w.twiddles[kw][j] *
                                           x[static_cast<std::size_t>(h.at(m, i)) * w.length +
                                             static_cast<std::size_t>(w.at(n, j))];
                            sum += h.w[i] * h.twiddles[kh][i] * row;
                        }
                        X.push_back(sum);
                    }
        return X;
    }

    //! Patches of real numbers, [m][n][i][j]: Re of the sum over stored bins, inner rows times `inner`.
    std::vector<double> patches(const values& X, double inner) const
    {
        std::vector<double> u;
        const value* patch = X.data();
        for (std::size_t m = 0; m < h.frames * w.frames; ++m, patch += bins * w.M)
            for (std::size_t i = 0; i < h.L; ++i)
                for (std::size_t j = 0; j < w.L; ++j) {
                    double sum = 0;
                    for (std::size_t kh = 0; kh < bins; ++kh)
                        for (std::size_t kw = 0; kw < w.M; ++kw)
                            sum += (kh > 0 && 2 * kh < h.M ? inner : 1) *
                                   (patch[kh * w.M + kw] *
                                    std::conj(h.twiddles[kh][i] * w.twiddles[kw][j]))
                                       .real();
                    u.push_back(sum);
                }
        return u;
    }

    //! The inverse by its definition, 0 where it is not covered.
    values inverse(const values& X) const
    {
        const auto u = patches(X, 2);
        values y(h.length * w.length);
        std::size_t index = 0;
        for (std::size_t m = 0; m < h.frames; ++m)
            for (std::size_t n = 0; n < w.frames; ++n)
                for (std::size_t i = 0; i < h.L; ++i)
                    for (std::size_t j = 0; j < w.L; ++j) {
                        const auto r = m * h.a + i - h.P, c = n * w.a + j - w.P; // wrap far beyond
                        const double term = h.w[i] * w.w[j] * u[index++];
                        if (r < h.length && c < w.length)
                            y[r * w.length + c] += term;
                    }
        for (std::size_t r = 0; r < h.length; ++r)
            for (std::size_t c = 0; c < w.length; ++c) {
                const double covered = h.coverage(r) * w.coverage(c);
                auto& v = y[r * w.length + c];
                v = covered > 0 ? v / (covered * static_cast<double>(h.M * w.M)) : 0;
            }
        return y;
    }
};

template <class R>
std::vector<std::complex<R>> analysed(const image_case& c, const std::vector<R>& x)
{
    const plain_transform plain(c);
    std::vector<std::complex<R>> X(plain.size());
    stft2d<R>(c.p, c.width).analyse(x.data(), c.height, X.data());
    return X;
}

template <class R>
std::vector<R> inverted(const image_case& c, const std::vector<std::complex<R>>& X)
{
    std::vector<R> y(c.height * c.width, R(7)); // whatever was there
    istft2d<R>(c.p, c.width).invert(X.data(), plain_transform(c).h.frames, y.data(), c.height);
    return y;
}

//! Re and Im as two numbers.
template <class A, class B>
double inner(const std::vector<A>& a, const std::vector<B>& b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += (std::conj(value(a[i])) * value(b[i])).real();
    return sum;
}

template <class A>
double length_of(const std::vector<A>& a)
{
    return std::sqrt(inner(a, a));
}

template <class F>
void for_both_types(F f)
{
    f(float());
    f(double());
}

//! True if the frames leave no pixel out.
bool covers(const image_case& c)
{
    return c.p.rows().lost(static_cast<std::int64_t>(c.height), 1e-10) == 0 &&
           c.p.columns().lost(static_cast<std::int64_t>(c.width), 1e-10) == 0;
}

} // namespace

class qa_stft2d : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_stft2d);
    CPPUNIT_TEST(forward_equals_its_definition);
    CPPUNIT_TEST(inverse_equals_its_definition_for_any_coefficients);
    CPPUNIT_TEST(image_comes_back);
    CPPUNIT_TEST(frame_rows_come_out_with_their_last_row);
    CPPUNIT_TEST(reflection_waits_for_the_rows_it_mirrors);
    CPPUNIT_TEST(rows_of_the_inverse_are_final_one_hop_later);
    CPPUNIT_TEST(streams_equal_whole_images_to_the_bit);
    CPPUNIT_TEST(image_gradient_is_the_adjoint);
    CPPUNIT_TEST(coefficient_gradient_is_the_adjoint);
    CPPUNIT_TEST(window_gradients_equal_central_differences);
    CPPUNIT_TEST(inverse_window_gradients_equal_central_differences);
    CPPUNIT_TEST(not_a_number_stays_in_its_frames);
    CPPUNIT_TEST(published_sizes);
    CPPUNIT_TEST(illegal_parameters_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void forward_equals_its_definition()
    {
        for_both_types([](auto zero) {
            using R = decltype(zero);
            for (const auto& with : { false, true })
                for (auto c : cases) {
                    if (with)
                        c.p = with_taps(c.p);
                    const auto x = qa::noise<R>(c.height * c.width);
                    const auto expected = plain_transform(c).forward(qa::exactly(x));
                    qa::assert_near(expected, analysed(c, x), qa::limit<R>, c.what);
                }
        });
    }

    void inverse_equals_its_definition_for_any_coefficients()
    {
        for_both_types([](auto zero) {
            using R = decltype(zero);
            for (auto c : cases) {
                c.p = with_taps(c.p);
                const auto Z = qa::noise<std::complex<R>>(plain_transform(c).size(), 5);
                qa::assert_near(plain_transform(c).inverse(qa::exactly(Z)),
                                inverted<R>(c, Z),
                                qa::limit<R>,
                                c.what);
            }
        });
    }

    void image_comes_back()
    {
        for_both_types([](auto zero) {
            using R = decltype(zero);
            std::size_t covered = 0;
            for (auto c : cases) {
                c.p = with_taps(c.p); // coverage stays within a factor of 100
                if (!covers(c))
                    continue;
                ++covered;
                const auto x = qa::noise<R>(c.height * c.width);
                qa::assert_near(
                    qa::exactly(x), inverted<R>(c, analysed(c, x)), qa::limit<R>, c.what);
            }
            CPPUNIT_ASSERT(covered >= 10);
        });
    }

    //! Index of the row whose arrival made each frame row ready; the height for those that needed the end.
    static std::vector<std::size_t> schedule(const image_case& c)
    {
        stft2d<double> transform(c.p, c.width);
        const auto x = qa::noise<double>(c.height * c.width);
        std::vector<std::complex<double>> frame_row(transform.frame_row_size());
        std::vector<std::size_t> came;
        const auto read_all = [&](std::size_t row) {
            for (; transform.ready(); came.push_back(row)) {
                CPPUNIT_ASSERT_EQUAL(std::int64_t(0), transform.wanted());
                CPPUNIT_ASSERT(transform.expects(transform.next()));
                transform.read(frame_row.data());
            }
        };
        for (std::size_t row = 0; row < c.height; ++row) {
            const qa::context in_row("row", row);
            CPPUNIT_ASSERT(transform.wanted() > 0);
            transform.push(x.data() + row * c.width);
            read_all(row);
        }
        transform.finish();
        read_all(c.height);
        return came;
    }

    void frame_rows_come_out_with_their_last_row()
    {
        for (const auto& c : cases) {
            if (c.p.pad == pad::reflect)
                continue;
            const plain_axis h(c.p.height, c.p, c.height);
            std::vector<std::size_t> expected;
            for (std::size_t m = 0; m < h.frames; ++m)
                expected.push_back(std::min(c.height, m * h.a + h.L - h.P - 1));
            CPPUNIT_ASSERT_MESSAGE(c.what, expected == schedule(c));
        }
    }

    void reflection_waits_for_the_rows_it_mirrors()
    {
        const image_case even{
            45, 20, { { 16, 8 }, { 8, 4 }, false, true, pad::reflect, tail::floor }, ""
        };
        CPPUNIT_ASSERT((std::vector<std::size_t>{ 8, 15, 23, 31, 39, 45 }) == schedule(even));
        const image_case odd{
            20, 20, { { 7, 4 }, { 8, 4 }, false, true, pad::reflect, tail::floor }, ""
        };
        CPPUNIT_ASSERT((std::vector<std::size_t>{ 3, 7, 11, 15, 19 }) == schedule(odd));
    }

    void rows_of_the_inverse_are_final_one_hop_later()
    {
        const image_case c{
            45, 20, { { 16, 8 }, { 8, 4 }, false, true, pad::constant, tail::floor }, ""
        };
        const auto X = analysed(c, qa::noise<double>(c.height * c.width));
        istft2d<double> inverse(c.p, c.width);
        std::vector<double> row(c.width);
        std::vector<std::int64_t> rows;
        for (std::size_t m = 0; m < 6; ++m) {
            inverse.add(X.data() + m * inverse.frame_row_size());
            rows.push_back(inverse.ready());
            while (inverse.ready())
                inverse.read(row.data());
        }
        inverse.finish(45);
        rows.push_back(inverse.ready());
        CPPUNIT_ASSERT((std::vector<std::int64_t>{ 0, 8, 8, 8, 8, 8, 5 }) == rows);
    }

    void streams_equal_whole_images_to_the_bit()
    {
        for (const auto& c : cases) {
            const auto x = qa::noise<float>(c.height * c.width);
            const auto X = analysed(c, x);
            stft2d<float> transform(c.p, c.width);
            istft2d<float> inverse(c.p, c.width);
            std::vector<std::complex<float>> spectra, frame_row(transform.frame_row_size());
            std::vector<float> y, row(c.width);
            const auto pass_on = [&] {
                while (transform.ready()) {
                    transform.read(frame_row.data());
                    spectra.insert(spectra.end(), frame_row.begin(), frame_row.end());
                    inverse.add(frame_row.data());
                    for (; inverse.ready(); y.insert(y.end(), row.begin(), row.end()))
                        inverse.read(row.data());
                }
            };
            for (std::size_t r = 0; r < c.height; ++r) {
                std::copy_n(x.data() + r * c.width, c.width, row.data());
                transform.push(row.data());
                pass_on();
            }
            transform.finish();
            pass_on();
            inverse.finish(static_cast<std::int64_t>(c.height));
            for (; inverse.ready(); y.insert(y.end(), row.begin(), row.end()))
                inverse.read(row.data());
            y.resize(
                std::min(y.size(), x.size())); // rows of a last frame that lies after the image
            CPPUNIT_ASSERT_MESSAGE(c.what, spectra == X);
            CPPUNIT_ASSERT_MESSAGE(c.what, y == inverted(c, X));
        }
    }

    void image_gradient_is_the_adjoint()
    {
        for_both_types([](auto zero) {
            using R = decltype(zero);
            for (auto c : cases) {
                c.p = with_taps(c.p);
                const auto x = qa::noise<R>(c.height * c.width);
                const auto X = analysed(c, x);
                const auto G = qa::noise<std::complex<R>>(X.size(), 3);
                std::vector<R> gx(x.size());
                stft2d_vjp(c.p, G.data(), c.height, c.width, gx.data());
                const double scale = length_of(G) * length_of(X);
                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                    c.what, 0, (inner(G, X) - inner(gx, x)) / scale, qa::limit<R>);
            }
        });
    }

    void coefficient_gradient_is_the_adjoint()
    {
        for_both_types([](auto zero) {
            using R = decltype(zero);
            for (auto c : cases) {
                c.p = with_taps(c.p);
                const auto Z = qa::noise<std::complex<R>>(plain_transform(c).size(), 5);
                const auto y = inverted<R>(c, Z);
                const auto g = qa::noise<R>(y.size(), 8);
                std::vector<std::complex<R>> GZ(Z.size());
                istft2d_vjp(c.p, g.data(), c.height, c.width, -1, GZ.data());
                const double scale = length_of(g) * length_of(y);
                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                    c.what, 0, (inner(g, y) - inner(GZ, Z)) / scale, qa::limit<R>);
            }
        });
    }

    /*!
     * Derivatives by the taps against central differences of loss, a quadratic or smooth function of the taps: the step
     * 1e-5 leaves errors of 1e-10 times its third derivative, and of 1e-11 by rounding.
     */
    template <class Loss>
    static void assert_window_gradient(image_case c,
                                       const std::vector<double>& by_height,
                                       const std::vector<double>& by_width,
                                       Loss loss)
    {
        constexpr double step = 1e-5;
        for (auto* axis : { &c.p.height, &c.p.width }) {
            const auto& gradient = axis == &c.p.height ? by_height : by_width;
            const auto original = axis->window;
            double scale = 0;
            for (double g : gradient)
                scale = std::max(scale, std::abs(g));
            for (std::size_t i = 0; i < axis->win_length; ++i) {
                const auto moved = [&](double by) {
                    auto taps = original.sample(axis->win_length);
                    taps[i] += by;
                    axis->window = window(taps);
                    return loss(c);
                };
                const double slope = (moved(step) - moved(-step)) / (2 * step);
                axis->window = original;
                CPPUNIT_ASSERT_DOUBLES_EQUAL_MESSAGE(
                    c.what, 0, (slope - gradient[i]) / (1 + scale), 1e-7);
            }
        }
    }

    void window_gradients_equal_central_differences()
    {
        for (auto c : cases) {
            c.p = with_taps(c.p);
            c.p.win_sqrt = false; // gradients are by the values in use
            const auto x = qa::noise<double>(c.height * c.width);
            const auto G = qa::noise<std::complex<double>>(plain_transform(c).size(), 3);
            std::vector<double> by_height(c.p.height.win_length), by_width(c.p.width.win_length);
            stft2d_window_vjp(
                c.p, x.data(), G.data(), c.height, c.width, by_height.data(), by_width.data());
            assert_window_gradient(c, by_height, by_width, [&](const image_case& moved) {
                return inner(G, analysed(moved, x));
            });
        }
    }

    void inverse_window_gradients_equal_central_differences()
    {
        for (auto c : cases) {
            c.p = with_taps(c.p);
            c.p.win_sqrt = false;
            const auto X = qa::noise<std::complex<double>>(plain_transform(c).size(), 3);
            const auto g = qa::noise<double>(c.height * c.width);
            std::vector<double> by_height(c.p.height.win_length), by_width(c.p.width.win_length);
            istft2d_window_vjp(
                c.p, X.data(), g.data(), c.height, c.width, -1, by_height.data(), by_width.data());
            assert_window_gradient(c, by_height, by_width, [&](const image_case& moved) {
                return inner(g, inverted<double>(moved, X));
            });
        }
    }

    void not_a_number_stays_in_its_frames()
    {
        for (auto c : cases) {
            c.p = with_taps(c.p);
            c.p.pad = pad::constant;
            const plain_transform plain(c);
            auto x = qa::noise<float>(c.height * c.width);
            const auto clean = analysed(c, x);
            const std::size_t r = c.height / 2, col = c.width / 3;
            x[r * c.width + col] = std::numeric_limits<float>::quiet_NaN();
            const auto X = analysed(c, x);
            const auto patch = plain.bins * plain.w.M;
            for (std::size_t m = 0; m < plain.h.frames; ++m)
                for (std::size_t n = 0; n < plain.w.frames; ++n) {
                    const auto i = r + plain.h.P - m * plain.h.a,
                               j = col + plain.w.P - n * plain.w.a;
                    const bool contains = i < plain.h.L && j < plain.w.L;
                    const auto at = (m * plain.w.frames + n) * patch;
                    for (std::size_t k = 0; k < patch; ++k)
                        CPPUNIT_ASSERT_MESSAGE(c.what,
                                               contains ? std::isnan(std::abs(X[at + k]))
                                                        : X[at + k] == clean[at + k]);
                }
        }
    }

    void published_sizes()
    {
        parameters2d p{ { 32, 16 }, { 32, 16 } };
        p.tail = tail::floor;
        CPPUNIT_ASSERT_EQUAL(std::int64_t(65), p.rows().frames(1024));
        CPPUNIT_ASSERT_EQUAL(std::int64_t(97), p.columns().frames(1536));
        CPPUNIT_ASSERT_EQUAL(std::int64_t(62), p.rows().frames(981));
        CPPUNIT_ASSERT_EQUAL(std::int64_t(47), p.columns().frames(736));
        CPPUNIT_ASSERT_EQUAL(std::size_t(97 * 17 * 32), stft2d<float>(p, 1536).frame_row_size());
        p.tail = tail::ceil;
        CPPUNIT_ASSERT_EQUAL(std::int64_t(63), p.rows().frames(981));
    }

    void illegal_parameters_are_refused()
    {
        const parameters2d good{ { 8, 4 }, { 6, 3 } };
        const auto refused = [&](const std::string& message, auto change, std::size_t width = 20) {
            auto p = good;
            change(p);
            qa::assert_refused(message, [&] { stft2d<float>(p, width); });
            qa::assert_refused(message, [&] { istft2d<float>(p, width); });
        };
        refused("hop: 0: must be 1 .. 2^40 samples", [](auto& p) { p.height.hop = 0; });
        refused("win_length: 0: must be 1 .. 2^28 samples",
                [](auto& p) { p.width.win_length = 0; });
        refused("win_length: 8: must be 1 .. n_fft = 7", [](auto& p) { p.height.n_fft = 7; });
        refused("window: complex taps: must be real for images", [](auto& p) {
            p.width = { 2, 1, 2, window(std::vector<std::complex<double>>{ { 1, 0 }, { 0, 1 } }) };
        });
        refused("window: -0.5: must not be negative under win_sqrt", [](auto& p) {
            p.height = { 2, 1, 2, window(std::vector<double>{ 1, -0.5 }) };
            p.win_sqrt = true;
        });
        refused(
            "width: 0: must be 1 .. 2^28", [](auto&) {}, 0);
        refused(
            "width: 5: holds no frame of win_length = 6",
            [](auto& p) {
                p.centred = false;
                p.tail = tail::floor;
            },
            5);
        refused(
            "pad: reflect: needs width > 3 samples of padding, not 3",
            [](auto& p) {
                p.pad = pad::reflect;
                p.tail = tail::floor;
            },
            3);
        qa::assert_refused("threshold: 1: must be 0 <= threshold < 1",
                           [&] { istft2d<float>(good, 20, 1); });
        auto mirrored = good;
        mirrored.pad = pad::reflect;
        qa::assert_refused("pad: reflect: needs height > 4 samples of padding, not 4", [&] {
            std::vector<float> image(4 * 20);
            std::vector<std::complex<float>> X(1000);
            stft2d<float>(mirrored, 20).analyse(image.data(), 4, X.data());
        });
        mirrored.height.hop = std::size_t(1) << 40;
        qa::assert_refused("hop: 1099511627776: with pad reflect and tail ceil keeps more than 512 "
                           "MiB of rows",
                           [&] { stft2d<float>(mirrored, 20); });
        for (const auto& [name, call] : std::vector<std::pair<std::string, std::function<void()>>>{
                 { "pad: wrap: must be constant, reflect or edge", [] { pad_named("wrap"); } },
                 { "tail: round: must be floor or ceil", [] { tail_named("round"); } },
                 { "offset: left: must be trailing or centred", [] { fill_named("left"); } } })
            qa::assert_refused(name, call);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_stft2d);
