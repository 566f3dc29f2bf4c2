/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream/event_messages.h"
#include "stream/receiver_tags.h"
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include <gnuradio/stft/detector.h>
#include <gnuradio/stft/kernel/monitor/event_text.h>
#include <cmath>
#include <deque>

namespace gr::stft {

namespace {

constexpr std::size_t most_held = std::size_t(512) << 20; // bytes of rows that wait

//! How rows lie in the stream of samples.
class row_grid
{
public:
    row_grid(const detector_block_settings& s, std::size_t frames_per_row)
        : d_frames(window_length(s), s.hop, s.where), d_frames_per_row(frames_per_row)
    {}

    std::int64_t first() const { return d_frames.first(); }
    std::int64_t hop() const { return hop_of_frames() * frames_per_row(); }
    std::int64_t span() const { return hop() - hop_of_frames() + win_length(); }

    //! Distance from a row's first sample to that of a frame of n_fft samples with the same centre.
    std::int64_t to_centred(std::size_t n_fft) const
    {
        return (hop() - hop_of_frames()) / 2 + win_length() / 2 -
               static_cast<std::int64_t>(n_fft / 2);
    }

    //! The stream is longer than this, if a row after the first begins at start.
    std::int64_t shortest(std::int64_t start) const
    {
        return d_frames.length_to_continue(start - hop_of_frames());
    }

    //! Rows at the stream's end that may hang over it.
    std::int64_t overhanging() const
    {
        const auto samples = span() - shortest(0);
        return samples <= 0 ? 0 : (samples - 1) / hop() + 1;
    }

    //! Rows that hold samples of both sides of a sample that the first of them holds.
    std::int64_t across() const { return (span() - 2) / hop() + 1; }

    static std::size_t window_length(const detector_block_settings& s)
    {
        kernel::parameters p{ s.n_fft, s.hop, s.window, s.win_length };
        return p.window_length();
    }

private:
    std::int64_t frames_per_row() const { return static_cast<std::int64_t>(d_frames_per_row); }
    std::int64_t hop_of_frames() const { return static_cast<std::int64_t>(d_frames.hop()); }
    std::int64_t win_length() const { return static_cast<std::int64_t>(d_frames.win_length()); }

    kernel::framing d_frames;
    std::size_t d_frames_per_row;
};

void check(const detector_block_settings& s)
{
    s.check();
    const auto held = row_grid(s, 1).overhanging();
    const auto row_bytes = static_cast<double>(s.bins() * sizeof(float));
    if (static_cast<double>(held) * row_bytes > static_cast<double>(most_held))
        kernel::refuse("hop",
                       s.hop,
                       "must be longer: " + std::to_string(held) +
                           " rows may hang over the stream's end and would have to wait, which "
                           "takes more than 512 MiB");
}

bool same_taps(const detector_block_settings& a, const detector_block_settings& b)
{
    const auto taps = [](const detector_block_settings& s) {
        kernel::parameters p{ s.n_fft, s.hop, s.window, s.win_length };
        return p.taps();
    };
    return taps(a) == taps(b);
}

} // namespace

class detector_impl : public stream_block<detector_vxm>
{
public:
    explicit detector_impl(const detector_block_settings& s)
        : gr::block("detector",
                    input_rows(s.bins() * sizeof(float)),
                    output_rows(s.bins() * sizeof(float))),
          d_given(s), d_present(s), d_bins(s.bins()), d_grid(s, 1)
    {
        const auto row_bytes = d_bins * sizeof(float);
        set_items_per_call(std::max(rows_per_call(row_bytes), least_rows_per_call(row_bytes)));
        message_port_register_out(events_port);
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<detector_block_settings>(message, true));
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
        const auto in = static_cast<const float*>(input_items[0]);
        const auto rows = std::min(noutput_items, ninput_items[0]);
        std::copy_n(in, rows * d_bins, static_cast<float*>(output_items[0]));
        get_tags_in_range(d_found, 0, nitems_read(0), nitems_read(0) + rows);
        std::stable_sort(d_found.begin(), d_found.end(), gr::tag_t::offset_compare);
        auto tag = d_found.cbegin();
        for (int i = 0; i < rows; ++i) {
            const auto tags = tag;
            while (tag != d_found.cend() && tag->offset <= nitems_read(0) + i)
                ++tag;
            wait(in + i * d_bins, { tags, tag });
            while (static_cast<std::int64_t>(d_waiting.size()) > d_held)
                take_next({});
        }
        const bool ends = rows == ninput_items[0] && input_ends(detail(), rows);
        consume_each(rows);
        if (!ends)
            return rows;
        finish();
        this->produce(0, rows);
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
        if (requested.at != kernel::change<detector_block_settings>().at)
            kernel::refuse("at", requested.at, "must not be given: a change takes effect at once");
        gr::thread::scoped_lock lock(d_setlock);
        auto next = d_given, present = d_present;
        requested.apply_to(next);
        requested.apply_to(present);
        check(next);
        begin_anew(present, d_average);
        d_given = next;
    }

