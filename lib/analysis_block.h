/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_ANALYSIS_BLOCK_H
#define INCLUDED_STFT_LIB_ANALYSIS_BLOCK_H

#include "retune.h"
#include "stream_buffers.h"
#include "stream_end.h"
#include "tagged_block.h"
#include <gnuradio/stft/kernel/framer.h>
#include <gnuradio/stft/kernel/stft.h>
#include <mutex>

namespace gr::stft {

//! The largest block of samples that relative rates ask the scheduler to buffer.
constexpr std::int64_t most_buffered = 1 << 22;

/*!
 * \brief What the blocks that cut samples into frames have in common: framing, end of stream, tags, and
 * changes while running.
 *
 * Interface is the public block; Block, the class derived from this, has
 *   bool write(Transform&, const T* frame, std::int64_t start, bool last, Row* row):
 *       takes the frame in; true if it completed the row
 *   or, if each frame is a row, static constexpr bool in_runs = true and
 *   void write_run(Transform&, const T* frames, std::int64_t start, std::size_t count, Row* rows)
 *   void changed(const retune&):          a wish comes into force (the parameters of the STFT are set already)
 *   std::uint64_t frames_per_row() const: to turn a sample rate into a rate of rows
 *   void check(const retune&) const:      throws if a wish cannot be granted
 *   void accepted(const retune&):         it can, and will be
 *   void restarted():                     a new stream begins
 * and Row, the type of the numbers in its rows. Transform is made from its design(), which a retune can change.
 */
template <class T, class Row, class Interface, class Block, class Transform = kernel::stft<T>>
class analysis_block : public tagged_block<Interface>
{
public:
    static constexpr bool in_runs = false;

    bool start() override
    {
        this->set_output_multiple(1); // the large one of the constructor has sized the buffers
        gr::thread::scoped_lock lock(this->d_setlock);
        if (this->nitems_read(0) == 0 && this->nitems_written(0) == 0) {
            d_framer = kernel::framer<T>(d_active->design().frames());
            d_tags.clear();
            d_finished = d_described = d_settled = false;
            d_row_rate = 0;
            self().restarted();
        }
        return gr::block::start();
    }

    void forecast(int, gr_vector_int& required) override
    {
        const auto wanted = d_framer.wanted();
        required[0] = wanted == 0 ? 0 : askable(this->detail(), wanted);
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(this->d_setlock);
        const auto in = static_cast<const T*>(input_items[0]);
        const auto out = static_cast<Row*>(output_items[0]);
        int used = 0;
        int produced = frame(in, ninput_items[0], used, out, noutput_items);
        const bool ends = used == ninput_items[0] && input_ends(this->detail(), used);
        this->consume_each(used);
        if (ends && !d_finished) {
            d_framer.finish();
            d_finished = true;
            const int room = noutput_items - produced;
            produced += frame(in, 0, used, out + produced * d_row_length, room, produced);
        }
        if (d_finished && !d_framer.frame()) {
            this->produce(0, produced);
            return gr::block::WORK_DONE;
        }
        return produced;
    }

    void set_hop(std::int64_t hop) override
    {
        retune wish;
        wish.hop = hop;
        request(wish);
    }

    void set_window(const kernel::window& window) override
    {
        retune wish;
        wish.window = window;
        request(wish);
    }

    void set_win_length(std::int64_t win_length) override
    {
        retune wish;
        wish.win_length = win_length;
        request(wish);
    }

    std::int64_t hop() const override { return static_cast<std::int64_t>(wanted().hop); }
    std::int64_t win_length() const override
    {
        return static_cast<std::int64_t>(wanted().window_length());
    }

protected:
    using parameters = std::decay_t<decltype(std::declval<Transform>().design())>;

    analysis_block(const parameters& p, std::size_t row_length, std::set<std::string> keys)
        : d_active(std::make_shared<Transform>(p)), d_framer(p.frames()), d_row_length(row_length)
    {
        this->set_tag_propagation_policy(gr::block::TPP_CUSTOM);
        const auto rows = rows_per_call(row_length * sizeof(Row));
        this->set_output_multiple(rows);
        this->set_relative_rate(
            1, std::clamp<std::int64_t>(most_buffered / rows, 1, static_cast<std::int64_t>(p.hop)));
        if (p.samp_rate != 1.0)
            d_rate = p.samp_rate;

        listen(*this, this->d_logger, [this, keys](const pmt::pmt_t& message) {
            request(retune_from(message, keys));
        });
    }

    //! Queues a change; what it needs is built here, in the caller's thread.
    void request(const retune& wish)
    {
        std::scoped_lock one_at_a_time(d_requests);
        self().check(wish);
        for (;;) {
            std::deque<pending> queue;
            std::uint64_t version;
            parameters base{};
            {
                gr::thread::scoped_lock lock(this->d_setlock);
                queue = d_pending;
                version = d_version;
                base = d_active->design();
            }
            auto at = std::upper_bound(
                queue.begin(), queue.end(), wish.at, [](std::int64_t position, const pending& p) {
                    return position < p.wish.at;
                });
            at = queue.insert(at, { wish, nullptr });
            if (at != queue.begin())
                base = std::prev(at)->with->design();
            for (; at != queue.end(); ++at) {
                base = at->wish.applied_to(base);
                at->with = std::make_shared<Transform>(base);
            }
            gr::thread::scoped_lock lock(this->d_setlock);
            if (d_version != version)
                continue; // work() took a change meanwhile, so ours follows another one
            d_pending.swap(queue);
            self().accepted(wish);
            return;
        }
    }

