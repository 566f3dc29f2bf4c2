/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_FRAME_TRANSFORM_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_FRAME_TRANSFORM_H

#include "band_plan.h"
#include "laid_frame.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>

namespace gr::stft::kernel {

//! The DSTFT of frames that have one window length each, by an FFT for each frame. The public methods are those of
//! dstft<T>, which documents them.
template <class T>
class frame_transform
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    frame_transform(std::size_t n_fft, const window_family& window, norm n);

    void analyse(const excerpt<T>& x,
                 const position& t,
                 double theta,
                 complex* spectrum,
                 complex* by_theta,
                 complex* by_t);

    //! Writes the bins in bands first .. last - 1, all of one window length; other bins of the rows stay as they are.
    void analyse_bands(const excerpt<T>& x,
                       const position& t,
                       const band* first,
                       const band* last,
                       complex* spectrum,
                       complex* by_theta,
                       complex* by_t);

    complex* cotangent() { return d_synthesis.spectrum(); }

    //! x.samples may be null if only x_gradient is not.
    void pull_back(const excerpt<T>& x,
                   const position& t,
                   double theta,
                   const complex* G,
                   double* theta_gradient,
                   double* t_gradient,
                   T* x_gradient);

    void overlap_add(const complex* spectrum,
                     const position& t,
                     double theta,
                     std::int64_t begin,
                     std::int64_t end,
                     T* numerator,
                     real* denominator,
                     real* peak);

    void energy(const position& t,
                double theta,
                const real* weight,
                std::int64_t begin,
                std::int64_t end,
                double* sum);

private:
    //! Sums of numbers times g(u), u g'(u), g'(u).
    struct shape_sums {
        double value, length, slope;
    };
    shape_sums project(const window_support& s,
                       const position& t,
                       double theta,
                       std::size_t at,
                       std::size_t count,
                       const real* c,
                       const real* d,
                       std::size_t wrap) const;

    std::size_t d_n_fft, d_bins;
    window_family d_window;
    norm d_norm;
    frame_analysis<T> d_analysis;
    frame_synthesis<T> d_synthesis;
    window_samples<real> d_samples;
    laid_frame d_laid;
    volk::vector<real> d_product;
};

} // namespace gr::stft::kernel
#endif
