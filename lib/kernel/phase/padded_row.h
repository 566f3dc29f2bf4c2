/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_PADDED_ROW_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_PADDED_ROW_H

#include <volk/volk_alloc.hh>
#include <cstddef>

namespace gr::stft::kernel {

//! Numbers of a row, the first one aligned for vectors, with room for one before it and for one after the last.
template <class R>
class padded_row
{
public:
    padded_row() = default;
    explicit padded_row(std::size_t count) : d_numbers(front + count + 1) {}

    R* data() { return d_numbers.data() + front; }
    const R* data() const { return d_numbers.data() + front; }

private:
    static constexpr std::size_t front = 64 / sizeof(R);
    volk::vector<R> d_numbers;
};

} // namespace gr::stft::kernel
#endif
