/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_COMPLEX_DFT_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_COMPLEX_DFT_H

#include "fft.h"
#include <volk/volk_alloc.hh>

namespace gr::stft::kernel {

/*!
 * \brief DFT of n complex numbers, or its inverse times n.
 *
 * If n is a power of two and the array just exceeds the first-level cache, all of FFTW's strides
 * map to the same few cache lines. Then one radix-4 step of decimation in frequency splits it into
 * four short DFTs, and a second pass interleaves their bins.
 */
template <class R>
class complex_dft
{
public:
    using complex = std::complex<R>;

    //! which: dft_kind::forward or backward
    complex_dft(dft_kind which, std::size_t n);

    //! True if execute() reads its input from front to back and takes any address.
    bool in_parts() const { return d_quarter != 0; }

    //! Numbers of scratch that execute() needs.
    std::size_t scratch_size() const { return 8 * d_stride; }

    //! n numbers -> n others; unless in_parts(), both must be dft_plan<R>::aligned(). scratch always.
    void execute(const complex* in, complex* out, complex* scratch) const;

private:
    bool d_forward;
    std::size_t d_quarter, d_stride; // numbers of a part, and from one to the next; 0: no parts
    std::shared_ptr<const dft_plan<R>> d_plan;
    volk::vector<complex> d_twiddles; // as simd::dft_routines::part() takes them
};

} // namespace gr::stft::kernel
#endif
