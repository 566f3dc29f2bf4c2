/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_BENCH_IMAGES_H
#define INCLUDED_STFT_LIB_BENCH_IMAGES_H

#include <cstddef>
#include <vector>

namespace gr::stft::bench {

//! Seconds per patch of each round, both in turn in each of them.
struct image_comparison {
    std::size_t patches;             //!< patches of the image
    double error;                    //!< largest difference of the results, relative to the peak
    std::vector<double> ours, naive; //!< this project, and a patch at a time
};

/*!
 * \brief The 2-D STFT (Hann's window, centred, whole patches) or its inverse, single precision, on
 * one thread, compared with the loop that a competent program has: a patch times the window, FFTW's
 * 2-D real DFT as measured, a copy.
 *
 * \param window pixels under it, height and width; \param hop at most half of it
 * \throws std::invalid_argument for other sizes, or an image that is smaller than two windows
 * \throws std::runtime_error if the results differ by more than 1e-5 of the peak
 */
image_comparison compare_images(std::size_t height,
                                std::size_t width,
                                std::size_t window,
                                std::size_t hop,
                                bool inverse,
                                std::size_t rounds);

} // namespace gr::stft::bench
#endif
