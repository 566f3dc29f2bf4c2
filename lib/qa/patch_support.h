/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_PATCH_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_PATCH_SUPPORT_H

#include "support.h"
#include <gnuradio/stft/kernel/image/parameters2d.h>

/* The patches of one row of a 2-D STFT, by their definition. */
namespace qa {

using gr::stft::kernel::axis_parameters;
using gr::stft::kernel::fill;
using gr::stft::kernel::image_axis;
using gr::stft::kernel::pad;
using gr::stft::kernel::tail;

//! Two axes and the width of an image. Windows have no symmetry, so that no index may be mirrored.
struct patch_case {
    const char* name;
    axis_parameters height, width;
    std::size_t samples; // of the width
    bool centred = true;
    fill where = fill::trailing;

    image_axis rows() const { return axis(height, 1.7); }
    image_axis columns() const { return axis(width, 2.3); }

private:
    image_axis axis(axis_parameters p, double step) const
    {
        std::vector<double> taps;
        for (std::size_t i = 0; i < p.win_length; ++i)
            taps.push_back(0.2 + std::abs(std::sin(step * static_cast<double>(i + 1))));
        p.window = gr::stft::kernel::window(taps);
        return { p, false, centred, pad::constant, tail::ceil, where };
    }
};

inline const std::vector<patch_case> patch_cases{
    { "even by even", { 8, 4 }, { 6, 3 }, 27 },
    { "odd by odd", { 7, 2 }, { 5, 3 }, 13 },
    { "odd by even, centred fill", { 5, 2, 9 }, { 8, 2, 14 }, 31, false, fill::centred },
    { "even by odd, centred fill", { 8, 4, 12 }, { 10, 4, 15 }, 18, true, fill::centred },
    { "primes", { 7, 3, 11 }, { 11, 4, 13 }, 29 },
    { "hops beyond the windows", { 4, 7 }, { 3, 8, 4 }, 40 },
    { "single samples", { 1, 1 }, { 1, 1 }, 5 },
    { "pairs of samples", { 2, 1 }, { 2, 1 }, 3 },
    { "DFTs of 2 and 3", { 1, 1, 2 }, { 2, 1, 3 }, 7 },
    { "window beyond the row", { 9, 3 }, { 11, 4 }, 5 },
    { "one patch of a chunk and a bit", { 6, 3, 8 }, { 34, 17 }, 20 },
    { "several chunks", { 6, 3, 8 }, { 50, 17, 64 }, 97 },
    { "a long odd row, whose chunks reach beyond it", { 5, 5 }, { 33, 9, 65 }, 99 },
};

//! Calls f(zero of the precision, case, text) for float and double and all cases.
template <class F>
void for_patches(F f)
{
    for (const auto& c : patch_cases) {
        f(float(), c, std::string(c.name) + ", float");
        f(double(), c, std::string(c.name) + ", double");
    }
}

//! The sums of the definition, for one row of `frames` patches across.
struct plain_patches {
    image_axis h, w;
    std::size_t frames, row_bins;
    std::vector<values> h_twiddles, w_twiddles; // exp(-2j pi k n / n_fft), [k][n]

    plain_patches(const patch_case& c, std::size_t across)
        : h(c.rows()), w(c.columns()), frames(across), row_bins(h.n_fft() / 2 + 1),
          h_twiddles(twiddles(h.n_fft())), w_twiddles(twiddles(w.n_fft()))
    {}

    static std::vector<values> twiddles(std::size_t n_fft)
    {
        std::vector<values> table(n_fft, values(n_fft));
        for (std::size_t k = 0; k < n_fft; ++k)
            for (std::size_t n = 0; n < n_fft; ++n)
                table[k][n] =
                    twiddle(static_cast<std::int64_t>(k), static_cast<std::int64_t>(n), n_fft);
        return table;
    }

    std::size_t patch_size() const { return row_bins * w.n_fft(); }

    //! sum_j w[j] padded[n hop + j] exp(-2j pi k (j + offset) / n_fft) of a padded row, [n][k]
    values row(const values& padded) const
    {
        values spectrum;
        for (std::size_t n = 0; n < frames; ++n)
            for (std::size_t k = 0; k < w.n_fft(); ++k) {
                value sum = 0;
                for (std::size_t j = 0; j < w.win_length(); ++j)
                    sum += w.taps()[j] * padded[n * w.hop() + j] * w_twiddles[k][j + w.offset()];
                spectrum.push_back(sum);
            }
        return spectrum;
    }

    //! Spectra of the patches whose win_length rows have these spectra: [n][kh][kw]
    values patches(const std::vector<values>& rows) const
    {
        values spectra;
        for (std::size_t n = 0; n < frames; ++n)
            for (std::size_t kh = 0; kh < row_bins; ++kh)
                for (std::size_t kw = 0; kw < w.n_fft(); ++kw) {
                    value sum = 0;
                    for (std::size_t i = 0; i < h.win_length(); ++i)
                        sum += h.taps()[i] * rows[i][n * w.n_fft() + kw] *
                               h_twiddles[kh][i + h.offset()];
                    spectra.push_back(sum);
                }
        return spectra;
    }

    //! True for the rows of a spectrum that have no mirror image.
    bool at_edge(std::size_t kh) const { return kh == 0 || 2 * kh == h.n_fft(); }

    /*!
     * Patches of the spectra [n][kh][kw], as real samples [n][a][b]: twice the real part of the sum over kh and kw of
     * spectrum exp(+2j pi (kh a / n_fft + kw b / n_fft)), in which rows at the edge are multiplied by `edge`.
     */
    values samples(const values& spectra, double edge) const
    {
        values all(frames * h.n_fft() * w.n_fft());
        for (std::size_t n = 0; n < frames; ++n)
            for (std::size_t kh = 0; kh < row_bins; ++kh) {
                const auto* X = spectra.data() + n * patch_size() + kh * w.n_fft();
                const double factor = 2 * (at_edge(kh) ? edge : 1);
                for (std::size_t b = 0; b < w.n_fft(); ++b) {
                    value sum = 0;
                    for (std::size_t kw = 0; kw < w.n_fft(); ++kw)
                        sum += X[kw] * std::conj(w_twiddles[kw][b]);
                    for (std::size_t a = 0; a < h.n_fft(); ++a)
                        all[(n * h.n_fft() + a) * w.n_fft() + b] +=
                            factor * (sum * std::conj(h_twiddles[kh][a])).real();
                }
            }
        return all;
    }
};

} // namespace qa
#endif
