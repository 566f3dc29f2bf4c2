/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "row_buffer.h"
#include "stream_buffers.h"
#include <gnuradio/buffer_double_mapped.h>
#include <gnuradio/stft/stream/buffer_bytes.h>
#include <algorithm>
#include <numeric>

namespace gr::stft {

namespace {
constexpr std::size_t KiB = 1024, MiB = 1024 * KiB, page = 4096;

//! Granularity of a double-mapped buffer, in bytes.
std::size_t whole_pages(std::size_t row_bytes)
{
    return page / std::gcd(page, row_bytes) * row_bytes;
}

//! True if the rows of an output lie in a row_buffer.
bool too_long_for_pages(std::size_t row_bytes) { return whole_pages(row_bytes) > 64 * MiB; }

} // namespace

int rows_per_call(std::size_t row_bytes)
{
    const auto rows = std::clamp<std::size_t>(MiB / row_bytes, 1, 512);
    return std::max(static_cast<int>(rows), least_rows_per_call(row_bytes));
}

int least_rows_per_call(std::size_t row_bytes)
{
    const auto half = too_long_for_pages(row_bytes) ? 0 : whole_pages(row_bytes) / row_bytes / 2;
    return static_cast<int>((half + 1) / 2);
}

std::size_t buffer_bytes(std::size_t row_bytes)
{
    if (row_bytes < 1)
        kernel::refuse("row_bytes", row_bytes, "must be 1 or more");
    const auto rows = 2 * static_cast<std::size_t>(rows_per_call(row_bytes));
    const auto pages = whole_pages(row_bytes);
    return too_long_for_pages(row_bytes) ? row_buffer::bytes(rows, row_bytes)
                                         : (rows * row_bytes + pages - 1) / pages * pages;
}

void check_rows(std::size_t row_bytes)
{
    if (buffer_bytes(row_bytes) > 512 * MiB)
        kernel::refuse("n_fft",
                       std::to_string(row_bytes) + " bytes a spectrum",
                       "would need a stream buffer of more than 512 MiB");
}

namespace {

std::vector<int> checked_sizes(const std::vector<std::size_t>& row_bytes)
{
    std::vector<int> sizes;
    for (const auto bytes : row_bytes) {
        check_rows(bytes);
        sizes.push_back(static_cast<int>(bytes));
    }
    return sizes;
}

gr::buffer_type buffer_of(std::size_t row_bytes)
{
    return too_long_for_pages(row_bytes) ? row_buffer::type() : gr::buffer_double_mapped::type;
}

} // namespace

gr::io_signature::sptr input_rows(std::size_t row_bytes)
{
    check_rows(row_bytes);
    return gr::io_signature::make(1, 1, row_bytes);
}

gr::io_signature::sptr output_rows(std::size_t row_bytes, int most)
{
    check_rows(row_bytes);
    return gr::io_signature::make(1, most, row_bytes, buffer_of(row_bytes));
}

gr::io_signature::sptr mixed_input_rows(int required, const std::vector<std::size_t>& row_bytes)
{
    return gr::io_signature::makev(
        required, static_cast<int>(row_bytes.size()), checked_sizes(row_bytes));
}

gr::io_signature::sptr mixed_output_rows(int required, const std::vector<std::size_t>& row_bytes)
{
    const auto sizes = checked_sizes(row_bytes);
    gr::gr_vector_buffer_type types;
    for (const auto bytes : row_bytes)
        types.push_back(buffer_of(bytes));
    return gr::io_signature::makev(required, static_cast<int>(sizes.size()), sizes, types);
}

} // namespace gr::stft
