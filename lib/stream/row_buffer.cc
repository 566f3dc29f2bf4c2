/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "row_buffer.h"
#include <gnuradio/block.h>
#include <gnuradio/buffer_reader.h>
#include <algorithm>
#include <cstring>

namespace gr::stft {

gr::buffer_type row_buffer::type()
{
    static const gr::buftype<row_buffer, row_buffer> type;
    return type;
}

gr::buffer_sptr row_buffer::make_buffer(int items,
                                        std::size_t item_bytes,
                                        std::uint64_t readers_items,
                                        std::uint32_t readers_multiple,
                                        gr::block_sptr writer,
                                        gr::block_sptr owner)
{
    std::shared_ptr<row_buffer> buffer(
        new row_buffer(items, item_bytes, readers_items, readers_multiple, writer, owner));
    if (!buffer->allocate_buffer(items))
        throw std::bad_alloc();
    return buffer;
}

bool row_buffer::do_allocate_buffer(std::size_t items, std::size_t item_bytes)
{
    d_memory.reset(
        static_cast<char*>(std::calloc(items, item_bytes))); // a history begins with zeros
    d_base = d_memory.get();
    return d_base;
}

//! The items before the write index that a reader still needs, those of its history included.
std::uint64_t row_buffer::unread(const gr::buffer_reader& reader) const
{
    return d_abs_write_offset + reader.link()->history() - 1 - reader.nitems_read();
}

//! True if the writer has wrapped around at the buffer's end, and the reader has not.
bool row_buffer::is_behind_the_edge(const gr::buffer_reader& reader) const
{
    return unread(reader) > d_write_index;
}

//! True if a reader needs every item in the buffer.
bool row_buffer::is_full() const
{
    return std::any_of(d_readers.begin(), d_readers.end(), [this](const auto* reader) {
        return unread(*reader) >= d_bufsize;
    });
}

int row_buffer::space_available()
{
    buffer_single_mapped::space_available(); // forgets the tags of items that all have read
    std::uint64_t most = 0;
    for (const auto* reader : d_readers)
        most = std::max(most, unread(*reader));
    if (most <= d_write_index) // as far as the end
        return static_cast<int>(d_bufsize - d_write_index);
    const auto space = most < d_bufsize ? d_bufsize - most : 0;
    // a reader that waits for several items, a history among them, gets them by a move, which needs room
    const auto kept = (d_max_reader_output_multiple > 1 ? d_max_reader_output_multiple : 0) +
                      std::max(1U, d_max_reader_history) - 1;
    return static_cast<int>(space > kept ? space - kept : 0);
}

void row_buffer::post_work(int) {} // what was written is where readers look for it

bool row_buffer::input_blocked_callback(int required, int available, unsigned read_index)
{
    if (is_full()) // nothing can be moved without loss
        return false;
    return input_blocked_callback_logic(
        required, available, read_index, d_base, std::memcpy, std::memmove);
}

bool row_buffer::output_blocked_callback(int multiple, bool force)
{
    const bool any_behind =
        std::any_of(d_readers.begin(), d_readers.end(), [this](const auto* reader) {
            return is_behind_the_edge(*reader);
        });
    return !any_behind && output_blocked_callback_logic(multiple, force, d_base, std::memmove);
}

} // namespace gr::stft
