/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_PIECES_H
#define INCLUDED_STFT_LIB_QA_PIECES_H

#include <gnuradio/block.h>
#include <gnuradio/io_signature.h>
#include <algorithm>
#include <random>

namespace qa {

//! Passes items on in pieces of random sizes.
class pieces : public gr::block
{
public:
    //! \param bytes of an item \param most items of a piece
    pieces(std::size_t bytes, unsigned seed, int most)
        : gr::block("pieces",
                    gr::io_signature::make(1, 1, static_cast<int>(bytes)),
                    gr::io_signature::make(1, 1, static_cast<int>(bytes))),
          d_bytes(bytes), d_random(seed), d_size(1, most)
    {}

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& in,
                     gr_vector_void_star& out) override
    {
        const auto n = std::min({ d_size(d_random), noutput_items, ninput_items[0] });
        std::copy_n(static_cast<const char*>(in[0]),
                    static_cast<std::size_t>(n) * d_bytes,
                    static_cast<char*>(out[0]));
        consume_each(n);
        return n;
    }

private:
    std::size_t d_bytes;
    std::minstd_rand d_random;
    std::uniform_int_distribution<int> d_size;
};

} // namespace qa
#endif
