/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BAND_ENVELOPE_H
#define INCLUDED_STFT_BAND_ENVELOPE_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/machine/band_envelope.h>

namespace gr::stft {

/*!
 * \brief Rows of power in, a sample of the band's squared envelope out for each: kernel::band_envelope says how.
 *
 * Input: one-sided rows of spectrogram, kind "psd" or "power", not in decibels, one frame each. Output: a float for
 * each row, at the rows' rate.
 *
 * Tags: stft_samp_rate overrides the argument; the band's bins then follow, and the means begin again. stft_* tags
 * and packet_len end here, others go to the sample of their row.
 */
class STFT_API band_envelope_vf : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<band_envelope_vf>; //!< type that make() returns

    //! \param s n_fft at least \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::band_envelope_settings& s);

    //! Samples; 0, since a sample leaves with its row.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
