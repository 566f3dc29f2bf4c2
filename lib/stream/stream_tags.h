/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_STREAM_TAGS_H
#define INCLUDED_STFT_LIB_STREAM_STREAM_TAGS_H

#include <gnuradio/stft/kernel/dstft/positions.h>
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/kernel/image/parameters2d.h>
#include <gnuradio/tags.h>
#include <optional>
#include <utility>
#include <vector>

namespace gr::stft {

//! Contents of the tags that describe the frames of a DSTFT and not those of an STFT.
struct dstft_frames {
    kernel::window_family family{ "hann" };
    kernel::norm norm = kernel::norm::l2;
    kernel::sharing share = kernel::sharing::frame;
    double theta = 0; //!< window length of the frame, samples
    double step = 0;  //!< samples from frame to frame
    double alpha = 0; //!< step as a fraction of the window length
    double c = 0;     //!< chirp rate, cycles per sample^2; NaN: each frame has its own
};

namespace kernel {
template <>
inline constexpr auto fields<dstft_frames> = std::tuple(
    field("family", &dstft_frames::family).with_tag("stft_family"),
    field("norm", &dstft_frames::norm, norm_named).with_tag("stft_norm"),
    field("share", &dstft_frames::share, sharing_named).with_tag("stft_share"),
    field("theta", &dstft_frames::theta).with_tag("stft_theta", above_zero, longest_window),
    field("step", &dstft_frames::step).with_tag("stft_step", above_zero, longest_hop),
    field("alpha", &dstft_frames::alpha).with_tag("stft_alpha", above_zero, 1e3),
    field("c", &dstft_frames::c).with_tag("stft_chirp", -0.5, 0.5));
}

/*!
 * \brief Contents of the tags on a stream of spectra: frame 0 and every change carry all of them
 * but the length, the last frame carries the length.
 */
struct stream_description {
    std::optional<std::int64_t> first;              //!< stft_first: first sample under the frame
    std::optional<std::int64_t> length;             //!< stft_length: samples of the whole stream
    kernel::change<kernel::bins_parameters> frames; //!< tags of an STFT
    kernel::change<dstft_frames> varying;           //!< tags of a DSTFT

    //! Takes the tag in if it is one of ours. \throws pmt::wrong_type, std::invalid_argument for a wrong value
    bool read(const gr::tag_t& tag);

    //! p with the values that tags give in place of its own.
    kernel::parameters applied_to(kernel::parameters p) const;
    kernel::bins_parameters applied_to(kernel::bins_parameters p) const;

    //! For blocks whose items keep their n_fft. \throws std::invalid_argument if a tag has given another one, which may
    //! have as many bins
    void check_n_fft(std::size_t n_fft) const;
    //! For blocks that follow n_fft. \throws std::invalid_argument if a tag has given one whose spectra have another
    //! number of bins
    void check_bins(kernel::sides sides, std::size_t bins) const;

    //! True if a tag has given anything about the frames of an STFT.
    bool describes_frames() const;
};

/*!
 * \brief True if a tag must not be copied to a block's output: the stft_* tags describe the input's
 * items, and so does packet_len, the length in items of a tagged stream's packet.
 */
bool ends_here(const pmt::pmt_t& key);

//! A sample rate, Hz; nullopt unless the value is a number in 1e-30 .. 1e30, in which densities fit
//! into single precision.
std::optional<double> rate_in(const pmt::pmt_t& value);

//! The value of a number that is not complex, of whatever type.
std::optional<double> real_number(const pmt::pmt_t& value);

using key_value = std::pair<pmt::pmt_t, pmt::pmt_t>;

//! The tags of a frame that starts at first, but for the length.
std::vector<key_value> description_tags(const kernel::parameters& p, std::int64_t first);
std::vector<key_value> description_tags(const kernel::bins_parameters& p, std::int64_t first);

//! The tags of frame rows of an image, which describe its height.
std::vector<key_value> image_tags(const kernel::image_axis& rows);

//! Tags that describe a DSTFT's frames. Without a pace, positions are a stream of their own; with theta 0, theta depends on
//! the bin or is a stream of its own; with c 0, there is no chirp rate; with c NaN, rates are a stream of their own.
std::vector<key_value> dstft_tags(std::size_t n_fft,
                                  const kernel::window_family& window,
                                  kernel::norm norm,
                                  const kernel::pacing* pace,
                                  kernel::sharing share,
                                  double theta,
                                  double c = 0);

//! The tag of the last frame.
key_value length_tag(std::int64_t length);

//! Sorts by sample; at one sample rx_rate comes first, since rx_time needs it.
void sort_by_sample(std::vector<gr::tag_t>& tags);

/*!
 * \brief Moves an rx_time (full seconds, fraction) by seconds, to the epoch at the earliest; other values come back
 * unchanged, and so does a time that the move would take out of range.
 */
pmt::pmt_t shifted_time(const pmt::pmt_t& rx_time, double seconds);

extern const pmt::pmt_t first_key, hop_key, length_key; // stft_first, stft_hop, stft_length
extern const pmt::pmt_t packet_length_key, rx_time_key, rx_rate_key;

} // namespace gr::stft
#endif
