/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_ROW_WHITENER_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_ROW_WHITENER_H

#include "kernel/running_median.h"
#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Rows ln(1 + P / F) of a row of power P. F: the running median of the means of blocks of 8 bins, linear between the
 * blocks' centres. It has no memory of other rows, so gains and onsets need no settling.
 */
template <class R>
class row_whitener
{
public:
    //! \param bins of a row \param reach bins on either side that the median is over
    row_whitener(std::size_t bins, double reach);

    //! A power that is not finite, or all zero, gives a row of zeros.
    void whiten(const R* power, R* row);

private:
    std::size_t d_bins, d_blocks, d_half; // d_half: blocks on either side
    running_median d_median;
    std::vector<float> d_padded, d_floor; // means of blocks, mirrored at the ends
    std::vector<R> d_inverse;             // 1 / F
};

} // namespace gr::stft::kernel
#endif
