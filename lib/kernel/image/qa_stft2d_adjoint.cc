/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/image_support.h"
#include <gnuradio/stft/kernel/image/stft2d_adjoint.h>

using namespace gr::stft::kernel;
using qa::analysed;
using qa::cases;
using qa::for_both_types;
using qa::image_case;
using qa::inner;
using qa::inverted;
using qa::plain_transform;
using qa::with_taps;

namespace {

template <class A>
double length_of(const std::vector<A>& a)
{
    return std::sqrt(inner(a, a));
}

} // namespace

class qa_stft2d_adjoint : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_stft2d_adjoint);
    CPPUNIT_TEST(image_gradient_is_the_adjoint);
    CPPUNIT_TEST(coefficient_gradient_is_the_adjoint);
    CPPUNIT_TEST(window_gradients_equal_central_differences);
    CPPUNIT_TEST(inverse_window_gradients_equal_central_differences);
    CPPUNIT_TEST_SUITE_END();

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
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_stft2d_adjoint);
