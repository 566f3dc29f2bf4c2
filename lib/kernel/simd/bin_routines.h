/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SIMD_BIN_ROUTINES_H
#define INCLUDED_STFT_LIB_KERNEL_SIMD_BIN_ROUTINES_H

#include "routines.h"

/* The loops of chosen bins, compiled once for each instruction set like those of routines.h. */
namespace gr::stft::kernel::simd {

//! Most cosines, the constant one included, of a window whose sums can slide.
constexpr std::size_t most_cosines = 5;

//! Samples between two exact phases, and between two offsets from which sums are continued.
constexpr std::size_t fine_samples = 64, step_samples = 1024;

/*!
 * \brief Frames that start in one period and end in the next; E is the end of the first.
 *
 * Periods are as long as the window, and end where the sample's number is a multiple of that
 * length. A sample's `offset` is its position in the period, number - E + length; a frame whose first
 * sample has offset s, 1 .. length, holds s samples of the next period.
 */
template <class R>
struct sliding_run {
    const R* samples;   //!< first sample of the first frame, complex ones interleaved
    std::size_t frames; //!< frames that start in this period
    std::size_t hop;    //!< samples between frames
    std::size_t length; //!< samples under the window
    std::size_t begin;  //!< offset of the period's first frame
    std::size_t offset; //!< start of the first frame here: begin, or one hop after the previous run
    const double* cosines;    //!< cosine and sine of 2 pi k m / length, [m][k = 1 ..][2]
    const double* amplitudes; //!< amplitudes of the window's cosines, [k = 0 ..]
    bool absolute; //!< phases count from sample 0, so all frames here have the same twiddle
};

//! block_lanes bins that slide together; all arrays hold [..][re, im][lane].
struct sliding_block {
    const double *fine,
        *coarse; //!< exp(-2j pi f i), i < fine_samples; and the same at offsets fine_samples i from E
    const double* twiddle; //!< twiddles of the frames: for each offset fine_samples i, or just one
    double*
        entered; //!< sums over the next period's samples under the frame: 2 cosines - 1 complex numbers
    double* kept;    //!< sums over the period's last samples, from each multiple of step_samples on
    double* leaving; //!< this period's share of each frame in the step
};

template <class R>
struct bin_routines {
    /*!
     * \brief Frames under a window that is a sum of cosines, the sums over their samples continued
     * from frame to frame.
     *
     * A frame's samples before the end of its period are summed backwards from there, the others forwards: nothing is ever
     * subtracted, so samples that left the window have no effect, and the order of the sum depends
     * on the frame's offset only.
     * \param rows [frame][bin] complex numbers, frames `bins` apart
     */
    void (*slide)(const sliding_run<R>& run,
                  bool is_complex,
                  std::size_t cosines,
                  const sliding_block* blocks,
                  std::size_t bins,
                  R* rows);

    //! sums[j] = sum_i x[i] taps[j stride + i], i = 0 .. count - 1, j = 0 .. rows - 1. The stride is a
    //! multiple of padding numbers above count, zeros follow the taps.
    void (*dot)(const R* x,
                std::size_t count,
                const R* taps,
                std::size_t stride,
                std::size_t rows,
                double* sums);

    std::size_t vector_bytes;
};

//! Table for the instruction set of chosen<R>().
template <class R>
const bin_routines<R>& chosen_for_bins();

} // namespace gr::stft::kernel::simd
#endif
