/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_TAGGED_BLOCK_H
#define INCLUDED_STFT_LIB_TAGGED_BLOCK_H

#include "stream_tags.h"
#include <gnuradio/block.h>
#include <deque>

namespace gr::stft {

//! Keeps the tags of samples until they have a frame. Interface is the public block.
template <class Interface>
class tagged_block : public Interface
{
protected:
    //! Those of samples from .. to of this call.
    void take_tags(int from, int to)
    {
        const auto read = this->nitems_read(0);
        this->get_tags_in_range(d_found, 0, read + from, read + to);
        sort_by_sample(d_found);
        d_tags.insert(d_tags.end(), d_found.begin(), d_found.end());
    }

    //! An rx_time so many samples later, if their rate (Hz) is known.
    pmt::pmt_t later(const pmt::pmt_t& rx_time, double samples, const std::optional<double>& rate)
    {
        if (rate)
            return shifted_time(rx_time, samples / *rate);
        if (!std::exchange(d_warned, true))
            this->d_logger->warn("rx_time stays that of its sample: the sample rate is unknown (no "
                                 "rx_rate tag, and no samp_rate but 1)");
        return rx_time;
    }

    std::deque<gr::tag_t> d_tags; // of samples taken, not yet on a frame

private:
    std::vector<gr::tag_t> d_found;
    bool d_warned = false;
};

} // namespace gr::stft
#endif