    detector_block_settings wanted() const override
    {
        return locked([this] { return d_given; });
    }

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
    struct told {
        receiver_tags receiver;
        std::optional<double> rate;
        stream_description frames;
    };

    void begin()
    {
        d_present = d_given;
        d_average = 1;
        d_grid = row_grid(d_present, 1);
        d_held = d_grid.overhanging();
        d_start = d_grid.first();
        d_lost = d_damaged = 0;
        d_told_rate.reset();
        d_told_samp_rate.reset();
        d_waiting.clear();
        d_length.reset();
        d_rows = 0;
        d_first_id = d_next_id = 0;
        d_refused = 0;
        d_finished = false;
        d_context = {};
        d_context.source = d_given.source;
        d_detector.emplace(design(d_present, d_average), first_of_detector(d_present, d_average));
        describe();
    }

    //! The rows wait for as many others as can hang over the stream's end.
    void wait(const float* values, std::vector<gr::tag_t> tags)
    {
        waiting_row row{ std::exchange(d_spare, {}), std::move(tags) };
        row.values.assign(values, values + d_bins);
        d_length.reset();
        stream_description told;
        for (const auto& tag : row.tags)
            if (!is_own(tag.key))
                read_quietly(told, tag);
        d_length = told.length;
        if (told.describes_frames()) { // frames may hang over for longer from now on
            const auto next = followed(d_present, told);
            try {
                check(next);
                d_held = std::max(d_held, row_grid(next, d_average).overhanging());
            } catch (const std::exception&) { // take_next() tells
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
            length = first ? 1 : d_grid.shortest(last);
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
        } catch (const std::exception&) { // obey() tells
        }
    }

    told read(const std::vector<gr::tag_t>& tags)
    {
        told all;
        for (const auto& tag : tags) {
            if (pmt::eq(tag.key, rx_rate_key)) {
                if (const auto rate = rate_in(tag))
                    all.rate = rate;
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
        const auto sample = d_start + d_lost;
        if (all.receiver.time && knows_rate()) {
            d_context.time = all.receiver.time;
            d_context.time_sample = sample;
        }
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
        const auto sample = d_start + d_lost;
        const auto hop = static_cast<std::size_t>(d_grid.hop());
        const auto lost = lost_before(tags, sample, d_context, hop, knows_rate());
        if (!lost)
            return;
        if (lost->rows > 0) {
            d_detector->skip(static_cast<std::uint64_t>(lost->rows),
                             kernel::lost_samples{ sample, lost->samples });
            d_lost += lost->rows * d_grid.hop();
        } else if (!lost->counted) {
            d_detector->cut(kernel::event_cut::gap);
        }
        publish();
        d_damaged = d_grid.across();
    }

    bool knows_rate() const { return d_told_rate || d_told_samp_rate || d_given.samp_rate != 1; }

    //! The settings, as the tags of frames change them.
    detector_block_settings followed(detector_block_settings s,
                                     const stream_description& told) const
    {
        const auto& frames = told.frames;
        if (const auto& n_fft = frames.wanted(&kernel::parameters::n_fft);
            n_fft && kernel::bins(s.sides, *n_fft) == d_bins)
            s.n_fft = *n_fft;
        s.hop = frames.wanted(&kernel::parameters::hop).value_or(s.hop);
        if (const auto& window = frames.wanted(&kernel::parameters::window)) {
            s.window = *window;
            s.win_length = window->length();
        }
        s.win_length = frames.wanted(&kernel::parameters::win_length).value_or(s.win_length);
        s.samp_rate = frames.wanted(&kernel::parameters::samp_rate).value_or(s.samp_rate);
        return s;
    }

    void follow_frames(const told& all)
    {
        const auto& first = all.frames.first;
        if (!all.rate && !all.frames.describes_frames())
            return;
        const auto& n_fft = all.frames.frames.wanted(&kernel::parameters::n_fft);
        if (n_fft && kernel::bins(d_present.sides, *n_fft) != d_bins)
            d_logger->warn("stft_n_fft ignored: {}: rows have {} bins", *n_fft, d_bins);
        auto next = followed(d_present, all.frames);
        if (all.rate)
            d_told_rate = all.rate;
        if (const auto& rate = all.frames.frames.wanted(&kernel::parameters::samp_rate))
            d_told_samp_rate = rate;
        auto average = d_average;
        const auto hop = static_cast<double>(next.hop);
        if (d_told_rate && d_told_samp_rate) // rows may hold the mean of several frames
            average = static_cast<std::size_t>(
                std::clamp(std::round(*d_told_samp_rate / (*d_told_rate * hop)), 1.0, 1e6));
        else if (d_told_rate)
            next.samp_rate = std::clamp(*d_told_rate * hop, 1e-30, 1e30);
        const bool same = next.n_fft == d_present.n_fft && next.hop == d_present.hop &&
                          next.samp_rate == d_present.samp_rate && average == d_average &&
                          same_taps_or_none(next);
        try {
            if (!same) {
                check(next);
                if (first)
                    d_start = *first;
                if (average != 1 && average != d_average)
                    d_logger->warn("rows are means of {} frames; thresholds are those of single "
                                   "ones, so weak events are missed",
                                   average);
                begin_anew(next, average);
            } else if (first && *first != d_start) {
                d_start = *first;
                begin_anew(next, average);
            }
        } catch (const std::exception& e) {
            d_logger->warn("tags of a change ignored: {}", e.what());
        }
    }

    bool same_taps_or_none(const detector_block_settings& next) const
    {
        try {
            return next.window.length() == 0 && d_present.window.length() == 0 &&
                           next.win_length == d_present.win_length
                       ? true
                       : same_taps(next, d_present);
        } catch (const std::exception&) {
            return false; // check() tells
        }
    }

    static kernel::detector_settings design(detector_block_settings s, std::size_t average)
    {
        s.hop *= average;
        return s;
    }

    std::int64_t first_of_detector(const detector_block_settings& s, std::size_t average) const
    {
        return d_start + d_lost + row_grid(s, average).to_centred(s.n_fft);
    }

    //! All events end; what follows is searched by another detector. \throws as check()
    void begin_anew(const detector_block_settings& next, std::size_t average)
    {
        kernel::detector made(design(next, average), first_of_detector(next, average));
        d_detector->cut(kernel::event_cut::retune);
        publish();
        d_refused += d_detector->refused();
        d_first_id = d_next_id;
        const auto sample = d_start + d_lost;
        if (const auto time = kernel::time_of(sample, d_context)) { // by the rate until here
            d_context.time = time;
            d_context.time_sample = sample;
        }
        d_detector.emplace(std::move(made));
        if (d_context.freq_center)
            d_detector->retune(*d_context.freq_center);
        d_present = next;
        d_average = average;
        d_grid = row_grid(next, average);
        d_held = std::max(d_held, d_grid.overhanging());
        describe();
    }

    void describe()
    {
        d_context.samp_rate = d_present.samp_rate;
        d_context.n_fft = d_present.n_fft;
        d_context.hop = static_cast<std::size_t>(d_grid.hop());
    }

    //! freq_center: of the event that reports a retune
    void publish(std::optional<double> freq_center = {})
    {
        if (!d_detector->waiting())
            return;
        for (auto& event : d_detector->take()) {
            event.id += d_first_id;
            d_next_id = std::max(d_next_id, event.id + 1);
            auto context = d_context;
            if (event.kind == kernel::event_kind::retune)
                context.freq_center = freq_center;
            message_port_pub(events_port, event_message(event, context));
        }
    }

    detector_block_settings d_given, d_present; // by make() or a change; with the values of tags
    std::size_t d_bins, d_average = 1;          // frames of a row
    row_grid d_grid;
    std::optional<kernel::detector> d_detector;
    std::deque<waiting_row> d_waiting;
    std::vector<float> d_spare;           // memory of the row before
    std::optional<std::int64_t> d_length; // of the stream, if the newest row tells it
    std::int64_t d_held = 0;              // rows that wait
    std::int64_t d_start = 0, d_lost = 0; // first sample under the next row; samples lost so far
    std::int64_t d_damaged = 0;           // rows that hold samples of both sides of a gap
    std::uint64_t d_rows = 0;             // searched
    std::uint64_t d_first_id = 0, d_next_id = 0, d_refused = 0;
    std::optional<double> d_told_rate, d_told_samp_rate; // of rows, of samples; Hz
    kernel::event_context d_context;
    std::vector<gr::tag_t> d_found;
    bool d_finished = false;
};

detector_vxm::sptr detector_vxm::make(const detector_block_settings& s)
{
    check(s);
    check_rows(s.bins() * sizeof(float));
    return gnuradio::make_block_sptr<detector_impl>(s);
}

} // namespace gr::stft
