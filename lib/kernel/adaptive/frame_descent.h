/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_FRAME_DESCENT_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_FRAME_DESCENT_H

#include "block_criterion.h"
#include "spectral_whitener.h"
#include <gnuradio/stft/kernel/dstft/dstft.h>

namespace gr::stft::kernel {

//! Adam's step, without its rate: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
class adam
{
public:
    adam(double mean_decay, double square_decay) : d_beta{ mean_decay, square_decay } {}

    //! How far to go, in rates, against the gradient.
    double step(double gradient);
    void reset() { d_mean = d_square = 0, d_power[0] = d_power[1] = 1; }

private:
    double d_beta[2], d_power[2] = { 1, 1 }, d_mean = 0, d_square = 0;
};

/*!
 * \brief The criterion of a block as a function of the window length and the position of one of its frames, the
 * others held, and its gradient by one inverse FFT.
 */
template <class T>
class STFT_API frame_descent
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    frame_descent(const adaptive_settings& s, dstft<T>& transform);

    struct point {
        bool defined = false; //!< neither silence nor infinities
        double J = 0, by_log_theta = 0, by_t = 0;
        criterion_sums own; //!< sums of the frame alone, divided by n_fft
    };

    /*!
     * \param others sums of the block's other frames
     * \param gradients which ones are wanted
     */
    point look(const excerpt<T>& x,
               const position& t,
               double theta,
               const criterion_sums& others,
               learned gradients);

    //! Steps in ln theta, from theta; frames: of the block. \return the last theta, within the bounds
    double refine_theta(const excerpt<T>& x,
                        const position& t,
                        double theta,
                        const criterion_sums& mean,
                        std::int64_t frames);

    //! Steps in t, at most `most` samples from centre.
    position refine_t(const excerpt<T>& x,
                      const position& centre,
                      double theta,
                      double most,
                      const criterion_sums& mean,
                      std::int64_t frames);

    /*!
     * \brief Steps in ln theta of each bin of a frame whose bins have window lengths of their own, with total
     * variation against the neighbouring bins and the frame before.
     * \param log_theta bins() values, from here on; before those of the frame before, or null
     * \param mean sums of a frame of the block, for each band
     */
    void refine_cells(const excerpt<T>& x,
                      const position& t,
                      double* log_theta,
                      const double* before,
                      const criterion_sums* mean,
                      std::int64_t frames);

    //! exp(log_theta) within the bounds, which its rounding may leave.
    double theta_at(double log_theta) const;

    //! Follows the whitener.
    void whiten(const spectral_whitener<real>& whitener);

    //! 0: all steps; 1: half of them; 2: a quarter; one at least.
    void set_load(int level) { d_load = level; }

    //! How many steps to take now; what the load leaves out is counted.
    std::int64_t take_steps();

    std::uint64_t evaluations() const { return d_evaluations; }
    std::uint64_t dropped() const { return d_dropped; }

    //! Its counts.
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
    std::vector<adam> d_adam; // of each bin
};

} // namespace gr::stft::kernel
#endif
