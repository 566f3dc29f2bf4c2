/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/event_messages.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/sigmf_annotation_sink.h>

namespace gr::stft {

class sigmf_annotation_sink_impl : public sigmf_annotation_sink
{
public:
    explicit sigmf_annotation_sink_impl(const kernel::sigmf_settings& s)
        : gr::block("sigmf_annotation_sink",
                    gr::io_signature::make(0, 0, 0),
                    gr::io_signature::make(0, 0, 0)),
          d_settings(s), d_file(s)
    {
        message_port_register_in(events_port);
        set_msg_handler(events_port, [this](const pmt::pmt_t& message) {
            guarded([&] {
                const auto [event, context] = report_in(message);
                d_file.add(event, context);
            });
        });
    }

    bool start() override
    {
        guarded([this] {
            if (d_file.contents().additions() > 0)
                d_file = kernel::sigmf_file(d_settings);
        });
        return gr::block::start();
    }

    bool stop() override
    {
        guarded([this] { d_file.finish(); });
        return gr::block::stop();
    }

    std::uint64_t count() const override
    {
        gr::thread::scoped_lock lock(d_mutex);
        return d_file.count();
    }

    std::uint64_t left_out() const override
    {
        gr::thread::scoped_lock lock(d_mutex);
        return d_file.contents().left_out();
    }

private:
    //! Does something with the file; what goes wrong is logged.
    template <class F>
    void guarded(F f)
    {
        gr::thread::scoped_lock lock(d_mutex);
        try {
            f();
        } catch (const std::exception& e) { // leaving a handler, it would end the thread
            d_logger->warn("{}", e.what());
        }
    }

    kernel::sigmf_settings d_settings;
    kernel::sigmf_file d_file;
    mutable gr::thread::mutex d_mutex;
};

sigmf_annotation_sink::sptr sigmf_annotation_sink::make(const kernel::sigmf_settings& s)
{
    return gnuradio::make_block_sptr<sigmf_annotation_sink_impl>(s);
}

} // namespace gr::stft
