/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/at_once.h"
#include "stream/event_messages.h"
#include "stream/receiver_tags.h"
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/band_power.h>
#include <sstream>

namespace gr::stft {

class band_power_impl : public stream_block<band_power_vff>
{
public:
    explicit band_power_impl(const kernel::band_power_settings& s)
        : gr::block("band_power",
                    input_rows((s.n_fft / 2 + 1) * sizeof(float)),
                    output_rows(kernel::band_power<float>(s).bands() * sizeof(float))),
          d_settings(s), d_bins(s.n_fft / 2 + 1), d_power(s)
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_items_per_call(least_rows_per_call(d_power.bands() * sizeof(float)));
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<kernel::band_power_settings>(message));
        });
        warn_of_few_periods(s);
    }

    void forecast(int, gr_vector_int& required) override { required[0] = askable(detail(), 1); }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto in = static_cast<const float*>(input_items[0]);
        const auto out = static_cast<float*>(output_items[0]);
        const auto bands = d_power.bands();
        get_tags_in_range(d_found, 0, nitems_read(0), nitems_read(0) + ninput_items[0]);
        std::stable_sort(d_found.begin(), d_found.end(), gr::tag_t::offset_compare);
        auto tag = d_found.begin();
        int used = 0, produced = 0;
        while (produced < noutput_items && used < ninput_items[0]) {
            const auto first = tag;
            auto last = tag;
            while (last != d_found.end() && last->offset == nitems_read(0) + used)
                ++last;
            if (d_power.pending() && first != last && tells_of_gap(first, last)) {
                d_power.flush(out + produced * bands); // a level is not of both sides of a gap
                ++produced;
                continue;
            }
            bool described = false;
            for (; tag != last; ++tag)
                described = take(*tag, nitems_written(0) + produced) || described;
            if (described)
                follow_description();
            produced += d_power.add(in + used * d_bins, out + produced * bands);
            ++used;
            ++d_since_time;
        }
        const bool ends = used == ninput_items[0] && input_ends(detail(), used);
        consume_each(used);
        if (ends && produced < noutput_items) {
            produced += d_power.flush(out + produced * bands);
            this->produce(0, produced);
            return WORK_DONE;
        }
        return produced;
    }

    //! Changes at once: rows have no sample that a change could wait for.
    void request(const kernel::change<kernel::band_power_settings>& requested) override
    {
        check_at_once(requested);
        gr::thread::scoped_lock lock(d_setlock);
        auto next = d_settings;
        requested.apply_to(next);
        next.check();
        auto present = d_power.design(); // with the values of tags
        present.average = next.average;
        d_power.change(present);
        d_settings = next;
    }

    kernel::band_power_settings wanted() const override
    {
        return locked([this] { return d_settings; });
    }

    std::int64_t latency() const override { return 0; }

protected:
    void restarted() override
    {
        d_power = kernel::band_power<float>(d_settings);
        d_description = {};
        d_rate.reset();
        d_time.reset();
        d_since_time = 0;
    }

private:
    using tags = std::vector<gr::tag_t>::const_iterator;

    //! True if samples were lost before the row that has these tags.
    bool tells_of_gap(tags first, tags last) const
    {
        return std::any_of(first, last, [this](const gr::tag_t& tag) {
            if (tells_of_overflow(tag.key))
                return true;
            if (!pmt::eq(tag.key, rx_time_key) || !d_time || !d_rate)
                return false;
            const auto time = time_in(tag.value);
            return time && std::abs(seconds_between(*d_time, *time) * *d_rate -
                                    static_cast<double>(d_since_time)) > 0.5;
        });
    }

    //! True if the tag is one of the rows' description.
    bool take(gr::tag_t tag, std::uint64_t item)
    {
        if (ends_here(tag.key)) {
            read_tag(d_description, tag);
            return true;
        }
        if (pmt::eq(tag.key, rx_rate_key)) {
            const auto rate = rate_in(tag);
            if (!rate)
                return false;
            if (d_rate != rate && d_since_time > 0)
                d_time.reset(); // that of the next row is not known
            d_rate = rate;
            tag.value = pmt::from_double(*rate / static_cast<double>(d_settings.average));
        } else if (pmt::eq(tag.key, rx_time_key)) {
            if (const auto time = time_in(tag.value)) {
                d_time = time;
                d_since_time = 0;
            }
            if (const auto pending = static_cast<double>(d_power.pending()); pending > 0)
                tag.value = later(tag.value, -pending, d_rate); // that of the level's first row
        }
        tag.offset = item;
        add_item_tag(0, tag);
        return false;
    }

    //! Weighs bins as the tags of the rows tell, if these can be weighed so.
    void follow_description()
    {
        auto next = d_power.design();
        const auto& frames = d_description.frames;
        next.samp_rate = frames.wanted(&kernel::parameters::samp_rate).value_or(next.samp_rate);
        next.win_length = frames.wanted(&kernel::parameters::win_length).value_or(next.win_length);
        if (next.samp_rate == d_power.design().samp_rate &&
            next.window_length() == d_power.design().window_length())
            return;
        try {
            d_description.check_n_fft(d_settings.n_fft);
            d_power.change(next);
            warn_of_few_periods(next);
        } catch (const std::exception& e) {
            d_logger->warn("tags of the rows ignored: {}", e.what());
        }
    }

    void warn_of_few_periods(const kernel::band_power_settings& s)
    {
        if (s.periods() < kernel::enough_periods)
            d_logger->warn(
                "bands: {}: the window holds {:.3g} periods of the lowest edge; below 10, "
                "what lies outside of a band adds to it",
                s.bands,
                s.periods());
    }

    kernel::band_power_settings d_settings;
    std::size_t d_bins;
    kernel::band_power<float> d_power;
    stream_description d_description;
    std::optional<double> d_rate;           // of the rows, Hz
    std::optional<kernel::utc_time> d_time; // from a tag
    std::int64_t d_since_time = 0;          // rows since then
    std::vector<gr::tag_t> d_found;
};

band_power_vff::sptr band_power_vff::make(const kernel::band_power_settings& s)
{
    s.check();
    check_rows((s.n_fft / 2 + 1) * sizeof(float));
    return gnuradio::make_block_sptr<band_power_impl>(s);
}

} // namespace gr::stft
