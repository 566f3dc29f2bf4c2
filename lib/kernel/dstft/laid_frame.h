/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_LAID_FRAME_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_LAID_FRAME_H

#include "kernel/simd/multiply.h"
#include "window_samples.h"
#include <gnuradio/stft/kernel/frames/framing.h>
#include <algorithm>

namespace gr::stft::kernel {

//! Calls f(sample, offset, count) for each contiguous piece of a support in the DFT's buffer: two if
//! it wraps modulo n_fft.
template <class F>
void for_pieces(const window_support& s, std::size_t n_fft, F f)
{
    const auto before_wrap = std::min(s.count, n_fft - s.offset);
    f(s.first, s.offset, before_wrap);
    if (before_wrap < s.count)
        f(s.first + static_cast<std::int64_t>(before_wrap), std::size_t(0), s.count - before_wrap);
}

//! Place of the last frame in a DFT's buffer, which is zero elsewhere, so that no frame clears more than it must.
class laid_frame
{
public:
    explicit laid_frame(std::size_t n_fft) : d_n_fft(n_fft) {}

    //! Writes x times the taper, whose first number belongs to the support's first sample, to the buffer, modulo n_fft.
    template <class T, class W, class B>
    void write(const excerpt<T>& x, const window_support& s, const W* taper, B* buffer)
    {
        for_pieces(s, d_n_fft, [&](std::int64_t sample, std::size_t offset, std::size_t count) {
            const auto from = std::clamp<std::int64_t>(x.begin - sample, 0, count);
            const auto to = std::clamp<std::int64_t>(x.end - sample, from, count);
            std::fill_n(buffer + offset, from, B(0));
            if (from < to)
                multiply(x.samples + (sample - x.begin + from),
                         taper + (sample - s.first + from),
                         buffer + offset + from,
                         static_cast<std::size_t>(to - from));
            std::fill(buffer + offset + to, buffer + offset + count, B(0));
        });
        const auto clear = [&](std::int64_t from, std::int64_t to) {
            if (from >= to)
                return;
            const auto offset = modulo(from, d_n_fft), count = static_cast<std::size_t>(to - from);
            const auto before_wrap = std::min(count, d_n_fft - offset);
            std::fill_n(buffer + offset, before_wrap, B(0));
            std::fill_n(buffer, count - before_wrap, B(0));
        };
        // clear the previous frame's samples outside of the new support, or all of the rest if both
        // span more than n_fft
        const auto end = s.first + static_cast<std::int64_t>(s.count);
        if (std::max(end, d_end) - std::min(s.first, d_begin) <=
            static_cast<std::int64_t>(d_n_fft)) {
            clear(d_begin, std::min(s.first, d_end));
            clear(std::max(end, d_begin), d_end);
        } else {
            clear(end, s.first + static_cast<std::int64_t>(d_n_fft));
        }
        d_begin = s.first;
        d_end = end;
    }

private:
    std::size_t d_n_fft;
    std::int64_t d_begin = 0, d_end = 0; // samples
};

} // namespace gr::stft::kernel
#endif
