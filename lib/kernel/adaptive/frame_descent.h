/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_FRAME_DESCENT_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_FRAME_DESCENT_H

#include "block_criterion.h"
#include "spectral_whitener.h"
#include <gnuradio/stft/kernel/dstft/dstft.h>

namespace gr::stft::kernel {

//! Adam's step, without its rate: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR
//! 2015, algorithm 1.
class adam
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

/*!
 * \brief Descends in the window length or the position of one frame, with the other frames of its
 * block held fixed.
 *
 * One inverse FFT gives the gradient of the criterion of the block.
 */
template <class T>
class STFT_API frame_descent
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    frame_descent(const adaptive_settings& s, dstft<T>& transform);

    //! Criterion of a block and its derivatives.
    struct point {
        bool defined = false; //!< false for silence and for sums that are not finite
        double J = 0, by_log_theta = 0, by_t = 0;
        criterion_sums own; //!< sums of the frame alone, divided by n_fft
    };

    /*!
     * \brief Evaluates the criterion of a block at one theta and t of a frame.
     * \param others sums over the other frames of the block
     * \param gradients derivatives to compute
     */
    point evaluate(const excerpt<T>& x,
                   const position& t,
                   double theta,
                   const criterion_sums& others,
                   learned gradients);

    //! Descends in ln theta, from theta. \param mean sums per frame of the block \param frames
    //! number of frames of the block \return the last theta, within the bounds
    double refine_theta(const excerpt<T>& x,
                        const position& t,
                        double theta,
                        const criterion_sums& mean,
                        std::int64_t frames);

    //! Descends in t, from `centre`; the result is at most `most` samples from it. \param mean
    //! \param frames as above
    position refine_t(const excerpt<T>& x,
                      const position& centre,
                      double theta,
                      double most,
                      const criterion_sums& mean,
                      std::int64_t frames);

    /*!
     * \brief Descends in ln theta of each bin, with the total variation over neighbouring bins and
     * the frame before.
     * \param log_theta ln theta of each bin: the start, then the result
     * \param before ln theta of each bin of the frame before, or null
     * \param mean sums per frame of the block, for each band
     * \param frames number of frames of the block
     */
    void refine_cells(const excerpt<T>& x,
                      const position& t,
                      double* log_theta,
                      const double* before,
                      const criterion_sums* mean,
                      std::int64_t frames);

    //! Returns exp(log_theta), clipped to the bounds, which its rounding may leave.
    double theta_at(double log_theta) const;

    //! Takes the weights of the whitener, if they have changed.
    void whiten(const spectral_whitener<real>& whitener);

    //! Sets the load level. 0: all steps; 1: half of them; 2: a quarter; but at least one.
    void set_load(int level) { d_load = level; }

    //! Returns the number of steps to take for a frame, and counts those that the load level leaves
    //! out.
    std::int64_t take_steps();

    std::uint64_t evaluations() const { return d_evaluations; }
    std::uint64_t dropped() const { return d_dropped; }

    //! Carries over the counters of the object that this one replaces.
    void take_over(const frame_descent& other)
    {
        d_evaluations = other.d_evaluations;
        d_dropped = other.d_dropped;
    }

private:
    void measure(const complex* spectrum);

    adaptive_settings d_settings;
    dstft<T>& d_transform;
    block_criterion<real> d_criterion;
    bin_band d_all;
    std::vector<bin_band> d_bands;
    int d_load = 0;
    std::uint64_t d_version = 0, d_evaluations = 0, d_dropped = 0;
    volk::vector<real> d_weight, d_q, d_factor, d_part;
    volk::vector<complex> d_spectrum, d_by_theta;
    std::vector<double> d_theta, d_gradient, d_variation;
    std::vector<adam> d_adam; // one per bin
};

} // namespace gr::stft::kernel
#endif
