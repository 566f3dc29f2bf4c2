/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream_buffers.h"
#include "kernel/refuse.h"
#include <gnuradio/host_buffer.h>
#include <algorithm>
#include <numeric>

namespace gr::stft {

namespace {
constexpr std::size_t KiB = 1024, MiB = 1024 * KiB, page = 4096;
}

int rows_per_call(std::size_t row_bytes)
{
    return static_cast<int>(std::clamp<std::size_t>(512 * KiB / row_bytes, 1, 256));
}

gr::io_signature::sptr rows_signature(std::size_t row_bytes)
{
    const auto rows = 2 * static_cast<std::size_t>(rows_per_call(row_bytes));
    const auto whole_pages = page / std::gcd(page, row_bytes) * row_bytes;
    const bool single_mapped = whole_pages > 8 * MiB;
    const auto bytes =
        single_mapped ? rows * row_bytes : (rows * row_bytes / whole_pages + 1) * whole_pages;
    if (bytes > 512 * MiB)
        kernel::refuse("n_fft",
                       std::to_string(row_bytes) + " bytes a spectrum",
                       "would need a stream buffer of more than 512 MiB");
    return single_mapped ? gr::io_signature::make(1, 1, row_bytes, gr::host_buffer::type)
                         : gr::io_signature::make(1, 1, row_bytes);
}

} // namespace gr::stft
