/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/spectral_kurtosis.h>

namespace gr::stft {

class spectral_kurtosis_impl : public stream_block<spectral_kurtosis_vff>
{
public:
    explicit spectral_kurtosis_impl(const kernel::spectral_kurtosis_settings& s)
        : gr::block("spectral_kurtosis",
                    input_rows(s.bins() * sizeof(float)),
                    output_rows(s.bins() * sizeof(float))),
          d_made(s), d_kurtosis(d_made)
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_items_per_call(least_rows_per_call(s.bins() * sizeof(float)));
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            for_items(message, { { "reset", [this](const auto&...) { reset(); } } });
        });
    }

    void forecast(int, gr_vector_int& required) override { required[0] = 1; }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto in = static_cast<const float*>(input_items[0]);
        const auto out = static_cast<float*>(output_items[0]);
        const auto bins = d_kurtosis.bins();
        int used = 0, produced = 0;
        get_tags_in_range(d_found, 0, nitems_read(0), nitems_read(0) + ninput_items[0]);
        std::stable_sort(d_found.begin(), d_found.end(), gr::tag_t::offset_compare);
        auto tag = d_found.begin();
        for (; produced < noutput_items && used < ninput_items[0]; ++used) {
            for (; tag != d_found.end() && tag->offset == nitems_read(0) + used; ++tag)
                pass(*tag, nitems_written(0) + produced);
            produced += d_kurtosis.add(in + used * bins, out + produced * bins);
        }
        consume_each(used);
        return produced;
    }

    std::vector<float> threshold() const override
    {
        std::vector<float> five;
        for (const auto sd : d_made.spread())
            five.push_back(static_cast<float>(5 * sd));
        return five;
    }

    double independent_frames() const override { return d_made.independent().of_square; }

    void reset() override
    {
        gr::thread::scoped_lock lock(d_setlock);
        d_kurtosis = d_made;
    }

    std::int64_t latency() const override { return 0; }

protected:
    void restarted() override { d_kurtosis = d_made; }

private:
    void pass(gr::tag_t tag, std::uint64_t row)
    {
        if (pmt::eq(tag.key, packet_length_key)) // it counts the rows that came in
            return;
        if (pmt::eq(tag.key, rx_rate_key)) {
            const auto rate = rate_in(tag);
            if (!rate)
                return;
            tag.value = pmt::from_double(*rate / static_cast<double>(d_made.rows_per_mean()));
        }
        tag.offset = row;
        add_item_tag(0, tag);
    }

    const kernel::spectral_kurtosis<float> d_made; // as it is before the first row
    kernel::spectral_kurtosis<float> d_kurtosis;
    std::vector<gr::tag_t> d_found;
};

spectral_kurtosis_vff::sptr spectral_kurtosis_vff::make(const kernel::spectral_kurtosis_settings& s)
{
    s.check();
    check_rows(s.bins() * sizeof(float));
    return gnuradio::make_block_sptr<spectral_kurtosis_impl>(s);
}

} // namespace gr::stft
