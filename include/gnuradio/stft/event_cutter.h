/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_EVENT_CUTTER_H
#define INCLUDED_STFT_EVENT_CUTTER_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/monitor/event_cutter.h>

namespace gr::stft {

//! Settings of event_cutter.
struct STFT_API event_cutter_block_settings : kernel::event_cutter_settings {
    std::size_t hop = 0; //!< samples from one row of the detector to the next, >= 1

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

namespace kernel {
//! Parameters of event_cutter_block_settings.
template <>
inline constexpr auto fields<event_cutter_block_settings> =
    std::tuple_cat(std::tuple(field("hop", &event_cutter_block_settings::hop).required()),
                   fields<event_cutter_settings>);
} // namespace kernel

/*!
 * \brief Cuts the samples of events out of the stream in which detector_vxm found them; kernel::event_cutter says how.
 *
 * Input: the complex samples of which the detector's rows are made. Message port "events": its messages. An event is asked for
 * where it begins and where it ends, so a clip ends after max_clip samples, even if the event lasts; gaps and retunes have no
 * clip.
 *
 * Message port "clips": for each a PDU of the samples, complex. Its dict is the event's message with clip_sample_start (as
 * sample_start: lost samples count, by whole rows), clip_samp_rate (Hz), clip_freq_center (Hz at 0 Hz in the clip, absolute if
 * freq_center is known), clip_decimation, and clip_missing (samples that were not kept any more or lie outside of the stream).
 *
 * Tags: rx_rate overrides samp_rate. rx_time, overflow and rx_overflow say how many samples were lost, as detector_vxm has it;
 * they are zeros in clips.
 *
 * The last events of a stream are reported after its end. The block waits for them, until the detector has ended, or two
 * seconds have passed without a message.
 */
class STFT_API event_cutter : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<event_cutter>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const event_cutter_block_settings& s);

    //! Clips so far.
    virtual std::uint64_t count() const = 0;
};

} // namespace gr::stft
#endif
