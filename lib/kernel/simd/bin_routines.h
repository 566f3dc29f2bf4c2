/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SIMD_BIN_ROUTINES_H
#define INCLUDED_STFT_LIB_KERNEL_SIMD_BIN_ROUTINES_H

#include "routines.h"

/* The loops of chosen bins, compiled once for each instruction set like those of routines.h. */
namespace gr::stft::kernel::simd {

//! Cosines that a window may be the sum of, the constant one included, to slide.
constexpr std::size_t most_cosines = 5;

//! Samples between two exact phases, and between two places from which sums are taken up again.
constexpr std::size_t fine_samples = 64, step_samples = 1024;

/*!
 * \brief Frames of one period, to whose end E some of their samples belong and the others to the next period.
 *
 * Periods are as long as the window, and end where the sample's number is a multiple of that length. A sample's place is its
 * number - E + length; frames start at places 1 .. length and hold as many samples of the next period.
 */
template <class R>
struct sliding_run {
    const R* samples;   //!< from the first frame's first sample on, complex ones interleaved
    std::size_t frames; //!< of them, all of this period
    std::size_t hop;    //!< samples between frames
    std::size_t length; //!< of the window
    std::size_t begin;  //!< place of the period's first frame
    std::size_t
        place; //!< of the first frame here: begin, or one hop after the last frame of the previous run
    const double* cosines; //!< cosine and sine of 2 pi k m / length, [m][k = 1 ..][2]
    const double*
        amplitudes; //!< of the window's cosines, [k = 0 ..]; the k-th is at m = 0 what it is there
    bool absolute;  //!< phases count from sample 0, so all frames here are turned alike
};

//! block_lanes bins that slide together; all arrays hold [..][re, im][lane].
struct sliding_block {
    const double *fine,
        *coarse; //!< exp(-2j pi f i), i < fine_samples, and those of the places fine_samples i, from E
    const double* turn; //!< what to turn frames by: those of places fine_samples i, or just one
    double*
        entered; //!< sums over the next period's samples under the frame: 2 cosines - 1 complex numbers
    double* kept;    //!< sums over the period's last samples, from each multiple of step_samples on
    double* leaving; //!< of the frames of one step: what is theirs of this period
};

template <class R>
struct bin_routines {
    /*!
     * \brief Frames under a window that is a sum of cosines, the sums over their samples taken up from frame to frame.
     *
     * A frame's samples before the end of its period are summed backwards from there, the others forwards: nothing is ever
     * subtracted, so what has left the window leaves no trace, and what is summed in which order depends on nothing but the
     * frame's place.
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

//! Those that go with chosen<R>().
template <class R>
const bin_routines<R>& chosen_for_bins();

} // namespace gr::stft::kernel::simd
#endif
