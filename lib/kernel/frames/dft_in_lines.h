/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_DFT_IN_LINES_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_DFT_IN_LINES_H

#include "column_dft.h"
#include <volk/volk_alloc.hh>

namespace gr::stft::kernel {

/*!
 * \brief DFT of n complex numbers that stay in the nearest cache, in as few passes as registers allow.
 *
 * The first pass makes 8 or 16 columns of what belongs to every 8th or 16th bin, which fill lines of the cache; DFTs along them
 * are the rest.
 */
template <class R>
class dft_in_lines
{
public:
    using complex = std::complex<R>;

    //! True if n has the factors that it takes.
    static bool takes(std::size_t n);

    //! n points, which it takes()
    dft_in_lines(bool forward, std::size_t n);

    //! Numbers of scratch that execute() needs.
    std::size_t scratch_size() const;

    //! n numbers at any address -> n others at any address
    void execute(const complex* in, complex* out, complex* scratch) const;

private:
    bool d_forward;
    std::size_t d_n, d_columns;
    column_dft<R> d_along_column;
    volk::vector<R> d_twiddles; // as simd::dft_routines::row_pass() takes them
};

} // namespace gr::stft::kernel
#endif
