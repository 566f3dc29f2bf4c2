/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_DETECTOR_H
#define INCLUDED_STFT_DETECTOR_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/monitor/detector.h>
#include <string>

namespace gr::stft {

//! Settings of detector_vxm.
struct STFT_API detector_block_settings : kernel::detector_settings {
    kernel::placement where = kernel::placement::centred; //!< placement of the rows' frames
    double center_freq = 0; //!< Hz, of the rows' 0 Hz, unless a tag rx_freq gives it; 0: unknown
    std::string source;     //!< origin of the samples; a value of each message
};

namespace kernel {
//! Parameters of detector_block_settings.
template <>
inline constexpr auto fields<detector_block_settings> =
    std::tuple(field("n_fft", &detector_settings::n_fft).required(),
               field("hop", &detector_settings::hop).required(),
               field("window", &detector_settings::window),
               field("win_length", &detector_settings::win_length).automatic(),
               field("placement", &detector_block_settings::where, placement_named),
               field("samp_rate", &detector_settings::samp_rate),
               field("sides", &detector_settings::sides, sides_named),
               field("false_alarms", &detector_settings::false_alarms).changeable(),
               field("min_snr", &detector_settings::min_snr).changeable(),
               field("dynamic_range", &detector_settings::dynamic_range).changeable(),
               field("min_duration", &detector_settings::min_duration).changeable(),
               field("min_bandwidth", &detector_settings::min_bandwidth).changeable(),
               field("gap_rows", &detector_settings::gap_rows),
               field("gap_bins", &detector_settings::gap_bins),
               field("dc_guard", &detector_settings::dc_guard),
               field("scales", &detector_settings::scales),
               field("ignore", &detector_settings::ignore).changeable(),
               field("steps", &detector_settings::steps),
               field("update_interval", &detector_settings::update_interval),
               field("max_events", &detector_settings::max_events),
               field("warm_up", &noise_floor_settings::warm_up),
               field("steady", &noise_floor_settings::steady),
               field("least", &noise_floor_settings::least),
               field("quantile", &noise_floor_settings::quantile),
               field("adaptation", &noise_floor_settings::adaptation),
               field("source", &detector_block_settings::source),
               field("center_freq", &detector_block_settings::center_freq).changeable());
} // namespace kernel

/*!
 * \brief Finds events in rows of power spectral density: rows pass through, a message reports each event.
 *
 * Input: rows of spectrogram, kind "psd", not in decibels, one frame each. Output: the same rows. kernel::detector says
 * what is found, and at which rate of false alarms. Frames that hang over an end of the stream are lost rows to it: they hold
 * less noise. Near the stream's end the placement tells which those are, so rows are searched when as many have followed.
 *
 * Message port "events": a dict for each report, with the keys and units of kernel::to_json(). Values are integers, reals
 * and symbols, nil where they are unknown. sample_start counts samples of the stream and those that were lost.
 *
 * Tags: stft_*, rx_rate and rx_freq override the arguments. Another n_fft (of as many bins), hop, window or rate ends all events, and
 * the detector begins again. Another rx_freq is a retune (kernel::detector::retune()). rx_time gives the time of events; where it
 * jumps forward by more than half a hop, that many rows were lost (kernel::detector::skip()); where it jumps back, all
 * events end. A tag "overflow" or "rx_overflow" does the same: a number above 0 is that of the lost samples, with any other
 * value all events end. Rows that hold samples of both sides are lost, too.
 *
 * Message port "cmd": a dict (or pair) of false_alarms, min_snr, dynamic_range, min_duration, min_bandwidth, ignore, center_freq,
 * and reset (any value). Events end, and the detector begins again with the next row. Of a center_freq of 0 frequencies are relative
 * to the rows' 0 Hz again.
 */
class STFT_API detector_vxm : public changeable<detector_block_settings>
{
public:
    using sptr = std::shared_ptr<detector_vxm>; //!< type that make() returns

    /*!
     * \param s n_fft and hop at least
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    static sptr make(const detector_block_settings& s);

    //! All events end, and the detector begins again with the next row.
    virtual void reset() = 0;

    //! Samples by which the rows that are searched lag behind the newest one.
    virtual std::int64_t latency() const = 0;

    //! Groups of found cells that were not followed, since max_events were open.
    virtual std::uint64_t refused() const = 0;
};

} // namespace gr::stft
#endif
