/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include <gnuradio/stft/istft2d.h>
#include <gnuradio/stft/kernel/frames/threshold.h>
#include <gnuradio/stft/kernel/image/istft2d.h>
#include <gnuradio/stft/stft2d.h>
#include <algorithm>

namespace gr::stft {

class istft2d_impl : public stream_block<istft2d_vcvf>
{
public:
    istft2d_impl(std::size_t width, const kernel::parameters2d& p, std::size_t item_length)
        : gr::block("istft2d",
                    input_rows(item_length * sizeof(gr_complex)),
                    output_rows(width * sizeof(float))),
          d_parameters(p), d_inverse(p, width)
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        const auto row_bytes = width * sizeof(float), hop = p.height.hop;
        const auto least = static_cast<std::size_t>(least_rows_per_call(row_bytes));
        set_interpolation(hop, row_bytes, std::max(1, static_cast<int>((least + hop - 1) / hop)));
    }

    void forecast(int, gr_vector_int& required) override
    {
        required[0] = d_inverse.ready() ? 0 : askable(detail(), 1);
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        auto frame_row = static_cast<const gr_complex*>(input_items[0]);
        auto out = static_cast<float*>(output_items[0]);
        int used = 0, produced = 0;
        for (;;) {
            for (; produced < noutput_items && d_inverse.ready(); out += d_inverse.width()) {
                d_inverse.read(out);
                write_tags(
                    d_tags, nitems_written(0) + static_cast<std::uint64_t>(++produced), d_length);
            }
            if (d_inverse.ready() || used == ninput_items[0])
                break;
            add(frame_row, nitems_read(0) + used++);
            frame_row += d_inverse.frame_row_size();
        }
        d_ended = d_ended || (used == ninput_items[0] && input_ends(detail(), used));
        consume_each(used);
        if (d_ended && used == ninput_items[0] && !d_inverse.ready()) {
            if (d_length) {
                produce(0, produced);
                return WORK_DONE;
            }
            finish(d_inverse.covered_end());
        }
        return produced;
    }

    std::int64_t latency() const override
    {
        return static_cast<std::int64_t>(d_inverse.rows().before());
    }

protected:
    void restarted() override
    {
        d_inverse = kernel::istft2d<float>(d_parameters, d_inverse.width());
        d_tags.clear();
        d_length.reset();
        d_rate.reset();
        d_ended = false;
    }

private:
    void finish(std::int64_t length)
    {
        d_length = length;
        d_inverse.finish(length);
    }

    void add(const gr_complex* frame_row, std::uint64_t item)
    {
        if (d_length) // drops items after the last one
            return;
        get_tags_in_range(d_found, 0, item, item + 1);
        const auto to = d_inverse.covered_end();
        stream_description said;
        for (const auto& tag : d_found)
            read_tag(said, tag);
        compare(said);
        sort_by_sample(d_found);
        for (const auto& tag : d_found)
            if (!ends_here(tag.key))
                move_tag(tag, to);
        d_inverse.add(frame_row);
        const auto longest =
            d_inverse.covered_end() + static_cast<std::int64_t>(d_inverse.rows().hop());
        if (said.length.value_or(0) > longest)
            d_logger->warn(
                "tag stft_length ignored: {}: must be at most {}, a hop behind the last row",
                *said.length,
                longest);
        else if (said.length)
            finish(*said.length);
    }

    void compare(const stream_description& said)
    {
        const auto& rows = d_inverse.rows();
        const auto differs = [&](std::size_t kernel::parameters::*member, std::size_t own) {
            return said.frames.wanted(member).value_or(own) != own;
        };
        if (differs(&kernel::parameters::hop, rows.hop()) ||
            differs(&kernel::parameters::n_fft, rows.n_fft()) ||
            differs(&kernel::parameters::win_length, rows.win_length()) ||
            said.first.value_or(rows.start(0)) != rows.start(0))
            d_logger->warn(
                "the tags of the transform contradict the arguments, which are used: hop {}, "
                "n_fft {}, win_length {}, first row {}",
                rows.hop(),
                rows.n_fft(),
                rows.win_length(),
                rows.start(0));
    }

    //! Moves a tag to a row and converts rx_time and rx_rate accordingly.
    void move_tag(gr::tag_t tag, std::int64_t to)
    {
        const auto& rows = d_inverse.rows();
        if (pmt::eq(tag.key, rx_rate_key)) {
            const auto rate = rate_in(tag);
            if (!rate)
                return;
            d_rate = *rate * static_cast<double>(rows.hop());
            tag.value = pmt::from_double(*d_rate);
        } else if (pmt::eq(tag.key, rx_time_key) && d_rate) {
            const auto rows_later = to - rows.start(d_inverse.added());
            tag.value = shifted_time(tag.value, static_cast<double>(rows_later) / *d_rate);
        }
        d_tags.add(to, tag);
    }

    kernel::parameters2d d_parameters;
    kernel::istft2d<float> d_inverse;
    std::optional<std::int64_t> d_length; // rows of the image, once it is known
    bool d_ended = false;
    delayed_tags d_tags;
    std::vector<gr::tag_t> d_found;
    std::optional<double> d_rate; // rows per second
};

std::size_t istft2d_vcvf::item_length(const stft2d_settings& s)
{
    const auto length = stft2d_vfvc::item_length(s);
    const auto p = s.parameters();
    const double threshold = kernel::image_threshold;
    for (const auto& axis : { p.rows(), p.columns() })
        if (!axis.invertible(threshold))
            kernel::refuse("hop",
                           axis.hop(),
                           "leaves samples uncovered by the window of " +
                               std::to_string(axis.win_length()) + " samples (NOLA)");
    if (const auto lost = p.columns().lost(s.width, threshold))
        kernel::refuse("width",
                       s.width,
                       "leaves " + std::to_string(lost) + " columns that no frame gives back");
    return length;
}

istft2d_vcvf::sptr istft2d_vcvf::make(const stft2d_settings& s)
{
    const auto length = item_length(s);
    return gnuradio::make_block_sptr<istft2d_impl>(
        static_cast<std::size_t>(s.width), s.parameters(), length);
}

} // namespace gr::stft
