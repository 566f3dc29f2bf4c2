/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_BENCH_DETECTION_H
#define INCLUDED_STFT_LIB_BENCH_DETECTION_H

#include <cstddef>
#include <vector>

namespace gr::stft::bench {

//! Seconds per cell, a bin of a row, of each round.
struct detection {
    std::vector<double> noise; //!< white noise
    std::vector<double> busy;  //!< 60 steady tones, and as many bursts as fill a tenth of the cells
    std::size_t events;        //!< events that ended in the busy band in a round
};

/*!
 * \brief The detector with its default settings on power rows, after its warm-up, on one thread.
 *
 * \param n_fft bins of a row, 64 or more; \param rows of a round
 * \throws std::invalid_argument for fewer bins
 */
detection detect(std::size_t n_fft, std::size_t rows, std::size_t rounds);

} // namespace gr::stft::bench
#endif
