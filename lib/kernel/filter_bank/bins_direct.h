/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FILTER_BANK_BINS_DIRECT_H
#define INCLUDED_STFT_LIB_KERNEL_FILTER_BANK_BINS_DIRECT_H

#include "kernel/frames/cycles.h"
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>

namespace gr::stft::kernel {

//! Chosen bins under any window: the samples of each frame times the window times each bin's cisoid, summed.
template <class T>
class bins_direct
{
public:
    using complex = std::complex<real_t<T>>;

    //! \param p checked
    explicit bins_direct(const bins_parameters& p);

    //! One frame, the first of its samples at start.
    void analyse(const T* frame, std::int64_t start, complex* row);

private:
    std::size_t d_reals, d_stride;
    bool d_absolute;
    std::vector<cycles> d_cycles; // per sample, of each bin
    volk::vector<real_t<T>>
        d_taps; // for real and imaginary part of each bin, one for each real number of a frame
    std::vector<double> d_sums;
};

} // namespace gr::stft::kernel
#endif
