/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_ROW_GRID_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_ROW_GRID_H

#include <gnuradio/stft/kernel/frames/framing.h>

namespace gr::stft::kernel {

//! Places of rows in a stream of samples, where each row is the mean power of as many consecutive frames.
class row_grid
{
public:
    row_grid(const framing& frames, std::size_t frames_per_row)
        : d_frames(frames), d_frames_per_row(static_cast<std::int64_t>(frames_per_row))
    {}

    //! The first sample under row 0.
    std::int64_t first() const { return d_frames.first(); }
    //! Samples from one row's start to the next.
    std::int64_t hop() const { return hop_of_frames() * d_frames_per_row; }
    //! Samples under one row.
    std::int64_t span() const { return hop() - hop_of_frames() + win_length(); }

    //! Distance from a row's first sample to that of a frame of n_fft samples with the same centre.
    std::int64_t to_centred(std::size_t n_fft) const
    {
        return (hop() - hop_of_frames()) / 2 + win_length() / 2 -
               static_cast<std::int64_t>(n_fft / 2);
    }

    //! The least length of a stream in which a row, other than the first, begins at start.
    std::int64_t least_length(std::int64_t start) const
    {
        return d_frames.length_to_continue(start - hop_of_frames());
    }

    //! Rows at the stream's end that may hang over it.
    std::int64_t overhanging() const
    {
        const auto beyond = span() - least_length(0);
        return beyond <= 0 ? 0 : (beyond - 1) / hop() + 1;
    }

    //! Rows, from the one on that holds a sample, that may hold samples of both of its sides.
    std::int64_t across() const { return (span() - 2) / hop() + 1; }

private:
    std::int64_t hop_of_frames() const { return static_cast<std::int64_t>(d_frames.hop()); }
    std::int64_t win_length() const { return static_cast<std::int64_t>(d_frames.win_length()); }

    framing d_frames;
    std::int64_t d_frames_per_row;
};

} // namespace gr::stft::kernel
#endif
