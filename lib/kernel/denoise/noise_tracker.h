/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DENOISE_NOISE_TRACKER_H
#define INCLUDED_STFT_LIB_KERNEL_DENOISE_NOISE_TRACKER_H

#include "kernel/denoise/presence_follower.h"
#include <gnuradio/stft/kernel/monitor/noise_floor.h>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Power of the noise in each bin, from rows of power |X|^2 that come one by one. R: float or double.
 *
 * As gain_settings::tracking has it. Of the first rows, as many as two windows are long, it is the mean. Rows that are all 0 count
 * for nothing.
 */
template <class R>
class noise_tracker
{
public:
    //! \param s checked
    explicit noise_tracker(const gain_settings& s);

    //! Takes the next row, all finite. whole: no end of the signal cuts its frame short.
    void follow(const R* row, bool whole);

    //! The noise in each bin, positive, once a row was there that is not 0.
    const std::vector<R>& noise() const { return d_noise; }

    //! The noise is this from now on.
    void set(const std::vector<double>& noise);
    //! The noise is learned from the next rows that are whole; meanwhile it is the mean of those.
    void learn(std::size_t rows);
    //! Rows that are still to be learned from.
    std::size_t to_learn() const { return d_to_learn; }
    //! Another way to know it, or other frames; the noise stays, times a factor.
    void change(const gain_settings& s, double factor = 1);

private:
    void add_to_mean(const R* row, std::size_t count);
    void follow_floor(const R* row);

    gain_settings d_settings;
    noise_tracking d_tracking;
    std::size_t d_first_rows, d_rows = 0; // of the start; whole rows taken so far, at most as many
    bool d_given = false;                 // noise was set or learned
    std::size_t d_to_learn = 0, d_learned = 0;
    std::vector<R> d_noise;
    presence_follower<R> d_presence;
    std::vector<noise_floor> d_floor; // one, or none
    std::vector<float> d_row,
        d_kept; // the last row; the first ones, from which the floor is estimated
    std::size_t d_kept_rows = 0;
};

} // namespace gr::stft::kernel
#endif
