/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_ROW_BUFFER_H
#define INCLUDED_STFT_LIB_STREAM_ROW_BUFFER_H

#include <gnuradio/buffer.h>
#include <gnuradio/buffer_type.h>
#include <cstdlib>
#include <memory>

namespace gr::stft {

/*!
 * \brief A stream's buffer in ordinary memory, for rows of which whole pages would take too much.
 *
 * It is circular, and its rows lie in memory twice, one buffer's length apart, as pages do that are mapped twice: whatever
 * a block reads or writes is in one piece, and no reader ever stands at an edge. GNU Radio's buffer_single_mapped has such
 * an edge, where items are moved for a reader of several at a time; the last ones of a stream may come too late for that.
 *
 * It is named in the signatures of outputs only: a signature of inputs that names a buffer's type makes the
 * scheduler refuse an output with readers of both kinds.
 */
class row_buffer : public gr::buffer
{
public:
    static gr::buffer_type type();

    //! Factory function of type().
    static gr::buffer_sptr make_buffer(int items,
                                       std::size_t item_bytes,
                                       std::uint64_t readers_items,
                                       std::uint32_t readers_multiple,
                                       gr::block_sptr writer,
                                       gr::block_sptr owner);

    //! Bytes that a buffer takes of which the scheduler wants this many items.
    static std::size_t bytes(std::size_t items, std::size_t item_bytes);

    int space_available() override;

    //! Copies the items that were written to their second place. The scheduler calls it before readers see them.
    void post_work(int items) override;

protected:
    unsigned index_add(unsigned a, unsigned b) override;
    unsigned index_sub(unsigned a, unsigned b) override;

private:
    row_buffer(int items,
               std::size_t item_bytes,
               std::uint64_t readers_items,
               std::uint32_t readers_multiple,
               gr::block_sptr writer);

    struct released {
        void operator()(char* memory) const { std::free(memory); }
    };
    std::unique_ptr<char, released> d_memory;
};

} // namespace gr::stft
#endif
