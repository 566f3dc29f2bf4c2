/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_TAGGED_BLOCK_H
#define INCLUDED_STFT_LIB_STREAM_TAGGED_BLOCK_H

#include "stream_block.h"
#include <deque>

namespace gr::stft {

//! Keeps the tags of samples until they have a frame. Interface is the public block.
template <class Interface>
class tagged_block : public stream_block<Interface>
{
protected:
    //! Collects the tags of input items from .. to - 1 of this call.
    void take_tags(int from, int to)
    {
        const auto read = this->nitems_read(0);
        this->get_tags_in_range(d_found, 0, read + from, read + to);
        sort_by_sample(d_found);
        d_tags.insert(d_tags.end(), d_found.begin(), d_found.end());
    }

    std::deque<gr::tag_t> d_tags; // of samples taken, not yet on a frame

private:
    std::vector<gr::tag_t> d_found;
};

} // namespace gr::stft
#endif
