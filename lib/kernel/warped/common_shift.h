/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_WARPED_COMMON_SHIFT_H
#define INCLUDED_STFT_LIB_KERNEL_WARPED_COMMON_SHIFT_H

#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Tells which of two window lengths errs less about the speed of a shaft, from one frame's rows under both.
 *
 * A line does not stand at quite the same frequency in both. If the speed bends within the longer window, all orders of
 * the shaft are shifted by the same ratio; noise shifts each of them by itself. So with the shifts d_i of K lines, in bins,
 * times the square root of their power over the noise, which gives all the same noise,
 *     z = (sum d_i)^2 / sum d_i^2 - 1
 * has the mean 0 in noise alone, whatever its level, and r / (r + K) times that of a common shift,
 * (sum s_i)^2 / sum s_i^2 - 1 with s_i = the line's frequency times that root, where r is the square of the common shift
 * over the variance that noise gives to the best mean of the lines. The longer window has the smaller squared error where
 * kappa r < 1. kappa is 1.45 for a speed that bends evenly and 2.2 for one that wanders at random (Hann's window,
 * lengths half an octave apart).
 *
 * The test by the difference of estimates under two windows is that of Katkovnik and Stankovic, "Instantaneous frequency
 * estimation using the Wigner distribution with varying and data-driven window length", 1998; they take the variance
 * as known, where here the lines' disagreement tells it.
 */
template <class R>
class common_shift
{
public:
    //! \param n_fft DFT length of the rows \param shorter, longer lengths of the windows in samples
    common_shift(std::size_t n_fft, double shorter, double longer);

    /*!
     * \brief Compares two rows ln(1 + P / F) of n_fft / 2 + 1 bins, P power, F the noise's.
     * \return below zero if the longer window errs less, above if the shorter one does; 0 with less than two lines
     */
    double compare(const R* shorter, const R* longer);

private:
    void find_lines(const R* shorter, const R* longer);

    std::size_t d_bins, d_alone, d_near, d_first;
    std::vector<double> d_shifts, d_places, d_sizes;
};

} // namespace gr::stft::kernel
#endif
