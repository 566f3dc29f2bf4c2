/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_ROW_BUFFER_H
#define INCLUDED_STFT_LIB_STREAM_ROW_BUFFER_H

#include <gnuradio/buffer_single_mapped.h>
#include <gnuradio/buffer_type.h>
#include <cstdlib>
#include <memory>

namespace gr::stft {

/*!
 * \brief A stream's buffer in ordinary memory, for rows of which whole pages would take too much.
 *
 * GNU Radio's host_buffer is such a buffer, too, but it plays a device: it holds everything twice, and a reader
 * that waits for several items at the buffer's edge may be given stale ones. The rules that both inherit do not count a
 * reader's history as its own, and move items that another reader still needs; here such moves wait until it has read them.
 *
 * It is named in the signatures of outputs only: a signature of inputs that names a buffer's type makes the
 * scheduler refuse an output with readers of both kinds.
 */
class row_buffer : public gr::buffer_single_mapped
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

    int space_available() override;
    void post_work(int items) override;
    bool input_blocked_callback(int required, int available, unsigned read_index) override;
    bool output_blocked_callback(int multiple, bool force) override;

protected:
    bool do_allocate_buffer(std::size_t items, std::size_t item_bytes) override;

private:
    using gr::buffer_single_mapped::buffer_single_mapped;

    std::uint64_t unread(const gr::buffer_reader& reader) const;
    bool is_behind_the_edge(const gr::buffer_reader& reader) const;
    bool is_full() const;

    struct released {
        void operator()(char* memory) const { std::free(memory); }
    };
    std::unique_ptr<char, released> d_memory;
};

} // namespace gr::stft
#endif
