/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_CROSS_SPECTRUM_H
#define INCLUDED_STFT_CROSS_SPECTRUM_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/machine/cross_spectrum.h>

namespace gr::stft {

/*!
 * \brief Spectra of two or more sensors in, their averaged cross power, coherence, phase difference and transfer function out.
 *
 * Inputs: `channels` streams of spectra, in step; the first one is the reference. Outputs, of which the last ones may be left out, items
 * of a row for each other channel: cross power (complex), coherence (0 .. 1), phase difference (rad), transfer function (complex). One
 * item for each block of `frames` spectra, or, of exponential means, for each spectrum. kernel::cross_spectrum says what they are. A
 * block that the stream's end cuts short is left out.
 *
 * Powers are in the scaling of the spectra; inner bins of one-sided ones are doubled.
 *
 * Tags of the reference go to the item that their spectrum is part of; rx_rate is divided by the spectra of a block. Message port "cmd": a
 * dict (or pair) of reset (any value), which forgets the spectra so far.
 */
class STFT_API cross_spectrum_vcvc : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<cross_spectrum_vcvc>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::cross_spectrum_settings& s);

    //! Independent frames of a mean: those that overlap count for less than one.
    virtual double independent_frames() const = 0;

    //! Mean coherence of channels that have nothing in common, one over the independent frames.
    virtual double bias() const = 0;

    //! Coherence that channels with nothing in common exceed in this fraction of the bins. \throws std::invalid_argument unless
    //! it is between 0 and 1
    virtual double threshold(double fraction) const = 0;

    //! Forgets the spectra so far.
    virtual void reset() = 0;

    //! Samples; 0, since an item leaves with the last spectrum of its block.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
