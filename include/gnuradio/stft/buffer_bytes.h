/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BUFFER_BYTES_H
#define INCLUDED_STFT_BUFFER_BYTES_H

#include <gnuradio/stft/api.h>
#include <cstddef>

namespace gr::stft {

/*!
 * \brief Bytes of the buffer behind a block's stream of rows of row_bytes, as the scheduler allocates it.
 *
 * About 2 MiB, or 1024 rows if that is less; whole pages, which for an odd row are many, unless that would
 * exceed 8 MiB.
 * \throws std::invalid_argument if row_bytes is 0
 */
STFT_API std::size_t buffer_bytes(std::size_t row_bytes);

} // namespace gr::stft
#endif
