/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_STREAM_EXCERPT_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_STREAM_EXCERPT_H

#include <gnuradio/stft/kernel/dstft/dstft.h>
#include <algorithm>

namespace gr::stft::kernel {

//! The stretch of an endless signal that is still needed, in one piece.
template <class T>
class stream_excerpt
{
public:
    //! \param samples that may be held at once
    explicit stream_excerpt(std::size_t samples) : d_samples(samples + chunk) {}

    //! Takes as many as there is room for.
    std::size_t push(const T* samples, std::size_t count)
    {
        count = std::min(count, room());
        make_room(count);
        std::copy_n(samples, count, d_samples.data() + d_tail);
        d_tail += count;
        d_received += static_cast<std::int64_t>(count);
        return count;
    }

    std::size_t room() const { return d_samples.size() - stored(); }

    void finish() { d_finished = true; }
    bool finished() const { return d_finished; }
    std::int64_t received() const { return d_received; }

    //! Samples before this one are not needed any more.
    void drop_before(std::int64_t sample)
    {
        const auto count =
            std::clamp<std::int64_t>(sample - d_first, 0, static_cast<std::int64_t>(stored()));
        d_head += static_cast<std::size_t>(count);
        d_first += count;
    }

    excerpt<T> samples() const { return { d_samples.data() + d_head, d_first, d_received }; }

    //! Makes room to hold this many samples at once.
    void reserve(std::size_t samples)
    {
        const auto size = samples + chunk;
        if (size > d_samples.size())
            d_samples.resize(size);
    }

private:
    static constexpr std::size_t chunk = 32768;

    std::size_t stored() const { return d_tail - d_head; }

    void make_room(std::size_t count)
    {
        if (count <= d_samples.size() - d_tail)
            return;
        std::copy(d_samples.begin() + static_cast<std::ptrdiff_t>(d_head),
                  d_samples.begin() + static_cast<std::ptrdiff_t>(d_tail),
                  d_samples.begin());
        d_tail -= d_head;
        d_head = 0;
    }

    std::vector<T> d_samples;
    std::size_t d_head = 0, d_tail = 0; // what of it is in use
    std::int64_t d_first = 0;           // the sample at d_head
    std::int64_t d_received = 0;
    bool d_finished = false;
};

} // namespace gr::stft::kernel
#endif
