/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_PARAMETER_WALK_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_PARAMETER_WALK_H

#include "kernel/dstft/criteria.h"
#include "rate_cost.h"
#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>

namespace gr::stft::kernel {

//! Adam's step, without its rate: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR
//! 2015, algorithm 1.
class STFT_API adam
{
public:
    adam(double mean_decay, double square_decay) : d_beta{ mean_decay, square_decay } {}

    //! Returns the step against the gradient, in units of the learning rate.
    double step(double gradient);
    //! Discards both moments.
    void reset() { d_mean = d_square = 0, d_power[0] = d_power[1] = 1; }

private:
    double d_beta[2], d_power[2] = { 1, 1 }, d_mean = 0, d_square = 0;
};

//! Window length and chirp rate of a frame.
struct frame_window {
    double log_theta;
    double rate = 0; //!< cycles per sample^2
};

//! Criterion of a block of frames, and its derivatives by the parameters of one of them.
struct descent_point {
    bool defined = false; //!< false for silence and for sums that are not finite
    double J = 0, by_log_theta = 0, by_t = 0, by_rate = 0;
    criterion_sums own; //!< sums of the frame alone, divided by the points of its DFT

    bool usable() const;
};

//! A chirp rate in units of what widens a line by 2.7 bins under a window of length theta.
STFT_API double unit_of_rate(double theta);

/*!
 * \brief Adam's way through ln theta, and through chirp rates where they are learned, within the bounds of the settings.
 *
 * Rates go in units of unit_of_rate(theta). A wrong rate makes the window short, and so the steps long; a right one makes
 * it long, and them short.
 */
class STFT_API parameter_walk
{
public:
    //! \param decay an adam without moments
    parameter_walk(const adaptive_settings& s, const adam& decay);

    //! Goes one step. \param weight number of frames that the priors are weighed against
    void step(const descent_point& here, double weight, double learning_rate, frame_window& at);

    //! Discards the moments.
    void reset();

private:
    bool d_chirps;
    double d_prior, d_least, d_greatest, d_chirp_max;
    rate_cost d_cost;
    adam d_length, d_rate;
};

} // namespace gr::stft::kernel
#endif
