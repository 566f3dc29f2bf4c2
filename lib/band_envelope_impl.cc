/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include "stream/stream_tags.h"
#include <gnuradio/stft/band_envelope.h>

namespace gr::stft {

class band_envelope_impl : public stream_block<band_envelope_vf>
{
public:
    explicit band_envelope_impl(const kernel::band_envelope_settings& s)
        : gr::block("band_envelope",
                    input_rows(s.bins() * sizeof(float)),
                    gr::io_signature::make(1, 1, sizeof(float))),
          d_given(s), d_envelope(s)
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_items_per_call(rows_per_call(s.bins() * sizeof(float)));
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
        const auto rows = std::min(noutput_items, ninput_items[0]);
        get_tags_in_range(d_found, 0, nitems_read(0), nitems_read(0) + rows);
        std::stable_sort(d_found.begin(), d_found.end(), gr::tag_t::offset_compare);
        int done = 0;
        for (auto& tag : d_found) {
            const auto row = static_cast<int>(tag.offset - nitems_read(0));
            run(in, done, row, out);
            done = row;
            take(tag, nitems_written(0) + static_cast<std::uint64_t>(row));
        }
        run(in, done, rows, out);
        const bool ends = rows == ninput_items[0] && input_ends(detail(), rows);
        consume_each(rows);
        if (!ends)
            return rows;
        this->produce(0, rows);
        return WORK_DONE;
    }

    std::int64_t latency() const override { return 0; }

protected:
    void restarted() override { d_envelope = kernel::band_envelope<float>(d_given); }

private:
    void run(const float* in, int from, int to, float* out)
    {
        const auto bins = static_cast<int>(d_given.bins());
        d_envelope.add(in + from * bins, static_cast<std::size_t>(to - from), out + from);
    }

    void take(gr::tag_t tag, std::uint64_t sample)
    {
        if (!ends_here(tag.key)) {
            tag.offset = sample;
            add_item_tag(0, tag);
            return;
        }
        try {
            stream_description told;
            told.read(tag);
            const auto& rate = told.frames.wanted(&kernel::parameters::samp_rate);
            if (!rate || *rate == d_envelope.design().samp_rate)
                return;
            auto next = d_envelope.design();
            next.samp_rate = *rate;
            d_envelope = kernel::band_envelope<float>(next);
        } catch (const std::exception& e) {
            d_logger->warn("tag {} ignored: {}", pmt::write_string(tag.key), e.what());
        }
    }

    kernel::band_envelope_settings d_given;
    kernel::band_envelope<float> d_envelope;
    std::vector<gr::tag_t> d_found;
};

band_envelope_vf::sptr band_envelope_vf::make(const kernel::band_envelope_settings& s)
{
    s.check();
    check_rows(s.bins() * sizeof(float));
    return gnuradio::make_block_sptr<band_envelope_impl>(s);
}

} // namespace gr::stft
