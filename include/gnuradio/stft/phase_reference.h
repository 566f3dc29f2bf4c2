/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_PHASE_REFERENCE_H
#define INCLUDED_STFT_PHASE_REFERENCE_H

#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/sync_block.h>

namespace gr::stft {

//! Settings of phase_reference_vcvc.
struct STFT_API phase_reference_settings {
    std::size_t n_fft = 0;                         //!< DFT length
    std::size_t hop = 0;                           //!< samples between frames
    std::size_t win_length = 0;                    //!< samples under the window; 0: n_fft
    kernel::phase_reference source{ "start" };     //!< phase reference of the input
    kernel::phase_reference target{ "start" };     //!< phase reference of the output
    kernel::sides sides = kernel::sides::onesided; //!< bins of an item
};

namespace kernel {
//! Parameters of phase_reference_settings.
template <>
inline constexpr auto fields<phase_reference_settings> = std::tuple(
    field("n_fft", &phase_reference_settings::n_fft).required(),
    field("hop", &phase_reference_settings::hop).required(),
    field("win_length", &phase_reference_settings::win_length).required().automatic(),
    field("source", &phase_reference_settings::source, kernel::phase_reference::named).required(),
    field("target", &phase_reference_settings::target, kernel::phase_reference::named).required(),
    field("sides", &phase_reference_settings::sides, sides_named));
} // namespace kernel

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

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const phase_reference_settings& s);

    //! Samples; 0.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
