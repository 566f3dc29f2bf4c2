/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/at_once.h"
#include "stream/handover.h"
#include "stream/retune.h"
#include "stream/ridge_messages.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include "stream/tagged_block.h"
#include <gnuradio/stft/ridge_tracker.h>
#include <memory>

namespace gr::stft {

namespace {

using tracker = kernel::row_ridge_tracker;
using change = kernel::change<row_ridge_tracker_block_settings>;

std::size_t row_length(const row_ridge_tracker_block_settings& s)
{
    return s.rates.size() * s.bins();
}

std::size_t item_length(const row_ridge_tracker_block_settings& s)
{
    return s.tracks * (kernel::ridge_amplitudes + s.orders.size());
}

} // namespace

class row_ridge_tracker_impl : public tagged_block<ridge_tracker_vfvf>
{
public:
    explicit row_ridge_tracker_impl(const row_ridge_tracker_block_settings& s)
        : gr::block("ridge_tracker_of_rows",
                    input_rows(row_length(s) * sizeof(float)),
                    output_rows(item_length(s) * sizeof(float))),
          d_settings(s), d_changes(s), d_row(row_length(s)), d_item(item_length(s)),
          d_tracker(std::make_unique<tracker>(s)), d_watch(watch())
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        const auto row_bytes = d_row * sizeof(float), item_bytes = d_item * sizeof(float);
        set_items_per_call(std::max({ std::min(64, rows_per_call(row_bytes)),
                                      least_rows_per_call(row_bytes),
                                      least_rows_per_call(item_bytes) }));
        message_port_register_out(events_port);
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            take(change_from<row_ridge_tracker_block_settings>(message, { also::reset }));
        });
    }

    void forecast(int, gr_vector_int& required) override
    {
        required[0] = d_waits ? 0 : askable(detail(), 1);
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        apply_changes();
        const auto* in = static_cast<const float*>(input_items[0]);
        auto* out = static_cast<float*>(output_items[0]);
        int used = 0, produced = 0;
        while (produced < noutput_items) {
            if (const auto* values = d_tracker->values()) {
                write(values,
                      nitems_written(0) + static_cast<std::uint64_t>(produced),
                      out + static_cast<std::size_t>(produced) * d_item);
                ++produced;
                d_tracker->advance();
            } else if (d_next) { // all rows of the tracker before have left
                d_tracker = std::move(d_next);
                d_ended = false;
            } else if (used < ninput_items[0]) {
                const auto row = nitems_read(0) + static_cast<std::uint64_t>(used);
                if (std::exchange(d_tags_read, row + 1) != row + 1) {
                    take_tags(used, used + 1);
                    if (follow(row)) // another tracker takes this row
                        continue;
                }
                d_tracker->add(in + static_cast<std::size_t>(used++) * d_row);
            } else if (input_ends(detail(), used) && !d_ended) {
                d_tracker->finish();
                d_ended = true;
            } else {
                break;
            }
        }
        const bool ends = used == ninput_items[0] && input_ends(detail(), used);
        consume_each(used);
        d_waits = d_next || d_tracker->values();
        if (!ends || d_waits || !d_ended)
            return produced;
        produce(0, produced);
        return WORK_DONE;
    }

    void request(const change& requested) override
    {
        check_at_once(requested);
        d_changes.request(requested, [this](const row_ridge_tracker_block_settings& next) {
            next.check(); // the next stream has this rate
            return made(next, d_told_rate);
        });
    }

    //! A request that the thread of the work has got.
    void take(const change& requested)
    {
        check_at_once(requested);
        d_changes.request(requested, [this](const row_ridge_tracker_block_settings& next) {
            next.check();
            at_rate(next, d_told_rate).check();
        });
    }

    row_ridge_tracker_block_settings wanted() const override { return d_changes.wanted(); }

    void reset() override
    {
        change requested;
        requested.reset = true;
        request(requested);
    }

    std::int64_t latency() const override
    {
        return locked(
            [this] { return static_cast<std::int64_t>(d_tracker->latency() * d_settings.hop); });
    }
    std::vector<double> learned() const override
    {
        return locked([this] { return (d_next ? d_next : d_tracker)->weights(); });
    }

protected:
    void restarted() override
    {
        if (const auto change = d_changes.take())
            d_settings = change->settings;
        d_tracker = std::make_unique<tracker>(d_settings);
        d_next.reset();
        d_tags.clear();
        d_rate.reset();
        d_told_rate = 0;
        d_tags_read = 0;
        d_ended = d_waits = false;
        d_context = {};
        d_first = 0;
        d_first_item = 0;
        d_step = static_cast<std::int64_t>(d_settings.hop);
        d_watch = watch();
    }

