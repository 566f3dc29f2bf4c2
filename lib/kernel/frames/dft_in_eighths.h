/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_DFT_IN_EIGHTHS_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_DFT_IN_EIGHTHS_H

#include "fft.h"
#include <volk/volk_alloc.hh>

namespace gr::stft::kernel {

/*!
 * \brief DFT of n = 8 m complex numbers by eight plans of FFTW, of m points each.
 *
 * A step of decimation in frequency splits the numbers into eight rows whose DFTs are every eighth bin, and a second pass
 * puts these into their order. Where all numbers just exceed a cache that an eighth of them fits in, FFTW's strides would
 * meet in a few lines of it.
 */
template <class R>
class dft_in_eighths
{
public:
    using complex = std::complex<R>;

    //! True if n is 8 m, and rows of m numbers are whole vectors.
    static bool takes(std::size_t n);

    //! n points, which it takes()
    dft_in_eighths(bool forward, std::size_t n);

    //! Numbers of scratch that execute() needs, dft_plan<R>::aligned().
    std::size_t scratch_size() const;

    //! n numbers at any address -> n others at any address
    void execute(const complex* in, complex* out, complex* scratch) const;

private:
    bool d_forward;
    std::size_t d_points, d_stride; // of a row; from one row to the next
    std::shared_ptr<const dft_plan<R>> d_plan;
    volk::vector<complex> d_twiddles; // as simd::dft_routines::split() takes them
};

} // namespace gr::stft::kernel
#endif
