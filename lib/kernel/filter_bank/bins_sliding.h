/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FILTER_BANK_BINS_SLIDING_H
#define INCLUDED_STFT_LIB_KERNEL_FILTER_BANK_BINS_SLIDING_H

#include "kernel/frames/cycles.h"
#include "kernel/simd/bin_routines.h"
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>
#include <limits>

namespace gr::stft::kernel {

/*!
 * \brief Chosen bins under a window that is a sum of cosines, by sums that are taken up from frame to frame.
 *
 * A frame's sum is that of its samples before the end of a period, taken backwards from there once for all frames that
 * start in the period, and that of the others, taken forwards as frames move on. Periods are win_length samples, ends are at
 * multiples of that. Two additions per sample and bin, and no subtraction.
 */
template <class T>
class bins_sliding
{
public:
    using complex = std::complex<real_t<T>>;

    //! True if the window is a sum of cosines that can slide.
    static bool fits(const parameters& p);

    //! \param p checked, and fits()
    explicit bins_sliding(const bins_parameters& p);

    //! Frames of one signal, hop apart from start on; samples from the first one's first sample on.
    void run(const T* samples, std::int64_t start, std::size_t frames, complex* rows);

    //! The next frame is another signal's.
    void forget() { d_next = std::numeric_limits<std::int64_t>::min(); }

private:
    void begin_period(std::int64_t end);

    std::size_t d_length, d_hop, d_bins;
    phase_reference d_phase;
    double d_gain;
    std::vector<double> d_amplitudes, d_cosines;
    std::vector<cycles> d_cycles; // per sample, of each lane
    volk::vector<double> d_fine, d_coarse, d_twiddle, d_entered, d_kept, d_leaving;
    std::vector<simd::sliding_block> d_blocks;
    bool d_absolute;
    std::int64_t d_next =
        std::numeric_limits<std::int64_t>::min(); // where the next frame continues
    std::size_t d_begin = 0;                      // offset of the period's first frame
};

} // namespace gr::stft::kernel
#endif
