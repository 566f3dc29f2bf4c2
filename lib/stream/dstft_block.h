/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_DSTFT_BLOCK_H
#define INCLUDED_STFT_LIB_STREAM_DSTFT_BLOCK_H

#include "change_queue.h"
#include "retune.h"
#include "stream_buffers.h"
#include "stream_end.h"
#include "tagged_block.h"
#include <cmath>

namespace gr::stft {

/*!
 * \brief Common part of the blocks that turn samples into frames at real positions: the size of
 * buffers, pending changes, tags.
 *
 * Interface is the public block. Change is a request from a setter or a message; its `at` is the
 * sample that the first changed frame is centred at or after. State is the state after a change.
 */
template <class Interface, class Change, class State>
class dstft_block : public tagged_block<Interface>
{
protected:
    /*!
     * The decimation sizes the buffers of all inputs.
     * \param step samples from frame to frame
     * \param item_bytes of a sample and of an item of each other input, together
     * \param rows that a work call should be able to write
     * \param per_bin whether items of other inputs are for all bins
     */
    dstft_block(double step, std::size_t item_bytes, int rows, bool per_bin)
    {
        this->set_tag_propagation_policy(gr::block::TPP_CUSTOM);
        this->set_items_per_call(rows);
        const auto most = static_cast<double>(kernel::longest_hop);
        this->set_decimation(per_bin ? 1 : static_cast<std::uint64_t>(std::clamp(step, 1.0, most)),
                             item_bytes);
    }

    void restarted() override
    {
        d_tags.clear();
        d_tagged_rate.reset();
        d_described = d_described_once = false;
    }

    //! Applies, in order, the changes that are due at a frame centred at t.
    template <class Apply>
    void apply_changes(const kernel::position& t, Apply apply)
    {
        for (; const auto* due = d_pending.due(t.sample); d_pending.pop()) {
            apply(*due);
            d_described = false;
        }
    }

    /*!
     * \brief Writes the tags of the frame at t, and its description if it is the first or a changed
     * one.
     * \param end position after the last sample under its window; the frame gets the tags of
     *        samples before `end` that no earlier window has held
     * \param step to the next frame
     * \param description gives the tags of a changed frame
     */
    template <class Description>
    void put_tags(std::uint64_t item,
                  const kernel::position& t,
                  std::int64_t end,
                  double step,
                  Description description)
    {
        put_tags(item, t, end, step);
        if (std::exchange(d_described, true))
            return;
        for (const auto& [key, value] : description())
            this->add_item_tag(0, item, key, value, this->alias_pmt());
        if (std::exchange(d_described_once, true))
            tell_rate(item, step);
    }

    //! Writes the remaining tags and the length of the stream to the last frame, at t.
    void
    put_last_tags(std::uint64_t item, const kernel::position& t, double step, std::int64_t received)
    {
        put_tags(item, t, INT64_MAX, step);
        const auto [key, value] = length_tag(received);
        this->add_item_tag(0, item, key, value, this->alias_pmt());
    }

    //! Sample rate in Hz, if known: from a tag, or else as given.
    std::optional<double> sample_rate() const { return d_tagged_rate ? d_tagged_rate : d_rate; }

    change_queue<Change, State> d_pending;
    std::optional<double> d_rate; // sample rate, Hz, until a tag gives one

private:
    using tagged_block<Interface>::d_tags;

    void put_tags(std::uint64_t item, const kernel::position& t, std::int64_t end, double step)
    {
        for (; !d_tags.empty() && static_cast<std::int64_t>(d_tags.front().offset) < end;
             d_tags.pop_front()) {
            auto& tag = d_tags.front();
            if (ends_here(tag.key))
                continue;
            if (pmt::eq(tag.key, rx_rate_key)) {
                if (const auto rate = this->rate_in(tag)) {
                    d_tagged_rate = rate;
                    tell_rate(item, step);
                }
                continue;
            }
            if (pmt::eq(tag.key, rx_time_key)) {
                const auto from = t.sample - static_cast<std::int64_t>(tag.offset);
                tag.value =
                    this->later(tag.value, static_cast<double>(from) + t.fraction, sample_rate());
            }
            this->add_item_tag(0, item, tag.key, tag.value, tag.srcid);
        }
    }

    void tell_rate(std::uint64_t item, double step)
    {
        if (!d_tagged_rate)
            return;
        const auto rate = *d_tagged_rate;
        this->add_item_tag(0, item, rx_rate_key, pmt::from_double(rate / step), this->alias_pmt());
        this->add_item_tag(0,
                           item,
                           pmt::mp(kernel::stft_fields::samp_rate.tag),
                           pmt::from_double(rate),
                           this->alias_pmt());
    }

    bool d_described = false, d_described_once = false;
    std::optional<double> d_tagged_rate; // of samples, Hz
};

} // namespace gr::stft
#endif
