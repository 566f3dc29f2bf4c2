/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream/settings_queue.h"
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/kernel/stft/multiplier.h>
#include <gnuradio/stft/mask.h>

namespace gr::stft {

//! A complex number, or those of a vector.
template <>
std::vector<std::complex<double>>
given_in<std::vector<std::complex<double>>>(const std::string& key, const pmt::pmt_t& value)
{
    if (pmt::is_c64vector(value))
        return pmt::c64vector_elements(value);
    if (pmt::is_c32vector(value)) {
        const auto numbers = pmt::c32vector_elements(value);
        return { numbers.begin(), numbers.end() };
    }
    if (pmt::is_complex(value))
        return { pmt::to_complex(value) };
    const auto numbers = numbers_in(key, value);
    return { numbers.begin(), numbers.end() };
}

void mask_settings::check() const
{
    kernel::checked_n_fft(static_cast<std::int64_t>(n_fft));
    kernel::framing(win_length ? win_length : n_fft, hop);
    if (!mask.empty() && mask.size() != bins())
        kernel::refuse("mask",
                       std::to_string(mask.size()) + " values",
                       "must be " + std::to_string(bins()) + ", one for each bin, or none");
    for (const auto& v : mask) {
        const gr_complex rounded(v);
        if (!std::isfinite(rounded.real()) || !std::isfinite(rounded.imag()))
            kernel::refuse("mask", v, "must be finite in single precision");
    }
}

class mask_impl : public stream_block<mask_vcvc>
{
public:
    using change = kernel::change<mask_settings>;

    explicit mask_impl(const mask_settings& s)
        : gr::block("mask",
                    mixed_input_rows(
                        1,
                        { s.bins() * sizeof(gr_complex),
                          s.bins() * (s.complex_masks ? sizeof(gr_complex) : sizeof(float)) }),
                    output_rows(s.bins() * sizeof(gr_complex))),
          d_given(s), d_bins(s.bins()),
          d_last(d_bins * (s.complex_masks ? sizeof(gr_complex) : sizeof(float)))
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_items_per_call(rows_per_call(d_bins * sizeof(gr_complex)));
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<mask_settings>(message, { also::at }));
        });
        begin();
    }

    void forecast(int, gr_vector_int& required) override
    {
        for (std::size_t port = 0; port < required.size(); ++port)
            required[port] = askable(detail(), 1, static_cast<unsigned>(port));
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto in = static_cast<const gr_complex*>(input_items[0]);
        const auto out = static_cast<gr_complex*>(output_items[0]);
        auto rows = std::min(noutput_items, ninput_items[0]);
        int masks = 0; // rows of the second input that are used
        if (input_items.size() > 1) {
            masks = std::min(rows, ninput_items[1]);
            if (!input_ends(detail(), ninput_items[1], 1))
                rows = masks;
        }
        for_runs_between_tags(rows, [&](int from, int to, const std::vector<gr::tag_t>& tags) {
            if (!tags.empty())
                follow(tags);
            for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i) {
                while (const auto* due = d_pending.due(d_start))
                    apply(*due);
                const void* mask = nullptr;
                if (static_cast<int>(i) < masks)
                    mask = static_cast<const char*>(input_items[1]) + i * d_last.size();
                else if (d_has_last || masks > 0)
                    mask = masks > 0 ? static_cast<const char*>(input_items[1]) +
                                           static_cast<std::size_t>(masks - 1) * d_last.size()
                                     : d_last.data();
                write(in + i * d_bins, mask, out + i * d_bins);
                d_start += static_cast<std::int64_t>(d_hop);
            }
        });
        if (masks > 0) {
            const auto* last = static_cast<const char*>(input_items[1]) +
                               static_cast<std::size_t>(masks - 1) * d_last.size();
            std::copy_n(last, d_last.size(), d_last.begin());
            d_has_last = true;
        }
        const bool ends = rows == ninput_items[0] && input_ends(detail(), rows);
        consume(0, rows);
        if (input_items.size() > 1)
            consume(1, masks);
        if (!ends)
            return rows;
        produce(0, rows);
        return WORK_DONE;
    }

    void request(const change& requested) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        d_pending.request(requested, d_given);
    }

    settings wanted() const override
    {
        auto last = locked([this] { return d_pending.wanted(d_given); });
        if (!last.win_length)
            last.win_length = last.n_fft;
        return last;
    }

    std::int64_t latency() const override { return 0; }

protected:
    void restarted() override { begin(); }

private:
    void begin()
    {
        d_hop = d_given.hop;
        d_start = -static_cast<std::int64_t>(
            (d_given.win_length ? d_given.win_length : d_given.n_fft) / 2);
        d_has_last = false;
        set_row();
    }

    void set_row()
    {
        d_row.assign(d_given.mask.begin(), d_given.mask.end());
        const bool real = std::all_of(
            d_row.begin(), d_row.end(), [](const gr_complex& v) { return v.imag() == 0; });
        d_real_row.clear();
        if (real)
            for (const auto& v : d_row)
                d_real_row.push_back(v.real());
    }

    void apply(const settings_queue<mask_settings>::entry& due)
    {
        d_given = due.state.settings;
        d_pending.pop();
        set_row();
    }

    void write(const gr_complex* spectrum, const void* mask, gr_complex* masked) const
    {
        if (mask && d_given.complex_masks)
            kernel::apply_mask(spectrum, static_cast<const gr_complex*>(mask), d_bins, masked);
        else if (mask)
            kernel::apply_mask(spectrum, static_cast<const float*>(mask), d_bins, masked);
        else if (d_row.empty())
            std::copy_n(spectrum, d_bins, masked);
        const auto* once = mask ? masked : spectrum;
        if (!d_real_row.empty())
            kernel::apply_mask(once, d_real_row.data(), d_bins, masked);
        else if (!d_row.empty())
            kernel::apply_mask(once, d_row.data(), d_bins, masked);
    }

    //! A frame's tags go on, and say where it starts.
    void follow(const std::vector<gr::tag_t>& tags)
    {
        stream_description description;
        for (const auto& tag : tags) {
            read_tag(description, tag);
            add_item_tag(0, tag);
        }
        try {
            description.check_n_fft(d_given.n_fft);
        } catch (const std::exception& e) {
            d_logger->warn("tags ignored: {}", e.what());
            return;
        }
        d_start = description.first.value_or(d_start);
        d_hop = description.frames.wanted(&kernel::parameters::hop).value_or(d_hop);
    }

    mask_settings d_given; // after the changes that were applied
    std::size_t d_bins, d_hop = 0;
    volk::vector<gr_complex> d_row; // the mask of the settings
    volk::vector<float> d_real_row; // if it is real
    volk::vector<char> d_last;      // the last mask of the second input
    bool d_has_last = false;
    std::int64_t d_start = 0; // of the next frame
    settings_queue<mask_settings> d_pending;
};

mask_vcvc::sptr mask_vcvc::make(const mask_settings& s)
{
    s.check();
    check_rows(s.bins() * sizeof(gr_complex));
    return gnuradio::make_block_sptr<mask_impl>(s);
}

} // namespace gr::stft
