/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_FRAME_FILE_SINK_H
#define INCLUDED_STFT_FRAME_FILE_SINK_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/records/frame_files.h>

namespace gr::stft {

//! Settings of frame_file_sink.
struct STFT_API frame_file_sink_settings : kernel::frame_files_settings {
    std::size_t hop = 0;  //!< samples from one row to the next, 1 .. 2^40
    double samp_rate = 1; //!< Hz, of the samples

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

namespace kernel {
//! Parameters of frame_file_sink_settings.
template <>
inline constexpr auto fields<frame_file_sink_settings> =
    std::tuple(field("directory", &frame_files_settings::directory).required(),
               field("vlen", &frame_files_settings::vlen).required(),
               field("hop", &frame_file_sink_settings::hop).required(),
               field("samp_rate", &frame_file_sink_settings::samp_rate),
               field("name", &frame_files_settings::name),
               field("rotate", &frame_files_settings::rotate),
               field("max_bytes", &frame_files_settings::max_bytes),
               field("description", &frame_files_settings::description));
} // namespace kernel

/*!
 * \brief Writes rows to NPY files with metadata next to them, a file for each period; kernel::frame_files says how.
 *
 * Input: rows of `vlen` floats, such as those of a spectrogram.
 *
 * Tags: rx_time gives the time of rows; without one it is the system's, when the first row comes. rx_rate (Hz, of the rows) and
 * stft_hop override samp_rate and hop. Another rate or rx_freq ends a file, and so do lost samples (rx_time, overflow,
 * rx_overflow as detector_vxm has them), since the rows of a file have even distances.
 *
 * A file that cannot be written is logged, and the flowgraph goes on. 64 MiB of rows wait in memory for the next attempt, after
 * 1 s, and after twice as long with each that fails, 60 s at most.
 */
class STFT_API frame_file_sink : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<frame_file_sink>; //!< type that make() returns

    /*!
     * \param s directory, vlen and hop at least
     * \throws std::invalid_argument naming the parameter, its value and the rule, also if there is no such directory
     */
    static sptr make(const frame_file_sink_settings& s);

    //! Files that are complete.
    virtual std::uint64_t files() const = 0;
    //! Rows that were left out, since others waited.
    virtual std::uint64_t lost() const = 0;
    //! Name of the last file that is complete, with its folder; "" before there is one.
    virtual std::string last_path() const = 0;
};

} // namespace gr::stft
#endif
