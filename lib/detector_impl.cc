/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/at_once.h"
#include "detector_rows.h"
#include "stream/event_messages.h"
#include "stream/handover.h"
#include "stream/receiver_tags.h"
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include <gnuradio/stft/kernel/records/event_text.h>
#include <deque>

namespace gr::stft {

class detector_impl : public stream_block<detector_vxm>
{
public:
    explicit detector_impl(const detector_block_settings& s)
        : gr::block("detector",
                    input_rows(s.bins() * sizeof(float)),
                    output_rows(s.bins() * sizeof(float))),
          d_given(s), d_present{ s }, d_changes(s), d_bins(s.bins()), d_grid(d_present.grid())
    {
        const auto row_bytes = d_bins * sizeof(float);
        set_items_per_call(std::max(rows_per_call(row_bytes), least_rows_per_call(row_bytes)));
        message_port_register_out(events_port);
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            take(change_from<detector_block_settings>(message, { also::reset }));
        });
        begin();
    }

    void forecast(int, gr_vector_int& required) override { required[0] = askable(detail(), 1); }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        apply_changes();
        const auto in = static_cast<const float*>(input_items[0]);
        const auto rows = std::min(noutput_items, ninput_items[0]);
        std::copy_n(in, rows * d_bins, static_cast<float*>(output_items[0]));
        for_runs_between_tags(rows, [&](int from, int to, const std::vector<gr::tag_t>& tags) {
            for (int i = from; i < to; ++i) {
                wait(in + i * d_bins, i == from ? tags : std::vector<gr::tag_t>());
                while (static_cast<std::int64_t>(d_waiting.size()) > d_held)
                    take_next({});
            }
        });
        // the scheduler passes tags on when a call has returned, so the call that ends the stream consumes nothing
        const bool ends = ninput_items[0] == 0 && input_ends(detail(), 0);
        consume_each(rows);
        if (!ends)
            return rows;
        finish();
        return WORK_DONE;
    }

    bool start() override
    {
        locked([this] { return d_finished = false; });
        return stream_block<detector_vxm>::start();
    }

    //! A flowgraph that is stopped has no last row.
    bool stop() override
    {
        {
            gr::thread::scoped_lock lock(d_setlock);
            finish();
        }
        return stream_block<detector_vxm>::stop();
    }

    void request(const kernel::change<detector_block_settings>& requested) override
    {
        check_at_once(requested);
        d_changes.request(requested, [this](const detector_block_settings& next) {
            described_rows{ next }.check();
            return searched(described().with_changes(next));
        });
    }

    //! A request that the thread of the work has got.
    void take(const kernel::change<detector_block_settings>& requested)
    {
        check_at_once(requested);
        d_changes.request(requested, [this](const detector_block_settings& next) {
            described_rows{ next }.check();
            described().with_changes(next).of_detector().check();
        });
    }

    detector_block_settings wanted() const override { return d_changes.wanted(); }

    void reset() override
    {
        kernel::change<detector_block_settings> requested;
        requested.reset = true;
        request(requested);
    }

    std::int64_t latency() const override
    {
        return locked([this] { return d_held * d_grid.hop(); });
    }

    std::uint64_t refused() const override
    {
        return locked([this] { return d_refused + d_detector->refused(); });
    }

protected:
    void restarted() override { begin(); }

