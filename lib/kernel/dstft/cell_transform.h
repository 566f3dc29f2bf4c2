/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_CELL_TRANSFORM_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_CELL_TRANSFORM_H

#include "bands_fft.h"
#include "cells_direct.h"
#include "cells_recursive.h"
#include <optional>

namespace gr::stft::kernel {

/*!
 * \brief The DSTFT of frames in which each bin has a window length of its own. It chooses among three ways to compute a
 * frame: an FFT per window length (bands_fft), recursive sums (cells_recursive), or direct sums (cells_direct), which are
 * always possible. The public methods are those of dstft<T>, which documents them.
 */
template <class T>
class cell_transform
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    cell_transform(std::size_t n_fft, const window_family& window, norm n);

    void analyse(const excerpt<T>& x,
                 const position& t,
                 const double* theta,
                 complex* spectrum,
                 complex* by_theta,
                 complex* by_t);
    complex* cotangent() { return d_cotangent.data(); }
    void pull_back(const excerpt<T>& x,
                   const position& t,
                   const double* theta,
                   const complex* G,
                   double* theta_gradient,
                   double* t_gradient,
                   T* x_gradient);
    void energy(const position& t,
                const double* theta,
                const real* weight,
                std::int64_t begin,
                std::int64_t end,
                double* sum);

private:
    band_plan all_bins(const double* theta) const;

    std::size_t d_n_fft, d_bins;
    cell_norms<real> d_norms;
    bands_fft<T> d_bands;
    std::optional<cells_recursive<T>> d_recursive; // Hann windows only
    cells_direct<T> d_direct;
    volk::vector<complex> d_by_theta, d_by_t, d_cotangent;
};

} // namespace gr::stft::kernel
#endif
