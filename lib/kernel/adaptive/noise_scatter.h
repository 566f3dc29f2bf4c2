/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_NOISE_SCATTER_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_NOISE_SCATTER_H

#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>

namespace gr::stft::kernel {

//! Variance of the squared window as a distribution in time, of length 1.
STFT_API double variance_in_time(const window_family& window);

//! Standard deviation of the criterion of a block of cells in white noise.
//! \param bandwidth part of the band that the cells fill: 1, 1/2 for a real or an analytic signal, or that of a band
STFT_API double deviation_of_cells(const adaptive_settings& s, double bandwidth);

//! Entropy of the energies of frames in white noise, less that of equal energies: 0 is the greatest value.
struct energy_entropy {
    double mean, deviation;
};

/*!
 * \brief Returns the entropy that noise gives to the energies of frames under a window of length theta.
 *
 * Energies e of mean 1 have the entropy -variance(e) / 2, to second order. The variance follows from the squared window: a
 * frame has the degrees of freedom (integral of w^2)^2 / (integral of w^4), times the bandwidth, and frames that overlap
 * are correlated.
 *
 * \param apart samples from one frame to the next \param frames number of them
 */
STFT_API energy_entropy energies_of_noise(const window_family& window,
                                          double theta,
                                          double apart,
                                          std::int64_t frames,
                                          double bandwidth);

} // namespace gr::stft::kernel
#endif