    //! What the block will do once all changes are made.
    parameters wanted() const
    {
        gr::thread::scoped_lock lock(const_cast<analysis_block*>(this)->d_setlock);
        return d_pending.empty() ? d_active->design() : d_pending.back().with->design();
    }

private:
    using tagged_block<Interface>::d_tags;

    struct pending {
        retune wish;
        std::shared_ptr<Transform> with;
    };

    Block& self() { return static_cast<Block&>(*this); }

    //! Frames from samples already taken and from those at in; rows written, at most room.
    int frame(const T* in, int count, int& used, Row* out, int room, int written = 0)
    {
        int produced = 0;
        while (produced < room) {
            make_changes();
            const T* samples = d_framer.frame();
            if (!samples) {
                if (used >= count)
                    break;
                const auto taken = static_cast<int>(d_framer.push(in + used, count - used));
                this->take_tags(used, used + taken);
                used += taken;
                continue;
            }
            const bool last = d_framer.last();
            const auto row = this->nitems_written(0) + written + produced;
            if (!d_described || last || !d_tags.empty())
                put_tags(row, last);
            const auto to = out + produced * d_row_length;
            if constexpr (Block::in_runs) {
                const bool alone = last || !d_tags.empty() || !d_pending.empty();
                const auto count =
                    d_framer.run(alone ? 1 : static_cast<std::size_t>(room - produced));
                self().write_run(*d_active, samples, d_framer.start(), count, to);
                produced += static_cast<int>(count);
                d_framer.advance(count);
            } else {
                if (self().write(*d_active, samples, d_framer.start(), last, to))
                    ++produced;
                d_framer.advance();
            }
            d_settled = false;
        }
        return produced;
    }

    //! Those that are due, until the next frame has all its samples: then it is as it is.
    void make_changes()
    {
        if (d_settled)
            return;
        while (!d_pending.empty() && d_pending.front().wish.at <= d_framer.start()) {
            d_active = d_pending.front().with;
            rate_from_tags();
            self().changed(d_pending.front().wish);
            d_pending.pop_front();
            ++d_version;
            d_framer.reframe(d_active->design().frames());
            d_described = false;
        }
        d_settled = d_framer.complete();
    }

    //! An rx_rate tag holds against the rate that a change was built with.
    void rate_from_tags()
    {
        auto p = d_active->design();
        if (!d_tagged_rate || p.samp_rate == *d_tagged_rate)
            return;
        p.samp_rate = *d_tagged_rate;
        d_active = std::make_shared<Transform>(p);
        d_described = false;
    }

    //! The tags of the present frame: those of samples that no earlier frame has held.
    void put_tags(std::uint64_t row, bool last)
    {
        const auto end = d_framer.start() + static_cast<std::int64_t>(d_active->win_length());
        while (!d_tags.empty() &&
               (last || static_cast<std::int64_t>(d_tags.front().offset) < end)) {
            put_tag(row, d_tags.front());
            d_tags.pop_front();
        }
        const auto samples_per_row = static_cast<double>(d_active->design().hop) *
                                     static_cast<double>(self().frames_per_row());
        if (d_tagged_rate && *d_tagged_rate / samples_per_row != d_row_rate) {
            d_row_rate = *d_tagged_rate / samples_per_row;
            this->add_item_tag(
                0, row, rx_rate_key, pmt::from_double(d_row_rate), this->alias_pmt());
        }
        if (!d_described)
            for (const auto& [key, value] : description_tags(d_active->design(), d_framer.start()))
                this->add_item_tag(0, row, key, value, this->alias_pmt());
        d_described = true;
        if (last) {
            const auto [key, value] = length_tag(d_framer.received());
            this->add_item_tag(0, row, key, value, this->alias_pmt());
        }
    }

    void put_tag(std::uint64_t row, const gr::tag_t& tag)
    {
        auto value = tag.value;
        if (pmt::eq(tag.key, rx_rate_key) && pmt::is_number(value) && !pmt::is_complex(value) &&
            pmt::to_double(value) > 0) {
            d_rate = d_tagged_rate = pmt::to_double(value);
            rate_from_tags();
            return; // put_tags() tells the rate of rows
        }
        if (pmt::eq(tag.key, rx_time_key)) {
            const auto from = d_framer.start() - static_cast<std::int64_t>(tag.offset);
            value = this->later(value, static_cast<double>(from), d_rate);
        }
        this->add_item_tag(0, row, tag.key, value, tag.srcid);
    }

    std::shared_ptr<Transform> d_active;
    kernel::framer<T> d_framer;
    std::size_t d_row_length;
    bool d_finished = false, d_described = false, d_settled = false;

    std::mutex d_requests;         // one caller of request() at a time
    std::deque<pending> d_pending; // by time; each built on the ones before
    std::uint64_t d_version = 0;   // of the queue's front

    std::optional<double> d_rate, d_tagged_rate; // Hz: known at all, known from rx_rate
    double d_row_rate = 0;                       // Hz: last told downstream
};

} // namespace gr::stft
#endif
