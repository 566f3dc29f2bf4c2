/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_ENERGY_MEASURE_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_ENERGY_MEASURE_H

#include "noise_scatter.h"
#include <algorithm>

namespace gr::stft::kernel {

/*!
 * \brief The concentration of the energies of a block's frames as a criterion, to be compared with that of all cells.
 *
 * The criterion of a block is, in noise, that of its frames' energies plus what there is within a frame, and it is the latter
 * that scatters: the best of several windows gains `most` by it, which would hide a weak click. The energies scatter many
 * times less. So what they lack beyond their mean in noise counts as the same deviation of the cells would, until it makes
 * up for `most`.
 */
class energy_measure
{
public:
    //! \param within criterion of the cells of a frame of noise \param in_noise criterion of the energies \param sigma standard
    //! deviation of the criterion of the cells of a block of noise \param most what the best window gains by it
    energy_measure(double within, const energy_entropy& in_noise, double sigma, double most)
        : d_within(within), d_mean(in_noise.mean),
          d_gain(in_noise.deviation > 0 ? std::max(sigma / in_noise.deviation - 1, 0.0) : 0),
          d_most(most)
    {}

    //! Returns the criterion. \param J that of the energies, 0 for equal ones
    double value(double J) const
    {
        return J + d_within - std::min(d_gain * std::max(d_mean - J, 0.0), d_most);
    }

private:
    double d_within, d_mean, d_gain, d_most;
};

/*!
 * \brief Returns the measure of each window length; none unless the criterion is l1l2 or entropy, and for single frames.
 *
 * In white noise the criteria under two windows with the ratio rho of their lengths are correlated by 2 / (rho + 1 / rho) =
 * 1 / cosh(ln rho), for Gaussian windows: as those with a rate and without are by 1 / sqrt(1 + k^2), k = sinh(ln rho), see
 * rate_cost. So lengths from theta_min to theta_max are about M = 1 + ln(theta_max / theta_min) different ones to the
 * noise, and the best of them gains sigma sqrt(2 ln M) at most, in the mean.
 *
 * \param every frames from one measurement of a length to the next \param bandwidth as for deviation_of_cells()
 * \param part what the weights of a frame's cells add up to
 */
STFT_API std::vector<energy_measure> energy_measures(const adaptive_settings& s,
                                                     const std::vector<double>& theta,
                                                     const std::vector<std::int64_t>& every,
                                                     double bandwidth,
                                                     double part);

} // namespace gr::stft::kernel
#endif
