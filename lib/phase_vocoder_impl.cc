/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/settings_queue.h"
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/phase_vocoder.h>
#include <cmath>
#include <deque>

namespace gr::stft {

class phase_vocoder_impl : public stream_block<phase_vocoder_vcvc>
{
public:
    using change = kernel::change<settings>;

    explicit phase_vocoder_impl(const settings& s)
        : gr::block("phase_vocoder",
                    input_rows(s.bins() * sizeof(gr_complex)),
                    output_rows(s.bins() * sizeof(gr_complex))),
          d_given(s), d_vocoder(s), d_held(s.bins())
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_items_per_call(rows_per_call(s.bins() * sizeof(gr_complex)));
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<settings>(message, { also::at }));
        });
    }

    void forecast(int, gr_vector_int& required) override
    {
        const bool has_output = d_vocoder.ready() || (d_holds && d_final);
        required[0] = has_output && !d_over ? 0 : askable(detail(), 1);
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto bins = d_vocoder.bins();
        const auto in = static_cast<const gr_complex*>(input_items[0]);
        const auto out = static_cast<gr_complex*>(output_items[0]);
        const auto read = nitems_read(0);
        get_tags_in_range(d_found, 0, read, read + static_cast<std::uint64_t>(ninput_items[0]));
        sort_by_sample(d_found);
        d_next_tag = d_found.begin();
        int used = 0, produced = 0;
        const auto item = [&] { return nitems_written(0) + static_cast<std::uint64_t>(produced); };
        const auto row = [&] { return out + static_cast<std::size_t>(produced) * bins; };
        for (bool goes_on = true; goes_on && produced < noutput_items && !d_over;) {
            if (d_holds && (d_vocoder.ready() || d_final)) {
                std::copy(d_held.begin(), d_held.end(), row());
                d_holds = false;
                write_tags(d_shown, item());
                ++produced;
            } else if (d_vocoder.ready()) {
                apply_due();
                d_shown = next_shown();
                d_holds = may_be_last(d_shown);
                d_vocoder.pull(d_holds ? d_held.data() : row());
                if (!d_holds) {
                    write_tags(d_shown, item());
                    ++produced;
                }
            } else if (used < ninput_items[0]) {
                // what went before a change of the frames has to leave first
                if (!take_tags(read + static_cast<std::uint64_t>(used)))
                    continue;
                d_vocoder.push(in + static_cast<std::size_t>(used) * bins);
                ++used;
                if (d_length)
                    end_input();
            } else if (!d_final && input_ends(detail(), used)) {
                end_input();
            } else {
                goes_on = false;
            }
        }
        if (d_over)
            used = ninput_items[0]; // items after the stream's length
        const bool ends = used == ninput_items[0] && input_ends(detail(), used);
        consume_each(used);
        if (ends && d_final && !d_holds && (d_over || !d_vocoder.ready())) {
            this->produce(0, produced);
            return WORK_DONE;
        }
        return produced;
    }

    void request(const change& requested) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        d_pending.request(requested, d_given);
    }

    settings wanted() const override
    {
        auto last = locked([this] { return d_pending.wanted(d_given); });
        last.win_length = last.frames_of().window_length();
        return last;
    }

    std::int64_t latency() const override
    {
        return locked([this] {
            const auto& s = d_vocoder.design();
            return s.rate == 1 ? 0 : static_cast<std::int64_t>(s.hop);
        });
    }

protected:
    void restarted() override
    {
        d_vocoder = kernel::phase_vocoder<float>(d_given);
        d_description = {};
        d_tags.clear();
        d_length.reset();
        d_tags_read = d_first_item = 0;
        d_final = d_over = d_holds = false;
    }

