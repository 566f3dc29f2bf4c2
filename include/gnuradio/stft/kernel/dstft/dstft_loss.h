/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_DSTFT_LOSS_H
#define INCLUDED_STFT_KERNEL_DSTFT_DSTFT_LOSS_H

#include <gnuradio/stft/kernel/dstft/dstft.h>
#include <gnuradio/stft/kernel/dstft/pooled.h>
#include <optional>

namespace gr::stft::kernel {

/*!
 * \brief A loss of a whole recording's DSTFT with its gradients by window lengths and positions, for descents that
 * evaluate it again and again: memory is kept, and each frame stays in cache from its spectrum to its magnitudes and
 * from its cotangent to its gradient.
 *
 * The loss is the entropy of the magnitudes over the plane, or the pooled concentration.
 */
template <class T>
class STFT_API dstft_loss
{
public:
    using real = real_t<T>;             //!< the precision of everything
    using complex = std::complex<real>; //!< a bin

    //! \param transform the DSTFT
    //! \param share which cells have a window length in common
    //! \param rule of the pooled loss, or nothing for the entropy
    //! \param whitening one weight per bin, or none
    dstft_loss(dstft<T> transform,
               sharing share,
               std::optional<pooled_parameters> rule = {},
               std::vector<real> whitening = {});

    /*!
     * \brief The loss of samples x at frames t.
     * \param x every sample under a window
     * \param t centres of the frames
     * \param theta window lengths, by the sharing of the transform
     * \param theta_gradient dL/dtheta, of theta's size, or null
     * \param t_gradient dL/dt, one per frame, or null
     * \throws std::invalid_argument for a window length that the transform does not take
     */
    double evaluate(const excerpt<T>& x,
                    const std::vector<position>& t,
                    const double* theta,
                    double* theta_gradient = nullptr,
                    double* t_gradient = nullptr);

    //! The DSTFT whose loss it is.
    const dstft<T>& transform() const { return d_transform; }

private:
    dstft<T> d_transform;
    sharing d_share;
    std::optional<pooled_parameters> d_rule;
    std::vector<real> d_whitening;
    volk::vector<complex> d_spectra, d_by_theta, d_by_t, d_cotangent;
    volk::vector<real> d_modulus, d_logs;
};

} // namespace gr::stft::kernel
#endif
