/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_BENCH_TRANSFORMS_H
#define INCLUDED_STFT_LIB_BENCH_TRANSFORMS_H

#include <cstddef>
#include <vector>

namespace gr::stft::bench {

//! Seconds of a DFT in each round, all cases in turn in each of them, and the errors.
struct transforms {
    double error, fftw_error;       //!< root of the mean square over that of the bins
    std::vector<double> ours, fftw; //!< fftw: by a plan that was measured, ten seconds at most
};

/*!
 * \brief The DFT of n numbers in single precision, as frames have it, compared with FFTW's, on one thread.
 *
 * \param n 2 .. 2^24
 * \param seconds of each case in each round
 * \throws std::invalid_argument for other sizes
 * \throws std::runtime_error if the results differ by more than 1e-5 of the peak
 */
transforms
compare_transforms(std::size_t n, bool complex_samples, std::size_t rounds, double seconds);

} // namespace gr::stft::bench
#endif
