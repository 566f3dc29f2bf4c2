/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/at_once.h"
#include "kernel/refuse.h"
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include <gnuradio/stft/band_weights.h>

namespace gr::stft {

class band_weights_impl : public stream_block<band_weights_vfvf>
{
public:
    band_weights_impl(const kernel::band_weights_settings& s,
                      const kernel::band_weights<float>& weights)
        : gr::block("band_weights",
                    input_rows(s.bins() * sizeof(float)),
                    output_rows(weights.bands() * sizeof(float))),
          d_settings(s), d_bands(weights.bands()), d_rate(s.samp_rate), d_weights(weights)
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_items_per_call(std::max(rows_per_call(s.bins() * sizeof(float)),
                                    least_rows_per_call(d_weights.bands() * sizeof(float))));
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<kernel::band_weights_settings>(message));
        });
        if (d_weights.empty_bands())
            d_logger->warn("{} of {} bands hold no bin, and are 0: n_fft is too small for them",
                           d_weights.empty_bands(),
                           d_weights.bands());
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto in = static_cast<const float*>(input_items[0]);
        const auto out = static_cast<float*>(output_items[0]);
        const auto rows = std::min(noutput_items, ninput_items[0]);
        for_runs_between_tags(rows, [&](int from, int to, const std::vector<gr::tag_t>& tags) {
            for (const auto& tag : tags)
                take(tag);
            for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i)
                d_weights.apply(in + i * d_weights.bins(), out + i * d_weights.bands());
        });
        consume_each(rows);
        return rows;
    }

    //! Changes at once: rows have no sample that a change could wait for.
    void request(const kernel::change<kernel::band_weights_settings>& requested) override
    {
        check_at_once(requested);
        gr::thread::scoped_lock lock(d_setlock);
        auto next = d_settings;
        requested.apply_to(next);
        if (next.samp_rate != d_rate)
            weights_at(next, next.samp_rate); // the next stream has this rate
        d_weights = weights_at(next, d_rate);
        d_settings = next;
    }

    kernel::band_weights_settings wanted() const override
    {
        auto s = locked([this] { return d_settings; });
        s.f_max = s.highest();
        s.bands = bands();
        return s;
    }

    std::size_t bands() const override { return d_bands; }
    std::int64_t latency() const override { return 0; }

protected:
    void restarted() override
    {
        d_rate = d_settings.samp_rate;
        d_weights = kernel::band_weights<float>(d_settings);
    }

private:
    //! The weights of these settings at another rate. \throws std::invalid_argument if their number differs
    kernel::band_weights<float> weights_at(kernel::band_weights_settings s, double rate) const
    {
        s.samp_rate = rate;
        kernel::band_weights<float> weights(s);
        if (weights.bands() != d_bands)
            kernel::refuse("bands", weights.bands(), "must stay " + std::to_string(d_bands));
        return weights;
    }

    void take(const gr::tag_t& tag)
    {
        if (!ends_here(tag.key) ||
            pmt::eq(tag.key, packet_length_key)) { // a packet's rows stay as many
            add_item_tag(0, tag);
            return;
        }
        stream_description description;
        read_tag(description, tag);
        const auto rate = description.frames.wanted(&kernel::parameters::samp_rate);
        if (!rate || *rate == d_rate)
            return;
        try {
            d_weights = weights_at(d_settings, *rate);
            d_rate = *rate;
        } catch (const std::exception& e) {
            d_logger->warn("tag stft_samp_rate ignored: {}", e.what());
        }
    }

    kernel::band_weights_settings d_settings;
    const std::size_t d_bands; // of an item
    double d_rate;             // of the samples, Hz
    kernel::band_weights<float> d_weights;
};

band_weights_vfvf::sptr band_weights_vfvf::make(const kernel::band_weights_settings& s)
{
    s.check();
    const kernel::band_weights<float> weights(s);
    check_rows(s.bins() * sizeof(float));
    check_rows(weights.bands() * sizeof(float));
    return gnuradio::make_block_sptr<band_weights_impl>(s, weights);
}

} // namespace gr::stft
