/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "row_buffer.h"
#include <gnuradio/buffer_reader.h>
#include <algorithm>
#include <cstring>
#include <new>

namespace gr::stft {

namespace {

//! One item always stays free, since equal indices of writer and reader mean that there is nothing to read. Of the others,
//! two at least let a block write while another one reads.
std::size_t length(std::size_t items) { return std::max<std::size_t>(items, 3); }

//! Places of items in memory: from the last index on, all but one of the buffer's items lie in one piece.
std::size_t places(std::size_t length) { return 2 * (length - 1); }

} // namespace

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
                                        gr::block_sptr)
{
    return gr::buffer_sptr(
        new row_buffer(items, item_bytes, readers_items, readers_multiple, writer));
}

row_buffer::row_buffer(int items,
                       std::size_t item_bytes,
                       std::uint64_t readers_items,
                       std::uint32_t readers_multiple,
                       gr::block_sptr writer)
    : gr::buffer(gr::buffer_mapping_type::double_mapped,
                 items,
                 item_bytes,
                 readers_items,
                 readers_multiple,
                 writer)
{
    d_bufsize = static_cast<unsigned>(length(static_cast<std::size_t>(items)));
    // a history begins with zeros
    d_memory.reset(static_cast<char*>(std::calloc(places(d_bufsize), item_bytes)));
    if (!d_memory)
        throw std::bad_alloc();
    d_base = d_memory.get();
}

std::size_t row_buffer::bytes(std::size_t items, std::size_t item_bytes)
{
    return places(length(items)) * item_bytes;
}

int row_buffer::space_available()
{
    auto least_read = d_abs_write_offset;
    int most_unread = 0;
    for (const auto* reader : d_readers) {
        least_read = std::min(least_read, reader->nitems_read());
        most_unread = std::max(most_unread, reader->items_available());
    }
    if (least_read != d_last_min_items_read) { // forgets the tags of items that all have read
        prune_tags(d_last_min_items_read);
        d_last_min_items_read = least_read;
    }
    return static_cast<int>(d_bufsize) - 1 - most_unread;
}

void row_buffer::post_work(int items)
{
    const auto copy = [this](std::size_t begin, std::size_t end, std::size_t to) {
        if (begin < end)
            std::memcpy(d_base + to * d_sizeof_item,
                        d_base + begin * d_sizeof_item,
                        (end - begin) * d_sizeof_item);
    };
    const std::size_t size = d_bufsize, begin = d_write_index;
    const auto end = begin + static_cast<std::size_t>(std::max(items, 0));
    const auto from = std::max(begin, size);
    copy(begin, std::min(end, size - 2), begin + size);
    copy(from, end, from - size);
}

unsigned row_buffer::index_add(unsigned a, unsigned b) { return (a + b) % d_bufsize; }

unsigned row_buffer::index_sub(unsigned a, unsigned b) { return (a + d_bufsize - b) % d_bufsize; }

} // namespace gr::stft
