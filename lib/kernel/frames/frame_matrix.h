/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_FRAME_MATRIX_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_FRAME_MATRIX_H

#include <gnuradio/stft/kernel/frames/dual.h>
#include <algorithm>
#include <vector>

/*
 * The frame operator of windows longer than n_fft as a matrix, divided by n_fft. Row n has entries at n - j n_fft, |j| <= reach, and no
 * others: the samples n_fft apart are a chain, and each chain has a banded matrix of its own. Values, V, are double for real windows
 * on real samples, else complex.
 */
namespace gr::stft::kernel {

//! Largest j for which a window of this length joins samples j n_fft apart.
inline std::size_t reach(std::size_t win_length, std::size_t n_fft)
{
    return (win_length - 1) / n_fft;
}

inline double conjugate(double v) { return v; }
inline std::complex<double> conjugate(const std::complex<double>& v) { return std::conj(v); }

//! Adds to row[j], j = 0 .. reach, what a frame adds whose tap m lies on the row's sample: w[m] conj(w[m - j n_fft]).
template <class V>
void add_frame(const std::vector<V>& window, std::size_t m, std::size_t n_fft, V* row)
{
    for (std::size_t j = 0, other = m;; ++j, other -= n_fft) {
        row[j] += window[m] * conjugate(window[other]);
        if (other < n_fft)
            return;
    }
}

//! Rows [n mod hop][j = 0 .. reach] where frames start at every multiple of hop.
template <class V>
std::vector<V> steady_rows(const std::vector<V>& window, std::size_t hop, std::size_t n_fft)
{
    const auto width = reach(window.size(), n_fft) + 1;
    std::vector<V> rows(hop * width);
    for (std::size_t m = 0; m < window.size(); ++m)
        add_frame(window, m, n_fft, rows.data() + m % hop * width);
    return rows;
}

/*!
 * \brief Rows of the factors L and D of a matrix L D L^H, L with ones on its diagonal, each from those before.
 *
 * A pivot of D that is not above `least` belongs to a sample that no frame determines: its row solves to 0.
 */
template <class V>
class chain_factor
{
public:
    chain_factor(std::size_t n_fft, std::size_t reach, double least)
        : d_n_fft(n_fft), d_width(reach + 1), d_least(least)
    {}

    //! Values in a row of a matrix or of its factors: 1 / D and then L, for j = 1 .. reach.
    std::size_t width() const { return d_width; }

    //! The row of a sample, which is overwritten -> its row of factors, number `index` of an array of them whose row 0 is the first
    //! sample of all.
    void eliminate(V* row, std::size_t index, V* factors) const
    {
        const auto back = std::min(d_width - 1, index / d_n_fft);
        auto* const own = factors + index * d_width;
        double pivot = std::real(row[0]);
        std::fill(own, own + d_width, V(0));
        for (auto j = back; j > 0; --j) {
            const auto* before = own - j * d_n_fft * d_width;
            auto v = row[j];
            for (auto i = j + 1; i <= back; ++i) // row[i] is now that of L and D
                v -= row[i] * conjugate(before[i - j]);
            row[j] = v;
            own[j] = v * std::real(before[0]);
            pivot -= std::real(v * conjugate(own[j]));
        }
        own[0] = pivot > d_least ? 1 / pivot : 0;
    }

    //! z[index] -= L z, for a right side z whose sample 0 is that of row 0.
    void forward(const V* factors, std::size_t index, V* z) const
    {
        const auto* own = factors + index * d_width;
        for (std::size_t j = std::min(d_width - 1, index / d_n_fft); j > 0; --j)
            z[index] -= own[j] * z[index - j * d_n_fft];
    }

    //! Solves D L^H x = z in place, from sample end - 1 down to begin; samples from end on are 0.
    void backward(const V* factors, std::size_t begin, std::size_t end, V* z) const
    {
        for (auto n = end; n-- > begin;) {
            V x = z[n] * factors[n * d_width];
            auto other = n;
            for (std::size_t j = 1; j < d_width; ++j) {
                other += d_n_fft;
                if (other >= end)
                    break;
                x -= conjugate(factors[other * d_width + j]) * z[other];
            }
            z[n] = x;
        }
    }

private:
    std::size_t d_n_fft, d_width;
    double d_least;
};

} // namespace gr::stft::kernel
#endif
