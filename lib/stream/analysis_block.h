/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_ANALYSIS_BLOCK_H
#define INCLUDED_STFT_LIB_STREAM_ANALYSIS_BLOCK_H

#include "change_queue.h"
#include "retune.h"
#include "stream_buffers.h"
#include "stream_end.h"
#include "tagged_block.h"
#include "turns.h"
#include <gnuradio/stft/kernel/frames/framer.h>
#include <gnuradio/stft/kernel/stft/stft.h>
#include <array>
#include <mutex>

namespace gr::stft {

/*!
 * \brief Common part of the blocks that cut samples into frames: framing, end of stream, tags, and
 * changes while running.
 *
 * Interface is the public block; its settings are the parameters of an STFT and what the block adds to them. Block, the
 * class derived from this, has
 *   bool write(Transform&, const T* frame, std::int64_t start, bool last, Row* row):
 *       takes the frame in; true if it completed the row
 *   or, if each frame is a row, static constexpr bool in_runs = true and
 *   void write_run(Transform&, const T* frames, std::int64_t start, std::size_t count, Row* rows)
 * and may hide the members below that are meant for it. Transform is made from settings; it takes() others over if that is
 * the cheaper way.
 */
template <class T, class Row, class Interface, class Block, class Transform = kernel::stft<T>>
class analysis_block : public tagged_block<Interface>
{
public:
    using settings = typename Interface::settings;
    using change = kernel::change<settings>;
    static constexpr bool in_runs = false;

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

    //! Queues a change; what it needs is built here, in the caller's thread.
    void request(const change& requested) override
    {
        std::scoped_lock one_at_a_time(d_requests);
        for (transforms built;;) {
            std::optional<settings> missing;
            {
                gr::thread::scoped_lock lock(this->d_setlock);
                const auto lead = [&](const state& before, const change& next) {
                    return after(before, next, built, missing);
                };
                if (d_pending.insert(requested, { d_settings, d_active }, lead))
                    return;
            }
            built.push_back(std::make_shared<Transform>(*missing));
            d_recent[d_built++ % d_recent.size()] = built.back();
        }
    }

    settings wanted() const override
    {
        auto last = this->locked([this] {
            return d_pending.last({ d_settings, d_active }).with_settings;
        });
        last.win_length = last.window_length();
        return last;
    }

    std::int64_t latency() const override { return wanted().frames().latency(); }

protected:
    analysis_block(const settings& s, std::size_t row_length, bool resets = false)
        : d_settings(s), d_active(std::make_shared<Transform>(s)), d_framer(s.frames()),
          d_row_length(row_length)
    {
        this->set_tag_propagation_policy(gr::block::TPP_CUSTOM);
        this->set_items_per_call(rows_per_call(row_length * sizeof(Row)));
        this->set_decimation(s.hop, sizeof(T));
        if (s.samp_rate != 1.0)
            d_given_rate = d_rate = s.samp_rate;

        listen(*this, this->d_logger, [this, resets](const pmt::pmt_t& message) {
            request(change_from<settings>(
                message, resets ? std::vector{ also::at, also::reset } : std::vector{ also::at }));
        });
    }

    //!@{
    //! For Block to hide. Refuses settings that a change must not lead to.
    void check(const settings&) const {}
    //! Called after a change.
    void changed(const settings&, const change&) {}
    //! Frames that make a row.
    std::uint64_t frames_per_row() const { return 1; }
    //!@}

    void restarted() override
    {
        d_framer = kernel::framer<T>(d_settings.frames());
        d_tags.clear();
        d_finished = d_described = d_settled = false;
        d_row_rate = 0;
        d_rate = d_given_rate;
        d_tagged_rate.reset();
        set_rate(d_given_rate.value_or(1));
    }

private:
    using tagged_block<Interface>::d_tags;
    using transforms = std::vector<std::shared_ptr<Transform>>;

    struct state {
        settings with_settings;
        std::shared_ptr<Transform> with; // takes them over

        bool operator==(const state& other) const { return with_settings == other.with_settings; }
    };

