/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/at_once.h"
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/kernel/stft/power.h>
#include <gnuradio/stft/power.h>

namespace gr::stft {

class power_impl : public stream_block<power_vcvf>
{
public:
    power_impl(const power_settings& s, std::size_t bins)
        : gr::block("power",
                    input_rows(bins * sizeof(gr_complex)),
                    output_rows(bins * sizeof(float))),
          d_settings(s), d_bins(bins), d_power(s.n_fft, bins, s)
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_items_per_call(std::max(rows_per_call(bins * sizeof(gr_complex)),
                                    least_rows_per_call(bins * sizeof(float))));
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<power_settings>(message, { also::reset }));
        });
    }

    void forecast(int, gr_vector_int& required) override { required[0] = askable(detail(), 1); }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto in = static_cast<const gr_complex*>(input_items[0]);
        const auto out = static_cast<float*>(output_items[0]);
        get_tags_in_range(d_found, 0, nitems_read(0), nitems_read(0) + ninput_items[0]);
        std::stable_sort(d_found.begin(), d_found.end(), gr::tag_t::offset_compare);
        auto tag = d_found.begin();
        int used = 0, produced = 0;
        for (; produced < noutput_items && used < ninput_items[0]; ++used) {
            for (; tag != d_found.end() && tag->offset == nitems_read(0) + used; ++tag)
                take(*tag, nitems_written(0) + produced);
            produced += d_power.add(in + used * d_bins, out + produced * d_bins);
        }
        const bool ends = used == ninput_items[0] && input_ends(detail(), used);
        consume_each(used);
        if (ends && produced < noutput_items) {
            produced += d_power.flush(out + produced * d_bins);
            this->produce(0, produced);
            return WORK_DONE;
        }
        return produced;
    }

    //! A change takes effect at once: spectra have no sample that it could wait for.
    void request(const kernel::change<power_settings>& requested) override
    {
        check_at_once(requested);
        gr::thread::scoped_lock lock(d_setlock);
        auto next = d_settings;
        requested.apply_to(next);
        next.check();
        d_settings = next;
        d_power.set_average(next.average);
        if (requested.reset)
            d_power.reset();
    }

    power_settings wanted() const override
    {
        return locked([this] { return d_settings; });
    }

    void reset() override
    {
        kernel::change<power_settings> requested;
        requested.reset = true;
        request(requested);
    }

    std::int64_t latency() const override { return 0; }

protected:
    void restarted() override
    {
        d_power = { d_power.n_fft(), d_bins, d_power.design() };
        d_description = {};
    }

private:
    void take(gr::tag_t tag, std::uint64_t row)
    {
        try {
            if (d_description.read(tag) && d_power.design().kind == kernel::power_kind::psd) {
                d_description.check_n_fft(d_power.n_fft());
                bring_to_psd();
            }
        } catch (const std::exception& e) {
            d_logger->warn("tag {} ignored: {}", pmt::write_string(tag.key), e.what());
        }
        const auto average = d_power.design().average;
        if (average > 1 && pmt::eq(tag.key, packet_length_key)) // it counts the rows that came in
            return;
        if (pmt::eq(tag.key, rx_rate_key)) {
            const auto rate = rate_in(tag);
            if (!rate)
                return;
            tag.value = pmt::from_double(*rate / static_cast<double>(average));
        }
        tag.offset = row;
        add_item_tag(0, tag);
    }

    void bring_to_psd()
    {
        const auto& window = d_description.frames.wanted(&kernel::parameters::window);
        const auto& scaling = d_description.frames.wanted(&kernel::parameters::scale);
        if (!window || !scaling)
            return;
        const auto taps = window->sample(window->length());
        const auto rate = d_description.frames.wanted(&kernel::parameters::samp_rate).value_or(1);
        const auto has = kernel::gain(*scaling, taps, d_power.n_fft(), rate);
        const auto wants = kernel::gain(kernel::scaling::psd, taps, d_power.n_fft(), rate);
        d_power.set_factor(wants / has * (wants / has));
    }

    power_settings d_settings;
    std::size_t d_bins;
    kernel::power<float> d_power;
    stream_description d_description;
    std::vector<gr::tag_t> d_found;
};

power_vcvf::sptr power_vcvf::make(const power_settings& given)
{
    auto s = given;
    const auto bins =
        kernel::bins(s.sides, kernel::checked_n_fft(static_cast<std::int64_t>(s.n_fft)));
    check_rows(bins * sizeof(gr_complex));
    s.doubled = s.sides == kernel::sides::onesided;
    s.check();
    return gnuradio::make_block_sptr<power_impl>(s, bins);
}

} // namespace gr::stft
