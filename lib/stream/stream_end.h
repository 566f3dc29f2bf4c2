/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_STREAM_END_H
#define INCLUDED_STFT_LIB_STREAM_STREAM_END_H

#include <gnuradio/block_detail.h>
#include <gnuradio/buffer.h>
#include <gnuradio/buffer_reader.h>
#include <algorithm>

namespace gr::stft {

/*!
 * \brief True if the items that general_work() was given are the last ones. To be called before
 * consuming.
 *
 * The scheduler counts the input before it asks whether upstream is done, and upstream may deliver its last
 * items in between: being done is not enough. Nor are items_available(): where a buffer has an edge, they end there.
 */
inline bool input_ends(const gr::block_detail_sptr& detail, int ninput_items, unsigned port = 0)
{
    auto reader = detail->input(port);
    gr::thread::scoped_lock lock(*reader->mutex());
    return reader->done() && reader->nitems_read() + static_cast<std::uint64_t>(ninput_items) ==
                                 reader->buffer()->nitems_written();
}

/*!
 * \brief How many of the wanted items forecast() may ask for: none at the stream's end, so that
 * general_work() gets to see it, and never more than upstream's buffer can hold.
 */
inline int askable(const gr::block_detail_sptr& detail, std::int64_t wanted, unsigned port = 0)
{
    auto reader = detail->input(port);
    if (reader->done())
        return 0;
    const auto most = std::max(1, reader->max_possible_items_available() / 2);
    return static_cast<int>(std::clamp<std::int64_t>(wanted, 1, most));
}

} // namespace gr::stft
#endif
