/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_PHASE_REFERENCE_H
#define INCLUDED_STFT_PHASE_REFERENCE_H

#include <gnuradio/stft/api.h>
#include <gnuradio/sync_block.h>

namespace gr::stft {

/*!
 * \brief Spectra in, the same spectra with another phase reference out.
 *
 * Items of n_fft / 2 + 1 (sides "onesided") or n_fft bins ("twosided", "centered"). kernel::phase_reference has
 * the definitions. Frames start at -(win_length / 2) + p hop unless tags of stft say otherwise; a stft_phase
 * tag overrides source, and leaves as target.
 */
class STFT_API phase_reference_vcvc : virtual public gr::sync_block
{
public:
    using sptr = std::shared_ptr<phase_reference_vcvc>; //!< type that make() returns

    /*!
     * \param n_fft, hop, win_length as in stft; win_length 0: n_fft
     * \param source, target "start", "centre" or "absolute"
     * \param sides "onesided", "twosided" or "centered"
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    static sptr make(std::int64_t n_fft,
                     std::int64_t hop,
                     std::int64_t win_length,
                     const std::string& source,
                     const std::string& target,
                     const std::string& sides = "onesided");

    //! Samples; 0.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
