/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_DETECTOR_ROWS_H
#define INCLUDED_STFT_LIB_DETECTOR_ROWS_H

#include "kernel/monitor/row_grid.h"
#include "stream/stream_tags.h"
#include <gnuradio/stft/detector.h>
#include <optional>

namespace gr::stft {

//! Rates that tags have given so far, Hz.
struct rates_of_tags {
    std::optional<double> row_rate;  //!< rx_rate
    std::optional<double> samp_rate; //!< stft_samp_rate
};

//! The rows that a detector block is given, as its arguments and the tags describe them.
struct described_rows {
    detector_block_settings settings; //!< hop: samples from one frame to the next
    std::size_t average = 1;          //!< frames of which a row is the mean

    //! Places of the rows.
    kernel::row_grid grid() const;

    //! Settings of their detector, whose hop is that of rows.
    kernel::detector_settings of_detector() const;

    //! \throws std::invalid_argument as detector_settings::check(), and if too many rows may hang over the stream's end
    void check() const;

    //! True if the same detector serves the others.
    bool same_detector(const described_rows& other) const;

    //! These rows, searched with what may change while the block runs in other settings.
    described_rows with_changes(const detector_block_settings& changed) const;

    //! These rows with the values that tags of frames give. An n_fft of another number of bins is left out.
    described_rows with_frames(const stream_description& tags) const;

    /*!
     * \brief These rows with the rates that tags give.
     *
     * The rates of rows and of samples together tell how many frames a row is the mean of. The rate of rows alone gives that
     * of samples, for rows of single frames.
     */
    described_rows with_rates(const rates_of_tags& rates) const;
};

} // namespace gr::stft
#endif
