/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/cross_spectrum.h>

namespace gr::stft {

namespace {

std::vector<std::size_t> output_bytes(const kernel::cross_spectrum_settings& s)
{
    const auto values = (s.channels - 1) * s.bins();
    return { values * sizeof(gr_complex),
             values * sizeof(float),
             values * sizeof(float),
             values * sizeof(gr_complex) };
}

} // namespace

class cross_spectrum_impl : public stream_block<cross_spectrum_vcvc>
{
public:
    explicit cross_spectrum_impl(const kernel::cross_spectrum_settings& s)
        : gr::block("cross_spectrum",
                    gr::io_signature::make(static_cast<int>(s.channels),
                                           static_cast<int>(s.channels),
                                           static_cast<int>(s.bins() * sizeof(gr_complex))),
                    mixed_output_rows(1, output_bytes(s))),
          d_made(s), d_cross(d_made), d_values(d_made.pairs() * d_made.bins()),
          d_spectra(s.channels)
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_items_per_call(least_rows_per_call(d_values * sizeof(float)));
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            for_items(message, { { "reset", [this](const auto&...) { reset(); } } });
        });
    }

    void forecast(int, gr_vector_int& required) override
    {
        for (std::size_t c = 0; c < required.size(); ++c)
            required[c] = askable(detail(), 1, static_cast<unsigned>(c));
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto ready = *std::min_element(ninput_items.begin(), ninput_items.end());
        int used = 0, produced = 0;
        get_tags_in_range(
            d_found, 0, nitems_read(0), nitems_read(0) + static_cast<std::uint64_t>(ready));
        std::stable_sort(d_found.begin(), d_found.end(), gr::tag_t::offset_compare);
        auto tag = d_found.begin();
        for (; produced < noutput_items && used < ready; ++used) {
            const auto at = nitems_read(0) + static_cast<std::uint64_t>(used);
            for (; tag != d_found.end() && tag->offset == at; ++tag)
                pass(*tag, nitems_written(0) + static_cast<std::uint64_t>(produced));
            for (std::size_t c = 0; c < d_spectra.size(); ++c)
                d_spectra[c] = static_cast<const gr_complex*>(input_items[c]) +
                               static_cast<std::size_t>(used) * d_made.bins();
            if (d_cross.add(d_spectra.data()))
                write(output_items, static_cast<std::size_t>(produced++));
        }
        bool ends = false;
        for (std::size_t c = 0; c < d_spectra.size(); ++c)
            ends = ends || (used == ninput_items[c] &&
                            input_ends(detail(), used, static_cast<unsigned>(c)));
        consume_each(used);
        if (!ends)
            return produced;
        for (std::size_t port = 0; port < output_items.size(); ++port)
            produce(static_cast<int>(port), produced);
        return WORK_DONE;
    }

    double independent_frames() const override { return d_made.independent_frames(); }
    double bias() const override { return d_made.bias(); }
    double threshold(double fraction) const override { return d_made.threshold(fraction); }

    void reset() override
    {
        gr::thread::scoped_lock lock(d_setlock);
        d_cross.reset();
    }

    std::int64_t latency() const override { return 0; }

protected:
    void restarted() override { d_cross.reset(); }

private:
    void write(gr_vector_void_star& outputs, std::size_t item)
    {
        d_cross.cross(static_cast<gr_complex*>(outputs[0]) + item * d_values);
        if (outputs.size() > 1)
            d_cross.coherence(static_cast<float*>(outputs[1]) + item * d_values);
        if (outputs.size() > 2)
            d_cross.phase(static_cast<float*>(outputs[2]) + item * d_values);
        if (outputs.size() > 3)
            d_cross.transfer(static_cast<gr_complex*>(outputs[3]) + item * d_values);
    }

    void pass(gr::tag_t tag, std::uint64_t item)
    {
        if (pmt::eq(tag.key, packet_length_key)) // it counts the spectra that came in
            return;
        if (pmt::eq(tag.key, rx_rate_key)) {
            const auto rate = rate_in(tag);
            if (!rate)
                return;
            tag.value = pmt::from_double(*rate / static_cast<double>(d_made.frames_per_mean()));
        }
        for (int port = 0; port < detail()->noutputs(); ++port)
            add_item_tag(static_cast<unsigned>(port), item, tag.key, tag.value, tag.srcid);
    }

    const kernel::cross_spectrum<float> d_made; // as it is before the first spectrum
    kernel::cross_spectrum<float> d_cross;
    std::size_t d_values; // of an item
    std::vector<const gr_complex*> d_spectra;
    std::vector<gr::tag_t> d_found;
};

cross_spectrum_vcvc::sptr cross_spectrum_vcvc::make(const kernel::cross_spectrum_settings& s)
{
    s.check();
    check_rows(s.bins() * sizeof(gr_complex));
    check_rows((s.channels - 1) * s.bins() * sizeof(gr_complex));
    return gnuradio::make_block_sptr<cross_spectrum_impl>(s);
}

} // namespace gr::stft
