/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_BUFFERS_H
#define INCLUDED_STFT_LIB_STREAM_BUFFERS_H

#include <gnuradio/io_signature.h>
#include <cstddef>
#include <vector>

namespace gr::stft {

/*!
 * \brief Rows of row_bytes that one work call should be able to write: about 1 MiB of them, 1 .. 512.
 *
 * Given as output multiple in a block's constructor and taken back in start(), it makes the scheduler
 * allocate buffers for that many without forcing it to wait for them.
 */
int rows_per_call(std::size_t row_bytes);

//! Rows for which a buffer takes half of its whole pages: they come anyway, but asked for less the scheduler warns.
int least_rows_per_call(std::size_t row_bytes);

//! Whether rows_signature() asks for a single-mapped buffer. A reader with a large output multiple enlarges
//! such a buffer to that multiple of rows.
bool single_mapped(std::size_t row_bytes);

/*!
 * \brief A signature of streams of rows: one, or from 1 to most.
 *
 * A double-mapped buffer holds whole pages, which for odd row sizes is up to 4096 rows; where that would
 * exceed 8 MiB, the buffer is a single-mapped one.
 * \throws std::invalid_argument if the stream's buffer would exceed 512 MiB
 */
gr::io_signature::sptr rows_signature(std::size_t row_bytes, int most = 1);

//! Streams of different rows, all but the first required of which may be left out. \throws std::invalid_argument as above
gr::io_signature::sptr mixed_rows_signature(int required,
                                            const std::vector<std::size_t>& row_bytes);

} // namespace gr::stft
#endif
