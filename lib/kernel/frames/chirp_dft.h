/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_CHIRP_DFT_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_CHIRP_DFT_H

#include <volk/volk_alloc.hh>
#include <complex>
#include <memory>

namespace gr::stft::kernel {

template <class R>
class complex_dft;

/*!
 * \brief DFT of any number n of complex numbers as a convolution with a chirp, by two DFTs of a longer size that is a power
 * of two, or 3 or 5 times one.
 *
 * k j = (k^2 + j^2 - (k - j)^2) / 2, so X[k] = c[k] sum_j x[j] c[j] conj(c[k - j]), c[j] = exp(-j pi j^2 / n). After
 * L. I. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", 1970.
 */
template <class R>
class chirp_dft
{
public:
    using complex = std::complex<R>;

    chirp_dft(bool forward, std::size_t n);

    //! Numbers of scratch that execute() needs, dft_plan<R>::aligned().
    std::size_t scratch_size() const;

    //! n numbers at any address -> n others at any address
    void execute(const complex* in, complex* out, complex* scratch) const;

private:
    std::size_t d_n, d_longer;
    std::shared_ptr<const complex_dft<R>> d_dft; // of d_longer points, forward
    volk::vector<complex> d_chirp, d_conjugate;  // c and conj(c)
    volk::vector<complex> d_filter;              // the DFT of conj(c), divided by d_longer
};

} // namespace gr::stft::kernel
#endif
