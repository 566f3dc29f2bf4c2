/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_STREAM_EXCERPT_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_STREAM_EXCERPT_H

#include <gnuradio/stft/kernel/dstft/position.h>
#include <gnuradio/stft/kernel/frames/sliding_buffer.h>

namespace gr::stft::kernel {

//! The stretch of an endless signal that is still needed, contiguous in memory, and its position.
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
        d_samples.append(samples, count);
        d_received += static_cast<std::int64_t>(count);
        return count;
    }

    std::size_t room() const { return d_samples.room(); }

    void finish() { d_finished = true; }
    bool finished() const { return d_finished; }
    std::int64_t received() const { return d_received; }

    //! Samples before this one are not needed any more.
    void drop_before(std::int64_t sample)
    {
        const auto count = std::clamp<std::int64_t>(
            sample - d_first, 0, static_cast<std::int64_t>(d_samples.size()));
        d_samples.drop(static_cast<std::size_t>(count));
        d_first += count;
    }

    excerpt<T> samples() const { return { d_samples.data(), d_first, d_received }; }

    //! Makes room to hold this many samples at once.
    void reserve(std::size_t samples) { d_samples.reserve(samples + chunk); }

private:
    static constexpr std::size_t chunk = 32768;

    sliding_buffer<T> d_samples; // from sample d_first on
    std::int64_t d_first = 0;
    std::int64_t d_received = 0;
    bool d_finished = false;
};

} // namespace gr::stft::kernel
#endif
