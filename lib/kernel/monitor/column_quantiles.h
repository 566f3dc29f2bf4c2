/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_COLUMN_QUANTILES_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_COLUMN_QUANTILES_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

//! Quantiles in time of each bin of some rows, each row divided by its gain.
class column_quantiles
{
public:
    /*!
     * \param rows,gains the rows from which quantiles are taken, at least one, and the gain of each
     * \param bins of a row
     * \param share of the values that lie below the quantile, 0 .. 1; the nearest value of the column counts
     * \param quantiles of the bins
     */
    void find(const float* const* rows,
              const float* gains,
              std::size_t count,
              std::size_t bins,
              double share,
              float* quantiles);

private:
    std::vector<std::int32_t> d_keys; // of a few columns
};

} // namespace gr::stft::kernel
#endif
