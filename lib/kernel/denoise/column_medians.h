/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DENOISE_COLUMN_MEDIANS_H
#define INCLUDED_STFT_LIB_KERNEL_DENOISE_COLUMN_MEDIANS_H

#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Medians over time of each bin of the last rows.
 *
 * The values of each column are kept in order, those of one rank side by side, so that a row enters and another one leaves
 * in loops over bins without any branch. R: float or double.
 */
template <class R>
class column_medians
{
public:
    //! \param bins of a row \param rows whose median is taken, odd
    column_medians(std::size_t bins, std::size_t rows);

    //! No row has entered: as many as there are have to, before medians() means something.
    void clear();

    //! A row enters for one that leaves, which must be one that entered; null as long as there is none. Values must be finite.
    void replace(const R* leaves, const R* enters);

    //! The medians of the bins.
    const R* medians() const { return d_ranks.data() + d_rows / 2 * d_bins; }

private:
    std::size_t d_bins, d_rows;
    std::vector<R> d_ranks; // [rank][bin]
    std::vector<R> d_empty,
        d_before; // d_empty: what leaves instead of a row; d_before: the rank below
};

} // namespace gr::stft::kernel
#endif
