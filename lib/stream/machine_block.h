/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_MACHINE_BLOCK_H
#define INCLUDED_STFT_LIB_STREAM_MACHINE_BLOCK_H

#include "event_messages.h"
#include "receiver_tags.h"
#include "stream_buffers.h"
#include "stream_end.h"
#include "tagged_block.h"
#include <cmath>
#include <memory>

namespace gr::stft {

/*!
 * \brief Common part of the blocks that watch a machine's samples: frames that lag behind, tags, gaps, rates that change, the end.
 *
 * Kernel has push(), hold(), finish(), frame(), hop(), advance(), and received(). Block, the class derived from this, has
 *   std::unique_ptr<Kernel> made(double samp_rate, std::int64_t first): another kernel; it may throw
 *   bool ready(Kernel&): whether the next frame is known
 *   void write(Kernel&, std::int64_t sample, float* out): writes the next frame, which is centred at this sample
 * and may hide void apply_changes(), which takes over what was asked for before a call.
 */
template <class Interface, class Kernel, class Block>
class machine_block : public tagged_block<Interface>
{
public:
    void forecast(int, gr_vector_int& required) override
    {
        required[0] = d_waits ? 0 : askable(this->detail(), 1);
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(this->d_setlock);
        const auto* in = static_cast<const float*>(input_items[0]);
        const auto count = ninput_items[0];
        auto* out = static_cast<float*>(output_items[0]);
        find_tags(count);
        self().apply_changes();
        int used = 0, produced = 0;
        while (true) {
            produced += give(out + produced * d_length, noutput_items - produced, produced);
            if (produced == noutput_items || (used == count && !d_next && !d_lost))
                break;
            if (d_lost) {
                d_lost -=
                    static_cast<std::int64_t>(d_kernel->hold(static_cast<std::size_t>(d_lost)));
            } else if (d_next) { // all frames of the kernel before have left
                d_kernel = std::move(d_next);
                d_described = d_ended = false;
            } else {
                used += take(in, used, count);
            }
        }
        const bool ends = used == count && input_ends(this->detail(), count);
        this->consume_each(used);
        d_used = 0;
        if (ends && !d_next && !d_lost && !std::exchange(d_ended, true)) {
            d_kernel->finish();
            produced += give(out + produced * d_length, noutput_items - produced, produced);
        }
        d_waits = d_next || d_lost || self().ready(*d_kernel);
        if (!ends || d_waits)
            return produced;
        this->produce(0, produced);
        return gr::block::WORK_DONE;
    }

protected:
    machine_block(std::size_t length, double samp_rate, std::unique_ptr<Kernel> kernel)
        : d_kernel(std::move(kernel)), d_length(length), d_given_rate(samp_rate), d_rate(samp_rate)
    {
        this->set_tag_propagation_policy(gr::block::TPP_CUSTOM);
        const auto item_bytes = length * sizeof(float);
        this->set_items_per_call(
            std::max(std::min(64, rows_per_call(item_bytes)), least_rows_per_call(item_bytes)));
        set_rate_of_items();
    }

    void restarted() override
    {
        d_rate = d_given_rate;
        d_kernel = self().made(d_rate, 0);
        d_next.reset();
        d_tags.clear();
        d_lost = d_lost_so_far = 0;
        d_obeyed = 0;
        d_ended = d_described = d_waits = d_timed = false;
        d_context = {};
        d_context.samp_rate = d_rate;
        set_rate_of_items();
    }

    void apply_changes() {}

    //! The frames of this kernel leave, then another one goes on from the next sample.
    void replace(std::unique_ptr<Kernel> other)
    {
        d_lost = 0;
        if (d_next) {
            d_next = std::move(other);
            return;
        }
        d_kernel->finish();
        d_ended = true;
        d_next = std::move(other);
    }

    //! Number of the sample that comes next, lost ones included.
    std::int64_t next_sample()
    {
        return static_cast<std::int64_t>(this->nitems_read(0)) + d_used + d_lost_so_far;
    }

    const Kernel& kernel() const { return d_next ? *d_next : *d_kernel; }
    double rate() const { return d_rate; }
    const kernel::event_context& context() const { return d_context; }

private:
    using tagged_block<Interface>::d_tags;
    // of a gap that the last sample stands for: s, and samples, which take a second or so
    static constexpr double most_held = 10, most_samples_held = 1e8;

    Block& self() { return static_cast<Block&>(*this); }

    void set_rate_of_items() { this->set_decimation(d_kernel->hop(), sizeof(float)); }

    void find_tags(int count)
    {
        const auto first = this->nitems_read(0);
        this->get_tags_in_range(d_found, 0, first, first + count);
        sort_by_sample(d_found);
        d_next_tag = d_found.begin();
    }

