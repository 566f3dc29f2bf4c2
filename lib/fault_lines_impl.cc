/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/at_once.h"
#include "kernel/refuse.h"
#include "stream/event_messages.h"
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include "stream/stream_tags.h"
#include <gnuradio/stft/fault_lines.h>
#include <cmath>

namespace gr::stft {

namespace {

void check(const fault_lines_block_settings& s)
{
    s.check();
    if (!(s.speed >= 0 && s.speed <= 1e30))
        kernel::refuse("speed", s.speed, "must be Hz, 0 if it is unknown, at most 1e30");
}

} // namespace

class fault_lines_impl : public stream_block<fault_lines>
{
public:
    explicit fault_lines_impl(const fault_lines_block_settings& s)
        : gr::block("fault_lines",
                    mixed_input_rows(1, { s.bins() * sizeof(float), sizeof(float) }),
                    output_rows(s.bins() * sizeof(float))),
          d_given(s), d_present(s), d_lines(s)
    {
        const auto row_bytes = s.bins() * sizeof(float);
        set_items_per_call(std::max(1, least_rows_per_call(row_bytes)));
        message_port_register_out(events_port);
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<fault_lines_block_settings>(message));
        });
    }

    void forecast(int, gr_vector_int& required) override
    {
        for (std::size_t port = 0; port < required.size(); ++port)
            required[port] = askable(detail(), 1, static_cast<unsigned>(port));
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto in = static_cast<const float*>(input_items[0]);
        const auto speeds =
            input_items.size() > 1 ? static_cast<const float*>(input_items[1]) : nullptr;
        const auto out = static_cast<float*>(output_items[0]);
        auto rows = noutput_items;
        for (const auto items : ninput_items)
            rows = std::min(rows, items);
        get_tags_in_range(d_found, 0, nitems_read(0), nitems_read(0) + rows);
        std::stable_sort(d_found.begin(), d_found.end(), gr::tag_t::offset_compare);
        auto tag = d_found.cbegin();
        const auto bins = static_cast<int>(d_given.bins());
        for (int i = 0; i < rows; ++i) {
            const auto row = nitems_read(0) + static_cast<std::uint64_t>(i);
            for (; tag != d_found.cend() && tag->offset <= row; ++tag)
                take(*tag, row);
            const double speed = speeds ? static_cast<double>(speeds[i]) : d_given.speed;
            publish(d_lines.examine(in + i * bins, speed), row);
            std::copy(d_lines.whitened().begin(), d_lines.whitened().end(), out + i * bins);
        }
        bool ends = false;
        for (std::size_t port = 0; port < ninput_items.size(); ++port)
            ends = ends || (ninput_items[port] == 0 &&
                            input_ends(detail(), 0, static_cast<unsigned>(port)));
        consume_each(rows);
        // the scheduler passes tags on when a call has returned, so the call that ends the stream consumes nothing
        return ends ? WORK_DONE : rows;
    }

    //! A change takes effect with the next row.
    void request(const kernel::change<fault_lines_block_settings>& requested) override
    {
        check_at_once(requested);
        gr::thread::scoped_lock lock(d_setlock);
        auto next = d_given, present = d_present;
        requested.apply_to(next);
        requested.apply_to(present);
        check(next);
        if (present.threshold != d_present.threshold)
            d_lines = kernel::fault_lines(present);
        d_given = next;
        d_present = present;
    }

    fault_lines_block_settings wanted() const override
    {
        return locked([this] { return d_given; });
    }

    std::int64_t latency() const override { return 0; }

protected:
    void restarted() override
    {
        d_present = d_given;
        d_lines = kernel::fault_lines(d_present);
        d_context = {};
        d_rate_known = false;
    }

private:
    void take(const gr::tag_t& tag, std::uint64_t row)
    {
        if (pmt::eq(tag.key, rx_rate_key)) {
            if (const auto rate = rate_in(tag)) {
                // times of rows are counted from here by the new rate
                d_context.time = kernel::time_of(static_cast<std::int64_t>(row), d_context);
                d_context.time_sample = static_cast<std::int64_t>(row);
                d_context.samp_rate = *rate;
                d_rate_known = true;
            }
        } else if (pmt::eq(tag.key, rx_time_key)) {
            d_context.time = time_in(tag.value);
            d_context.time_sample = static_cast<std::int64_t>(row);
        } else if (ends_here(tag.key)) {
            follow(tag);
        }
    }

    //! Takes the parameters of the rows' frames from a tag.
    void follow(const gr::tag_t& tag)
    {
        try {
            stream_description told;
            told.read(tag);
            auto next = d_present;
            const auto& frames = told.frames;
            told.check_bins(kernel::sides::onesided, d_given.bins());
            next.n_fft = frames.wanted(&kernel::parameters::n_fft).value_or(next.n_fft);
            if (const auto& window = frames.wanted(&kernel::parameters::window))
                next.win_length = window->length();
            next.win_length =
                frames.wanted(&kernel::parameters::win_length).value_or(next.win_length);
            next.samp_rate = frames.wanted(&kernel::parameters::samp_rate).value_or(next.samp_rate);
            if (next.n_fft == d_present.n_fft && next.win_length == d_present.win_length &&
                next.samp_rate == d_present.samp_rate)
                return;
            d_lines = kernel::fault_lines(next);
            d_present = next;
        } catch (const std::exception& e) {
            d_logger->warn("tag {} ignored: {}", pmt::write_string(tag.key), e.what());
        }
    }

    void publish(const kernel::fault_report& report, std::uint64_t row)
    {
        const auto at = static_cast<std::int64_t>(row);
        const auto time = d_rate_known || at == d_context.time_sample
                              ? kernel::time_of(at, d_context)
                              : std::nullopt;
        std::vector<std::pair<const char*, kernel::event_value>> values{
            { "kind", std::string("bearing") },
            { "row", row },
            { "time", time ? kernel::event_value(kernel::iso8601(*time)) : kernel::event_value() },
        };
        const auto of_report = kernel::values_of(report);
        values.insert(values.end(), of_report.begin(), of_report.end());
        message_port_pub(events_port, dict_of(values));
    }

    fault_lines_block_settings d_given, d_present; // by make() or a change; with the values of tags
    kernel::fault_lines d_lines;
    kernel::event_context d_context; // rows are samples to it
    bool d_rate_known = false;
    std::vector<gr::tag_t> d_found;
};

fault_lines::sptr fault_lines::make(const fault_lines_block_settings& s)
{
    check(s);
    check_rows(s.bins() * sizeof(float));
    return gnuradio::make_block_sptr<fault_lines_impl>(s);
}

} // namespace gr::stft
