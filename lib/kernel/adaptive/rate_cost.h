/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_RATE_COST_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_RATE_COST_H

#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>

namespace gr::stft::kernel {

/*!
 * \brief Gain that a chirp rate needs before it is believed: as much as noise is expected to offer.
 *
 * In white noise the criterion of a block scatters by sigma. Under a window that turns with rate c it scatters as much, and
 * is correlated with that under the same window at rest by
 *
 *     r = 1 / sqrt(1 + k^2),   k = 2 pi c V,
 *
 * V the variance of the squared window as a distribution in time: this is exact for a Gaussian window, and for Hann's
 * within 0.01. So the difference of the two has the standard deviation s = sigma sqrt(2 (1 - r)). Rates up to c are M = 1 + 2 k
 * different ones to the noise, and of M normal values the greatest is s sqrt(2 ln M) at most, in the mean. A run of frames
 * that is as long as a block pays one half of this in each frame, and the other half for its beginning and its end: then
 * longer runs, whose sums scatter by the root of their length, are as unlikely to pay.
 */
class STFT_API rate_cost
{
public:
    //! \param bandwidth part of the band that the signal fills: 1, or 1/2 for an analytic one
    rate_cost(const adaptive_settings& s, double bandwidth);

    //! Standard deviation of the criterion of a block in white noise.
    double sigma() const { return d_sigma; }
    //! Cost of a frame with this rate.
    double at(double rate) const;
    //! Derivative of at().
    double slope(double rate) const;
    //! Cost of the beginning of this rate, and of its end.
    double change(double rate) const { return d_half_block * at(rate); }

private:
    double d_sigma, d_factor, d_per_rate, d_half_block; // d_per_rate: k / c
};

} // namespace gr::stft::kernel
#endif