    //! Takes samples up to the next tag, or obeys the tags of the next one. \return samples taken
    int take(const float* in, int used, int count)
    {
        d_used = used;
        const auto item = this->nitems_read(0) + static_cast<std::uint64_t>(used);
        const auto tags = d_next_tag;
        while (d_next_tag != d_found.end() && d_next_tag->offset <= item)
            ++d_next_tag;
        if (tags != d_next_tag && d_obeyed != item + 1) {
            d_obeyed = item + 1;
            obey({ tags, d_next_tag });
            if (d_next || d_lost)
                return 0;
        }
        auto end = count;
        if (d_next_tag != d_found.end())
            end = static_cast<int>(d_next_tag->offset - this->nitems_read(0));
        return static_cast<int>(d_kernel->push(in + used, static_cast<std::size_t>(end - used)));
    }

    void obey(const std::vector<gr::tag_t>& tags)
    {
        std::optional<double> rate;
        receiver_tags told;
        for (const auto& tag : tags) {
            if (pmt::eq(tag.key, rx_rate_key)) {
                if (const auto value = this->rate_in(tag))
                    rate = value;
            } else if (pmt::eq(tag.key, rx_time_key) || tells_of_overflow(tag.key)) {
                told.read(tag, this->d_logger);
            } else if (!ends_here(tag.key)) {
                d_tags.push_back(tag);
                d_tags.back().offset = static_cast<std::uint64_t>(next_sample());
            }
        }
        auto sample = next_sample();
        auto lost = static_cast<double>(told.lost);
        bool gap = told.overflow;
        if (told.time && d_context.time) {
            const auto expected = kernel::time_of(sample, d_context);
            const auto samples = expected ? seconds_between(*expected, *told.time) * d_rate : 0;
            if (std::abs(samples) > static_cast<double>(d_kernel->hop()) / 2) {
                lost = samples; // the clock knows better than the tag of an overflow
                gap = true;
            }
        }
        if (gap)
            lose(lost);
        sample = next_sample();
        if (rate && *rate != d_rate) {
            try {
                auto other = self().made(*rate, sample);
                d_rate = *rate;
                replace(std::move(other));
            } catch (const std::exception& e) {
                this->d_logger->warn("rx_rate ignored: {}", e.what());
            }
        }
        d_context.samp_rate = d_rate;
        if (told.time) {
            d_context.time = told.time;
            d_context.time_sample = sample;
            d_timed = true;
        }
    }

    //! Samples are missing before the next one; nobody knows how many if `lost` is not positive.
    void lose(double lost)
    {
        const bool known =
            lost >= 1 && lost <= most_lost && d_lost_so_far < (std::int64_t(1) << 60);
        const auto samples = known ? std::llround(lost) : 0;
        d_lost_so_far += samples;
        if (known && lost <= std::min(most_held * d_rate, most_samples_held)) {
            d_lost = samples;
            return;
        }
        replace(self().made(d_rate, next_sample()));
    }

    //! Writes the frames that are known.
    int give(float* out, int room, int written)
    {
        int produced = 0;
        for (; produced < room && self().ready(*d_kernel); ++produced, d_kernel->advance()) {
            const auto sample = d_kernel->frame() * static_cast<std::int64_t>(d_kernel->hop());
            put_tags(this->nitems_written(0) + static_cast<std::uint64_t>(written + produced),
                     sample);
            self().write(*d_kernel, sample, out + static_cast<std::size_t>(produced) * d_length);
        }
        return produced;
    }

    void put_tags(std::uint64_t item, std::int64_t sample)
    {
        const auto put = [&](const pmt::pmt_t& key, const pmt::pmt_t& value) {
            this->add_item_tag(0, item, key, value, this->alias_pmt());
        };
        for (; !d_tags.empty() && static_cast<std::int64_t>(d_tags.front().offset) <= sample;
             d_tags.pop_front())
            this->add_item_tag(
                0, item, d_tags.front().key, d_tags.front().value, d_tags.front().srcid);
        if (!d_described) {
            put(hop_key, pmt::from_long(static_cast<long>(d_kernel->hop())));
            put(first_key, pmt::from_long(static_cast<long>(sample)));
            put(rx_rate_key, pmt::from_double(d_rate / static_cast<double>(d_kernel->hop())));
        }
        if ((!d_described || d_timed) && d_context.time && d_context.time_sample <= sample) {
            if (const auto time = kernel::time_of(sample, d_context); time && time->seconds >= 0)
                put(rx_time_key,
                    pmt::make_tuple(pmt::from_uint64(static_cast<std::uint64_t>(time->seconds)),
                                    pmt::from_double(time->fraction)));
            d_timed = false;
        }
        d_described = true;
    }

    std::unique_ptr<Kernel> d_kernel,
        d_next;                  // d_next: goes on when the frames of d_kernel have left
    std::size_t d_length;        // values of an output item
    double d_given_rate, d_rate; // Hz
    std::int64_t d_lost = 0, d_lost_so_far = 0; // samples still to be held; lost in all
    int d_used = 0;                             // input items of this call
    std::uint64_t d_obeyed = 0;                 // one past the item whose tags were obeyed last
    bool d_ended = false, d_described = false, d_waits = false, d_timed = false;
    kernel::event_context d_context;
    std::vector<gr::tag_t> d_found;
    std::vector<gr::tag_t>::const_iterator d_next_tag;
};

} // namespace gr::stft
#endif
