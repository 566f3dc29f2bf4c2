/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_IMAGE_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_IMAGE_SUPPORT_H

#include "qa/support.h"
#include <gnuradio/stft/kernel/image/istft2d.h>
#include <gnuradio/stft/kernel/image/stft2d.h>

/* Images of all kinds of sizes, and their STFTs. */
namespace qa {

using namespace gr::stft::kernel;

//! One image and one 2-D STFT.
struct image_case {
    std::size_t height, width;
    parameters2d p;
    std::string what;
};

//! Odd, even, prime and tiny sizes, unlike on both axes; every choice at least twice.
inline const std::vector<image_case> cases{
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
inline parameters2d with_taps(parameters2d p)
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
                    twiddle(static_cast<std::int64_t>(k), static_cast<std::int64_t>(i + o), M));
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
        values X, rows(w.M * h.L); // rows: [kw][i]
        for (std::size_t m = 0; m < h.frames; ++m)
            for (std::size_t n = 0; n < w.frames; ++n) {
                for (std::size_t kw = 0; kw < w.M; ++kw)
                    for (std::size_t i = 0; i < h.L; ++i) {
                        auto& row = rows[kw * h.L + i];
                        row = 0;
                        for (std::size_t j = 0; j < w.L; ++j)
                            if (h.at(m, i) >= 0 && w.at(n, j) >= 0)
                                row += w.w[j] * w.twiddles[kw][j] *
                                       x[static_cast<std::size_t>(h.at(m, i)) * w.length +
                                         static_cast<std::size_t>(w.at(n, j))];
                    }
                for (std::size_t kh = 0; kh < bins; ++kh)
                    for (std::size_t kw = 0; kw < w.M; ++kw) {
                        value sum = 0;
                        for (std::size_t i = 0; i < h.L; ++i)
                            sum += h.w[i] * h.twiddles[kh][i] * rows[kw * h.L + i];
                        X.push_back(sum);
                    }
            }
        return X;
    }

    //! Patches of real numbers, [m][n][i][j]: Re of the sum over stored bins, inner rows times `inner`.
    std::vector<double> patches(const values& X, double inner) const
    {
        std::vector<double> u;
        values rows(bins * w.L); // [kh][j]
        const value* patch = X.data();
        for (std::size_t m = 0; m < h.frames * w.frames; ++m, patch += bins * w.M) {
            for (std::size_t kh = 0; kh < bins; ++kh)
                for (std::size_t j = 0; j < w.L; ++j) {
                    auto& row = rows[kh * w.L + j];
                    row = 0;
                    for (std::size_t kw = 0; kw < w.M; ++kw)
                        row += patch[kh * w.M + kw] * std::conj(w.twiddles[kw][j]);
                }
            for (std::size_t i = 0; i < h.L; ++i)
                for (std::size_t j = 0; j < w.L; ++j) {
                    double sum = 0;
                    for (std::size_t kh = 0; kh < bins; ++kh)
                        sum += (kh > 0 && 2 * kh < h.M ? inner : 1) *
                               (rows[kh * w.L + j] * std::conj(h.twiddles[kh][i])).real();
                    u.push_back(sum);
                }
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

template <class F>
void for_both_types(F f)
{
    f(float());
    f(double());
}

} // namespace qa
#endif
