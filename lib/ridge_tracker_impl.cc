/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/at_once.h"
#include "stream/handover.h"
#include "stream/machine_block.h"
#include "stream/retune.h"
#include "stream/ridge_messages.h"
#include "stream/stream_buffers.h"
#include <gnuradio/stft/ridge_tracker.h>

namespace gr::stft {

namespace {

using tracker = kernel::ridge_tracker<float>;
using change = kernel::change<ridge_tracker_block_settings>;

std::size_t length_of(const ridge_tracker_block_settings& s)
{
    return s.tracks * (kernel::ridge_amplitudes + s.orders.size());
}

} // namespace

class ridge_tracker_impl : public machine_block<ridge_tracker_fvf, tracker, ridge_tracker_impl>
{
    using base = machine_block<ridge_tracker_fvf, tracker, ridge_tracker_impl>;

public:
    explicit ridge_tracker_impl(const ridge_tracker_block_settings& s)
        : gr::block("ridge_tracker",
                    gr::io_signature::make(1, 1, sizeof(float)),
                    output_rows(length_of(s) * sizeof(float))),
          base(length_of(s), s.samp_rate, std::make_unique<tracker>(s)), d_settings(s),
          d_changes(s), d_told_rate(s.samp_rate), d_watch(watch())
    {
        message_port_register_out(events_port);
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<ridge_tracker_block_settings>(message, { also::reset }));
        });
    }

    void request(const change& requested) override
    {
        check_at_once(requested);
        d_changes.request(requested, [this](ridge_tracker_block_settings next) {
            next.check(); // the next stream has this rate
            next.samp_rate = d_told_rate;
            next.check();
        });
    }

    ridge_tracker_block_settings wanted() const override { return d_changes.wanted(); }

    void reset() override
    {
        change requested;
        requested.reset = true;
        request(requested);
    }

    std::int64_t latency() const override
    {
        return locked([this] { return kernel().latency(); });
    }
    std::int64_t hop() const override
    {
        return locked([this] { return static_cast<std::int64_t>(kernel().hop()); });
    }
    std::vector<double> learned() const override
    {
        return locked([this] { return kernel().weights(); });
    }

    std::unique_ptr<tracker> made(double samp_rate, std::int64_t first)
    {
        auto other = made(d_settings, samp_rate, first);
        d_told_rate = samp_rate;
        return other;
    }

    //! A change takes effect with the next sample, from which its tracker counts: it is made here, once in a call at most.
    void apply_changes()
    {
        const auto refused = d_changes.apply_to(d_settings, [this](const auto& next) {
            replace(made(next.settings, rate(), next_sample()));
        });
        if (refused)
            d_logger->warn("change ignored: {}", *refused);
    }

    static bool ready(tracker& ridges) { return ridges.values(); }
    void write(tracker& ridges, std::int64_t sample, float* out)
    {
        const auto* values = ridges.values();
        std::transform(values, values + length_of(d_settings), out, [](double v) {
            return static_cast<float>(v);
        });
        d_watch.look(values, [&](const kernel::ridge_change& each) {
            const auto since = static_cast<std::int64_t>(each.since * ridges.hop());
            message_port_pub(events_port,
                             ridge_message(each,
                                           values + each.track * ridges.width(),
                                           sample - since,
                                           context(),
                                           d_settings.source));
        });
    }

protected:
    void restarted() override
    {
        if (const auto change = d_changes.take())
            d_settings = change->settings;
        base::restarted();
        d_watch = watch();
    }

private:
    struct nothing {};

    static std::unique_ptr<tracker>
    made(ridge_tracker_block_settings s, double samp_rate, std::int64_t first)
    {
        s.samp_rate = samp_rate;
        return std::make_unique<tracker>(s, first);
    }

    kernel::ridge_watch watch() const
    {
        return { d_settings.tracks,
                 kernel().width(),
                 frames_to_report(d_settings.samp_rate, kernel().hop()) };
    }

    ridge_tracker_block_settings d_settings;
    handover<ridge_tracker_block_settings, nothing> d_changes;
    std::atomic<double> d_told_rate; // Hz, which the settings of a change must fit
    kernel::ridge_watch d_watch;
};

ridge_tracker_fvf::sptr ridge_tracker_fvf::make(const ridge_tracker_block_settings& s)
{
    s.check();
    return gnuradio::make_block_sptr<ridge_tracker_impl>(s);
}

} // namespace gr::stft
