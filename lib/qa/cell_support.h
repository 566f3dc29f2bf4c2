/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_CELL_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_CELL_SUPPORT_H

#include "dstft_support.h"
#include <cstring>

/* What the tests of the three ways to compute a frame's cells share: named window lengths, and results compared with
 * plain sums or bit by bit. */
namespace qa {

template <class T>
using complex_of = std::complex<real_t<T>>;

template <class T>
std::string type_text()
{
    const std::string part = std::is_same_v<real_t<T>, float> ? "float" : "double";
    return is_real_v<T> ? part : "complex " + part;
}

//! A transform of cells.
struct cell_design {
    std::size_t n_fft;
    const char* window;
    norm scale;
};

template <class T>
std::string text(const cell_design& d)
{
    return type_text<T>() + ", n_fft " + std::to_string(d.n_fft) + ", " + d.window + ", " +
           name_of(d.scale);
}

//! S, dS/dtheta and dS/dt of one frame.
template <class T>
struct cell_rows {
    std::vector<complex_of<T>> S, by_theta, by_t;

    explicit cell_rows(std::size_t bins, complex_of<T> filled = {})
        : S(bins, filled), by_theta(S), by_t(S)
    {}

    //! True if all bits are equal.
    bool operator==(const cell_rows& other) const
    {
        return S.size() == other.S.size() && same_bins(other, 0, S.size());
    }

    //! True if all bits of bins begin .. end - 1 are equal.
    bool same_bins(const cell_rows& other, std::size_t begin, std::size_t end) const
    {
        const auto same = [&](const auto& a, const auto& b) {
            return std::memcmp(&a[begin], &b[begin], (end - begin) * sizeof(a[0])) == 0;
        };
        return same(S, other.S) && same(by_theta, other.by_theta) && same(by_t, other.by_t);
    }
};

//! Largest error allowed of S, relative to the largest value of a frame.
template <class T>
constexpr double cell_limit = std::is_same_v<real_t<T>, float> ? 3e-6 : 4e-13;
//! Largest error allowed of derivatives; the differences that the oracle takes err by 1e-13.
template <class T>
constexpr double cell_slope_limit = std::is_same_v<real_t<T>, float> ? 2e-5 : 1e-11;

//! Window lengths of the bins of one frame.
struct named_lengths {
    std::string name;
    std::vector<double> theta;
};

//! About equally wide bands with these window lengths.
inline std::vector<double> bands_of(std::size_t bins, const std::vector<double>& lengths)
{
    std::vector<double> theta;
    for (std::size_t m = 0; m < bins; ++m)
        theta.push_back(lengths[m * lengths.size() / bins]);
    return theta;
}

//! No two neighbours alike; the longest and very short ones are among them.
inline std::vector<double> lengths_of_each_bin(std::size_t bins, std::size_t n_fft)
{
    return window_lengths(sharing::bin, 1, bins, n_fft);
}

template <class T>
gr::stft::kernel::excerpt<T> excerpt_of(const std::vector<T>& x, std::int64_t begin = 0)
{
    return { x.data(), begin, begin + static_cast<std::int64_t>(x.size()) };
}

//! Compares all results of a frame of x, which starts at sample 0.
template <class T>
void assert_plain_rows(const plain_dstft& plain,
                       const std::vector<T>& x,
                       const position& t,
                       const std::vector<double>& theta,
                       const cell_rows<T>& actual,
                       const std::string& what)
{
    const auto in_double = exactly(x);
    const auto compare = [&](wrt variable, const auto& row, double limit, const char* name) {
        auto expected = plain.analyse(in_double, 0, t, theta, variable);
        values found;
        for (std::size_t m = 0; m < theta.size(); ++m) {
            const double scale = variable == wrt::nothing ? 1 : theta[m]; // of like size for all
            expected[m] *= scale;
            found.push_back(value(row[m]) * scale);
        }
        if (peak(expected) > 1e-9)
            return assert_near(expected, found, limit, what + ", " + name);
        CPPUNIT_ASSERT_MESSAGE(what + ", " + name + " is not 0", peak(found) < limit);
    };
    compare(wrt::nothing, actual.S, cell_limit<T>, "S");
    compare(wrt::length, actual.by_theta, cell_slope_limit<T>, "dS/dtheta");
    compare(wrt::position, actual.by_t, cell_slope_limit<T>, "dS/dt");
}

//! A gradient that was added to ones: the adjoint of G.
template <class T>
void assert_plain_gradient(const plain_dstft& plain,
                           const std::vector<complex_of<T>>& G,
                           const position& t,
                           const std::vector<double>& theta,
                           const std::vector<T>& actual,
                           const std::string& what)
{
    auto expected = plain.adjoint(exactly(G), 0, actual.size(), t, theta);
    for (auto& one : expected)
        one = (is_real_v<T> ? value(one.real()) : one) + 1.0;
    assert_near(expected, actual, 2 * cell_limit<T>, what + ", dL/dx");
}

//! Weights of bins, none of them like its neighbours.
template <class R>
std::vector<R> bin_weights(std::size_t bins)
{
    std::vector<R> weights;
    for (std::size_t m = 0; m < bins; ++m)
        weights.push_back(static_cast<R>(m % 7));
    return weights;
}

//! Energies that were added to zeros.
template <class T>
void assert_plain_energies(const plain_dstft& plain,
                           const std::vector<real_t<T>>& weight,
                           const position& t,
                           const std::vector<double>& theta,
                           const std::vector<double>& actual,
                           const std::string& what)
{
    assert_near(plain.energies(weight, 0, actual.size(), t, theta),
                actual,
                2 * cell_limit<T>,
                what + ", energy");
}

} // namespace qa
#endif
