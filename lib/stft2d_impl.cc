/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/image/patch_layout.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include "stream/tagged_block.h"
#include <gnuradio/stft/kernel/image/stft2d.h>
#include <gnuradio/stft/stft2d.h>
#include <algorithm>

namespace gr::stft {

class stft2d_impl : public tagged_block<stft2d_vfvc>
{
public:
    stft2d_impl(std::size_t width, const kernel::parameters2d& p, std::size_t item_length)
        : gr::block("stft2d",
                    input_rows(width * sizeof(float)),
                    output_rows(item_length * sizeof(gr_complex))),
          d_parameters(p), d_transform(p, width)
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_items_per_call(rows_per_call(item_length * sizeof(gr_complex)));
        set_decimation(p.height.hop, width * sizeof(float));
    }

    void forecast(int, gr_vector_int& required) override
    {
        const auto wanted = d_waits ? 1 : d_transform.wanted();
        required[0] = d_finished || wanted == 0 ? 0 : askable(detail(), wanted);
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        auto row = static_cast<const float*>(input_items[0]);
        auto out = static_cast<gr_complex*>(output_items[0]);
        int used = 0, produced = 0;
        const auto write_all = [&] {
            while (produced < noutput_items && write(out, nitems_written(0) + produced)) {
                out += d_transform.frame_row_size();
                ++produced;
            }
            return produced < noutput_items;
        };
        while (write_all() && used < ninput_items[0]) {
            take_tags(used, used + 1);
            d_transform.push(row);
            row += d_transform.width();
            ++used;
        }
        if (!d_finished && used == ninput_items[0] && input_ends(detail(), used)) {
            finish();
            write_all();
        }
        consume_each(used);
        if (d_finished && !d_waits && !d_transform.ready()) {
            produce(0, produced);
            return WORK_DONE;
        }
        return produced;
    }

    std::int64_t latency() const override
    {
        const auto& rows = d_transform.rows();
        return static_cast<std::int64_t>(rows.win_length() - rows.before()) - 1;
    }

protected:
    void restarted() override
    {
        d_transform = kernel::stft2d<float>(d_parameters, d_transform.width());
        d_tags.clear();
        d_rate.reset();
        d_finished = d_waits = false;
    }

private:
    void finish()
    {
        d_finished = true;
        try {
            d_transform.finish();
        } catch (const std::invalid_argument& e) {
            d_logger->error("the image ends here: {}", e.what());
        }
    }

    //! The next item, if there is one and it is known whether it is the last.
    bool write(gr_complex* out, std::uint64_t item)
    {
        const auto size = d_transform.frame_row_size();
        if (!d_waits) {
            if (!d_transform.ready())
                return false;
            if (!d_finished && !d_transform.expects(d_transform.next() + 1)) {
                d_waiting.resize(size);
                d_transform.read(d_waiting.data());
                d_waits = true;
            } else {
                d_transform.read(out);
                put_tags(item);
                return true;
            }
        }
        if (!d_finished && !d_transform.expects(d_transform.next()))
            return false;
        std::copy(d_waiting.begin(), d_waiting.end(), out);
        d_waits = false;
        put_tags(item);
        return true;
    }

    //! Writes the tags of rows that no earlier item held.
    void put_tags(std::uint64_t item)
    {
        const auto& rows = d_transform.rows();
        const auto frame = d_transform.next() - 1, from = rows.start(frame);
        const auto end = from + static_cast<std::int64_t>(rows.win_length());
        const bool last = d_finished && !d_transform.expects(frame + 1);
        for (; !d_tags.empty() && (last || static_cast<std::int64_t>(d_tags.front().offset) < end);
             d_tags.pop_front()) {
            auto tag = d_tags.front();
            if (ends_here(tag.key))
                continue;
            if (pmt::eq(tag.key, rx_rate_key)) {
                const auto rate = rate_in(tag);
                if (!rate)
                    continue;
                d_rate = rate;
                tag.value = pmt::from_double(*d_rate / static_cast<double>(rows.hop()));
            } else if (pmt::eq(tag.key, rx_time_key)) {
                const auto rows_later = from - static_cast<std::int64_t>(tag.offset);
                tag.value = later(tag.value, static_cast<double>(rows_later), d_rate);
            }
            tag.offset = item;
            add_item_tag(0, tag);
        }
        if (frame == 0)
            for (const auto& [key, value] : image_tags(rows))
                add_item_tag(0, item, key, value, alias_pmt());
        if (last) {
            const auto [key, value] = length_tag(d_transform.received());
            add_item_tag(0, item, key, value, alias_pmt());
        }
    }

    kernel::parameters2d d_parameters;
    kernel::stft2d<float> d_transform;
    volk::vector<gr_complex> d_waiting; // an item that may be the last one
    bool d_waits = false, d_finished = false;
    std::optional<double> d_rate; // rows per second
};

std::size_t stft2d_vfvc::item_length(const stft2d_settings& s)
{
    const auto p = s.parameters();
    const auto width = static_cast<std::size_t>(s.width);
    const kernel::patch_layout layout(p.rows(), p.columns(), width);
    const auto length = layout.frames * layout.patch_size();
    check_rows(width * sizeof(float));
    check_rows(length * sizeof(gr_complex));
    return length;
}

stft2d_vfvc::sptr stft2d_vfvc::make(const stft2d_settings& s)
{
    const auto length = item_length(s);
    return gnuradio::make_block_sptr<stft2d_impl>(
        static_cast<std::size_t>(s.width), s.parameters(), length);
}

} // namespace gr::stft
