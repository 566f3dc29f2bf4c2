/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_REAL_DFT_H
#define INCLUDED_STFT_LIB_KERNEL_REAL_DFT_H

#include "complex_dft.h"
#include <volk/volk_alloc.hh>
#include <optional>

namespace gr::stft::kernel {

/*!
 * \brief DFT of n real numbers, and its inverse times n.
 *
 * For even n, pairs of neighbours are the complex numbers of a DFT of n / 2 points, from which a pass over pairs of
 * bins makes the real ones' DFT: half the work, and rows of spectra need no alignment.
 */
template <class R>
class real_dft
{
public:
    using complex = std::complex<R>;

    enum class direction { forward, backward };
    real_dft(direction which, std::size_t n);

    //! Numbers of scratch that both directions need, which must be dft_plan<R>::aligned().
    std::size_t scratch_size() const;

    //! in: n numbers, dft_plan<R>::aligned(); out: n / 2 + 1 bins at any address.
    void forward(const R* in, complex* out, complex* scratch) const;

    //! in: n / 2 + 1 bins at any address, of which imaginary parts at 0 and n / 2 (n even) are ignored; out: n numbers,
    //! dft_plan<R>::aligned().
    void backward(const complex* in, R* out, complex* scratch) const;

private:
    std::size_t row_size() const;

    std::size_t d_n, d_half;                     // d_half: points of the complex DFT, 0 if n is odd
    std::shared_ptr<const dft_plan<R>> d_plan;   // of odd n
    std::optional<const complex_dft<R>> d_pairs; // of even n
    volk::vector<R> d_turn_re, d_turn_im;        // as simd::dft_routines::fold() takes them
};

} // namespace gr::stft::kernel
#endif