private:
    struct waiting_row {
        std::vector<float> values;
        std::vector<gr::tag_t> tags;
    };

    //! Values of the tags of a row.
    struct row_tags {
        receiver_tags receiver;
        std::optional<double> row_rate; //!< rx_rate, Hz
        stream_description frames;
    };

    //! Rows, and a detector for them that has not begun.
    struct searched_rows {
        described_rows rows;
        kernel::detector detector;
    };
    using changes = handover<detector_block_settings, searched_rows>;

    static searched_rows searched(const described_rows& rows)
    {
        const auto settings = rows.of_detector();
        settings.check();
        return { rows, kernel::detector(settings) };
    }

    //! The rows as the newest tags describe them. Any thread may ask.
    described_rows described() const
    {
        std::scoped_lock lock(d_describing);
        return d_described;
    }

    //! Takes over the change that waits, for the next row on.
    void apply_changes()
    {
        const auto refused = d_changes.apply_to(d_given, [this](changes::change& next) {
            if (!next.made ||
                !next.made->rows.same_detector(d_present)) // tags came after it was made
                next.made.emplace(searched(d_present.with_changes(next.settings)));
            restart_with(std::move(*next.made));
        });
        if (refused)
            d_logger->warn("change ignored: {}", *refused);
    }

    void begin()
    {
        if (const auto change = d_changes.take())
            d_given = change->settings;
        d_present = { d_given };
        d_grid = d_present.grid();
        d_held = d_grid.overhanging();
        d_start = d_grid.first();
        d_lost = d_damaged = 0;
        d_rates = {};
        d_waiting.clear();
        d_length.reset();
        d_rows = 0;
        d_next_id = 0;
        d_refused = 0;
        d_finished = false;
        d_context = {};
        d_context.source = d_given.source;
        d_detector.emplace(d_present.of_detector(), first_of_detector(d_present));
        tune(center_of(d_present));
        describe();
    }

    //! Frequency of the rows' 0 Hz by their settings, if it is known.
    static std::optional<double> center_of(const described_rows& rows)
    {
        const auto center = rows.settings.center_freq;
        return center == 0 ? std::nullopt : std::optional(center);
    }

    //! The rows' 0 Hz is at this frequency, if it is known.
    void tune(std::optional<double> center)
    {
        d_context.freq_center = center;
        if (center)
            d_detector->retune(*center);
    }

    //! The rows wait for as many others as can hang over the stream's end.
    void wait(const float* values, std::vector<gr::tag_t> tags)
    {
        waiting_row row{ std::exchange(d_spare, {}), std::move(tags) };
        row.values.assign(values, values + d_bins);
        d_length.reset();
        stream_description frames;
        for (const auto& tag : row.tags)
            if (!is_own(tag.key))
                read_quietly(frames, tag);
        d_length = frames.length;
        if (frames.describes_frames()) { // they may hang over for longer from now on
            const auto next = d_present.with_frames(frames);
            try {
                next.check();
                d_held = std::max(d_held, next.grid().overhanging());
            } catch (const std::exception&) { // take_next() logs it
            }
        }
        d_waiting.push_back(std::move(row));
    }

    //! Searches the row that has waited longest. length: of the stream, once it has ended
    void take_next(std::optional<std::int64_t> length)
    {
        auto row = std::move(d_waiting.front());
        d_waiting.pop_front();
        if (!row.tags.empty())
            try {
                obey(row.tags);
            } catch (const std::exception& e) {
                d_logger->warn("tags ignored: {}", e.what());
            }
        const bool whole =
            d_damaged == 0 && d_start >= 0 && (!length || d_start + d_grid.span() <= *length);
        d_detector->add(whole ? row.values.data() : nullptr);
        d_damaged = std::max<std::int64_t>(0, d_damaged - 1);
        d_start += d_grid.hop();
        ++d_rows;
        publish();
        d_spare = std::move(row.values);
    }

    void finish()
    {
        if (std::exchange(d_finished, true))
            return;
        auto length = d_length;
        if (!length) { // it is known from the placement to within a hop
            const auto last =
                d_start + (static_cast<std::int64_t>(d_waiting.size()) - 1) * d_grid.hop();
            const bool first = d_rows == 0 && d_waiting.size() == 1;
            length = first ? 1 : d_grid.least_length(last);
        }
        while (!d_waiting.empty())
            take_next(length);
        d_detector->finish();
        publish();
    }

    static bool is_own(const pmt::pmt_t& key)
    {
        return pmt::eq(key, rx_rate_key) || receiver_tags::takes(key);
    }

    static void read_quietly(stream_description& description, const gr::tag_t& tag)
    {
        try {
            description.read(tag);
        } catch (const std::exception&) { // obey() logs it
        }
    }

    row_tags read(const std::vector<gr::tag_t>& tags)
    {
        row_tags all;
        for (const auto& tag : tags) {
            if (pmt::eq(tag.key, rx_rate_key)) {
                if (const auto rate = rate_in(tag))
                    all.row_rate = rate;
            } else if (receiver_tags::takes(tag.key)) {
                all.receiver.read(tag, d_logger);
            } else {
                this->read_tag(all.frames, tag);
            }
        }
        return all;
    }

    void obey(const std::vector<gr::tag_t>& tags)
    {
        const auto all = read(tags);
        lose(all.receiver);
        follow_frames(all);
        if (all.receiver.time && knows_rate())
            d_context.set_time(sample(), *all.receiver.time);
        if (const auto& freq = all.receiver.freq; freq && freq != d_context.freq_center) {
            d_detector->retune(*freq);
            publish(freq);
            d_context.freq_center = freq;
            d_damaged = d_rows > 0 ? d_grid.across() : 0;
        }
    }

    //! Rows were lost before this one.
    void lose(const receiver_tags& tags)
    {
        const auto hop = static_cast<std::size_t>(d_grid.hop());
        const auto lost = lost_before(tags, sample(), d_context, hop, knows_rate());
        if (!lost)
            return;
        if (lost->rows > 0) {
            d_detector->skip(static_cast<std::uint64_t>(lost->rows),
                             kernel::lost_samples{ sample(), lost->samples });
            d_lost += lost->rows * d_grid.hop();
        } else if (!lost->counted) {
            d_detector->cut(kernel::event_cut::gap);
        }
        publish();
        d_damaged = d_grid.across();
    }

    bool knows_rate() const
    {
        return d_rates.row_rate || d_rates.samp_rate || d_given.samp_rate != 1;
    }

    //! First sample under the next row, counted with those that were lost.
    std::int64_t sample() const { return d_start + d_lost; }

    std::int64_t first_of_detector(const described_rows& rows) const
    {
        return sample() + rows.grid().to_centred(rows.settings.n_fft);
    }

    void follow_frames(const row_tags& tags)
    {
        if (!tags.row_rate && !tags.frames.describes_frames())
            return;
        const auto& frames = tags.frames.frames;
        try {
            tags.frames.check_bins(d_present.settings.sides, d_bins);
        } catch (const std::invalid_argument& e) {
            d_logger->warn("tag ignored: {}", e.what());
        }
        if (tags.row_rate)
            d_rates.row_rate = tags.row_rate;
        const auto& rate = frames.wanted(&kernel::parameters::samp_rate);
        if (rate)
            d_rates.samp_rate = rate;
        const auto next = d_present.with_frames(tags.frames).with_rates(d_rates);
        if (rate && next.settings.samp_rate == 1 && d_given.samp_rate != 1)
            d_logger->warn("samp_rate: {}: the rows come with stft_samp_rate 1, the default of the "
                           "block that made them, which is used; tell that block the rate",
                           d_given.samp_rate);
        const auto& first = tags.frames.first;
        try {
            if (!next.same_detector(d_present)) {
                next.check();
                if (first)
                    d_start = *first;
                if (next.average != 1 && next.average != d_present.average)
                    d_logger->warn("rows are means of {} frames; thresholds are those of single "
                                   "ones, so weak events are missed",
                                   next.average);
                restart_with(searched(next));
            } else if (first && *first != d_start) {
                d_start = *first;
                restart_with(searched(next));
            }
        } catch (const std::exception& e) {
            d_logger->warn("tags of a change ignored: {}", e.what());
        }
    }

    //! All events end; what follows is searched by another detector.
    void restart_with(searched_rows made)
    {
        const auto& next = made.rows;
        const auto first = first_of_detector(next);
        d_detector->cut(kernel::event_cut::retune);
        publish();
        d_refused += d_detector->refused();
        d_context.change_rate(sample(), next.settings.samp_rate);
        d_detector = std::move(made.detector);
        d_detector->begin_at(first, d_next_id);
        const auto center = center_of(next);
        tune(center == center_of(d_present) ? d_context.freq_center : center); // else a tag's holds
        d_present = next;
        d_grid = next.grid();
        d_held = std::max(d_held, d_grid.overhanging());
        describe();
    }

    void describe()
    {
        {
            std::scoped_lock lock(d_describing);
            d_described = d_present;
        }
        d_context.samp_rate = d_present.settings.samp_rate;
        d_context.n_fft = d_present.settings.n_fft;
        d_context.hop = static_cast<std::size_t>(d_grid.hop());
    }

    //! freq_center: of the event that reports a retune
    void publish(std::optional<double> freq_center = {})
    {
        if (!d_detector->waiting())
            return;
        for (auto& event : d_detector->take()) {
            d_next_id = std::max(d_next_id, event.id + 1);
            auto context = d_context;
            if (event.kind == kernel::event_kind::retune)
                context.freq_center = freq_center;
            message_port_pub(events_port, event_message(event, context));
        }
    }

    detector_block_settings d_given; // by make() or a change
    described_rows d_present;        // with the values of tags
    mutable std::mutex d_describing;
    described_rows d_described; // d_present, for other threads
    changes d_changes;
    rates_of_tags d_rates;
    std::size_t d_bins;
    kernel::row_grid d_grid; // of the present rows
    std::optional<kernel::detector> d_detector;
    std::deque<waiting_row> d_waiting;
    std::vector<float> d_spare;           // memory of the row before
    std::optional<std::int64_t> d_length; // of the stream, if the newest row tells it
    std::int64_t d_held = 0;              // rows that wait
    std::int64_t d_start = 0, d_lost = 0; // first sample under the next row; samples lost so far
    std::int64_t d_damaged = 0;           // rows that hold samples of both sides of a gap
    std::uint64_t d_rows = 0;             // searched
    std::uint64_t d_next_id = 0, d_refused = 0;
    kernel::event_context d_context;
    bool d_finished = false;
};

detector_vxm::sptr detector_vxm::make(const detector_block_settings& s)
{
    described_rows{ s }.check();
    check_rows(s.bins() * sizeof(float));
    return gnuradio::make_block_sptr<detector_impl>(s);
}

} // namespace gr::stft
