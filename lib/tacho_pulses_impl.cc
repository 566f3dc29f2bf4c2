/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/at_once.h"
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_end.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/tacho_pulses.h>

namespace gr::stft {

namespace {

const pmt::pmt_t pulses_port = pmt::mp("pulses");

} // namespace

class tacho_pulses_impl : public stream_block<tacho_pulses_ff>
{
public:
    explicit tacho_pulses_impl(const kernel::tacho_settings& s)
        : gr::block("tacho_pulses",
                    gr::io_signature::make(1, 1, sizeof(float)),
                    gr::io_signature::make(1, 1, sizeof(float))),
          d_settings(s), d_present(s), d_tacho(s)
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_decimation(s.hop, sizeof(float));
        message_port_register_out(pulses_port);
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<kernel::tacho_settings>(message));
        });
    }

    void request(const kernel::change<kernel::tacho_settings>& requested) override
    {
        check_at_once(requested);
        gr::thread::scoped_lock lock(d_setlock);
        auto next = d_settings;
        requested.apply_to(next);
        next.check();
        auto present = next;
        present.samp_rate = (d_next ? *d_next : d_present).samp_rate;
        present.check();
        d_settings = next;
        replace(present);
    }

    kernel::tacho_settings wanted() const override
    {
        return locked([this] { return d_settings; });
    }

    void forecast(int, gr_vector_int& required) override
    {
        required[0] = d_waits || d_length ? 0 : askable(detail(), 1);
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto in = static_cast<const float*>(input_items[0]);
        const auto out = static_cast<float*>(output_items[0]);
        const auto first = nitems_read(0);
        get_tags_in_range(d_found, 0, first, first + ninput_items[0]);
        sort_by_sample(d_found);
        auto tag = d_found.begin();
        int used = 0, produced = 0;
        for (;;) {
            const auto next = first + static_cast<std::uint64_t>(used);
            produced += give(out + produced, noutput_items - produced, writable(next) - produced);
            d_waits = has_speeds() && writable(next) > produced;
            if (d_waits) // no room left
                break;
            if (d_next)
                begin_again(next);
            while (tag != d_found.end() && tag->offset == next && !d_next)
                take(*tag++);
            if (d_next)
                continue;
            auto count =
                std::min(samples_at_once, static_cast<std::size_t>(ninput_items[0] - used));
            if (tag != d_found.end())
                count = std::min<std::size_t>(count, tag->offset - next);
            if (count) {
                d_tacho.add(in + used, count);
                used += static_cast<int>(count);
                publish();
            } else if (!d_length && input_ends(detail(), used)) {
                d_length = items_of(static_cast<std::int64_t>(next));
                finish();
            } else {
                break;
            }
        }
        consume_each(used);
        write_tags(d_tags, nitems_written(0) + static_cast<std::uint64_t>(produced), d_length);
        if (d_length && !has_speeds()) {
            produce(0, produced);
            return WORK_DONE;
        }
        return produced;
    }

    std::int64_t count() const override
    {
        return locked([this] { return d_count + d_tacho.count(); });
    }

    double separation() const override
    {
        return locked([this] { return d_tacho.separation(); });
    }

protected:
    void restarted() override
    {
        d_present = d_settings;
        d_tacho = kernel::tacho_pulses<float>(d_present);
        d_tags.clear();
        d_rate.reset();
        d_next.reset();
        d_held.reset();
        d_length.reset();
        d_waits = false;
        d_count = d_rate_sample = 0;
        d_rate_time = 0;
        describe("stft_first", 0);
        describe("stft_hop", hop());
        describe("stft_win_length", 1);
    }

