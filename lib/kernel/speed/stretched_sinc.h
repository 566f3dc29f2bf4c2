/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_STRETCHED_SINC_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_STRETCHED_SINC_H

#include <gnuradio/stft/kernel/frames/parameters.h>
#include <complex>
#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Interpolates samples by sums with a windowed sinc: 32 taps under a Kaiser window of beta 9, cut-off 0.92.
 *
 * A stretch > 1 makes it as many times as long, and its cut-off as many times lower. Rows of taps are stored for 512
 * instants between two samples, fewer if it is stretched; an instant between them takes the two nearest rows, in
 * proportion. The taps of a row add up to 1.
 */
template <class T>
class stretched_sinc
{
public:
    /*!
     * \brief The sinc that is stretched so much: all that ask for it share one, which is computed for the first of them (1.5 ms),
     * and stays. Takes a lock.
     * \param stretch >= 1
     */
    static const stretched_sinc& of(double stretch);

    explicit stretched_sinc(double stretch);

    double stretch() const { return d_stretch; }

    //! Samples before and after an instant that the sum takes.
    std::size_t reach() const { return d_reach; }

    //! The value at a fraction (0 .. 1) of a sample after samples[0]; samples 1 - reach() .. reach() exist.
    T at(const T* samples, double fraction) const;

private:
    using real = real_t<T>;

    double d_stretch;
    std::size_t d_reach, d_rows;
    std::vector<real> d_taps; // d_rows + 1 rows of 2 d_reach
};

} // namespace gr::stft::kernel
#endif
