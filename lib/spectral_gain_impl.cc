/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/event_messages.h"
#include "stream/retune.h"
#include "stream/settings_queue.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/kernel/denoise/spectral_gain.h>
#include <gnuradio/stft/spectral_gain.h>

namespace gr::stft {

class spectral_gain_impl : public stream_block<spectral_gain_vcvc>
{
public:
    using change = kernel::change<settings>;

    explicit spectral_gain_impl(const kernel::gain_settings& s)
        : gr::block("spectral_gain",
                    input_rows(s.bins() * sizeof(gr_complex)),
                    output_rows(s.bins() * sizeof(gr_complex))),
          d_given(s), d_gain(s)
    {
        set_items_per_call(rows_per_call(s.bins() * sizeof(gr_complex)));
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<settings>(message, { also::at, also::reset }));
        });
        message_port_register_in(events_port);
        set_msg_handler(events_port, [this](const pmt::pmt_t& message) { take_event(message); });
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto bins = d_gain.bins();
        const auto in = static_cast<const gr_complex*>(input_items[0]);
        const auto out = static_cast<gr_complex*>(output_items[0]);
        const auto rows = std::min(noutput_items, ninput_items[0]);
        for_runs_between_tags(rows, [&](int from, int to, const std::vector<gr::tag_t>& tags) {
            if (!tags.empty())
                follow(tags);
            for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i) {
                while (const auto* due = d_pending.due(d_gain.start()))
                    apply(*due);
                d_gain.apply(in + i * bins, out + i * bins);
            }
        });
        consume_each(rows);
        return rows;
    }

    void request(const change& requested) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        using state = settings_state<settings>;
        d_pending.insert(requested, { d_given }, [](const state& before, const change& next) {
            return std::optional<state>({ changed(before.settings, next) });
        });
    }

    settings wanted() const override
    {
        auto last = locked([this] { return d_pending.wanted(d_given); });
        last.win_length = last.window_length();
        last.tracking = last.tracking_used();
        return last;
    }

    void reset() override
    {
        change requested;
        requested.reset = true;
        request(requested);
    }

    std::vector<double> present_noise() const override
    {
        return locked([this] {
            const auto& noise = d_gain.noise();
            return std::vector<double>(noise.begin(), noise.end());
        });
    }

    std::int64_t latency() const override { return 0; }

protected:
    void restarted() override
    {
        d_gain = kernel::spectral_gain<float>(d_given);
        d_description = {};
        d_row_rate.reset();
    }

private:
    void apply(const settings_queue<settings>::entry& due)
    {
        const auto requested = due.change;
        d_given = due.state.settings;
        d_pending.pop();
        d_gain.change(described(d_given), gives_noise(requested));
        if (requested.reset) {
            d_gain.reset();
            d_gain.mask().clear();
        }
    }

    //! Settings with the values of tags in place of their own.
    settings described(settings s) const
    {
        const auto& frames = d_description.frames;
        s.hop = frames.wanted(&kernel::parameters::hop).value_or(s.hop);
        if (const auto& window = frames.wanted(&kernel::parameters::window))
            s.win_length = window->length();
        s.win_length = frames.wanted(&kernel::parameters::win_length).value_or(s.win_length);
        if (const auto& rate = frames.wanted(&kernel::parameters::samp_rate); rate && *rate != 1)
            s.samp_rate = *rate;
        if (d_row_rate)
            s.samp_rate = *d_row_rate * static_cast<double>(s.hop);
        return s;
    }

    //! Power of noise of density 1 in a bin of the frames that tags describe, if they do.
    std::optional<double> power_of_unit_noise() const
    {
        const auto& window = d_description.frames.wanted(&kernel::parameters::window);
        const auto& scaling = d_description.frames.wanted(&kernel::parameters::scale);
        if (!window || !scaling)
            return {};
        const auto taps = window->sample(window->length());
        const auto rate = d_description.frames.wanted(&kernel::parameters::samp_rate).value_or(1);
        const auto factor = kernel::gain(*scaling, taps, d_given.n_fft, rate);
        double sum = 0;
        for (const auto& tap : taps)
            sum += std::norm(tap);
        return sum * factor * factor;
    }

    void follow(const std::vector<gr::tag_t>& tags)
    {
        const auto before = d_description;
        const auto rate_before = d_row_rate;
        const auto power_before = power_of_unit_noise();
        d_description.first.reset();
        for (const auto& tag : tags) {
            if (!pmt::eq(tag.key, rx_rate_key))
                read_tag(d_description, tag);
            else if (const auto rate = rate_in(tag))
                d_row_rate = rate;
        }
        try {
            d_description.check_n_fft(d_given.n_fft);
            const auto next = described(d_given);
            const auto& present = d_gain.design();
            const auto power = power_of_unit_noise();
            if (next.hop != present.hop || next.win_length != present.win_length ||
                next.samp_rate != present.samp_rate)
                d_gain.change(next, false);
            if (power && power_before && *power != *power_before && *power > 0 && *power_before > 0)
                d_gain.scale_noise(*power / *power_before);
            if (d_description.first)
                d_gain.begin_at(*d_description.first);
        } catch (const std::exception& e) {
            d_logger->warn("tags of a change ignored: {}", e.what());
            d_description = before;
            d_row_rate = rate_before;
        }
    }

    void take_event(const pmt::pmt_t& message)
    {
        gr::thread::scoped_lock lock(d_setlock);
        try {
            d_gain.mask().take(report_in(message).first);
        } catch (const std::exception& e) { // leaving a handler, it would end the thread
            d_logger->warn("{}", e.what());
        }
    }

    settings d_given; // after the changes that were applied
    kernel::spectral_gain<float> d_gain;
    settings_queue<settings> d_pending;
    stream_description d_description;
    std::optional<double> d_row_rate; // Hz
};

spectral_gain_vcvc::sptr spectral_gain_vcvc::make(const kernel::gain_settings& s)
{
    s.check();
    check_rows(s.bins() * sizeof(gr_complex));
    return gnuradio::make_block_sptr<spectral_gain_impl>(s);
}

} // namespace gr::stft