private:
    static constexpr std::size_t samples_at_once = 8192; // between outputs

    std::int64_t hop() const { return static_cast<std::int64_t>(d_settings.hop); }
    std::int64_t items_of(std::int64_t samples) const { return (samples + hop() - 1) / hop(); }

    bool has_speeds() const { return d_held || d_tacho.ready(); }

    //! Items that this call may write, of `taken` samples: the newest one waits for the next one's sample, or the end, since
    //! tags of samples between them go to it if it is the last.
    std::int64_t writable(std::uint64_t taken)
    {
        const auto items = items_of(static_cast<std::int64_t>(taken));
        return items - (d_length ? 0 : 1) - static_cast<std::int64_t>(nitems_written(0));
    }

    //! Writes up to `room` speeds, of those that may be written. \return their number
    int give(float* out, int room, std::int64_t may)
    {
        const auto most = static_cast<int>(std::clamp<std::int64_t>(may, 0, room));
        if (most == 0)
            return 0;
        int given = 0;
        if (d_held)
            out[given++] = *std::exchange(d_held, std::nullopt);
        return given +
               static_cast<int>(d_tacho.read(out + given, static_cast<std::size_t>(most - given)));
    }

    void describe(const char* key, std::int64_t value)
    {
        gr::tag_t tag;
        tag.key = pmt::mp(key);
        tag.value = pmt::from_long(value);
        tag.srcid = alias_pmt();
        d_tags.add(0, tag);
    }

    //! Passes a tag on to the first item at or after its sample.
    void take(gr::tag_t tag)
    {
        const auto sample = static_cast<std::int64_t>(tag.offset), item = items_of(sample);
        if (ends_here(tag.key))
            return;
        if (pmt::eq(tag.key, rx_rate_key)) {
            const auto rate = rate_in(tag);
            if (!rate)
                return;
            d_rate = rate;
            change_rate(*rate);
            tag.value = pmt::from_double(*rate / static_cast<double>(hop()));
        } else if (pmt::eq(tag.key, rx_time_key)) {
            const auto known =
                d_rate || d_settings.samp_rate == 1 ? d_rate : std::optional(d_settings.samp_rate);
            tag.value = later(tag.value, static_cast<double>(item * hop() - sample), known);
        }
        d_tags.add(item, tag);
    }

    //! Requests another rate for the samples from here on; what came before is finished.
    void change_rate(double rate)
    {
        auto next = d_settings;
        next.samp_rate = rate;
        if (rate == d_present.samp_rate)
            return;
        try {
            next.check();
        } catch (const std::exception& e) {
            d_logger->warn("rx_rate {} ignored: {}", rate, e.what());
            return;
        }
        replace(next);
    }

    //! Other settings for the samples from here on; what came before is finished.
    void replace(const kernel::tacho_settings& s)
    {
        if (!std::exchange(d_next, s))
            finish();
    }

    void begin_again(std::uint64_t sample)
    {
        const auto first = static_cast<std::int64_t>(sample);
        d_rate_time = time_of({ first, 0 });
        d_rate_sample = first;
        d_count += d_tacho.count();
        d_present = *d_next;
        if (float newest; d_tacho.read(&newest, 1))
            d_held = newest;
        d_tacho = kernel::tacho_pulses<float>(d_present, first, d_count);
        d_next.reset();
    }

    void finish()
    {
        d_tacho.finish();
        publish();
    }

    //! Seconds after sample 0.
    double time_of(const kernel::sample_instant& at) const
    {
        return d_rate_time + at.after({ d_rate_sample, 0 }) / d_present.samp_rate;
    }

    void publish()
    {
        static const auto number = pmt::mp("number"), revolutions = pmt::mp("revolutions"),
                          sample = pmt::mp("sample"), fraction = pmt::mp("fraction"),
                          time = pmt::mp("time"), speed = pmt::mp("speed"),
                          start = pmt::mp("start");
        for (const auto& pulse : d_tacho.take()) {
            auto message = pmt::make_dict();
            const auto add = [&message](const pmt::pmt_t& key, const pmt::pmt_t& value) {
                message = pmt::dict_add(message, key, value);
            };
            add(number, pmt::from_long(pulse.number));
            add(revolutions,
                pmt::from_double(static_cast<double>(pulse.number) /
                                 static_cast<double>(d_settings.ppr)));
            add(sample, pmt::from_long(pulse.at.sample));
            add(fraction, pmt::from_double(pulse.at.fraction));
            add(time, pmt::from_double(time_of(pulse.at)));
            add(speed, pmt::from_double(pulse.speed));
            add(start, pmt::from_bool(pulse.start));
            message_port_pub(pulses_port, message);
        }
    }

    kernel::tacho_settings d_settings, d_present; // as wanted; of the present samples
    kernel::tacho_pulses<float> d_tacho;
    delayed_tags d_tags;
    std::vector<gr::tag_t> d_found;
    std::optional<kernel::tacho_settings> d_next; // of the samples that follow
    std::optional<float> d_held;                  // a speed that waits for the next one's sample
    bool d_waits = false;                 // speeds may be written, for which there was no room
    std::optional<double> d_rate;         // Hz, of tags
    std::optional<std::int64_t> d_length; // items of the whole stream, once it has ended
    std::int64_t d_count = 0;             // pulses at other rates
    std::int64_t d_rate_sample = 0;       // first sample of the present rate
    double d_rate_time = 0;               // s, of that sample
};

tacho_pulses_ff::sptr tacho_pulses_ff::make(const kernel::tacho_settings& s)
{
    s.check();
    return gnuradio::make_block_sptr<tacho_pulses_impl>(s);
}

} // namespace gr::stft
