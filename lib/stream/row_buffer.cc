/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "row_buffer.h"
#include <gnuradio/block.h>
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
    d_buffer.reset(new char[items * item_bytes]);
    d_base = d_buffer.get();
    return true;
}

void row_buffer::post_work(int) {} // what was written is where readers look for it

bool row_buffer::input_blocked_callback(int required, int available, unsigned read_index)
{
    return input_blocked_callback_logic(
        required, available, read_index, d_base, std::memcpy, std::memmove);
}

bool row_buffer::output_blocked_callback(int multiple, bool force)
{
    return output_blocked_callback_logic(multiple, force, d_base, std::memmove);
}

} // namespace gr::stft
