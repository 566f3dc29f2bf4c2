/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_REAL_DFT_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_REAL_DFT_H

#include "complex_dft.h"
#include "kernel/simd/dft_routines.h"
#include <volk/volk_alloc.hh>
#include <memory>

namespace gr::stft::kernel {

/*!
 * \brief DFT of n real numbers, and its inverse times n.
 *
 * For even n, pairs of neighbours are the complex numbers of a DFT of n / 2 points, from which a pass over pairs of
 * bins makes the real ones' DFT: half the work, and rows of spectra need no alignment. For odd n it is FFTW's, or the DFT of
 * n complex numbers where that is quicker, chosen as complex_dft chooses.
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

    //! Transforms in, n numbers, dft_plan<R>::aligned(), to out, n / 2 + 1 bins at any address.
    void forward(const R* in, complex* out, complex* scratch) const;

    //! forward() in two steps: what all bins are made from goes to scratch, and from there bins begin .. end - 1 to their
    //! places in out.
    void transform(const R* in, complex* scratch) const;
    void take(const complex* scratch, std::size_t begin, std::size_t end, complex* out) const;

    //! Transforms in as forward() does, and computes the squared magnitudes of the n / 2 + 1 bins.
    void powers(const R* in, R* power, complex* scratch) const;

    //! Transforms in, n / 2 + 1 bins at any address, to out, n numbers, dft_plan<R>::aligned().
    //! Imaginary parts of bins 0 and n / 2 (n even) are ignored.
    void backward(const complex* in, R* out, complex* scratch) const;

private:
    //! whole: an odd n by a DFT of n complex numbers.
    real_dft(direction which, std::size_t n, bool whole);
    static bool whole_is_quicker(direction which, std::size_t n);
    double seconds() const;
    std::size_t row_size() const;
    using side = typename simd::dft_routines<R>::side;
    void fold(const complex* in, std::size_t first, std::size_t last, side which, R c, complex* out)
        const;

    std::size_t d_n, d_half; // d_half: points of the complex DFT of pairs, 0 if n is odd
    direction d_which;
    std::shared_ptr<const complex_dft<R>> d_pairs; // of even n
    std::shared_ptr<const complex_dft<R>> d_whole; // of odd n, or
    std::shared_ptr<const dft_plan<R>> d_plan;
    volk::vector<R> d_twiddle_re, d_twiddle_im; // as simd::dft_routines::fold() takes them
    volk::vector<R> d_root_re, d_root_im;       // as fold_powers() takes them, of direction forward
};

} // namespace gr::stft::kernel
#endif
