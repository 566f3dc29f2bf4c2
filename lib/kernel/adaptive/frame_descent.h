/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_FRAME_DESCENT_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_FRAME_DESCENT_H

#include "block_gradient.h"
#include <gnuradio/stft/kernel/dstft/dstft.h>

namespace gr::stft::kernel {

//! Learned positions are multiples of 2^-16 samples, which a double holds exactly up to 2^37 samples.
constexpr double places_per_sample = 65536;

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
    using sample = T; //!< a sample of the signal

    frame_descent(const adaptive_settings& s, dstft<T>& transform);

    /*!
     * \brief Evaluates the criterion of a block at one theta and t of a frame.
     * \param others sums over the other frames of the block
     * \param gradients derivatives to compute
     */
    descent_point evaluate(const excerpt<T>& x,
                           const position& t,
                           double theta,
                           const criterion_sums& others,
                           learned gradients);
    //! Evaluates the criterion with its derivative by ln theta.
    descent_point evaluate(const excerpt<T>& x,
                           const position& t,
                           const frame_window& at,
                           const criterion_sums& others)
    {
        return evaluate(x, t, theta_at(at.log_theta), others, learned::theta);
    }

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
    void whiten(const spectral_whitener<real>& whitener) { d_block.whiten(whitener); }

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
    adaptive_settings d_settings;
    dstft<T>& d_transform;
    block_gradient<real> d_block;
    parameter_walk d_walk; // of refine_theta()
    std::vector<bin_band> d_bands;
    int d_load = 0;
    std::uint64_t d_evaluations = 0, d_dropped = 0;
    volk::vector<real> d_part;
    volk::vector<complex> d_spectrum, d_by_theta;
    std::vector<double> d_theta, d_gradient, d_variation;
    std::vector<adam> d_adam; // one per bin
};

} // namespace gr::stft::kernel
#endif
