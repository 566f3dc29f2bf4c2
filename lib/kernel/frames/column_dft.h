/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_COLUMN_DFT_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_COLUMN_DFT_H

#include <volk/volk_alloc.hh>
#include <complex>
#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

//! DFTs along columns that lie side by side, as many at a time as vectors take.
template <class R>
class column_dft
{
public:
    using complex = std::complex<R>;

    //! True if n has no prime factor above 13.
    static bool takes(std::size_t n);

    //! n points, which it takes()
    column_dft(bool forward, std::size_t n);

    std::size_t points() const { return d_n; }

    //! Appends to `twiddles` those for execute() to turn bin k by k shift / (points() whole) cycles, forward backwards;
    //! all in all points() - 1 numbers.
    void append_turned(std::size_t shift, std::size_t whole, volk::vector<complex>& twiddles) const;

    /*!
     * \brief Point i of the columns, at in[i in_stride] .. -> bin i of them, at out[i out_stride] ..
     *
     * columns: a multiple of the numbers in a line of the cache; turned: null or from append_turned();
     * a and b: points() columns numbers of scratch each; out may be b.
     */
    void execute(const complex* in,
                 std::size_t in_stride,
                 std::size_t columns,
                 const complex* turned,
                 complex* out,
                 std::size_t out_stride,
                 complex* a,
                 complex* b) const;

private:
    struct pass {
        std::size_t radix, m, s;
        std::vector<R> cosines, sines;
    };
    std::size_t d_n;
    bool d_forward;
    std::vector<pass> d_passes;
    volk::vector<complex> d_twiddles; // one pass after the other, not turned
};

} // namespace gr::stft::kernel
#endif
