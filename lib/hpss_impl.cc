/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/at_once.h"
#include "stream/retune.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include "stream/stream_end.h"
#include <gnuradio/stft/hpss.h>

namespace gr::stft {

class hpss_impl : public stream_block<hpss_vcvc>
{
public:
    explicit hpss_impl(const kernel::hpss_settings& s)
        : gr::block(
              "hpss",
              input_rows(s.bins() * sizeof(gr_complex)),
              mixed_output_rows(1,
                                { s.bins() * sizeof(gr_complex), s.bins() * sizeof(gr_complex) })),
          d_settings(s), d_hop(s.hop), d_separate(s), d_unwanted(s.bins())
    {
        set_tag_propagation_policy(TPP_CUSTOM);
        set_items_per_call(rows_per_call(s.bins() * sizeof(gr_complex)));
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<kernel::hpss_settings>(message));
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
        const auto bins = d_unwanted.size();
        const auto row = [&](std::size_t port, int item) {
            return port < output_items.size() ? static_cast<gr_complex*>(output_items[port]) +
                                                    static_cast<std::size_t>(item) * bins
                                              : d_unwanted.data();
        };
        int used = 0, produced = 0;
        for (; used < ninput_items[0] && produced < noutput_items; ++used)
            produced += d_separate.add(
                in + static_cast<std::size_t>(used) * bins, row(0, produced), row(1, produced));
        pass_tags(used);
        const bool ends = used == ninput_items[0] && input_ends(detail(), used);
        consume_each(used);
        while (ends && produced < noutput_items &&
               d_separate.flush(row(0, produced), row(1, produced)))
            ++produced;
        if (!ends || d_separate.pending() > 0)
            return produced;
        for (std::size_t port = 0; port < output_items.size(); ++port)
            produce(static_cast<int>(port), produced);
        return WORK_DONE;
    }

    //! Changes at once: spectra have no sample that a change could wait for.
    void request(const kernel::change<kernel::hpss_settings>& requested) override
    {
        check_at_once(requested);
        gr::thread::scoped_lock lock(d_setlock);
        auto next = d_settings;
        requested.apply_to(next);
        d_separate.change(next);
        d_settings = next;
    }

    kernel::hpss_settings wanted() const override
    {
        return locked([this] { return d_settings; });
    }

    std::size_t delay() const override
    {
        return locked([this] { return d_settings.delay(); });
    }

    std::int64_t latency() const override
    {
        return locked([this] { return static_cast<std::int64_t>(d_settings.delay() * d_hop); });
    }

protected:
    void restarted() override
    {
        d_separate.reset();
        d_hop = d_settings.hop;
    }

private:
    //! Tags keep the number of their frame, whose result comes later.
    void pass_tags(int items)
    {
        get_tags_in_range(
            d_found, 0, nitems_read(0), nitems_read(0) + static_cast<std::uint64_t>(items));
        for (const auto& tag : d_found) {
            if (ends_here(tag.key)) {
                stream_description description;
                read_tag(description, tag);
                d_hop = description.frames.wanted(&kernel::parameters::hop).value_or(d_hop);
            }
            for (int port = 0; port < detail()->noutputs(); ++port)
                add_item_tag(static_cast<unsigned>(port), tag);
        }
    }

    kernel::hpss_settings d_settings;
    std::size_t d_hop; // 0: unknown
    kernel::hpss<gr_complex> d_separate;
    std::vector<gr_complex> d_unwanted; // of an output that is left out
    std::vector<gr::tag_t> d_found;
};

hpss_vcvc::sptr hpss_vcvc::make(const kernel::hpss_settings& s)
{
    s.check();
    check_rows(s.bins() * sizeof(gr_complex));
    return gnuradio::make_block_sptr<hpss_impl>(s);
}

} // namespace gr::stft
