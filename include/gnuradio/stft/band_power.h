/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BAND_POWER_H
#define INCLUDED_STFT_BAND_POWER_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/machine/band_power.h>

namespace gr::stft {

/*!
 * \brief Rows of power spectral density in, the level of each band out.
 *
 * Input: rows of spectrogram_fvf, kind "psd", n_fft / 2 + 1 floats, not in decibels, of frames that no end of the stream cuts short
 * (placement "left"). Output: a vector of one float for each band and `average` rows; kernel::band_power says what it is. The last
 * vector averages the rows that are left.
 *
 * Tags of a row go to the vector it is part of; those of stft_*, of which stft_samp_rate and stft_win_length override the arguments, end
 * here; rx_rate is divided by average, and rx_time moved to the vector's first row. Where rx_time jumps, or a tag "overflow" or
 * "rx_overflow" comes, the vector before ends: none is of rows on both sides of lost samples. Message port "cmd": a dict (or pair) of average.
 */
class STFT_API band_power_vff : public changeable<kernel::band_power_settings>
{
public:
    using sptr = std::shared_ptr<band_power_vff>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::band_power_settings& s);

    //! Rows for a level, >= 1. The present ones keep what they have. \throws as request()
    void set_average(std::int64_t average) { this->request({ "average", average }); }

    //! Samples; 0, since a level leaves with the last of its rows.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
