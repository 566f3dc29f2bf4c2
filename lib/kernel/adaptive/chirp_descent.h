/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_CHIRP_DESCENT_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_CHIRP_DESCENT_H

#include "block_gradient.h"
#include <gnuradio/stft/kernel/dstft/chirp_dstft.h>

namespace gr::stft::kernel {

/*!
 * \brief Descends in the window length and the chirp rate of one frame, with the other frames of its block held fixed.
 *
 * One inverse FFT gives both derivatives of the criterion of the block. With stride 2, every second sample of an analytic
 * signal is taken, for the reason that chirp_bank gives.
 */
template <class R>
class STFT_API chirp_descent
{
public:
    using complex = std::complex<R>;
    using sample = complex; //!< a sample of the signal

    //! \param stride 1, or 2 if the signal is analytic
    chirp_descent(const adaptive_settings& s, std::size_t stride);

    //! Criterion of a block, and its derivatives by ln theta and the rate of a frame centred at t.
    //! \param others sums over the other frames of the block
    descent_point evaluate(const excerpt<complex>& x,
                           const position& t,
                           const frame_window& at,
                           const criterion_sums& others);

    //! Descends in ln theta and in the rate; a rate of 0 stays. \param mean sums per frame of the block \param frames number
    //! of frames of the block
    frame_window refine(const excerpt<complex>& x,
                        const position& t,
                        frame_window at,
                        const criterion_sums& mean,
                        std::int64_t frames);

    //! Takes the weights of the whitener, if they have changed.
    void whiten(const spectral_whitener<R>& whitener) { d_gradient.whiten(whitener); }

    //! Steps of a frame.
    std::int64_t take_steps() const { return d_settings.steps; }
    std::uint64_t evaluations() const { return d_evaluations; }
    //! Carries over the counter of the object that this one replaces.
    void take_over(const chirp_descent& other) { d_evaluations = other.d_evaluations; }

private:
    excerpt<complex> every_stride(const excerpt<complex>& x, std::int64_t about);

    adaptive_settings d_settings;
    std::int64_t d_stride;
    chirp_dstft<complex> d_transform; // takes one sample in each stride
    block_gradient<R> d_gradient;
    parameter_walk d_walk; // of refine()
    volk::vector<complex> d_samples, d_spectrum;
    std::uint64_t d_evaluations = 0;
};

} // namespace gr::stft::kernel
#endif
