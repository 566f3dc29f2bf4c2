/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_RIDGE_TRACKER_H
#define INCLUDED_STFT_RIDGE_TRACKER_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/speed/ridge_tracker.h>
#include <string>

namespace gr::stft {

//! Settings of ridge_tracker_fvf.
struct STFT_API ridge_tracker_block_settings : kernel::ridge_tracker_settings {
    std::string source; //!< origin of the samples; a value of each message
};

//! Settings of ridge_tracker_vfvf.
struct STFT_API row_ridge_tracker_block_settings : kernel::row_ridge_tracker_settings {
    std::string source; //!< origin of the rows; a value of each message
};

namespace kernel {
//! Parameters of ridge_tracker_block_settings.
template <>
inline constexpr auto fields<ridge_tracker_block_settings> =
    std::tuple(field("samp_rate", &ridge_tracker_settings::samp_rate).required(),
               field("f_min", &ridge_settings::f_min).required().changeable(),
               field("f_max", &ridge_settings::f_max).required(),
               field("orders", &ridge_settings::orders),
               field("weights", &ridge_settings::weights),
               field("duration", &ridge_tracker_settings::duration),
               field("hop", &ridge_tracker_settings::hop).automatic(),
               field("rates", &ridge_tracker_settings::rates).automatic(),
               field("max_slew", &ridge_settings::max_slew).changeable(),
               field("lag", &ridge_settings::lag),
               field("tracks", &ridge_settings::tracks),
               field("reject", &ridge_settings::reject).changeable(),
               field("learn_min", &ridge_settings::learn_min),
               field("learn_max", &ridge_settings::learn_max),
               field("learn_time", &ridge_settings::learn_time),
               field("whiten", &ridge_tracker_settings::whiten),
               field("limit", &ridge_tracker_settings::limit).changeable(),
               field("source", &ridge_tracker_block_settings::source));

//! Parameters of row_ridge_tracker_block_settings.
template <>
inline constexpr auto fields<row_ridge_tracker_block_settings> =
    std::tuple(field("n_fft", &row_ridge_tracker_settings::n_fft).required(),
               field("hop", &row_ridge_tracker_settings::hop).required(),
               field("samp_rate", &row_ridge_tracker_settings::samp_rate).required(),
               field("f_min", &ridge_settings::f_min).required().changeable(),
               field("f_max", &ridge_settings::f_max).required(),
               field("orders", &ridge_settings::orders),
               field("weights", &ridge_settings::weights),
               field("win_length", &row_ridge_tracker_settings::win_length).automatic(),
               field("rates", &row_ridge_tracker_settings::rates),
               field("max_slew", &ridge_settings::max_slew).changeable(),
               field("lag", &ridge_settings::lag),
               field("tracks", &ridge_settings::tracks),
               field("reject", &ridge_settings::reject).changeable(),
               field("learn_min", &ridge_settings::learn_min),
               field("learn_max", &ridge_settings::learn_max),
               field("learn_time", &ridge_settings::learn_time),
               field("whiten", &row_ridge_tracker_settings::whiten),
               field("source", &row_ridge_tracker_block_settings::source));
} // namespace kernel

/*!
 * \brief Samples -> the speed of a machine, without a tacho. kernel::ridge_tracker says how.
 *
 * One block from samples to speed, since the frame that refines the speed and measures the orders is read from the samples.
 *
 * Output: an item for each frame, tracks x (4 + orders) values: rotation in Hz, its change in Hz/s, confidence (above 1: to be
 * trusted), swap_possible (0 or 1), and the amplitude of each order; then the next track. It comes latency() samples after
 * the frame's centre.
 *
 * Message port "events": a dict when a ridge is found ("lock") or lost ("loss") for half a second, and when shafts may have
 * changed names ("swap_possible"): kind, track, time (ISO 8601, nil where unknown), sample, frequency, rate, confidence, source.
 *
 * Message port "cmd": a dict (or pair) of f_min, max_slew, reject, limit, and reset (any value). The frames that wait leave, and the
 * path begins again with the next sample.
 *
 * Tags: rx_rate overrides samp_rate; items carry rx_rate, rx_time and stft_hop, stft_first (the sample at the centre of their frame)
 * where these change. Where rx_time jumps forward, or a tag "overflow" or "rx_overflow" counts lost samples, the last sample
 * stands for up to 10 s of them and their frames have confidence 0; at longer gaps the path begins again.
 */
class STFT_API ridge_tracker_fvf : public changeable<ridge_tracker_block_settings>
{
public:
    using sptr = std::shared_ptr<ridge_tracker_fvf>; //!< type that make() returns

    //! \param s samp_rate, f_min, f_max at least \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const ridge_tracker_block_settings& s);

    virtual void reset() = 0; //!< The path begins again with the next sample.
    virtual std::int64_t
    latency() const = 0;                  //!< samples after a frame's centre that its item comes
    virtual std::int64_t hop() const = 0; //!< samples from frame to frame
    virtual std::vector<double> learned() const = 0; //!< weights of the orders, as learned
};

/*!
 * \brief Rows of power of any origin -> ridges in them: the plain form of ridge_tracker_fvf. See kernel::row_ridge_tracker.
 *
 * Input: rates x (n_fft / 2 + 1) values; power, or with whiten 0 rows of warped_rows_fvf. Output, messages and "cmd" are those of
 * ridge_tracker_fvf, without limit; each row gives an item, with the row's tags.
 */
class STFT_API ridge_tracker_vfvf : public changeable<row_ridge_tracker_block_settings>
{
public:
    using sptr = std::shared_ptr<ridge_tracker_vfvf>; //!< type that make() returns

    //! \param s n_fft, hop, samp_rate, f_min, f_max at least
    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const row_ridge_tracker_block_settings& s);

    virtual void reset() = 0;                        //!< The path begins again with the next row.
    virtual std::int64_t latency() const = 0;        //!< samples after a row that its item comes
    virtual std::vector<double> learned() const = 0; //!< weights of the orders, as learned
};

} // namespace gr::stft
#endif
