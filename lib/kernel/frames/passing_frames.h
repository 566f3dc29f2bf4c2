/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_PASSING_FRAMES_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_PASSING_FRAMES_H

#include "kernel/simd/multiply.h"
#include <volk/volk_alloc.hh>
#include <algorithm>

namespace gr::stft::kernel {

//! Frames that come and go, as those of an STFT do: what else a transform keeps in the nearest cache costs time that
//! it does not show on one frame again and again.
template <class R>
class passing_frames
{
public:
    using complex = std::complex<R>;

    //! Bytes of rows that leave the nearest cache.
    static constexpr std::size_t bytes = 256 * 1024;

    //! Frames of n complex samples, a quarter of which are new; not forward: rows that become samples.
    passing_frames(bool forward, std::size_t n)
        : d_forward(forward), d_n(n),
          d_count(std::clamp<std::size_t>(bytes / (n * sizeof(complex)), 2, 64)),
          d_stride((n + line - 1) / line * line), d_samples(n + d_count * (n / 4)), d_frame(n),
          d_rows(d_count * d_stride), d_window(n)
    {}

    //! Calls transform(in, out) for each, the product with a window included.
    template <class Transform>
    void pass(const Transform& transform)
    {
        for (std::size_t p = 0; p < d_count; ++p) {
            complex* const samples = d_samples.data() + p * (d_n / 4);
            complex* const row = d_rows.data() + p * d_stride;
            if (d_forward) {
                multiply(samples, d_window.data(), d_frame.data(), d_n);
                transform(d_frame.data(), row);
            } else {
                transform(row, d_frame.data());
                multiply_add(d_frame.data(), d_window.data(), samples, d_n);
            }
        }
    }

private:
    static constexpr std::size_t line = 64 / sizeof(complex); // rows begin where plans take them

    bool d_forward;
    std::size_t d_n, d_count, d_stride;
    volk::vector<complex> d_samples, d_frame, d_rows;
    volk::vector<R> d_window;
};

} // namespace gr::stft::kernel
#endif
