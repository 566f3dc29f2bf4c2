/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_STREAM_BLOCK_H
#define INCLUDED_STFT_LIB_STREAM_STREAM_BLOCK_H

#include "delayed_tags.h"
#include "stream_tags.h"
#include <gnuradio/block.h>
#include <gnuradio/block_detail.h>
#include <gnuradio/buffer.h>
#include <algorithm>
#include <utility>

namespace gr::stft {

/*!
 * \brief Common part of all blocks: buffers of the size that they work best with, a new state for
 * each stream, and the handling of rx_rate and rx_time tags.
 *
 * Interface is the public block.
 */
template <class Interface>
class stream_block : public Interface
{
public:
    /*!
     * Whenever a flowgraph starts, the scheduler calls this before it allocates buffers. Told an output multiple, it
     * makes room for two of them in the block's own buffers and for what they are made from in upstream's.
     */
    bool check_topology(int ninputs, int noutputs) override
    {
        long items = d_items_per_call;
        for (int port = 0; port < noutputs; ++port)
            if (const auto limit = users_limit(port); limit > 0)
                items = std::min(items, limit / 2);
        this->set_output_multiple(static_cast<int>(std::max(1L, items)));
        return Interface::check_topology(ninputs, noutputs);
    }

    bool start() override
    {
        this->set_output_multiple(
            1); // buffers have their sizes; any number of items may be asked for
        gr::thread::scoped_lock lock(this->d_setlock);
        const bool writes = this->detail()->noutputs() > 0;
        if (this->nitems_read(0) == 0 && (!writes || this->nitems_written(0) == 0))
            restarted();
        return Interface::start();
    }

protected:
    //! Output items that a work call should be able to write. Less if the user limits the buffer of an output.
    void set_items_per_call(int items) { d_items_per_call = items; }

    //! Input items of item_bytes that an output item takes. The scheduler makes room for those of two work calls, here at most
    //! 32 MiB: what the block before it cannot write at once is asked for again. To be called after set_items_per_call().
    void set_decimation(std::uint64_t items, std::size_t item_bytes)
    {
        this->set_relative_rate(1, buffered(items, item_bytes, d_items_per_call));
    }

    //! Output items of item_bytes that each of the `inputs` input items of a work call gives. Room is made for those of two calls,
    //! at most 32 MiB: what does not fit is written in the next call. In place of set_items_per_call().
    void set_interpolation(std::uint64_t items, std::size_t item_bytes, int inputs)
    {
        const auto each = buffered(items, item_bytes, inputs);
        set_items_per_call(inputs * static_cast<int>(each));
        this->set_relative_rate(each, 1);
    }

    //! A new stream begins; the lock is held.
    virtual void restarted() = 0;

    //! Calls f() under the lock that work() holds as well, and returns its result.
    template <class F>
    auto locked(F f) const
    {
        gr::thread::scoped_lock lock(const_cast<stream_block*>(this)->d_setlock);
        return f();
    }

    /*!
     * \brief Divides the next `items` items of input 0 where they have tags, and calls f(from, to, tags) for each part in
     * order: items from .. to - 1 of this call, of which only the first has tags; rx_rate comes first among them.
     */
    template <class F>
    void for_runs_between_tags(int items, F f)
    {
        const auto read = this->nitems_read(0);
        this->get_tags_in_range(d_tags_of_call, 0, read, read + static_cast<std::uint64_t>(items));
        sort_by_sample(d_tags_of_call);
        const auto end = d_tags_of_call.cend();
        auto tag = d_tags_of_call.cbegin();
        for (int from = 0, to = 0; from < items; from = to) {
            const auto first = tag;
            while (tag != end && tag->offset == read + static_cast<std::uint64_t>(from))
                ++tag;
            to = tag == end ? items : static_cast<int>(tag->offset - read);
            f(from, to, std::vector<gr::tag_t>(first, tag));
        }
    }

    //! Adds a tag to the description of the stream. A wrong value is ignored and logged.
    void read_tag(stream_description& description, const gr::tag_t& tag)
    {
        try {
            description.read(tag);
        } catch (const std::exception& e) {
            this->d_logger->warn("tag {} ignored: {}", pmt::write_string(tag.key), e.what());
        }
    }

    //! Writes the tags of output items before `end`; all of them if the stream ends there.
    void
    write_tags(delayed_tags& tags, std::uint64_t end, const std::optional<std::int64_t>& length)
    {
        tags.release(end, length, [this](const gr::tag_t& tag) { this->add_item_tag(0, tag); });
    }

    //! Reads an rx_rate tag of the input: Hz, or nullopt if the value cannot be used; the first
    //! such value is logged.
    std::optional<double> rate_in(const gr::tag_t& tag)
    {
        const auto rate = gr::stft::rate_in(tag.value);
        if (!rate && !std::exchange(d_warned_of_rate, true))
            this->d_logger->warn("rx_rate ignored: {}: must be a number of Hz in 1e-30 .. 1e30",
                                 pmt::write_string(tag.value));
        return rate;
    }

    //! Moves an rx_time by `samples` samples, if their rate (Hz) is known.
    pmt::pmt_t later(const pmt::pmt_t& rx_time, double samples, const std::optional<double>& rate)
    {
        if (rate)
            return shifted_time(rx_time, samples / *rate);
        if (!std::exchange(d_warned_of_time, true))
            this->d_logger->warn("rx_time stays that of its sample: the sample rate is unknown (no "
                                 "rx_rate tag, and no samp_rate but 1)");
        return rx_time;
    }

private:
    //! These items or, where `times` as many take more than 16 MiB, fewer.
    static std::uint64_t buffered(std::uint64_t items, std::size_t item_bytes, int times)
    {
        constexpr std::uint64_t most_bytes = 16 << 20;
        const auto most = most_bytes / item_bytes / static_cast<std::uint64_t>(times);
        return std::max<std::uint64_t>(1, std::min(items, most));
    }

    //! Items to which the user has limited an output's buffer, if positive. The scheduler leaves the size of a former run's
    //! buffer in place of it, which would bind the next run's.
    long users_limit(int port)
    {
        const auto output = static_cast<std::size_t>(port);
        d_limits.resize(std::max(d_limits.size(), output + 1), -1);
        const auto detail = this->detail();
        const bool allocated =
            detail && port < detail->noutputs() &&
            this->max_output_buffer(output) == static_cast<long>(detail->output(output)->bufsize());
        if (allocated)
            this->set_max_output_buffer(port, d_limits[output]);
        else
            d_limits[output] = this->max_output_buffer(output);
        return d_limits[output];
    }

    int d_items_per_call = 1;
    std::vector<long> d_limits; // one for each output
    std::vector<gr::tag_t> d_tags_of_call;
    bool d_warned_of_rate = false, d_warned_of_time = false;
};

} // namespace gr::stft
#endif