private:
    kernel::ridge_watch watch() const
    {
        return { d_settings.tracks,
                 d_tracker->width(),
                 frames_to_report(d_settings.samp_rate, d_settings.hop) };
    }

    //! A tracker, and the rate that tags gave for it; 0: they gave none.
    struct tracker_at {
        double rate;
        std::unique_ptr<tracker> with;
    };
    using changes = handover<row_ridge_tracker_block_settings, tracker_at>;

    //! Settings with the rate that tags gave, if they gave one.
    static row_ridge_tracker_block_settings at_rate(row_ridge_tracker_block_settings s, double rate)
    {
        if (rate > 0)
            s.samp_rate = rate;
        return s;
    }

    static tracker_at made(const row_ridge_tracker_block_settings& s, double rate)
    {
        return { rate, std::make_unique<tracker>(at_rate(s, rate)) };
    }

    //! Takes over the change that waits, for the next row on.
    void apply_changes()
    {
        const auto refused = d_changes.apply_to(d_settings, [this](changes::change& next) {
            if (!next.made || next.made->rate != d_told_rate) // a tag came after it was made
                next.made = made(next.settings, d_told_rate);
            replace(std::move(next.made->with));
        });
        if (refused)
            d_logger->warn("change ignored: {}", *refused);
    }

    void replace(std::unique_ptr<tracker> other)
    {
        if (!d_next) {
            d_tracker->finish();
            d_ended = true;
        }
        d_next = std::move(other);
    }

    //! Reads the tags of a row, which are the last ones of d_tags. True if the rate of rows is another one
    bool follow(std::uint64_t row)
    {
        for (auto tag = d_tags.rbegin(); tag != d_tags.rend() && tag->offset == row; ++tag) {
            if (!pmt::eq(tag->key, rx_rate_key))
                continue;
            const auto of_rows = rate_in(*tag);
            if (!of_rows)
                continue;
            auto s = d_settings;
            s.samp_rate = *of_rows * static_cast<double>(s.hop);
            const auto before = d_rate.value_or(d_settings.samp_rate);
            if (std::abs(s.samp_rate - before) <= 1e-9 * before)
                continue;
            try {
                auto other = std::make_unique<tracker>(s);
                d_rate = s.samp_rate;
                d_told_rate = s.samp_rate;
                replace(std::move(other));
                return true;
            } catch (const std::exception& e) {
                d_logger->warn("rx_rate ignored: {}", e.what());
            }
        }
        return false;
    }

    //! Sample of a row: the tags stft_first and stft_hop give it; without them rows begin at sample 0.
    std::int64_t sample_of(std::uint64_t item) const
    {
        return d_first + static_cast<std::int64_t>(item - d_first_item) * d_step;
    }

    void obey(const gr::tag_t& tag, std::uint64_t item)
    {
        const bool first = pmt::eq(tag.key, first_key), hop = pmt::eq(tag.key, hop_key);
        const auto number = first || hop ? real_number(tag.value) : std::nullopt;
        if (number && (first ? std::abs(*number) <= 1e15 : *number >= 1 && *number <= 0x1p32)) {
            d_first = first ? std::llround(*number) : sample_of(item);
            d_first_item = item;
            d_step = hop ? std::llround(*number) : d_step;
        } else if (pmt::eq(tag.key, rx_time_key)) {
            d_context.time = time_in(tag.value);
            d_context.time_sample = sample_of(item);
        }
    }

    void write(const double* values, std::uint64_t item, float* out)
    {
        const auto tags = d_tags.begin();
        auto end = tags;
        while (end != d_tags.end() && end->offset <= item)
            ++end;
        for (const bool time : { false, true }) // a time is that of a sample
            std::for_each(tags, end, [&](const gr::tag_t& tag) {
                if (pmt::eq(tag.key, rx_time_key) == time)
                    obey(tag, item);
            });
        for (; !d_tags.empty() && d_tags.front().offset <= item; d_tags.pop_front())
            if (const auto& tag = d_tags.front(); !ends_here(tag.key))
                add_item_tag(0, item, tag.key, tag.value, tag.srcid);
        const auto rows =
            d_rate.value_or(d_settings.samp_rate) / static_cast<double>(d_settings.hop);
        d_context.samp_rate = rows * static_cast<double>(d_step);
        std::transform(
            values, values + d_item, out, [](double v) { return static_cast<float>(v); });
        d_watch.look(values, [&](const kernel::ridge_change& each) {
            message_port_pub(
                events_port,
                ridge_message(each,
                              values + each.track * d_tracker->width(),
                              sample_of(item) - static_cast<std::int64_t>(each.since) * d_step,
                              d_context,
                              d_settings.source));
        });
    }

    row_ridge_tracker_block_settings d_settings;
    std::atomic<double> d_told_rate = 0; // d_rate, or 0
    changes d_changes;
    std::size_t d_row, d_item; // values of an input and an output item
    std::unique_ptr<tracker> d_tracker, d_next;
    kernel::ridge_watch d_watch;
    std::optional<double> d_rate;  // Hz of the samples, by rx_rate
    std::uint64_t d_tags_read = 0; // one past the row whose tags were read last
    bool d_ended = false, d_waits = false;
    std::int64_t d_first = 0, d_step = 0; // sample of item d_first_item; samples between items
    std::uint64_t d_first_item = 0;
    kernel::event_context d_context;
};

ridge_tracker_vfvf::sptr ridge_tracker_vfvf::make(const row_ridge_tracker_block_settings& s)
{
    s.check();
    check_rows(row_length(s) * sizeof(float));
    return gnuradio::make_block_sptr<row_ridge_tracker_impl>(s);
}

} // namespace gr::stft
