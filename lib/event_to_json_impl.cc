/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/event_messages.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/event_to_json.h>

namespace gr::stft {

class event_to_json_impl : public event_to_json
{
public:
    event_to_json_impl()
        : gr::block("event_to_json",
                    gr::io_signature::make(0, 0, 0),
                    gr::io_signature::make(0, 0, 0))
    {
        const auto out = pmt::mp("pdus");
        message_port_register_in(events_port);
        message_port_register_out(out);
        set_msg_handler(events_port, [this, out](const pmt::pmt_t& message) {
            try {
                const auto line = kernel::to_json(values_in(message)) + "\n";
                const auto bytes = reinterpret_cast<const std::uint8_t*>(line.data());
                message_port_pub(
                    out, pmt::cons(pmt::make_dict(), pmt::init_u8vector(line.size(), bytes)));
            } catch (const std::exception& e) { // leaving the handler, it would end the thread
                d_logger->warn("message ignored: {}", e.what());
            }
        });
    }
};

event_to_json::sptr event_to_json::make(const event_to_json_settings&)
{
    return gnuradio::make_block_sptr<event_to_json_impl>();
}

} // namespace gr::stft
