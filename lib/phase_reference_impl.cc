/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/phase_reference.h>
#include <algorithm>

namespace gr::stft {

class phase_reference_impl : public stream_block<phase_reference_vcvc>
{
public:
    phase_reference_impl(const phase_reference_settings& s, const kernel::parameters& source)
        : gr::sync_block("phase_reference",
                         input_rows(kernel::bins(s.sides, s.n_fft) * sizeof(gr_complex)),
                         output_rows(kernel::bins(s.sides, s.n_fft) * sizeof(gr_complex))),
          d_bins(kernel::bins(s.sides, s.n_fft)), d_given(source), d_present(source),
          d_target(s.target), d_sides(s.sides), d_converter(converter(source)),
          d_start(source.frames().first())
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_items_per_call(rows_per_call(d_bins * sizeof(gr_complex)));
    }

    int work(int noutput_items,
             gr_vector_const_void_star& input_items,
             gr_vector_void_star& output_items) override
    {
        auto in = static_cast<const gr_complex*>(input_items[0]);
        auto out = static_cast<gr_complex*>(output_items[0]);
        get_tags_in_range(d_found, 0, nitems_read(0), nitems_read(0) + noutput_items);
        std::stable_sort(d_found.begin(), d_found.end(), gr::tag_t::offset_compare);
        auto tag = d_found.begin();
        for (int i = 0; i < noutput_items; ++i, in += d_bins, out += d_bins) {
            const auto first = tag;
            while (tag != d_found.end() && tag->offset == nitems_read(0) + i)
                ++tag;
            if (first != tag)
                follow(first, tag);
            d_converter.convert(in, d_bins, d_start, out);
            d_start += static_cast<std::int64_t>(d_present.hop);
        }
        return noutput_items;
    }

    std::int64_t latency() const override { return 0; }

protected:
    void restarted() override
    {
        d_present = d_given;
        d_converter = converter(d_present);
        d_start = d_present.frames().first();
    }

private:
    kernel::phase_converter<float> converter(const kernel::parameters& p) const
    {
        return {
            p.n_fft, p.window_length(), p.phase, d_target, d_sides == kernel::sides::centered
        };
    }

    //! One frame's tags: they go on, with the new phase reference.
    template <class Iterator>
    void follow(Iterator tag, Iterator end)
    {
        stream_description description;
        for (; tag != end; ++tag) {
            read_tag(description, *tag);
            const bool phase = pmt::eq(tag->key, pmt::mp(kernel::stft_fields::phase.tag));
            add_item_tag(0,
                         tag->offset,
                         tag->key,
                         phase ? pmt::mp(d_target.name()) : tag->value,
                         tag->srcid);
        }
        if (!description.describes_frames())
            return;
        try {
            description.check_bins(d_sides, d_bins);
            const auto p = description.applied_to(d_present);
            p.frames(); // refuses hops out of range
            d_converter = converter(p);
            d_present = p;
            d_start = description.first.value_or(d_start);
        } catch (const std::exception& e) {
            d_logger->warn("tags of a change ignored: {}", e.what());
        }
    }

    std::size_t d_bins;
    kernel::parameters d_given, d_present;
    kernel::phase_reference d_target;
    kernel::sides d_sides;
    kernel::phase_converter<float> d_converter;
    std::int64_t d_start; // of the next frame
    std::vector<gr::tag_t> d_found;
};

phase_reference_vcvc::sptr phase_reference_vcvc::make(const phase_reference_settings& s)
{
    const auto n_fft = kernel::checked_n_fft(static_cast<std::int64_t>(s.n_fft));
    check_rows(kernel::bins(s.sides, n_fft) * sizeof(gr_complex));
    kernel::parameters source{ s.n_fft, s.hop, "boxcar", s.win_length };
    source.phase = s.source;
    source.frames();
    return gnuradio::make_block_sptr<phase_reference_impl>(s, source);
}

} // namespace gr::stft
