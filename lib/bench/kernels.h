/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_BENCH_KERNELS_H
#define INCLUDED_STFT_LIB_BENCH_KERNELS_H

#include <cstddef>
#include <vector>

namespace gr::stft::bench {

//! Seconds per frame of each round, all cases in turn in each of them, and what they were.
struct comparison {
    std::size_t frames; //!< frames of one call
    double ring_bytes;  //!< bytes of the spectra
    double error;       //!< largest difference of the results, relative to the peak
    std::vector<double> ours, naive,
        ffts; //!< this project, the yardstick, and FFTW's share of that
    std::vector<double>
        without_copies; //!< the yardstick without its copies; empty where FFTW cannot take the rows
};

/*!
 * \brief The STFT (Hann's window, whole frames) or its inverse, single precision, compared with the
 * naive loop, on one thread.
 *
 * \param n_fft 8 or more; \param hop at most n_fft / 2
 * \param seconds of each case in each round
 * \throws std::invalid_argument for other sizes
 * \throws std::runtime_error if the results differ by more than 1e-5 of the peak
 */
comparison compare(std::size_t n_fft,
                   std::size_t hop,
                   bool complex_samples,
                   bool inverse,
                   std::size_t rounds,
                   double seconds);

constexpr std::size_t exercise_frames = 32; //!< frames of one of exercise()'s runs

//! Runs the project's code alone, `times` times over the same frames, for tools that count
//! instructions.
//! \return a value that depends on the result, so that nothing is optimised away
float exercise(std::size_t n_fft,
               std::size_t hop,
               bool complex_samples,
               bool inverse,
               std::size_t times);

} // namespace gr::stft::bench
#endif
