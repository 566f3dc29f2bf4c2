/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_ENERGY_MEASURE_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_ENERGY_MEASURE_H

#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>
#include <algorithm>

namespace gr::stft::kernel {

//! Entropy of the energies of a block's frames in white noise, less that of equal energies: 0 is the greatest value.
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
 * \param apart samples from one frame to the next \param frames number of them \param bandwidth as for rate_cost
 */
STFT_API energy_entropy energies_of_noise(const window_family& window,
                                          double theta,
                                          double apart,
                                          std::int64_t frames,
                                          double bandwidth);

/*!
 * \brief The entropy of the energies of a block's frames as a criterion, to be compared with that of all cells.
 *
 * The entropy of the cells scatters in white noise by sigma, and the best of several windows gains `most` by that: a click
 * that is weaker would be hidden by it. The energies scatter by `deviation`, many times less. So what they lack beyond their
 * mean in noise counts as the same deviation of the cells would, sigma / deviation times, until it makes up for `most`.
 */
class energy_measure
{
public:
    //! \param sigma standard deviation of the criterion of cells in white noise \param most what the best window gains by it
    energy_measure(const energy_entropy& in_noise, double sigma, double most)
        : d_mean(in_noise.mean),
          d_gain(in_noise.deviation > 0 ? std::max(sigma / in_noise.deviation - 1, 0.0) : 0),
          d_most(most)
    {}

    //! Returns the criterion. \param entropy that of the energies
    double value(double entropy) const
    {
        const double excess = std::max(d_mean - entropy, 0.0);
        return entropy + within_a_frame_of_noise - std::min(d_gain * excess, d_most);
    }

    //! Entropy of the cells of a frame of white noise: Euler's constant - 1.
    static constexpr double within_a_frame_of_noise = -0.42278433509846714;

private:
    double d_mean, d_gain, d_most;
};

/*!
 * \brief Returns what the best one of the window lengths gains by chance: sigma sqrt(2 ln M) at most, in the mean.
 *
 * In white noise the criteria under two windows with the ratio rho of their lengths are correlated by 2 / (rho + 1 / rho) =
 * 1 / cosh(ln rho), for Gaussian windows: as those with a rate and without are by 1 / sqrt(1 + k^2), k = sinh(ln rho). So
 * lengths from theta_min to theta_max are about M = 1 + ln(theta_max / theta_min) different ones to the noise.
 */
STFT_API double offered_by_lengths(const adaptive_settings& s, double sigma);

} // namespace gr::stft::kernel
#endif
