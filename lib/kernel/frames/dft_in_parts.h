/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_DFT_IN_PARTS_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_DFT_IN_PARTS_H

#include "column_dft.h"
#include <volk/volk_alloc.hh>

namespace gr::stft::kernel {

/*!
 * \brief DFT of n = rows x columns complex numbers by DFTs of `rows` and of `columns` points.
 *
 * The numbers are a matrix, row after row. DFTs along some neighbouring columns at a time are turned by twiddles and
 * written to scratch as rows, and DFTs along the columns of these make the result. Every pass over memory takes whole
 * lines of the cache, and all others stay in a near cache, however large n is. After D. H. Bailey, "FFTs in external or
 * hierarchical memory", 1990.
 */
template <class R>
class dft_in_parts
{
public:
    using complex = std::complex<R>;

    //! True if n is a product of rows and columns that make a DFT in parts.
    static bool takes(std::size_t n);

    //! n points, which it takes()
    dft_in_parts(bool forward, std::size_t n);

    //! Numbers of scratch that execute() needs.
    std::size_t scratch_size() const;

    //! n numbers at any address -> n others at any address
    void execute(const complex* in, complex* out, complex* scratch) const;

private:
    std::size_t d_rows, d_columns;
    std::size_t d_width;      // columns at a time
    std::size_t d_row_stride; // of the matrix in scratch
    column_dft<R> d_along_column, d_along_row;
    volk::vector<complex> d_turned; // twiddles along the columns, for each first one of neighbours
    volk::vector<R> d_re_twice,
        d_im_signed; // and between neighbours, as simd::dft_routines::turn_columns() takes them
};

} // namespace gr::stft::kernel
#endif