    Block& self() { return static_cast<Block&>(*this); }
    const Block& self() const { return static_cast<const Block&>(*this); }

    //! State after a change; if no transform for it has been built yet, nullopt, and its settings in
    //! `missing`.
    std::optional<state> after(const state& before,
                               const change& requested,
                               const transforms& built,
                               std::optional<settings>& missing) const
    {
        const auto next = kernel::changed(before.with_settings, requested);
        next.frames(); // refuses what is out of range
        self().check(next);
        if (const auto with = transform_for(next, before.with, built))
            return state{ next, with };
        missing = next;
        return {};
    }

    //! Finds a transform that takes the design over: the one before, one built for this change, or
    //! one built recently; null if there is none.
    std::shared_ptr<Transform> transform_for(const settings& design,
                                             const std::shared_ptr<Transform>& before,
                                             const transforms& built) const
    {
        if (before->takes(design))
            return before;
        for (const auto& with : built)
            if (with->takes(design))
                return with;
        for (const auto& recent : d_recent)
            if (const auto with = recent.lock(); with && with->takes(design))
                return with;
        return nullptr;
    }

    //! Emits up to `room` rows from buffered samples, then from `in`. \return number of rows
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
                const bool alone = last || !d_tags.empty();
                const auto count = d_framer.run(
                    alone ? 1 : std::min<std::size_t>(room - produced, frames_to_change()));
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

    //! Applies the changes that are due at the next frame. Once that frame is complete, its
    //! parameters are fixed.
    void make_changes()
    {
        if (d_settled)
            return;
        for (; const auto* due = d_pending.due(d_framer.start()); d_pending.pop()) {
            d_active = due->state.with;
            d_settings = due->state.with_settings;
            d_active->take(d_settings);
            // against the rate that the change was built with, which may be that of a stream that has ended
            set_rate(d_rate.value_or(1));
            self().changed(d_settings, due->change);
            d_framer.reframe(d_settings.frames());
            d_described = false;
        }
        d_settled = d_framer.complete();
    }

    //! Frames from the next one on that start before the next change does.
    std::size_t frames_to_change() const
    {
        const auto start = d_framer.start(), next = d_pending.next();
        if (next <= start)
            return 1; // it came when the frame was complete
        const auto samples = static_cast<std::uint64_t>(next) - static_cast<std::uint64_t>(start);
        return (samples - 1) / d_framer.frames().hop() + 1;
    }

    void set_rate(double rate)
    {
        if (d_settings.samp_rate == rate)
            return;
        d_settings.samp_rate = rate;
        if (d_active->takes(d_settings))
            d_active->take(d_settings);
        else
            d_active = std::make_shared<Transform>(d_settings);
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
        const auto samples_per_row =
            static_cast<double>(d_settings.hop) * static_cast<double>(self().frames_per_row());
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
        if (ends_here(tag.key))
            return;
        if (pmt::eq(tag.key, rx_rate_key)) {
            if (const auto rate = this->rate_in(tag)) {
                d_rate = d_tagged_rate = rate;
                set_rate(*rate);
            }
            return; // put_tags() tells the rate of rows
        }
        auto value = tag.value;
        if (pmt::eq(tag.key, rx_time_key)) {
            const auto from = d_framer.start() - static_cast<std::int64_t>(tag.offset);
            value = this->later(value, static_cast<double>(from), d_rate);
        }
        this->add_item_tag(0, row, tag.key, value, tag.srcid);
    }

    settings d_settings; // present ones
    std::shared_ptr<Transform> d_active;
    kernel::framer<T> d_framer;
    std::size_t d_row_length;
    bool d_finished = false, d_described = false, d_settled = false;

    turns d_requests; // of the callers of request()
    change_queue<change, state> d_pending;
    std::array<std::weak_ptr<Transform>, 32> d_recent; // built last
    std::size_t d_built = 0;

    std::optional<double> d_given_rate, d_rate,
        d_tagged_rate;     // Hz: by make(), known at all, by rx_rate
    double d_row_rate = 0; // Hz: rx_rate last written downstream
};

} // namespace gr::stft
#endif
