/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/settings_queue.h"
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/kernel/phase/phase_from_magnitude.h>
#include <gnuradio/stft/phase_from_magnitude.h>

namespace gr::stft {

class phase_from_magnitude_impl : public stream_block<phase_from_magnitude_vfvc>
{
public:
    using change = kernel::change<settings>;

    explicit phase_from_magnitude_impl(const settings& s)
        : gr::block("phase_from_magnitude",
                    input_rows(s.bins() * sizeof(float)),
                    output_rows(s.bins() * sizeof(gr_complex))),
          d_given(s), d_phases(s)
    {
        set_items_per_call(rows_per_call(s.bins() * sizeof(gr_complex)));
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<settings>(message, { also::at }));
        });
    }

    void forecast(int, gr_vector_int& required) override { required[0] = askable(detail(), 1); }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto bins = d_phases.bins();
        const auto in = static_cast<const float*>(input_items[0]);
        const auto out = static_cast<gr_complex*>(output_items[0]);
        const auto read = nitems_read(0);
        get_tags_in_range(d_found, 0, read, read + static_cast<std::uint64_t>(ninput_items[0]));
        sort_by_sample(d_found);
        auto tag = d_found.begin();
        std::size_t used = 0, produced = 0;
        const auto rows = static_cast<std::size_t>(ninput_items[0]);
        const auto room = static_cast<std::size_t>(noutput_items);
        for (; used < rows && produced < room; ++used) {
            if (const auto item = read + used; d_rows_described <= item) {
                while (tag != d_found.end() && tag->offset < item)
                    ++tag;
                const auto first = tag;
                while (tag != d_found.end() && tag->offset == item)
                    ++tag;
                if (first != tag)
                    produced += follow(first, tag, out + produced * bins);
                d_rows_described = item + 1;
            }
            if (produced == room)
                break;
            while (const auto* due = d_pending.due(d_phases.start()))
                apply(*due);
            produced += d_phases.push(in + used * bins, out + produced * bins);
        }
        // the scheduler passes tags on when a call has returned, so the call that ends the stream consumes nothing
        const bool ends = rows == 0 && input_ends(detail(), 0);
        consume_each(static_cast<int>(used));
        if (ends && produced < room) {
            produced += d_phases.finish(out + produced * bins);
            this->produce(0, static_cast<int>(produced));
            return WORK_DONE;
        }
        return static_cast<int>(produced);
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
            const auto& s = d_phases.design();
            return static_cast<std::int64_t>(s.look_ahead * s.hop);
        });
    }

protected:
    void restarted() override
    {
        d_phases = kernel::phase_from_magnitude<float>(d_given);
        d_description = {};
        d_rows_described = 0;
    }

private:
    void apply(const settings_queue<settings>::entry& due)
    {
        d_given = due.state.settings;
        auto next = d_phases.design();
        next.tolerance = d_given.tolerance;
        d_phases.change(next, d_phases.start());
        d_pending.pop();
    }

    //! Takes the tags of a row in. \return rows that were written: the one before, if it waited for a row of its own
    //! kind
    template <class Iterator>
    std::size_t follow(Iterator tag, Iterator end, gr_complex* out)
    {
        const auto before = d_description;
        d_description.first.reset();
        for (; tag != end; ++tag)
            read_tag(d_description, *tag);
        const auto& present = d_phases.design();
        std::size_t written = 0;
        try {
            d_description.check_n_fft(d_given.n_fft);
            const auto p = d_description.applied_to(d_given.frames_of());
            auto next = d_given;
            next.hop = p.hop;
            next.window = p.window;
            next.win_length = p.win_length;
            next.phase = p.phase;
            next.check();
            const auto start = d_description.first.value_or(d_phases.start());
            const bool same =
                next.hop == present.hop && next.window == present.window &&
                next.phase == present.phase &&
                next.frames_of().window_length() == present.frames_of().window_length() &&
                start == d_phases.start();
            if (!same) {
                written = d_phases.finish(out);
                d_phases.change(next, start);
            }
        } catch (const std::exception& e) {
            d_logger->warn("tags of a change ignored: {}", e.what());
            d_description = before;
        }
        return written;
    }

    settings d_given; // after the changes that were applied
    kernel::phase_from_magnitude<float> d_phases;
    settings_queue<settings> d_pending;
    stream_description d_description;
    std::uint64_t d_rows_described = 0; // rows whose tags were read
    std::vector<gr::tag_t> d_found;
};

phase_from_magnitude_vfvc::sptr phase_from_magnitude_vfvc::make(const kernel::phase_settings& s)
{
    check_rows(kernel::bins(s.sides, kernel::checked_n_fft(static_cast<std::int64_t>(s.n_fft))) *
               sizeof(gr_complex));
    s.check();
    return gnuradio::make_block_sptr<phase_from_magnitude_impl>(s);
}

} // namespace gr::stft
