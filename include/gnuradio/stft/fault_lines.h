/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_FAULT_LINES_H
#define INCLUDED_STFT_FAULT_LINES_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/machine/fault_lines.h>

namespace gr::stft {

//! Settings of the block fault_lines.
struct STFT_API fault_lines_block_settings : kernel::fault_lines_settings {
    double speed = 0; //!< Hz, of the shaft, where no second input tells it; 0: unknown
};

namespace kernel {
//! Parameters of fault_lines_block_settings.
template <>
inline constexpr auto fields<fault_lines_block_settings> =
    std::tuple(field("n_fft", &fault_lines_settings::n_fft).required(),
               field("balls", &bearing_geometry::balls).required(),
               field("ball_diameter", &bearing_geometry::ball_diameter).required(),
               field("pitch_diameter", &bearing_geometry::pitch_diameter).required(),
               field("contact_angle", &bearing_geometry::contact_angle),
               field("speed", &fault_lines_block_settings::speed).changeable(),
               field("samp_rate", &fault_lines_settings::samp_rate),
               field("win_length", &fault_lines_settings::win_length).automatic(),
               field("tolerance", &fault_lines_settings::tolerance),
               field("harmonics", &fault_lines_settings::harmonics),
               field("threshold", &fault_lines_settings::threshold).changeable(),
               field("whiten", &fault_lines_settings::whiten));
} // namespace kernel

/*!
 * \brief Looks for the lines of a bearing in spectra of an envelope, and reports each spectrum: kernel::fault_lines says how.
 *
 * Input 0: one-sided rows of spectrogram of the envelope, kind "psd", not in decibels; they may be means of several frames.
 * Input 1, which may be left out: the speed in Hz for each row; NaN or 0 where it is unknown. Output: the rows over their
 * running median, zeros where there is no verdict.
 *
 * Message port "events": a dict for each row: kind "bearing", row (its number), time (ISO 8601, UTC, by the tag rx_time), and the
 * keys of kernel::values_of(fault_report). nil for what is unknown.
 *
 * Tags: stft_samp_rate, stft_n_fft of as many bins, stft_win_length and stft_window override the settings. All tags pass through.
 * Message port "cmd": a dict (or pair) of speed and threshold.
 */
class STFT_API fault_lines : public changeable<fault_lines_block_settings>
{
public:
    using sptr = std::shared_ptr<fault_lines>; //!< type that make() returns

    //! \param s n_fft and the geometry at least \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const fault_lines_block_settings& s);

    //! Samples; 0, since a row is reported when it comes.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
