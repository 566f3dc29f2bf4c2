/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_STREAM_BUFFERS_H
#define INCLUDED_STFT_LIB_STREAM_STREAM_BUFFERS_H

#include <gnuradio/io_signature.h>
#include <cstddef>
#include <vector>

namespace gr::stft {

/*!
 * \brief Rows of row_bytes that one work call should be able to write: about 1 MiB of them, 1 .. 512, or half of what fits
 * into the whole pages that the buffer takes anyway.
 */
int rows_per_call(std::size_t row_bytes);

//! Least rows per call without a warning from GNU Radio: it allocates twice as many rows, in whole
//! pages, and warns if these hold more than twice what it asked for.
int least_rows_per_call(std::size_t row_bytes);

/*!
 * \brief Refuses rows that no stream can carry. To be called before anything is built.
 * \throws std::invalid_argument if the stream's buffer would exceed 512 MiB
 */
void check_rows(std::size_t row_bytes);

//! A signature of inputs of rows, which other blocks' buffers hold. \throws std::invalid_argument as check_rows()
gr::io_signature::sptr input_rows(std::size_t row_bytes);

//! A signature of outputs of rows: one, or from 1 to most. \throws std::invalid_argument as check_rows()
gr::io_signature::sptr output_rows(std::size_t row_bytes, int most = 1);

//! Streams of different rows, all but the first required of which may be left out. \throws std::invalid_argument as
//! check_rows()
gr::io_signature::sptr mixed_input_rows(int required, const std::vector<std::size_t>& row_bytes);

//! mixed_input_rows() for outputs.
gr::io_signature::sptr mixed_output_rows(int required, const std::vector<std::size_t>& row_bytes);

} // namespace gr::stft
#endif
