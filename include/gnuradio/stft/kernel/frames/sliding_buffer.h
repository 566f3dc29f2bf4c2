/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_SLIDING_BUFFER_H
#define INCLUDED_STFT_KERNEL_FRAMES_SLIDING_BUFFER_H

#include <algorithm>
#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief The stretch of an endless sequence that is still needed, contiguous in memory: values are appended at its end and
 * dropped at its beginning.
 *
 * Values are moved in memory only when the space after them is used up, so that with a capacity of twice the size each
 * value is moved once at most on average. Only reserve() allocates. Pointers are valid until the next append() or reserve().
 */
template <class V>
class sliding_buffer
{
public:
    //! \param capacity number of values that can be held at once
    explicit sliding_buffer(std::size_t capacity = 0) : d_values(capacity) {}

    //! Number of values held.
    std::size_t size() const { return d_end - d_begin; }
    //! Number of values that can be held.
    std::size_t capacity() const { return d_values.size(); }
    //! Number of values that can still be appended.
    std::size_t room() const { return capacity() - size(); }

    //!@{
    //! The oldest value, followed by the others.
    V* data() { return d_values.data() + d_begin; }
    const V* data() const { return d_values.data() + d_begin; }
    //!@}

    //! Appends count <= room() values for the caller to write: what they hold is unspecified.
    //! \return the first of them
    V* append(std::size_t count)
    {
        if (count > d_values.size() - d_end)
            move_to_front();
        d_end += count;
        return d_values.data() + (d_end - count);
    }
    //! Appends copies of count <= room() values.
    void append(const V* values, std::size_t count) { std::copy_n(values, count, append(count)); }
    //! Appends count <= room() zeros.
    void append_zeros(std::size_t count) { std::fill_n(append(count), count, V(0)); }

    //! Drops the oldest count <= size() values.
    void drop(std::size_t count) { d_begin += count; }
    //! Keeps the oldest count <= size() values, drops those after them.
    void keep(std::size_t count) { d_end = d_begin + count; }
    //! Drops all values.
    void clear() { d_begin = d_end = 0; }

    //! Raises the capacity to at least this, and keeps the values.
    void reserve(std::size_t capacity)
    {
        if (capacity > d_values.size())
            d_values.resize(capacity);
    }

private:
    void move_to_front()
    {
        std::copy(d_values.data() + d_begin, d_values.data() + d_end, d_values.data());
        d_end -= d_begin;
        d_begin = 0;
    }

    std::vector<V> d_values;
    std::size_t d_begin = 0, d_end = 0; // of the values held
};

} // namespace gr::stft::kernel
#endif
