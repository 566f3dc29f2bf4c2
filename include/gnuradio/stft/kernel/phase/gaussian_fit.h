/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_PHASE_GAUSSIAN_FIT_H
#define INCLUDED_STFT_KERNEL_PHASE_GAUSSIAN_FIT_H

#include <gnuradio/stft/api.h>
#include <complex>
#include <vector>

namespace gr::stft::kernel {

//! The Gaussian exp(-pi (m - win_length / 2 - shift)^2 / gamma) that is nearest to a window.
struct gaussian_fit {
    double gamma; //!< time-frequency ratio, samples^2
    //! Samples from the window's centre, win_length / 2 rounded down, to the centroid of |w|^2.
    double shift;
};

//! The fit to |w|: both of norm 1, the inner product with it is the largest.
STFT_API gaussian_fit fit_gaussian(const std::vector<std::complex<double>>& taps);

} // namespace gr::stft::kernel
#endif
