/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_BLOCK_GRADIENT_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_BLOCK_GRADIENT_H

#include "block_criterion.h"
#include "parameter_walk.h"
#include "spectral_whitener.h"

namespace gr::stft::kernel {

//! The criterion of a block of frames as a function of the spectrum of one of them.
template <class R>
struct STFT_API block_gradient {
    using complex = std::complex<R>;

    block_criterion<R> criterion;
    std::size_t n;                  //!< points of the DFT
    bin_band all;                   //!< every bin
    volk::vector<R> weight, factor; //!< W of each bin; factor S is the cotangent of S
    volk::vector<R> q;              //!< whitened powers

    block_gradient(const adaptive_settings& s, std::size_t n, bool one_sided)
        : criterion(s), n(n), all(band_of(n, one_sided, 0, 1))
    {}

    //! Makes room for spectra. Without it nothing may be measured.
    void reserve(std::size_t bins);
    //! Takes the weights of the whitener, if they have changed.
    void whiten(const spectral_whitener<R>& whitener);
    //! Computes q.
    void measure(const complex* spectrum);

    //! Computes J and the sums of the spectrum alone, and replaces the spectrum by its cotangent unless J is undefined.
    //! \param others sums over the other frames of the block
    descent_point differentiate(complex* spectrum, const criterion_sums& others);

private:
    std::uint64_t d_version = 0;
};

} // namespace gr::stft::kernel
#endif
