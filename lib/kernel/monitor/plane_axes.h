/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_PLANE_AXES_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_PLANE_AXES_H

#include <gnuradio/stft/kernel/monitor/detector_settings.h>
#include <cstdint>

namespace gr::stft::kernel {

//! Places of the rows of a stretch and of their bins, in samples and Hz.
struct plane_axes {
    double samp_rate;
    std::size_t n_fft, hop, bins;
    std::size_t zero_bin;      //!< bin of 0 Hz
    std::int64_t first_sample; //!< first sample of row 0

    //! The axes of rows with these settings, in the order of their frequencies.
    plane_axes(const detector_settings& s, std::int64_t first);

    //! Frequency of a bin's centre, or between those of two.
    double hz(double bin) const;
    //! The sample nearest to the centre of a row, or between those of two.
    std::int64_t nearest_sample(double row) const;
};

//! Bins between two ranges of bins; negative where they overlap.
std::int64_t bins_between(std::size_t a, std::size_t a_end, std::size_t b, std::size_t b_end);

//! Rows between two reports of an event that lasts: 16 at least, since with the default rate of 1 Hz a minute is less.
double rows_between_updates(const detector_settings& s);

} // namespace gr::stft::kernel
#endif
