/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_RECEIVER_TAGS_H
#define INCLUDED_STFT_LIB_STREAM_RECEIVER_TAGS_H

#include <gnuradio/logger.h>
#include <gnuradio/stft/kernel/records/event_text.h>
#include <gnuradio/tags.h>
#include <optional>

namespace gr::stft {

constexpr double most_lost = 1e15; //!< samples, or rows, that may be lost at once

//! True for the keys of a tag that counts lost samples, or says that there are some: "overflow" and "rx_overflow".
bool tells_of_overflow(const pmt::pmt_t& key);

//! Values of a receiver's tags at one item, but for rx_rate, which stream_block::rate_in() reads.
struct receiver_tags {
    std::optional<kernel::utc_time> time; //!< rx_time
    std::optional<double> freq;           //!< rx_freq, Hz
    bool overflow = false;                //!< there is a tag of lost samples
    std::int64_t lost = 0;                //!< samples, as that tag counts them; 0: not counted

    //! True for the keys of tags that read() takes.
    static bool takes(const pmt::pmt_t& key);

    //! Takes a tag. A value that cannot be used is ignored, and logged.
    void read(const gr::tag_t& tag, const gr::logger_ptr& logger);
};

//! Samples that were lost before an item.
struct stream_loss {
    bool counted = true;      //!< false: nobody knows how many
    std::int64_t rows = 0;    //!< whole rows, which the stream's count of samples goes on by
    std::int64_t samples = 0; //!< the number itself
};

/*!
 * \brief Samples that were lost before an item, from its tags; nothing if none were.
 *
 * A number that comes with an overflow counts, but the clock knows better: rx_time against the time known before, if they are
 * more than half a row apart. The count of a stream of samples goes on by whole rows, so that all blocks that look at
 * the samples, or at rows made of them, count alike.
 * \param tags of the item
 * \param sample number of its first sample, with the samples that were lost before
 * \param known rate, and time of a sample before
 * \param hop samples of a row
 * \param knows_rate whether known.samp_rate is the rate of the samples
 */
std::optional<stream_loss> lost_before(const receiver_tags& tags,
                                       std::int64_t sample,
                                       const kernel::event_context& known,
                                       std::size_t hop,
                                       bool knows_rate);

} // namespace gr::stft
#endif