private:
    //! Position of an output frame in the input, and the step to the next one.
    struct shown {
        std::int64_t sample = 0; // first one under the input frame
        std::int64_t frame = 0;  // index of that frame
        double fraction = 0;     // of a frame, to add to it
        std::int64_t start = 0;  // first sample under the output frame
        double rate = 1;
    };

    shown next_shown() const
    {
        const auto& s = d_vocoder.design();
        const auto behind = d_vocoder.frames_in() - d_vocoder.frame();
        return { d_vocoder.start_in() - behind * static_cast<std::int64_t>(s.hop),
                 d_vocoder.frame(),
                 d_vocoder.fraction(),
                 d_vocoder.start(),
                 s.rate };
    }

    void apply_due()
    {
        while (const auto* due = d_pending.due(next_shown().sample)) {
            d_given = due->state.settings;
            d_vocoder.set_rate(d_given.rate);
            d_pending.pop();
        }
    }

    //! No more input.
    void end_input()
    {
        d_vocoder.finish();
        d_final = true;
    }

    //! Frames of the input from what is shown to its end, if its length is known.
    double to_the_end(const shown& s) const
    {
        const auto centre =
            static_cast<std::int64_t>(d_vocoder.design().frames_of().frames().centre());
        return static_cast<double>(*d_length - s.sample - centre) /
                   static_cast<double>(d_vocoder.design().hop) -
               s.fraction;
    }

    //! Frames of the input, as far as it has come, after what is shown.
    double frames_after(const shown& s) const
    {
        return static_cast<double>(d_vocoder.frames_in() - 1 - s.frame) - s.fraction;
    }

    //! True if later frames of the input, which have come or may come, would go to this output frame if the input
    //! ended then.
    bool may_be_last(const shown& s) const
    {
        const auto after = frames_after(s);
        return !d_final && (s.rate > 1 || (after > kernel::position_rounding &&
                                           after + kernel::position_rounding < s.rate));
    }

    bool is_last(const shown& s) const
    {
        return d_final && ((d_length && to_the_end(s) <= 0) ||
                           frames_after(s) + kernel::position_rounding < s.rate);
    }

    //! The tags of an output frame, which is this item.
    void write_tags(const shown& s, std::uint64_t item)
    {
        const bool last = is_last(s);
        const auto shows = d_first_item + static_cast<std::uint64_t>(s.frame);
        for (; !d_tags.empty() && (last || d_tags.front().offset <= shows); d_tags.pop_front()) {
            auto tag = d_tags.front();
            tag.offset = item;
            if (pmt::eq(tag.key, first_key))
                tag.value = pmt::from_long(s.start);
            if (pmt::eq(tag.key, packet_length_key) && s.rate != 1)
                continue; // it counts the items that came in
            add_item_tag(0, tag);
        }
        if (!last || !d_length)
            return;
        const auto& design = d_vocoder.design();
        // a tag gives any length; two such sums fit into 64 bits
        const auto more =
            std::clamp(to_the_end(s) / s.rate * static_cast<double>(design.hop), -0x1p61, 0x1p61);
        const auto frames = design.frames_of().frames();
        const auto centre = static_cast<std::int64_t>(frames.centre());
        // of frames that are not centred the last one may end before, or begin after, the end of the sound
        const auto length = std::clamp(
            s.start + centre + static_cast<std::int64_t>(std::llround(more)),
            s.start,
            s.start + static_cast<std::int64_t>(std::max(frames.win_length(), frames.hop())));
        add_item_tag(
            0,
            item,
            length_key,
            pmt::from_uint64(static_cast<std::uint64_t>(std::max<std::int64_t>(0, length))));
        d_over = true;
    }

    /*!
     * Reads the tags of the next item; false if they describe other frames, and what is known of those before has to be
     * written first.
     */
    bool take_tags(std::uint64_t item)
    {
        if (d_tags_read == item + 1)
            return true;
        while (d_next_tag != d_found.end() && d_next_tag->offset < item)
            ++d_next_tag;
        auto end = d_next_tag;
        while (end != d_found.end() && end->offset == item)
            ++end;
        if (d_next_tag != end && !follow(d_next_tag, end, item))
            return false;
        for (; d_next_tag != end; ++d_next_tag)
            if (!pmt::eq(d_next_tag->key, length_key))
                d_tags.push_back(*d_next_tag);
        d_tags_read = item + 1;
        return true;
    }

    template <class Iterator>
    bool follow(Iterator tag, Iterator end, std::uint64_t item)
    {
        auto description = d_description;
        description.first.reset();
        description.length.reset();
        for (; tag != end; ++tag)
            read_tag(description, *tag);
        const auto& present = d_vocoder.design();
        try {
            description.check_n_fft(d_given.n_fft);
            auto next = d_given;
            const auto p = description.applied_to(d_given.frames_of());
            next.hop = p.hop;
            next.win_length = p.window_length();
            next.phase = p.phase;
            const auto start = description.first.value_or(d_vocoder.start_in());
            const bool same = next.hop == present.hop && next.phase == present.phase &&
                              next.win_length == present.frames_of().window_length() &&
                              start == d_vocoder.start_in();
            if (!same) {
                next.check();
                end_input(); // of the frames so far
                if (d_vocoder.ready() || d_holds)
                    return false;
                d_final = false;
                const bool is_first = d_vocoder.frames_in() == 0 && nitems_written(0) == 0;
                d_vocoder.restart(next, start, is_first ? start : d_vocoder.start());
                d_first_item = item;
            }
            if (const auto& window = description.frames.wanted(&kernel::parameters::window))
                d_vocoder.set_window_centre(
                    kernel::window_centre(window->sample(window->length())));
            d_description = description;
        } catch (const std::exception& e) {
            d_logger->warn("tags of a change ignored: {}", e.what());
        }
        const auto frames = d_vocoder.design().frames_of().frames();
        if (description.length && frames.continues(d_vocoder.start_in(), *description.length))
            d_logger->warn("tag stft_length ignored: {}: another frame follows its own",
                           *description.length);
        else if (description.length)
            d_length = description.length;
        return true;
    }

    settings d_given; // after the changes that were applied
    kernel::phase_vocoder<float> d_vocoder;
    settings_queue<settings> d_pending;
    stream_description d_description;
    std::deque<gr::tag_t> d_tags;         // of items whose frames are still to be shown
    std::optional<std::int64_t> d_length; // of the input in samples, once its last frame is here
    std::uint64_t d_tags_read = 0;        // one past the item whose tags were read last
    std::uint64_t d_first_item = 0;       // item of the vocoder's frame 0
    bool d_final = false;                 // all of the input is in the vocoder
    bool d_over = false;                  // the last output frame is written
    bool d_holds = false;                 // d_held is an output frame that is still to be written
    shown d_shown;                        // what the last output frame shows
    std::vector<gr_complex> d_held;
    std::vector<gr::tag_t> d_found;
    std::vector<gr::tag_t>::const_iterator d_next_tag;
};

phase_vocoder_vcvc::sptr phase_vocoder_vcvc::make(const kernel::vocoder_settings& s)
{
    check_rows(kernel::bins(s.sides, kernel::checked_n_fft(static_cast<std::int64_t>(s.n_fft))) *
               sizeof(gr_complex));
    s.check();
    return gnuradio::make_block_sptr<phase_vocoder_impl>(s);
}

} // namespace gr::stft
