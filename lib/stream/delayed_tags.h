/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_DELAYED_TAGS_H
#define INCLUDED_STFT_LIB_STREAM_DELAYED_TAGS_H

#include <gnuradio/tags.h>
#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace gr::stft {

//! Tags of output items that are not written yet, in the order of these items.
class delayed_tags
{
public:
    //! \param item of the output, at least that of the tag added before
    void add(std::int64_t item, gr::tag_t tag)
    {
        tag.offset = static_cast<std::uint64_t>(item);
        d_tags.push_back(std::move(tag));
    }

    /*!
     * \brief Calls emit(tag) for each tag of an item before `end`, which are written now, and removes it.
     *
     * If `end` is at least the length of the stream, the tags of later items go to the last one.
     * \param length of the stream in items, if it is known
     */
    template <class Emit>
    void release(std::uint64_t end, const std::optional<std::int64_t>& length, Emit emit)
    {
        const bool over = length && static_cast<std::int64_t>(end) >= *length;
        for (; !d_tags.empty() && (over || d_tags.front().offset < end); d_tags.pop_front()) {
            auto& tag = d_tags.front();
            tag.offset = std::min(tag.offset, end - 1);
            emit(tag);
        }
    }

    void clear() { d_tags.clear(); }

private:
    std::deque<gr::tag_t> d_tags;
};

} // namespace gr::stft
#endif
