/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream/event_messages.h"
#include "stream/receiver_tags.h"
#include "stream/stream_block.h"
#include "stream/stream_end.h"
#include <gnuradio/stft/event_cutter.h>
#include <chrono>
#include <map>
#include <thread>

namespace gr::stft {

namespace {

const pmt::pmt_t clips_port = pmt::mp("clips");

using steady_clock = std::chrono::steady_clock;
constexpr auto patience = std::chrono::seconds(2);
constexpr auto pause = std::chrono::milliseconds(2);

bool has_samples(const kernel::event& e)
{
    return e.kind != kernel::event_kind::gap && e.kind != kernel::event_kind::retune;
}

} // namespace

void event_cutter_block_settings::check() const
{
    kernel::event_cutter_settings::check();
    if (hop < 1 || hop > std::size_t(1) << 40)
        kernel::refuse("hop", hop, "must be 1 .. 2^40 samples");
}

class event_cutter_impl : public stream_block<event_cutter>
{
public:
    explicit event_cutter_impl(const event_cutter_block_settings& s)
        : gr::block("event_cutter",
                    gr::io_signature::make(1, 1, sizeof(gr_complex)),
                    gr::io_signature::make(0, 0, 0)),
          d_settings(s), d_cutter(s)
    {
        message_port_register_out(clips_port);
        message_port_register_in(events_port);
        set_msg_handler(events_port, [this](const pmt::pmt_t& message) {
            gr::thread::scoped_lock lock(d_setlock);
            try {
                take(message);
            } catch (const std::exception& e) { // leaving a handler, it would end the thread
                d_logger->warn("{}", e.what());
            }
        });
        // the scheduler sends it when a block that sends messages to this one has ended
        set_msg_handler(pmt::mp("system"), [this](const pmt::pmt_t& message) {
            gr::thread::scoped_lock lock(d_setlock);
            d_detector_ended = true;
            system_handler(message);
        });
        restarted();
    }

    //! The newest sample stays in the buffer, so that the scheduler comes back when the stream has ended.
    void forecast(int, gr_vector_int& required) override { required[0] = askable(detail(), 2); }

    int general_work(int,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star&) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto samples = static_cast<const gr_complex*>(input_items[0]);
        const bool ends = input_ends(detail(), ninput_items[0]);
        const auto count = ends && no_more_events() ? ninput_items[0] : ninput_items[0] - 1;
        if (count > 0)
            add(samples, count);
        consume_each(std::max(0, count));
        if (ends && count == ninput_items[0]) {
            d_cutter.finish();
            publish();
            return WORK_DONE;
        }
        publish();
        if (ends) {
            lock.unlock();
            std::this_thread::sleep_for(pause);
        }
        return 0;
    }

    bool stop() override
    {
        {
            gr::thread::scoped_lock lock(d_setlock);
            d_cutter.finish();
            publish();
        }
        return stream_block<event_cutter>::stop();
    }

    std::uint64_t count() const override
    {
        return locked([this] { return d_count; });
    }

protected:
    void restarted() override
    {
        d_cutter = kernel::event_cutter(d_settings);
        d_asked_for.clear();
        d_context = {};
        d_context.samp_rate = d_settings.samp_rate;
        d_knows_rate = d_settings.samp_rate != 1;
        d_count = 0;
        d_waits_since.reset();
        d_detector_ended = d_looked_again = false;
    }

private:
    struct asked {
        pmt::pmt_t message;
        std::optional<double> freq_center; // Hz
    };

    void take(const pmt::pmt_t& message)
    {
        const auto [event, context] = report_in(message);
        d_waits_since.reset(); // what is no report does not keep the flowgraph from its end
        if (!has_samples(event))
            return;
        const auto [number, replaced] = d_cutter.request(event, context.samp_rate);
        d_asked_for.erase(replaced);
        if (number >= 0)
            d_asked_for[number] = { message, context.freq_center };
        publish();
    }

    //! True at the stream's end if no more events will be reported.
    bool no_more_events()
    {
        const auto now = steady_clock::now();
        if (d_detector_ended && std::exchange(d_looked_again, true))
            return true; // the detector's last messages were handled since
        if (!d_waits_since)
            d_waits_since = now;
        return now - *d_waits_since > patience;
    }

    void add(const gr_complex* samples, int count)
    {
        for_runs_between_tags(count, [&](int from, int to, const std::vector<gr::tag_t>& tags) {
            obey(tags);
            d_cutter.add(samples + from, static_cast<std::size_t>(to - from));
        });
    }

    void obey(const std::vector<gr::tag_t>& all)
    {
        receiver_tags tags;
        std::optional<double> rate;
        for (const auto& tag : all)
            if (receiver_tags::takes(tag.key))
                tags.read(tag, d_logger);
            else if (pmt::eq(tag.key, rx_rate_key))
                rate = rate_in(tag);
        const auto loss =
            lost_before(tags, d_cutter.samples(), d_context, d_settings.hop, d_knows_rate);
        if (loss)
            d_cutter.skip(loss->rows * static_cast<std::int64_t>(d_settings.hop));
        if (rate) {
            d_context.change_rate(d_cutter.samples(), *rate);
            d_knows_rate = true;
        }
        if (tags.time && d_knows_rate)
            d_context.set_time(d_cutter.samples(), *tags.time);
    }

    void publish()
    {
        for (const auto& clip : d_cutter.take()) {
            const auto found = d_asked_for.find(clip.request);
            auto meta = found->second.message;
            const auto add = [&](const char* key, const pmt::pmt_t& value) {
                meta = pmt::dict_add(meta, pmt::mp(key), value);
            };
            const auto rate = clip.samp_rate / static_cast<double>(clip.decimation);
            const auto center = found->second.freq_center.value_or(0) + clip.freq_center;
            add("clip_sample_start", pmt::from_long(clip.sample_start));
            add("clip_samp_rate", pmt::from_double(rate));
            add("clip_freq_center", pmt::from_double(center));
            add("clip_decimation", pmt::from_uint64(clip.decimation));
            add("clip_missing", pmt::from_long(clip.missing));
            message_port_pub(
                clips_port,
                pmt::cons(meta, pmt::init_c32vector(clip.samples.size(), clip.samples.data())));
            d_asked_for.erase(found);
            ++d_count;
        }
    }

    event_cutter_block_settings d_settings;
    kernel::event_cutter d_cutter;
    std::map<std::int64_t, asked> d_asked_for; // by the number of the request
    kernel::event_context d_context;
    bool d_knows_rate = false, d_detector_ended = false, d_looked_again = false;
    std::optional<steady_clock::time_point> d_waits_since;
    std::uint64_t d_count = 0;
};

event_cutter::sptr event_cutter::make(const event_cutter_block_settings& s)
{
    s.check();
    return gnuradio::make_block_sptr<event_cutter_impl>(s);
}

} // namespace gr::stft
