/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_CHIRP_TRANSFORM_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_CHIRP_TRANSFORM_H

#include "laid_frame.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>

namespace gr::stft::kernel {

//! The DSTFT of frames under the complex window w(u, theta) exp(-i pi c u^2), u = k - t, by a complex FFT for each frame
//! whatever the samples are. The public methods are those of chirp_dstft<T>, which documents them.
template <class T>
class chirp_transform
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    chirp_transform(std::size_t n_fft, const window_family& window, norm n);

    void analyse(const excerpt<T>& x,
                 const position& t,
                 double theta,
                 double c,
                 complex* spectrum,
                 complex* by_theta,
                 complex* by_t,
                 complex* by_c);

    void pull_back(const excerpt<T>& x,
                   const position& t,
                   double theta,
                   double c,
                   const complex* G,
                   double* theta_gradient,
                   double* t_gradient,
                   double* c_gradient,
                   T* x_gradient);

    //! Complex T only.
    void overlap_add(const complex* spectrum,
                     const position& t,
                     double theta,
                     double c,
                     std::int64_t begin,
                     std::int64_t end,
                     T* numerator,
                     real* denominator,
                     real* peak);

private:
    //! The samples under a window, at the distances first .. first + count - 1 from its centre.
    window_support sample(const position& t, double theta, double c, bool with_derivatives);

    std::size_t d_n_fft, d_bins;
    frame_analysis<complex> d_analysis;
    frame_synthesis<complex> d_synthesis;
    window_samples<real> d_samples;
    laid_frame d_laid;
    volk::vector<real> d_cosine, d_sine; // of pi c u^2
    volk::vector<complex> d_taper;       // the window
    volk::vector<complex> d_other;       // one of the window's derivatives
    double d_c = 0;
    double d_distance = 0;  // of the first sample from the centre
    bool d_chirped = false; // whether the phasors and the taper are those of d_samples and d_c
};

} // namespace gr::stft::kernel
#endif
