/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_SPECTRAL_KURTOSIS_H
#define INCLUDED_STFT_SPECTRAL_KURTOSIS_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/machine/spectral_kurtosis.h>

namespace gr::stft {

/*!
 * \brief Rows of power in, rows of their spectral kurtosis out: 0 in noise, -1 for a steady tone, large for bursts.
 *
 * Input: rows of power of one frame each, neither averaged nor in decibels. Output: a row for each block of `frames` rows, or, of
 * exponential means, for each row. kernel::spectral_kurtosis says what it is. A block that the stream's end cuts short is left out.
 *
 * Tags of a row go to the row it is part of; rx_rate is divided by the rows of a block. Message port "cmd": a dict (or pair) of reset
 * (any value), which forgets the rows so far.
 */
class STFT_API spectral_kurtosis_vff : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<spectral_kurtosis_vff>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::spectral_kurtosis_settings& s);

    //! Five standard deviations of each bin in noise, which fewer than a thousandth of the bins exceed.
    virtual std::vector<float> threshold() const = 0;

    //! Independent frames of a mean; below 100, thresholds are exceeded more often.
    virtual double independent_frames() const = 0;

    //! Forgets the rows so far.
    virtual void reset() = 0;

    //! Samples; 0, since a row leaves with the last of its block.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
