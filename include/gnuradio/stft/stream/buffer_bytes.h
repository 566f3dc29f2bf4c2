/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_STREAM_BUFFER_BYTES_H
#define INCLUDED_STFT_STREAM_BUFFER_BYTES_H

#include <gnuradio/stft/api.h>
#include <cstddef>

namespace gr::stft {

/*!
 * \brief Bytes of the buffer that the scheduler allocates for a block's output stream of rows of
 * row_bytes.
 *
 * About 2 MiB, or 1024 rows if that is less, in whole pages: their size and the row's have a common multiple, 512 rows
 * for n_fft / 2 + 1 complex bins. Where that would exceed 64 MiB, the buffer is as long as needed and lies in ordinary
 * memory, each row twice. A reader that wants more rows at once makes the buffer longer.
 * \throws std::invalid_argument if row_bytes is 0
 */
STFT_API std::size_t buffer_bytes(std::size_t row_bytes);

} // namespace gr::stft
#endif
